// The SQL of searching. Every statement is bounded by its limits, whatever the size of the catalogue.

import type { Queryable } from '../db/pool.ts'
import { nameOf } from './views.ts'

export interface Hit {
  variant_id: string
  product_id: string
  name: string
  brand: string | null
}

interface HitAnswer extends Omit<Hit, 'name'> {
  product_name: string
  options: Record<string, string>
}

function hitOf<T extends HitAnswer>({ product_name, options, ...row }: T): Omit<T, 'product_name' | 'options'> & Hit {
  return { ...row, name: nameOf({ name: product_name }, options) }
}

const HIT = 'v.id as variant_id, v.product_id, p.name as product_name, v.options, p.brand'
const FROM_VARIANT = `from variant v join product p on p.merchant_id = v.merchant_id and p.id = v.product_id`
/** Sorts after every text that begins with the same characters: bytes are compared. */
const LAST = '\u{10ffff}'

/** A word of the dictionary that may be what was typed as word `n`. */
export interface Candidate {
  n: number
  word: string
  variants: number
}

/** Beginnings read per word, of which the commonest stay: one letter begins thousands. */
const PREFIXES_READ = 500
const WORDS_KEPT = 40

/** Words that are, begin with, or resemble the typed ones. Served by the dictionary's primary key and its index of forms. */
export async function findWords(
  db: Queryable,
  merchantId: string,
  words: readonly string[],
  forms: readonly (readonly bigint[])[],
): Promise<Candidate[]> {
  const { rows } = await db.query<Candidate>('select * from catalog_words($1, $2, $3, $4, $5)', [
    merchantId,
    words,
    forms.map((one) => `{${one.join(',')}}`),
    PREFIXES_READ,
    WORDS_KEPT,
  ])
  return rows
}

/** The words that stand for one typed word: a variant has one of them. */
export interface WordSet {
  hashes: bigint[]
  /** On how many variants they are, at most. */
  variants: number
}

/** Variants that have a word of every set, in no order. Served by variant_by_word. */
export async function variantsByWords(
  db: Queryable,
  merchantId: string,
  sets: readonly WordSet[],
  options: { limit: number; includesInactive: boolean },
): Promise<Hit[]> {
  const { rows } = await db.query<HitAnswer>(
    `with found as materialized (select id from catalog_by_words($1, $2, $3, $4) f (id))
    select ${HIT} from found f join variant v on v.merchant_id = $1 and v.id = f.id
    join product p on p.merchant_id = v.merchant_id and p.id = v.product_id`,
    [merchantId, sets.map(({ hashes }) => `{${hashes.join(',')}}`), options.includesInactive, options.limit],
  )
  return rows.map(hitOf)
}

/** Variants with a word that very many have: by the primary key, along which one is soon met. */
export async function variantsByCommonWord(
  db: Queryable,
  merchantId: string,
  set: WordSet,
  options: { limit: number; includesInactive: boolean },
): Promise<Hit[]> {
  const { rows } = await db.query<HitAnswer>(
    `select ${HIT} ${FROM_VARIANT}
    where v.merchant_id = $1 and (v.words && $2::bigint[]) is true and ($3 or v.is_shown) order by v.id limit $4`,
    [merchantId, set.hashes, options.includesInactive, options.limit],
  )
  return rows.map(hitOf)
}

/** Variants whose SKU or barcode is, or begins with, what was typed. */
export async function variantsByCode(
  db: Queryable,
  merchantId: string,
  wanted: { sku: string; skuKey: string; codes: readonly string[]; limit: number; includesInactive: boolean },
): Promise<(Hit & { is_exact: boolean })[]> {
  const { rows } = await db.query<HitAnswer & { is_exact: boolean }>(
    `with found as (
      select id, true as is_exact from variant where merchant_id = $1 and sku = $2
      union all
      (select id, sku_key = $3 from variant where merchant_id = $1 and sku_key >= $3 and sku_key < $4 order by sku_key, id limit $7)
      union all
      select b.variant_id, b.is_exact from unnest($5::text[], $6::text[]) c (key, upto)
      cross join lateral (
        select variant_id, key = c.key as is_exact from variant_barcode
        where merchant_id = $1 and key >= c.key and key < c.upto order by key limit $7) b
    )
    select ${HIT}, f.is_exact from (select id, bool_or(is_exact) as is_exact from found group by id) f
    join variant v on v.merchant_id = $1 and v.id = f.id
    join product p on p.merchant_id = v.merchant_id and p.id = v.product_id
    where $8 or v.is_shown`,
    [
      merchantId,
      wanted.sku,
      wanted.skuKey,
      wanted.skuKey + LAST,
      wanted.codes,
      wanted.codes.map((code) => code + LAST),
      wanted.limit,
      wanted.includesInactive,
    ],
  )
  return rows.map(hitOf)
}

/** The first variants, for a search for nothing. */
export async function variantsInOrder(
  db: Queryable,
  merchantId: string,
  options: { limit: number; includesInactive: boolean },
): Promise<Hit[]> {
  const { rows } = await db.query<HitAnswer>(
    `select ${HIT} ${FROM_VARIANT} where v.merchant_id = $1 and ($2 or v.is_shown) order by v.id limit $3`,
    [merchantId, options.includesInactive, options.limit],
  )
  return rows.map(hitOf)
}
