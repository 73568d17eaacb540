// A ticket on its way to being paid: the order it becomes, the payment of that order, and its tenders. What is sent is written down on
// this device before it goes, with its key; when no answer comes the very same request is sent again, so nothing is ever taken twice.

import type { Cart, Order, Payment, Tender } from './answers.ts'
import { type Api, newKey, Refused } from './api.ts'
import { keep, kept, NAMES } from './keep.ts'
import type { Place } from './place.ts'

/** How long between two tries of a request that had no answer, and two looks at an outcome that is not known yet. */
const AGAIN_MS = 1_500
/** A person stands at the terminal; the server waits for them as long as the terminal does. */
const TENDER_MS = 200_000

export interface TenderInput {
  method: string
  amount?: number
  terminal_id?: string
  cash?: { register_id: string; tendered?: number; exact?: boolean }
  gift_card?: { code: string; pin?: string }
  /** What the slip of a stand-alone terminal says. */
  manual?: { approval_code: string; last4?: string }
}

/** A tender that was sent and is not answered, as it is kept on the device. */
interface Sent {
  path: string
  key: string
  input: TenderInput
}

interface Kept {
  cart: Cart
  order: Order | null
  paymentKey: string
  payment: Payment | null
  sent: Sent | null
}

export interface SaleState {
  /** Null while nothing is being paid. */
  cart: Cart | null
  order: Order | null
  payment: Payment | null
  /** What is being done now. */
  busy: { input: TenderInput } | null
  /** The answer was lost, or the provider does not know: it is being asked. */
  isUnknown: boolean
  refusal: Refused | null
  /** The last tender was declined. */
  declined: Tender | null
  due: number
  isPaid: boolean
  /** A tender was sent or money was taken: what becomes of it only its own answer says. */
  isUnderWay: boolean
}

export interface Sale {
  state(): SaleState
  watch(told: () => void): () => void
  /** A ticket is to be paid. Nothing is sent yet. */
  begin(cart: Cart): void
  /** Pays a part, or what is due. Does nothing while another is under way. */
  tender(input: TenderInput): Promise<void>
  /** Takes back the tender that waits for the customer. Throws where there is none, or it is too late. */
  withdraw(): Promise<void>
  /** Makes the order, for what is paid elsewhere: by a link. */
  place(): Promise<Order>
  /** Goes on with a payment of its order that was made elsewhere: by what came back in an exchange. */
  adopt(payment: Payment | null): void
  /** Looks whether it was paid elsewhere. */
  look(): Promise<void>
  /** Nothing more is done with it here. */
  end(): void
  /** Asked before a tender of somebody else's money. */
  forget(): void
}

const NOTHING: Kept | null = null

/** What is still to be paid: neither taken nor held. */
export function dueOf(payment: Payment | null, total: number): number {
  if (!payment) return total
  const covered = payment.tenders.reduce((sum, { amount_captured, amount_authorized }) => {
    return sum + Math.max(amount_captured, amount_authorized)
  }, 0)
  return Math.max(0, payment.amount - covered)
}

export function createSale(api: Api, place: Place): Sale {
  let now: Kept | null = NOTHING
  /** Each sale that is begun or left is another one. */
  let turn = 0
  let busy: SaleState['busy'] = null
  let isUnknown = false
  let refusal: Refused | null = null
  let declined: Tender | null = null
  let isPaidElsewhere = false
  let shown: SaleState
  const watchers = new Set<() => void>()

  function tell(): void {
    const total = now?.order?.total ?? now?.cart.total ?? 0
    const due = isPaidElsewhere ? 0 : dueOf(now?.payment ?? null, total)
    const isPaid = now !== null && now.order !== null && due === 0 && !isUnknown
    shown = {
      cart: now?.cart ?? null,
      order: now?.order ?? null,
      payment: now?.payment ?? null,
      ...{ busy, isUnknown, refusal, declined, due, isPaid, isUnderWay: isUnderWay(now) },
    }
    keep(NAMES.sale, now)
    for (const told of watchers) told()
  }

  const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS))

  /** Sends until there is an answer. `lost` is told when there was none. Gives up only when the sale has been left. */
  async function sure<T>(send: () => Promise<T>, lost: () => void): Promise<T> {
    const begun = turn
    for (;;) {
      if (turn !== begun) throw new Refused('left')
      try {
        return await send()
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        if (error.code === 'no-answer') lost()
        else if (!['idempotency-in-flight', 'operation-in-flight'].includes(error.code)) throw error
        await pause()
      }
    }
  }

  async function ordered(sale: Kept): Promise<Order> {
    if (sale.order) return sale.order
    const { id, version, total } = sale.cart
    const body = { cart_id: id, cart_version: version, expected_total: total }
    // The same cart is the same order, however often it is sent.
    const order = await sure(
      () => api.call<Order>('POST', '/orders', { body }),
      () => tell(),
    )
    if (now === sale) now = sale = { ...sale, order }
    tell()
    return order
  }

  async function paymentOf(order: Order): Promise<Payment> {
    if (!now) throw new Refused('invalid-state')
    if (now.payment) return now.payment
    const { paymentKey, cart } = now
    const body = {
      ...{ amount: order.amount_due, currency: order.currency, channel: 'pos', order_id: order.id },
      store_id: place.storeId,
      ...(cart.customer_id === null ? {} : { customer_id: cart.customer_id }),
    }
    const payment = await sure(
      () => api.call<Payment>('POST', '/payments', { body, key: paymentKey }),
      () => tell(),
    )
    if (now?.paymentKey === paymentKey) now = { ...now, payment }
    tell()
    return payment
  }

  /** Sends what is written down until it is answered, then asks on until its outcome is known. */
  async function carryOut(sent: Sent): Promise<void> {
    busy = { input: sent.input }
    tell()
    try {
      const options = { body: sent.input, key: sent.key, timeoutMs: TENDER_MS }
      const payment = await sure(
        () => api.call<Payment>('POST', sent.path, options),
        () => {
          isUnknown = true
          tell()
        },
      )
      if (now) now = { ...now, payment, sent: null }
      tell()
      await untilKnown(payment)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (error.code === 'left') return
      refusal = error
      if (now) now = { ...now, sent: null }
    }
    busy = null
    isUnknown = false
    declined = lastDeclined(now?.payment ?? null)
    tell()
  }

  async function untilKnown(payment: Payment): Promise<void> {
    let current = payment
    while (isOpen(current)) {
      isUnknown = current.attention === 'unknown_outcome'
      tell()
      await pause()
      if (!now) return
      current = await sure(
        () => api.get<Payment>(`/payments/${payment.id}`),
        () => {},
      )
      if (now) now = { ...now, payment: current }
    }
  }

  const sale: Sale = {
    state: () => shown,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    begin(cart) {
      turn++
      now = { cart, order: null, paymentKey: newKey(), payment: null, sent: null }
      busy = refusal = declined = null
      isUnknown = isPaidElsewhere = false
      tell()
    },
    async tender(input) {
      if (!now || busy) return
      busy = { input }
      refusal = declined = null
      tell()
      const begun = turn
      try {
        const order = await ordered(now)
        const payment = await paymentOf(order)
        if (turn !== begun) return
        const sent: Sent = { path: `/payments/${payment.id}/tenders`, key: newKey(), input }
        now = { ...(now as Kept), sent }
        await carryOut(sent)
      } catch (error) {
        if (turn !== begun) return
        busy = null
        if (!(error instanceof Refused)) throw error
        refusal = error
        tell()
      }
    },
    async withdraw() {
      const { payment } = now ?? {}
      const waiting = payment?.tenders.findLast(({ status }) => ['requires_action', 'processing'].includes(status))
      if (!payment || !waiting) throw new Refused('invalid-state')
      await api.call('POST', `/payments/${payment.id}/tenders/${waiting.id}/cancel`, { body: {}, key: newKey() })
    },
    async place() {
      if (!now) throw new Refused('invalid-state')
      return ordered(now)
    },
    adopt(payment) {
      if (now) now = { ...now, payment }
      tell()
    },
    async look() {
      const order = now?.order
      if (!order || busy) return
      const read = await api.get<Order>(`/orders/${order.id}`)
      if (now?.order?.id !== order.id) return
      now = { ...now, order: read }
      if (read.amount_due === 0) isPaidElsewhere = true
      tell()
    },
    end() {
      turn++
      now = null
      busy = refusal = declined = null
      isUnknown = isPaidElsewhere = false
      tell()
    },
    forget() {
      refusal = declined = null
      tell()
    },
  }

  // A reload in the middle of it: what was sent is sent again with its key, and answers what became of it.
  const before = kept<Kept>(NAMES.sale)
  if (before?.cart?.id) now = before
  tell()
  const { sent, payment } = now ?? {}
  if (sent) {
    isUnknown = true
    void carryOut(sent)
  } else if (payment && isOpen(payment)) {
    const { method = '', terminal_id } = payment.tenders.at(-1) ?? {}
    busy = { input: { method, ...(terminal_id == null ? {} : { terminal_id }) } }
    tell()
    void untilKnown(payment).finally(() => {
      busy = null
      isUnknown = false
      declined = lastDeclined(now?.payment ?? null)
      tell()
    })
  }
  return sale
}

function isUnderWay(sale: Kept | null): boolean {
  if (sale === null) return false
  const { sent, payment } = sale
  if (sent !== null) return true
  return payment !== null && (isOpen(payment) || dueOf(payment, payment.amount) < payment.amount)
}

/** Its outcome is still to come: asked and not answered, or answered with "we do not know". */
function isOpen({ amount_in_flight, attention, tenders }: Payment): boolean {
  return (
    amount_in_flight > 0 || attention === 'unknown_outcome' || tenders.some(({ status }) => status === 'processing')
  )
}

function lastDeclined(payment: Payment | null): Tender | null {
  const last = payment?.tenders.at(-1)
  return last?.decline && last.amount_captured === 0 ? last : null
}
