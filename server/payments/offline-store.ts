// What terminals may approve without the issuer, and what they have: the SQL of terminal_offline, besides the functions of migration 0055.

import type { Queryable } from '../db/pool.ts'

export interface OfflineSale {
  merchantId: string
  terminalId: string
  paymentId: string
  operationId: string
  amount: bigint
  currency: string
}

/** True when the caps leave room for the sale at its terminal; it counts from now on. Guarded by terminal_allow_offline. */
export async function takeOfflineLeave(
  db: Queryable,
  sale: OfflineSale,
  caps: { perSale: bigint; perDevice: bigint; maxAgeS: bigint },
  at: Date,
): Promise<boolean> {
  const { rows } = await db.query<{ is_allowed: boolean }>(
    'select terminal_allow_offline($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as is_allowed',
    [
      ...[sale.merchantId, sale.terminalId, sale.paymentId, sale.operationId, sale.amount, sale.currency],
      ...[caps.perSale, caps.perDevice, caps.maxAgeS, at],
    ],
  )
  return rows[0]?.is_allowed ?? false
}

/** The terminal has approved it by itself, whether it might or not. Written before the approval is booked, so that it always counts. */
export async function noteStored(
  db: Queryable,
  merchantId: string,
  { paymentId, operationId }: { paymentId: string; operationId: string },
  at: Date,
): Promise<void> {
  await db.query(
    `insert into terminal_offline (merchant_id, terminal_id, payment_id, operation_id, amount, currency, stored_at)
     select o.merchant_id, o.terminal_id, o.payment_id, o.id, o.amount, p.currency, $4
     from operation o join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
     where o.merchant_id = $1 and o.payment_id = $2 and o.id = $3 and o.terminal_id is not null
     on conflict (merchant_id, operation_id) do update set stored_at = coalesce(terminal_offline.stored_at, excluded.stored_at)`,
    [merchantId, paymentId, operationId, at],
  )
}

/** The host has taken it. From now on it is known by the host's reference, and counts no more. */
export async function noteKnown(
  db: Queryable,
  merchantId: string,
  { paymentId, operationId, reference }: { paymentId: string; operationId: string; reference: string },
  at: Date,
): Promise<void> {
  await db.query('select terminal_offline_known($1, $2, $3, $4, $5)', [
    merchantId,
    paymentId,
    operationId,
    reference === '' ? null : reference,
    at,
  ])
}

/** What a terminal has approved by itself and nobody has confirmed yet; null for nothing. */
export async function readStored(
  db: Queryable,
  merchantId: string,
  terminalId: string,
): Promise<{ count: number; amount: bigint; currency: string; oldest_at: Date } | null> {
  const { rows } = await db.query<{ count: number; amount: bigint; currency: string; oldest_at: Date }>(
    `select count(*)::int as count, sum(amount)::bigint as amount, min(currency) as currency, min(stored_at) as oldest_at
     from terminal_offline_open($1, $2) where stored_at is not null having count(*) > 0`,
    [merchantId, terminalId],
  )
  return rows[0] ?? null
}
