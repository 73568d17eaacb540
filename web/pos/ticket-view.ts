// What a ticket shows: the cart as the server last told it, with the changes on top that it has not answered yet. Those are worked out
// here with the server's own code, and replaced by its word when it comes. Pure.

import { computeTotals } from '../../server/totals/index.ts'
import type { Adjustment, Cart, CartLine, Tax } from './answers.ts'

/** An article as it is put on a ticket: enough to show it before the server answers. */
export interface Put {
  variant_id: string
  name: string
  sku: string | null
  unit: string
  kind: string
  quantity: number
  /** The shop's price, to show; null when it is not known. */
  price: string | null
  /** Another price than the shop's, and why. */
  unit_price?: string
  reason?: string
}

/** A change of the ticket, as it waits for its answer. */
export type Change =
  | { kind: 'add'; put: Put }
  | { kind: 'quantity'; lineId: string; quantity: number }
  | { kind: 'remove'; lineId: string }
  | { kind: 'price'; lineId: string; unit_price: string | null; reason: string | null }
  | { kind: 'fulfilment'; lineId: string; fulfilment: { mode: string; store_id?: string } | null }
  | { kind: 'address'; shipping_address: object }
  | { kind: 'customer'; customer_id: string | null }
  | { kind: 'codes'; codes: string[] }

export interface ShownLine {
  /** The line's id, or what stands for it until it has one. */
  key: string
  lineId: string | null
  variantId: string
  name: string
  sku: string | null
  unit: string
  quantity: number
  unitPrice: string | null
  listPrice: string | null
  reason: string | null
  list: number
  discount: number
  total: number
  adjustments: Adjustment[]
  isGone: boolean
  /** How many there are, where that is not enough. */
  short: number | null
  /** How it is handed over; `isElsewhere` where that was chosen for it: the rest is taken along. */
  mode: string
  isElsewhere: boolean
  /** Its answer is still to come. */
  isWaiting: boolean
}

export interface Shown {
  lines: ShownLine[]
  list: number
  discount: number
  tax: number
  total: number
  taxes: Tax[]
  /** Some of it is ours and not yet the server's. */
  isWaiting: boolean
}

export const EMPTY: Shown = { lines: [], list: 0, discount: 0, tax: 0, total: 0, taxes: [], isWaiting: false }

/** A price of the API as minor units × 10,000, as totals are computed with. */
export function priceE4(text: string, digits: number): bigint {
  const [whole = '0', part = ''] = text.split('.')
  return BigInt(whole + part.padEnd(digits + 4, '0').slice(0, digits + 4))
}

/** `quantity` of something at a unit price, in minor units. */
export function lineWorth(unitPrice: string, quantity: number, currency: { code: string; digits: number }): number {
  const { lines } = computeTotals({
    currency: currency.code,
    prices_include_tax: true,
    tax_rounding: 'per_rate_group',
    order_adjustments: [],
    lines: [
      {
        ...{ seq: 0, kind: 'goods', quantity: BigInt(quantity), tax_code: '', tax_rate_bp: 0 },
        unit_price_e4: priceE4(unitPrice, currency.digits),
      },
    ],
  })
  return Number(lines[0]?.total ?? 0n)
}

/** `digits` of the currency after the point. */
export function shownOf(
  cart: Cart | null,
  changes: readonly Change[],
  currency: { code: string; digits: number },
): Shown {
  const lines = (cart?.lines ?? []).map(shownLine)
  for (const change of changes) apply(lines, change, currency)
  const isWaiting = changes.length > 0
  if (cart && !isWaiting) {
    const { list, discount, tax, total, taxes } = cart
    return { lines, list, discount, tax, total, taxes, isWaiting }
  }
  const there = lines.filter(({ isGone }) => !isGone)
  const sum = (of: (line: ShownLine) => number) => there.reduce((so, line) => so + of(line), 0)
  return {
    lines,
    list: sum((line) => line.list),
    discount: sum((line) => line.discount),
    tax: cart?.tax ?? 0,
    total: sum((line) => line.total),
    taxes: cart?.taxes ?? [],
    isWaiting,
  }
}

function shownLine(line: CartLine): ShownLine {
  const { availability } = line
  return {
    key: line.id,
    lineId: line.id,
    variantId: line.variant_id,
    name: line.name ?? line.sku ?? '',
    sku: line.sku,
    unit: line.unit ?? 'piece',
    quantity: line.quantity,
    unitPrice: line.unit_price,
    listPrice: line.list_price,
    reason: line.override_reason,
    list: line.list,
    discount: line.discount,
    total: line.total,
    adjustments: line.adjustments,
    isGone: line.is_gone,
    mode: line.fulfilment.mode,
    isElsewhere: line.fulfilment.mode !== 'take_away',
    short: availability && !availability.is_enough ? (availability.available ?? 0) : null,
    isWaiting: false,
  }
}

function apply(lines: ShownLine[], change: Change, currency: { code: string; digits: number }): void {
  if (['customer', 'codes', 'address'].includes(change.kind)) return
  if (change.kind === 'add') {
    put(lines, change.put, currency)
    return
  }
  if (!('lineId' in change)) return
  const at = lines.findIndex(({ lineId }) => lineId === change.lineId)
  const line = lines[at]
  if (!line) return
  if (change.kind === 'fulfilment') lines[at] = { ...line, isWaiting: true }
  else if (change.kind === 'remove') lines.splice(at, 1)
  else if (change.kind === 'quantity') lines[at] = reckoned({ ...line, quantity: change.quantity }, currency)
  else {
    const unitPrice = change.unit_price ?? line.listPrice
    lines[at] = reckoned({ ...line, unitPrice, reason: change.reason }, currency)
  }
}

function put(lines: ShownLine[], article: Put, currency: { code: string; digits: number }): void {
  const joins = article.unit !== 'gram' && article.unit_price === undefined
  const at = joins ? lines.findIndex((line) => line.variantId === article.variant_id && line.reason === null) : -1
  const line = lines[at]
  if (line) {
    lines[at] = reckoned({ ...line, quantity: line.quantity + article.quantity }, currency)
    return
  }
  const unitPrice = article.unit_price ?? article.price
  lines.push(
    reckoned(
      {
        key: `new-${article.variant_id}-${lines.length}`,
        lineId: null,
        variantId: article.variant_id,
        name: article.name,
        sku: article.sku,
        unit: article.unit,
        quantity: article.quantity,
        unitPrice,
        listPrice: article.price,
        reason: article.reason ?? null,
        ...{ list: 0, discount: 0, total: 0, adjustments: [], isGone: false, short: null, isWaiting: true },
        ...{ mode: 'take_away', isElsewhere: false },
      },
      currency,
    ),
  )
}

/** At its unit price; what promotions take off it the server says. */
function reckoned(line: ShownLine, currency: { code: string; digits: number }): ShownLine {
  const list = line.unitPrice === null ? 0 : lineWorth(line.unitPrice, line.quantity, currency)
  return { ...line, list, discount: 0, total: list, adjustments: [], isWaiting: true }
}
