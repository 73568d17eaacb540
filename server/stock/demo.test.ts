import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { STOCK_CHECKS } from '../verify/stock-checks.ts'
import { type StockDeps, seedDemoStock } from './index.ts'
import { listLevels } from './store.ts'

let world: MerchantApp
before(async () => {
  world = await merchantApp()
})
after(() => world.close())

test('the demo retailer’s stores are filled once, and what somebody has sold or received since is left alone', async () => {
  const { deps: base, clock, cache } = world
  const deps: StockDeps = { ...base, clock, merchantCache: cache }
  const shop = await world.makeMerchant({
    stores: (['shop', 'web'] as const).map(
      (kind) => ({ name: kind, country: 'NL', currency: 'EUR', kind, registers: 0 }) as const,
    ),
  })
  const goods = Array.from({ length: 20 }, (_, i) => ({
    id: deps.newId('var'),
    sku: i === 0 ? 'KP-BASKET' : `SKU-${i}`,
    unit: i === 1 ? 'gram' : 'piece',
  }))
  const made = await seedDemoStock(deps, shop.merchant_id, async () => goods)
  const levels = await listLevels(deps.db, shop.merchant_id, { limit: 100 })
  assert.equal(levels.length, made)
  assert.ok(levels.every(({ on_hand }) => on_hand > 0n))
  const of = (i: number) => levels.filter(({ variant_id }) => variant_id === goods[i]?.id).map(({ on_hand }) => on_hand)
  assert.deepEqual(of(0), [3n], 'of the basket three, in the web shop')
  assert.ok(of(1).every((grams) => grams >= 2000n))
  const [shopFloor] = shop.stores
  const missing = goods.filter(
    ({ id }) => !levels.some((one) => one.variant_id === id && one.store_id === shopFloor?.id),
  )
  assert.ok(missing.length > 1, 'a shop does not have everything')
  const neverAsked = () => Promise.reject(new Error('a second start looks at no goods'))
  assert.equal(await seedDemoStock(deps, shop.merchant_id, neverAsked), 0)
  for (const { holds, sql } of STOCK_CHECKS) assert.deepEqual((await deps.db.query(sql)).rows, [], holds)
})
