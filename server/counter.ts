// Puts together what stands at the counter: staff, tills, shifts, receipts and the journal. A part of the wiring with a file of its
// own, so that each can be read in one go.

import type { CartRouteDeps } from './carts/index.ts'
import type { CatalogDeps } from './catalog/index.ts'
import { localeOf } from './customers/index.ts'
import type { Db } from './db/pool.ts'
import type { App, Caller } from './http/app.ts'
import { settingsOf } from './invoices/settings.ts'
import type { Worker } from './jobs/index.ts'
import { createJournal, routes as journalRoutes, listKeys, openJournalKey } from './journal/index.ts'
import type { Clock } from './lib/clock.ts'
import type { NewId } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import { carries, type MerchantCache } from './merchants/index.ts'
import { listEvents } from './notify/index.ts'
import {
  createOfflineWorker,
  type OfflineDeps,
  routes as offlineRoutes,
  soldAlone,
  waitingAt,
} from './offline/index.ts'
import type { OrderDeps } from './orders/index.ts'
import { type PaymentDeps, type PaymentView, paymentsOfOrder, renderPayment } from './payments/index.ts'
import { routes as printerRoutes, type ResolveName, readPrinter, sendToPrinter } from './printers/index.ts'
import { createReceiptWorker, routes as receiptRoutes, type SellerFacts } from './receipts/index.ts'
import {
  createShiftWorker,
  runningShift,
  type ShiftDeps,
  shiftAt,
  routes as shiftRoutes,
  shiftView,
} from './shifts/index.ts'
import { namesOfStaff, type StaffDeps, seedDemoStaff, routes as staffRoutes } from './staff/index.ts'
import { type TillDeps, type TillDoor, tillCaller, routes as tillRoutes } from './tills/index.ts'
import { applyPromotions } from './totals/index.ts'
import { keyedHash, type Vault } from './vault/index.ts'

export interface CounterBase {
  db: Db
  clock: Clock
  log: Log
  newId: NewId
  merchantCache: MerchantCache
  vault: Vault
  keysFolder: string
  publicUrl: string
  /** For the names of printers in the shop's network. */
  resolveName: ResolveName
  carts: Pick<CartRouteDeps, 'carts' | 'goods'>
  catalog: CatalogDeps
  orders: OrderDeps
  payments: PaymentDeps
}

export interface Counter {
  /** The caller behind a `td_…` or `ts_…`; null for every reason there can be. */
  authenticate(bearer: string): Promise<Caller | null>
  /** Registers every route, and the guard of tills before whatever is registered after it. */
  routes(app: App): void
  workers: Worker[]
  /** Opened where the demo's tills may be opened by anybody. */
  door: TillDoor
  /** Gives the demo retailer staff; nothing when it has some. */
  seedDemo(merchantId: string): Promise<void>
}

export async function wireCounter(base: CounterBase): Promise<Counter> {
  const { db, clock, log, newId, merchantCache, vault, publicUrl } = base
  const { carts, goods } = base.carts
  const key = await openJournalKey(base.keysFolder, { mayCreate: (await listKeys(db)).length === 0 })
  const staff: StaffDeps = {
    ...{ db, clock, newId, merchantCache },
    keyedHash: (merchantId, of) => keyedHash({ vault }, merchantId, of),
  }
  const printers = { db, clock, merchantCache, resolveName: base.resolveName }
  const shifts: ShiftDeps & { clock: Clock } = {
    ...{ db, clock, log, newId, merchantCache, vault, publicUrl },
    journal: createJournal({ db, key }),
    sellerOf: (merchantId) => sellerOf(base, merchantId),
    async paymentView(merchantId, paymentId) {
      const text = await renderPayment(db, merchantId, paymentId)
      return text === null ? null : (JSON.parse(text) as PaymentView)
    },
    namesOf: namesOfStaff,
    runningAt: async (tx, merchantId, registerId) => (await runningShift(tx, merchantId, registerId))?.id ?? null,
    async placedBy(merchantId, orderId) {
      const of = { after: 0n, type: 'order.placed', object_id: orderId, limit: 1 }
      const { by } = ((await listEvents(db, merchantId, of))[0]?.data ?? {}) as { by?: string | null }
      return by ?? null
    },
    languageOf: localeOf,
    waitingAt: (tx, merchantId, registerId) => waitingAt(tx, merchantId, { registerId, at: clock.now() }),
    soldAlone,
    sendToPrinter: (to) => sendToPrinter(printers, to),
  }
  const tills: TillDeps = {
    ...staff,
    async listPriceOf(merchantId, { variant_id, currency, store_id }) {
      const context = { currency, channel: 'pos', store_id, customer_groups: [], at: clock.now() }
      const prices = await goods.priceVariants(merchantId, context, [{ variant_id, quantity: 1n }])
      return prices.get(variant_id)?.unit_price_e4 ?? null
    },
    async cartLineOf(merchantId, { cart_id, line_id }) {
      const cart = await carts.load(merchantId, cart_id)
      const line = cart?.lines.find(({ id }) => id === line_id)
      return cart && line ? { variant_id: line.variant_id, currency: cart.currency } : null
    },
    cartCurrencyOf: async (merchantId, cartId) => (await carts.load(merchantId, cartId))?.currency ?? null,
    async isOrderPaid(merchantId, orderId) {
      // Of the payments themselves: an order hears of them a moment later.
      const payments = await paymentsOfOrder(db, merchantId, orderId)
      return payments.some((one) => one.amount_captured + one.amount_capturable + one.amount_in_flight > 0n)
    },
    hasPrinter: async (merchantId, registerId) => (await readPrinter(db, merchantId, registerId)) !== null,
    async shiftAt(merchantId, registerId) {
      const shift = await shiftAt(shifts, merchantId, registerId)
      return shift && shiftView(shifts, merchantId, shift, { id: '', registerId })
    },
  }
  const offline: OfflineDeps = {
    ...{ db, clock, log, newId, merchantCache, catalog: base.catalog, journal: shifts.journal, shifts },
    ...{ payments: base.payments, followUp: (merchantId) => base.orders.consumer.catchUp(merchantId) },
    async promotionsOn(merchantId, { lines, currency, storeId, at }) {
      const offers = await goods.activePromotions(merchantId, { at, codes: [], customerId: null })
      const nobody = { customer_id: null, customer_groups: [], codes: [] }
      const context = { at, currency, channel: 'pos', store_id: storeId, ...nobody }
      const { used } = applyPromotions({ lines, context }, offers)
      return used.map(({ promotion_id }) => offers.find(({ id }) => id === promotion_id)?.name ?? promotion_id)
    },
    sellerOf: shifts.sellerOf,
    async takenOnWord(merchantId, terminalId) {
      const merchant = await merchantCache.get(merchantId)
      const accountId = merchant?.terminals.get(terminalId)?.connectorAccountId
      const account = merchant?.accounts.find(({ id }) => id === accountId)
      const { get, methodsOf } = base.payments.connectors
      if (!account || get(account.connector)?.facts.told_by_person !== true) return []
      return methodsOf(account.connector).filter((code) => carries(account, methodsOf, code))
    },
  }
  const door: TillDoor = { open: null }
  return {
    authenticate: (bearer) => tillCaller(tills, bearer),
    routes(app) {
      tillRoutes(app, { ...tills, door })
      staffRoutes(app, staff)
      shiftRoutes(app, shifts)
      receiptRoutes(app, shifts)
      printerRoutes(app, printers)
      journalRoutes(app, { db, key })
      offlineRoutes(app, offline)
    },
    workers: [createOfflineWorker({ ...offline, clock }), createReceiptWorker(shifts), createShiftWorker(shifts)],
    door,
    async seedDemo(merchantId) {
      const merchant = await merchantCache.get(merchantId)
      if (merchant) await seedDemoStaff(staff, merchant)
    },
  }
}

/** As its invoices say it; before that is told, its name alone. */
async function sellerOf({ db, merchantCache }: CounterBase, merchantId: string): Promise<SellerFacts> {
  const seller = (await settingsOf({ db }, merchantId)).settings?.seller
  const address = seller?.address
  const place = [address?.postal_code, address?.city].filter((part) => part !== undefined).join(' ')
  return {
    name: seller?.name ?? (await merchantCache.get(merchantId))?.name ?? '',
    organisation_number: seller?.company_id ?? null,
    vat_number: seller?.vat_id ?? null,
    address: [address?.line1, address?.line2, place].filter(
      (part): part is string => part !== undefined && part !== '',
    ),
  }
}
