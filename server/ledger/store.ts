// Reads of the books, and entries that come from no payment. Writing is ledger_post in migration 0003; payments call it in the
// functions that apply evidence.

import type { Queryable, Tx } from '../db/pool.ts'

export interface BalanceRow {
  account: string
  currency: string
  channel: string | null
  store_id: string | null
  debit: bigint
  credit: bigint
}

export interface BalanceFilter {
  account?: string
  currency?: string
  channel?: string
  store_id?: string
}

/** Which dimensions to show apart; the others are summed. */
export interface BalanceDetail {
  channel: boolean
  store: boolean
}

/** Balances from the kept sums, one row per account, currency and wanted dimension, in order. */
export async function readBalances(
  db: Queryable,
  merchantId: string,
  filter: BalanceFilter,
  detail: BalanceDetail,
): Promise<BalanceRow[]> {
  // As text: a sum of sums may pass what PostgreSQL's bigint holds.
  const { rows } = await db.query<Omit<BalanceRow, 'debit' | 'credit'> & { debit: string; credit: string }>(
    `select account, currency, case when $6 then channel end as channel, case when $7 then nullif(store_id, '') end as store_id,
       sum(debit)::text as debit, sum(credit)::text as credit
     from ledger_balance
     where merchant_id = $1 and ($2::text is null or account = $2 or split_part(account, ':', 1) = $2)
       and ($3::text is null or currency = $3) and ($4::text is null or channel = $4) and ($5::text is null or store_id = $5)
     group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    [
      merchantId,
      filter.account ?? null,
      filter.currency ?? null,
      filter.channel ?? null,
      filter.store_id ?? null,
      detail.channel,
      detail.store,
    ],
  )
  return rows.map((row) => ({ ...row, debit: BigInt(row.debit), credit: BigInt(row.credit) }))
}

export interface EntryView {
  id: string
  object: 'ledger_entry'
  event: string
  source_id: string
  payment_id: string | null
  operation_id: string | null
  posted_at: string
  lines: {
    account: string
    currency: string
    channel: string
    store_id: string | null
    debit: number
    credit: number
  }[]
}

/** Entries newest first; of one payment, or touching one account, or all. One more than `limit`. */
export async function readEntries(
  db: Queryable,
  merchantId: string,
  filter: { payment_id?: string; account?: string; id?: string },
  limit: number,
  cursor?: string,
): Promise<EntryView[]> {
  const { rows } = await db.query<{ view: EntryView }>(
    `select json_build_object('id', e.id, 'object', 'ledger_entry', 'event', e.event, 'source_id', e.source_id, 'payment_id', e.payment_id,
       'operation_id', e.operation_id, 'posted_at', to_char(e.posted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       'lines', (select json_agg(json_build_object('account', l.account, 'currency', l.currency, 'channel', l.channel,
           'store_id', nullif(l.store_id, ''), 'debit', greatest(l.amount, 0), 'credit', greatest(-l.amount, 0)) order by l.line_no)
         from ledger_line l where l.merchant_id = e.merchant_id and l.entry_id = e.id)) as view
     from ledger_entry e
     where e.merchant_id = $1 and ($2::text is null or e.payment_id = $2) and ($3::text is null or e.id = $3)
       and ($4::text is null or exists (select from ledger_line l where l.merchant_id = e.merchant_id and l.entry_id = e.id and l.account = $4))
       and ($5::text is null or e.id < $5)
     order by e.merchant_id desc, e.id desc limit $6`,
    [merchantId, filter.payment_id ?? null, filter.id ?? null, filter.account ?? null, cursor ?? null, limit + 1],
  )
  return rows.map((row) => row.view)
}

export interface NewEntry {
  /** The id of what the entry is for: its own is made from it, so that one thing is posted once. */
  sourceId: string
  event: string
  currency: string
  channel: string
  storeId: string
  /** Signed: debit positive. They sum to zero; those of 0 are left out. */
  lines: readonly { account: string; amount: bigint }[]
}

/** Posts an entry of its own, in the transaction of what it is for. */
export async function postEntry(tx: Tx, merchantId: string, at: Date, entry: NewEntry): Promise<void> {
  await tx.query(
    `select ledger_post($1, array_agg((l.merchant, $3, $4, null, null, l.account, $5, $6, $7, l.amount)::ledger_posting order by l.n))
     from unnest($2::text[], $8::text[], $9::bigint[]) with ordinality l (merchant, account, amount, n)`,
    [
      at,
      entry.lines.map(() => merchantId),
      entry.sourceId,
      entry.event,
      entry.currency,
      entry.channel,
      entry.storeId,
      entry.lines.map(({ account }) => account),
      entry.lines.map(({ amount }) => amount),
    ],
  )
}

/** Debit less credit of one account in one currency, over all channels and stores; nobody posts to it until the transaction ends. */
export async function lockBalance(
  tx: Tx,
  merchantId: string,
  { account, currency }: { account: string; currency: string },
): Promise<bigint> {
  const { rows } = await tx.query<{ net: bigint }>(
    `select debit - credit as net from ledger_balance
     where merchant_id = $1 and account = $2 and currency = $3 order by channel, store_id for update`,
    [merchantId, account, currency],
  )
  return rows.reduce((sum, { net }) => sum + net, 0n)
}
