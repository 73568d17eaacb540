// What must hold of each payment by itself: its status, its own lines in the ledger, its disputes and its news. Sums over a merchant
// (index.ts) do not see two payments whose lines are exchanged.

import type { Check } from './index.ts'

/** What each operation of a payment moved, by the account where its money is; a dispute keeps what it took while it is not won. */
const MOVED = `select o.merchant_id, o.payment_id, asset_account(o.method, o.connector_account_id, o.register_id) as account,
    sum(case when o.kind in ('sale', 'capture') then 1 else -1 end * (o.amount_effective + coalesce(o.rounding, 0) + coalesce(o.tip, 0))) as net
  from operation o where o.state = 'succeeded' and o.kind in ('sale', 'capture', 'refund', 'credit') group by 1, 2, 3
  union all
  select d.merchant_id, d.payment_id, asset_account(o.method, o.connector_account_id, o.register_id), -sum(d.amount)
    from dispute d join operation o on o.merchant_id = d.merchant_id and o.payment_id = d.payment_id and o.id = d.operation_id
    where d.status in ('open', 'lost') group by 1, 2, 3`

export const PAYMENT_CHECKS: readonly Check[] = [
  {
    id: 'status',
    holds: 'Payments’ status follows from their tenders',
    sql: `select p.merchant_id || ' ' || p.id as "where" from payment p
      left join lateral (
        select count(t.id) filter (where t.decline_code is distinct from 'canceled')::int as tenders,
          coalesce(sum(t.captured - t.reversed), 0)::bigint as captured, coalesce(sum(t.credited), 0)::bigint as credited,
          coalesce(sum(tender_hold(t)), 0)::bigint as hold, coalesce(sum(t.charge_in_flight), 0)::bigint as in_flight,
          coalesce(bool_or(t.charge_in_flight > 0 and t.next_action is not null), false) as has_action,
          coalesce(bool_or(t.is_expired), false) as has_expired, coalesce(sum(t.released), 0)::bigint as released,
          coalesce(sum(t.reversed), 0)::bigint as reversed
        from tender t where t.merchant_id = p.merchant_id and t.payment_id = p.id) t on true
      where p.status <> payment_status(p.direction, p.amount + p.given_back, p.is_canceled, t.captured, t.credited, t.hold, t.in_flight,
        t.has_action, t.tenders, t.has_expired, t.released, t.reversed)`,
  },
  {
    id: 'attention',
    holds:
      'A payment asks for attention exactly when an open task or an unknown outcome does, or its capture is overdue',
    sql: `select p.merchant_id || ' ' || p.id as "where" from payment p
      where coalesce(nullif(p.attention, 'capture_overdue'), '') <> coalesce(payment_attention(p.merchant_id, p.id), '')
        and not (p.attention = 'capture_overdue' and payment_attention(p.merchant_id, p.id) is null)`,
  },
  {
    id: 'books',
    holds: 'Of each payment, providers and drawers owe what its operations moved, less what disputes keep',
    sql: `select coalesce(l.merchant_id, m.merchant_id) || ' ' || coalesce(l.payment_id, m.payment_id) as "where"
      from (select e.merchant_id, e.payment_id, l.account, sum(l.amount) as net
        from ledger_entry e join ledger_line l on l.merchant_id = e.merchant_id and l.entry_id = e.id
        where e.payment_id is not null and (l.account like 'psp_receivable:%' or l.account like 'cash:%') group by 1, 2, 3) l
      full join (select merchant_id, payment_id, account, sum(net) as net from (${MOVED}) m
        where account like 'psp_receivable:%' or account like 'cash:%' group by 1, 2, 3) m using (merchant_id, payment_id, account)
      where coalesce(l.net, 0) <> coalesce(m.net, 0)`,
  },
  {
    id: 'books',
    holds: 'Of each payment, what is in dispute and what was lost by it are what its disputes say',
    sql: `select coalesce(l.merchant_id, d.merchant_id) || ' ' || coalesce(l.payment_id, d.payment_id) as "where"
      from (select e.merchant_id, e.payment_id,
          sum(l.amount) filter (where l.account = 'dispute_receivable') as open, sum(l.amount) filter (where l.account = 'chargeback_loss') as lost
        from ledger_entry e join ledger_line l on l.merchant_id = e.merchant_id and l.entry_id = e.id
        where l.account in ('dispute_receivable', 'chargeback_loss') group by 1, 2) l
      full join (select merchant_id, payment_id, sum(amount) filter (where status = 'open') as open, sum(amount) filter (where status = 'lost') as lost
        from dispute group by 1, 2) d using (merchant_id, payment_id)
      where coalesce(l.open, 0) <> coalesce(d.open, 0) or coalesce(l.lost, 0) <> coalesce(d.lost, 0)`,
  },
  {
    id: 'books',
    holds: 'Every fee of a payment is accrued in the entry that tells of it',
    sql: `select merchant_id || ' ' || entry_id as "where" from ledger_line
      where account like 'fees:%' or account = 'fees_accrued' group by merchant_id, entry_id having sum(amount) <> 0`,
  },
  {
    id: 'books',
    holds: 'Lines of a payment are in its currency and under its channel',
    sql: `select e.merchant_id || ' ' || e.id as "where" from ledger_entry e
      join payment p on p.merchant_id = e.merchant_id and p.id = e.payment_id
      join ledger_line l on l.merchant_id = e.merchant_id and l.entry_id = e.id
      where e.operation_id is not null and (l.currency, l.channel) is distinct from (p.currency, p.channel)`,
  },
  {
    id: 'disputes',
    holds: 'What a tender has in dispute is what its open and lost disputes are about',
    sql: `select t.merchant_id || ' ' || t.payment_id as "where" from tender t
      left join (select merchant_id, payment_id, tender_id, sum(amount) as kept from dispute where status in ('open', 'lost') group by 1, 2, 3) d
        on d.merchant_id = t.merchant_id and d.payment_id = t.payment_id and d.tender_id = t.id
      where t.disputed <> coalesce(d.kept, 0)`,
  },
  {
    id: 'I-11',
    holds: 'No two events tell the same version of a payment, and none a version that it never had',
    sql: `select p.merchant_id || ' ' || p.id as "where" from payment p
      join (select merchant_id, object_id, count(*) as events, count(distinct object_version) as versions, max(object_version) as last
        from event where object_type = 'payment' group by 1, 2) e on e.merchant_id = p.merchant_id and e.object_id = p.id
      where e.events <> e.versions or e.last > p.version
      union all
      select e.merchant_id || ' ' || e.object_id from event e
        where e.object_type = 'payment' and not exists (select from payment p where p.merchant_id = e.merchant_id and p.id = e.object_id)`,
  },
  {
    id: 'I-04',
    holds: 'Every command that was answered for a payment still has its answer, or operations without an end',
    sql: `select k.merchant_id || ' ' || k.key as "where" from idempotency_key k
      where k.payment_id is not null
        and not exists (select from idempotency_reply r where r.merchant_id = k.merchant_id and r.key = k.key)
        -- What certainly was not processed goes on elsewhere; where the process died before that, whoever repeats it gets the answer made.
        and exists (select from operation o where o.merchant_id = k.merchant_id and o.payment_id = k.payment_id and o.idempotency_key = k.key
          and o.state in ('succeeded', 'declined'))
        and not exists (select from operation o where o.merchant_id = k.merchant_id and o.payment_id = k.payment_id and o.idempotency_key = k.key
          and o.state in ('created', 'dispatched', 'pending', 'unknown'))`,
  },
]
