// The SQL of identity links.

import type { Queryable } from '../db/pool.ts'

export interface IdentityRow {
  id: string
  customer_id: string
  type: string
  value_hash: string
  hint: string
  source: string
  verified_at: Date | null
  created_at: Date
}

const COLUMNS = 'id, customer_id, type, value_hash, hint, source, verified_at, created_at'

/** Throws SQLSTATE 23505 when the value is verified and another person's. */
export async function insertIdentity(db: Queryable, merchantId: string, row: IdentityRow): Promise<void> {
  await db.query(
    `insert into customer_identity (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      merchantId,
      row.id,
      row.customer_id,
      row.type,
      row.value_hash,
      row.hint,
      row.source,
      row.verified_at,
      row.created_at,
    ],
  )
}

/** Throws SQLSTATE 23505 when the value is another person's. */
export async function verifyIdentity(db: Queryable, merchantId: string, row: IdentityRow): Promise<void> {
  await db.query(
    'update customer_identity set verified_at = $3, source = $4 where merchant_id = $1 and id = $2 and ended_at is null',
    [merchantId, row.id, row.verified_at, row.source],
  )
}

/** Links that count, of one person's profiles, oldest first. Served by customer_identity_by_customer. */
export async function listIdentities(db: Queryable, merchantId: string, customerIds: string[]): Promise<IdentityRow[]> {
  const { rows } = await db.query<IdentityRow>(
    `select ${COLUMNS} from customer_identity
     where customer_id = any ($2) and merchant_id = $1 and ended_at is null order by id`,
    [merchantId, customerIds],
  )
  return rows
}

export async function lockIdentity(
  db: Queryable,
  merchantId: string,
  of: { customerId: string; identityId: string },
): Promise<IdentityRow | null> {
  const { rows } = await db.query<IdentityRow>(
    `select ${COLUMNS} from customer_identity
     where merchant_id = $1 and id = $2 and customer_id = $3 and ended_at is null for update`,
    [merchantId, of.identityId, of.customerId],
  )
  return rows[0] ?? null
}

export async function endIdentity(db: Queryable, merchantId: string, end: { id: string; at: Date }): Promise<void> {
  await db.query('update customer_identity set ended_at = $3 where merchant_id = $1 and id = $2', [
    merchantId,
    end.id,
    end.at,
  ])
}

/** The profile a verified value is tied to. Served by customer_identity_verified. */
export async function findVerified(
  db: Queryable,
  merchantId: string,
  value: { type: string; hash: string },
): Promise<string | null> {
  const { rows } = await db.query<{ customer_id: string }>(
    `select customer_id from customer_identity
     where value_hash = $2 and type = $3 and merchant_id = $1 and verified_at is not null and ended_at is null`,
    [merchantId, value.hash, value.type],
  )
  return rows[0]?.customer_id ?? null
}

/** Whose some links are now: of those that are verified and have not ended, the profile by the link's id. */
export async function verifiedOwners(
  db: Queryable,
  merchantId: string,
  identityIds: string[],
): Promise<Map<string, string>> {
  if (identityIds.length === 0) return new Map()
  const { rows } = await db.query<{ id: string; customer_id: string }>(
    `select id, customer_id from customer_identity
     where merchant_id = $1 and id = any ($2) and verified_at is not null and ended_at is null order by id`,
    [merchantId, identityIds],
  )
  return new Map(rows.map(({ id, customer_id }) => [id, customer_id]))
}

/** Gives the links of one profile to another; answers which. */
export async function moveIdentities(
  db: Queryable,
  merchantId: string,
  move: { ids?: string[]; from: string; to: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update customer_identity set customer_id = $3
     where customer_id = $2 and merchant_id = $1 and ($4::text[] is null or id = any ($4)) returning id`,
    [merchantId, move.from, move.to, move.ids ?? null],
  )
  return rows.map(({ id }) => id)
}
