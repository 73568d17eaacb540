// Points for what an order sold: pending until the return window closes, then spendable; taken back unit by unit when goods
// are returned or cancelled. Everything works from an order's counters, not from messages, so that order and repetition of
// messages do not matter.

import type { Tx } from '../db/pool.ts'
import { currencyOf } from '../lib/currency.ts'
import type { LoyaltyDeps } from './deps.ts'
import {
  type EarningRow,
  insertEarning,
  lockDueEarnings,
  lockEarnings,
  pointsSince,
  setConfirmAt,
  setConfirmed,
  setUnitsGone,
} from './earning-store.ts'
import { openForProfile } from './open.ts'
import { type EarningLine, earnedBy, leftOf, tierFor } from './points.ts'
import { readLoyaltyProgramme, type Tier } from './programme-store.ts'
import { bookChanges, type Change } from './store.ts'

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
/** The plain rate. */
const NO_TIER: Pick<Tier, 'multiplier_bp'> = { multiplier_bp: 10_000 }

/** An order that is confirmed, as far as points are concerned. */
export interface EarnInput {
  order_id: string
  /** As the order names it: may be a profile that was merged into another, which then has the points. */
  customer_id: string
  currency: string
  /** Minor units of the order that points pay. */
  paid_by_points: bigint
  lines: readonly EarningLine[]
  /** Those whose money is taken; absent where all of it is. The others earn when they are told again, paid. */
  paid?: ReadonlySet<string>
  channel: string
  store_id?: string | null
  confirmed_at: Date
  /** Until when its goods can be returned: null while that is not known, absent where nothing can. */
  returnable_until?: Date | null
  at: Date
}

/** How many units of an order's lines are gone by now, counted from the beginning. */
export interface ReverseInput {
  order_id: string
  lines: readonly { line_id: string; returned: bigint; cancelled: bigint }[]
  channel: string
  store_id?: string | null
  at: Date
}

/**
 * Gives an order's points, pending; a line that has its points already keeps them. Nothing without a programme that is on and
 * has a rate in the currency. In the caller's transaction; call it after everything else that locks.
 */
export async function earnFor(deps: LoyaltyDeps, tx: Tx, merchantId: string, input: EarnInput): Promise<void> {
  await bookChanges(tx, merchantId, await planEarning(deps, tx, merchantId, input))
}

/** The same without booking the changes, for a caller that has more of them: they are booked together, last. */
export async function planEarning(deps: LoyaltyDeps, tx: Tx, merchantId: string, input: EarnInput): Promise<Change[]> {
  const programme = await readLoyaltyProgramme(tx, merchantId)
  const rate = programme?.rates.find(({ currency }) => currency === input.currency)
  if (!programme?.is_enabled || !rate) return []
  const { order_id, at, currency, customer_id } = input
  const account = await openForProfile(deps, tx, merchantId, {
    kind: 'points',
    currency: null,
    customerId: customer_id,
    at,
  })
  const tier = tierFor(programme.tiers, await pointsSince(tx, merchantId, account.id, yearBefore(at))) ?? NO_TIER
  const exponent = currencyOf(currency)?.exponent ?? 2
  const earned = earnedBy(programme, rate, tier, { lines: input.lines, paidByPoints: input.paid_by_points, exponent })
  const confirm_at = spendableAt(programme, input)
  const changes: Change[] = []
  for (const line of earned) {
    if (input.paid && !input.paid.has(line.line_id)) continue
    const isNew = await insertEarning(tx, merchantId, {
      ...line,
      order_id,
      account_id: account.id,
      customer_id,
      currency,
      confirm_at,
    })
    if (!isNew || line.points === 0n) continue
    changes.push({
      ...whatFor(deps, { ...line, account_id: account.id, customer_id, order_id, currency }, input),
      event_type: 'loyalty.earned',
      type: 'earn_pending',
      units: 0n,
      pending: line.points,
      amount: 0n,
      unit_key: line.line_id,
    })
  }
  return changes
}

/**
 * Takes back the points of units that are gone, from what is pending or from the balance, which may fall below zero. Counters
 * only rise; the same ones again change nothing. In the caller's transaction; call it after everything else that locks.
 */
export async function reverseEarn(deps: LoyaltyDeps, tx: Tx, merchantId: string, input: ReverseInput): Promise<void> {
  await bookChanges(tx, merchantId, await planReversal(deps, tx, merchantId, input))
}

/** The same without booking the changes. */
export async function planReversal(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  input: ReverseInput,
): Promise<Change[]> {
  const gone = new Map(input.lines.map((line) => [line.line_id, line]))
  const changes: Change[] = []
  for (const earning of await lockEarnings(tx, merchantId, input.order_id)) {
    const line = gone.get(earning.line_id)
    if (!line) continue
    const returned = line.returned > earning.returned ? line.returned : earning.returned
    const cancelled = line.cancelled > earning.cancelled ? line.cancelled : earning.cancelled
    if (returned === earning.returned && cancelled === earning.cancelled) continue
    const after = { ...earning, returned, cancelled }
    const points = leftOf(earning.points, earning) - leftOf(earning.points, after)
    const value = leftOf(earning.value, earning) - leftOf(earning.value, after)
    const isConfirmed = earning.confirmed_at !== null
    await setUnitsGone(tx, merchantId, { orderId: input.order_id, lineId: earning.line_id, returned, cancelled })
    if (points === 0n && value === 0n) continue
    changes.push({
      ...whatFor(deps, earning, input),
      event_type: 'loyalty.reversed',
      type: 'reverse_earn',
      units: isConfirmed ? -points : 0n,
      pending: isConfirmed ? 0n : -points,
      amount: isConfirmed ? -value : 0n,
      unit_key: `${earning.line_id} ${returned} ${cancelled}`,
      counter_account: 'loyalty_expense',
    })
  }
  return changes
}

/** Lets an order's points wait as long as its goods can be returned, which is known later than the order. */
export async function waitForWindow(
  tx: Tx,
  merchantId: string,
  order: { id: string; confirmed_at: Date; returnable_until: Date | null },
): Promise<void> {
  const programme = await readLoyaltyProgramme(tx, merchantId)
  if (programme) await setConfirmAt(tx, merchantId, order.id, spendableAt(programme, order))
}

/** Not before the programme's days are over, nor before the goods can no longer be returned. */
function spendableAt(
  { pending_days }: { pending_days: number },
  order: { confirmed_at: Date; returnable_until?: Date | null },
): Date | null {
  const least = new Date(order.confirmed_at.getTime() + pending_days * DAY_MS)
  const until = order.returnable_until
  if (until === undefined) return least
  return until !== null && until < least ? least : until
}

/** Makes spendable what is due, at most `limit` lines of a merchant. Answers how many. */
export async function confirmDue(deps: LoyaltyDeps, tx: Tx, merchantId: string, limit: number): Promise<number> {
  const at = deps.clock.now()
  const due = await lockDueEarnings(tx, merchantId, at, limit)
  if (due.length === 0) return 0
  await setConfirmed(tx, merchantId, due, at)
  const changes = due.flatMap((earning): Change[] => {
    const points = leftOf(earning.points, earning)
    const amount = leftOf(earning.value, earning)
    if (points === 0n && amount === 0n) return []
    return [
      {
        ...whatFor(deps, earning, { at, channel: '' }),
        event_type: 'loyalty.confirmed',
        type: 'earn_confirmed',
        units: points,
        pending: -points,
        amount,
        unit_key: earning.line_id,
        counter_account: 'loyalty_expense',
      },
    ]
  })
  await bookChanges(tx, merchantId, changes)
  return due.length
}

function whatFor(
  deps: LoyaltyDeps,
  earning: Pick<EarningRow, 'account_id' | 'customer_id' | 'order_id' | 'currency'>,
  where: { at: Date; channel: string; store_id?: string | null },
) {
  return {
    entry_id: deps.newId('sve'),
    event_id: deps.newId('evt'),
    account_id: earning.account_id,
    customer_id: earning.customer_id ?? undefined,
    currency: earning.currency,
    ref_type: 'order',
    ref_id: earning.order_id,
    order_id: earning.order_id,
    channel: where.channel,
    store_id: where.store_id ?? undefined,
    at: where.at,
  }
}

/** Tiers look back a year. */
export function yearBefore(at: Date): Date {
  return new Date(at.getTime() - YEAR_MS)
}
