// The SQL of points that end: how old they are. What was spent or taken back counts against the points that came first.

import type { Queryable, Tx } from '../db/pool.ts'

/**
 * Accounts with points that came before their programme lets them end. Served by stored_value_oldest_points; the days are there
 * because months are not equally long, and the second condition is the exact one.
 */
export async function accountsToLapse(
  db: Queryable,
  now: Date,
  limit: number,
): Promise<{ merchantId: string; accountId: string }[]> {
  const { rows } = await db.query<{ merchantId: string; accountId: string }>(
    `select a.merchant_id as "merchantId", a.id as "accountId" from loyalty_programme p
     join stored_value a on a.merchant_id = p.merchant_id and a.kind = 'points' and a.oldest_at is not null
       and a.oldest_at <= $1::timestamptz - make_interval(months => p.months_valid) + interval '4 days'
       and a.oldest_at + make_interval(months => p.months_valid) <= $1
     where p.is_enabled and p.months_valid is not null order by a.oldest_at limit $2`,
    [now, limit],
  )
  return rows
}

export interface PointAges {
  /** Points that ended and are neither spent nor taken back; may be more than what is free of holds. */
  over: bigint
  /** When the oldest points came that have not ended. */
  next_at: Date | null
  /** How many of those are left, and when they end. */
  next_points: bigint
  next_ends_at: Date | null
}

/** How old the points of an account are, by the programme's months. Served by stored_value_entry_by_account. */
export async function pointAges(db: Queryable, merchantId: string, accountId: string, now: Date): Promise<PointAges> {
  const { rows } = await db.query<PointAges>(
    `with p as (
       select months_valid from loyalty_programme where merchant_id = $1
     ), gone as (
       select coalesce(-sum(units), 0)::bigint as units from stored_value_entry
       where account_id = $2 and merchant_id = $1 and units < 0
     ), came as (
       select e.at, e.at + make_interval(months => p.months_valid) as ends_at, sum(e.units) over (order by e.at, e.id)::bigint as upto
       from stored_value_entry e, p where e.account_id = $2 and e.merchant_id = $1 and e.units > 0
     ), over as (
       select greatest(coalesce(max(c.upto), 0), g.units) as upto, greatest(coalesce(max(c.upto), 0) - g.units, 0) as units
       from gone g left join came c on c.ends_at <= $3 group by g.units
     )
     select o.units as over, n.at as next_at, coalesce(n.upto - o.upto, 0) as next_points, n.ends_at as next_ends_at
     from over o left join lateral (select * from came c where c.upto > o.upto order by c.upto limit 1) n on true`,
    [merchantId, accountId, now],
  )
  return rows[0] as PointAges
}

/**
 * Of an account that others were put together with: whose points are over, by the account that they are of. What somebody spent counts
 * against what came first of theirs. Served by stored_value_entry_by_account.
 */
export async function endedByHolder(
  db: Queryable,
  merchantId: string,
  accountId: string,
  now: Date,
): Promise<Map<string, bigint>> {
  const { rows } = await db.query<{ holder: string; points: bigint }>(
    `select coalesce(e.share_of, case when e.ref_type = 'merge' and e.type = 'transfer_in' and e.ref_id = any (stored_value_group($1, $2))
         then e.ref_id else $2 end) as holder,
       greatest(coalesce(sum(e.units) filter (where e.units < 0 or e.at + make_interval(months => p.months_valid) <= $3), 0), 0)::bigint as points
     from stored_value_entry e join loyalty_programme p on p.merchant_id = e.merchant_id
     where e.account_id = $2 and e.merchant_id = $1 and e.units <> 0 group by 1`,
    [merchantId, accountId, now],
  )
  return new Map(rows.map(({ holder, points }) => [holder, points]))
}

/** Keeps when the oldest points of an account came; null when none are left. The caller holds the account's lock. */
export async function setOldest(tx: Tx, merchantId: string, accountId: string, at: Date | null): Promise<void> {
  await tx.query('update stored_value set oldest_at = $3 where merchant_id = $1 and id = $2', [
    merchantId,
    accountId,
    at,
  ])
}

/**
 * What the books owe for an account's points, by currency, those of profiles merged into it included: a merge moves points and
 * leaves their worth where it was booked.
 */
export async function owedFor(
  db: Queryable,
  merchantId: string,
  accountId: string,
): Promise<{ currency: string; owed: bigint }[]> {
  const { rows } = await db.query<{ currency: string; owed: bigint }>(
    `with own as (select stored_value_group($1, $2) as ids)
     select currency, sum(amount)::bigint as owed from (
       select currency, amount from stored_value_entry, own where account_id = any (ids) and share_of is null and merchant_id = $1
       union all
       select currency, amount from stored_value_entry, own where share_of = any (ids) and merchant_id = $1
     ) e group by currency having sum(amount) > 0 order by currency`,
    [merchantId, accountId],
  )
  return rows
}
