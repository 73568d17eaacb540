// The SQL of consents. Append-only: the last word on a purpose counts, the words before it are the proof.

import type { Queryable } from '../db/pool.ts'

export interface ConsentRow {
  id: string
  customer_id: string
  purpose: string
  is_granted: boolean
  channel: string
  proof: string | null
  said_at: Date
}

export async function insertConsent(db: Queryable, merchantId: string, row: ConsentRow): Promise<void> {
  await db.query(
    `insert into customer_consent (merchant_id, customer_id, id, purpose, is_granted, channel, proof, said_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [merchantId, row.customer_id, row.id, row.purpose, row.is_granted, row.channel, row.proof, row.said_at],
  )
}

/** The last word of a person on each purpose they spoke of. */
export async function lastWords(db: Queryable, merchantId: string, customerIds: string[]): Promise<ConsentRow[]> {
  const { rows } = await db.query<ConsentRow>(
    `select distinct on (purpose) id, customer_id, purpose, is_granted, channel, proof, said_at from customer_consent
     where merchant_id = $1 and customer_id = any ($2) order by purpose, said_at desc, id desc`,
    [merchantId, customerIds],
  )
  return rows
}

/** Everything a person said, newest first. */
export async function allWords(db: Queryable, merchantId: string, customerIds: string[]): Promise<ConsentRow[]> {
  const { rows } = await db.query<ConsentRow>(
    `select id, customer_id, purpose, is_granted, channel, proof, said_at from customer_consent
     where merchant_id = $1 and customer_id = any ($2) order by said_at desc, id desc limit 500`,
    [merchantId, customerIds],
  )
  return rows
}

/** True when the person's last word on the purpose is yes. Silence is no. */
export async function isGranted(
  db: Queryable,
  merchantId: string,
  customerIds: string[],
  purpose: string,
): Promise<boolean> {
  return (await lastWords(db, merchantId, customerIds)).some((word) => word.purpose === purpose && word.is_granted)
}
