// A sale that was made without the server, as a document: what is written down, signed and sent, and never changed. Pure; what it comes
// to is worked out with the server's own code. It says what was sold and taken, and never what the server would have said.

import { canonicalJson } from '../../../server/lib/canonical-json.ts'
import { computeTotals, roundCash } from '../../../server/totals/index.ts'
import type { Tax } from '../answers.ts'
import type { CashRule } from '../place.ts'
import { priceE4 } from '../ticket-view.ts'
import { folded } from './words.ts'

/** A line of a ticket that is sold without the server. */
export interface OpenLine {
  key: string
  variant_id: string
  name: string
  sku: string | null
  unit: string
  /** Base units: pieces, or grams. */
  quantity: number
  /** Decimal text in major units. */
  unit_price: string
  list_price: string | null
  reason: string | null
  tax_code: string
  tax_rate_bp: number
}

export interface OpenTender {
  method: string
  /** The part of the total it covers, before rounding. */
  amount: number
  /** Of the cash that closes the sale. */
  rounding: number
  tendered?: number
  change?: number
  terminal_id?: string
  authorisation_code?: string
  last4?: string | null
}

/** How the store counts. */
export interface Rules {
  currency: { code: string; digits: number }
  prices_include_tax: boolean
  tax_rounding: 'per_rate_group' | 'per_line'
}

export interface Sums {
  lines: { total: number; tax: number }[]
  total: number
  tax: number
  taxes: Tax[]
}

/** What the lines come to, in their order. */
export function sumsOf(lines: readonly OpenLine[], { currency, prices_include_tax, tax_rounding }: Rules): Sums {
  const out = computeTotals({
    ...{ currency: currency.code, prices_include_tax, tax_rounding, order_adjustments: [] },
    lines: lines.map((line, seq) => ({
      ...{ seq, kind: 'goods', quantity: BigInt(line.quantity), tax_code: line.tax_code },
      ...{ tax_rate_bp: line.tax_rate_bp, unit_price_e4: priceE4(line.unit_price, currency.digits) },
    })),
  })
  return {
    lines: out.lines.map(({ total, tax }) => ({ total: Number(total), tax: Number(tax) })),
    total: Number(out.total),
    tax: Number(out.tax),
    taxes: out.taxes.map(({ tax_code, tax_rate_bp, net, tax, total }) => ({
      ...{ tax_code, tax_rate_bp, net: Number(net), tax: Number(tax), total: Number(total) },
    })),
  }
}

/** What cash covers: `amount` of what is due; rounded to coins there are where it closes the sale. Null where too little is handed over. */
export function cashTender(
  { due, amount, tendered }: { due: number; amount: number; tendered: number },
  rule: CashRule | null,
): OpenTender | null {
  const rounding =
    rule && amount === due
      ? Number(
          roundCash(BigInt(amount), {
            ...{ currency: '', increment_minor: BigInt(rule.increment), mode: rule.mode, is_optional: true },
          }).rounding,
        )
      : 0
  const change = tendered - amount - rounding
  return change < 0 ? null : { method: 'cash', amount, rounding, tendered, change }
}

/** The end of a chain of documents, which the next one is tied to. */
export interface ChainEnd {
  key_id: string
  device_id: string
  next_sequence: number
  /** Hex SHA-256 of the document before. */
  last_hash: string
}

export interface SaleFacts {
  id: string
  register: { id: string; name: string }
  sold_at: string
  staff_id: string
  shift_id: string | null
  customer_id: string | null
  catalogue_cursor: string | null
  lines: readonly OpenLine[]
  tenders: readonly OpenTender[]
  rules: Rules
}

export interface SaleDocument {
  version: 1
  kind: 'sale'
  id: string
  key_id: string
  device_id: string
  register_id: string
  sequence: number
  previous_hash: string
  sold_at: string
  staff_id: string
  shift_id: string | null
  customer_id: string | null
  currency: string
  prices_include_tax: boolean
  catalogue_cursor: string | null
  lines: {
    id: string
    variant_id: string
    name: string
    sku: string | null
    /** Whole base units, as text. */
    quantity: string
    unit_price: string
    list_price: string | null
    reason: string | null
    tax_rate_bp: number
    total: number
    tax: number
  }[]
  total: number
  tax: number
  rounding: number
  tenders: {
    method: string
    amount: number
    tendered?: number
    change?: number
    terminal_id?: string
    authorisation_code?: string
    last4?: string | null
  }[]
  receipt_code: string
}

/** The document of a sale at the end of a chain. Throws where its tenders are not its total: that is not paid. */
export function documentOf(facts: SaleFacts, end: ChainEnd): SaleDocument {
  const { id, register, sold_at, staff_id, shift_id, customer_id, catalogue_cursor, lines, tenders, rules } = facts
  const sums = sumsOf(lines, rules)
  const covered = tenders.reduce((sum, { amount }) => sum + amount, 0)
  if (covered !== sums.total) throw new RangeError(`${covered} was taken for ${sums.total}`)
  return {
    ...{ version: 1, kind: 'sale', id, key_id: end.key_id, device_id: end.device_id, register_id: register.id },
    ...{ sequence: end.next_sequence, previous_hash: end.last_hash, sold_at, staff_id, shift_id, customer_id },
    ...{ currency: rules.currency.code, prices_include_tax: rules.prices_include_tax, catalogue_cursor },
    lines: lines.map(({ variant_id, name, sku, quantity, unit_price, list_price, reason, tax_rate_bp }, i) => ({
      ...{
        id: String(i + 1),
        variant_id,
        name,
        sku,
        quantity: String(quantity),
        unit_price,
        list_price,
        reason,
        tax_rate_bp,
      },
      ...(sums.lines[i] as { total: number; tax: number }),
    })),
    ...{ total: sums.total, tax: sums.tax },
    rounding: tenders.reduce((sum, { rounding }) => sum + rounding, 0),
    tenders: tenders.map(({ rounding: _, ...tender }) => tender),
    receipt_code: receiptCode(register.name, end.next_sequence),
  }
}

/** What people call an offline receipt: `R1-000017` of Register 1. Not a number of the journal; that one comes with the server. */
export function receiptCode(registerName: string, sequence: number): string {
  const words =
    folded(registerName)
      .toUpperCase()
      .match(/[A-Z]+|\d+/g) ?? []
  const name = words.map((word) => (/\d/.test(word) ? word : word.slice(0, 1))).join('')
  return `${name.slice(0, 6) || 'T'}-${String(sequence).padStart(6, '0')}`
}

/** The text that is signed. */
export const textOf = (document: SaleDocument): string =>
  canonicalJson(JSON.parse(JSON.stringify(document)) as Parameters<typeof canonicalJson>[0])

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 10
const RANDOM_CHARS = 16

/** An id made on the device, in the form of all ids: `ofs_`, ten signs of time, sixteen of chance. */
export function offlineId(at: number, random: Uint8Array): string {
  let rest = at
  let time = ''
  for (let i = 0; i < TIME_CHARS; i++) {
    time = ALPHABET[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  return `ofs_${time}${[...random.slice(0, RANDOM_CHARS)].map((byte) => ALPHABET[byte & 31]).join('')}`
}

/** How much may be sold without the server. Null is no limit. */
export interface Caps {
  per_sale: number | null
  per_device: number | null
  max_age_h: number | null
  max_documents: number | null
}

/** Sales that the server does not have yet. */
export interface Waiting {
  count: number
  total: number
  /** When the oldest was sold, as milliseconds. */
  oldest: number | null
}

export type CapFault = { code: 'cap-sale' | 'cap-device' | 'cap-age' | 'cap-documents'; most: number }

/** Why a sale of `total` may not be made without the server; null when it may. */
export function capFault(caps: Caps, total: number, waiting: Waiting, now: number): CapFault | null {
  const { per_sale, per_device, max_age_h, max_documents } = caps
  if (max_documents !== null && waiting.count >= max_documents) return { code: 'cap-documents', most: max_documents }
  if (max_age_h !== null && waiting.oldest !== null && now - waiting.oldest > max_age_h * 3_600_000)
    return { code: 'cap-age', most: max_age_h }
  if (per_sale !== null && total > per_sale) return { code: 'cap-sale', most: per_sale }
  if (per_device !== null && waiting.total + total > per_device) return { code: 'cap-device', most: per_device }
  return null
}
