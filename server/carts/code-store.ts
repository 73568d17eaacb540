// The SQL of hand-over codes.

import type { Queryable, Tx } from '../db/pool.ts'

/** Writes a code in place of the cart's earlier one. False when another cart has it now. Served by cart_code_by_cart. */
export async function insertCode(
  tx: Tx,
  row: { merchantId: string; cartId: string; code: string; expiresAt: Date; at: Date },
): Promise<boolean> {
  await tx.query('delete from cart_code where cart_id = $1 and merchant_id = $2', [row.cartId, row.merchantId])
  const { rowCount } = await tx.query(
    `insert into cart_code as c (merchant_id, code, cart_id, expires_at) values ($1, $2, $3, $4)
     on conflict (merchant_id, code) do update set cart_id = excluded.cart_id, expires_at = excluded.expires_at
       where c.expires_at <= $5`,
    [row.merchantId, row.code, row.cartId, row.expiresAt, row.at],
  )
  return rowCount === 1
}

interface CodeInUse {
  merchantId: string
  code: string
  at: Date
}

/** The cart a code is for, without any lock: lock that cart next, and then use the code up. */
export async function cartOfCode(tx: Tx, { merchantId, code, at }: CodeInUse): Promise<string | null> {
  const { rows } = await tx.query<{ cart_id: string }>(
    'select cart_id from cart_code where merchant_id = $1 and code = $2 and expires_at > $3',
    [merchantId, code, at],
  )
  return rows[0]?.cart_id ?? null
}

/** Uses a code of a locked cart up. False when somebody did before, or another code has taken its place. */
export async function takeCode(tx: Tx, cartId: string, { merchantId, code, at }: CodeInUse): Promise<boolean> {
  const { rowCount } = await tx.query(
    'delete from cart_code where merchant_id = $1 and code = $2 and expires_at > $3 and cart_id = $4',
    [merchantId, code, at, cartId],
  )
  return rowCount === 1
}

/** Drops codes that nobody used in time, some of them. Served by cart_code_expiry. */
export async function deleteEndedCodes(db: Queryable, at: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from cart_code where (merchant_id, code) in (
       select merchant_id, code from cart_code where expires_at <= $1 order by expires_at limit $2 for update skip locked)`,
    [at, limit],
  )
  return rowCount ?? 0
}
