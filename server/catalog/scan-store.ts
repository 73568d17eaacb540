// The SQL of scanning. Each look-up is one walk down a unique index.

import type { Queryable, Tx } from '../db/pool.ts'
import type { BarcodeRule } from './embedded.ts'

/** The variant that carries one of these keys, the earlier ones first. */
export async function findByCodes(
  db: Queryable,
  merchantId: string,
  keys: readonly string[],
): Promise<{ variant_id: string; quantity: bigint } | null> {
  const { rows } = await db.query<{ variant_id: string; quantity: bigint }>(
    `select b.variant_id, b.quantity from unnest($2::text[]) with ordinality k (key, n)
    join variant_barcode b on b.merchant_id = $1 and b.key = k.key order by k.n limit 1`,
    [merchantId, keys],
  )
  return rows[0] ?? null
}

export async function findBySku(db: Queryable, merchantId: string, sku: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>('select id from variant where merchant_id = $1 and sku = $2', [
    merchantId,
    sku,
  ])
  return rows[0]?.id ?? null
}

const RULE = 'prefix, kind, item_digits, value_digits, decimals, has_inner_check'

/** A merchant's own rules, by prefix. */
export async function readBarcodeRules(db: Queryable, merchantId: string): Promise<BarcodeRule[]> {
  const { rows } = await db.query<BarcodeRule>(
    `select ${RULE} from barcode_rule where merchant_id = $1 order by prefix`,
    [merchantId],
  )
  return rows
}

/** Puts these rules in the place of a merchant's present ones. */
export async function replaceBarcodeRules(tx: Tx, merchantId: string, rules: readonly BarcodeRule[]): Promise<void> {
  await tx.query('delete from barcode_rule where merchant_id = $1', [merchantId])
  await tx.query(
    `insert into barcode_rule (merchant_id, ${RULE})
    select $1, r.prefix, r.kind, r.item_digits, r.value_digits, r.decimals, r.has_inner_check
    from json_to_recordset($2::json) r (prefix text, kind text, item_digits int, value_digits int, decimals int, has_inner_check boolean)`,
    [merchantId, JSON.stringify(rules)],
  )
}
