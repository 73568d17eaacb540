// What an order's page shows, as plain data: the server makes it and draws the page from it. Amounts and times come as text in the
// reader's language. Shared with web/order as types.

/**
 * Where the order stands, in one word.
 * - unpaid: waits for money. - paying: money is on its way. - preparing: with the shop. - ready: to be collected. - underway: with a
 * carrier. - partly: some of it was handed over. - done: all of it was. - returned: all came back. - cancelled, expired (nobody paid).
 */
export type OrderStanding =
  | 'unpaid'
  | 'paying'
  | 'preparing'
  | 'ready'
  | 'underway'
  | 'partly'
  | 'done'
  | 'returned'
  | 'cancelled'
  | 'expired'

/** What a step of the timeline says. */
export type StepWord =
  | 'placed'
  | 'confirmed'
  | 'ready'
  | 'shipped'
  | 'delivered'
  | 'collected'
  | 'sent'
  | 'uncollected'
  | 'return_asked'
  | 'refunded'
  | 'cancelled'

export interface StepView {
  word: StepWord
  at: string
}

export interface LineView {
  id: string
  name: string
  quantity: string
  amount: string
  was: string | null
  cancelled: number
  returned: number
  return_requested: number
}

/** What is handed over together. */
export interface ParcelView {
  kind: 'ship' | 'collect' | 'digital' | 'take_away'
  state: 'waiting' | 'preparing' | 'coming' | 'ready' | 'shipped' | 'delivered' | 'collected' | 'sent' | 'lost' | 'over'
  store: { name: string; address: string[] } | null
  address: string[] | null
  lines: { name: string; quantity: string }[]
  tracking: { carrier: string; number: string; url: string | null } | null
  /** To be shown at the counter; only while the goods lie ready. */
  code: { text: string; qr: string } | null
  until: string | null
  promised: string | null
}

export interface ReturnEntryView {
  id: string
  state: 'asked' | 'agreed' | 'arrived' | 'refunded' | 'refused' | 'given_up'
  lines: { name: string; quantity: number }[]
  amount: string | null
}

export type OrderNotice =
  | 'cancelled'
  | 'cancel_too_late'
  | 'return_asked'
  | 'return_refused'
  | 'return_empty'
  | 'nothing_due'
  | 'failed'

export interface OrderPageView {
  path: string
  merchant: { name: string; logo: string | null; support_email: string | null }
  is_test: boolean
  languages: { code: string; name: string }[]
  /** Changes when anything shown does. */
  stamp: string
  number: string
  placed_at: string
  standing: OrderStanding
  lines: LineView[]
  delivery: string | null
  discount: string | null
  total: string
  taxes: { rate: string; amount: string }[]
  due: string | null
  paid: string | null
  held: string | null
  refunded: string | null
  pay_until: string | null
  parcels: ParcelView[]
  timeline: StepView[]
  /** What goes back to the customer when they cancel; null text: nothing was paid. */
  cancel: { amount: string | null } | null
  returnable: { line_id: string; name: string; quantity: number }[]
  return_until: string | null
  /** What sending goods back costs the customer. */
  return_fee: string | null
  return_stores: string[]
  returns: ReturnEntryView[]
  has_receipt: boolean
  /** Number of the invoice that can be downloaded. */
  invoice: string | null
  shop_url: string | null
  notice: OrderNotice | null
}

/** `page` is the order, `receipt` the sheet to be printed. */
export interface OrderFace {
  kind: 'page' | 'receipt'
  order: OrderPageView
}
