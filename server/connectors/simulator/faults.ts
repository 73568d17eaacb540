// What goes wrong, and when. Each fault is drawn for itself from (seed, operation id, fault name), so taking one command
// out of a failing run leaves the luck of all others as it was.

/** Every fault, in the order in which the first of a group wins. */
export const FAULT_NAMES = [
  'down',
  'account_down',
  'lost_before',
  'http5xx_before',
  'lost_after',
  'http5xx_after',
  'slow',
  'decline',
  'partial_approval',
  'duplicate_webhook',
  'late_webhook',
  'reordered_webhook',
  'wrong_amount_webhook',
  'reversed_later',
  'not_found_then_found',
] as const

export type FaultName = (typeof FAULT_NAMES)[number]

/** A plan of faults. Chances are 0..1 per operation; `next` strikes once, at the next operation of that kind. */
export interface FaultPlan {
  seed: number
  rates: Partial<Record<FaultName, number>>
  next?: { verb: string; fault: FaultName }[]
  /** Which results are told by webhook: 'later' (default) only what was not final in the answer, 'all' every one. */
  webhooks?: 'later' | 'all'
  /** How long a slow answer takes. Default 30 s. */
  slow_ms?: number
  /** How long the provider stays away after account_down. Default 30 s. */
  down_ms?: number
  /** How late a late webhook is, and how long a not_found lasts. Default 60 s. */
  late_ms?: number
  /** When pending charges settle and successes are taken back. Default 30 s. */
  settle_ms?: number
}

export const NO_FAULTS: FaultPlan = { seed: 0, rates: {} }

/** The faults that strike one operation; at most one of each group. */
export interface Struck {
  before?: 'down' | 'account_down' | 'lost_before' | 'http5xx_before'
  after?: 'lost_after' | 'http5xx_after' | 'slow'
  result?: 'decline' | 'partial_approval'
  webhook?: 'duplicate_webhook' | 'late_webhook' | 'reordered_webhook' | 'wrong_amount_webhook'
  reversed_later?: true
  not_found_then_found?: true
}

/** Draws the faults of one operation. `forced` (from a test card or a one-shot) strikes for certain. */
export function strike(plan: FaultPlan, operationId: string, forced: readonly FaultName[]): Struck {
  const struck: Struck = {}
  for (const name of FAULT_NAMES) {
    const rate = plan.rates[name] ?? 0
    if (!forced.includes(name) && (rate === 0 || chance(plan.seed, name, operationId) >= rate)) continue
    add(struck, name)
  }
  return struck
}

function add(struck: Struck, name: FaultName): void {
  switch (name) {
    case 'down':
    case 'account_down':
    case 'lost_before':
    case 'http5xx_before':
      struck.before ??= name
      return
    case 'lost_after':
    case 'http5xx_after':
    case 'slow':
      struck.after ??= name
      return
    case 'decline':
    case 'partial_approval':
      struck.result ??= name
      return
    case 'duplicate_webhook':
    case 'late_webhook':
    case 'reordered_webhook':
    case 'wrong_amount_webhook':
      struck.webhook ??= name
      return
    case 'reversed_later':
      struck.reversed_later = true
      return
    case 'not_found_then_found':
      // Only somebody who lost the answer asks, so the answer goes missing as well.
      struck.not_found_then_found = true
      struck.after ??= 'lost_after'
  }
}

/** A number in [0, 1) that depends on nothing but its arguments: FNV-1a, then murmur3's finish to spread neighbouring ids. */
export function chance(seed: number, name: string, operationId: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (const text of [name, operationId]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000
}
