// Puts together what stands at the counter: staff and tills. A part of the wiring with a file of its own.

import type { CartRouteDeps } from './carts/index.ts'
import type { Db } from './db/pool.ts'
import type { App, Caller } from './http/app.ts'
import type { Clock } from './lib/clock.ts'
import type { NewId } from './lib/ids.ts'
import type { MerchantCache } from './merchants/index.ts'
import { type StaffDeps, seedDemoStaff, routes as staffRoutes } from './staff/index.ts'
import { type TillDeps, type TillDoor, tillCaller, routes as tillRoutes } from './tills/index.ts'
import { keyedHash, type Vault } from './vault/index.ts'

export interface CounterBase {
  db: Db
  clock: Clock
  newId: NewId
  merchantCache: MerchantCache
  vault: Vault
  carts: Pick<CartRouteDeps, 'carts' | 'goods'>
}

export interface Counter {
  /** The caller behind a `td_…` or `ts_…`; null for every reason there can be. */
  authenticate(bearer: string): Promise<Caller | null>
  /** Registers every route, and the guard of tills before whatever is registered after it. */
  routes(app: App): void
  /** Opened where the demo's tills may be opened by anybody. */
  door: TillDoor
  /** Gives the demo retailer staff; nothing when it has some. */
  seedDemo(merchantId: string): Promise<void>
}

export function wireCounter(base: CounterBase): Counter {
  const { db, clock, newId, merchantCache, vault } = base
  const { carts, goods } = base.carts
  const staff: StaffDeps = {
    ...{ db, clock, newId, merchantCache },
    keyedHash: (merchantId, of) => keyedHash({ vault }, merchantId, of),
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
  }
  const door: TillDoor = { open: null }
  return {
    authenticate: (bearer) => tillCaller(tills, bearer),
    routes(app) {
      tillRoutes(app, { ...tills, door })
      staffRoutes(app, staff)
    },
    door,
    async seedDemo(merchantId) {
      const merchant = await merchantCache.get(merchantId)
      if (merchant) await seedDemoStaff(staff, merchant)
    },
  }
}
