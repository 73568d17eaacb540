// The SQL of prices, their lists and their history.

import { scopedKey } from '../db/load-many.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import type { PriceChange, PriceList, PriceRow } from './pricing.ts'
import { priceFrom } from './store.ts'

/** A price to write; null takes it away. */
export interface PriceInput {
  variant_id: string
  price_list_id: string
  currency: string
  min_qty: bigint
  unit_price_e4: bigint | null
  tax_included: boolean
}

/**
 * Writes prices and takes prices away, and records those that really changed. Answers them. Locks the price rows in the order
 * of their key. No row may be given twice.
 */
export async function writePrices(
  tx: Tx,
  merchantId: string,
  at: Date,
  prices: readonly PriceInput[],
): Promise<PriceInput[]> {
  if (prices.length === 0) return []
  const columns = [
    merchantId,
    prices.map((price) => price.variant_id),
    prices.map((price) => price.price_list_id),
    prices.map((price) => price.currency),
    prices.map((price) => price.min_qty),
    prices.map((price) => price.unit_price_e4),
    prices.map((price) => price.tax_included),
  ]
  const { rows } = await tx.query<PriceInput>(
    `with given as (
      select * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[])
        g (variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included)
    ), removed as (
      delete from price p using given g
      where p.merchant_id = $1 and p.variant_id = g.variant_id and p.price_list_id = g.price_list_id and p.currency = g.currency
        and p.min_qty = g.min_qty and g.unit_price_e4 is null
      returning p.variant_id, p.price_list_id, p.currency, p.min_qty, null::bigint as unit_price_e4, p.tax_included
    ), written as (
      insert into price as p (merchant_id, variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included)
      select $1, g.variant_id, g.price_list_id, g.currency, g.min_qty, g.unit_price_e4, g.tax_included
      from given g where g.unit_price_e4 is not null
      order by g.variant_id, g.price_list_id, g.currency, g.min_qty
      on conflict (merchant_id, variant_id, price_list_id, currency, min_qty) do update
        set unit_price_e4 = excluded.unit_price_e4, tax_included = excluded.tax_included
        where p.unit_price_e4 <> excluded.unit_price_e4 or p.tax_included <> excluded.tax_included
      returning p.variant_id, p.price_list_id, p.currency, p.min_qty, p.unit_price_e4, p.tax_included
    )
    select * from removed union all select * from written`,
    columns,
  )
  if (rows.length === 0) return rows
  // A statement of its own, which sees what a change that was waited for has recorded; no two changes have one time.
  await tx.query(
    `insert into price_history (merchant_id, variant_id, currency, at, price_list_id, min_qty, unit_price_e4, tax_included)
    select $1, g.variant_id, g.currency, greatest($8::timestamptz, (
        select max(h.at) + interval '1 millisecond' from price_history h
        where h.merchant_id = $1 and h.variant_id = g.variant_id and h.currency = g.currency
          and h.price_list_id = g.price_list_id and h.min_qty = g.min_qty)),
      g.price_list_id, g.min_qty, g.unit_price_e4, g.tax_included
    from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[])
      g (variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included)`,
    [
      merchantId,
      rows.map((price) => price.variant_id),
      rows.map((price) => price.price_list_id),
      rows.map((price) => price.currency),
      rows.map((price) => price.min_qty),
      rows.map((price) => price.unit_price_e4),
      rows.map((price) => price.tax_included),
      at,
    ],
  )
  return rows
}

/** The base prices of variants, with their variant. */
export async function basePrices(tx: Queryable, merchantId: string, variantId: string): Promise<PriceRow[]> {
  const { rows } = await tx.query<PriceRow>(
    `select price_list_id, currency, min_qty, unit_price_e4, tax_included from price
    where merchant_id = $1 and variant_id = $2 and price_list_id = '' order by currency, min_qty`,
    [merchantId, variantId],
  )
  return rows
}

/** All that prices of one variant are decided from. */
export interface PriceFacts {
  prices: PriceRow[]
  changes: (PriceChange & { currency: string })[]
}

/** Changes looked at per variant: more than a year of weekly campaigns in several currencies. The oldest are left out. */
const MAX_CHANGES = 400

export interface FactsAnswer {
  prices: { price_list_id: string; currency: string; min_qty: string; unit_price_e4: string; tax_included: boolean }[]
  changes: {
    currency: string
    price_list_id: string
    min_qty: string
    unit_price_e4: string | null
    tax_included: boolean
    at: string
  }[]
}

/** Prices and history of the variant that the expressions name, $1 being the merchant unless told; each is a walk along a primary key. */
export const factColumns = (id: string, merchant = '$1') =>
  `(select coalesce(json_agg(json_build_object('price_list_id', p.price_list_id, 'currency', p.currency, 'min_qty', p.min_qty::text,
      'unit_price_e4', p.unit_price_e4::text, 'tax_included', p.tax_included) order by p.price_list_id, p.currency, p.min_qty), '[]')
    from price p where p.merchant_id = ${merchant} and p.variant_id = ${id}) as prices,
  (select coalesce(json_agg(json_build_object('currency', h.currency, 'price_list_id', h.price_list_id, 'min_qty', h.min_qty::text,
      'unit_price_e4', h.unit_price_e4::text, 'tax_included', h.tax_included, 'at', h.at)), '[]')
    from (select * from price_history x where x.merchant_id = ${merchant} and x.variant_id = ${id} order by x.at desc limit ${MAX_CHANGES}) h
  ) as changes`

/** Prices and history of many variants in one statement. */
export async function readPriceFacts(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, PriceFacts>> {
  const { rows } = await db.query<FactsAnswer & { merchant_id: string; variant_id: string }>(
    `select i.merchant_id, i.id as variant_id, ${factColumns('i.id', 'i.merchant_id')}
     from unnest($1::text[], $2::text[]) i (merchant_id, id)`,
    [merchantIds, ids],
  )
  return new Map(rows.map((row) => [scopedKey(row.merchant_id, row.variant_id), factsFrom(row)]))
}

/** What `factColumns` reads, as numbers and times. */
export function factsFrom(row: FactsAnswer): PriceFacts {
  const prices = row.prices.map(priceFrom)
  const changes = row.changes.map((change) => ({
    ...change,
    min_qty: BigInt(change.min_qty),
    unit_price_e4: change.unit_price_e4 === null ? null : BigInt(change.unit_price_e4),
    at: new Date(change.at),
  }))
  if (changes.length < MAX_CHANGES) return { prices, changes }
  // A price whose last change was left out has held through all that was read.
  const keyOf = (one: Pick<PriceRow, 'price_list_id' | 'currency' | 'min_qty'>) =>
    `${one.price_list_id}/${one.currency}/${one.min_qty}`
  const changed = new Set(changes.map(keyOf))
  const steady = prices.filter((price) => !changed.has(keyOf(price)))
  return { prices, changes: [...changes, ...steady.map((price) => ({ ...price, at: new Date(0) }))] }
}

// ---- Lists ---------------------------------------------------------------------------------------------------------

export interface StoredPriceList extends PriceList {
  name: string
  version: number
  created_at: Date
}

const LIST =
  'id, name, currency, tax_included, channel, store_id, customer_group, valid_from, valid_to, priority, lowest_wins, version, created_at'

/** More lists than this would have to be weighed at every sale. */
export const MAX_LISTS = 500

/** Adds a list; false when the merchant has as many as may be. */
export async function insertPriceList(tx: Tx, merchantId: string, list: StoredPriceList): Promise<boolean> {
  const { rowCount } = await tx.query(
    `insert into price_list (merchant_id, ${LIST}) select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
    where (select count(*) from price_list where merchant_id = $1) < ${MAX_LISTS}`,
    [
      merchantId,
      list.id,
      list.name,
      list.currency,
      list.tax_included,
      list.channel,
      list.store_id,
      list.customer_group,
      list.valid_from,
      list.valid_to,
      list.priority,
      list.lowest_wins,
      list.version,
      list.created_at,
    ],
  )
  return rowCount === 1
}

export async function updatePriceList(tx: Tx, merchantId: string, list: StoredPriceList): Promise<void> {
  await tx.query(
    `update price_list set name = $3, channel = $4, store_id = $5, customer_group = $6, valid_from = $7, valid_to = $8,
      priority = $9, lowest_wins = $10, version = $11
    where merchant_id = $1 and id = $2`,
    [
      merchantId,
      list.id,
      list.name,
      list.channel,
      list.store_id,
      list.customer_group,
      list.valid_from,
      list.valid_to,
      list.priority,
      list.lowest_wins,
      list.version,
    ],
  )
}

export async function lockPriceList(tx: Tx, merchantId: string, id: string): Promise<StoredPriceList | null> {
  const { rows } = await tx.query<StoredPriceList>(
    `select ${LIST} from price_list where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

export async function readPriceList(db: Queryable, merchantId: string, id: string): Promise<StoredPriceList | null> {
  const { rows } = await db.query<StoredPriceList>(
    `select ${LIST} from price_list where merchant_id = $1 and id = $2`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Every list of a merchant, at most MAX_LISTS. */
export async function allPriceLists(db: Queryable, merchantId: string): Promise<StoredPriceList[]> {
  const { rows } = await db.query<StoredPriceList>(
    `select ${LIST} from price_list where merchant_id = $1 order by id`,
    [merchantId],
  )
  return rows
}

export async function listPriceLists(
  db: Queryable,
  merchantId: string,
  wanted: { limit: number; cursor?: string | undefined },
) {
  const { rows } = await db.query<StoredPriceList>(
    `select ${LIST} from price_list where merchant_id = $1 and id > $2 order by id limit $3`,
    [merchantId, wanted.cursor ?? '', wanted.limit + 1],
  )
  return rows
}

/** The prices of a list, variant by variant, after a variant. Served by price_by_list. */
export async function pricesOfList(
  db: Queryable,
  merchantId: string,
  wanted: { listId: string; after: string; limit: number },
): Promise<(PriceRow & { variant_id: string })[]> {
  // Whole variants, so that a page never ends between two quantities of one.
  const { rows } = await db.query<PriceRow & { variant_id: string }>(
    `select variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included from price
    where price_list_id = $2 and merchant_id = $1 and variant_id in (
      select distinct variant_id from price where price_list_id = $2 and merchant_id = $1 and variant_id > $3
      order by variant_id limit $4)
    order by variant_id, min_qty`,
    [merchantId, wanted.listId, wanted.after, wanted.limit],
  )
  return rows
}

/** Which of these variants the merchant has. */
export async function existingVariants(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>('select id from variant where merchant_id = $1 and id = any ($2)', [
    merchantId,
    ids,
  ])
  return new Set(rows.map(({ id }) => id))
}

/** A variant's history of one currency, newest first. */
export async function listHistory(
  db: Queryable,
  merchantId: string,
  wanted: { variantId: string; currency: string | null; limit: number },
) {
  const { rows } = await db.query<PriceChange & { currency: string }>(
    `select currency, at, price_list_id, min_qty, unit_price_e4, tax_included from price_history
    where merchant_id = $1 and variant_id = $2 and ($3::text is null or currency = $3) order by at desc, price_list_id, min_qty limit $4`,
    [merchantId, wanted.variantId, wanted.currency, wanted.limit],
  )
  return rows
}
