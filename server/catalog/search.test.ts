import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import { createCatalogCache, routes } from './index.ts'
import { editsBetween, foldText, formsOf, wordsOf } from './words.ts'

describe('words', () => {
  it('are compared without case, accents and marks', () => {
    assert.equal(foldText('Żółta SKÓRZANA Straße Smørrebrød'), 'zolta skorzana strasse smorrebrod')
    assert.deepEqual(wordsOf(['Jacket, Blue/Green', 'size-XL jacket']), ['jacket', 'blue', 'green', 'size', 'xl'])
    assert.deepEqual(wordsOf(['  --  ', '']), [])
  })
  for (const [a, b, edits] of [
    ['jacket', 'jacket', 0],
    ['jaket', 'jacket', 1],
    ['jackket', 'jacket', 1],
    ['jakcet', 'jacket', 1],
    ['jocket', 'jacket', 1],
    ['jokcet', 'jacket', 2],
    ['kettle', 'jacket', 3],
  ] as const) {
    it(`${a} is ${edits} edits from ${b}, and found by a form when it is one`, () => {
      assert.equal(editsBetween(a, b, 2), edits)
      if (edits <= 1) assert.ok(formsOf(a).some((form) => formsOf(b).includes(form)))
    })
  }
})

describe('a search', () => {
  let world: MerchantApp
  let mine: NewMerchantKeys
  let theirs: NewMerchantKeys
  const ids: Record<string, string> = {}
  before(async () => {
    world = await merchantApp((app, { deps, clock, cache }) =>
      routes(app, {
        ...deps,
        clock,
        merchantCache: cache,
        catalogCache: createCatalogCache({ db: deps.db, clock }),
        wakeImports() {},
      }),
    )
    mine = await world.makeMerchant()
    theirs = await world.makeMerchant()
    await add('Rain jacket', {
      sku: 'KP-1001',
      options: { Colour: 'Green' },
      prices: [{ currency: 'EUR', unit_price: '129' }],
    })
    await add('Down jacket', { sku: 'KP-1002', options: { Colour: 'Blue' } })
    await add('Jacket hanger', { sku: 'KP-2001', barcodes: [{ code: '5901234123457' }] })
    await add('Enamel mug', { sku: 'MUG', options: { Colour: 'Blue' } })
    await add('Blanket from Ålesund', { sku: 'WOOL-9' }, { brand: 'Kestrel' })
    await add('Hidden jacket', { sku: 'HID' }, { state: 'draft' })
    await add('Jacket of next door', { sku: 'KP-1001' }, {}, theirs.secret_key)
  })
  after(() => world.close())

  async function add(name: string, variant: object, product: object = {}, key = mine.secret_key): Promise<string> {
    const answer = await world.call(key, 'POST', '/v1/products', { name, ...product, variants: [variant] })
    assert.equal(answer.status, 201, answer.text)
    ids[name] = String(answer.body['id'])
    return ids[name]
  }

  async function find(q: string, more = '', key = mine.secret_key): Promise<[string, string][]> {
    const answer = await world.call(key, 'GET', `/v1/catalog/search?q=${encodeURIComponent(q)}${more}`)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.data.map((hit) => [String(hit['match']), (hit['variant'] as { name: string }).name])
  }

  const cases: [string, string, [string, string][]][] = [
    ['a SKU', 'KP-1001', [['code', 'Rain jacket, Green']]],
    ['a SKU as people type it', 'kp1001', [['code', 'Rain jacket, Green']]],
    ['a barcode', '5901234123457', [['code', 'Jacket hanger']]],
    [
      'the beginning of a SKU',
      'kp-1',
      [
        ['prefix', 'Down jacket, Blue'],
        ['prefix', 'Rain jacket, Green'],
      ],
    ],
    ['the beginning of a barcode', '590123', [['prefix', 'Jacket hanger']]],
    [
      'a word, beginnings of names first',
      'jacket',
      [
        ['prefix', 'Jacket hanger'],
        ['words', 'Down jacket, Blue'],
        ['words', 'Rain jacket, Green'],
      ],
    ],
    ['two words, in any order', 'blue down', [['words', 'Down jacket, Blue']]],
    ['beginnings of words', 'ena mu', [['words', 'Enamel mug, Blue']]],
    [
      'a letter too few',
      'jaket',
      [
        ['fuzzy', 'Jacket hanger'],
        ['fuzzy', 'Down jacket, Blue'],
        ['fuzzy', 'Rain jacket, Green'],
      ],
    ],
    ['two letters swapped', 'enmael', [['fuzzy', 'Enamel mug, Blue']]],
    ['an error in one of two words', 'rain jackte', [['fuzzy', 'Rain jacket, Green']]],
    ['letters without their marks', 'alesund', [['words', 'Blanket from Ålesund']]],
    ['a brand', 'kestrel', [['words', 'Blanket from Ålesund']]],
    ['a word that is nowhere beside one that is', 'purple mug', [['fuzzy', 'Enamel mug, Blue']]],
    ['what is nowhere', 'zeppelin', []],
    ['an article number with another digit, which is another article', 'KP-1009', []],
    ['wildcards and quotes, which are nothing', `%_' or "1"=1`, []],
  ]
  for (const [title, q, expected] of cases) {
    it(`for ${title} finds what it should`, async () => {
      assert.deepEqual(await find(q), expected)
    })
  }

  it('for two words that no article has both finds those that have the rarer', async () => {
    assert.deepEqual(await find('jacket enamel'), [['fuzzy', 'Enamel mug, Blue']])
  })

  it('finds all of a word that is on very many articles, though it looks at a sample of them first', async () => {
    const { db } = world.database
    const { rows } = await db.query<{ word: string; variants: number }>(
      `select word, variants from catalog_word where merchant_id = $1 and word = 'jacket'`,
      [mine.merchant_id],
    )
    const setTo = (variants: number) =>
      db.query(`update catalog_word set variants = $2 where merchant_id = $1 and word = 'jacket'`, [
        mine.merchant_id,
        variants,
      ])
    await setTo(7_000)
    const found = await find('jacket')
    await setTo(rows[0]?.variants ?? 0)
    assert.equal(found.length, 3)
  })

  it('finds what is for sale behind many with the same beginning that are not', async () => {
    const variants = Array.from({ length: 30 }, (_, i) => ({
      sku: `QZ-${100 + i}`,
      options: { Size: String(i) },
      barcodes: [{ code: `QZBOX${100 + i}` }],
      is_active: i === 29,
    }))
    const answer = await world.call(mine.secret_key, 'POST', '/v1/products', { name: 'Crate', variants })
    assert.equal(answer.status, 201, answer.text)
    assert.deepEqual(await find('qz-1'), [['prefix', 'Crate, 29']])
    assert.deepEqual(await find('QZBOX1'), [['prefix', 'Crate, 29']])
  })

  it('for nothing shows the first articles, as many as wanted', async () => {
    assert.equal((await find('', '&limit=2')).length, 2)
  })

  it('shows what is not for sale only inside, and only when asked', async () => {
    assert.ok(!(await find('hidden')).some(([, name]) => name === 'Hidden jacket'))
    assert.deepEqual(await find('hidden', '&include_inactive=true'), [['prefix', 'Hidden jacket']])
    assert.deepEqual(await find('hidden', '&include_inactive=true', mine.publishable_key), [])
  })

  it('gives the price with the article', async () => {
    const answer = await world.call(mine.publishable_key, 'GET', '/v1/catalog/search?q=KP-1001')
    assert.deepEqual(answer.body.data[0]?.['price'], {
      currency: 'EUR',
      unit_price: '129.00',
      tax_included: true,
      price_list_id: null,
      lowest_30d: null,
    })
  })

  it('follows names and states as they change', async () => {
    const path = `/v1/products/${ids['Enamel mug']}`
    await world.call(mine.secret_key, 'PATCH', path, { name: 'Steel beaker' })
    assert.deepEqual(await find('enamel'), [])
    assert.deepEqual(await find('beaker'), [['words', 'Steel beaker, Blue']])
    await world.call(mine.secret_key, 'PATCH', path, { state: 'archived' })
    assert.deepEqual(await find('beaker'), [])
  })

  it('counts every word of the dictionary as often as it is there', async () => {
    const { rows } = await world.database.db.query(
      `select w.word from catalog_word w where w.variants < 0 or (w.word = 'enamel' and w.variants <> 0) or (w.word = 'blue' and w.variants <> 2)`,
    )
    assert.deepEqual(rows, [])
  })
})
