// Finding articles as people type: a code or its beginning, words of the name, their beginnings, and words with a typing
// error. First the words are looked up in the merchant's dictionary, which is small; then the variants that have them, which
// a GIN index finds without walking names. No look-up grows with the catalogue.

import type { Queryable } from '../db/pool.ts'
import { hasCheckDigit } from './barcode.ts'
import {
  type Candidate,
  findWords,
  type Hit,
  variantsByCode,
  variantsByCommonWord,
  variantsByWords,
  variantsInOrder,
  type WordSet,
} from './search-store.ts'
import { editsBetween, foldText, formsOf, hashOf, skuKey, wordsOf } from './words.ts'

export interface SearchQuery {
  text: string
  limit: number
  /** Also what is not for sale. */
  includesInactive: boolean
}

export const MATCHES = ['code', 'prefix', 'words', 'fuzzy'] as const
export type Match = (typeof MATCHES)[number]

export interface SearchHit {
  variant_id: string
  product_id: string
  match: Match
}

/** More words than this do not make the answer better. */
const MAX_QUERY_WORDS = 8
/** Two letters typed could be anything. */
const MIN_CODE_LENGTH = 2
/** One edit in a short word, two in a long one. */
const LONG_WORD = 8
/** Variants weighed against each other, per step. */
const POOL = 100
/** A word on more variants than this is met soon by walking along them, while its list in the index is long. */
const TOO_COMMON = 20_000

/** Variants that fit best first: SKU or barcode, then beginnings of codes and names, then words, then words with errors. */
export async function search(db: Queryable, merchantId: string, query: SearchQuery): Promise<SearchHit[]> {
  const words = wordsOf([query.text]).slice(0, MAX_QUERY_WORDS)
  if (words.length === 0) {
    const rows = await variantsInOrder(db, merchantId, query)
    return rows.map((row) => ({ ...row, match: 'words' as const }))
  }
  const [codes, candidates] = await Promise.all([
    byCode(db, merchantId, query),
    findWords(
      db,
      merchantId,
      words,
      words.map((word) => formsOf(word).map((form) => hashOf(merchantId, form))),
    ),
  ])
  const found = new Map<string, Ranked>()
  for (const { is_exact, ...hit } of codes) add(found, hit, is_exact ? 'code' : 'prefix', 0)
  const isCode = codes.some(({ is_exact }) => is_exact)
  if (!isCode && found.size < query.limit) {
    const wanted = words.map((word, n) =>
      candidatesFor(
        word,
        candidates.filter((one) => one.n === n),
      ),
    )
    // What is typed as it is written comes before what merely resembles it, so it is looked for first.
    for (const width of ['best', 'all'] as const) {
      for (const hit of await byWords(db, merchantId, query, wanted, width)) weigh(found, hit, query.text, wanted)
      if (found.size >= query.limit) break
    }
  }
  return [...found.values()]
    .sort(compareRanked)
    .slice(0, query.limit)
    .map(({ hit, match }) => ({ variant_id: hit.variant_id, product_id: hit.product_id, match }))
}

interface Ranked {
  hit: Hit
  match: Match
  score: number
}

function compareRanked(a: Ranked, b: Ranked): number {
  const byMatch = MATCHES.indexOf(a.match) - MATCHES.indexOf(b.match)
  if (byMatch !== 0) return byMatch
  if (a.score !== b.score) return b.score - a.score
  if (a.hit.name.length !== b.hit.name.length) return a.hit.name.length - b.hit.name.length
  return a.hit.variant_id < b.hit.variant_id ? -1 : 1
}

function add(found: Map<string, Ranked>, hit: Hit, match: Match, score: number): void {
  const kept = found.get(hit.variant_id)
  const ranked = { hit, match, score }
  if (!kept || compareRanked(ranked, kept) < 0) found.set(hit.variant_id, ranked)
}

async function byCode(db: Queryable, merchantId: string, query: SearchQuery) {
  const text = query.text.trim()
  const key = skuKey(text)
  if (key === null || key.length < MIN_CODE_LENGTH) return []
  return variantsByCode(db, merchantId, {
    sku: text,
    skuKey: key,
    codes: codesFor(text),
    limit: query.limit,
    includesInactive: query.includesInactive,
  })
}

/** How the beginning of a code may stand in the index: GTINs are kept with 14 digits. */
function codesFor(text: string): string[] {
  if (!/^\d{4,14}$/.test(text)) return [text]
  const padded = ['', '0', '00', '000000'].map((zeros) => zeros + text).filter((code) => code.length <= 14)
  return hasCheckDigit(text) ? [...new Set([text.padStart(14, '0'), ...padded])] : padded
}

/** The dictionary's words for one typed word. */
interface Wanted {
  typed: string
  exact: Candidate[]
  prefixes: Candidate[]
  fuzzy: (Candidate & { edits: number })[]
}

function candidatesFor(typed: string, candidates: readonly Candidate[]): Wanted {
  const exact = candidates.filter(({ word }) => word === typed)
  const prefixes = candidates.filter(({ word }) => word !== typed && word.startsWith(typed))
  const limit = typed.length >= LONG_WORD ? 2 : 1
  const near =
    exact.length > 0
      ? []
      : candidates
          .filter(({ word }) => !word.startsWith(typed))
          .map((one) => ({ ...one, edits: editsBetween(typed, one.word, limit) }))
          .filter(({ edits }) => edits <= limit)
  const least = Math.min(...near.map(({ edits }) => edits))
  return { typed, exact, prefixes, fuzzy: near.filter(({ edits }) => edits === least) }
}

/** The variants that have every typed word; when there is none, those that have the rarest of them. */
async function byWords(
  db: Queryable,
  merchantId: string,
  query: SearchQuery,
  wanted: readonly Wanted[],
  width: 'best' | 'all',
): Promise<Hit[]> {
  // A word that nothing resembles says nothing, as long as another does.
  const sets = wanted.map((one) => setOf(merchantId, one, width)).filter(({ hashes }) => hashes.length > 0)
  if (sets.length === 0) return []
  const byRarity = sets.sort((a, b) => a.variants - b.variants)
  const limit = { limit: POOL, includesInactive: query.includesInactive }
  const [rarest] = byRarity
  if (rarest && byRarity.length === 1 && rarest.variants > TOO_COMMON)
    return variantsByCommonWord(db, merchantId, rarest, limit)
  const all = await variantsByWords(db, merchantId, byRarity, limit)
  if (all.length > 0 || byRarity.length === 1 || width === 'best') return all
  return variantsByWords(db, merchantId, byRarity.slice(0, 1), limit)
}

function setOf(merchantId: string, { exact, prefixes, fuzzy }: Wanted, width: 'best' | 'all'): WordSet {
  const best = exact.length > 0 ? exact : prefixes.length > 0 ? prefixes : fuzzy
  const chosen = width === 'best' ? best : [...exact, ...prefixes, ...fuzzy]
  const variants = chosen.reduce((sum, one) => sum + one.variants, 0)
  return { hashes: chosen.map(({ word }) => hashOf(merchantId, word)), variants }
}

const EXACT = 4
const PREFIX = 3
const FUZZY = 1

/** How well a name fits what was typed. */
function weigh(found: Map<string, Ranked>, hit: Hit, text: string, wanted: readonly Wanted[]): void {
  const name = foldText(hit.name)
  const has = new Set(wordsOf([hit.name, hit.brand ?? '']))
  let score = 0
  let isWhole = true
  for (const { typed, prefixes, fuzzy } of wanted) {
    if (has.has(typed)) score += EXACT
    else if (prefixes.some(({ word }) => has.has(word))) score += PREFIX
    else {
      isWhole = false
      const near = fuzzy.find(({ word }) => has.has(word))
      if (near) score += FUZZY / near.edits
    }
  }
  const match = isWhole ? (name.startsWith(foldText(text.trim())) ? 'prefix' : 'words') : 'fuzzy'
  add(found, hit, match, score)
}
