// Decides how the money of a return goes back, writes that down as intents, and carries them out. What was decided is repeated
// under the same keys until each intent has an end; what a provider refuses waits for somebody who names another way.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { lockOrder } from '../orders/index.ts'
import type { RefundableTender } from '../payments/index.ts'
import { carryOut } from './carry-out.ts'
import { giveUpOutstanding, lockedIn, type Step, withdrawn } from './decide.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { lessGivenBefore, lessUnpaid, tendersLeft } from './given-before.ts'
import { type Part, planRefund } from './plan.ts'
import { ALTERNATIVES, type Alternative, policyOf, type ReturnRules } from './policy.ts'
import { cashOfOrder, insertRefunds, readRefunds } from './refund-store.ts'
import { type Destination, type RefundRow, type ReturnRow, type ReturnView, refundOf, STEPS } from './return.ts'
import { readReturn, updateReturn } from './store.ts'

export interface Settlement {
  /** Where money goes that cannot go back to where it came from. */
  to?: Destination
  /** All of it goes there, because the customer wants it so. */
  isForced?: boolean
}

/** The worker leaves an intent to the request that made it for this long. */
const GRACE_MS = 60_000
/** More rounds than this are left to whoever settles again. */
const MOST_PLANS = 8

/**
 * Settles what was received; what was asked for and never came is closed. Called again for a return of which a refund has
 * failed, it plans that part anew. Throws not-found, version-conflict, invalid-state, operation-unsupported (some money can
 * go back by no way offered: name `to`), not-returnable (the way is not allowed).
 */
export async function settle(deps: ReturnDeps, merchantId: string, step: Step & Settlement): Promise<ReturnView> {
  const { rules } = await policyOf(deps, merchantId)
  const row = step.to && (await readReturn(deps.db, merchantId, step.id))
  if (step.to && row) {
    await deps.mustKnow(merchantId, step.to, row.currency)
    await mustStandIn(deps, merchantId, row.store_id, step.to)
  }
  let known = (await readRefunds(deps.db, merchantId, step.id)).length
  await transact(deps.db, (tx) => decide(deps, merchantId, step, rules, tx))
  let view = await carryOut(deps, merchantId, step.id)
  // Another return of the order took what was planned on, since or at the same moment: what is left goes over the tenders as they
  // are now. Every round means that another refund was accepted.
  for (let round = 1; round < MOST_PLANS && wasOvertaken(view, known); round++) {
    known = view.refunds.length
    await transact(deps.db, (tx) => decide(deps, merchantId, { ...step, ifVersion: undefined }, rules, tx))
    view = await carryOut(deps, merchantId, step.id)
  }
  return view
}

/** Whether a refund decided after the first `known` found less on its tender than was planned. */
function wasOvertaken(view: ReturnView, known: number): boolean {
  const last = view.refunds.filter(({ n }) => n > known)
  return view.state === 'settling' && last.some(({ failure }) => failure === 'amount-exceeds-refundable')
}

/** Money is handed out where the goods were taken back. Throws validation-error. */
async function mustStandIn(
  deps: Pick<ReturnDeps, 'merchantCache'>,
  merchantId: string,
  storeId: string | null,
  to: Destination,
): Promise<void> {
  if (storeId === null) return
  const merchant = await deps.merchantCache.get(merchantId)
  const places = [
    ['register_id', merchant?.registers.get(to.register_id ?? '')],
    ['terminal_id', merchant?.terminals.get(to.terminal_id ?? '')],
  ] as const
  for (const [name, place] of places)
    if (place && place.storeId !== storeId)
      throw new Problem('validation-error', {
        errors: [{ pointer: `/to/${name}`, detail: 'stands in another store than the return' }],
      })
}

type Tx = Parameters<Parameters<typeof transact>[1]>[0]

/** Writes the intents, in the caller's transaction. */
export async function decide(
  deps: ReturnDeps,
  merchantId: string,
  step: Step & Settlement,
  rules: ReturnRules,
  tx: Tx,
  most?: { amount: bigint },
): Promise<ReturnRow> {
  const at = deps.clock.now()
  const found = await lockedIn(tx, merchantId, step, STEPS.settle)
  const earlier = await readRefunds(tx, merchantId, found.id)
  const owed = await lessUnpaid(deps, tx, merchantId, found, step.by)
  const before = await lessGivenBefore(tx, merchantId, owed, earlier)
  if (before.state === 'settling' && !earlier.some(({ state }) => state === 'failed') && most === undefined) {
    // Decided already: whoever asks again, for example after a crash, gets it carried out.
    if (before.amount_planned >= refundOf(before)) return before
  }
  const given = earlier.filter(({ state }) => state !== 'failed').reduce((sum, { amount }) => sum + amount, 0n)
  const whole = refundOf(before) - given
  const amount = most === undefined || most.amount > whole ? whole : most.amount
  const destination = allowed(step.to, rules, before)
  const parts = await partsOf(
    tx,
    merchantId,
    before,
    { ...step, to: destination, earlier, here: deps.payments.registerId },
    amount,
    rules,
  )
  await giveUpOutstanding(tx, merchantId, before, at)
  await insertRefunds(
    tx,
    merchantId,
    before.id,
    parts.map((part, i) => ({ n: earlier.length + i + 1, ...part })),
    { at, dueAt: new Date(at.getTime() + GRACE_MS) },
  )
  const row: ReturnRow = {
    ...before,
    lines: withdrawn(before),
    state: 'settling',
    amount_planned: given + amount,
    version: before.version + 1,
    updated_at: at,
  }
  await updateReturn(tx, merchantId, row)
  const refunds = await readRefunds(tx, merchantId, row.id)
  await announce(deps, tx, { merchantId, row, refunds, type: 'return.settling', by: step.by })
  return row
}

async function partsOf(
  tx: Tx,
  merchantId: string,
  row: ReturnRow,
  settlement: Settlement & { earlier: readonly RefundRow[]; here: string | undefined },
  amount: bigint,
  rules: ReturnRules,
): Promise<Pick<RefundRow, 'payment_id' | 'tender_id' | 'method' | 'amount' | 'destination'>[]> {
  if (amount === 0n) return []
  if (row.order_id === null) return [withoutReceipt(row, settlement.to, amount)]
  const tenders = await tendersLeft(tx, merchantId, row.order_id, settlement.earlier)
  const plan = planRefund(amount, tenders, settlement.to, settlement.isForced ?? false, settlement.here)
  if (plan.stuck > 0n) {
    throw new Problem('operation-unsupported', {
      detail: `${plan.stuck} of ${amount} can go back to no tender of the order; name another way in "to".`,
    })
  }
  if (plan.cashOut > 0n) await holdToCashLimit(tx, merchantId, row, tenders, plan.cashOut, rules)
  return plan.parts satisfies Part[]
}

/** The limit is one for the order: unit by unit it would be none. Throws not-returnable. */
async function holdToCashLimit(
  tx: Tx,
  merchantId: string,
  { order_id, currency }: ReturnRow,
  tenders: readonly RefundableTender[],
  cashOut: bigint,
  rules: ReturnRules,
): Promise<void> {
  // Two returns that are settled at once count each other.
  await lockOrder(tx, merchantId, order_id as string)
  const isCash = (id: string | null) => tenders.some(({ tender_id, method }) => tender_id === id && method === 'cash')
  const before = (await cashOfOrder(tx, merchantId, order_id as string))
    .filter(({ tender_id }) => !isCash(tender_id))
    .reduce((sum, { amount }) => sum + amount, 0n)
  const limit = BigInt(rules.cash_limit[currency] ?? 0)
  if (before + cashOut <= limit) return
  throw new Problem('not-returnable', {
    detail: `At most ${limit} is handed out in cash for an order that was not paid in cash; ${before} of it has been.`,
  })
}

function withoutReceipt(
  row: ReturnRow,
  to: Destination | undefined,
  amount: bigint,
): Pick<RefundRow, 'payment_id' | 'tender_id' | 'method' | 'amount' | 'destination'> {
  const destination = to ?? { method: 'store_credit', customer_id: row.customer_id ?? undefined }
  if (destination.method !== 'store_credit' && !passesThrough(row, destination))
    throw new Problem('not-returnable', { detail: 'Without a receipt money goes to store credit only.' })
  return { payment_id: null, tender_id: null, method: destination.method, amount, destination }
}

/** The destination with what it lacks. Throws not-returnable for a way the rules do not allow. */
function allowed(to: Destination | undefined, rules: ReturnRules, row: ReturnRow): Destination | undefined {
  if (!to) return undefined
  const isKnown = (ALTERNATIVES as readonly string[]).includes(to.method)
  if (!passesThrough(row, to) && (!isKnown || !rules.alternatives.includes(to.method as Alternative)))
    throw new Problem('not-returnable', { detail: `Money does not go back by ${to.method} here.` })
  if (to.method === 'store_credit') return { ...to, customer_id: to.customer_id ?? row.customer_id ?? undefined }
  return to
}

/** The card of an exchange is nobody's choice, so no rule about choices holds for it. */
function passesThrough(row: ReturnRow, to: Destination): boolean {
  return row.exchange_id !== null && to.method === 'gift_card'
}
