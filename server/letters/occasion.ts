// Which events are an occasion to write to a customer, and which letter. Pure: what the letter says is read when it is written.

import { isId } from '../lib/ids.ts'
import type { EventRow } from '../notify/index.ts'

/** Letters that the shop writes by itself, each of which a merchant may switch off. */
export const LETTER_KINDS = [
  'order_confirmed',
  'receipt',
  'payment_received',
  'refund',
  'pickup_ready',
  'pickup_reminder',
  'pickup_expired',
  'shipped',
] as const
export type LetterKind = (typeof LETTER_KINDS)[number]

/** Something that one letter tells of. */
export interface Occasion {
  kind: LetterKind
  orderId: string
  at: Date
  /** Of an order the letter is written once for this, whatever the log repeats. */
  onceKey: string
  fulfilmentId?: string
  /** The operation that moved money. */
  money?: { paymentId: string; operationId: string }
}

interface Data {
  order_id?: unknown
  operation_id?: unknown
  mode?: unknown
}

const PARCELS: Record<string, LetterKind> = {
  'fulfilment.ready': 'pickup_ready',
  'fulfilment.reminded': 'pickup_reminder',
  'fulfilment.expired': 'pickup_expired',
  'fulfilment.shipped': 'shipped',
}
const MONEY: Record<string, LetterKind> = {
  'payment.captured': 'payment_received',
  'payment.refunded': 'refund',
}
/** The events that can be one. */
export const OCCASIONS: readonly string[] = ['order.confirmed', ...Object.keys(PARCELS), ...Object.keys(MONEY)]
/** Ways of goods that end at a counter. */
const COLLECTED = new Set(['collect', 'ship_to_store'])

/** The occasion an event is, or null. */
export function occasionOf({ type, object_id, data, created_at: at }: EventRow): Occasion | null {
  if (type === 'order.confirmed')
    return { kind: 'order_confirmed', orderId: object_id, at, onceKey: `${object_id} confirmed` }
  const { order_id, operation_id, mode } = (data ?? {}) as Data
  if (typeof order_id !== 'string' || !isId('ord', order_id)) return null
  const parcel = PARCELS[type]
  if (parcel !== undefined) {
    // Goods sent from store to store are no parcel of the customer's.
    if (typeof mode !== 'string' || COLLECTED.has(mode) === (parcel === 'shipped')) return null
    return { kind: parcel, orderId: order_id, at, onceKey: `${object_id} ${parcel}`, fulfilmentId: object_id }
  }
  const money = MONEY[type]
  if (money === undefined || typeof operation_id !== 'string') return null
  const onceKey = `${operation_id} ${money}`
  return { kind: money, orderId: order_id, at, onceKey, money: { paymentId: object_id, operationId: operation_id } }
}

interface Placed {
  channel: string
  confirmed_at: Date | null
}

/**
 * The letter that an occasion is for this order; null for none. At a counter the customer is there: they get the receipt, and a word when
 * money goes back. A payment that confirmed the order is told of with the confirmation.
 */
export function kindFor(of: Occasion, { channel, confirmed_at }: Placed): LetterKind | null {
  const isAtCounter = channel === 'pos'
  if (of.kind === 'order_confirmed') return isAtCounter ? 'receipt' : 'order_confirmed'
  if (of.kind === 'payment_received')
    return isAtCounter || confirmed_at === null || of.at <= confirmed_at ? null : 'payment_received'
  return of.kind
}
