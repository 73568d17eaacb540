// The nouns of returns, their states, and how they are shown.

import type { Disposition } from '../stock/index.ts'

export const RETURN_STATES = [
  'requested',
  'approved',
  'in_transit',
  'received',
  'settling',
  'settled',
  'rejected',
  'cancelled',
] as const
export type ReturnState = (typeof RETURN_STATES)[number]

/** From which states each step may be taken. */
export const STEPS = {
  approve: ['requested'],
  reject: ['requested'],
  send: ['approved'],
  receive: ['approved', 'in_transit', 'received'],
  cancel: ['requested', 'approved', 'in_transit'],
  settle: ['received', 'settling'],
} as const satisfies Record<string, readonly ReturnState[]>

export interface ReturnRow {
  id: string
  order_id: string | null
  customer_id: string | null
  state: ReturnState
  channel: string
  store_id: string | null
  currency: string
  reason: string
  note: string | null
  tracking: Record<string, string> | null
  shipping_fee: bigint
  shipping_fee_override: bigint | null
  amount_goods: bigint
  amount_tax: bigint
  amount_delivery: bigint
  amount_given_before: bigint
  amount_unpaid: bigint
  amount_planned: bigint
  exchange_id: string | null
  created_by: string
  version: number
  created_at: Date
  updated_at: Date
  settled_at: Date | null
  lines: ReturnLine[]
}

export interface ReturnLine {
  no: number
  line_id: string | null
  variant_id: string | null
  name: string
  components: { variant_id: string; quantity: bigint }[]
  unit_amount: bigint | null
  requested: bigint
  restock: bigint
  quality: bigint
  damaged: bigint
  vendor: bigint
  discard: bigint
  withdrawn: bigint
  amount: bigint
  tax: bigint
}

/** An intent to give money back. */
export interface RefundRow {
  n: number
  payment_id: string | null
  tender_id: string | null
  method: string
  amount: bigint
  destination: Destination | null
  state: 'open' | 'sent' | 'done' | 'failed'
  operation_id: string | null
  failure: string | null
}

/** Where money goes that does not go back to where it came from. */
export interface Destination {
  method: string
  register_id?: string
  terminal_id?: string
  token?: string
  instrument_id?: string
  gift_card_id?: string
  customer_id?: string
}

export function receivedOf(line: ReturnLine): bigint {
  return line.restock + line.quality + line.damaged + line.vendor + line.discard
}

/** Units that were asked for and are still to come. */
export function outstandingOf(line: ReturnLine): bigint {
  return line.requested - receivedOf(line) - line.withdrawn
}

/** What the customer bears of the way back. */
export function feeOf(row: Pick<ReturnRow, 'shipping_fee' | 'shipping_fee_override'>): bigint {
  return row.shipping_fee_override ?? row.shipping_fee
}

/** What is to go back for what was received, before it is spread over tenders. Never below nothing. */
export function refundOf(
  row: Pick<
    ReturnRow,
    | 'shipping_fee'
    | 'shipping_fee_override'
    | 'amount_goods'
    | 'amount_delivery'
    | 'amount_given_before'
    | 'amount_unpaid'
  >,
): bigint {
  const amount = row.amount_goods + row.amount_delivery - feeOf(row) - row.amount_given_before - row.amount_unpaid
  return amount > 0n ? amount : 0n
}

/** Units of goods in which became of them what. */
export type ByDisposition = Partial<Record<Disposition, bigint>>

export const ATTENTIONS = ['refund_failed', 'refund_reversed'] as const

/** The last refund that failed decides, unless another way was found for all of it: `refund_reversed` went and came back. */
function attentionOf(refunds: readonly RefundRow[], wanted: bigint): (typeof ATTENTIONS)[number] | null {
  const last = refunds.findLast(({ state }) => state === 'failed')
  const underWay = refunds.filter(({ state }) => state !== 'failed').reduce((sum, { amount }) => sum + amount, 0n)
  if (!last || underWay >= wanted) return null
  return last.failure?.endsWith('_reversed') ? 'refund_reversed' : 'refund_failed'
}

/** A return as the API and its events show it. */
export function returnView(row: ReturnRow, refunds: readonly RefundRow[]) {
  const done = refunds.filter(({ state }) => state === 'done').reduce((sum, { amount }) => sum + amount, 0n)
  return {
    id: row.id,
    object: 'return' as const,
    order_id: row.order_id,
    customer_id: row.customer_id,
    state: row.state,
    attention: row.state === 'settling' ? attentionOf(refunds, refundOf(row)) : null,
    channel: row.channel,
    store_id: row.store_id,
    currency: row.currency,
    is_receipted: row.order_id !== null,
    reason: row.reason,
    note: row.note,
    tracking: row.tracking,
    shipping_fee: Number(feeOf(row)),
    amount_goods: Number(row.amount_goods),
    amount_tax: Number(row.amount_tax),
    amount_delivery: Number(row.amount_delivery),
    amount_given_before: Number(row.amount_given_before),
    amount_unpaid: Number(row.amount_unpaid),
    amount_refund: Number(refundOf(row)),
    amount_refunded: Number(done),
    exchange_id: row.exchange_id,
    lines: row.lines.map((line) => ({
      no: line.no,
      line_id: line.line_id,
      variant_id: line.variant_id,
      name: line.name,
      requested: Number(line.requested),
      received: Number(receivedOf(line)),
      outstanding: Number(outstandingOf(line)),
      restock: Number(line.restock),
      quality: Number(line.quality),
      damaged: Number(line.damaged),
      vendor: Number(line.vendor),
      discard: Number(line.discard),
      amount: Number(line.amount),
      tax: Number(line.tax),
    })),
    refunds: refunds.map(({ n, payment_id, tender_id, method, amount, destination, state, failure }) => ({
      n,
      payment_id,
      tender_id,
      method,
      amount: Number(amount),
      to: destination === null ? null : destination.method,
      state,
      failure,
    })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    settled_at: row.settled_at?.toISOString() ?? null,
  }
}
export type ReturnView = ReturnType<typeof returnView>
