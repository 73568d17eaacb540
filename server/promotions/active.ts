// What a basket is tried with. Promotions without a code are asked for on every basket and change once a week: they are kept
// for a second, as the merchant's configuration is. Codes are looked up each time, since each is asked for rarely. What is
// kept never decides whether a promotion is used up: that is counted when the order is placed.

import type { Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { codeKey, type Promotion } from '../totals/index.ts'
import { forEngine } from './promotion.ts'
import { readAutomatic, readByCodes, usesOf } from './store.ts'

/** A change made by another process is seen within this. */
const MAX_AGE_MS = 1000
/** A list takes some kilobytes; this many stay well under the server's memory budget. */
const MAX_ENTRIES = 5000
/** More at once nobody could explain to a customer; the first by priority are taken. */
const MAX_AUTOMATIC = 500
/** Sales made without a network come late, and got what was offered then. */
const LATE_MS = 31 * 24 * 3_600_000
/** More codes than that on one basket are guesses. */
const MAX_CODES = 20

/** The kept lists. One per process, made by wiring. */
export interface PromotionCache {
  /** Promotions without a code, at most a second old. */
  automatic(merchantId: string): Promise<Promotion[]>
  /** Makes the next look read again, so that whoever changes a promotion sees the change. */
  forget(merchantId: string): void
}

interface Entry {
  readAt: number
  promotions: Promise<Promotion[]>
}

/** Makes the cache. Concurrent callers of one merchant share one read; a failed read is not kept. */
export function createPromotionCache(deps: { db: Queryable; clock: Pick<Clock, 'now'> }): PromotionCache {
  const entries = new Map<string, Entry>()
  return {
    automatic(merchantId) {
      const now = deps.clock.now().getTime()
      const kept = entries.get(merchantId)
      if (kept && now - kept.readAt < MAX_AGE_MS) return kept.promotions
      const wanted = { endedAfter: new Date(now - LATE_MS), limit: MAX_AUTOMATIC }
      // Age counts from before the read, so that the answer is never older than the bound.
      const entry: Entry = {
        readAt: now,
        promotions: readAutomatic(deps.db, merchantId, wanted).then((rows) => rows.map((row) => forEngine(row, []))),
      }
      entries.delete(merchantId)
      entries.set(merchantId, entry)
      // A Map keeps insertion order, and every refresh inserts anew: the first key is the one unused for longest.
      if (entries.size > MAX_ENTRIES) entries.delete(entries.keys().next().value as string)
      entry.promotions.catch(() => {
        if (entries.get(merchantId) === entry) entries.delete(merchantId)
      })
      return entry.promotions
    },
    forget(merchantId) {
      entries.delete(merchantId)
    },
  }
}

export interface ActiveDeps {
  db: Queryable
  promotionCache: PromotionCache
}

/**
 * The promotions to try on a basket at `at`: those without a code, at most a second old, and those that the codes open, read
 * now. Used-up ones are among them, marked, so that a customer is told why: used up by all, or by the person whose basket it is. Of
 * more than 20 codes only the first are looked up.
 */
export async function activePromotions(
  deps: ActiveDeps,
  merchantId: string,
  asked: { at: Date; codes: readonly string[]; customerId?: string | null },
): Promise<Promotion[]> {
  const automatic = await deps.promotionCache.automatic(merchantId)
  // Nobody asked for one of these by name, so nobody wants to be told that it has ended.
  const current = automatic.filter(({ ends_at }) => ends_at === null || ends_at > asked.at)
  const keys = [...new Set(asked.codes.map(codeKey))].slice(0, MAX_CODES)
  if (keys.length === 0) return withUses(deps, merchantId, current, asked.customerId)
  const { promotions, codes } = await readByCodes(deps.db, merchantId, keys)
  const opened = promotions.map((row) =>
    forEngine(
      row,
      codes.filter((code) => code.promotion_id === row.id),
    ),
  )
  return withUses(deps, merchantId, [...current, ...opened], asked.customerId)
}

/** Those of which a customer may have only so many are used up for whoever had them. */
async function withUses(
  deps: ActiveDeps,
  merchantId: string,
  promotions: Promotion[],
  customerId: string | null | undefined,
): Promise<Promotion[]> {
  const promotionIds = promotions.filter((each) => each.max_uses_per_customer !== null).map(({ id }) => id)
  if (!customerId || promotionIds.length === 0) return promotions
  const uses = await usesOf(deps.db, merchantId, { customerId, promotionIds })
  return promotions.map((promotion) => {
    const { id, max_uses_per_customer: most } = promotion
    return most !== null && (uses.get(id) ?? 0) >= most ? { ...promotion, is_exhausted: true } : promotion
  })
}
