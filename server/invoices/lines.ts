// The lines of an invoice and what they come to: from what a merchant gives, or from an order as it stands. Pure.

import { parseUnitPrice } from '../catalog/index.ts'
import { oneLine } from '../lib/inert-text.ts'
import { divideHalfUp, MAX_AMOUNT, parseMajor } from '../lib/money.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { lineNow, type Order, type OrderLine } from '../orders/index.ts'
import { computeTotals, standsOutside } from '../totals/index.ts'
import { type InvoiceLine, type Unit, VAT_CATEGORIES, type VatCategory, type VatWord } from './invoice.ts'

/** A line as a merchant gives it. */
export interface LineInput {
  name: string
  detail?: string
  sku?: string
  /** Decimal text with at most three decimals. */
  quantity?: string
  unit?: Unit
  /** Decimal text in major units. */
  unit_price: string
  vat_rate_bp: number
  vat_category?: VatWord
  /** Why it bears no VAT. */
  vat_reason?: string
}

export interface Basket {
  currency: string
  prices_include_tax: boolean
}

const E3 = 1_000n
const E4 = 10_000n
const ONE = E3

/** Lines with their amounts; VAT is rounded once for each rate and spread over its lines. Throws validation-error, amount-out-of-range. */
export function linesFrom(inputs: readonly LineInput[], basket: Basket): InvoiceLine[] {
  const errors: FieldProblem[] = []
  const read = inputs.map((input, i) => readLine(input, i, basket, errors))
  const isOutside = read.map(({ vat_category }) => vat_category === 'O')
  if (isOutside.includes(true) && isOutside.includes(false))
    errors.push({ pointer: '/lines', detail: 'An invoice is outside the scope of VAT as a whole, or not at all.' })
  if (errors.length > 0) throw new Problem('validation-error', { errors })
  return withAmounts(read, basket)
}

type Read = Omit<InvoiceLine, 'net' | 'tax' | 'total'> & { list: bigint }

function readLine(input: LineInput, i: number, basket: Basket, errors: FieldProblem[]): Read {
  const fault = (field: string, detail: string) => errors.push({ pointer: `/lines/${i}/${field}`, detail })
  const quantity_e3 = parseMajor(input.quantity ?? '1', 3) ?? 0n
  if (quantity_e3 <= 0n) fault('quantity', 'must be above 0, with at most three decimals')
  const price = parseUnitPrice(input.unit_price, basket.currency)
  if (typeof price !== 'bigint') fault('unit_price', 'must be an amount in major units such as "49.95"')
  const unit_price_e4 = typeof price === 'bigint' ? price : 0n
  const vat_category = VAT_CATEGORIES[input.vat_category ?? 'standard']
  if (input.vat_rate_bp > 0 !== (vat_category === 'S'))
    fault('vat_rate_bp', 'must be above 0 for `standard`, reduced rates included, and 0 for every other category')
  const vat_reason = input.vat_reason === undefined ? null : oneLine(input.vat_reason, 200)
  if (vat_category === 'E' && !vat_reason) fault('vat_reason', 'must say why the line is exempt')
  const name = oneLine(input.name, 200)
  if (name === '') fault('name', 'shows nothing')
  return {
    no: i + 1,
    order_line_id: null,
    corrects_no: null,
    name,
    detail: textOrNull(input.detail, 500),
    sku: textOrNull(input.sku, 120),
    quantity_e3,
    unit: input.unit ?? 'piece',
    unit_price_e4,
    vat_category,
    vat_rate_bp: input.vat_rate_bp,
    vat_reason,
    discount: 0n,
    list: divideHalfUp(unit_price_e4 * quantity_e3, E4 * E3),
  }
}

function withAmounts(lines: readonly Read[], { currency, prices_include_tax }: Basket): InvoiceLine[] {
  if (lines.reduce((sum, { list }) => sum + list, 0n) > MAX_AMOUNT) throw new Problem('amount-out-of-range')
  const totals = computeTotals({
    ...{ currency, prices_include_tax, tax_rounding: 'per_rate_group', order_adjustments: [] },
    // A quantity may have decimals, so each line goes in as one thing at its whole price.
    lines: lines.map(({ no, list, vat_category, vat_rate_bp }) => ({
      ...{ seq: no, kind: 'goods', quantity: 1n, unit_price_e4: list * E4 },
      ...{ tax_code: `${vat_category} ${vat_rate_bp}`, tax_rate_bp: vat_rate_bp },
    })),
  })
  if (totals.total > MAX_AMOUNT) throw new Problem('amount-out-of-range')
  const bySeq = new Map(totals.lines.map((line) => [line.seq, line]))
  return lines.map(({ list: _, ...line }) => {
    const { net = 0n, tax = 0n, total = 0n } = bySeq.get(line.no) ?? {}
    return { ...line, net, tax, total }
  })
}

/** The lines of an order as it stands, without what was cancelled, with the amounts and rates of the order. */
export function linesOfOrder(order: Order, orderLines: readonly OrderLine[], reasons: Reasons): InvoiceLine[] {
  const left = orderLines.filter(({ quantity, cancelled }) => quantity > cancelled)
  return left.map((line, i): InvoiceLine => {
    const { net, tax, total, discount } = lineNow(line, order.prices_include_tax)
    const vat = vatOf(line, reasons)
    return {
      no: i + 1,
      order_line_id: line.id,
      corrects_no: null,
      name: oneLine(line.name, 200) || '-',
      detail: null,
      sku: textOrNull(line.sku, 120),
      quantity_e3: (line.quantity - line.cancelled) * ONE,
      unit: line.unit as Unit,
      unit_price_e4: line.unit_price_e4,
      ...vat,
      discount,
      net,
      tax,
      total,
    }
  })
}

/** Why something bears no VAT, in the language of the invoice. */
export interface Reasons {
  exempt: string
  /** Vouchers, deposits and tips: beside goods that bear VAT they can only be shown as exempt (EN 16931, BR-O-11 to 14). */
  outside: string
  export: string
}

type Vat = Pick<InvoiceLine, 'vat_category' | 'vat_rate_bp' | 'vat_reason'>

function vatOf({ kind, tax_code, tax_rate_bp }: OrderLine, reasons: Reasons): Vat {
  if (standsOutside(kind)) return { vat_category: 'E', vat_rate_bp: 0, vat_reason: reasons.outside }
  if (tax_rate_bp > 0) return { vat_category: 'S', vat_rate_bp: tax_rate_bp, vat_reason: null }
  // `NL export 0`: country, class, rate; see vatRate of countries.
  const word = tax_code.split(' ')[1]
  const category: VatCategory = word === 'export' ? 'G' : word === 'exempt' ? 'E' : 'Z'
  const vat_reason = category === 'G' ? reasons.export : category === 'E' ? reasons.exempt : null
  return { vat_category: category, vat_rate_bp: 0, vat_reason }
}

export function sumOf(lines: readonly InvoiceLine[]): Pick<InvoiceLine, 'net' | 'tax' | 'total'> {
  const sum = { net: 0n, tax: 0n, total: 0n }
  for (const { net, tax, total } of lines) {
    sum.net += net
    sum.tax += tax
    sum.total += total
  }
  return sum
}

function textOrNull(text: string | null | undefined, maxLength: number): string | null {
  return text == null ? null : oneLine(text, maxLength) || null
}
