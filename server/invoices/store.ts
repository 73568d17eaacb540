// The SQL of invoices and credit notes.

import type { Queryable, Tx } from '../db/pool.ts'
import type { Invoice, InvoiceKind, InvoiceLine, Seller } from './invoice.ts'
import type { ReferenceKind } from './reference.ts'

const COLUMNS = `i.id, i.kind, i.state, i.number, i.currency, i.language, i.prices_include_tax, i.order_id, i.order_revision,
  i.corrects_id, c.number as corrects_number, c.issued_on::text as corrects_issued_on, i.customer_id, i.seller, i.buyer,
  i.buyer_reference, i.note, i.terms, i.due_days, i.supplied_on::text as supplied_on, i.issued_on::text as issued_on,
  i.due_on::text as due_on, i.reference_base, i.reference_kind, i.reference, i.net, i.tax, i.total, i.created_at, i.issued_at,
  s.pays_as, s.amount_paid, s.amount_refunded, s.amount_in_flight, s.amount_credited, s.sent_at, s.paid_at, s.version`
const FROM = `invoice i join invoice_state s on s.merchant_id = i.merchant_id and s.invoice_id = i.id
  left join invoice c on c.merchant_id = i.merchant_id and c.id = i.corrects_id`

export async function readInvoices(db: Queryable, merchantId: string, ids: readonly string[]): Promise<Invoice[]> {
  const { rows } = await db.query<Invoice>(
    `select ${COLUMNS} from ${FROM} where i.merchant_id = $1 and i.id = any ($2) order by i.id`,
    [merchantId, ids],
  )
  return rows
}

export async function readInvoice(db: Queryable, merchantId: string, id: string): Promise<Invoice | null> {
  return (await readInvoices(db, merchantId, [id]))[0] ?? null
}

/** Commands on one invoice wait for each other here; read it only afterwards. False when there is none. */
export async function lockInvoice(tx: Tx, merchantId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select from invoice_state where merchant_id = $1 and invoice_id = $2 for no key update',
    [merchantId, id],
  )
  return rowCount === 1
}

export async function readLines(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, InvoiceLine[]>> {
  const { rows } = await db.query<InvoiceLine & { invoice_id: string }>(
    `select invoice_id, no, order_line_id, corrects_no, name, detail, sku, quantity_e3, unit, unit_price_e4, vat_category,
       vat_rate_bp, vat_reason, discount, net, tax, total
     from invoice_line where merchant_id = $1 and invoice_id = any ($2) order by invoice_id, no`,
    [merchantId, ids],
  )
  const byInvoice = Map.groupBy(rows, ({ invoice_id }) => invoice_id)
  return new Map([...byInvoice].map(([id, lines]) => [id, lines.map(({ invoice_id: _, ...line }) => line)]))
}

export interface InvoiceFilter {
  kind?: InvoiceKind | undefined
  order_id?: string | undefined
  customer_id?: string | undefined
  number?: string | undefined
  reference_bases?: readonly bigint[] | undefined
  corrects_id?: string | undefined
  is_open?: boolean | undefined
}

/** Newest first, one more than `limit`. */
export async function listInvoices(
  db: Queryable,
  merchantId: string,
  filter: InvoiceFilter,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Invoice[]> {
  const { rows } = await db.query<Invoice>(
    `select ${COLUMNS} from ${FROM}
     where i.merchant_id = $1 and ($2::text is null or i.id < $2) and ($3::text is null or i.kind = $3)
       and ($4::text is null or i.order_id = $4) and ($5::text is null or i.customer_id = $5)
       and ($6::text is null or i.number = $6) and ($7::bigint[] is null or i.reference_base = any ($7))
       and ($8::text is null or i.corrects_id = $8) and ($9::boolean is null or s.is_open = $9)
     order by i.id desc limit $10`,
    [
      merchantId,
      cursor ?? null,
      filter.kind ?? null,
      filter.order_id ?? null,
      filter.customer_id ?? null,
      filter.number ?? null,
      filter.reference_bases ?? null,
      filter.corrects_id ?? null,
      filter.is_open ?? null,
      limit + 1,
    ],
  )
  return rows
}

/** What of a draft is written; the rest comes when it is issued. */
export type NewInvoice = Pick<
  Invoice,
  | 'id'
  | 'kind'
  | 'currency'
  | 'language'
  | 'prices_include_tax'
  | 'order_id'
  | 'order_revision'
  | 'corrects_id'
  | 'customer_id'
  | 'buyer'
  | 'buyer_reference'
  | 'note'
  | 'terms'
  | 'due_days'
  | 'supplied_on'
  | 'net'
  | 'tax'
  | 'total'
  | 'created_at'
  | 'pays_as'
>

/** Writes a draft with its lines. False when its order has an invoice already. */
export async function insertDraft(
  tx: Tx,
  merchantId: string,
  draft: NewInvoice,
  lines: readonly InvoiceLine[],
): Promise<boolean> {
  await tx.query(
    `insert into invoice (merchant_id, id, kind, state, currency, language, prices_include_tax, order_id, order_revision, corrects_id,
       customer_id, buyer, buyer_reference, note, terms, due_days, supplied_on, net, tax, total, created_at)
     values ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
    [
      merchantId,
      draft.id,
      draft.kind,
      draft.currency,
      draft.language,
      draft.prices_include_tax,
      draft.order_id,
      draft.order_revision,
      draft.corrects_id,
      draft.customer_id,
      JSON.stringify(draft.buyer),
      draft.buyer_reference,
      draft.note,
      draft.terms,
      draft.due_days,
      draft.supplied_on,
      draft.net,
      draft.tax,
      draft.total,
      draft.created_at,
    ],
  )
  await insertLines(tx, merchantId, draft.id, lines)
  const { rowCount } = await tx.query(
    `insert into invoice_state (merchant_id, invoice_id, order_id, pays_as) values ($1, $2, $3, $4)
     on conflict (merchant_id, order_id) where order_id is not null and not is_ended do nothing`,
    [merchantId, draft.id, draft.kind === 'invoice' ? draft.order_id : null, draft.pays_as],
  )
  return rowCount === 1
}

async function insertLines(tx: Tx, merchantId: string, id: string, lines: readonly InvoiceLine[]): Promise<void> {
  const column = <K extends keyof InvoiceLine>(name: K) => lines.map((line) => line[name])
  await tx.query(
    `insert into invoice_line (merchant_id, invoice_id, no, order_line_id, corrects_no, name, detail, sku, quantity_e3, unit,
       unit_price_e4, vat_category, vat_rate_bp, vat_reason, discount, net, tax, total)
     select $1, $2, l.* from unnest($3::int[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[],
       $11::bigint[], $12::text[], $13::int[], $14::text[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[]) l`,
    [
      merchantId,
      id,
      column('no'),
      column('order_line_id'),
      column('corrects_no'),
      column('name'),
      column('detail'),
      column('sku'),
      column('quantity_e3'),
      column('unit'),
      column('unit_price_e4'),
      column('vat_category'),
      column('vat_rate_bp'),
      column('vat_reason'),
      column('discount'),
      column('net'),
      column('tax'),
      column('total'),
    ],
  )
}

/** The next number of a series and year. Its row stays locked until the commit; a rollback gives the number back. */
export async function takeNumber(tx: Tx, merchantId: string, of: { series: string; year: number; first?: bigint }) {
  const { rows } = await tx.query<{ last: bigint }>(
    `insert into invoice_counter as c (merchant_id, series, year, last) values ($1, $2, $3, $4)
     on conflict (merchant_id, series, year) do update set last = c.last + 1 returning last`,
    [merchantId, of.series, of.year, of.first ?? 1n],
  )
  return rows[0]?.last as bigint
}

export interface Issue {
  id: string
  series: string
  year: number
  seq: bigint
  number: string
  seller: Seller
  terms: string | null
  supplied_on: string
  issued_on: string
  due_on: string
  reference_base: bigint | null
  reference_kind: ReferenceKind | null
  reference: string | null
  issued_at: Date
}

/** Makes an invoice of a draft, for good. */
export async function writeIssue(tx: Tx, merchantId: string, issue: Issue): Promise<void> {
  await tx.query(
    `update invoice set state = 'issued', series = $3, year = $4, seq = $5, number = $6, seller = $7, terms = $8, supplied_on = $9,
       issued_on = $10, due_on = $11, reference_base = $12, reference_kind = $13, reference = $14, issued_at = $15
     where merchant_id = $1 and id = $2`,
    [
      merchantId,
      issue.id,
      issue.series,
      issue.year,
      issue.seq,
      issue.number,
      JSON.stringify(issue.seller),
      issue.terms,
      issue.supplied_on,
      issue.issued_on,
      issue.due_on,
      issue.reference_base,
      issue.reference_kind,
      issue.reference,
      issue.issued_at,
    ],
  )
}

export async function writeCancel(tx: Tx, merchantId: string, id: string): Promise<void> {
  await tx.query(`update invoice set state = 'cancelled' where merchant_id = $1 and id = $2`, [merchantId, id])
  await tx.query(
    'update invoice_state set is_ended = true, version = version + 1 where merchant_id = $1 and invoice_id = $2',
    [merchantId, id],
  )
}

/** What is written about an invoice after it was issued. The caller holds its lock. */
export interface StateChange {
  amount_paid?: bigint
  amount_refunded?: bigint
  amount_in_flight?: bigint
  amount_credited?: bigint
  is_open?: boolean
  is_ended?: boolean
  sent_at?: Date
  paid_at?: Date
  /** An event tells of it: then the invoice has a new version. */
  is_told: boolean
}

/** Returns the new version. */
export async function writeState(tx: Tx, merchantId: string, id: string, change: StateChange): Promise<number> {
  const { rows } = await tx.query<{ version: number }>(
    `update invoice_state set amount_paid = coalesce($3, amount_paid), amount_refunded = coalesce($4, amount_refunded),
       amount_in_flight = coalesce($5, amount_in_flight), amount_credited = coalesce($6, amount_credited),
       is_open = coalesce($7, is_open), is_ended = coalesce($8, is_ended), sent_at = coalesce($9, sent_at),
       paid_at = coalesce($10, paid_at), version = version + $11::boolean::int
     where merchant_id = $1 and invoice_id = $2 returning version`,
    [
      merchantId,
      id,
      change.amount_paid ?? null,
      change.amount_refunded ?? null,
      change.amount_in_flight ?? null,
      change.amount_credited ?? null,
      change.is_open ?? null,
      change.is_ended ?? null,
      change.sent_at ?? null,
      change.paid_at ?? null,
      change.is_told,
    ],
  )
  return rows[0]?.version as number
}

/**
 * Issued invoices that payments of these orders, or naming these invoices, pay; in the order in which they are locked. One that was
 * credited in full is replaced by the next that bills its order.
 */
export async function invoicesPaidAs(tx: Tx, merchantId: string, paysAs: readonly string[]) {
  const { rows } = await tx.query<{ id: string; is_replaced: boolean }>(
    `select i.id, s.is_ended and lead(i.id) over (partition by s.pays_as order by i.id) is not null as is_replaced
     from invoice_state s join invoice i on i.merchant_id = s.merchant_id and i.id = s.invoice_id
     where s.pays_as = any ($2) and s.merchant_id = $1 and i.kind = 'invoice' and i.state = 'issued' order by i.id`,
    [merchantId, paysAs],
  )
  return rows
}

/** How much of each line of an invoice its credit notes have taken back, in thousandths. Served by invoice_by_corrected. */
export async function creditedQuantities(tx: Tx, merchantId: string, id: string): Promise<Map<number, bigint>> {
  const { rows } = await tx.query<{ no: number; quantity_e3: bigint }>(
    `select l.corrects_no as no, sum(l.quantity_e3)::bigint as quantity_e3
     from invoice c join invoice_line l on l.merchant_id = c.merchant_id and l.invoice_id = c.id
     where c.corrects_id = $2 and c.merchant_id = $1 group by l.corrects_no`,
    [merchantId, id],
  )
  return new Map(rows.map(({ no, quantity_e3 }) => [no, quantity_e3]))
}

export interface ToRemind {
  merchant_id: string
  invoice_id: string
  /** Days after the due day whose reminders have not been sent and whose time has come. */
  days: number[]
  /** The last of all days chosen. */
  last_day: number
}

/** Invoices that were sent, are not paid and have a reminder due today where their merchant is. Served by invoice_open. */
export async function invoicesToRemind(db: Queryable, now: Date, limit: number): Promise<ToRemind[]> {
  const { rows } = await db.query<ToRemind>(
    `select s.merchant_id, s.invoice_id, array_agg(d.day) as days, max(t.last_day) as last_day
     from invoice_state s
     join invoice i on i.merchant_id = s.merchant_id and i.id = s.invoice_id
     join invoice_settings o on o.merchant_id = s.merchant_id
     cross join lateral (select max(x) as last_day from unnest(o.reminder_days) x) t
     cross join lateral unnest(o.reminder_days) d (day)
     where s.is_open and s.sent_at is not null and i.kind = 'invoice' and s.amount_in_flight = 0
       and i.due_on + d.day <= ($1::timestamptz at time zone o.time_zone)::date
       and not exists (select from invoice_reminder r
         where r.merchant_id = s.merchant_id and r.invoice_id = s.invoice_id and r.day = d.day)
     group by s.merchant_id, s.invoice_id order by s.merchant_id, s.invoice_id limit $2`,
    [now, limit],
  )
  return rows
}

/** Notes reminders as sent (`day`, with its mail) or passed over; answers those that were not noted before. */
export async function noteReminders(
  tx: Tx,
  merchantId: string,
  of: { invoice_id: string; days: number[]; day: number; mailId: string; at: Date },
): Promise<number[]> {
  const { rows } = await tx.query<{ day: number }>(
    `insert into invoice_reminder (merchant_id, invoice_id, day, mail_id, at)
     select $1, $2, d, case when d = $4::int then $5 end, $6 from unnest($3::int[]) d
     on conflict (merchant_id, invoice_id, day) do nothing returning day`,
    [merchantId, of.invoice_id, of.days, of.day, of.mailId, of.at],
  )
  return rows.map(({ day }) => day)
}
