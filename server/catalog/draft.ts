// What a change gathers until it is whole: prices, words and events are written once, at its end, in a fixed order, however
// many products it touched. The events come last, because they take the merchant's counter lock.

import type { Db, Tx } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantCache } from '../merchants/index.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import { type PriceInput, writePrices } from './price-store.ts'
import type { CatalogCache } from './sellable.ts'
import { type WordCounts, writeWordCounts } from './word-store.ts'

export interface CatalogDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  merchantCache: MerchantCache
  catalogCache: CatalogCache
}

/** A change under way in one transaction. */
export interface Draft {
  tx: Tx
  merchantId: string
  at: Date
  newId: NewId
  prices: PriceInput[]
  words: WordCounts
  events: Omit<NewEvent, 'id'>[]
  /** Variants whose kept copies are old after the commit. */
  touched: Set<string>
}

export function newDraft(deps: Pick<CatalogDeps, 'newId'>, tx: Tx, merchantId: string, at: Date): Draft {
  return { tx, merchantId, at, newId: deps.newId, prices: [], words: new Map(), events: [], touched: new Set() }
}

/** Adds what one part of a larger change has gathered. */
export function join(whole: Draft, part: Draft): void {
  whole.prices.push(...part.prices)
  for (const [word, by] of part.words) whole.words.set(word, (whole.words.get(word) ?? 0) + by)
  whole.events.push(...part.events)
  for (const id of part.touched) whole.touched.add(id)
}

/** Writes what was gathered. To be called last in the transaction. */
export async function finish(draft: Draft): Promise<void> {
  const { tx, merchantId, at, newId } = draft
  await writePrices(tx, merchantId, at, draft.prices)
  await writeWordCounts(tx, merchantId, draft.words)
  if (draft.events.length === 0) return
  await appendEvents(
    tx,
    merchantId,
    at,
    draft.events.map((event) => ({ id: newId('evt'), ...event })),
  )
}

const UNIQUE_VIOLATION = '23505'

/** Turns the database's word on a taken reference into ours. */
export function takenAt(pointer: string, detail: string) {
  return (error: { code?: string }): never => {
    throw error.code === UNIQUE_VIOLATION ? new Problem('reference-taken', { errors: [{ pointer, detail }] }) : error
  }
}
