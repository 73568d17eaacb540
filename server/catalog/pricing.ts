// Which price holds, now and at any time before: pure, so that one function answers for the till, the search and the price
// of thirty days ago. It decides from a variant's rows and the merchant's lists, and reads nothing.

/** A price as it is kept: of a list, or the base price when `price_list_id` is ''. */
export interface PriceRow {
  price_list_id: string
  currency: string
  min_qty: bigint
  unit_price_e4: bigint
  tax_included: boolean
}

/** A price that began at a time; null when it ended then. */
export interface PriceChange {
  price_list_id: string
  min_qty: bigint
  unit_price_e4: bigint | null
  tax_included: boolean
  at: Date
}

export interface PriceList {
  id: string
  currency: string
  tax_included: boolean
  channel: string | null
  store_id: string | null
  customer_group: string | null
  valid_from: Date
  /** The first moment at which it no longer holds; null for no end. */
  valid_to: Date | null
  priority: number
  lowest_wins: boolean
}

/** Where, to whom and when something is sold. */
export interface PriceContext {
  currency: string
  channel: string
  store_id?: string | undefined
  customer_groups: readonly string[]
  at: Date
}

export interface ChosenPrice {
  unit_price_e4: bigint
  tax_included: boolean
  /** Null for the base price. */
  price_list_id: string | null
}

/** The base price, as if it were a list without conditions that comes last. */
const BASE_RANK = 0

/**
 * The price of `quantity` base units; null when there is none. Lists that fit are asked in the order customer group, store,
 * channel, everyone; among equals first those with more conditions, then the lower priority, then the older. The first that
 * has the variant answers, with the price of the highest min_qty that fits. Then every list that is marked `lowest_wins`
 * may undercut it, if it counts tax the same way.
 */
export function choosePrice(
  rows: readonly PriceRow[],
  lists: ReadonlyMap<string, PriceList>,
  context: PriceContext,
  quantity: bigint,
): ChosenPrice | null {
  let first: Candidate | null = null
  let lowest: Candidate | null = null
  for (const row of highestThatFit(rows, context.currency, quantity)) {
    const list = row.price_list_id === '' ? null : lists.get(row.price_list_id)
    if (list === undefined || (list && !isFor(list, context))) continue
    const candidate = { row, list }
    if (list?.lowest_wins) {
      if (!lowest || isLower(candidate, lowest)) lowest = candidate
    } else if (!first || comesBefore(candidate, first)) first = candidate
  }
  const mayUndercut = lowest !== null && (first === null || lowest.row.tax_included === first.row.tax_included)
  const chosen =
    lowest && mayUndercut && (!first || lowest.row.unit_price_e4 < first.row.unit_price_e4) ? lowest : first
  if (!chosen) return null
  const { unit_price_e4, tax_included, price_list_id } = chosen.row
  return { unit_price_e4, tax_included, price_list_id: price_list_id === '' ? null : price_list_id }
}

interface Candidate {
  row: PriceRow
  list: PriceList | null
}

/** Of each list the row with the highest min_qty that the quantity reaches. */
function highestThatFit(rows: readonly PriceRow[], currency: string, quantity: bigint): Iterable<PriceRow> {
  const best = new Map<string, PriceRow>()
  for (const row of rows) {
    if (row.currency !== currency || row.min_qty > quantity) continue
    const kept = best.get(row.price_list_id)
    if (!kept || kept.min_qty < row.min_qty) best.set(row.price_list_id, row)
  }
  return best.values()
}

function isFor(list: PriceList, context: PriceContext): boolean {
  return (
    list.currency === context.currency &&
    list.valid_from <= context.at &&
    (list.valid_to === null || context.at < list.valid_to) &&
    (list.channel === null || list.channel === context.channel) &&
    (list.store_id === null || list.store_id === context.store_id) &&
    (list.customer_group === null || context.customer_groups.includes(list.customer_group))
  )
}

/** Customer group before store before channel; a list with a condition more comes before its equal without. */
function rankOf(list: PriceList | null): number {
  if (!list) return BASE_RANK
  return 1 + (list.customer_group ? 4 : 0) + (list.store_id ? 2 : 0) + (list.channel ? 1 : 0)
}

function comesBefore(a: Candidate, b: Candidate): boolean {
  const rank = rankOf(a.list) - rankOf(b.list)
  if (rank !== 0) return rank > 0
  const priority = (a.list?.priority ?? 0) - (b.list?.priority ?? 0)
  if (priority !== 0) return priority < 0
  return a.row.price_list_id < b.row.price_list_id
}

function isLower(a: Candidate, b: Candidate): boolean {
  if (a.row.unit_price_e4 !== b.row.unit_price_e4) return a.row.unit_price_e4 < b.row.unit_price_e4
  return comesBefore(a, b)
}

// ---- The lowest price of the thirty days before a reduction (Directive 98/6/EC, article 6a) ---------------------------------

const DAY_MS = 24 * 60 * 60 * 1000
const LOOK_BACK_MS = 30 * DAY_MS
/** A lowered price without an end counts as a reduction for this long; after that it is simply the price. */
const REDUCTION_MS = 30 * DAY_MS

/**
 * The lowest price that held in the thirty days before the present one was lowered to, in the same context; null when the
 * present price is no reduction: it was never lowered, or raised last, or lowered more than thirty days ago for good. A
 * price of a list with an end is a reduction until that end. `changes` is the variant's history in this currency.
 */
export function lowestBefore(
  changes: readonly PriceChange[],
  lists: ReadonlyMap<string, PriceList>,
  context: PriceContext,
  quantity: bigint,
): bigint | null {
  const now = context.at.getTime()
  const edges = edgesOf(changes, lists, now)
  // The price that holds since its creation was never another.
  if (edges.length < 2) return null
  const priceAt = (time: number) =>
    choosePrice(rowsAt(changes, context.currency, time), lists, { ...context, at: new Date(time) }, quantity)

  const present = priceAt(now)
  if (!present) return null
  let i = edges.length - 1
  let later = present
  for (; i > 0; i--) {
    const before = priceAt(edges[i - 1] as number)
    if (!before || before.tax_included !== later.tax_included || before.unit_price_e4 < later.unit_price_e4) return null
    if (before.unit_price_e4 > later.unit_price_e4) break
    later = before
  }
  if (i === 0) return null
  const began = edges[i] as number
  const list = present.price_list_id === null ? undefined : lists.get(present.price_list_id)
  if (!list?.valid_to && now - began >= REDUCTION_MS) return null

  let lowest: bigint | null = null
  // The piece that was in force when the thirty days began counts too.
  for (let j = i - 1; j >= 0; j--) {
    const price = priceAt(edges[j] as number)
    if (price && price.tax_included === present.tax_included && (lowest === null || price.unit_price_e4 < lowest))
      lowest = price.unit_price_e4
    if ((edges[j] as number) <= began - LOOK_BACK_MS) break
  }
  return lowest
}

/** The moments up to now at which a price may have changed, in order. */
function edgesOf(changes: readonly PriceChange[], lists: ReadonlyMap<string, PriceList>, now: number): number[] {
  const edges = new Set<number>()
  for (const { at, price_list_id } of changes) {
    edges.add(at.getTime())
    const list = lists.get(price_list_id)
    if (!list) continue
    edges.add(list.valid_from.getTime())
    if (list.valid_to) edges.add(list.valid_to.getTime())
  }
  return [...edges].filter((edge) => edge <= now).sort((a, b) => a - b)
}

/** The rows as they stood at a time. */
function rowsAt(changes: readonly PriceChange[], currency: string, time: number): PriceRow[] {
  const latest = new Map<string, PriceChange>()
  for (const change of changes) {
    if (change.at.getTime() > time) continue
    const key = `${change.price_list_id}/${change.min_qty}`
    const kept = latest.get(key)
    if (!kept || kept.at <= change.at) latest.set(key, change)
  }
  return [...latest.values()].flatMap(({ price_list_id, min_qty, unit_price_e4, tax_included }) =>
    unit_price_e4 === null ? [] : [{ price_list_id, min_qty, unit_price_e4, tax_included, currency }],
  )
}
