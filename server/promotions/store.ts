// The SQL of promotions. Uses are counted by promotion_hold and promotion_settle (migration 0014).

import type { Queryable, Tx } from '../db/pool.ts'
import type { CodeRow, PromotionRow } from './promotion.ts'

const COLUMNS =
  'id, name, rule, conditions, priority, is_exclusive, stacks_with, currency, needs_code, starts_at, ends_at, max_uses, ' +
  'max_uses_per_customer, is_active, uses, code_count, version, created_at'
const CODE_COLUMNS = 'code, promotion_id, seq, max_uses, uses, created_at'

function valuesOf(row: PromotionRow): unknown[] {
  const { name, rule, conditions, priority, is_exclusive, stacks_with, currency, starts_at, ends_at } = row
  const { max_uses, max_uses_per_customer, is_active, version } = row
  const json = [JSON.stringify(rule), JSON.stringify(conditions)]
  const limits = [max_uses, max_uses_per_customer, is_active, version]
  return [row.id, name, ...json, priority, is_exclusive, stacks_with, currency, starts_at, ends_at, ...limits]
}

export async function insertPromotion(db: Queryable, merchantId: string, row: PromotionRow): Promise<void> {
  await db.query(
    `insert into promotion (merchant_id, id, name, rule, conditions, priority, is_exclusive, stacks_with, currency, starts_at,
       ends_at, max_uses, max_uses_per_customer, is_active, version, needs_code, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [merchantId, ...valuesOf(row), row.needs_code, row.created_at],
  )
}

/** Writes what its owner decides, and the version, of a locked row; the counters stay. */
export async function updatePromotion(db: Queryable, merchantId: string, row: PromotionRow): Promise<void> {
  await db.query(
    `update promotion set name = $3, rule = $4, conditions = $5, priority = $6, is_exclusive = $7, stacks_with = $8,
       currency = $9, starts_at = $10, ends_at = $11, max_uses = $12, max_uses_per_customer = $13, is_active = $14, version = $15
     where merchant_id = $1 and id = $2`,
    [merchantId, ...valuesOf(row)],
  )
}

export async function readPromotion(db: Queryable, merchantId: string, id: string): Promise<PromotionRow | null> {
  const { rows } = await db.query<PromotionRow>(`select ${COLUMNS} from promotion where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Reads the row and holds back other changes, and holds of it, until the transaction ends. */
export async function lockPromotion(tx: Tx, merchantId: string, id: string): Promise<PromotionRow | null> {
  const { rows } = await tx.query<PromotionRow>(
    `select ${COLUMNS} from promotion where merchant_id = $1 and id = $2 for no key update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Promotions after `cursor` in order of id, one more than `limit`. */
export async function listPromotions(
  db: Queryable,
  merchantId: string,
  wanted: { limit: number; cursor?: string | undefined },
): Promise<PromotionRow[]> {
  const { rows } = await db.query<PromotionRow>(
    `select ${COLUMNS} from promotion where merchant_id = $1 and id > $2 order by id limit $3`,
    [merchantId, wanted.cursor ?? '', wanted.limit + 1],
  )
  return rows
}

/** Those that need no code and had not ended at `endedAfter`, by priority. Served by promotion_automatic. */
export async function readAutomatic(
  db: Queryable,
  merchantId: string,
  wanted: { endedAfter: Date; limit: number },
): Promise<PromotionRow[]> {
  const { rows } = await db.query<PromotionRow>(
    `select ${COLUMNS} from promotion
     where merchant_id = $1 and is_active and not needs_code and (ends_at is null or ends_at > $2)
     order by priority, id limit $3`,
    [merchantId, wanted.endedAfter, wanted.limit],
  )
  return rows
}

/** Active promotions that one of the codes opens, and those codes. Served by both primary keys. */
export async function readByCodes(
  db: Queryable,
  merchantId: string,
  codes: readonly string[],
): Promise<{ promotions: PromotionRow[]; codes: CodeRow[] }> {
  const found = await db.query<CodeRow>(
    `select ${CODE_COLUMNS} from promotion_code where merchant_id = $1 and code = any ($2)`,
    [merchantId, codes],
  )
  if (found.rows.length === 0) return { promotions: [], codes: [] }
  const { rows } = await db.query<PromotionRow>(
    `select ${COLUMNS} from promotion where merchant_id = $1 and id = any ($2) and is_active and needs_code
     order by priority, id`,
    [merchantId, found.rows.map((code) => code.promotion_id)],
  )
  return { promotions: rows, codes: found.rows }
}

/**
 * Adds codes to a locked promotion, numbered on from its last. Answers those that were added; a code that is missing there is
 * taken already, by whichever promotion.
 */
export async function insertCodes(
  tx: Tx,
  merchantId: string,
  added: { promotion: PromotionRow; codes: readonly string[]; maxUses: bigint | null; at: Date },
): Promise<CodeRow[]> {
  const { promotion, codes, maxUses, at } = added
  const { rows } = await tx.query<CodeRow>(
    `insert into promotion_code (merchant_id, code, promotion_id, seq, max_uses, created_at)
     select $1, c.code, $2, $3 + c.place, $4, $5 from unnest($6::text[]) with ordinality c (code, place)
     on conflict (merchant_id, code) do nothing
     returning ${CODE_COLUMNS}`,
    [merchantId, promotion.id, promotion.code_count, maxUses, at, codes],
  )
  await tx.query('update promotion set code_count = code_count + $3 where merchant_id = $1 and id = $2', [
    merchantId,
    promotion.id,
    codes.length,
  ])
  return rows.sort((a, b) => Number(a.seq - b.seq))
}

/** Codes of a promotion after a sequence, one more than `limit`; or the one code that is asked for. */
export async function listCodes(
  db: Queryable,
  merchantId: string,
  wanted: { promotionId: string; after: bigint; code: string | null; limit: number },
): Promise<CodeRow[]> {
  const { rows } = await db.query<CodeRow>(
    `select ${CODE_COLUMNS} from promotion_code
     where merchant_id = $1 and promotion_id = $2 and seq > $3 and ($4::text is null or code = $4) order by seq limit $5`,
    [merchantId, wanted.promotionId, wanted.after, wanted.code, wanted.limit + 1],
  )
  return rows
}

/** How often a person has used some promotions, under all profiles that are one. Served by promotion_use_by_customer. */
export async function usesOf(
  db: Queryable,
  merchantId: string,
  of: { customerId: string; promotionIds: readonly string[] },
): Promise<Map<string, number>> {
  const { rows } = await db.query<{ promotion_id: string; uses: number }>(
    `select promotion_id, count(*)::int as uses from promotion_use
     where merchant_id = $1 and customer_id = any (customer_person($1, customer_now($1, $2))) and promotion_id = any ($3)
       and state <> 'released'
     group by promotion_id`,
    [merchantId, of.customerId, of.promotionIds],
  )
  return new Map(rows.map(({ promotion_id, uses }) => [promotion_id, uses]))
}

/** Why an order cannot have its promotions. */
export interface HoldRefusal {
  order_id: string
  promotion_id: string
  reason: 'exhausted' | 'per_customer' | 'code_used'
}

/** Calls promotion_hold. Rows as JSON: order_id, promotion_id, code, customer_id, amount, at. */
export async function holdRows(tx: Tx, merchantId: string, rows: readonly object[]): Promise<HoldRefusal[]> {
  const answer = await tx.query<HoldRefusal & Record<string, unknown>>('select * from promotion_hold($1, $2)', [
    merchantId,
    JSON.stringify(rows),
  ])
  return answer.rows
}

/** Calls promotion_settle; answers how many uses changed. */
export async function settleRows(
  tx: Tx,
  merchantId: string,
  settled: { orderIds: readonly string[]; state: 'used' | 'released'; at: Date },
): Promise<bigint> {
  const { rows } = await tx.query<{ changed: bigint }>('select promotion_settle($1, $2, $3, $4) as changed', [
    merchantId,
    settled.orderIds,
    settled.state,
    settled.at,
  ])
  return rows[0]?.changed ?? 0n
}

/**
 * Moves the uses of one customer to another, or of them those named; answers what was moved, as `order promotion`. Uses that were
 * given back stay where they are: they count nowhere. Served by promotion_use_by_customer.
 */
export async function moveUses(
  tx: Tx,
  merchantId: string,
  move: { ids?: string[]; from: string; to: string },
): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `update promotion_use set customer_id = $3
     where merchant_id = $1 and customer_id = $2 and state <> 'released'
       and ($4::text[] is null or order_id || ' ' || promotion_id = any ($4))
     returning order_id || ' ' || promotion_id as id`,
    [merchantId, move.from, move.to, move.ids ?? null],
  )
  return rows.map(({ id }) => id)
}
