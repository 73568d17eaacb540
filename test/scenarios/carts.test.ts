// One cart on several devices: changes at once, secrets, prices that change.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MAX_LINES } from '../../server/carts/index.ts'
import { type CartAnswer, type CartShop, openCartShop, quantities } from './cart-shop.ts'
import { MINUTE, openShop } from './shop.ts'

let shop: CartShop
let axe: string
let rope: string
before(async () => {
  shop = await openCartShop()
  axe = await shop.article('49.95')
  rope = await shop.article('9.50')
})
after(() => shop.close())

const add = (variant_id: string, quantity = 1, more: object = {}) => ({ lines: [{ variant_id, quantity, ...more }] })

describe('a cart', () => {
  it('is worked out with tax, and answers its version', async () => {
    const cart = await shop.cart({ [axe]: 2, [rope]: 1 })
    assert.deepEqual([cart.total, cart.tax, cart.net], [10_940, 1899, 9041])
    assert.deepEqual(
      cart.lines.map(({ unit_price, total, tax_code }) => [unit_price, total, tax_code]),
      [
        ['49.95', 9990, 'NL standard 2100'],
        ['9.50', 950, 'NL standard 2100'],
      ],
    )
    const read = await shop.till('GET', `/v1/carts/${cart.id}`)
    assert.equal(read.headers['etag'], '"1"')
    assert.deepEqual(read.body.changes, [])
  })

  it('bears the tax of where the goods go: the store’s when handed over there, else the address’s', async () => {
    const address = { line1: 'Rynek 1', city: 'Kraków', country: 'PL' }
    const cart = await shop.cart({}, { channel: 'pos', store_id: shop.store, shipping_address: address })
    const mixed = await shop.till('POST', `/v1/carts/${cart.id}/lines`, {
      lines: [
        { variant_id: axe, quantity: 1 },
        { variant_id: rope, quantity: 1, fulfilment: { mode: 'ship' } },
      ],
    })
    assert.deepEqual(
      mixed.body.lines.map(({ fulfilment, tax_code }) => [fulfilment.mode, tax_code]),
      [
        ['take_away', 'NL standard 2100'],
        ['ship', 'PL standard 2300'],
      ],
    )
  })

  it('taxes shipping as the goods it carries, by the highest of their rates', async () => {
    const bread = await shop.article('2.18', { tax_category: 'food' })
    const parcel = await shop.article('4.95', { kind: 'shipping' })
    const light = await shop.cart({ [bread]: 1, [parcel]: 1 })
    assert.deepEqual(
      light.lines.map(({ tax_code }) => tax_code),
      ['NL reduced 900', 'NL reduced 900'],
    )
    const mixed = await shop.till('POST', `/v1/carts/${light.id}/lines`, add(axe))
    assert.equal(mixed.body.lines[1]?.tax_code, 'NL standard 2100')
  })

  it('bears the tax of the destination in another member state, and none when it leaves the EU', async () => {
    const to = (country: string, more = {}) => ({ shipping_address: { line1: '1', city: 'X', country, ...more } })
    const seen = async (place: object) => {
      const { total, tax, net, lines } = await shop.cart({ [axe]: 2 }, place)
      return [total, tax, net, lines[0]?.tax_code]
    }
    // 99.90 × 22 / 122 = 18.01, and × 20 / 120 = 16.65.
    assert.deepEqual(await seen(to('IT')), [9990, 1801, 8189, 'IT standard 2200'])
    assert.deepEqual(await seen(to('AT')), [9990, 1665, 8325, 'AT standard 2000'])
    assert.deepEqual(await seen({ country: 'IT' }), [9990, 1801, 8189, 'IT standard 2200'])
    for (const place of [to('CH'), to('GB'), to('ES', { postal_code: '35001' })])
      assert.deepEqual(await seen(place), [9990, 0, 9990, 'NL export 0'])
  })

  it('bears the tax at home where a small seller chose it, until it has a store in another member state', async () => {
    const small = await openCartShop(
      await openShop({
        merchant: { stores: [{ name: 'Utrecht', country: 'NL', currency: 'EUR', kind: 'shop', registers: 1 }] },
      }),
    )
    try {
      const hat = await small.article('12.20')
      const toItaly = async () => (await small.cart({ [hat]: 1 }, { country: 'IT' })).lines[0]?.tax_code
      assert.equal(await toItaly(), 'IT standard 2200')
      const chosen = await small.api.call<{ distance_sales: string }>('PATCH', '/v1/merchant', {
        distance_sales: 'origin',
      })
      assert.deepEqual([chosen.status, chosen.body.distance_sales], [200, 'origin'])
      assert.equal(await toItaly(), 'NL standard 2100')
      const store = { name: 'Gent', country: 'BE', currency: 'EUR', kind: 'shop' }
      assert.equal((await small.api.call('POST', '/v1/stores', store)).status, 201)
      assert.equal(await toItaly(), 'IT standard 2200')
    } finally {
      await small.close()
    }
  })

  it('is refused where no VAT is known, and stays what it was', async () => {
    const abroad = await shop.api.call<{ id: string }>('POST', '/v1/stores', {
      name: 'Zürich',
      country: 'CH',
      currency: 'EUR',
      kind: 'shop',
    })
    assert.equal(abroad.status, 201, abroad.text)
    const there = { channel: 'pos', store_id: abroad.body.id }
    const path = '/v1/carts'
    const made = await shop.till('POST', path, { currency: 'EUR', ...there, ...add(axe) })
    assert.deepEqual(
      [made.status, made.body.code, made.body.errors?.[0]?.pointer],
      [422, 'tax-unknown', '/lines/0/variant_id'],
    )
    const empty = await shop.cart({}, there)
    const added = await shop.till('POST', `${path}/${empty.id}/lines`, add(axe))
    assert.deepEqual([added.status, added.body.code], [422, 'tax-unknown'])

    const cart = await shop.cart({ [axe]: 1 }, { channel: 'pos', store_id: shop.store })
    const moved = await shop.till('PATCH', `${path}/${cart.id}`, { store_id: abroad.body.id })
    assert.deepEqual(
      [moved.status, moved.body.code, moved.body.errors?.[0]?.pointer],
      [422, 'tax-unknown', '/store_id'],
    )
    const collected = await shop.till('PATCH', `${path}/${cart.id}/lines/${cart.lines[0]?.id}`, {
      fulfilment: { mode: 'collect', store_id: abroad.body.id },
    })
    assert.deepEqual([collected.status, collected.body.code], [422, 'tax-unknown'])
    const after = await shop.read(cart.id)
    assert.deepEqual([after.version, after.lines[0]?.tax_code, after.total], [1, 'NL standard 2100', 4995])

    // Who knows that an article bears no tax says so; and a gift card never does.
    const stamp = await shop.article('1.00', { tax_category: 'exempt' })
    const sold = await shop.cart({ [stamp]: 3 }, there)
    assert.deepEqual([sold.total, sold.tax, sold.lines[0]?.tax_code], [300, 0, 'CH exempt 0'])
  })

  it('adds the same article to the line that is there, and keeps what differs apart', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const answer = await shop.till('POST', `/v1/carts/${cart.id}/lines`, {
      lines: [
        { variant_id: axe, quantity: 2 },
        { variant_id: axe, quantity: 1, note: 'engraved' },
        { variant_id: axe, quantity: 1, unit_price: '30.00', reason: 'dented' },
      ],
    })
    assert.deepEqual(
      answer.body.lines.map(({ quantity, unit_price }) => [quantity, unit_price]),
      [
        [3, '49.95'],
        [1, '49.95'],
        [1, '30.00'],
      ],
    )
    assert.equal(answer.body.version, 2)
  })

  it('takes no unknown article, no line beyond the last, no quantity beyond a tonne', async () => {
    const cart = await shop.cart({ [axe]: 1_000_000 })
    const path = `/v1/carts/${cart.id}/lines`
    const unknown = await shop.till('POST', path, add(`var_${'0'.repeat(26)}`))
    assert.deepEqual([unknown.status, unknown.body.code], [422, 'reference-not-found'])
    const heavy = await shop.till('POST', path, add(axe))
    assert.deepEqual([heavy.status, heavy.body.code], [422, 'validation-error'])
    // More than one request may hold.
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ variant_id: rope, quantity: 1, note: `n${from + i}` }))
    assert.equal((await shop.till('POST', path, { lines: lines(0, MAX_LINES - 800) })).status, 200)
    assert.equal((await shop.till('POST', path, { lines: lines(MAX_LINES - 800, MAX_LINES - 1) })).status, 200)
    const many = await shop.till('POST', path, { lines: lines(MAX_LINES, MAX_LINES + 1) })
    assert.deepEqual([many.status, many.body.code], [422, 'too-many-items'])
    assert.equal((await shop.read(cart.id)).lines.length, MAX_LINES)
  })
})

describe('a cart beyond all measure', () => {
  it('is refused, and one that became so is still shown', async () => {
    const yacht = await shop.article('900000.00')
    const cart = await shop.cart({ [yacht]: 1, [axe]: 1 })
    const path = `/v1/carts/${cart.id}/lines`
    const more = await shop.till('POST', path, add(yacht, 1_000_000 - 1))
    assert.deepEqual([more.status, more.body.code], [422, 'amount-out-of-range'])
    const line = await shop.till('PATCH', `${path}/${cart.lines[0]?.id}`, { quantity: 1_000_000 })
    assert.deepEqual([line.status, line.body.code], [422, 'amount-out-of-range'])
    const made = await shop.till('POST', '/v1/carts', { currency: 'EUR', channel: 'web', ...add(yacht, 1_000_000) })
    assert.deepEqual([made.status, made.body.code], [422, 'amount-out-of-range'])
    await shop.till('PATCH', `${path}/${cart.lines[0]?.id}`, { quantity: 5_000 })
    await shop.setPrice(yacht, '9000000.00')
    const read = await shop.read(cart.id)
    assert.deepEqual([read.total, read.lines[0]?.is_gone], [4995, true])
  })
})

describe('promotions', () => {
  it('are told with what they take off, and codes that do not help with why', async () => {
    const id = await shop.offer('TENTH', { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' })
    const cart = await shop.cart({ [axe]: 2 }, { codes: ['tenth', 'NONSENSE'] })
    assert.deepEqual([cart.list, cart.discount, cart.total], [9990, 999, 8991])
    assert.deepEqual(cart.promotions, {
      applied: [{ promotion_id: id, code: 'TENTH', amount: 999, label: 'TENTH' }],
      refused: [{ promotion_id: null, code: 'NONSENSE', reason: 'code_unknown' }],
    })
  })

  it('that have ended since the cart was looked at are said', async () => {
    const ends_at = new Date(shop.clock.now().getTime() + MINUTE).toISOString()
    const id = await shop.offer(
      'HURRY',
      { kind: 'amount_off', amount: 500, per: 'order' },
      { ends_at, currency: 'EUR' },
    )
    const cart = await shop.cart({ [axe]: 1 }, { codes: ['HURRY'] })
    shop.clock.advance(MINUTE)
    const read = await shop.read(cart.id)
    assert.deepEqual([cart.total, read.total], [4495, 4995])
    assert.deepEqual(read.changes, [{ line_id: cart.lines[0]?.id, what: 'promotion', was: id, is: null }])
    assert.deepEqual(read.promotions.refused, [{ promotion_id: id, code: 'HURRY', reason: 'ended' }])
  })
})

describe('stock', () => {
  const shown = (cart: CartAnswer) =>
    cart.lines.map(({ availability }) => [availability?.is_enough, availability?.available])
  const till = () => ({ channel: 'pos', store_id: shop.store })

  it('is shown per line, shared by the lines that want the same, and reserved for nobody', async () => {
    const kettle = await shop.article('30.00', {}, {})
    await shop.stock(kettle, 5)
    const lines = [
      { variant_id: kettle, quantity: 4 },
      { variant_id: kettle, quantity: 2, note: 'a gift' },
      { variant_id: axe, quantity: 1 },
    ]
    const cart = await shop.cart({}, { ...till(), lines })
    assert.deepEqual(shown(cart), [
      [true, 5],
      [false, 1],
      [true, null],
    ])
    assert.deepEqual(shown(await shop.cart({ [kettle]: 5 }, till())), [[true, 5]])
  })

  it('of a kit is what its parts allow', async () => {
    const [cup, plate] = [await shop.article('4.00', {}, {}), await shop.article('6.00', {}, {})]
    const components = [
      { variant_id: cup, quantity: 4 },
      { variant_id: plate, quantity: 2 },
    ]
    const set = await shop.article('25.00', {}, { components })
    await shop.stock(cup, 11)
    await shop.stock(plate, 9)
    assert.deepEqual(shown(await shop.cart({ [set]: 2 }, till())), [[true, 2]])
    assert.deepEqual(shown(await shop.cart({ [set]: 2, [cup]: 4 }, till())), [
      [true, 2],
      [false, 3],
    ])
  })

  it('that has gone since the cart was looked at is said, until it is confirmed', async () => {
    const kettle = await shop.article('30.00', {}, {})
    await shop.stock(kettle, 2)
    const cart = await shop.cart({ [kettle]: 2 }, till())
    await shop.stock(kettle, -1)
    const read = await shop.read(cart.id)
    assert.deepEqual(read.changes, [{ line_id: cart.lines[0]?.id, what: 'availability', was: 'enough', is: 'short' }])
    const confirmed = await shop.till('POST', `/v1/carts/${cart.id}/confirm`, { expected_total: 6000 })
    assert.deepEqual([confirmed.body.changes, shown(confirmed.body)], [[], [[false, 1]]])
  })
})

describe('two devices', () => {
  it('that change at once lose nothing', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => shop.till('POST', `/v1/carts/${cart.id}/lines`, add(i % 2 ? axe : rope))),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.deepEqual(
      answers.map(({ body }) => body.version).sort((a, b) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    )
    assert.deepEqual(quantities(await shop.read(cart.id)), { [axe]: 6, [rope]: 5 })
  })

  it('that have seen the same version: one changes it, the other is told which version there is', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const path = `/v1/carts/${cart.id}/lines/${cart.lines[0]?.id}`
    const answers = await Promise.all(
      [5, 7].map((quantity) => shop.till('PATCH', path, { quantity }, { headers: { 'if-match': '"1"' } })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412])
    const refused = answers.find(({ status }) => status === 412)?.body
    assert.equal(refused?.code, 'version-conflict')
    assert.deepEqual(refused?.errors, [{ pointer: '/version', detail: 'is 2' }])
    const won = answers.find(({ status }) => status === 200)?.body.lines[0]?.quantity
    assert.deepEqual(quantities(await shop.read(cart.id)), { [axe]: won })
  })

  it('see each other’s removal, and a line that is gone cannot be changed', async () => {
    const cart = await shop.cart({ [axe]: 1, [rope]: 1 })
    const path = `/v1/carts/${cart.id}/lines/${cart.lines[0]?.id}`
    assert.equal((await shop.till('DELETE', path)).status, 200)
    assert.equal((await shop.till('PATCH', path, { quantity: 2 })).status, 404)
    assert.deepEqual(quantities(await shop.read(cart.id)), { [rope]: 1 })
  })
})

describe('a page', () => {
  it('opens its own cart with its secret, and no other with it', async () => {
    const mine = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const other = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const device = shop.device(mine.secret)
    assert.match(String(mine.secret), /^cs_/)
    assert.equal((await device.call('GET', `/v1/carts/${mine.id}`)).status, 200)
    assert.equal((await device.call('POST', `/v1/carts/${mine.id}/lines`, add(rope))).status, 200)
    for (const [by, path] of [
      [device, `/v1/carts/${other.id}`],
      [shop.device(undefined), `/v1/carts/${mine.id}`],
      [shop.device('cs_wrong'), `/v1/carts/${mine.id}`],
    ] as const)
      assert.equal((await by.call('GET', path)).status, 404)
    const { rows } = await shop.database.db.query('select secret_hashes::text as kept from cart where id = $1', [
      mine.id,
    ])
    assert.ok(!JSON.stringify(rows).includes(String(mine.secret)), 'only its hash is kept')
    assert.equal((await shop.read(mine.id)).secret, undefined, 'and it is shown once')
  })

  it('sets no price, names no customer, is no till', async () => {
    const cart = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const device = shop.device(cart.secret)
    const customer_id = await shop.customer()
    const override = await device.call(
      'POST',
      `/v1/carts/${cart.id}/lines`,
      add(axe, 1, { unit_price: '1', reason: 'x' }),
    )
    const named = await device.call('PATCH', `/v1/carts/${cart.id}`, { customer_id })
    const till = await device.call('PATCH', `/v1/carts/${cart.id}`, { channel: 'pos' })
    for (const { status, body } of [override, named, till])
      assert.deepEqual([status, body.code], [403, 'scope-missing'])
    assert.equal((await shop.read(cart.id)).version, 1)
  })

  it('cannot take back a price that staff set', async () => {
    const cart = await shop.cart({}, {}, shop.page)
    const staff = await shop.till(
      'POST',
      `/v1/carts/${cart.id}/lines`,
      add(axe, 1, { unit_price: '60', reason: 'set' }),
    )
    const line = staff.body.lines[0]?.id
    const answer = await shop
      .device(cart.secret)
      .call('PATCH', `/v1/carts/${cart.id}/lines/${line}`, { unit_price: null })
    assert.equal(answer.status, 403)
  })
})

describe('prices', () => {
  it('that change between two looks are said until they are confirmed', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({ [lamp]: 2 })
    await shop.setPrice(lamp, '25.00')
    const changed = [{ line_id: cart.lines[0]?.id, what: 'price', was: '20.00', is: '25.00' }]
    for (let look = 0; look < 2; look++) assert.deepEqual((await shop.read(cart.id)).changes, changed)

    const stale = await shop.till('POST', `/v1/carts/${cart.id}/confirm`, { expected_total: 4000 })
    assert.deepEqual([stale.status, stale.body.code], [409, 'price-changed'])
    assert.equal((await shop.read(cart.id)).version, 1, 'nothing was done')

    const seen = await shop.till('POST', `/v1/carts/${cart.id}/confirm`, { expected_total: 5000 })
    assert.deepEqual([seen.status, seen.body.changes, seen.body.version], [200, [], 2])
    assert.deepEqual((await shop.read(cart.id)).changes, [])
    const again = await shop.till('POST', `/v1/carts/${cart.id}/confirm`, { expected_total: 5000 })
    assert.equal(again.body.version, 2, 'nothing to confirm is no change')
    assert.deepEqual(await shop.events(cart.id), ['cart.created', 'cart.confirmed'])
  })

  it('of an article that is no longer sold make it gone: shown, and not in the total', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({ [lamp]: 1, [rope]: 1 })
    await shop.withdraw(lamp)
    const read = await shop.read(cart.id)
    assert.equal(read.total, 950)
    assert.deepEqual(
      read.changes.map(({ what, line_id }) => [what, line_id]),
      [['gone', cart.lines[0]?.id]],
    )
    assert.equal(read.lines[0]?.is_gone, true)
  })

  it('that staff set stay what they are', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({})
    await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(lamp, 1, { unit_price: '15', reason: 'last one' }))
    await shop.setPrice(lamp, '25.00')
    const read = await shop.read(cart.id)
    assert.deepEqual([read.total, read.changes, read.lines[0]?.list_price], [1500, [], '25.00'])
  })
})
