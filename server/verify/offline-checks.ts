// What must hold of sales that tills made while they were cut off: the documents decide. Written from the design, apart from the code
// that keeps it.

import type { Check } from './index.ts'

/** A document as JSON, of those that are accepted: these were read. */
const SAID = `offline_sale s join offline_document d on d.merchant_id = s.merchant_id and d.id = s.id
  cross join lateral (select d.document::jsonb as j) x`

export const OFFLINE_CHECKS: readonly Check[] = [
  {
    id: 'I-23',
    holds: 'Chains of documents have no hole, and each document refers to the one before it or is set apart',
    sql: `select merchant_id || ' ' || key_id as "where" from offline_link group by merchant_id, key_id having max(sequence) <> count(*)
      union all
      select l.merchant_id || ' ' || l.document_id from offline_link l
      join offline_link b on b.merchant_id = l.merchant_id and b.key_id = l.key_id and b.sequence = l.sequence - 1
      join offline_sale s on s.merchant_id = l.merchant_id and s.id = l.document_id
      where l.previous_hash <> b.hash and s.reason is null`,
  },
  {
    id: 'I-23',
    holds: 'Every document has become something, and what is in a chain is what its hash says',
    sql: `select d.merchant_id || ' ' || d.id as "where" from offline_document d
      left join offline_sale s on s.merchant_id = d.merchant_id and s.id = d.id
      left join offline_link l on l.merchant_id = d.merchant_id and l.document_id = d.id
      where s.id is null or (d.is_signed and l.hash <> encode(sha256(convert_to(d.document, 'UTF8')), 'hex'))`,
  },
  {
    id: 'I-23',
    holds: 'Every document that is booked has one order with its total, tax and lines, of the moment it says',
    sql: `select s.merchant_id || ' ' || s.id as "where" from ${SAID}
      left join sales_order o on o.merchant_id = s.merchant_id and o.id = s.order_id
      where s.booked_at is not null and (o.id is null or o.currency <> x.j ->> 'currency' or o.placed_at <> (x.j ->> 'sold_at')::timestamptz
        -- An order may be changed afterwards, as any other; what was sold stands in its lines.
        or (select sum(l.total) from order_line l where l.merchant_id = o.merchant_id and l.order_id = o.id and l.seq <= jsonb_array_length(x.j -> 'lines'))
          <> (x.j ->> 'total')::bigint
        or (select sum(l.tax) from order_line l where l.merchant_id = o.merchant_id and l.order_id = o.id and l.seq <= jsonb_array_length(x.j -> 'lines'))
          <> (x.j ->> 'tax')::bigint)`,
  },
  {
    id: 'I-23',
    holds: 'Every document that is booked has one payment, whose tenders are those of the document',
    sql: `select s.merchant_id || ' ' || s.id as "where" from ${SAID}
      where s.booked_at is not null and (
        (select count(distinct o.payment_id) from operation o where o.merchant_id = s.merchant_id and o.payment_id = s.payment_id
          and o.idempotency_key like 'onetill:' || s.order_id || ':offline:%') <> 1
        or (select jsonb_agg(jsonb_build_array(t.value ->> 'method', (t.value ->> 'amount')::bigint) order by t.ordinality)
            from jsonb_array_elements(x.j -> 'tenders') with ordinality t) is distinct from
          (select jsonb_agg(jsonb_build_array(o.method, o.amount_effective) order by o.id) from operation o
            where o.merchant_id = s.merchant_id and o.payment_id = s.payment_id and o.idempotency_key like 'onetill:' || s.order_id || ':offline:%')
        or (x.j ->> 'rounding')::bigint <> (select coalesce(sum(o.rounding), 0) from operation o
            where o.merchant_id = s.merchant_id and o.payment_id = s.payment_id and o.idempotency_key like 'onetill:' || s.order_id || ':offline:%'))`,
  },
  {
    id: 'I-23',
    holds: 'What paid for an offline sale is stamped with the shift that its document names',
    sql: `select s.merchant_id || ' ' || s.id as "where" from offline_sale s
      join till_stamp t on t.merchant_id = s.merchant_id and t.payment_id = s.payment_id
      join operation o on o.merchant_id = t.merchant_id and o.id = t.operation_id and o.idempotency_key like 'onetill:' || s.order_id || ':offline:%'
      where t.shift_id is distinct from s.shift_id or t.register_id <> s.register_id`,
  },
  {
    id: 'I-23',
    holds: 'What is set apart has no order, no payment and no money',
    sql: `select s.merchant_id || ' ' || s.id as "where" from offline_sale s
      where s.status <> 'accepted' and (s.order_id is not null or s.payment_id is not null)`,
  },
]
