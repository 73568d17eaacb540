// The SQL of what order lines earned, and of points over all customers.

import type { Queryable, Tx } from '../db/pool.ts'
import type { EntryRow } from './store.ts'

export interface EarningRow {
  merchant_id: string
  order_id: string
  line_id: string
  account_id: string
  /** Whose order it was, by the profile it names. */
  customer_id: string | null
  quantity: bigint
  base: bigint
  points: bigint
  value: bigint
  currency: string
  returned: bigint
  cancelled: bigint
  /** Null while it is not known how long its goods can be returned. */
  confirm_at: Date | null
  confirmed_at: Date | null
}

const COLUMNS =
  'merchant_id, order_id, line_id, account_id, customer_id, quantity, base, points, value, currency, returned, cancelled, confirm_at, confirmed_at'

export type NewEarning = Omit<EarningRow, 'merchant_id' | 'returned' | 'cancelled' | 'confirmed_at'>

/** Writes a line's earning unless it is there. */
export async function insertEarning(tx: Tx, merchantId: string, earning: NewEarning): Promise<boolean> {
  const { order_id, line_id, account_id, customer_id, quantity, base, points, value, currency, confirm_at } = earning
  const { rowCount } = await tx.query(
    `insert into loyalty_earning (merchant_id, order_id, line_id, account_id, customer_id, quantity, base, points, value, currency, confirm_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing`,
    [merchantId, order_id, line_id, account_id, customer_id, quantity, base, points, value, currency, confirm_at],
  )
  return rowCount === 1
}

/** An order's earnings by line, locked. */
export async function lockEarnings(tx: Tx, merchantId: string, orderId: string): Promise<EarningRow[]> {
  const { rows } = await tx.query<EarningRow>(
    `select ${COLUMNS} from loyalty_earning where merchant_id = $1 and order_id = $2 order by line_id for update`,
    [merchantId, orderId],
  )
  return rows
}

export async function setUnitsGone(
  tx: Tx,
  merchantId: string,
  line: { orderId: string; lineId: string; returned: bigint; cancelled: bigint },
): Promise<void> {
  await tx.query(
    'update loyalty_earning set returned = $4, cancelled = $5 where merchant_id = $1 and order_id = $2 and line_id = $3',
    [merchantId, line.orderId, line.lineId, line.returned, line.cancelled],
  )
}

/** Lets an order's points wait until `until`, or until that is known, unless they are confirmed. */
export async function setConfirmAt(tx: Tx, merchantId: string, orderId: string, until: Date | null): Promise<void> {
  await tx.query(
    `update loyalty_earning set confirm_at = $3
     where merchant_id = $1 and order_id = $2 and confirmed_at is null and confirm_at is distinct from $3`,
    [merchantId, orderId, until],
  )
}

/** Merchants with points that are due to be confirmed. Served by loyalty_earning_due. */
export async function merchantsWithDuePoints(db: Queryable, now: Date, limit: number): Promise<string[]> {
  const { rows } = await db.query<{ merchant_id: string }>(
    `select distinct merchant_id from (
      select merchant_id from loyalty_earning where confirmed_at is null and confirm_at <= $1 order by confirm_at limit $2) d
    order by merchant_id`,
    [now, limit],
  )
  return rows.map((row) => row.merchant_id)
}

/** Due earnings of a merchant, locked; what others hold is left to them. */
export async function lockDueEarnings(tx: Tx, merchantId: string, now: Date, limit: number): Promise<EarningRow[]> {
  const { rows } = await tx.query<EarningRow>(
    `select ${COLUMNS} from loyalty_earning where confirmed_at is null and confirm_at <= $2 and merchant_id = $1
    order by confirm_at limit $3 for update skip locked`,
    [merchantId, now, limit],
  )
  return rows
}

export async function setConfirmed(tx: Tx, merchantId: string, earnings: EarningRow[], at: Date): Promise<void> {
  await tx.query(
    `update loyalty_earning e set confirmed_at = $4
    from unnest($2::text[], $3::text[]) d (order_id, line_id)
    where e.merchant_id = $1 and e.order_id = d.order_id and e.line_id = d.line_id`,
    [merchantId, earnings.map((earning) => earning.order_id), earnings.map((earning) => earning.line_id), at],
  )
}

/**
 * Lets what was earned for one account count for another from now on; all of it, or that of some profiles. Answers what moved.
 * Served by loyalty_earning_by_account.
 */
export async function moveEarnings(
  tx: Tx,
  merchantId: string,
  move: { from: string; to: string; of?: string[] },
): Promise<EarningRow[]> {
  const { rows } = await tx.query<EarningRow>(
    `update loyalty_earning set account_id = $3
     where account_id = $2 and merchant_id = $1 and ($4::text[] is null or customer_id = any ($4)) returning ${COLUMNS}`,
    [merchantId, move.from, move.to, move.of ?? null],
  )
  return rows
}

/**
 * Points confirmed since a date, less those taken back, those of profiles merged into this one included, without those of profiles
 * that no longer are. Served by stored_value_entry_by_account and stored_value_entry_by_share.
 */
export async function pointsSince(db: Queryable, merchantId: string, accountId: string, since: Date): Promise<bigint> {
  const { rows } = await db.query<{ points: bigint }>(
    `with own as (select stored_value_group($1, $2) as ids)
     select coalesce(sum(units), 0)::bigint as points from (
       select units, type, at from stored_value_entry, own where account_id = any (ids) and share_of is null and merchant_id = $1
       union all
       select units, type, at from stored_value_entry, own where share_of = any (ids) and merchant_id = $1
     ) e where type in ('earn_confirmed', 'reverse_earn') and at >= $3`,
    [merchantId, accountId, since],
  )
  return rows[0]?.points ?? 0n
}

/** Entries of points, newest first; of one customer's account, of one order, or all. Each served by an index of its own. */
export async function listPointEntries(
  db: Queryable,
  merchantId: string,
  wanted: { accountId?: string | undefined; orderId?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<EntryRow[]> {
  const filter =
    wanted.accountId !== undefined
      ? { where: 'account_id = $2', value: wanted.accountId }
      : wanted.orderId !== undefined
        ? { where: 'order_id = $2', value: wanted.orderId }
        : { where: 'kind = $2', value: 'points' }
  const { rows } = await db.query<EntryRow>(
    `select id, account_id, type, units, pending, balance_after, amount, currency, ref_type, ref_id, unit_key, operation_id, order_id, reason, at
    from stored_value_entry
    where ${filter.where} and kind = 'points' and merchant_id = $1 and ($3::text is null or id < $3)
    order by merchant_id desc, id desc limit $4`,
    [merchantId, filter.value, wanted.cursor ?? null, wanted.limit + 1],
  )
  return rows
}
