// What a code stands for, by what the till knows itself: the same readings in the same order as the server's, and the server's own code
// for check digits, GS1 and labels of scales. Pure.

import { barcodeKey, upcA } from '../../../server/catalog/barcode.ts'
import { type BarcodeRule, readEmbedded } from '../../../server/catalog/embedded.ts'
import { parseGs1, withoutSymbology } from '../../../server/catalog/gs1.ts'
import { priceE4 } from '../ticket-view.ts'

export type { BarcodeRule }

export interface Known {
  variantId: string
  unit: string
  price: string | null
}
export interface CodeIndex {
  /** By the key of a barcode. */
  barcode(key: string): { variantId: string; quantity: number } | undefined
  sku(sku: string): string | undefined
  article(variantId: string): Known | undefined
}
export interface Read {
  variantId: string
  quantity: number
  /** Of the label, as decimal text; null where the shop's price holds. */
  unitPrice: string | null
}

/** Null for a code that is nothing of ours; `empty` for a label that has 0 where a price or weight should be. */
export function readCode(
  scanned: string,
  index: CodeIndex,
  { rules, digits, at }: { rules: readonly BarcodeRule[]; digits: number; at: Date },
): Read | 'empty' | null {
  const { code, isGs1 } = withoutSymbology(scanned)
  const plain = isGs1 ? null : readPlain(code, index)
  if (plain) return plain
  const gs1 = readElements(code, index, digits, at)
  return gs1 ?? readLabel(code, index, rules, digits)
}

function readPlain(code: string, index: CodeIndex): Read | null {
  const long = upcA(code)
  const keys = [code, ...(long === undefined ? [] : [long])].map(barcodeKey)
  for (const key of keys) {
    const found = index.barcode(key)
    if (found) return { ...found, unitPrice: null }
  }
  const variantId = index.sku(code)
  return variantId === undefined ? null : { variantId, quantity: 1, unitPrice: null }
}

function readElements(code: string, index: CodeIndex, digits: number, at: Date): Read | 'empty' | null {
  const elements = parseGs1(code, at)
  const found = elements?.gtin === undefined ? undefined : index.barcode(elements.gtin)
  const article = found && index.article(found.variantId)
  if (!elements || !found || !article) return null
  const weighed = elements.measure?.unit === article.unit ? Number(elements.measure.quantity) : undefined
  // An amount in another currency than the shop's is nobody's here; labels seldom name one.
  const label =
    elements.amount && elements.amount.currencyNumber === null
      ? labelPrice(elements.amount.digits, elements.amount.decimals, digits)
      : undefined
  if (weighed === 0 || (label === 0n && weighed === undefined)) return 'empty'
  if (!label)
    return {
      ...{ variantId: article.variantId, unitPrice: null },
      quantity: weighed ?? found.quantity * Number(elements.count ?? 1n),
    }
  return labelled(article, label, weighed, digits)
}

function readLabel(
  code: string,
  index: CodeIndex,
  rules: readonly BarcodeRule[],
  digits: number,
): Read | 'empty' | null {
  if (!/^0?2\d{11,12}$/.test(code)) return null
  const embedded = readEmbedded(code.padStart(13, '0'), rules)
  if (!embedded) return null
  const variantId =
    embedded.codes.map((each) => index.barcode(barcodeKey(each))?.variantId).find(Boolean) ??
    index.sku(embedded.codes.at(-1) as string)
  const article = variantId === undefined ? undefined : index.article(variantId)
  if (!article) return null
  if (/^0+$/.test(embedded.digits)) return 'empty'
  const plain = { variantId: article.variantId, unitPrice: null }
  if (embedded.kind === 'quantity') return { ...plain, quantity: Number(embedded.digits) }
  if (embedded.kind === 'weight') {
    const grams = Math.round((Number(embedded.digits) * 1000) / 10 ** embedded.decimals)
    return { ...plain, quantity: article.unit === 'gram' ? grams || 1 : 1 }
  }
  const label = labelPrice(embedded.digits, embedded.decimals, digits)
  return label === undefined ? null : labelled(article, label, undefined, digits)
}

/** In minor units; undefined when it has decimals that the currency has not. */
function labelPrice(text: string, decimals: number, digits: number): bigint | undefined {
  const amount = BigInt(text)
  if (decimals <= digits) return amount * 10n ** BigInt(digits - decimals)
  const spare = 10n ** BigInt(decimals - digits)
  return amount % spare === 0n ? amount / spare : undefined
}

const E4 = 10_000n
const half = (numerator: bigint, denominator: bigint): bigint => (2n * numerator + denominator) / (2n * denominator)

/** At the label's price to the cent: by its weight, or for what is weighed by what the shop's price makes of it. */
function labelled(article: Known, label: bigint, weighed: number | undefined, digits: number): Read {
  const own = article.price === null ? 0n : priceE4(article.price, digits)
  const made = own === 0n ? 1n : half(label * E4, own) || 1n
  const quantity = article.unit === 'piece' ? 1n : weighed === undefined ? made : BigInt(weighed)
  const price = half(label * E4, quantity)
  const isExact = half(price * quantity, E4) === label
  return {
    variantId: article.variantId,
    quantity: isExact ? Number(quantity) : 1,
    unitPrice: majorE4(isExact ? price : label * E4, digits),
  }
}

/** A price in minor units × 10,000 as the API writes it. */
function majorE4(price: bigint, digits: number): string {
  const text = String(price).padStart(digits + 5, '0')
  const whole = text.slice(0, -(digits + 4))
  const part = text.slice(-(digits + 4))
  const kept = part.slice(0, digits) + part.slice(digits).replace(/0+$/, '')
  return kept === '' ? whole : `${whole}.${kept}`
}
