import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Answer, type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import type { CatalogDeps } from './draft.ts'
import { createCatalogCache, explodeKits, loadVariants, priceVariants, routes } from './index.ts'

let world: MerchantApp
let deps: CatalogDeps
let mine: NewMerchantKeys
let theirs: NewMerchantKeys

before(async () => {
  world = await merchantApp((app, { deps: base, clock, cache }) => {
    deps = { ...base, clock, merchantCache: cache, catalogCache: createCatalogCache({ db: base.db, clock }) }
    routes(app, { ...deps, wakeImports() {} })
  })
  mine = await world.makeMerchant()
  theirs = await world.makeMerchant()
})
after(() => world.close())

const create = (body: unknown, key = mine.secret_key) => world.call(key, 'POST', '/v1/products', body)
const variantOf = (answer: Answer, i = 0) =>
  (answer.body['variants'] as Record<string, unknown>[])[i] as { id: string; version: number }
const euro = (unit_price: string) => ({ currency: 'EUR', unit_price })

async function made(body: unknown): Promise<Answer> {
  const answer = await create(body)
  assert.equal(answer.status, 201, answer.text)
  return answer
}

describe('a product', () => {
  it('is made with variants, codes and prices in one call, and read as it was made', async () => {
    const answer = await made({
      name: 'Rain jacket',
      reference: 'RJ',
      categories: ['outdoor', 'jackets'],
      variants: [
        {
          sku: 'RJ-M',
          options: { Size: 'M', Colour: 'Green' },
          barcodes: [{ code: '5901234123457' }],
          prices: [euro('129')],
        },
        {
          sku: 'RJ-L',
          options: { Size: 'L', Colour: 'Green' },
          prices: [euro('129'), { ...euro('119.5'), min_qty: 10 }],
        },
      ],
    })
    const read = await world.call(mine.secret_key, 'GET', `/v1/products/${String(answer.body['id'])}`)
    assert.deepEqual(read.body, answer.body)
    const [m, l] = answer.body['variants'] as Record<string, unknown>[]
    assert.equal(m?.['name'], 'Rain jacket, M, Green')
    assert.deepEqual(m?.['barcodes'], [{ code: '5901234123457', form: 'ean13', quantity: 1 }])
    assert.deepEqual(l?.['prices'], [
      { currency: 'EUR', min_qty: 1, unit_price: '129.00', tax_included: true },
      { currency: 'EUR', min_qty: 10, unit_price: '119.50', tax_included: true },
    ])
  })

  it('is made whole or not at all', async () => {
    await made({ name: 'Holder', variants: [{ sku: 'HELD', barcodes: [{ code: '96385074' }] }] })
    const refused: [unknown, number, string, string][] = [
      [{ sku: 'HELD' }, 409, 'reference-taken', '/variants/1/sku'],
      [{ barcodes: [{ code: '96385074' }] }, 409, 'reference-taken', '/variants/1/barcodes/0/code'],
      [{ barcodes: [{ code: '96385075', form: 'ean8' }] }, 422, 'validation-error', '/variants/1/barcodes/0/code'],
      [{ prices: [euro('1.2345678')] }, 422, 'currency-precision', '/variants/1/prices/0/unit_price'],
      [{ prices: [euro('1'), euro('2')] }, 422, 'validation-error', '/variants/1/prices/1'],
      [
        { components: [{ variant_id: `var_${'0'.repeat(26)}`, quantity: 1 }] },
        422,
        'reference-not-found',
        '/variants/1/components/0/variant_id',
      ],
    ]
    for (const [variant, status, code, pointer] of refused) {
      const answer = await create({ name: 'Half', reference: 'half', variants: [{ sku: 'HALF' }, variant] })
      assert.deepEqual([answer.status, answer.body['code']], [status, code], answer.text)
      assert.equal((answer.body['errors'] as { pointer: string }[])[0]?.pointer, pointer)
    }
    const left = await world.call(mine.secret_key, 'GET', '/v1/products?reference=half')
    assert.deepEqual(left.body.data, [])
  })

  it('is changed only as the version that was seen, and tells every change', async () => {
    const { body } = await made({ name: 'Lamp' })
    const path = `/v1/products/${String(body['id'])}`
    const changed = await world.call(mine.secret_key, 'PATCH', path, { name: 'Lantern' }, { 'if-match': '"1"' })
    assert.deepEqual([changed.status, changed.body['version'], changed.headers['etag']], [200, 2, '"2"'])
    assert.equal(
      (await world.call(mine.secret_key, 'PATCH', path, { name: 'Late' }, { 'if-match': '"1"' })).status,
      412,
    )
    assert.equal((await world.call(mine.secret_key, 'PATCH', path, { name: 'Lantern' })).body['version'], 2)
    const { rows } = await world.database.db.query(
      'select type, object_version from event where merchant_id = $1 and object_id = $2 order by seq',
      [mine.merchant_id, body['id']],
    )
    assert.deepEqual(rows, [
      { type: 'product.created', object_version: 1 },
      { type: 'product.updated', object_version: 2 },
    ])
  })

  it('shows the public what is for sale, and no costs', async () => {
    const hidden = await made({ name: 'Secret', state: 'draft' })
    const open = await made({
      name: 'Open',
      variants: [{ cost: euro('3'), prices: [euro('9')] }, { is_active: false }],
    })
    const look = (path: string) => world.call(mine.publishable_key, 'GET', path)
    assert.equal((await look(`/v1/products/${String(hidden.body['id'])}`)).status, 404)
    assert.equal((await look(`/v1/variants/${variantOf(hidden).id}`)).status, 404)
    assert.equal((await look(`/v1/variants/${variantOf(open, 1).id}`)).status, 404)
    const seen = await look(`/v1/products/${String(open.body['id'])}`)
    assert.deepEqual(
      (seen.body['variants'] as { cost: unknown }[]).map(({ cost }) => cost),
      [null],
    )
    assert.deepEqual(variantOf(open), { ...variantOf(open), cost: { currency: 'EUR', unit_price: '3.00' } })
    const list = await look('/v1/products?limit=100')
    assert.ok(!list.text.includes('Secret'))
  })
})

describe('a barcode', () => {
  it('is one article’s within the merchant, in whatever length it is written', async () => {
    await made({ name: 'Rice', variants: [{ barcodes: [{ code: '012345678905' }] }] })
    const again = await create({ name: 'Rice again', variants: [{ barcodes: [{ code: '0012345678905' }] }] })
    assert.deepEqual([again.status, again.body['code']], [409, 'reference-taken'])
    const elsewhere = await create(
      { name: 'Rice', variants: [{ barcodes: [{ code: '0012345678905' }] }] },
      theirs.secret_key,
    )
    assert.equal(elsewhere.status, 201)
    const found = await world.call(mine.secret_key, 'GET', '/v1/variants?barcode=00012345678905')
    assert.equal(found.body.data[0]?.['name'], 'Rice')
  })

  it('raced by twenty products is one product’s', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        create({ name: `Racer ${n}`, variants: [{ barcodes: [{ code: 'RACE' }] }] }),
      ),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array<number>(19).fill(409)])
  })
})

describe('a kit', () => {
  it('takes its components from stock, summed, and only what is counted', async () => {
    const [pole, peg, advice] = await Promise.all(
      ['Pole', 'Peg', 'Advice'].map(
        async (name) => variantOf(await made({ name, ...(name === 'Advice' ? { kind: 'fee' } : {}) })).id,
      ),
    )
    const kit = variantOf(
      await made({
        name: 'Tent kit',
        variants: [
          {
            components: [
              { variant_id: pole, quantity: 2 },
              { variant_id: peg, quantity: 12 },
              { variant_id: advice, quantity: 1 },
            ],
          },
        ],
      }),
    ).id
    const ids = [kit, peg as string]
    const variants = await loadVariants(deps, mine.merchant_id, ids)
    assert.equal(variants.get(kit)?.track, 'none')
    assert.deepEqual(
      explodeKits(variants, [
        { variant_id: kit, quantity: 3n },
        { variant_id: peg as string, quantity: 5n },
      ]),
      [
        { variant_id: pole, quantity: 6n },
        { variant_id: peg, quantity: 41n },
      ],
    )
  })

  it('holds no kit and is in none, whoever comes first', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(async (name) => variantOf(await made({ name })).id))
    const of = (id: unknown, component: unknown) =>
      world.call(mine.secret_key, 'PATCH', `/v1/variants/${String(id)}`, {
        components: [{ variant_id: component, quantity: 1 }],
      })
    const answers = await Promise.all([of(a, b), of(b, c)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422])
    assert.equal((await of(c, c)).status, 422)
  })
})

describe('loadVariants and priceVariants', () => {
  it('answer what was just changed here, nothing of others, and nothing for what has no price', async () => {
    const first = variantOf(await made({ name: 'Mug', variants: [{ prices: [euro('12.5')] }] })).id
    const bare = variantOf(await made({ name: 'Bare' })).id
    const context = { currency: 'EUR', channel: 'web', customer_groups: [], at: world.clock.now() }
    const price = async (merchantId = mine.merchant_id) =>
      priceVariants(deps, merchantId, { ...context, at: world.clock.now() }, [
        { variant_id: first, quantity: 2n },
        { variant_id: bare, quantity: 1n },
      ])
    assert.deepEqual(
      [...(await price())],
      [[first, { unit_price_e4: 12_500_000n, tax_included: true, price_list_id: null, lowest_30d_e4: null }]],
    )
    world.clock.advance(1)
    await world.call(mine.secret_key, 'PATCH', `/v1/variants/${first}`, { prices: [euro('10')] })
    assert.deepEqual(
      [...(await price())],
      [[first, { unit_price_e4: 10_000_000n, tax_included: true, price_list_id: null, lowest_30d_e4: 12_500_000n }]],
    )
    assert.equal((await price(theirs.merchant_id)).size, 0)
    assert.equal((await loadVariants(deps, theirs.merchant_id, [first])).size, 0)
  })
})

it('a name or a category of blanks alone is refused', async () => {
  const product = { name: 'Lamp', variants: [{ sku: 'BLANK-1' }] }
  for (const blank of [' ', '\u00a0\u2003'])
    for (const more of [{ name: blank }, { categories: [blank] }])
      assert.equal((await create({ ...product, ...more })).status, 422, JSON.stringify(more))
  assert.equal((await create({ ...product, name: ' Lamp ', categories: ['in the house'] })).status, 201)
})
