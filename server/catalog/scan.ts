// From what a scanner reads to an article, a quantity and, where the label says so, a price. The order: a code that the
// merchant keeps as it stands, UPC-E, SKU, GS1 elements, codes with a price or weight in them.

import type { Queryable } from '../db/pool.ts'
import { currencyOf } from '../lib/currency.ts'
import { divideHalfUp, parseMajor } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantCache } from '../merchants/index.ts'
import { barcodeKey, upcA } from './barcode.ts'
import { type Embedded, readEmbedded, rulesOfCountry } from './embedded.ts'
import { type Gs1Elements, parseGs1, withoutSymbology } from './gs1.ts'
import { E4 } from './price.ts'
import type { PriceContext } from './pricing.ts'
import { findByCodes, findBySku, readBarcodeRules } from './scan-store.ts'
import { loadVariants, priceVariants, type SellableDeps, type SellableVariant } from './sellable.ts'

export interface ScanDeps extends SellableDeps {
  db: Queryable
  merchantCache: MerchantCache
}

export const FOUND_BY = ['barcode', 'sku', 'gs1', 'embedded'] as const

export interface Scanned {
  variant_id: string
  /** Base units: 1, what a box holds, or the weight of the label. */
  quantity: bigint
  /** What the label prices one base unit at: quantity times this is the label's price. Absent when the shop's price holds. */
  unit_price_e4?: bigint
  found_by: (typeof FOUND_BY)[number]
  gtin?: string
  lot?: string
  serial?: string
  /** YYYY-MM-DD: after this day it may not be sold. */
  expires_on?: string
}

/**
 * Finds what a code stands for; null when it is nothing of this merchant's. `context` prices labels without a weight. Throws
 * label-empty for a label whose price or weight is 0: scales print that when nothing was set or weighed, and selling it for
 * nothing, or by the gram, would be a guess.
 */
export async function resolveScan(
  deps: ScanDeps,
  merchantId: string,
  scanned: string,
  context: PriceContext,
): Promise<Scanned | null> {
  const { code, isGs1 } = withoutSymbology(scanned)
  const plain = isGs1 ? null : await resolvePlain(deps, merchantId, code)
  if (plain) return plain
  const elements = parseGs1(code, context.at)
  if (elements?.gtin !== undefined) {
    const found = await resolveElements(deps, merchantId, { ...elements, gtin: elements.gtin }, context)
    if (found) return found
  }
  return resolveEmbedded(deps, merchantId, code, context)
}

async function resolvePlain(deps: ScanDeps, merchantId: string, code: string): Promise<Scanned | null> {
  const long = upcA(code)
  const keys = [code, ...(long === undefined ? [] : [long])].map(barcodeKey)
  const found = await findByCodes(deps.db, merchantId, keys)
  if (found) return { ...found, found_by: 'barcode' }
  const bySku = await findBySku(deps.db, merchantId, code)
  return bySku === null ? null : { variant_id: bySku, quantity: 1n, found_by: 'sku' }
}

async function resolveElements(
  deps: ScanDeps,
  merchantId: string,
  elements: Gs1Elements & { gtin: string },
  context: PriceContext,
): Promise<Scanned | null> {
  const { gtin, lot, serial, expires_on } = elements
  const found = await findByCodes(deps.db, merchantId, [gtin])
  const variant = found && (await loadVariants(deps, merchantId, [found.variant_id])).get(found.variant_id)
  if (!found || !variant) return null
  const weighed = elements.measure?.unit === variant.unit ? elements.measure.quantity : undefined
  const label =
    elements.amount && isIn(elements.amount.currencyNumber, context.currency)
      ? labelPrice(elements.amount.digits, elements.amount.decimals, context.currency)
      : undefined
  const told = {
    found_by: 'gs1' as const,
    gtin,
    ...(lot === undefined ? {} : { lot }),
    ...(serial === undefined ? {} : { serial }),
    ...(expires_on === undefined ? {} : { expires_on }),
  }
  const counted = found.quantity * (elements.count ?? 1n)
  // With its weight the article can still be priced by the shop.
  if (weighed === 0n || (label === 0n && weighed === undefined)) throw emptyLabel()
  if (!label) return { variant_id: variant.id, quantity: weighed ?? counted, ...told }
  return { ...(await priced(deps, merchantId, { variant, label, weighed, context })), ...told }
}

async function resolveEmbedded(
  deps: ScanDeps,
  merchantId: string,
  code: string,
  context: PriceContext,
): Promise<Scanned | null> {
  if (!/^0?2\d{11,12}$/.test(code)) return null
  const embedded = readEmbedded(code.padStart(13, '0'), await rulesOf(deps, merchantId))
  if (!embedded) return null
  const found =
    (await findByCodes(deps.db, merchantId, embedded.codes.map(barcodeKey)))?.variant_id ??
    (await findBySku(deps.db, merchantId, embedded.codes.at(-1) as string))
  const variant = found && (await loadVariants(deps, merchantId, [found])).get(found)
  if (!variant) return null
  const found_by = 'embedded' as const
  if (/^0+$/.test(embedded.digits)) throw emptyLabel()
  if (embedded.kind === 'quantity') return { variant_id: variant.id, quantity: BigInt(embedded.digits), found_by }
  if (embedded.kind === 'weight')
    return { variant_id: variant.id, quantity: variant.unit === 'gram' ? gramsOf(embedded) || 1n : 1n, found_by }
  const label = labelPrice(embedded.digits, embedded.decimals, context.currency)
  if (label === undefined) return null
  return { ...(await priced(deps, merchantId, { variant, label, weighed: undefined, context })), found_by }
}

function emptyLabel(): Problem {
  return new Problem('label-empty', {
    errors: [{ pointer: '?code', detail: 'holds 0 where a price, a weight or a count should be' }],
  })
}

/** The merchant's own rules, or its country's when it has none. */
export async function rulesOf(deps: Pick<ScanDeps, 'db' | 'merchantCache'>, merchantId: string) {
  const own = await readBarcodeRules(deps.db, merchantId)
  if (own.length > 0) return own
  const merchant = await deps.merchantCache.get(merchantId)
  return rulesOfCountry(merchant?.country ?? '')
}

function gramsOf(embedded: Embedded): bigint {
  return divideHalfUp(BigInt(embedded.digits) * 1000n, 10n ** BigInt(embedded.decimals))
}

/** A label's price in minor units; undefined when it has decimals that the currency has not. */
function labelPrice(digits: string, decimals: number, currency: string): bigint | undefined {
  const exponent = currencyOf(currency)?.exponent
  if (exponent === undefined) return undefined
  const padded = digits.padStart(decimals + 1, '0')
  const cut = padded.length - decimals
  const fraction = padded.slice(cut)
  // 12.50 in a currency without decimals is nothing we can charge; 12.00 is 12.
  const spare = fraction.slice(exponent)
  if (/[1-9]/.test(spare)) return undefined
  const kept = fraction.slice(0, exponent)
  return parseMajor(kept === '' ? padded.slice(0, cut) : `${padded.slice(0, cut)}.${kept}`, exponent)
}

/**
 * A label with a price: the quantity is the weight it tells, or for a weighed article what the shop's price makes of it, so
 * that stock goes down by the right amount; the unit price is such that the line is the label's price to the cent.
 */
async function priced(
  deps: ScanDeps,
  merchantId: string,
  of: { variant: SellableVariant; label: bigint; weighed: bigint | undefined; context: PriceContext },
): Promise<{ variant_id: string; quantity: bigint; unit_price_e4: bigint }> {
  const { variant, label, context } = of
  const quantity =
    variant.unit === 'piece' ? 1n : (of.weighed ?? (await quantityFor(deps, merchantId, variant, label, context)))
  const unit_price_e4 = divideHalfUp(label * E4, quantity)
  // Ten kilograms and more by the gram: the rounding of the unit price could reach the total.
  if (divideHalfUp(unit_price_e4 * quantity, E4) !== label)
    return { variant_id: variant.id, quantity: 1n, unit_price_e4: label * E4 }
  return { variant_id: variant.id, quantity, unit_price_e4 }
}

async function quantityFor(
  deps: ScanDeps,
  merchantId: string,
  variant: SellableVariant,
  label: bigint,
  context: PriceContext,
): Promise<bigint> {
  const prices = await priceVariants(deps, merchantId, context, [{ variant_id: variant.id, quantity: 1n }])
  const unitPrice = prices.get(variant.id)?.unit_price_e4 ?? 0n
  if (unitPrice === 0n) return 1n
  return divideHalfUp(label * E4, unitPrice) || 1n
}

/** ISO 4217 numbers of the currencies that labels are printed in where we sell. */
const CURRENCY_NUMBERS: Record<string, string> = {
  '978': 'EUR',
  '752': 'SEK',
  '985': 'PLN',
  '208': 'DKK',
  '578': 'NOK',
  '826': 'GBP',
  '756': 'CHF',
  '203': 'CZK',
  '348': 'HUF',
  '946': 'RON',
  '975': 'BGN',
  '352': 'ISK',
  '840': 'USD',
}

/** An amount without a currency is in that of the shop. */
function isIn(currencyNumber: string | null, currency: string): boolean {
  return currencyNumber === null || CURRENCY_NUMBERS[currencyNumber] === currency
}
