// The SQL of searching. Every statement is bounded by its limits, whatever the size of the catalogue.

import type { Queryable } from '../db/pool.ts'

/** A variant with the words of its names, by which it is weighed. */
export interface Hit {
  variant_id: string
  find_text: string
}

/** A word of the dictionary that may be what was typed as word `n`. */
export interface Candidate {
  n: number
  word: string
  variants: number
}

/** Beginnings read per word, of which the commonest stay: one letter begins thousands. */
const PREFIXES_READ = 500
const WORDS_KEPT = 40

/** What was typed, as it may stand in the indexes. */
export interface Typed {
  sku: string
  /** Null when the text is too short to be the beginning of a code. */
  skuKey: string | null
  codes: readonly string[]
  words: readonly string[]
  forms: readonly (readonly bigint[])[]
}

interface Found extends Hit, Candidate {
  is_exact: boolean | null
}

/**
 * Variants whose SKU or barcode is, or begins with, what was typed, and words of the dictionary that are, begin with, or resemble
 * typed ones. Served by indexes that have the merchant first, and the dictionary's index of forms.
 */
export async function lookUp(
  db: Queryable,
  merchantId: string,
  typed: Typed,
  options: { limit: number; includesInactive: boolean },
): Promise<{ codes: (Hit & { is_exact: boolean })[]; candidates: Candidate[] }> {
  const { rows } = await db.query<Found>(
    `select variant_id, find_text, is_exact, null::int as n, null as word, null::int as variants
    from catalog_codes($1, $2, $3, $4, $5, $6)
    union all select null, null, null, n, word, variants from catalog_words($1, $7, $8, $9, $10)`,
    [
      merchantId,
      typed.sku,
      typed.skuKey,
      typed.codes,
      options.includesInactive,
      options.limit,
      typed.words,
      typed.forms.map((one) => `{${one.join(',')}}`),
      PREFIXES_READ,
      WORDS_KEPT,
    ],
  )
  return {
    codes: rows.flatMap(({ variant_id, find_text, is_exact }) =>
      is_exact === null ? [] : [{ variant_id, find_text, is_exact }],
    ),
    candidates: rows.filter(({ is_exact }) => is_exact === null),
  }
}

/** The words that stand for one typed word: a variant has one of them. */
export interface WordSet {
  hashes: bigint[]
  /** On how many variants they are, at most. */
  variants: number
}

/** One look for variants that have a word of every set. */
export interface Try {
  sets: readonly WordSet[]
  /** Among how many variants it looks: all, one of 32, one of 1,024. */
  sample: 0 | 1 | 2
  /** Made only when the tries before it found nothing. */
  isLast: boolean
}

/** What tries find, made in turn until one finds as many as wanted; in no order, some twice. Served by variant_by_word and its samples. */
export async function variantsByWords(
  db: Queryable,
  merchantId: string,
  tries: readonly Try[],
  options: { wanted: number; limit: number; includesInactive: boolean },
): Promise<Hit[]> {
  const { rows } = await db.query<Hit>('select * from catalog_by_words($1, $2, $3, $4, $5)', [
    merchantId,
    tries.map(
      ({ sets, sample, isLast }) =>
        (isLast ? '?' : '') + '*'.repeat(sample) + sets.map(({ hashes }) => `{${hashes.join(',')}}`).join(' '),
    ),
    options.includesInactive,
    options.wanted,
    options.limit,
  ])
  return rows
}

/** The first variants, for a search for nothing. */
export async function variantsInOrder(
  db: Queryable,
  merchantId: string,
  options: { limit: number; includesInactive: boolean },
): Promise<{ variant_id: string }[]> {
  const { rows } = await db.query<{ variant_id: string }>(
    `select v.id as variant_id from variant v where v.merchant_id = $1 and ($2 or v.is_shown) order by v.id limit $3`,
    [merchantId, options.includesInactive, options.limit],
  )
  return rows
}
