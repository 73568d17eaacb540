// The nouns of invoices as they stand in the database, and everything about one that is computed. Pure.

import type { Language } from '../lib/language.ts'
import type { ReferenceKind } from './reference.ts'

export const INVOICE_KINDS = ['invoice', 'credit_note'] as const
export type InvoiceKind = (typeof INVOICE_KINDS)[number]

/** Derived but for the first and last: nobody sets them. */
export const INVOICE_STATUSES = ['draft', 'issued', 'partly_paid', 'paid', 'overdue', 'credited', 'cancelled'] as const
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number]

export interface Address {
  line1: string
  line2?: string
  postal_code?: string
  city: string
  region?: string
  country: string
}

/** An electronic address in the Peppol network: a scheme of the EAS list, such as `0106`, and an id in it. */
export interface PeppolId {
  scheme: string
  id: string
}

export interface Party {
  /** The legal name. */
  name: string
  address: Address
  vat_id?: string
  /** Number in the company register: KvK, organisationsnummer, KRS, SIREN. */
  company_id?: string
  email?: string
  peppol?: PeppolId
}

export interface Buyer extends Party {
  /** Person the invoice is for the attention of. */
  contact?: string
}

export interface Seller extends Party {
  /** Name customers know, where it differs. */
  trade_name?: string
  phone?: string
  website?: string
  iban?: string
  bic?: string
  bankgiro?: string
  /** Under each page: what the law of the country wants to stand there. */
  footer?: string
  /** `#rrggbb`, for the headline and the amount. */
  accent?: string
}

/** Categories of VAT in the words of the API, by their codes of UNCL5305, which the database and XML have. */
export const VAT_CATEGORIES = {
  standard: 'S',
  zero: 'Z',
  exempt: 'E',
  reverse_charge: 'AE',
  intra_community: 'K',
  export: 'G',
  outside: 'O',
} as const
export type VatWord = keyof typeof VAT_CATEGORIES
export type VatCategory = (typeof VAT_CATEGORIES)[VatWord]

export function vatWord(category: VatCategory): VatWord {
  const words = Object.keys(VAT_CATEGORIES) as VatWord[]
  return words.find((word) => VAT_CATEGORIES[word] === category) ?? 'standard'
}

/** What quantities count, with its code of UN/ECE recommendation 20. */
export const UNITS = {
  piece: 'C62',
  hour: 'HUR',
  day: 'DAY',
  month: 'MON',
  kilogram: 'KGM',
  gram: 'GRM',
  litre: 'LTR',
  millilitre: 'MLT',
  metre: 'MTR',
  centimetre: 'CMT',
  kilometre: 'KMT',
} as const
export type Unit = keyof typeof UNITS

export interface InvoiceLine {
  no: number
  order_line_id: string | null
  corrects_no: number | null
  name: string
  detail: string | null
  sku: string | null
  /** Thousandths. */
  quantity_e3: bigint
  unit: Unit
  /** As priced: with tax where prices include it. */
  unit_price_e4: bigint
  vat_category: VatCategory
  vat_rate_bp: number
  vat_reason: string | null
  /** Of the price as priced. */
  discount: bigint
  net: bigint
  tax: bigint
  total: bigint
}

export interface Invoice {
  id: string
  kind: InvoiceKind
  state: 'draft' | 'issued' | 'cancelled'
  number: string | null
  currency: string
  language: Language
  prices_include_tax: boolean
  order_id: string | null
  order_revision: number | null
  corrects_id: string | null
  /** The number of the invoice that a credit note takes back from. */
  corrects_number: string | null
  /** Its day of issue. */
  corrects_issued_on: string | null
  customer_id: string | null
  seller: Seller | null
  buyer: Buyer
  buyer_reference: string | null
  note: string | null
  terms: string | null
  due_days: number
  /** Calendar days, YYYY-MM-DD. */
  supplied_on: string | null
  issued_on: string | null
  due_on: string | null
  reference_base: bigint | null
  reference_kind: ReferenceKind | null
  reference: string | null
  net: bigint
  tax: bigint
  total: bigint
  created_at: Date
  issued_at: Date | null
  /** From invoice_state. */
  pays_as: string
  amount_paid: bigint
  amount_refunded: bigint
  amount_in_flight: bigint
  amount_credited: bigint
  sent_at: Date | null
  paid_at: Date | null
  version: number
}

type Money = Pick<Invoice, 'total' | 'amount_paid' | 'amount_credited' | 'amount_refunded'>

/**
 * What is still to be paid. Money that was given back is not owed again: what ends a debt is a credit note, and nobody is to be
 * reminded of what a shop has chosen to return.
 */
export function amountDue({ total, amount_paid, amount_credited }: Money): bigint {
  const left = total - amount_credited - amount_paid
  return left > 0n ? left : 0n
}

/** What was paid beyond what is owed, and has not gone back. */
export function amountToRefund({ total, amount_paid, amount_credited, amount_refunded }: Money): bigint {
  const over = amount_paid - amount_refunded - (total - amount_credited)
  return over > 0n ? over : 0n
}

/** `today` is the day where the seller is. */
export function statusOf(invoice: Money & Pick<Invoice, 'kind' | 'state' | 'due_on'>, today: string): InvoiceStatus {
  if (invoice.state !== 'issued' || invoice.kind === 'credit_note') return invoice.state
  if (invoice.amount_credited >= invoice.total) return 'credited'
  if (amountDue(invoice) === 0n) return 'paid'
  if (invoice.due_on !== null && invoice.due_on < today) return 'overdue'
  return invoice.amount_paid > 0n ? 'partly_paid' : 'issued'
}

/** One rate of a document. */
export interface VatRow {
  vat_category: VatCategory
  vat_rate_bp: number
  vat_reason: string | null
  net: bigint
  tax: bigint
  total: bigint
}

/** The VAT of a document by category and rate, highest rate first. The rows add up to the document. */
export function vatRows(lines: readonly InvoiceLine[]): VatRow[] {
  const rows = new Map<string, VatRow>()
  for (const { vat_category, vat_rate_bp, vat_reason, net, tax, total } of lines) {
    const key = `${vat_category} ${vat_rate_bp}`
    const row = rows.get(key) ?? { vat_category, vat_rate_bp, vat_reason, net: 0n, tax: 0n, total: 0n }
    rows.set(key, { ...row, net: row.net + net, tax: row.tax + tax, total: row.total + total })
  }
  return [...rows.values()].sort((a, b) => b.vat_rate_bp - a.vat_rate_bp || (a.vat_category < b.vat_category ? -1 : 1))
}

/** `day` and `days` later, as calendar days. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() + days)
  return at.toISOString().slice(0, 10)
}
