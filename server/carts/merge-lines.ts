// What becomes of two carts' lines when they become one. Pure. Lines are the same when a customer would call them so (article,
// hand-over, note, price by staff); a line that is on one side only is kept whatever the policy, because the worst a merge can
// do is to lose what somebody chose (vendure#3153, #4481).

import { type CartLine, MAX_LINES, MAX_QUANTITY } from './cart.ts'
import { keyOf } from './lines.ts'

export const MERGE_POLICIES = ['sum_capped', 'max', 'guest_wins', 'existing_wins', 'ask'] as const
export type MergePolicy = (typeof MERGE_POLICIES)[number]

export interface MergedLines {
  /** Lines of the cart that stays whose quantity is another now. */
  changed: CartLine[]
  /** Lines of the cart that stays that were one article on several lines, and are on another now. */
  dropped: string[]
  /** Lines that come over, with their own ids still; their places are after all others. */
  added: CartLine[]
}

/**
 * Merges the lines of `guest`, the cart that goes, into those of `existing`, the cart that stays. For what is on both sides:
 * `sum_capped` adds, up to the largest quantity of a line; `max` takes the larger; `guest_wins` and `existing_wins` take that
 * side's. Null when there would be more lines than a cart can have: then nothing must happen.
 */
export function mergeLines(
  existing: readonly CartLine[],
  guest: readonly CartLine[],
  policy: Exclude<MergePolicy, 'ask'>,
): MergedLines | null {
  const ours = byKey(existing)
  const theirs = byKey(guest)
  const merged: MergedLines = { changed: [], dropped: [], added: [] }
  for (const [key, lines] of theirs) {
    const same = ours.get(key)
    if (!same) {
      merged.added.push(...lines)
      continue
    }
    const [mine, other] = [sumOf(same), sumOf(lines)]
    const quantity = combined(policy, mine, other)
    if (quantity === mine) continue
    const [kept, ...rest] = same as [CartLine, ...CartLine[]]
    // What was shown of it was another quantity's price.
    merged.changed.push({ ...kept, quantity, seen_e4: null, seen_short: null, seen_promotions: null })
    merged.dropped.push(...rest.map(({ id }) => id))
  }
  merged.added.sort((a, b) => a.seq - b.seq)
  const count = existing.length - merged.dropped.length + merged.added.length
  return count > MAX_LINES ? null : merged
}

function combined(policy: Exclude<MergePolicy, 'ask'>, existing: bigint, guest: bigint): bigint {
  switch (policy) {
    case 'sum_capped':
      return least(existing + guest, MAX_QUANTITY)
    case 'max':
      return existing > guest ? existing : least(guest, MAX_QUANTITY)
    case 'guest_wins':
      return least(guest, MAX_QUANTITY)
    case 'existing_wins':
      return existing
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function byKey(lines: readonly CartLine[]): Map<string, CartLine[]> {
  const groups = new Map<string, CartLine[]>()
  for (const line of lines) {
    const key = keyOf(line)
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  return groups
}

function sumOf(lines: readonly CartLine[]): bigint {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0n)
}
