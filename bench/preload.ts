// Fills the books with payments made long ago, straight by SQL: the question is how the server sells when the tables are
// large, not how they became so.

import pg from 'pg'

const ROWS_PER_STEP = 50_000

/** Adds `count` captured card payments, spread over the merchants. `adminUrl` must be allowed to switch triggers off. */
export async function preload(
  adminUrl: string,
  merchants: string[],
  count: number,
  progress: (done: number) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    // The rows are right by construction; checking a million foreign keys would only take time.
    await client.query(`set session_replication_role = replica`)
    await client.query(`set synchronous_commit = off`)
    for (let from = 0; from < count; from += ROWS_PER_STEP) {
      const to = Math.min(count, from + ROWS_PER_STEP)
      await client.query(STEP, [merchants, from, to - 1])
      progress(to)
    }
    await client.query(COUNTERS)
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}

/** Ids begin with a time in the past, so that they sort before the new ones, as real history does. */
const STEP = `
  with n as materialized (
    select i, ($1::text[])[1 + i % cardinality($1::text[])] as m, '01J0' || lpad(i::text, 22, '0') as k, timestamptz '2025-01-01' + i * interval '20 seconds' as at
    from generate_series($2::int, $3::int) i
  ), p as (
    insert into payment (merchant_id, id, status, amount, currency, channel, capture, reference, amount_authorized, amount_captured, amount_refundable, version, created_at, updated_at)
    select m, 'pay_' || k, 'captured', 4995, 'EUR', 'web', 'automatic', 'old ' || i, 4995, 4995, 4995, 2, at, at from n
  ), t as (
    insert into tender (merchant_id, payment_id, id, seq, method, amount, connector_account_id, can, initiator, charge_operation_id, psp_reference, instrument, authorized, captured, created_at)
    select m, 'pay_' || k, 'ten_' || k, 1, 'card', 4995, 'cac_' || k, '{capture,void,refund,partial_refund}', 'customer', 'opn_' || k, 'psp_' || k, '{"kind":"card","brand":"visa","last4":"4242"}', 4995, 4995, at from n
  ), o as (
    insert into operation (merchant_id, id, payment_id, tender_id, kind, state, amount, amount_effective, connector_account_id, method, psp_reference, idempotency_key, created_at, settled_at)
    select m, 'opn_' || k, 'pay_' || k, 'ten_' || k, 'sale', 'succeeded', 4995, 4995, 'cac_' || k, 'card', 'psp_' || k, 'old-' || k, at, at from n
  ), e as (
    insert into evidence (merchant_id, payment_id, id, operation_id, source, outcome, effect, amount, psp_reference, received_at)
    select m, 'pay_' || k, 'evi_' || k, 'opn_' || k, 'reply', 'succeeded', 'succeed', 4995, 'psp_' || k, at from n
  ), le as (
    insert into ledger_entry select m, 'ent_' || k, 'evi_' || k, 'sale_succeeded', 'pay_' || k, 'opn_' || k, at from n
  ), ll as (
    insert into ledger_line select m, 'ent_' || k, l.no, l.account, 'EUR', 'web', '', l.amount from n, (values (1, 'psp_receivable:old', 4995), (2, 'sales_clearing', -4995)) l (no, account, amount)
  ), ik as (
    insert into idempotency_key select m, 'old-' || k, repeat('f', 43), 'pay_' || k, at from n
  ), ir as (
    insert into idempotency_reply select m, 'old-' || k, 201, '{"id":"pay_' || k || '"}' from n
  ), ev as (
    insert into event select m, 1000000000 + i, 'evt_' || k, 'payment.captured', 'payment', 'pay_' || k, 2, '{"status":"captured","amount":4995}', at from n
  )
  select 1`

/** The events above stand beyond the counters on purpose; the sums are told to the balances, so that \`verify\` could be run. */
const COUNTERS = `
  insert into ledger_balance as b
    select merchant_id, account, currency, channel, store_id, coalesce(sum(amount) filter (where amount > 0), 0), coalesce(-sum(amount) filter (where amount < 0), 0)
    from (select merchant_id, account, currency, channel, store_id, amount from ledger_line where entry_id like 'ent_01J0%') l
    group by 1, 2, 3, 4, 5
  on conflict (merchant_id, account, currency, channel, store_id) do update
    set debit = b.debit + excluded.debit, credit = b.credit + excluded.credit`
