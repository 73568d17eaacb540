// The SQL of idempotency keys claimed by commands of other modules.

import type { Queryable } from '../db/pool.ts'
import type { Reply } from './payment.ts'

export interface Claim {
  merchantId: string
  key: string
  fingerprint: string
  objectId: string
  leaseUntil: Date
  now: Date
}

/** True when the key was free and is ours now. */
export async function claimKey(db: Queryable, claim: Claim): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into idempotency_key (merchant_id, key, fingerprint, payment_id, created_at, lease_until)
     values ($1, $2, $3, $4, $5, $6) on conflict (merchant_id, key) do nothing`,
    [claim.merchantId, claim.key, claim.fingerprint, claim.objectId, claim.now, claim.leaseUntil],
  )
  return rowCount === 1
}

/** Takes up a command whose lease is over: one of those who try, because the row is changed by one. */
export async function takeOverKey(db: Queryable, claim: Claim): Promise<boolean> {
  const { rowCount } = await db.query(
    `update idempotency_key set lease_until = $3
     where merchant_id = $1 and key = $2 and lease_until <= $4
       and not exists (select from idempotency_reply r where r.merchant_id = $1 and r.key = $2)`,
    [claim.merchantId, claim.key, claim.leaseUntil, claim.now],
  )
  return rowCount === 1
}

/** Frees a key whose command was refused before it did anything. */
export async function releaseKey(db: Queryable, claim: Claim): Promise<void> {
  await db.query('delete from idempotency_key where merchant_id = $1 and key = $2 and lease_until = $3', [
    claim.merchantId,
    claim.key,
    claim.leaseUntil,
  ])
}

/** Keeps the answer for ever. A second answer to the same key changes nothing. */
export async function storeReply(
  db: Queryable,
  answer: { merchantId: string; key: string; reply: Reply },
): Promise<void> {
  await db.query(
    `insert into idempotency_reply (merchant_id, key, status, body) values ($1, $2, $3, $4)
     on conflict (merchant_id, key) do nothing`,
    [answer.merchantId, answer.key, answer.reply.status, answer.reply.body],
  )
}
