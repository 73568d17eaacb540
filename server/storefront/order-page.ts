// Makes what an order's page shows: everything worked out anew from the books at each look.

import { createHash } from 'node:crypto'
import { settingsOf } from '../checkout/index.ts'
import { readOfOrders, showAll } from '../fulfilments/index.ts'
import { invoiceOfOrder } from '../invoices/index.ts'
import { amountText, LANGUAGE_NAMES, type Language, timeText } from '../lib/language.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type OrderLine, readOrder, readOrderLines, readOrderView, returnableSince } from '../orders/index.ts'
import { policyOf, returnsOfOrder } from '../returns/index.ts'
import type { StorefrontDeps } from './deps.ts'
import type { OrderNotice, OrderPageView, OrderStanding } from './page-view.ts'
import { parcelsOf } from './parcels.ts'
import { returnViews, timelineOf } from './timeline.ts'

type Shown = NonNullable<Awaited<ReturnType<typeof readOrderView>>>
type Parcels = Awaited<ReturnType<typeof showAll>>

export interface PageOptions {
  language: Language
  token: string
  notice?: OrderNotice | null
}

const DAY_MS = 86_400_000
/** States in which a store has not begun with the goods, so that taking them back troubles nobody. */
const UNTOUCHED = new Set(['pending', 'accepted', 'rejected', 'rerouted', 'cancelled', 'expired'])
const HANDED_OVER = new Set(['collected', 'shipped', 'delivered', 'lost', 'returned_to_sender'])

/** The page of an order for one reader; null when there is none. */
export async function orderPage(
  deps: StorefrontDeps,
  merchantId: string,
  orderId: string,
  { language, token, notice = null }: PageOptions,
): Promise<OrderPageView | null> {
  const merchant = await deps.merchantCache.get(merchantId)
  const [order, row, lines, returns, policy, settings, invoice] = await Promise.all([
    readOrderView(deps.orders, merchantId, orderId),
    readOrder(deps.db, merchantId, orderId),
    readOrderLines(deps.db, merchantId, orderId),
    returnsOfOrder(deps.db, merchantId, orderId),
    policyOf(deps, merchantId),
    settingsOf(deps, merchantId),
    invoiceOfOrder(deps.db, merchantId, orderId),
  ])
  if (!merchant || !order || !row) return null
  const parcels = await showAll(deps.db, merchantId, await readOfOrders(deps.db, merchantId, [orderId]))
  const show = (amount: number) => amountText(language, BigInt(amount), order.currency)
  const some = (amount: number) => (amount === 0 ? null : show(amount))
  const zone = zoneOf(merchant, order.store_id)
  const time = (at: string | Date) => timeText(language, new Date(at), zone)
  const standing = standingOf(order, parcels)
  const { window_days, excluded_categories, shipping_fee } = policy.rules
  const returnUntil = new Date(returnableSince(row).getTime() + window_days * DAY_MS)
  const returnable = returnUntil < deps.clock.now() ? [] : returnableLines(lines, excluded_categories)
  const delivery = order.lines.filter(({ kind }) => kind === 'shipping')
  const view: Omit<OrderPageView, 'stamp' | 'notice'> = {
    path: `/o/${token}`,
    merchant: {
      name: settings.display_name ?? merchant.name,
      logo: settings.logo,
      support_email: settings.support_email,
    },
    is_test: merchant.mode === 'test',
    languages: Object.entries(LANGUAGE_NAMES).map(([code, name]) => ({ code, name })),
    number: order.number,
    placed_at: time(order.placed_at),
    standing,
    lines: order.lines
      .filter(({ kind }) => kind !== 'shipping')
      .map((line) => ({
        id: line.id,
        name: line.name,
        quantity: quantityOf(line.quantity - line.quantity_cancelled, line.unit),
        amount: show(line.total),
        was: line.discount === 0 ? null : show(line.list),
        cancelled: line.quantity_cancelled,
        returned: line.quantity_returned,
        return_requested: line.quantity_return_requested,
      })),
    delivery: delivery.length === 0 ? null : show(delivery.reduce((sum, { total }) => sum + total, 0)),
    discount: some(order.discount),
    total: show(order.total),
    taxes: order.taxes
      .filter(({ tax }) => tax !== 0)
      .map(({ tax_rate_bp, tax }) => ({ rate: percent(tax_rate_bp, language), amount: show(tax) })),
    due: order.amount_due === 0 || standing === 'paying' ? null : show(order.amount_due),
    paid: some(order.amount_paid),
    held: some(order.amount_held),
    refunded: some(order.amount_refunded),
    pay_until: order.expires_at === null ? null : time(order.expires_at),
    parcels: await parcelsOf(deps, merchantId, { parcels, order, merchant, language, time }),
    timeline: timelineOf({ order, parcels, returns, time }),
    cancel: cancelOf(order, parcels, some),
    returnable: returnable.map(({ id, name, ...line }) => ({ line_id: id, name, quantity: leftOf(line) })),
    return_until: returnable.length === 0 ? null : time(returnUntil),
    return_fee: some(shipping_fee[order.currency] ?? 0),
    return_stores: [...merchant.stores.values()]
      .filter(({ capabilities, kind }) => kind === 'shop' && capabilities.includes('return'))
      .map(({ name }) => name)
      .sort(),
    returns: returnViews(returns, show),
    has_receipt: order.amount_paid > 0,
    invoice: invoice?.number ?? null,
    shop_url: deps.shop.open?.merchantId === merchantId ? '/shop' : null,
  }
  // What was just said to one reader is no news: the page would load itself again for it, and again.
  const stamp = createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 16)
  const isUntrue =
    (notice === 'cancelled' && standing !== 'cancelled') || (notice === 'return_asked' && returns.length === 0)
  return { ...view, notice: isUntrue ? null : notice, stamp }
}

/** Where the order stands. Money first: what waits for it goes nowhere. */
function standingOf(order: Shown, parcels: Parcels): OrderStanding {
  if (order.state === 'cancelled') return order.cancel_reason === 'expired' ? 'expired' : 'cancelled'
  const isMoving = order.payments.some(
    ({ direction, amount_in_flight, attention }) =>
      direction === 'charge' && (amount_in_flight > 0 || attention === 'unknown_outcome'),
  )
  if (order.state === 'placed') return isMoving ? 'paying' : 'unpaid'
  if (order.return_status === 'returned') return 'returned'
  if (order.fulfilment_status === 'fulfilled') {
    return parcels.some(({ state }) => state === 'shipped') ? 'underway' : 'done'
  }
  if (parcels.some(({ state }) => state === 'ready' || state === 'arrived')) return 'ready'
  return parcels.some(({ state }) => HANDED_OVER.has(state)) ? 'partly' : 'preparing'
}

/** A customer takes an order back as long as nobody has begun with it and nothing of it was handed over. */
function cancelOf(order: Shown, parcels: Parcels, some: (amount: number) => string | null): OrderPageView['cancel'] {
  if (order.state !== 'placed' && order.state !== 'confirmed') return null
  const isOpen = order.lines.some(({ quantity_open }) => quantity_open > 0)
  const isUntouched =
    order.lines.every(({ quantity_fulfilled }) => quantity_fulfilled === 0) &&
    parcels.every(({ state }) => UNTOUCHED.has(state))
  if (!isOpen || !isUntouched || order.payments.some(({ amount_in_flight }) => amount_in_flight > 0)) return null
  return { amount: some(order.amount_paid + order.amount_held - order.amount_refunded) }
}

function leftOf(line: Pick<OrderLine, 'fulfilled' | 'returned' | 'return_requested'>): number {
  return Number(line.fulfilled - line.returned - line.return_requested)
}

/** Units that the rules let come back. What is weighed comes back at the counter only. */
function returnableLines(lines: readonly OrderLine[], excluded: readonly string[]): OrderLine[] {
  return lines.filter(
    (line) =>
      line.kind === 'goods' &&
      line.unit === 'piece' &&
      line.is_returnable &&
      leftOf(line) > 0 &&
      !line.categories.some((category) => excluded.includes(category)),
  )
}

function zoneOf(merchant: MerchantConfig, storeId: string | null): string {
  const stores = [...merchant.stores.values()]
  const store = stores.find(({ id }) => id === storeId) ?? stores.find(({ country }) => country === merchant.country)
  return store?.timeZone ?? 'UTC'
}

/** `2`, or `250 g` of what is weighed. */
export function quantityOf(quantity: number, unit: string): string {
  return unit === 'gram' ? `${quantity} g` : String(quantity)
}

/** `21 %`, as the reader's language writes it. */
function percent(basisPoints: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(basisPoints / 10_000)
}
