// The one computation of what a basket costs, the same on server, till and web page. Pure: it may run offline, and the
// result may be computed again years later from an order's snapshot. It never decides what is taken off; it only takes.
//
// In this order: list price of each line; its own adjustments; the order's adjustments, split over their lines; tax. All
// rounding is half up, and what rounding leaves goes to the largest remainder, ties to the lowest sequence. So the
// order of the lines in the input never changes an amount.

import { currencyOf } from '../lib/currency.ts'
import { divideHalfUp, MAX_AMOUNT } from '../lib/money.ts'
import {
  type Adjustment,
  type AdjustmentIn,
  type LineIn,
  type LineOut,
  type OrderAdjustmentIn,
  standsOutside,
  type TaxOut,
  type TotalsIn,
  type TotalsOut,
} from './line.ts'
import { shareOut } from './share.ts'

/** Unit prices carry four decimals below the minor unit, for weighed articles and net prices. */
const E4 = 10_000n
/** 10,000 basis points are 100 %. */
const WHOLE_BP = 10_000n

/** A line while it is being worked on: `left` is what remains of the price to take from, `tax` what is in or on it. */
interface Work {
  line: LineIn
  isOutside: boolean
  /** A single-purpose voucher: each unit is a voucher of its own, whose tax is rounded by itself. */
  isVoucher: boolean
  list: bigint
  left: bigint
  adjustments: Adjustment[]
  tax: bigint
}

/**
 * What a basket costs, line by line. An adjustment takes at most what is left of its line, and an order-level one at most
 * what is left of all its lines. Line totals sum to the total, taxes to the tax, and the same input gives the same output
 * for ever. Throws RangeError for what no till sends: an unknown currency, a negative amount, a sequence twice, a quantity
 * of 0, a discount on a gift card, deposit or tip, or an amount beyond MAX_AMOUNT.
 */
export function computeTotals(input: TotalsIn): TotalsOut {
  checkInput(input)
  const works = input.lines.map(startLine)
  const inSequence = [...works].sort((a, b) => a.line.seq - b.line.seq)
  for (const adjustment of input.order_adjustments) takeFromLines(inSequence, adjustment)

  for (const group of rateGroups(inSequence.filter((work) => !work.isOutside))) taxGroup(group, input)
  for (const work of works) if (work.isVoucher) work.tax = voucherTax(work, input)
  const groups = rateGroups(inSequence.filter((work) => !work.isOutside || work.isVoucher))

  const lines = works.map((work) => lineOut(work, input.prices_include_tax))
  const outBySeq = new Map(lines.map((line) => [line.seq, line]))
  const total = sumOf(lines, 'total')
  if (sumOf(lines, 'list') > MAX_AMOUNT || total > MAX_AMOUNT) throw new RangeError('the sum is beyond MAX_AMOUNT')
  const taxes = groups.map((group) => taxOut(group.map((work) => outBySeq.get(work.line.seq) as LineOut)))
  const goods_total = sumOf(taxes, 'total')
  return {
    lines,
    list: sumOf(lines, 'list'),
    discount: sumOf(lines, 'discount'),
    net: sumOf(lines, 'net'),
    tax: sumOf(lines, 'tax'),
    total,
    taxes,
    goods_total,
    outside_total: total - goods_total,
  }
}

// ---- Prices and adjustments ----------------------------------------------------------------------------------------

function startLine(line: LineIn): Work {
  const list = divideHalfUp(line.unit_price_e4 * line.quantity, E4)
  if (list > MAX_AMOUNT) throw new RangeError(`line ${line.seq} is beyond MAX_AMOUNT`)
  const work: Work = {
    line,
    isOutside: standsOutside(line.kind),
    isVoucher: line.kind === 'gift_card' && line.is_single_purpose === true,
    ...{ list, left: list, adjustments: [], tax: 0n },
  }
  for (const adjustment of line.adjustments ?? []) take(work, adjustment, adjustment.amount)
  return work
}

/** Takes `amount`, or what is left of the line. */
function take(work: Work, { source, label }: AdjustmentIn, wanted: bigint): void {
  const amount = wanted < work.left ? wanted : work.left
  if (amount === 0n) return
  work.left -= amount
  work.adjustments.push({ source, label, amount })
}

function takeFromLines(inSequence: readonly Work[], adjustment: OrderAdjustmentIn): void {
  const wanted = new Set(adjustment.lines)
  const eligible = inSequence.filter((work) => wanted.has(work.line.seq) && !work.isOutside)
  const shares = shareOut(
    adjustment.amount,
    eligible.map((work) => work.left),
  )
  eligible.forEach((work, i) => {
    take(work, adjustment, shares[i] as bigint)
  })
}

// ---- Tax -----------------------------------------------------------------------------------------------------------

/** Lines of one code and one rate, highest rate first, as receipts list them. */
function rateGroups(inSequence: readonly Work[]): Work[][] {
  const groups = new Map<string, Work[]>()
  for (const work of inSequence) {
    const key = JSON.stringify([work.line.tax_code, work.line.tax_rate_bp])
    groups.set(key, [...(groups.get(key) ?? []), work])
  }
  return [...groups.values()].sort(([a], [b]) => compareGroups((a as Work).line, (b as Work).line))
}

function compareGroups(a: LineIn, b: LineIn): number {
  if (a.tax_rate_bp !== b.tax_rate_bp) return b.tax_rate_bp - a.tax_rate_bp
  return a.tax_code < b.tax_code ? -1 : a.tax_code > b.tax_code ? 1 : 0
}

function taxOfAt(rate_bp: number, { prices_include_tax }: TotalsIn): (amount: bigint) => bigint {
  const rate = BigInt(rate_bp)
  return (amount) => divideHalfUp(amount * rate, prices_include_tax ? WHOLE_BP + rate : WHOLE_BP)
}

/** The tax of each of the line's vouchers by itself: where its price does not divide, some are worth a minor unit more. */
function voucherTax({ list, line: { quantity, tax_rate_bp } }: Work, input: TotalsIn): bigint {
  const taxOf = taxOfAt(tax_rate_bp, input)
  const [low, high] = [list / quantity, list % quantity]
  return taxOf(low) * (quantity - high) + taxOf(low + 1n) * high
}

function taxGroup(group: readonly Work[], input: TotalsIn): void {
  const taxOf = taxOfAt((group[0] as Work).line.tax_rate_bp, input)
  if (input.tax_rounding === 'per_line') {
    for (const work of group) work.tax = taxOf(work.left)
    return
  }
  const left = group.reduce((sum, work) => sum + work.left, 0n)
  // Tax on top may exceed what is left only at a rate above 100 %, which there is not, so no share is cut.
  const shares = shareOut(
    taxOf(left),
    group.map((work) => work.left),
  )
  group.forEach((work, i) => {
    work.tax = shares[i] as bigint
  })
}

// ---- Results -------------------------------------------------------------------------------------------------------

function lineOut(work: Work, pricesIncludeTax: boolean): LineOut {
  const { list, left, adjustments, tax } = work
  const { seq, tax_code } = work.line
  const net = pricesIncludeTax ? left - tax : left
  // What stands outside bears no tax whatever rate its article has elsewhere, and a receipt must not claim one.
  const tax_rate_bp = work.isOutside && !work.isVoucher ? 0 : work.line.tax_rate_bp
  return { seq, list, discount: list - left, adjustments, net, tax, total: net + tax, tax_code, tax_rate_bp }
}

function taxOut(lines: readonly LineOut[]): TaxOut {
  const { tax_code, tax_rate_bp } = lines[0] as LineOut
  return {
    tax_code,
    tax_rate_bp,
    net: sumOf(lines, 'net'),
    tax: sumOf(lines, 'tax'),
    total: sumOf(lines, 'total'),
  }
}

function sumOf<K extends string>(rows: readonly Record<K, bigint>[], key: K): bigint {
  return rows.reduce((sum, row) => sum + row[key], 0n)
}

// ---- Guards --------------------------------------------------------------------------------------------------------

function checkInput(input: TotalsIn): void {
  if (!currencyOf(input.currency)) throw new RangeError(`no such currency: ${input.currency}`)
  const seqs = new Set<number>()
  for (const line of input.lines) {
    if (seqs.has(line.seq)) throw new RangeError(`line ${line.seq} is there twice`)
    seqs.add(line.seq)
    checkLine(line)
  }
  for (const adjustment of input.order_adjustments) {
    checkAmount(adjustment.amount)
    const stranger = adjustment.lines.find((seq) => !seqs.has(seq))
    if (stranger !== undefined) throw new RangeError(`an adjustment is for line ${stranger}, which is not there`)
  }
}

function checkLine(line: LineIn): void {
  const { seq, kind, quantity, unit_price_e4, tax_rate_bp, adjustments = [] } = line
  if (!Number.isSafeInteger(seq) || seq < 0) throw new RangeError('a sequence is a whole number from 0')
  if (quantity <= 0n || quantity > MAX_AMOUNT) throw new RangeError(`line ${seq} needs a quantity of at least 1`)
  if (unit_price_e4 < 0n) throw new RangeError(`line ${seq} has a negative price`)
  if (!Number.isInteger(tax_rate_bp) || tax_rate_bp < 0 || tax_rate_bp > Number(WHOLE_BP))
    throw new RangeError(`line ${seq} needs a rate of 0 to 10000 basis points`)
  // A card sold for less than it is worth is a cost of marketing, not a price; a deposit goes back in full.
  if (standsOutside(kind) && adjustments.length > 0) throw new RangeError(`line ${seq} (${kind}) takes no discount`)
  for (const adjustment of adjustments) checkAmount(adjustment.amount)
}

function checkAmount(amount: bigint): void {
  if (amount < 0n || amount > MAX_AMOUNT) throw new RangeError('an adjustment is 0 to MAX_AMOUNT')
}
