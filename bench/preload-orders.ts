// Fills the books with articles and with orders made long ago, straight by SQL: the question is how the server sells when the
// tables are large, not how they became so.

import pg from 'pg'

const ROWS_PER_STEP = 50_000

/** Adds `variants` articles and `orders` confirmed orders with a line each, spread over the merchants. */
export async function preloadOrders(
  adminUrl: string,
  merchants: string[],
  count: { variants: number; orders: number },
  progress: (done: number) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    // The rows are right by construction; checking a million foreign keys would only take time.
    await client.query('set session_replication_role = replica')
    await client.query('set synchronous_commit = off')
    for (const [sql, total] of [
      [VARIANTS, count.variants],
      [ORDERS, count.orders],
    ] as const) {
      for (let from = 0; from < total; from += ROWS_PER_STEP) {
        const to = Math.min(total, from + ROWS_PER_STEP)
        await client.query(sql, [merchants, from, to - 1])
        progress(to)
      }
    }
    await client.query('vacuum analyze')
    await client.query('checkpoint')
  } finally {
    await client.end()
  }
}

/** Puts plenty of every article into each merchant's web shop. */
export async function fillShelves(adminUrl: string, merchants: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query(SHELVES, [merchants])
  } finally {
    await client.end()
  }
}

const SHELVES = `
  insert into stock_movement (merchant_id, id, variant_id, store_id, kind, reason, quantity, occurred_at, recorded_at)
  select v.merchant_id, 'smv_' || substr(v.id, 5), v.id, s.id, 'receive', 'received', 100000000, v.created_at, v.created_at
  from variant v join store s on s.merchant_id = v.merchant_id and s.kind = 'web' where v.merchant_id = any ($1)`

/** Copies of each merchant's first article, with ids that begin with a time in the past. */
const VARIANTS = `
  with n as materialized (
    select i, ($1::text[])[1 + i % cardinality($1::text[])] as m, '01J0' || lpad(i::text, 22, '0') as k from generate_series($2::int, $3::int) i
  ), base as (
    select distinct on (v.merchant_id) v.*, p.id as base_product from variant v join product p on p.merchant_id = v.merchant_id and p.id = v.product_id
    where v.merchant_id = any ($1) and v.id not like 'var_01J0%' order by v.merchant_id, v.id
  ), p as (
    insert into product select (jsonb_populate_record(p, jsonb_build_object('id', 'prd_' || n.k, 'reference', null))).*
    from n join base b on b.merchant_id = n.m join product p on p.merchant_id = b.merchant_id and p.id = b.base_product
  )
  insert into variant select (jsonb_populate_record(v, jsonb_build_object('id', 'var_' || n.k, 'product_id', 'prd_' || n.k, 'sku', 'old ' || n.i))).*
  from n join base b on b.merchant_id = n.m join variant v on v.merchant_id = b.merchant_id and v.id = b.id`

const ORDERS = `
  with n as materialized (
    select i, ($1::text[])[1 + i % cardinality($1::text[])] as m, '01J0' || lpad(i::text, 22, '0') as k, timestamptz '2025-01-01' + i * interval '20 seconds' as at
    from generate_series($2::int, $3::int) i
  ), o as (
    insert into sales_order (merchant_id, id, number, cart_id, state, charge, channel, country, currency, prices_include_tax, tax_rounding,
      email, list, discount, net, tax, total, payment_id, amount_captured, version, placed_at, confirmed_at, updated_at)
    select m, 'ord_' || k, 1000000000 + i, 'crt_' || k, 'confirmed', 'now', 'web', 'NL', 'EUR', true, 'per_rate_group',
      'old' || i || '@example.org', 4995, 0, 4128, 867, 4995, 'pay_' || k, 4995, 2, at, at, at from n
  ), l as (
    insert into order_line (merchant_id, order_id, id, seq, variant_id, name, kind, unit, is_returnable, categories, components,
      unit_price_e4, tax_code, tax_rate_bp, adjustments, list, discount, net, tax, total, quantity)
    select m, 'ord_' || k, 'oln_' || k, 1, 'var_' || k, 'Kettle', 'goods', 'piece', true, '{}', '[]', 49950000, 'NL standard 2100', 2100, '[]',
      4995, 0, 4128, 867, 4995, 1 from n
  ), g as (
    insert into order_group (merchant_id, order_id, no, mode, lines, created_at)
    select m, 'ord_' || k, 1, 'ship', jsonb_build_array(jsonb_build_object('line_id', 'oln_' || k, 'unit_from', 0, 'quantity', 1, 'total', 4995, 'tax', 867)), at from n
  ), c as (
    insert into cart (merchant_id, id, state, version, currency, channel, channels_seen, next_seq, moved_to, created_at, updated_at, expires_at)
    select m, 'crt_' || k, 'converted', 2, 'EUR', 'web', '{web}', 2, 'ord_' || k, at, at, at from n
  )
  select 1`
