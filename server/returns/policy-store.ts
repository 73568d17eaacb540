// The SQL of return policies and of the limits for returns without a receipt.

import type { Queryable, Tx } from '../db/pool.ts'
import type { ReturnRules } from './policy.ts'

export async function readPolicy(
  db: Queryable,
  merchantId: string,
): Promise<{ rules: Partial<ReturnRules>; version: number } | null> {
  const { rows } = await db.query<{ rules: Partial<ReturnRules>; version: number }>(
    'select rules, version from return_policy where merchant_id = $1',
    [merchantId],
  )
  return rows[0] ?? null
}

/** The new version; null when `ifVersion` is not the present one (0: there is none yet). */
export async function writePolicy(
  tx: Tx,
  merchantId: string,
  policy: { rules: ReturnRules; ifVersion: number | undefined; at: Date },
): Promise<number | null> {
  const { rows } = await tx.query<{ version: number }>(
    `insert into return_policy as p (merchant_id, rules, version, updated_at) values ($1, $2, 1, $3)
     on conflict (merchant_id) do update set rules = excluded.rules, version = p.version + 1, updated_at = excluded.updated_at
       where $4::int is null or p.version = $4
     returning version`,
    [merchantId, JSON.stringify(policy.rules), policy.at, policy.ifVersion ?? null],
  )
  return rows[0]?.version ?? null
}

/**
 * Counts one return without a receipt against a limit. False when it would exceed it, and then nothing is counted. What was counted
 * for `others` in the period counts too, but goes no further: it is of profiles that were merged into this one.
 */
export async function countBlind(
  tx: Tx,
  merchantId: string,
  of: {
    subject: string
    others?: string[]
    period: string
    currency: string
    amount: bigint
    maxCount: number
    maxAmount: bigint | null
  },
): Promise<boolean> {
  if (of.maxCount < 1 || (of.maxAmount !== null && of.amount > of.maxAmount)) return false
  const { rowCount } = await tx.query(
    `with elsewhere as (
       select coalesce(sum(count), 0)::bigint as count, coalesce(sum(amount), 0)::bigint as amount from return_velocity
       where merchant_id = $1 and subject = any ($8) and period = $3 and currency = $4
     )
     insert into return_velocity as v (merchant_id, subject, period, currency, count, amount)
       select $1, $2, $3, $4, 1, $5::bigint from elsewhere e
       where e.count < $6::bigint and ($7::bigint is null or e.amount + $5::bigint <= $7)
     on conflict (merchant_id, subject, period, currency) do update set count = v.count + 1, amount = v.amount + excluded.amount
       where v.count + (select e.count from elsewhere e) < $6::bigint
         and ($7::bigint is null or v.amount + (select e.amount from elsewhere e) + excluded.amount <= $7)`,
    [merchantId, of.subject, of.period, of.currency, of.amount, of.maxCount, of.maxAmount, of.others ?? []],
  )
  return rowCount === 1
}
