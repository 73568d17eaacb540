// What a till knows beforehand to sell alone: every article of its store once, then what has changed, however large the catalogue is.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type OfflineTill, offlineTill } from './offline-shop.ts'
import { DAY, HOUR, openShop, type Shop } from './shop.ts'
import { tillShop } from './till-shop.ts'

interface Item {
  variant_id: string
  deleted: boolean
  name: string
  barcodes: { code: string; quantity: number }[]
  price: string | null
  list_price: string | null
  price_changes: { at: string; price: string | null }[]
  tax_rate_bp: number
  tax_code: string
}
interface Page {
  data: Item[]
  cursor: string
  has_more: boolean
  reset: boolean
  settings?: Record<string, unknown>
}

let shop: Shop
let till: OfflineTill
let admin: pg.Client
let goods: ReturnType<typeof tillShop>['goods']
before(async () => {
  shop = await openShop()
  goods = tillShop(shop).goods
  till = await offlineTill(shop)
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
  await goods.sells('mug', '12.10', { barcodes: [{ code: '4006381333931' }, { code: '96385074', quantity: 6 }] })
  await goods.sells('bread', '2.18', {}, { tax_category: 'food' })
  await goods.sells('card', '25.00', { track: 'none' }, { kind: 'gift_card' })
})
after(async () => {
  await admin.end()
  await shop.close()
})

async function page(query = ''): Promise<Page> {
  const answer = await till.device.get<Page>(`/v1/till/catalogue${query}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const since = (cursor: string) => page(`?after=${cursor}`)
const named = ({ data }: Page) => data.map(({ name, price }) => `${name} ${price}`)

test('everything comes with prices, taxes, codes and the rules of the store', async () => {
  const { data, has_more, reset, settings, cursor } = await page()
  assert.deepEqual([has_more, reset], [false, true])
  assert.deepEqual(
    data.map(({ name, price, list_price, tax_rate_bp, tax_code }) => [name, price, list_price, tax_rate_bp, tax_code]),
    [
      ['mug', '12.10', '12.10', 2100, 'NL standard 2100'],
      ['bread', '2.18', '2.18', 900, 'NL reduced 900'],
    ],
    'a gift card is not sold without the server',
  )
  assert.deepEqual(data[0]?.barcodes, [
    { code: '4006381333931', quantity: 1 },
    { code: '96385074', quantity: 6 },
  ])
  assert.deepEqual([settings?.['currency'], settings?.['prices_include_tax']], ['EUR', true])
  assert.deepEqual(settings?.['caps'], { per_sale: 50_000, per_device: 1_000_000, max_age_h: 168, max_documents: 500 })
  const nothing = await since(cursor)
  assert.deepEqual([nothing.data, nothing.reset, nothing.has_more], [[], false, false])
})

test('then what has changed comes, and only that', async () => {
  const { cursor } = await page()
  const change = async (path: string, body: object) => {
    const answer = await shop.api.call<{ id: string }>('PATCH', path, body)
    assert.equal(answer.status, 200, answer.text)
  }
  await change(`/v1/variants/${goods.variant('mug')}`, { prices: [{ currency: 'EUR', unit_price: '13.31' }] })
  const first = await since(cursor)
  assert.deepEqual(named(first), ['mug 13.31'])
  await change(`/v1/variants/${goods.variant('mug')}`, { is_active: false })
  await goods.sells('plate', '8.00')
  const second = await since(first.cursor)
  assert.deepEqual(
    second.data.map(({ deleted, name, variant_id }) => [deleted, name ?? variant_id]),
    [
      [true, goods.variant('mug')],
      [false, 'plate'],
    ],
  )
  assert.equal((await since(cursor)).data.length, 2, 'twice changed is told once')
  await change(`/v1/variants/${goods.variant('mug')}`, { is_active: true })
  assert.deepEqual(named(await since(second.cursor)), ['mug 13.31'])
})

test('a price list that begins within a week is told with its times; one that touches the store tells everything anew', async () => {
  const { cursor } = await page()
  const at = (ms: number) => new Date(shop.clock.now().getTime() + ms).toISOString()
  const list = await shop.api.call<{ id: string }>('POST', '/v1/price_lists', {
    ...{ name: 'Weekend', currency: 'EUR', channel: 'pos', valid_from: at(DAY), valid_to: at(3 * DAY) },
  })
  const prices = [{ variant_id: goods.variant('plate'), unit_price: '6.00' }]
  const put = await shop.api.call('PUT', `/v1/price_lists/${list.body.id}/prices`, { prices })
  assert.ok(put.status < 300, put.text)
  const anew = await since(cursor)
  assert.equal(anew.reset, true, 'its rules are others now')
  const plate = anew.data.find(({ name }) => name === 'plate')
  assert.deepEqual([plate?.price, plate?.price_changes.map(({ price }) => price)], ['8.00', ['6.00', '8.00']])
  const more = [{ variant_id: goods.variant('bread'), unit_price: '1.99' }]
  await shop.api.call('PUT', `/v1/price_lists/${list.body.id}/prices`, { prices: more })
  const bread = await since(anew.cursor)
  assert.deepEqual([bread.reset, bread.data.map(({ price_changes }) => price_changes.length)], [false, [2]])
  shop.clock.advance(DAY + HOUR)
  assert.deepEqual((await since(bread.cursor)).data, [], 'that it has begun the till knows')
  const far = { name: 'Other currency', currency: 'SEK', valid_from: at(DAY) }
  await shop.api.call('POST', '/v1/price_lists', far)
  assert.equal((await since(bread.cursor)).reset, false, 'a list for others touches nothing')
})

test('a cursor that means nothing any more begins anew', async () => {
  for (const cursor of ['nonsense', `1.${'x'.repeat(16)}.`]) assert.equal((await since(cursor)).reset, true)
  assert.equal((await till.device.get('/v1/till/catalogue?limit=5000')).status, 422)
  assert.equal((await shop.api.get('/v1/till/catalogue')).status, 403)
})

test('fifty thousand articles come page by page, none twice, and a change among them by its event alone', async () => {
  const merchant = shop.keys.merchant_id
  await admin.query(
    `with p as (
      insert into product (merchant_id, id, name, state, kind, tax_category, unit, is_returnable, version, created_at)
      select $1, 'prd_' || lpad(n::text, 26, '0'), 'Screw ' || n, 'active', 'goods', 'standard', 'piece', true, 1, now()
      from generate_series(1, 50000) n returning id
    ), v as (
      insert into variant (merchant_id, id, product_id, position, track, is_active, is_shown, version, created_at)
      select $1, 'var_' || right(id, 26), id, 0, 'none', true, true, 1, now() from p returning id
    ), h as (
      insert into price_history (merchant_id, variant_id, currency, at, price_list_id, min_qty, unit_price_e4, tax_included)
      select $1, id, 'EUR', now(), '', 1, 1000000, true from v
    )
    insert into price (merchant_id, variant_id, price_list_id, currency, min_qty, unit_price_e4, tax_included)
    select $1, id, '', 'EUR', 1, 1000000, true from v`,
    [merchant],
  )
  await admin.query('analyze')
  const ids = new Set<string>()
  let at = await page('?limit=2000')
  let pages = 1
  for (;;) {
    for (const { variant_id } of at.data) {
      assert.ok(!ids.has(variant_id), 'no article twice')
      ids.add(variant_id)
    }
    if (!at.has_more) break
    at = await page(`?limit=2000&after=${at.cursor}`)
    assert.deepEqual([at.reset, at.settings], [false, undefined])
    pages++
  }
  assert.deepEqual([ids.size, pages], [50_003, 26])
  const prices = [{ currency: 'EUR', unit_price: '1.21' }]
  await shop.api.call('PATCH', `/v1/variants/${goods.variant('mug')}`, { prices })
  assert.deepEqual(named(await since(at.cursor)), ['mug 1.21'])
  await admin.query('set enable_seqscan = off; set enable_bitmapscan = off')
  const { rows } = await admin.query<{ 'QUERY PLAN': string }>(
    `explain select seq from event where merchant_id = '${merchant}' and seq > 5 and type in
      ('product.created', 'product.updated', 'variant.created', 'variant.updated', 'price_list.prices_changed') order by seq limit 10`,
  )
  assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /event_of_catalogue/)
})
