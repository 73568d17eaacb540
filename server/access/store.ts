// The SQL of API keys. A key is found by its hash (a unique index over all merchants, because the merchant is what the key
// tells us); everything else is found by merchant and id.

import type { Queryable } from '../db/pool.ts'
import type { KeyKind } from './scope.ts'

/** A key without its secret, of which only the hash exists. */
export interface ApiKey {
  id: string
  kind: KeyKind
  scopes: string[]
  name: string
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
}

const COLUMNS = 'id, kind, scopes, name, created_at, expires_at, revoked_at, last_used_at'

/** The key with this hash, whatever its state, and whose it is; null when there is none. */
export async function findByHash(db: Queryable, hash: Buffer): Promise<(ApiKey & { merchant_id: string }) | null> {
  const { rows } = await db.query<ApiKey & { merchant_id: string }>(
    `select merchant_id, ${COLUMNS} from api_key where secret_hash = $1`,
    [hash],
  )
  return rows[0] ?? null
}

export async function insertKey(
  db: Queryable,
  merchantId: string,
  key: Omit<ApiKey, 'revoked_at' | 'last_used_at'> & { hash: Buffer },
): Promise<void> {
  await db.query(
    `insert into api_key (merchant_id, id, kind, secret_hash, scopes, name, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [merchantId, key.id, key.kind, key.hash, key.scopes, key.name, key.created_at, key.expires_at],
  )
}

export async function readKey(db: Queryable, merchantId: string, id: string): Promise<ApiKey | null> {
  const { rows } = await db.query<ApiKey>(`select ${COLUMNS} from api_key where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Keys after `cursor` in order of id, one more than `limit`. */
export async function listKeys(
  db: Queryable,
  merchantId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<ApiKey[]> {
  const { rows } = await db.query<ApiKey>(
    `select ${COLUMNS} from api_key where merchant_id = $1 and id > $2 order by id limit $3`,
    [merchantId, page.cursor ?? '', page.limit + 1],
  )
  return rows
}

/**
 * Locks the merchant's secret keys that work at `at`, in order of id, and answers their ids. Two revocations at once wait
 * for each other here, so that they cannot each leave the other's key as the last.
 */
export async function lockWorkingSecretKeys(db: Queryable, merchantId: string, at: Date): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from api_key
    where merchant_id = $1 and kind = 'secret' and revoked_at is null and (expires_at is null or expires_at > $2)
    order by id for update`,
    [merchantId, at],
  )
  return rows.map((row) => row.id)
}

/** Ends a key for good. The first moment stays when it is done twice. */
export async function revokeKey(db: Queryable, merchantId: string, id: string, at: Date): Promise<void> {
  await db.query(`update api_key set revoked_at = $3 where merchant_id = $1 and id = $2 and revoked_at is null`, [
    merchantId,
    id,
    at,
  ])
}

/** Lets a key end at `at`, unless it ends earlier by itself. */
export async function expireKey(db: Queryable, merchantId: string, id: string, at: Date): Promise<void> {
  await db.query(
    `update api_key set expires_at = $3
    where merchant_id = $1 and id = $2 and (expires_at is null or expires_at > $3)`,
    [merchantId, id, at],
  )
}

/** Notes that the key was used, unless a note of the last minute is there (another process writes them too). */
export async function noteUse(db: Queryable, merchantId: string, id: string, at: Date): Promise<void> {
  await db.query(
    `update api_key set last_used_at = $3
    where merchant_id = $1 and id = $2 and (last_used_at is null or last_used_at < $3::timestamptz - interval '1 minute')`,
    [merchantId, id, at],
  )
}
