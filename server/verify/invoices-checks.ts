// What must hold for invoices and credit notes.

import type { Check } from './index.ts'

export const INVOICE_CHECKS: readonly Check[] = [
  {
    id: 'invoices',
    holds: 'Invoices of a series and year are numbered from 1 without gaps, up to what was counted',
    sql: `select c.merchant_id || ' ' || c.series || ' ' || c.year as "where"
      from invoice_counter c
      left join invoice i on i.merchant_id = c.merchant_id and i.series = c.series and i.year = c.year
      where c.series <> '#'
      group by c.merchant_id, c.series, c.year, c.last
      having count(i.id) <> c.last or max(i.seq) <> c.last or min(i.seq) <> 1`,
  },
  {
    id: 'invoices',
    holds: 'No number of an invoice stands outside its counter',
    sql: `select i.merchant_id || ' ' || i.id as "where" from invoice i
      where i.number is not null and not exists (select from invoice_counter c
        where c.merchant_id = i.merchant_id and c.series = i.series and c.year = i.year and c.last >= i.seq)`,
  },
  {
    id: 'invoices',
    holds: 'Days of issue go up with the numbers',
    sql: `select merchant_id || ' ' || id as "where" from (
        select merchant_id, id, issued_on < lag(issued_on) over (partition by merchant_id, series, year order by seq) as is_back
        from invoice where number is not null) i where is_back`,
  },
  {
    id: 'invoices',
    holds: 'The lines of an invoice add up to it',
    sql: `select i.merchant_id || ' ' || i.id as "where" from invoice i
      left join invoice_line l on l.merchant_id = i.merchant_id and l.invoice_id = i.id
      group by i.merchant_id, i.id
      having (sum(l.net), sum(l.tax), sum(l.total)) is distinct from (i.net::numeric, i.tax::numeric, i.total::numeric)`,
  },
  {
    id: 'invoices',
    holds: 'What is credited of an invoice is what its credit notes come to, and never more than it',
    sql: `select i.merchant_id || ' ' || i.id as "where" from invoice i
      join invoice_state s on s.merchant_id = i.merchant_id and s.invoice_id = i.id
      left join invoice c on c.merchant_id = i.merchant_id and c.corrects_id = i.id
      where i.kind = 'invoice'
      group by i.merchant_id, i.id, s.amount_credited
      having coalesce(sum(c.total), 0) <> s.amount_credited or s.amount_credited > i.total`,
  },
]
