// Works out what an edit of an order leads to: which units leave, which lines come, and what it all costs then. Reads only. The
// lines that stay keep what was agreed, their share of promotions with it; what comes is priced as of now.

import { priceItems } from '../carts/index.ts'
import { transact } from '../db/pool.ts'
import { amountOut } from '../lib/money.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import type { Units as StockUnits } from '../stock/index.ts'
import { computeTotals, type TotalsIn } from '../totals/index.ts'
import { type AddedPlace, ambiguous, placeAsked, placeOfLine, placesOf } from './added-place.ts'
import { type Units, without } from './apply-change.ts'
import { checkWays, type Way } from './check-ways.ts'
import type { OrderDeps } from './deps.ts'
import { isHandedOver, orderFigures, sumUp, toGiveBack } from './figures.ts'
import type { LineSnapshot, Order, OrderGroup, OrderLine } from './order.ts'
import { freedBy } from './reservation.ts'
import type { ChangeInput } from './schema.ts'
import { freshLine, snapshotOf } from './snapshot.ts'
import { type PlannedGroup, planGroups, stockOf } from './source.ts'
import { readOrderGroups } from './store.ts'
import { basketView } from './view.ts'
import { withFees } from './with-fees.ts'

/** What confirming a draft writes; kept with it, so that what was shown is what happens. */
export interface ChangePlan {
  cancel: { line_id: string; quantity: bigint }[]
  added: OrderLine[]
  groups: PlannedGroup[]
}

/** A line to come, before it has a price of its own. */
interface Draft {
  snapshot: Omit<LineSnapshot, 'list' | 'discount' | 'net' | 'tax' | 'total' | 'adjustments'>
  place: AddedPlace
  /** What asks for it. */
  pointer: string
}

/** The plan of a change. Throws reference-not-found, quantity-exceeds-available, validation-error, out-of-stock. */
export async function planChange(
  deps: OrderDeps,
  merchantId: string,
  order: Order,
  lines: readonly OrderLine[],
  input: ChangeInput,
): Promise<ChangePlan> {
  const groups = await readOrderGroups(deps.db, merchantId, order.id)
  const cancel: Units[] = []
  const drafts: Draft[] = []
  const seen = new Set<string>()
  const find = (id: string, pointer: string): OrderLine => {
    const line = lines.find((each) => each.id === id)
    if (!line) throw new Problem('reference-not-found', at(pointer, 'is no line of this order'))
    if (seen.has(id)) throw new Problem('validation-error', at(pointer, 'is named twice'))
    seen.add(id)
    return line
  }
  for (const [i, id] of (input.remove ?? []).entries()) {
    const line = find(id, `/remove/${i}`)
    if (line.fulfilled > 0n || openOf(line) === 0n) throw tooMany(`/remove/${i}`, line.fulfilled)
    cancel.push({ line, quantity: openOf(line) })
  }
  for (const [i, { line_id, quantity }] of (input.quantities ?? []).entries()) {
    const line = find(line_id, `/quantities/${i}/line_id`)
    const wanted = BigInt(quantity) - (line.quantity - line.cancelled)
    if (-wanted > openOf(line)) throw tooMany(`/quantities/${i}/quantity`, line.fulfilled)
    if (wanted < 0n) cancel.push({ line, quantity: -wanted })
    if (wanted > 0n) drafts.push({ ...moreOf(deps, line, wanted, groups), pointer: `/quantities/${i}` })
  }
  drafts.push(...(await bought(deps, merchantId, { order, lines, groups }, input.add ?? [])))
  const added = price(order, lines, drafts)
  // With the last goods goes what was charged beside them, as with a cancellation; not where others come instead.
  const leaving =
    drafts.length > 0 || cancel.length === 0
      ? cancel
      : await transact(deps.db, (tx) => withFees(deps, tx, merchantId, { order, lines }, cancel))
  const freed = freedBy(groups, cancel)
  return {
    cancel: leaving.map(({ line, quantity }) => ({ line_id: line.id, quantity })),
    added,
    groups: await groupsOf(deps, merchantId, order, { added, drafts, freed }),
  }
}

/** The groups of what comes, those of one address after those of another; what leaves is there to be taken. */
async function groupsOf(
  deps: OrderDeps,
  merchantId: string,
  order: Order,
  { added, drafts, freed }: { added: readonly OrderLine[]; drafts: readonly Draft[]; freed: StockUnits[] },
): Promise<PlannedGroup[]> {
  const wanted = added.map((line, i) => {
    const { place, pointer } = drafts[i] as Draft
    return { line, ...place, named: { name: 'What is added', way: pointer, stock: pointer } }
  })
  const taken = freed.map((units) => ({ ...units, quantity: -units.quantity }))
  const groups: PlannedGroup[] = []
  for (const lines of Map.groupBy(wanted, ({ address }) => JSON.stringify(address)).values()) {
    const address = lines[0]?.address ?? null
    const made = await planGroups(deps, merchantId, { ...order, address, taken }, lines)
    taken.push(...made.flatMap((group) => stockOf(group, lines)))
    groups.push(...made)
  }
  return groups
}

/** What a plan comes to, as the API shows it. Confirming writes rows that are shown by the same code. */
export function previewOf(order: Order, lines: readonly OrderLine[], plan: ChangePlan) {
  const after = linesAfter(lines, plan)
  const { total } = sumUp(after, order.prices_include_tax)
  const { due, paid, refunded } = orderFigures({ ...order, total })
  const toRefund = toGiveBack({ ...order, total })
  // What went back already, for whatever reason, cannot go back again.
  const left = paid > refunded ? paid - refunded : 0n
  return {
    ...basketView(after, order),
    difference: Number(total - order.total),
    amount_to_pay: amountOut(due),
    amount_to_refund: amountOut(toRefund < left ? toRefund : left),
  }
}

/** The lines of an order once a plan is carried out. */
export function linesAfter(lines: readonly OrderLine[], plan: ChangePlan): OrderLine[] {
  const cancel = unitsOf(lines, plan)
  return [...lines.map((line) => without(line, cancel)), ...plan.added]
}

/** The units that leave, with their lines as they are now. */
export function unitsOf(lines: readonly OrderLine[], plan: ChangePlan): Units[] {
  return plan.cancel.map(({ line_id, quantity }) => {
    const line = lines.find(({ id }) => id === line_id)
    if (!line) throw new Error('a change names a line its order does not have')
    return { line, quantity }
  })
}

function openOf(line: OrderLine): bigint {
  return line.quantity - line.cancelled - line.fulfilled
}

/** More of an article at the price it was ordered at. Promotions were decided for what was ordered then. */
function moreOf(
  deps: OrderDeps,
  line: OrderLine,
  quantity: bigint,
  groups: readonly OrderGroup[],
): Omit<Draft, 'pointer'> {
  const { list: _l, discount: _d, net: _n, tax: _t, total: _s, adjustments: _a, ...kept } = line
  return { snapshot: { ...kept, id: deps.newId('oln'), quantity }, place: placeOfLine(groups, line.id) }
}

/** Articles that come to the order, at today's price in its channel. */
async function bought(
  deps: OrderDeps,
  merchantId: string,
  { order, lines, groups }: { order: Order; lines: readonly OrderLine[]; groups: readonly OrderGroup[] },
  add: NonNullable<ChangeInput['add']>,
): Promise<Draft[]> {
  if (add.length === 0) return []
  const merchant = await deps.merchantCache.get(merchantId)
  if (!merchant) throw new Error('an order of a merchant that does not exist')
  const known = placesOf(groups, lines)
  const items = add.map(({ variant_id, quantity, fulfilment }, no) => {
    const asked = fulfilment && placeAsked(fulfilment, order, merchant, `/add/${no}/fulfilment`)
    const place = asked ?? known[0] ?? placeOfLine(groups)
    return { no, variant_id, quantity: BigInt(quantity), place, isKnown: asked !== undefined || known.length === 1 }
  })
  const { currency, channel, store_id, customer_id, country } = order
  const drafts: Draft[] = []
  for (const some of Map.groupBy(items, ({ place }) => JSON.stringify(place.address)).values()) {
    const shipping_address = some[0]?.place.address ?? order.shipping_address
    const priced = await priceItems(deps.carts, merchantId, {
      ...{ currency, channel, store_id, customer_id, country, shipping_address },
      items: some.map(({ no, variant_id, quantity, place }) => ({ no, variant_id, quantity, ...place })),
    })
    for (const [i, each] of priced.entries()) {
      const { no, place, isKnown } = some[i] as (typeof some)[number]
      const {
        list: _l,
        discount: _d,
        net: _n,
        tax: _t,
        total: _s,
        adjustments: _a,
        ...kept
      } = snapshotOf(deps, each, 0)
      if (isHandedOver(kept) && !isKnown) throw ambiguous(`/add/${no}`, known)
      drafts[no] = { snapshot: kept, place, pointer: `/add/${no}` }
    }
  }
  checkWays(drafts.map(wayOf), { caller: { kind: 'merchant' }, channel, charge: order.charge })
  return drafts
}

function wayOf({ snapshot: { kind, components }, place: { mode }, pointer }: Draft): Way {
  const pointers = { way: `${pointer}/fulfilment`, article: `${pointer}/variant_id`, charge: pointer }
  return { mode, kind, isCounted: components.length > 0 && isHandedOver({ kind }), name: 'What is added', pointers }
}

/** What comes is a basket of its own: its tax is rounded by itself, and what was agreed stays to the cent. */
function price(order: Order, lines: readonly OrderLine[], drafts: readonly Draft[]): OrderLine[] {
  if (drafts.length === 0) return []
  const last = Math.max(...lines.map(({ seq }) => seq))
  const input: TotalsIn = {
    currency: order.currency,
    prices_include_tax: order.prices_include_tax,
    tax_rounding: order.tax_rounding as TotalsIn['tax_rounding'],
    lines: drafts.map(({ snapshot }, i) => ({
      ...snapshot,
      seq: last + 1 + i,
      is_single_purpose: snapshot.kind === 'gift_card' && snapshot.tax_rate_bp > 0,
    })),
    order_adjustments: [],
  }
  const totals = computeTotals(input)
  return drafts.map(({ snapshot }, i) => {
    const { seq, list, discount, net, tax, total, adjustments, tax_code, tax_rate_bp } = totals.lines[
      i
    ] as (typeof totals.lines)[number]
    const sums = { list, discount, net, tax, total, adjustments, tax_code, tax_rate_bp }
    return freshLine(order.id, { ...snapshot, ...sums, seq })
  })
}

function tooMany(pointer: string, fulfilled: bigint): Problem {
  return new Problem(
    'quantity-exceeds-available',
    at(pointer, `${fulfilled} of it were handed over; those are returned, not removed`),
  )
}

function at(pointer: string, detail: string): { errors: FieldProblem[] } {
  return { errors: [{ pointer, detail }] }
}
