// Finding articles as people type: a code or its beginning, words of the name, their beginnings, and words with a typing
// error. First the words are looked up in the merchant's dictionary, which is small; then the variants that have them, which
// a GIN index finds without walking names. No look-up grows with the catalogue.

import type { Queryable } from '../db/pool.ts'
import { hasCheckDigit } from './barcode.ts'
import {
  type Candidate,
  type Hit,
  lookUp,
  type Try,
  variantsByWords,
  variantsInOrder,
  type WordSet,
} from './search-store.ts'
import { editsBetween, formsOf, hashOf, skuKey, wordsOf } from './words.ts'

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
/** Words on more variants than this are looked for among one of 32 first, and on more than the second among one of 1,024. */
const TOO_COMMON = [6_400, 200_000] as const

/** Variants that fit best first: SKU or barcode, then beginnings of codes and names, then words, then words with errors. */
export async function search(db: Queryable, merchantId: string, query: SearchQuery): Promise<SearchHit[]> {
  const words = wordsOf([query.text]).slice(0, MAX_QUERY_WORDS)
  if (words.length === 0) {
    const rows = await variantsInOrder(db, merchantId, query)
    return rows.map((row) => ({ ...row, match: 'words' as const }))
  }
  const text = query.text.trim()
  const key = skuKey(text)
  const { codes, candidates } = await lookUp(
    db,
    merchantId,
    {
      sku: text,
      skuKey: key === null || key.length < MIN_CODE_LENGTH ? null : key,
      codes: codesFor(text),
      words,
      forms: words.map((word) => formsOf(word).map((form) => hashOf(merchantId, form))),
    },
    query,
  )
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
    const tries = triesFor(merchantId, wanted)
    const { limit, includesInactive } = query
    const hits =
      tries.length === 0
        ? []
        : await variantsByWords(db, merchantId, tries, { wanted: limit, limit: POOL, includesInactive })
    for (const hit of hits) weigh(found, hit, wanted)
  }
  return [...found.values()]
    .sort(compareRanked)
    .slice(0, query.limit)
    .map(({ hit, match }) => ({ variant_id: hit.variant_id, match }))
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
  if (a.hit.find_text.length !== b.hit.find_text.length) return a.hit.find_text.length - b.hit.find_text.length
  return a.hit.variant_id < b.hit.variant_id ? -1 : 1
}

function add(found: Map<string, Ranked>, hit: Hit, match: Match, score: number): void {
  const kept = found.get(hit.variant_id)
  const ranked = { hit, match, score }
  if (!kept || compareRanked(ranked, kept) < 0) found.set(hit.variant_id, ranked)
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

/**
 * What is looked for, in turn: variants that have every word as it is typed, those that have every word or what resembles it, and,
 * when there is none, those that have the rarest of them.
 */
function triesFor(merchantId: string, wanted: readonly Wanted[]): Try[] {
  // A word that nothing resembles says nothing, as long as another does.
  const said = wanted.filter(({ exact, prefixes, fuzzy }) => exact.length + prefixes.length + fuzzy.length > 0)
  if (said.length === 0) return []
  const [best, all] = (['best', 'all'] as const).map((width) =>
    said.map((one) => setOf(merchantId, one, width)).sort((a, b) => a.variants - b.variants),
  ) as [WordSet[], WordSet[]]
  const sizeOf = (sets: readonly WordSet[]) => sets.reduce((sum, { hashes }) => sum + hashes.length, 0)
  return [
    ...sampled(best, false),
    ...(sizeOf(all) > sizeOf(best) ? sampled(all, false) : []),
    ...(all.length > 1 ? sampled(all.slice(0, 1), true) : []),
  ]
}

/** A look among a sample first where even the rarest word is common: its list in the index is long, and few of it are wanted. */
function sampled(sets: readonly WordSet[], isLast: boolean): Try[] {
  const rarest = sets[0]?.variants ?? 0
  const sample = rarest > TOO_COMMON[1] ? 2 : rarest > TOO_COMMON[0] ? 1 : 0
  const whole: Try = { sets, sample: 0, isLast }
  if (sample === 0) return [whole]
  return [{ sets, sample, isLast }, sample === 2 ? { sets, sample: 1, isLast } : whole]
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

/** How well the words of a name fit what was typed. */
function weigh(found: Map<string, Ranked>, hit: Hit, wanted: readonly Wanted[]): void {
  if (found.has(hit.variant_id)) return
  const text = ` ${hit.find_text} `
  let score = 0
  let isWhole = true
  for (const { typed, fuzzy } of wanted) {
    if (text.includes(` ${typed} `)) score += EXACT
    else if (text.includes(` ${typed}`)) score += PREFIX
    else {
      isWhole = false
      const near = fuzzy.find(({ word }) => text.includes(` ${word} `))
      if (near) score += FUZZY / near.edits
    }
  }
  const isPrefix = isWhole && text.startsWith(wanted.reduce((typed, one) => `${typed} ${one.typed}`, ''))
  add(found, hit, isPrefix ? 'prefix' : isWhole ? 'words' : 'fuzzy', score)
}
