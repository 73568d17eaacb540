// One row of a transaction file: text cells in, exact figures out, or a sentence about what is wrong with it. No float is
// ever made of a price: it is kept in billionths of a pound, so `0.085` is 85,000,000 of them and nothing else.

import { containsCardNumber } from '../lib/card-scan.ts'
import { divideHalfUp, MAX_AMOUNT, toMajor } from '../lib/money.ts'

/** The columns a file must have; any order, further columns are ignored. */
export const COLUMNS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const
export type Column = (typeof COLUMNS)[number]

/** What an invoice number says by its first character: a sale, a cancellation (`C…`), an adjustment (`A…`), or neither. */
export type InvoiceKind = 'sale' | 'cancellation' | 'adjustment' | 'unknown'

export interface Row {
  invoice: string
  kind: InvoiceKind
  /** In capitals: the file writes one article as `85123a` and `85123A`. */
  article: string
  /** What the file calls the article here; often nothing. */
  description: string
  quantity: number
  /** Billionths of the currency's major unit; may be negative. */
  price: bigint
  /** quantity × price in minor units, rounded half away from zero. */
  amount: bigint
  /** `YYYY-MM-DD HH:MM:SS`, so that text order is time order. */
  at: string
  /** '' when the file names none. */
  customer: string
  country: string
}

const PRICE_DECIMALS = 9
const PRICE_UNIT = 10n ** BigInt(PRICE_DECIMALS)
/** Pence of a pound: what one minor unit is in the file's currency, GBP. */
const MINOR_PER_MAJOR = 100n

const QUANTITY = /^([+-]?\d{1,9})(?:\.0+)?$/
const PRICE = /^([+-]?)(\d{1,9})(?:\.(\d+))?$/
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?$/
/** The spreadsheet's way of writing it: month first. */
const US_DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$/
/** Spreadsheets turn numbers into floats and gaps into words. */
const NO_CUSTOMER = new Set(['', 'nan', 'null', 'none'])

/** Control characters, and those that turn the direction of writing: no name may hold them. */
const UNPRINTABLE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu

/** Reads one row, or says in a few words why it cannot be. */
export function readRow(cell: (column: Column) => string): Row | string {
  const invoice = cell('InvoiceNo').trim().toUpperCase()
  if (invoice === '' || invoice.length > 60) return 'InvoiceNo is missing or too long'
  const article = cell('StockCode').trim().toUpperCase()
  if (article === '' || article.length > 60) return 'StockCode is missing or too long'
  const quantity = QUANTITY.exec(cell('Quantity').trim())?.[1]
  if (quantity === undefined) return `Quantity "${shown(cell('Quantity'))}" is not a whole number`
  const price = readPrice(cell('UnitPrice').trim())
  if (price === undefined) return `UnitPrice "${shown(cell('UnitPrice'))}" is not a decimal number`
  const at = readTime(cell('InvoiceDate').trim())
  if (at === undefined) return `InvoiceDate "${shown(cell('InvoiceDate'))}" is not a date and time`
  const amount = rowAmount(Number(quantity), price)
  if (amount > MAX_AMOUNT || amount < -MAX_AMOUNT) return 'Quantity × UnitPrice is more than can be paid'
  const customer = cell('CustomerID').trim().replace(/\.0+$/, '')
  for (const [column, text] of [
    ['InvoiceNo', invoice],
    ['StockCode', article],
    ['CustomerID', customer],
  ] as const) {
    if (containsCardNumber(text)) return `${column} looks like a card number`
    if (text.search(UNPRINTABLE) >= 0) return `${column} holds characters that cannot be printed`
  }
  return {
    invoice,
    kind: kindOf(invoice),
    article,
    description: descriptionOf(cell('Description')),
    quantity: Number(quantity),
    price,
    amount,
    at,
    customer: NO_CUSTOMER.has(customer.toLowerCase()) ? '' : customer.slice(0, 60),
    country: cell('Country').trim().slice(0, 60),
  }
}

/** What the article can be called; nothing where the text looks like a card number, and the article then goes by its code. */
function descriptionOf(text: string): string {
  const plain = text.replaceAll(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim().slice(0, 120).trim()
  return containsCardNumber(plain) ? '' : plain
}

/** Minor units of quantity × price, halves away from zero, so that a return of a line is exactly its negative. */
export function rowAmount(quantity: number, price: bigint): bigint {
  return divideHalfUp(BigInt(quantity) * price * MINOR_PER_MAJOR, PRICE_UNIT)
}

/** Billionths as a decimal in major units, with at least two decimals and no more than it needs: `12.345`, `-0.50`. */
export function exactMajor(billionths: bigint): string {
  const text = toMajor(billionths, PRICE_DECIMALS)
  return text.replace(/0{1,7}$/, '')
}

function kindOf(invoice: string): InvoiceKind {
  if (/^\d+$/.test(invoice)) return 'sale'
  if (/^C\d+$/.test(invoice)) return 'cancellation'
  return /^A\d+$/.test(invoice) ? 'adjustment' : 'unknown'
}

function readPrice(text: string): bigint | undefined {
  const match = PRICE.exec(text)
  if (!match) return undefined
  const [, sign, whole, written = ''] = match
  const decimals = written.replace(/0+$/, '')
  if (decimals.length > PRICE_DECIMALS) return undefined
  const price = BigInt(`${whole}${decimals.padEnd(PRICE_DECIMALS, '0')}`)
  return sign === '-' ? -price : price
}

function readTime(text: string): string | undefined {
  const iso = ISO_DATE.exec(text)
  const us = iso ? null : US_DATE.exec(text)
  const [year, month, day, hour, minute, second] = iso
    ? iso.slice(1)
    : us
      ? [us[3], us[1], us[2], us[4], us[5], us[6]]
      : []
  if (year === undefined) return undefined
  const parts = [month, day, hour, minute, second ?? '0'].map((part) => (part as string).padStart(2, '0'))
  const [mm, dd, hh, mi, ss] = parts as [string, string, string, string, string]
  if (Number(hh) > 23 || Number(mi) > 59 || Number(ss) > 59 || !isRealDay(`${year}-${mm}-${dd}`)) return undefined
  return `${year}-${mm}-${dd} ${hh}:${mi}:${ss}`
}

function isRealDay(day: string): boolean {
  const read = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day)
}

/** Enough of a cell to find it in the file; never pages of it. */
function shown(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text
}
