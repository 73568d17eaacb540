import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { CATALOG_CHECKS } from '../verify/catalog-checks.ts'
import { type CatalogDeps, createCatalogCache, listCounted, routes, seedDemoCatalog } from './index.ts'

let world: MerchantApp
let deps: CatalogDeps
before(async () => {
  world = await merchantApp((app, { deps: base, clock, cache }) => {
    deps = { ...base, clock, merchantCache: cache, catalogCache: createCatalogCache({ db: base.db, clock }) }
    routes(app, { ...deps, wakeImports() {} })
  })
})
after(() => world.close())

test('the demo retailer has goods of every kind, once, and nothing in its catalogue is wrong', async () => {
  const shop = await world.makeMerchant()
  const made = await seedDemoCatalog(deps, shop.merchant_id)
  assert.ok(made >= 30)
  assert.equal(await seedDemoCatalog(deps, shop.merchant_id), 0)
  const found = await world.call(shop.publishable_key, 'GET', '/v1/catalog/search?q=hiking%20soks')
  assert.match(JSON.stringify(found.body.data[0]?.['variant']), /Merino hiking socks/)
  for (const { holds, sql } of CATALOG_CHECKS) assert.deepEqual((await deps.db.query(sql)).rows, [], holds)
  const counted = (await listCounted(deps.db, shop.merchant_id)).map(({ sku }) => sku)
  assert.ok(counted.includes('KP-BASKET') && counted.includes('100017'))
  for (const sku of ['KP-KITCHEN', 'KP-COFFEE', 'KP-GIFT-25', 'KP-SHIP-STANDARD'])
    assert.equal(counted.includes(sku), false, `${sku} has no stock of its own`)
})
