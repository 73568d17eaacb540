// What the SDK sends and is answered, as far as a shop's page looks at it. Amounts are minor units; prices are decimal text.

/** A card as it is typed. It goes to the Onetill server and nowhere else. */
export interface Card {
  number: string
  exp_month: number | string
  exp_year: number | string
  cvc?: string
  /** Name on the card. */
  holder?: string
}

/** Stands for a card, once. Send its `id` to your server, which pays with it. */
export interface Token {
  id: string
  object: 'token'
  card: { brand: string; bin: string; last4: string; exp_month: number; exp_year: number; fingerprint: string }
}

export interface Address {
  name?: string
  line1: string
  line2?: string
  postal_code?: string
  city: string
  region?: string
  country: string
}

/** How goods get to the customer: sent, collected, or taken along. */
export interface Fulfilment {
  mode: 'ship' | 'collect' | 'ship_to_store' | 'take_away' | 'digital'
  store_id?: string | null
}

export interface CartLine {
  id: string
  variant_id: string
  name: string | null
  sku: string | null
  quantity: number
  unit: string | null
  unit_price: string | null
  list: number
  discount: number
  total: number
}

export interface CartState {
  id: string
  object: 'cart'
  state: string
  version: number
  currency: string
  country: string | null
  email: string | null
  lines: CartLine[]
  codes: string[]
  list: number
  discount: number
  tax: number
  total: number
}

/** What of a cart can be changed besides its lines. */
export interface CartChange {
  email?: string | null
  country?: string
  shipping_address?: Address | null
  codes?: string[]
}

export interface Order {
  id: string
  object: 'order'
  number: string
  state: string
  currency: string
  total: number
  amount_due: number
  /** The order's own page, for the customer alone. */
  page_url: string
}

/** What a cart's page is to be like. */
export interface CheckoutOptions {
  /** Of the page, two letters; default: what the browser asks for. */
  language?: string
  /** Where the customer goes on to after paying, and where they change their mind. Coming there proves nothing. */
  success_url?: string
  cancel_url?: string
  /** Of a customer who is signed in: it is their page then, with their addresses and saved cards. */
  customerSession?: string
}

/** A cart's page. It says nothing of whether it is paid: ask your server, which asks the API. */
export interface CheckoutSession {
  id: string
  object: 'checkout_session'
  url: string
  state: string
  amount: number
  currency: string
  cart_id: string | null
  /** Once the cart has become an order on the page. */
  order_id: string | null
  expires_at: string
}

/** Something the API refuses. `code` is that of docs/errors.md, `no-answer` where there was none. */
export class OnetillError extends Error {
  readonly code: string
  /** 0 where there was no answer. */
  readonly status: number
  readonly fields: readonly { pointer: string; detail: string }[]
  constructor(code: string, status: number, detail: string, fields: OnetillError['fields'] = []) {
    super(`${code}: ${detail}`)
    this.name = 'OnetillError'
    this.code = code
    this.status = status
    this.fields = fields
  }
}
