// The invariants of the books as queries, written from the design and not from the code that keeps them. Each query
// returns the rows that break it; none is the only good answer. Used by `onetill verify` and after every chaos test. It reads
// the tables of every module, as no module may: it is the auditor, and it changes nothing.

import type { Queryable } from '../db/pool.ts'
import { CART_CHECKS } from './carts-checks.ts'
import { CATALOG_CHECKS } from './catalog-checks.ts'
import { FULFILMENT_CHECKS } from './fulfilments-checks.ts'
import { INVOICE_CHECKS } from './invoices-checks.ts'
import { LOYALTY_CHECKS } from './loyalty-checks.ts'
import { OFFLINE_CHECKS } from './offline-checks.ts'
import { ORDER_CHECKS } from './orders-checks.ts'
import { PAYMENT_CHECKS } from './payments-checks.ts'
import { PROMOTION_CHECKS } from './promotions-checks.ts'
import { REGISTER_CHECKS } from './registers-checks.ts'
import { STOCK_CHECKS } from './stock-checks.ts'

export interface Check {
  /** Number in the list of invariants, where it has one. */
  id: string
  /** What must hold, as a sentence. */
  holds: string
  /** Rows that break it; `where` names them. */
  sql: string
}

export const CHECKS: readonly Check[] = [
  {
    id: 'I-01',
    holds: 'Every ledger entry sums to zero in each currency',
    sql: `select merchant_id || ' ' || entry_id as "where" from ledger_line group by merchant_id, entry_id, currency having sum(amount) <> 0`,
  },
  {
    id: 'I-01',
    holds: 'The whole ledger sums to zero for each merchant and currency',
    sql: `select merchant_id || ' ' || currency as "where" from ledger_balance group by merchant_id, currency having sum(debit) <> sum(credit)`,
  },
  {
    id: 'I-01',
    holds: 'Kept balances equal the sum of their lines',
    sql: `select coalesce(b.merchant_id, l.merchant_id) || ' ' || coalesce(b.account, l.account) as "where"
      from ledger_balance b
      full join (select merchant_id, account, currency, channel, store_id, sum(amount) filter (where amount > 0) as debit, -sum(amount) filter (where amount < 0) as credit
                 from ledger_line group by 1, 2, 3, 4, 5) l using (merchant_id, account, currency, channel, store_id)
      where coalesce(b.debit, 0) <> coalesce(l.debit, 0) or coalesce(b.credit, 0) <> coalesce(l.credit, 0)`,
  },
  {
    id: 'I-01',
    holds: 'No ledger entry is without lines',
    sql: `select e.merchant_id || ' ' || e.id as "where" from ledger_entry e
      where not exists (select from ledger_line l where l.merchant_id = e.merchant_id and l.entry_id = e.id)`,
  },
  {
    id: 'I-02',
    holds: 'No tender has captured more than was authorised and allowed',
    sql: `select merchant_id || ' ' || payment_id as "where" from tender
      where captured - reversed + capture_in_flight > authorized - released + authorized * over_capture_bp / 10000`,
  },
  {
    id: 'I-03',
    holds: 'No tender has refunded or promised more than was captured',
    sql: `select merchant_id || ' ' || payment_id as "where" from tender where refunded + refund_in_flight > captured`,
  },
  {
    id: 'I-04',
    holds: 'Every operation of a command belongs to the payment its key was claimed for',
    sql: `select o.merchant_id || ' ' || o.id as "where" from operation o
      left join idempotency_key k on k.merchant_id = o.merchant_id and k.key = o.idempotency_key
      where o.idempotency_key is not null and k.payment_id is distinct from o.payment_id`,
  },
  {
    id: 'I-09',
    holds: 'No order is held or paid by two payments without a task about it',
    sql: `select merchant_id || ' ' || order_id as "where" from payment p
      where order_id is not null and direction = 'charge' and amount_captured - amount_refunded + amount_capturable > 0 and not exists (
        select from payment_task k where k.merchant_id = p.merchant_id and k.payment_id = p.id)
      group by merchant_id, order_id having count(*) > 1`,
  },
  {
    id: 'I-11',
    holds: 'Event sequences have no gap and end at their counter',
    sql: `select c.merchant_id as "where" from event_counter c
      left join (select merchant_id, count(*) as events, max(seq) as last, min(seq) as first from event group by merchant_id) e using (merchant_id)
      where c.last_seq is distinct from e.last or e.events <> e.last or e.first <> 1`,
  },
  {
    id: 'I-12',
    holds: 'Every final operation has evidence of its end',
    sql: `select o.merchant_id || ' ' || o.id as "where" from operation o
      where o.state in ('succeeded', 'declined', 'no_effect', 'reversed') and coalesce(o.decline_code, '') <> 'canceled' and not exists (
        select from evidence v where v.merchant_id = o.merchant_id and v.payment_id = o.payment_id and v.operation_id = o.id
          and v.effect in ('succeed', 'fail', 'late', 'reverse'))`,
  },
  {
    id: 'I-14',
    holds: 'Every operation without an end is on the list to be asked about',
    sql: `select o.merchant_id || ' ' || o.id as "where" from operation o
      where o.state in ('created', 'dispatched', 'pending', 'unknown')
        and not exists (select from operation_ask a where a.merchant_id = o.merchant_id and a.operation_id = o.id)`,
  },
  {
    id: 'I-15',
    holds: 'Exactly the operations without an end reserve amounts',
    sql: `select t.merchant_id || ' ' || t.payment_id as "where" from tender t
      left join lateral (select
          coalesce(sum(o.amount) filter (where o.kind in ('sale', 'authorize') or (o.kind = 'credit' and o.id = t.charge_operation_id)), 0) as charge,
          coalesce(sum(o.amount) filter (where o.kind = 'capture'), 0) as capture,
          coalesce(sum(o.amount) filter (where o.kind = 'increment'), 0) as increment,
          coalesce(sum(o.amount) filter (where o.kind = 'refund' or (o.kind = 'credit' and o.id <> t.charge_operation_id)), 0) as refund
        from operation o where o.merchant_id = t.merchant_id and o.payment_id = t.payment_id and o.tender_id = t.id
          and o.state in ('created', 'dispatched', 'pending', 'unknown')) o on true
      where (t.charge_in_flight, t.capture_in_flight, t.increment_in_flight, t.refund_in_flight) is distinct from (o.charge, o.capture, o.increment, o.refund)`,
  },
  {
    id: 'I-14',
    holds: 'No cancelled payment holds or has kept money without a task or an operation about it',
    sql: `select p.merchant_id || ' ' || p.id as "where" from payment p
      where p.is_canceled and p.direction = 'charge' and p.amount_in_flight = 0
        and exists (select from tender t where t.merchant_id = p.merchant_id and t.payment_id = p.id and tender_hold(t) > 0 and t.void_in_flight = 0)
        and not exists (select from payment_task k where k.merchant_id = p.merchant_id and k.payment_id = p.id)`,
  },
  {
    id: 'sums',
    holds: 'Payments’ amounts equal the sums of their tenders',
    sql: `select p.merchant_id || ' ' || p.id as "where" from payment p
      left join (select merchant_id, payment_id, sum(authorized) as a, sum(captured - reversed) as c, sum(refunded) as r,
                   sum(charge_in_flight + capture_in_flight + refund_in_flight + increment_in_flight) as f from tender group by 1, 2) t
        on t.merchant_id = p.merchant_id and t.payment_id = p.id
      where (p.amount_authorized, p.amount_captured, p.amount_refunded, p.amount_in_flight)
        is distinct from (coalesce(t.a, 0), coalesce(t.c, 0), coalesce(t.r, 0), coalesce(t.f, 0))`,
  },
  {
    id: 'sums',
    holds: 'Tenders’ amounts equal what their operations effected',
    sql: `select t.merchant_id || ' ' || t.payment_id as "where" from tender t
      left join lateral (select
          coalesce(sum(o.amount_effective) filter (where o.kind in ('sale', 'capture')), 0) as captured,
          coalesce(sum(o.amount_effective) filter (where o.kind = 'refund' or (o.kind = 'credit' and o.id <> t.charge_operation_id)), 0) as refunded
        from operation o where o.merchant_id = t.merchant_id and o.payment_id = t.payment_id and o.tender_id = t.id and o.state = 'succeeded') o on true
      where t.captured - t.reversed <> o.captured or t.refunded + t.refunded_excess <> o.refunded`,
  },
  {
    id: 'books',
    holds:
      'What the ledger received for sales equals what payments captured, less refunds, gift cards sold and the VAT of vouchers used',
    sql: `select merchant_id || ' ' || currency as "where"
      from (select merchant_id, currency, sum(credit - debit) as net from ledger_balance where account = 'sales_clearing' group by 1, 2) b
      full join (select p.merchant_id, p.currency,
          sum(t.captured - t.reversed - t.refunded - t.refunded_excess - t.refund_in_flight - t.credited
              - case when p.direction = 'credit' then t.charge_in_flight else 0 end) as net
        from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id group by 1, 2) p using (merchant_id, currency)
      full join (select merchant_id, currency, sum(amount) as sold from stored_value_entry
          where ref_type = 'order' and type in ('issue', 'void_issue') group by 1, 2) g using (merchant_id, currency)
      full join (select e.merchant_id, e.currency,
          sum(voucher_vat(e.balance_after - e.units, c.tax_rate_bp) - voucher_vat(e.balance_after, c.tax_rate_bp)) as tax
        from gift_card c join stored_value_entry e on e.account_id = c.id and e.merchant_id = c.merchant_id
          and e.type in ('redeem', 'reverse_redeem') where c.voucher = 'single_purpose' group by 1, 2) v using (merchant_id, currency)
      where coalesce(b.net, 0) <> coalesce(p.net, 0) - coalesce(g.sold, 0) - coalesce(v.tax, 0)`,
  },
  {
    id: 'books',
    holds: 'Each drawer holds what its operations took and gave, rounded where cash is, and what was moved besides',
    sql: `select coalesce(b.merchant_id, o.merchant_id) || ' ' || coalesce(b.account, o.account) as "where"
      from (select merchant_id, account, currency, sum(debit - credit) as net from ledger_balance where account like 'cash:%' group by 1, 2, 3) b
      full join (select o.merchant_id, 'cash:' || o.register_id as account, p.currency,
          sum(case when o.kind in ('sale', 'capture') then 1 else -1 end * (o.amount_effective + coalesce(o.rounding, 0))) as net
        from operation o join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
        where o.method = 'cash' and o.state = 'succeeded' and o.kind in ('sale', 'capture', 'refund', 'credit') group by 1, 2, 3) o
        using (merchant_id, account, currency)
      full join (select merchant_id, 'cash:' || register_id as account, currency, sum(amount) as net from drawer_movement group by 1, 2, 3) m
        using (merchant_id, account, currency)
      where coalesce(b.net, 0) <> coalesce(o.net, 0) + coalesce(m.net, 0)`,
  },
  {
    id: 'books',
    holds: 'A cash tender of which all went back in cash left nothing in the drawer',
    sql: `select t.merchant_id || ' ' || t.payment_id as "where" from tender t
      join lateral (select sum(o.amount_effective) as amount, coalesce(sum(o.rounding), 0) as rounding, min(o.amount + coalesce(o.rounding, 0)) as least
        from operation o where o.merchant_id = t.merchant_id and o.payment_id = t.payment_id and o.tender_id = t.id
          and o.method = 'cash' and o.kind in ('refund', 'credit') and o.state = 'succeeded') o on true
      where t.method = 'cash' and t.refunded_excess = 0 and t.captured > t.reversed and o.amount = t.captured - t.reversed
        and o.least > 0 and o.rounding <> coalesce(t.rounding, 0)`,
  },
  {
    id: 'books',
    holds: 'Tips owed to staff equal what terminals took for them, less what went back',
    sql: `select coalesce(b.merchant_id, t.merchant_id) || ' ' || coalesce(b.currency, t.currency) as "where"
      from (select merchant_id, currency, sum(credit - debit) as net from ledger_balance where account = 'tips_payable' group by 1, 2) b
      full join (select p.merchant_id, p.currency, sum(case o.kind when 'sale' then o.tip else -o.tip end) as net
        from operation o join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
        where o.tip > 0 and o.state = 'succeeded' group by 1, 2) t using (merchant_id, currency)
      where coalesce(b.net, 0) <> coalesce(t.net, 0)`,
  },
  {
    id: 'terminal',
    holds:
      'No terminal that does one thing at a time has open operations of two commands but those that a person released',
    sql: `select o.merchant_id || ' ' || o.terminal_id as "where" from operation o
      where o.terminal_id is not null and o.state in ('created', 'dispatched', 'pending', 'unknown') and not exists (
        select from evidence v where v.merchant_id = o.merchant_id and v.payment_id = o.payment_id and v.operation_id = o.id
          and v.effect = 'none:terminal_released')
      group by o.merchant_id, o.terminal_id having count(distinct o.idempotency_key) > 1`,
  },
  {
    id: 'books',
    holds: 'Holds in the ledger equal holds on tenders',
    sql: `select coalesce(b.merchant_id, p.merchant_id) || ' ' || coalesce(b.currency, p.currency) as "where"
      from (select merchant_id, currency, sum(debit - credit) as net from ledger_balance where account = 'auth_hold' group by 1, 2) b
      full join (select p.merchant_id, p.currency, sum(tender_hold(t)) as net
        from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id group by 1, 2) p using (merchant_id, currency)
      where coalesce(b.net, 0) <> coalesce(p.net, 0)`,
  },
  {
    id: 'books',
    holds: 'Refunds in flight in the ledger equal those on tenders',
    sql: `select coalesce(b.merchant_id, p.merchant_id) || ' ' || coalesce(b.currency, p.currency) as "where"
      from (select merchant_id, currency, sum(credit - debit) as net from ledger_balance where account = 'refunds_in_flight' group by 1, 2) b
      full join (select p.merchant_id, p.currency, sum(t.refund_in_flight + case when p.direction = 'credit' then t.charge_in_flight else 0 end) as net
        from payment p join tender t on t.merchant_id = p.merchant_id and t.payment_id = p.id group by 1, 2) p using (merchant_id, currency)
      where coalesce(b.net, 0) <> coalesce(p.net, 0)`,
  },
  ...PAYMENT_CHECKS,
  ...CATALOG_CHECKS,
  ...CART_CHECKS,
  ...ORDER_CHECKS,
  ...FULFILMENT_CHECKS,
  ...REGISTER_CHECKS,
  ...OFFLINE_CHECKS,
  ...LOYALTY_CHECKS,
  ...INVOICE_CHECKS,
  ...PROMOTION_CHECKS,
  ...STOCK_CHECKS,
]

export interface CheckResult extends Check {
  broken: number
  /** The first few places. */
  examples: string[]
}

/** Runs every check. Reads everything: for tools and tests, not for requests. */
export async function verifyBooks(db: Queryable): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of CHECKS) {
    const { rows } = await db.query<{ broken: bigint; examples: string[] | null }>(
      `with broken as (${check.sql}) select count(*) as broken, (select array_agg(x."where") from (select "where" from broken order by 1 limit 5) x) as examples from broken`,
    )
    results.push({ ...check, broken: Number(rows[0]?.broken ?? 0), examples: rows[0]?.examples ?? [] })
  }
  return results
}
