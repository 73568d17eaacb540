// What must hold of registers: their drawers, receipts, shifts and reports. The journal itself is checked by reading it
// (server/journal/check.ts), because SQL cannot check a signature.

import type { Check } from './index.ts'

export const REGISTER_CHECKS: readonly Check[] = [
  {
    id: 'drawer',
    holds: 'Every movement of a drawer is in the ledger with its amount',
    sql: `select m.merchant_id || ' ' || m.id as "where" from drawer_movement m
      left join ledger_line l on l.merchant_id = m.merchant_id and l.entry_id = 'ent_' || right(m.id, 26)
        and l.account = 'cash:' || m.register_id and l.currency = m.currency
      where coalesce(l.amount, 0) <> m.amount`,
  },
  {
    id: 'drawer',
    holds: 'A closed shift has booked the difference of its count',
    sql: `select s.merchant_id || ' ' || s.id as "where" from shift s
      left join (select merchant_id, shift_id, at, sum(amount) as amount from drawer_movement where type = 'over_short' group by 1, 2, 3) m
        on m.merchant_id = s.merchant_id and m.shift_id = s.id and m.at = s.closed_at
      where s.state = 'closed' and coalesce(m.amount, 0) <> s.counted - s.expected`,
  },
  {
    id: 'shift',
    holds: 'A shift has a Z report exactly when it is closed',
    sql: `select s.merchant_id || ' ' || s.id as "where" from shift s
      left join register_report r on r.merchant_id = s.merchant_id and r.shift_id = s.id and r.kind = 'z'
      where (s.state = 'closed') <> (r.id is not null)`,
  },
  {
    id: 'shift',
    holds: 'Shifts, reports and receipts of a register are numbered without a gap',
    sql: `select merchant_id || ' ' || register_id as "where" from (
        select merchant_id, register_id, max(no) as last, count(*) as count from shift group by 1, 2
        union all select merchant_id, register_id, max(no), count(*) from register_report group by 1, 2
        union all select merchant_id, register_id, max(number), count(*) from receipt group by 1, 2
        union all select merchant_id, register_id, max(seq), count(*) from journal_entry group by 1, 2) n
      where last <> count`,
  },
  {
    id: 'receipt',
    holds: 'What a register has ever sold and given back are the sums of its receipts',
    sql: `select coalesce(t.merchant_id, r.merchant_id) || ' ' || coalesce(t.register_id, r.register_id) as "where"
      from register_total t
      full join (select c.merchant_id, c.register_id, max(c.number) as last,
          coalesce(sum(c.total) filter (where c.kind = 'sale' and c.currency = s.currency), 0) as sales,
          coalesce(sum(c.total) filter (where c.kind = 'refund' and c.currency = s.currency), 0) as returns
        from receipt c
        join register g on g.merchant_id = c.merchant_id and g.id = c.register_id
        join store s on s.merchant_id = g.merchant_id and s.id = g.store_id
        group by 1, 2) r using (merchant_id, register_id)
      where (t.last_receipt, t.sales, t.returns) is distinct from (r.last, r.sales, r.returns)`,
  },
  {
    id: 'receipt',
    holds: 'What was taken back of what was done at a register is on a report, or will be',
    sql: `select s.merchant_id || ' ' || s.operation_id as "where" from till_stamp s
      join operation o on o.merchant_id = s.merchant_id and o.id = s.operation_id
      where (o.state = 'reversed') <> s.is_reversed
        or (s.is_reversed and s.shift_id is not null and s.reversal_report_id is null and not s.needs_report)`,
  },
  {
    id: 'receipt',
    holds: 'The VAT of a receipt adds up to its total',
    sql: `select r.merchant_id || ' ' || r.id as "where" from receipt r
      left join lateral (select sum((v ->> 'gross')::bigint) as gross, sum((v ->> 'net')::bigint + (v ->> 'tax')::bigint) as parts
        from jsonb_array_elements(r.vat) v) v on true
      where coalesce(v.gross, 0) <> r.total or coalesce(v.parts, 0) <> r.total`,
  },
  {
    id: 'receipt',
    // A minute, because what was begun while the first shift was being opened did not see it.
    holds: 'Every instruction at a register that has had a shift is stamped',
    sql: `select o.merchant_id || ' ' || o.id as "where" from operation o
      join (select merchant_id, register_id, min(opened_at) as first from shift group by 1, 2) f using (merchant_id, register_id)
      where o.created_at > f.first + interval '1 minute'
        and not exists (select from till_stamp s where s.merchant_id = o.merchant_id and s.operation_id = o.id
          and s.register_id = o.register_id)`,
  },
  {
    id: 'receipt',
    holds: 'A receipt without a report is of a shift that runs, or came after its Z',
    sql: `select r.merchant_id || ' ' || r.id as "where" from receipt r join shift s on s.merchant_id = r.merchant_id and s.id = r.shift_id
      where r.report_id is null and s.state = 'closed' and r.created_at < s.closed_at
        and exists (select from register_report z where z.merchant_id = s.merchant_id and z.shift_id = s.id and z.kind = 'z'
          and (z.body -> 'receipts' ->> 'last')::bigint >= r.number)`,
  },
]
