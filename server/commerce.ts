// Puts the modules of commerce together, from the catalogue to returns, on top of the payment core that wiring.ts has built.
// A part of the wiring with a file of its own, so that each can be read in one go.

import {
  MIXED_FUNCTIONS as CART_FUNCTIONS,
  type CartRouteDeps,
  routes as cartRoutes,
  createCartLoader,
  createExpiry,
  createGuessLimit,
  type Goods,
} from './carts/index.ts'
import {
  type CatalogDeps,
  routes as catalogRoutes,
  createCatalogCache,
  explodeKits,
  listCounted,
  loadVariants,
  priceVariants,
  runImports,
  seedDemoCatalog,
} from './catalog/index.ts'
import {
  createGroupLoader,
  createTimeline,
  hasCustomer,
  type ProfileDeps,
  profileRoutes,
  pruneViews,
  recognise,
} from './customers/index.ts'
import type { Lanes } from './db/lanes.ts'
import type { Db, Tx } from './db/pool.ts'
import {
  createFulfilmentsConsumer,
  createFulfilmentWorkers,
  createLoadOf,
  dropWithEdit,
  type FulfilmentDeps,
  routes as fulfilmentRoutes,
  takeBackDigital,
} from './fulfilments/index.ts'
import type { App } from './http/app.ts'
import {
  createInvoicesConsumer,
  createInvoiceWorker,
  type InvoiceDeps,
  invoiceAttachments,
  routes as invoiceRoutes,
  withInvoices,
} from './invoices/index.ts'
import { createWorker, type Hints, type Worker } from './jobs/index.ts'
import type { Clock } from './lib/clock.ts'
import type { NewId } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import { divideHalfUp } from './lib/money.ts'
import { Problem } from './lib/problem.ts'
import {
  createBalanceMove,
  createLimit,
  createLoyaltyConsumer,
  createLoyaltyWorkers,
  createStoredValueBooks,
  type FollowedOrder,
  issueGiftCard,
  type LoyaltyDeps,
  type LoyaltyRouteDeps,
  routes as loyaltyRoutes,
  revealGiftCard,
  singlePurposeOf,
  taxPrepaidOf,
  voidCancelled,
} from './loyalty/index.ts'
import type { MakeAttachment } from './mail/index.ts'
import type { MerchantCache } from './merchants/index.ts'
import type { Consumer, EventStreams } from './notify/index.ts'
import {
  areCardsPaid,
  createGuestOrdersConsumer,
  createOrderBook,
  createOrdersConsumer,
  createOrderWorkers,
  isLinePaid,
  MIXED_FUNCTIONS as ORDER_FUNCTIONS,
  type OrderDeps,
  type OrderLine,
  routes as orderRoutes,
  ordersWithCards,
  readOrderLines,
  readOrders,
  returnWindowEnd,
} from './orders/index.ts'
import type { OrderBook, PaymentDeps, StoredValueBooks } from './payments/index.ts'
import {
  activePromotions,
  createPromotionCache,
  moveUses,
  type PromotionDeps,
  routes as promotionRoutes,
} from './promotions/index.ts'
import {
  createReturnsConsumer,
  createReturnsWorker,
  type Destination,
  givesDeliveryBack,
  type Priced,
  policyOf,
  type ReturnDeps,
  routes as returnRoutes,
} from './returns/index.ts'
import {
  available,
  createStockReads,
  expireCartReservations,
  type StockRouteDeps,
  seedDemoStock,
  routes as stockRoutes,
} from './stock/index.ts'
import { getInstrument, getToken, keyedHash, moveInstruments } from './vault/index.ts'

export interface CommerceBase extends Pick<InvoiceDeps, 'payUrlOf'> {
  db: Db
  /** Connections for looking rows up by their key. */
  lookups: Db
  /** Connections for the windows of consumers. */
  followers: Db
  lanes: Lanes
  clock: Clock
  newId: NewId
  log: Log
  hints: Hints
  merchantCache: MerchantCache
  payments: PaymentDeps
  eventStreams: EventStreams
  publicUrl: string
}

export interface Commerce {
  /** Registers every route. */
  routes(app: App): void
  workers: Worker[]
  /** Readers of the event log, in the order in which one feeds the next. */
  consumers: Consumer[]
  /** What payments ask about orders. */
  orders: OrderBook | undefined
  /** Gives the demo retailer goods, and its stores some of each; nothing when it has them. */
  seedDemo(merchantId: string): Promise<void>
  /** Makes what mails bring along, by kind. */
  attachments: Record<string, MakeAttachment>
  /** Gift cards, store credit and points, for payments. */
  storedValue: StoredValueBooks
  /** What the pages of orders, a customer's own account, and tills stand on. */
  forPages: { carts: CartRouteDeps; orders: OrderDeps; returns: ReturnDeps; catalog: CatalogDeps }
  own: { profiles: ProfileDeps; loyalty: LoyaltyRouteDeps }
}

/** Set-based functions that take rows of several merchants in one call. */
export const MIXED_FUNCTIONS: ReadonlySet<string> = new Set([...CART_FUNCTIONS, ...ORDER_FUNCTIONS])

/** How long goods may stay reserved beyond their time. */
const EXPIRE_EVERY_MS = 30_000
/** How often what is too old is looked for: it may stay some minutes longer, never be missed. */
const PRUNE_EVERY_MS = 10 * 60_000

/** Gift cards looked up per minute: above what a shop's tills and web shop need, far below what guessing needs. */
const CHECKS = { windowMs: 60_000, perCaller: 120, perMerchant: 600 }
/** Wrong codes and PINs per minute. A check character keeps typing errors out of the count. */
const MISSES = { windowMs: 60_000, perCaller: 20, perMerchant: 100 }

export function wireCommerce(base: CommerceBase): Commerce {
  const { db, lookups, clock, log, newId, merchantCache } = base
  const catalogCache = createCatalogCache({ db: lookups, clock })
  const stockReads = createStockReads(lookups)
  const loadOf = createLoadOf(lookups)
  const catalog: CatalogDeps = { db, clock, newId, merchantCache, catalogCache }
  const promotions: PromotionDeps = {
    db,
    clock,
    newId,
    merchantCache,
    promotionCache: createPromotionCache({ db: lookups, clock }),
    hasCustomer: (merchantId, id) => hasCustomer(db, merchantId, id),
  }
  const stock: StockRouteDeps = {
    ...{ db, clock, newId, merchantCache, stockReads, loadOf },
    async mustHaveVariants(merchantId, variantIds, pointer) {
      await foundVariants(catalog, merchantId, variantIds, pointer)
    },
    async mustBeStocked(merchantId, variantIds, pointer) {
      const found = await foundVariants(catalog, merchantId, variantIds, pointer)
      const kit = variantIds.find((id) => (found.get(id)?.components.length ?? 0) > 0)
      if (kit === undefined) return
      throw new Problem('validation-error', { errors: [{ pointer, detail: `${kit} is a kit: name its components` }] })
    },
  }
  const goods: Goods = {
    loadVariants: (merchantId, ids) => loadVariants(catalog, merchantId, ids),
    priceVariants: (merchantId, context, items) => priceVariants(catalog, merchantId, context, items),
    explodeKits,
    singlePurpose: (merchantId, skus) => singlePurposeOf(db, merchantId, skus),
    activePromotions: (merchantId, asked) => activePromotions(promotions, merchantId, asked),
    available: (merchantId, { variant_ids, channel, store_ids, without }) =>
      available(stock, merchantId, { variantIds: variant_ids, channel, storeIds: store_ids, without }),
  }
  const carts: CartRouteDeps = {
    ...base,
    goods,
    carts: createCartLoader(lookups),
    groups: createGroupLoader(lookups),
    guesses: createGuessLimit(clock),
  }
  const ordersConsumer = createOrdersConsumer(base, () => orderWorkers.refunds.wake())
  const returnDaysOf = async (merchantId: string) => (await policyOf({ db }, merchantId)).rules.window_days
  const orders: OrderDeps = {
    ...{ ...base, vault: base.payments.vault, carts },
    // What was cancelled is free again by the time it is answered.
    consumer: { catchUp: (merchantId) => followed(merchantId) },
    stockReads,
    loadOf,
    returnDaysOf,
    givesDeliveryBack,
    async worthGoesTo(merchantId, { customer_id }) {
      if (customer_id === null) return null
      const { rules } = await policyOf({ db }, merchantId)
      return rules.alternatives.includes('store_credit') ? { method: 'store_credit', customer_id } : null
    },
    taxPrepaid: (merchantId, paymentIds) => taxPrepaidOf(db, merchantId, paymentIds),
    dropCancelled: (tx, merchantId, what) => dropWithEdit(base, tx, merchantId, what),
    async takeBackCards(tx, merchantId, { order, units, by, at }) {
      const tell = await takeBackDigital(base, tx, merchantId, { order, units, by, at })
      const lines = units.map(({ line_id, left }) => ({ line_id, units: left }))
      const { id: order_id, channel, store_id } = order
      await voidCancelled(loyalty, tx, merchantId, { order_id, lines, channel, store_id, at })
      await tell()
    },
  }
  const orderWorkers = createOrderWorkers(orders)
  /** Payments confirm orders, and those bring fulfilments. */
  async function followed(merchantId: string): Promise<void> {
    await ordersConsumer.catchUp(merchantId)
    await guestOrders.catchUp(merchantId)
    await fulfilmentsConsumer.catchUp(merchantId)
  }
  const fulfilmentsConsumer = createFulfilmentsConsumer({ ...base, orders }, () => {
    fulfilmentWorkers.charges.wake()
    fulfilmentWorkers.missing.wake()
  })
  const fulfilments: FulfilmentDeps = {
    ...{ ...base, orders },
    consumer: { catchUp: (merchantId) => followed(merchantId) },
  }
  const fulfilmentWorkers = createFulfilmentWorkers(fulfilments)
  const timeline = createTimeline(base)
  const guestOrders = createGuestOrdersConsumer(base)
  /** As `reader`, which sees what a verified address has just brought a customer. */
  const withGuestOrders = (reader: Consumer): Consumer => ({
    ...reader,
    async catchUp(merchantId) {
      await guestOrders.catchUp(merchantId)
      await reader.catchUp(merchantId)
    },
  })
  const hashed: LoyaltyDeps['keyedHash'] = (merchantId, of) => keyedHash(base.payments, merchantId, of)
  const loyalty: LoyaltyDeps = {
    db,
    clock,
    newId,
    keyedHash: hashed,
    limits: { checks: createLimit(clock, CHECKS), misses: createLimit(clock, MISSES) },
  }
  const profiles: ProfileDeps = {
    db,
    clock,
    newId,
    timeline: withGuestOrders(timeline),
    keyedHash: hashed,
    mergeParts: [
      { name: 'instruments', move: moveInstruments },
      { name: 'promotion_uses', move: moveUses },
      { name: 'balances', move: createBalanceMove(loyalty) },
    ],
  }

  const points = createLoyaltyConsumer({ ...base, ...loyalty, clock, ordersOf: ordersToFollow, ordersWithCards })
  const ownLoyalty = { ...loyalty, catchUp: withGuestOrders(points).catchUp }
  const imports = createWorker({
    ...{ name: 'catalogue imports', clock, log, everyMs: 2_000 },
    tick: () => runImports(catalog),
  })
  const returns: ReturnDeps = {
    ...{ db, clock, newId, log, merchantCache, payments: base.payments },
    consumer: { catchUp: (merchantId) => followed(merchantId) },
    priced: (merchantId, of) => pricedToday(catalog, clock.now(), merchantId, of),
    recognise: async (merchantId, value) => (await recognise(profiles, merchantId, value))?.id ?? null,
    mustKnow: (merchantId, to, currency) => mustKnowDestination(base, merchantId, to, currency),
    takeBackCards: (tx, merchantId, back) => voidCancelled(loyalty, tx, merchantId, back),
    exchangeCards: {
      open: async (merchantId, { currency, key }) =>
        (await issueGiftCard(loyalty, merchantId, key, { currency, reason: 'exchange' })).id,
      codeOf: async (merchantId, id) => (await revealGiftCard(loyalty, merchantId, { id, has_pin: false })).code,
    },
  }
  const returnsConsumer = createReturnsConsumer({ ...base, ...returns })
  const invoicesConsumer = createInvoicesConsumer(base)
  const invoices: InvoiceDeps = { ...base, consumer: invoicesConsumer }

  const consumers: Consumer[] = [
    ordersConsumer,
    guestOrders,
    fulfilmentsConsumer,
    returnsConsumer,
    timeline,
    points,
    invoicesConsumer,
  ]
  const workers: Worker[] = [
    imports,
    createWorker({ name: 'old looks', clock, log, everyMs: PRUNE_EVERY_MS, tick: () => pruneViews(profiles) }),
    createExpiry(carts),
    createWorker({
      ...{ name: 'expired cart reservations', clock, log, everyMs: EXPIRE_EVERY_MS },
      tick: () => expireCartReservations(stock),
    }),
    ...Object.values(orderWorkers),
    ...Object.values(fulfilmentWorkers),
    ...createLoyaltyWorkers({ ...loyalty, clock, log }),
    createReturnsWorker(returns),
    createInvoiceWorker({ ...invoices, clock }),
  ]
  return {
    routes(app) {
      profileRoutes(app, profiles)
      catalogRoutes(app, { ...catalog, wakeImports: () => imports.wake() })
      cartRoutes(app, carts)
      stockRoutes(app, stock)
      promotionRoutes(app, promotions)
      loyaltyRoutes(app, ownLoyalty)
      orderRoutes(app, orders)
      fulfilmentRoutes(app, fulfilments)
      returnRoutes(app, returns)
      invoiceRoutes(app, invoices)
    },
    workers: [...consumers.map(({ worker }) => worker), ...workers],
    consumers,
    orders: withInvoices(createOrderBook({ db: lookups }), { db: lookups }),
    async seedDemo(merchantId) {
      await seedDemoCatalog(catalog, merchantId)
      await seedDemoStock(stock, merchantId, () => listCounted(db, merchantId))
    },
    attachments: invoiceAttachments(base),
    storedValue: createStoredValueBooks(loyalty),
    ...{ forPages: { carts, orders, returns, catalog }, own: { profiles, loyalty: ownLoyalty } },
  }
}

/** Articles of the merchant, all of them; throws reference-not-found at `pointer`. */
async function foundVariants(
  catalog: CatalogDeps,
  merchantId: string,
  variantIds: readonly string[],
  pointer: string,
): Promise<Awaited<ReturnType<typeof loadVariants>>> {
  const found = await loadVariants(catalog, merchantId, [...variantIds])
  const missing = variantIds.find((id) => !found.has(id))
  if (missing === undefined) return found
  throw new Problem('reference-not-found', { errors: [{ pointer, detail: `${missing} names no article` }] })
}

/** Orders as gift cards and points see them: of one that was given up nothing counts but what was handed over. */
async function ordersToFollow(tx: Tx, merchantId: string, ids: string[]): Promise<FollowedOrder[]> {
  const { rules } = await policyOf({ db: tx }, merchantId)
  const orders = await readOrders(tx, merchantId, ids)
  const lines = Map.groupBy(await readOrderLines(tx, merchantId, ids), (line) => line.order_id)
  return [...orders.values()].map((order) => {
    const own = (lines.get(order.id) ?? []).map((line) =>
      order.state === 'cancelled' ? { ...line, cancelled: line.quantity - line.fulfilled } : line,
    )
    const isPaid = (line: OrderLine) => (line.kind === 'gift_card' ? areCardsPaid : isLinePaid)(order, own, line)
    return {
      ...order,
      returnable_until: returnWindowEnd(order, lines.get(order.id) ?? [], rules.window_days),
      lines: own.map((line) => ({
        ...line,
        line_id: line.id,
        // A voucher is worth its price with the tax.
        list: line.kind === 'gift_card' && !order.prices_include_tax ? line.list + line.tax : line.list,
        is_paid: isPaid(line),
      })),
    }
  })
}

/** Articles as returns without a receipt see them: worth what they cost at the least of late. */
async function pricedToday(
  catalog: CatalogDeps,
  at: Date,
  merchantId: string,
  of: { variantIds: string[]; storeId: string; currency: string; channel: string },
): Promise<Map<string, Priced>> {
  const variants = await loadVariants(catalog, merchantId, of.variantIds)
  const context = { currency: of.currency, channel: of.channel, store_id: of.storeId, customer_groups: [], at }
  const items = of.variantIds.map((variant_id) => ({ variant_id, quantity: 1n }))
  const prices = await priceVariants(catalog, merchantId, context, items)
  const found = new Map<string, Priced>()
  for (const [id, { name, kind, categories, ...variant }] of variants) {
    const price = prices.get(id)
    if (!price) continue
    const lowest = price.lowest_30d_e4 ?? price.unit_price_e4
    const unit = lowest < price.unit_price_e4 ? lowest : price.unit_price_e4
    const components = explodeKits(variants, [{ variant_id: id, quantity: 1n }])
    // Which card it was, and whether it is used, only its order says.
    const is_returnable = variant.is_returnable && kind !== 'gift_card'
    found.set(id, { name, is_returnable, categories, components, unit_amount: divideHalfUp(unit, 10_000n) })
  }
  return found
}

/** Everything that money is to go to is this merchant's; said before anything is written. */
async function mustKnowDestination(
  { db, merchantCache, payments }: CommerceBase,
  merchantId: string,
  to: Destination,
  currency: string,
): Promise<void> {
  const merchant = await merchantCache.get(merchantId)
  const { register_id, terminal_id, customer_id, token, instrument_id, gift_card_id } = to
  const known: [name: string, id: string | undefined, isKnown: () => Promise<boolean> | boolean | undefined][] = [
    ['register_id', register_id, () => merchant?.registers.has(register_id ?? '')],
    ['terminal_id', terminal_id, () => merchant?.terminals.has(terminal_id ?? '')],
    ['customer_id', customer_id, () => hasCustomer(db, merchantId, customer_id ?? '')],
    ['token', token, async () => (await getToken(payments, merchantId, token ?? '')) !== null],
    [
      'instrument_id',
      instrument_id,
      async () => (await getInstrument(payments, merchantId, instrument_id ?? '')) !== null,
    ],
  ]
  for (const [name, id, isKnown] of known) {
    if (id !== undefined && !(await isKnown()))
      throw new Problem('reference-not-found', {
        errors: [{ pointer: `/to/${name}`, detail: 'names nothing of yours' }],
      })
  }
  if (gift_card_id === undefined) return
  const ask = { method: 'gift_card', currency, customerId: undefined, giftCard: undefined, callerId: undefined }
  await payments.storedValue?.toCredit(merchantId, { ...ask, giftCardId: gift_card_id, pointer: '/to/gift_card_id' })
}
