// Edits an order after it was placed: a draft that shows the whole result, then confirmed or declined. Confirming applies exactly
// what was shown, in one transaction, or nothing.

import { transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import { once, paymentsOfOrder, type Reply } from '../payments/index.ts'
import { lockLevels } from '../stock/index.ts'
import { type Applied, applyChange } from './apply-change.ts'
import { decideChange, insertChange, type OrderChange, readChange } from './change-store.ts'
import type { OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { type ChangePlan, linesAfter, planChange, previewOf, unitsOf } from './plan-change.ts'
import { carryOut } from './refund.ts'
import { levelsOfChange, reserveAdded } from './reservation.ts'
import type { ChangeInput } from './schema.ts'
import { insertGroups, insertLines, lockOrder, readOrder, readOrderLines } from './store.ts'

/** A change as the API shows it. A cancellation is one too, without a preview. */
export function changeView(change: OrderChange) {
  return {
    id: change.id,
    object: 'order_change' as const,
    order_id: change.order_id,
    state: change.state,
    revision: change.revision,
    reason: (change.actions['reason'] as string | undefined) ?? null,
    preview: Object.keys(change.preview).length === 0 ? null : change.preview,
    created_at: change.created_at.toISOString(),
    decided_at: change.decided_at?.toISOString() ?? null,
  }
}

/**
 * Makes the draft of a change. Nothing is reserved or owed by it. Throws not-found, invalid-state (the order has ended),
 * version-conflict, and what cannot be done as planChange says.
 */
export async function draftChange(
  deps: OrderDeps,
  merchantId: string,
  command: { id: string; by: string; ifVersion: number | undefined; input: ChangeInput },
): Promise<OrderChange> {
  const { id, by, ifVersion, input } = command
  await deps.consumer.catchUp(merchantId)
  const order = await readOrder(deps.db, merchantId, id)
  if (!order) throw new Problem('not-found')
  if (ifVersion !== undefined && ifVersion !== order.version) throw new Problem('version-conflict')
  refuseEnded(order.state)
  const lines = await readOrderLines(deps.db, merchantId, id)
  const plan = await planChange(deps, merchantId, order, lines, input)
  const preview = previewOf(order, lines, plan)
  const draft = {
    id: deps.newId('och'),
    order_id: id,
    state: 'draft' as const,
    revision: order.revision,
    actions: input,
    preview,
    plan,
  }
  const at = deps.clock.now()
  await transact(deps.db, (tx) => insertChange(tx, merchantId, { ...draft, by, key: null, at }))
  return (await readChange(deps.db, merchantId, id, draft.id)) as OrderChange
}

export interface Decision {
  orderId: string
  id: string
  by: string
}

/**
 * Applies a draft. The same payment then takes a difference by a further tender; what was paid too much is given back at
 * once. Of two at the same time one applies it. Throws not-found, invalid-state (declined, the order has ended, or a payment
 * is under way), version-conflict (the order's lines are others by now), out-of-stock, quantity-exceeds-available.
 */
export function confirmChange(
  deps: OrderDeps,
  merchantId: string,
  idempotency: Idempotency,
  decision: Decision,
): Promise<Reply> {
  return once(deps.payments, merchantId, idempotency, decision.id, async () => {
    const applied = await applyWhenTold(deps, merchantId, decision)
    if (applied?.refund) await carryOut(deps, applied.refund)
    // What left it is free again by the time it is answered.
    await deps.consumer.catchUp(merchantId)
    const change = (await readChange(deps.db, merchantId, decision.orderId, decision.id)) as OrderChange
    return { status: 200, body: JSON.stringify(changeView(change)) }
  })
}

/** Each round means that a payment came meanwhile; more are refused. */
const MOST_ROUNDS = 3

/** Applies a draft once the order has learned what was paid for it. */
async function applyWhenTold(deps: OrderDeps, merchantId: string, decision: Decision): Promise<Applied | null> {
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    await deps.consumer.catchUp(merchantId)
    const applied = await applyDraft(deps, merchantId, decision)
    if (applied !== 'paid meanwhile') return applied
  }
  throw new Problem('invalid-state', { detail: 'A payment of the order is under way.' })
}

/** Null when it was applied before. */
function applyDraft(
  deps: OrderDeps,
  merchantId: string,
  { orderId, id, by }: Decision,
): Promise<Applied | null | 'paid meanwhile'> {
  return transact(deps.db, async (tx) => {
    const order = await lockOrder(tx, merchantId, orderId)
    const change = order && (await readChange(tx, merchantId, orderId, id))
    if (!change) throw new Problem('not-found')
    if (change.state === 'confirmed') return null
    if (change.state === 'declined') throw new Problem('invalid-state', { detail: 'The change was declined.' })
    refuseEnded(order.state)
    if (order.revision !== change.revision)
      throw new Problem('version-conflict', { detail: 'The order was changed since; make a new draft.' })
    const payments = await paymentsOfOrder(tx, merchantId, orderId)
    // What is being paid was asked for as it is; its outcome comes first.
    if (payments.some(({ direction, amount_in_flight }) => direction === 'charge' && amount_in_flight > 0n))
      throw new Problem('invalid-state', { detail: 'A payment of the order is under way.' })
    // Paid for as it is, which confirms it: that first.
    const came = payments.reduce(
      (sum, { direction, amount_capturable, amount_captured, amount_refunded }) =>
        direction === 'charge' ? sum + amount_capturable + amount_captured - amount_refunded : sum,
      0n,
    )
    if (order.state === 'placed' && order.total > 0n && came >= order.total) return 'paid meanwhile'

    const at = deps.clock.now()
    const plan = planOf(change)
    const lines = await readOrderLines(tx, merchantId, orderId)
    await decideChange(tx, merchantId, { orderId, id }, { state: 'confirmed', by, at })
    const levels = await levelsOfChange(tx, merchantId, order.id, plan)
    // What leaves is free before what comes is taken: it may be the same goods.
    const tell =
      plan.cancel.length > 0 && order.state === 'confirmed'
        ? await deps.dropCancelled(tx, merchantId, { order, lines: linesAfter(lines, plan), levels, at })
        : undefined
    if (!tell) await lockLevels(tx, merchantId, levels)
    await insertLines(tx, merchantId, plan.added)
    await insertGroups(tx, merchantId, orderId, plan.groups, at)
    const reason = (change.actions['reason'] as string | undefined) ?? 'changed'
    const applied = await applyChange(
      deps,
      tx,
      merchantId,
      { order, lines },
      { cancel: unitsOf(lines, plan), added: plan.added, reason, waits: true },
    )
    await reserveAdded(tx, merchantId, order, plan, at)
    await appendOrderEvents(tx, deps, merchantId, at, [
      {
        order_id: orderId,
        type: applied.isOver ? 'order.cancelled' : 'order.changed',
        by,
        more: {
          change_id: id,
          reason,
          lines: plan.cancel,
          added: plan.added.map((line) => ({ line_id: line.id, variant_id: line.variant_id, quantity: line.quantity })),
          before: { total: order.total },
          after: { total: applied.total },
        },
      },
    ])
    await tell?.()
    return applied
  })
}

/** Gives a draft up. Again changes nothing. Throws not-found, invalid-state (it was confirmed). */
export async function declineChange(deps: OrderDeps, merchantId: string, decision: Decision): Promise<OrderChange> {
  const { orderId, id, by } = decision
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    // The order first, as everywhere.
    await lockOrder(tx, merchantId, orderId)
    const isDeclined = await decideChange(tx, merchantId, { orderId, id }, { state: 'declined', by, at })
    const change = await readChange(tx, merchantId, orderId, id)
    if (!change) throw new Problem('not-found')
    if (change.state !== 'declined') throw new Problem('invalid-state', { detail: 'The change was confirmed.' })
    if (isDeclined) {
      const more = { change_id: id }
      await appendOrderEvents(tx, deps, merchantId, at, [
        { order_id: orderId, type: 'order.change_declined', by, more },
      ])
    }
    return change
  })
}

function refuseEnded(state: string): void {
  if (state !== 'placed' && state !== 'confirmed')
    throw new Problem('invalid-state', { detail: `The order is ${state}.` })
}

/** A plan as it was kept: JSON has no bigint. */
function planOf(change: OrderChange): ChangePlan {
  const kept = change.plan as ChangePlan
  const big = (value: unknown) => BigInt(value as number)
  return {
    cancel: kept.cancel.map(({ line_id, quantity }) => ({ line_id, quantity: big(quantity) })),
    added: kept.added.map((line) => ({
      ...line,
      components: line.components.map((part) => ({ ...part, quantity: big(part.quantity) })),
      unit_price_e4: big(line.unit_price_e4),
      adjustments: line.adjustments.map((each) => ({ ...each, amount: big(each.amount) })),
      list: big(line.list),
      discount: big(line.discount),
      net: big(line.net),
      tax: big(line.tax),
      total: big(line.total),
      quantity: big(line.quantity),
      cancelled: 0n,
      fulfilled: 0n,
      return_requested: 0n,
      returned: 0n,
    })),
    groups: kept.groups.map((group) => ({
      ...group,
      lines: group.lines.map((line) => ({
        ...line,
        unit_from: big(line.unit_from),
        quantity: big(line.quantity),
        total: big(line.total),
        tax: big(line.tax),
      })),
    })),
  }
}
