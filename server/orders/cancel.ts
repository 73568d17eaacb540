// Cancels an order or a part of it. Before it is paid that closes its slot for payment; after it, what was paid for the
// cancelled part is voided or refunded, in the same request.

import { transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import { once, type Reply } from '../payments/index.ts'
import { type Applied, applyChange, type Units } from './apply-change.ts'
import { hasChangeOfKey, insertChange } from './change-store.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { isHandedOver } from './figures.ts'
import type { OrderLine } from './order.ts'
import { readOrderReply } from './read.ts'
import { carryOut } from './refund.ts'
import type { CancelInput } from './schema.ts'
import { fulfilLines, lockOrder, readOrder, readOrderLines } from './store.ts'
import { withFees } from './with-fees.ts'

/**
 * Cancels what is named, or all that is open. Units that were handed over are returned, never cancelled; but for gift cards sent
 * by mail, which are cancelled when they are named and unused. Throws not-found, invalid-state (it has ended, or nothing is open),
 * quantity-exceeds-available, balance-insufficient (a card is used), version-conflict and what `once` throws.
 */
export async function cancelOrder(
  deps: OrderDeps,
  merchantId: string,
  idempotency: Idempotency,
  command: { id: string; by: string; ifVersion: number | undefined; input: CancelInput },
): Promise<Reply> {
  if (!(await readOrder(deps.db, merchantId, command.id))) throw new Problem('not-found')
  return once(deps.payments, merchantId, idempotency, command.id, async () => {
    const applied = await begin(deps, merchantId, idempotency.key, command)
    if (applied?.refund) await carryOut(deps, applied.refund)
    return readOrderReply(deps, merchantId, command.id)
  })
}

/** Null when a first run of this very command, whose process died, has done it. */
function begin(
  deps: OrderDeps,
  merchantId: string,
  key: string,
  { id, by, ifVersion, input }: Parameters<typeof cancelOrder>[3],
): Promise<Applied | null> {
  return transact(deps.db, async (tx) => {
    const order = await lockOrder(tx, merchantId, id)
    if (!order) throw new Problem('not-found')
    if (await hasChangeOfKey(tx, merchantId, id, key)) return null
    if (ifVersion !== undefined && ifVersion !== order.version) throw new Problem('version-conflict')
    if (order.state !== 'placed' && order.state !== 'confirmed') throw new Problem('invalid-state')
    const delivered = await readOrderLines(tx, merchantId, id)
    const back = cardsToTakeBack(delivered, input.lines ?? [])
    await fulfilLines(
      tx,
      merchantId,
      [...back].map(([line_id, quantity]) => ({ order_id: id, line_id, quantity: -quantity })),
      deps.clock.now(),
    )
    const lines = delivered.map((line) => ({ ...line, fulfilled: line.fulfilled - (back.get(line.id) ?? 0n) }))
    const units = input.lines === undefined ? whatIsOpen(lines) : named(lines, input.lines)
    const cancel = await withFees(deps, tx, merchantId, { order, lines }, units)
    if (cancel.length === 0) throw new Problem('invalid-state', { detail: 'Nothing of this order is open.' })
    const before = { total: order.total, state: order.state }
    const applied = await applyChange(
      deps,
      tx,
      merchantId,
      { order, lines },
      { cancel, added: [], reason: input.reason },
    )
    const at = deps.clock.now()
    const change = {
      id: deps.newId('och'),
      order_id: id,
      revision: order.revision,
      actions: { cancel: input },
      by,
      key,
      at,
    }
    await insertChange(tx, merchantId, { ...change, state: 'confirmed', preview: {}, plan: {} })
    const cards = applied.lines.flatMap(({ id: line_id, quantity, cancelled, returned }) =>
      back.has(line_id)
        ? [{ line_id, quantity: back.get(line_id) as bigint, left: quantity - cancelled - returned }]
        : [],
    )
    if (cards.length > 0) await deps.takeBackCards(tx, merchantId, { order, units: cards, by, at })
    await appendOrderEvents(tx, deps, merchantId, at, [
      {
        order_id: id,
        type: applied.isOver ? 'order.cancelled' : 'order.lines_cancelled',
        by,
        more: {
          reason: input.reason,
          lines: cancel.map(({ line, quantity }) => ({ line_id: line.id, variant_id: line.variant_id, quantity })),
          before,
          after: { total: applied.total, state: applied.isOver ? 'cancelled' : order.state },
        },
      },
    ])
    return applied
  })
}

/** Units of gift cards that were named beyond what is open, by line: they were delivered. */
function cardsToTakeBack(lines: readonly OrderLine[], wanted: NonNullable<CancelInput['lines']>): Map<string, bigint> {
  const back = new Map<string, bigint>()
  for (const line of lines.filter(({ kind }) => kind === 'gift_card')) {
    const named = wanted
      .filter(({ line_id }) => line_id === line.id)
      .reduce((sum, { quantity }) => sum + BigInt(quantity), 0n)
    const beyond = named - (line.quantity - line.cancelled - line.fulfilled)
    if (beyond > 0n && beyond <= line.fulfilled - line.returned - line.return_requested) back.set(line.id, beyond)
  }
  return back
}

/** Goods that are open; of an order of which nothing was handed over all that is charged beside them too, even without any. */
function whatIsOpen(lines: readonly OrderLine[]): Units[] {
  const isUntouched = lines.every((line) => line.fulfilled === 0n)
  return lines
    .filter((line) => isUntouched || isHandedOver(line))
    .map((line) => ({ line, quantity: line.quantity - line.cancelled - line.fulfilled }))
    .filter(({ quantity }) => quantity > 0n)
}

/** The units that were named. Throws reference-not-found. */
function named(lines: readonly OrderLine[], wanted: NonNullable<CancelInput['lines']>): Units[] {
  const byLine = new Map<string, bigint>()
  for (const { line_id, quantity } of wanted) byLine.set(line_id, (byLine.get(line_id) ?? 0n) + BigInt(quantity))
  return [...byLine].map(([line_id, quantity], i) => {
    const line = lines.find(({ id }) => id === line_id)
    if (line) return { line, quantity }
    throw new Problem('reference-not-found', {
      errors: [{ pointer: `/lines/${i}/line_id`, detail: 'Is no line of this order.' }],
    })
  })
}
