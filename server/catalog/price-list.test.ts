import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type Answer, type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { transact } from '../db/pool.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import { CATALOG_CHECKS } from '../verify/catalog-checks.ts'
import { type CatalogDeps, createCatalogCache, routes } from './index.ts'
import { writePrices } from './price-store.ts'

const DAY = 24 * 60 * 60 * 1000

let world: MerchantApp
let deps: CatalogDeps
let mine: NewMerchantKeys
let variant: string
let made = 0

before(async () => {
  world = await merchantApp((app, { deps: base, clock, cache }) => {
    deps = { ...base, clock, merchantCache: cache, catalogCache: createCatalogCache({ db: base.db, clock }) }
    routes(app, { ...deps, wakeImports() {} })
  })
  mine = await world.makeMerchant()
})
after(async () => {
  for (const { holds, sql } of CATALOG_CHECKS) assert.deepEqual((await deps.db.query(sql)).rows, [], holds)
  await world.close()
})

const call = (method: 'GET' | 'POST' | 'PUT' | 'PATCH', path: string, body?: unknown, headers = {}) =>
  world.call(mine.secret_key, method, path, body, headers)
const inDays = (days: number) => new Date(world.clock.now().getTime() + days * DAY).toISOString()
const priceOf = async (query = '', key = mine.secret_key) =>
  (await world.call(key, 'GET', `/v1/variants/${variant}/price?${query}`)).body
const put = (id: unknown, unit_price: string | null, more = {}) =>
  call('PUT', `/v1/price_lists/${String(id)}/prices`, { prices: [{ variant_id: variant, unit_price, ...more }] })

async function list(fields: object): Promise<Record<string, unknown>> {
  const answer = await call('POST', '/v1/price_lists', { name: 'List', currency: 'EUR', ...fields })
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

function refused(answer: Answer, status: number, code: string, pointer?: string): void {
  assert.deepEqual([answer.status, answer.body['code']], [status, code], answer.text)
  if (pointer) assert.equal((answer.body['errors'] as { pointer: string }[])[0]?.pointer, pointer)
}

beforeEach(async () => {
  const answer = await call('POST', '/v1/products', {
    name: `Lantern ${++made}`,
    variants: [{ prices: [{ currency: 'EUR', unit_price: '50' }] }],
  })
  variant = (answer.body['variants'] as { id: string }[])[0]?.id as string
})

describe('a price list', () => {
  it('prices its channel, store and group, at once and for others not', async () => {
    const shop = mine.stores[0]?.id
    const inShop = await list({ store_id: shop })
    const members = await list({ customer_group: 'members' })
    assert.equal((await put(inShop['id'], '45')).body['changed'], 1)
    assert.equal((await put(members['id'], '40.5')).body['changed'], 1)
    assert.equal((await priceOf())['unit_price'], '50.00')
    assert.equal((await priceOf(`store_id=${shop}`))['unit_price'], '45.00')
    assert.equal((await priceOf(`store_id=${shop}&customer_group=members`))['price_list_id'], members['id'])
    const asked = await world.call(mine.publishable_key, 'GET', `/v1/variants/${variant}/price?customer_group=members`)
    refused(asked, 403, 'scope-missing')
  })

  it('lists its prices variant by variant, and takes them away with null', async () => {
    const one = await list({})
    await put(one['id'], '45')
    await put(one['id'], '42', { min_qty: 10 })
    const read = await call('GET', `/v1/price_lists/${String(one['id'])}/prices?limit=1`)
    assert.deepEqual(read.body['data'], [
      { variant_id: variant, min_qty: 1, unit_price: '45.00' },
      { variant_id: variant, min_qty: 10, unit_price: '42.00' },
    ])
    assert.equal(read.body['next_cursor'], null)
    assert.equal((await priceOf('quantity=12'))['unit_price'], '42.00')
    await put(one['id'], null, { min_qty: 10 })
    assert.equal((await priceOf('quantity=12'))['unit_price'], '45.00')
    assert.equal((await put(one['id'], '45')).body['changed'], 0, 'the same price is no change')
  })

  it('refuses what it cannot mean', async () => {
    const unknown = `sto_${'0'.repeat(26)}`
    const bad = (fields: object) => call('POST', '/v1/price_lists', { name: 'Bad', currency: 'EUR', ...fields })
    refused(await bad({ store_id: unknown }), 422, 'reference-not-found', '/store_id')
    refused(await bad({ valid_from: inDays(2), valid_to: inDays(1) }), 422, 'validation-error', '/valid_to')
    const one = await list({})
    refused(await put(one['id'], '1.1234567'), 422, 'currency-precision', '/prices/0/unit_price')
    const prices = [1, 2].map(() => ({ variant_id: variant, unit_price: '1' }))
    refused(
      await call('PUT', `/v1/price_lists/${String(one['id'])}/prices`, { prices }),
      422,
      'validation-error',
      '/prices/1',
    )
    const foreign = { prices: [{ variant_id: `var_${'0'.repeat(26)}`, unit_price: '1' }] }
    refused(
      await call('PUT', `/v1/price_lists/${String(one['id'])}/prices`, foreign),
      422,
      'reference-not-found',
      '/prices/0/variant_id',
    )
  })

  it('that has begun keeps its conditions, and one that is over its end', async () => {
    const patch = (id: unknown, fields: object, headers = {}) =>
      call('PATCH', `/v1/price_lists/${String(id)}`, fields, headers)
    const later = await list({ valid_from: inDays(5) })
    assert.equal((await patch(later['id'], { channel: 'web', priority: 5, valid_from: inDays(6) })).status, 200)
    refused(await patch(later['id'], { valid_from: inDays(-1) }), 422, 'validation-error', '/valid_from')
    refused(await patch(later['id'], { name: 'x' }, { 'if-match': '"1"' }), 412, 'version-conflict')

    const now = await list({})
    for (const fields of [
      { channel: 'pos' },
      { customer_group: 'trade' },
      { priority: 3 },
      { lowest_wins: true },
      { valid_from: inDays(3) },
    ])
      refused(await patch(now['id'], fields), 409, 'invalid-state')
    refused(await patch(now['id'], { valid_to: inDays(-1) }), 422, 'validation-error')
    assert.equal((await patch(now['id'], { name: 'Renamed', valid_to: inDays(1) })).status, 200)
    world.clock.advance(2 * DAY)
    refused(await patch(now['id'], { valid_to: inDays(9) }), 409, 'invalid-state')
    assert.equal((await patch(now['id'], { name: 'Over' })).status, 200)
  })
})

describe('a reduction', () => {
  it('is shown with the lowest price of the thirty days before, for as long as the campaign lasts', async () => {
    const base = (unit_price: string) =>
      call('PATCH', `/v1/variants/${variant}`, { prices: [{ currency: 'EUR', unit_price }] })
    world.clock.advance(10 * DAY)
    await base('46')
    world.clock.advance(5 * DAY)
    await base('55')
    assert.equal((await priceOf())['lowest_30d'], null, 'a raised price is none')
    world.clock.advance(10 * DAY)
    const sale = await list({ channel: 'web', valid_from: inDays(1), valid_to: inDays(60) })
    await put(sale['id'], '44')
    assert.equal((await priceOf())['unit_price'], '55.00', 'not yet')
    world.clock.advance(2 * DAY)
    const reduced = await priceOf()
    assert.deepEqual([reduced['unit_price'], reduced['lowest_30d']], ['44.00', '46.00'])
    assert.equal((await priceOf('channel=pos'))['lowest_30d'], null, 'not in the shop')
    world.clock.advance(40 * DAY)
    assert.equal((await priceOf())['lowest_30d'], '46.00')
    world.clock.advance(30 * DAY)
    assert.deepEqual([(await priceOf())['unit_price'], (await priceOf())['lowest_30d']], ['55.00', null])
    const history = await call('GET', `/v1/variants/${variant}/price_history`)
    assert.deepEqual(
      history.body.data.map(({ unit_price }) => unit_price),
      ['44.00', '55.00', '46.00', '50.00'],
    )
  })

  it('keeps every one of twenty changes made in one moment, and the last of them holds', async () => {
    const one = await list({})
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => put(one['id'], String(n + 1))))
    assert.ok(answers.every(({ status }) => status === 200))
    const { body } = await call('GET', `/v1/variants/${variant}/price_history?limit=100`)
    assert.equal(body.data.length, 21)
    world.clock.advance(2000)
    assert.equal((await priceOf())['unit_price'], body.data[0]?.['unit_price'])
  })

  it('knows a price that has stood while another was changed a thousand times', async () => {
    const sale = await list({ valid_from: inDays(50), valid_to: inDays(60) })
    await transact(deps.db, async (tx) => {
      for (let n = 1; n <= 1000; n++)
        await writePrices(tx, mine.merchant_id, world.clock.now(), [
          {
            variant_id: variant,
            price_list_id: String(sale['id']),
            currency: 'EUR',
            min_qty: 1n,
            unit_price_e4: BigInt(n % 2 === 0 ? 44 : 45) * 1_000_000n,
            tax_included: true,
          },
        ])
    })
    world.clock.advance(52 * DAY)
    const reduced = await priceOf()
    assert.deepEqual([reduced['unit_price'], reduced['lowest_30d']], ['44.00', '50.00'])
  })

  it('has a history that nobody can alter', async () => {
    await assert.rejects(deps.db.query('update price_history set unit_price_e4 = 1'), /permission denied/)
    await assert.rejects(deps.db.query('delete from price_history'), /permission denied/)
  })
})
