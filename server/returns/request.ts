// Asks to return goods of an order: whether they may come back, which, and until when. Without a receipt: blind.ts.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  isHandedOver,
  type Order,
  type OrderLine,
  readOrder,
  readOrderLines,
  returnableSince,
  returnLines,
} from '../orders/index.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { policyOf, type ReturnRules } from './policy.ts'
import { type ReturnRow, type ReturnView, returnView } from './return.ts'
import { insertReturn } from './store.ts'

export interface ReturnRequest {
  orderId: string
  channel: string
  storeId?: string
  reason: string
  note?: string
  /** `left`: how many could still come back when the customer chose; where it is given and no longer true, nothing is asked for. */
  lines: { line_id: string; quantity: bigint; left?: bigint }[]
  /** Staff take it back although the rules say no; the reason is kept. */
  override?: string
  by: string
}

const DAY_MS = 86_400_000
/** Channels in which somebody of the shop looks at the goods at once. */
const AT_THE_COUNTER = new Set(['pos', 'kiosk'])

/**
 * Requests a return, which counts the units as asked for, so that they cannot be asked for twice. Throws reference-not-found,
 * not-returnable (window closed, article excluded), quantity-exceeds-available (more than was handed over and not yet
 * returned), invalid-state (nothing was handed over), version-conflict (`left` is not what is left).
 */
export async function requestReturn(deps: ReturnDeps, merchantId: string, input: ReturnRequest): Promise<ReturnView> {
  const at = deps.clock.now()
  await deps.consumer.catchUp(merchantId)
  const order = await readOrder(deps.db, merchantId, input.orderId)
  if (!order) throw new Problem('reference-not-found', { errors: [{ pointer: '/order_id', detail: 'names no order' }] })
  const lines = await readOrderLines(deps.db, merchantId, order.id)
  const { rules } = await policyOf(deps, merchantId)
  const wanted = input.lines.map((each, i) => ({ line: lineOf(lines, each.line_id, i), quantity: each.quantity }))
  if (input.override === undefined) for (const { line } of wanted) mustBeReturnable(order, line, rules, at)
  const isAtCounter = AT_THE_COUNTER.has(input.channel)
  const row: ReturnRow = {
    id: deps.newId('rtn'),
    order_id: order.id,
    customer_id: order.customer_id,
    state: rules.needs_approval && !isAtCounter && input.override === undefined ? 'requested' : 'approved',
    channel: input.channel,
    store_id: input.storeId ?? null,
    currency: order.currency,
    reason: input.reason,
    note: [input.note, input.override].filter((text) => text !== undefined).join(' · ') || null,
    tracking: null,
    // Who brings goods to a store bears nothing of the way.
    shipping_fee: isAtCounter ? 0n : BigInt(rules.shipping_fee[order.currency] ?? 0),
    shipping_fee_override: null,
    ...{ amount_goods: 0n, amount_tax: 0n, amount_delivery: 0n, amount_planned: 0n },
    ...{ amount_given_before: 0n, amount_unpaid: 0n, exchange_id: null },
    created_by: input.by,
    ...{ version: 1, created_at: at, updated_at: at, settled_at: null },
    lines: wanted.map(({ line, quantity }, i) => ({
      no: i + 1,
      line_id: line.id,
      variant_id: line.variant_id,
      name: line.name,
      components: line.components,
      unit_amount: null,
      requested: quantity,
      ...{ restock: 0n, quality: 0n, damaged: 0n, vendor: 0n, discard: 0n, withdrawn: 0n, amount: 0n, tax: 0n },
    })),
  }
  return transact(deps.db, async (tx) => {
    const counts = wanted.map(({ line, quantity }) => ({
      ...{ order_id: order.id, line_id: line.id },
      ...{ requested: quantity, returned: 0n },
    }))
    await returnLines(tx, merchantId, counts, at)
    await mustBeAsShown(tx, merchantId, input)
    await insertReturn(tx, merchantId, row)
    const type = row.state === 'requested' ? 'return.requested' : 'return.approved'
    await announce(deps, tx, { merchantId, row, refunds: [], type, by: input.by })
    return returnView(row, [])
  })
}

function lineOf(lines: readonly OrderLine[], id: string, i: number): OrderLine {
  const line = lines.find((each) => each.id === id)
  if (!line || !isHandedOver(line))
    throw new Problem('reference-not-found', {
      errors: [{ pointer: `/lines/${i}/line_id`, detail: 'names no goods of the order' }],
    })
  return line
}

function mustBeReturnable(order: Order, line: OrderLine, rules: ReturnRules, at: Date): void {
  const no = (detail: string) => new Problem('not-returnable', { detail })
  if (!line.is_returnable) throw no(`${line.name} is not taken back.`)
  const excluded = line.categories.find((category) => rules.excluded_categories.includes(category))
  if (excluded !== undefined) throw no(`Articles of ${excluded} are not taken back.`)
  if (at.getTime() - returnableSince(order).getTime() > rules.window_days * DAY_MS)
    throw no(`Goods are taken back for ${rules.window_days} days.`)
}

/** Sent twice, at once or not, a choice is made once: the lines are locked by now, with what was asked for counted in. */
async function mustBeAsShown(tx: Tx, merchantId: string, { orderId, lines }: ReturnRequest): Promise<void> {
  if (lines.every(({ left }) => left === undefined)) return
  const now = new Map((await readOrderLines(tx, merchantId, orderId)).map((line) => [line.id, line]))
  for (const { line_id, quantity, left } of lines) {
    const line = now.get(line_id)
    if (left === undefined || !line) continue
    if (line.fulfilled - line.returned - line.return_requested + quantity !== left)
      throw new Problem('version-conflict', { detail: 'Some of it was asked for or came back meanwhile.' })
  }
}
