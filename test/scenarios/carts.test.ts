// One cart on several devices: changes at once, secrets, merging, hand-over, parking, prices that change.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { lockForOrder } from '../../server/carts/index.ts'
import { createApi } from '../api.ts'
import { type CartAnswer, type CartShop, openCartShop, quantities } from './cart-shop.ts'
import { DAY, MINUTE } from './shop.ts'

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

/** Makes the cart an order's, as order placement does. */
async function placeOrder(cart: CartAnswer): Promise<string> {
  const order_id = shop.payments.newId('ord')
  const row = {
    n: 0,
    merchant_id: shop.keys.merchant_id,
    at: shop.clock.now(),
    cart_id: cart.id,
    version: cart.version,
  }
  // Appends the event as the order's own function does.
  const { rows } = await shop.database.db.query<{ outcome: string }>(
    `with taken as (
       select * from cart_lock_for_order((select array_agg(r) from json_populate_recordset(null::cart_order_row, $1) r))
     ) select outcome, event_append_rows($2, array[event]) from taken`,
    [JSON.stringify([{ ...row, order_id, event_id: shop.payments.newId('evt') }]), shop.clock.now()],
  )
  assert.equal(rows[0]?.outcome, 'ok')
  return order_id
}

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

  it('takes no unknown article, no 201st line, no quantity beyond a tonne', async () => {
    const cart = await shop.cart({ [axe]: 1_000_000 })
    const path = `/v1/carts/${cart.id}/lines`
    const unknown = await shop.till('POST', path, add(`var_${'0'.repeat(26)}`))
    assert.deepEqual([unknown.status, unknown.body.code], [422, 'reference-not-found'])
    const heavy = await shop.till('POST', path, add(axe))
    assert.deepEqual([heavy.status, heavy.body.code], [422, 'validation-error'])
    const lines = Array.from({ length: 200 }, (_, i) => ({ variant_id: rope, quantity: 1, note: `n${i}` }))
    const many = await shop.till('POST', path, { lines })
    assert.deepEqual([many.status, many.body.code], [422, 'too-many-items'])
    assert.equal((await shop.read(cart.id)).version, 1)
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

describe('merging at sign-in', () => {
  it('adds what was chosen as a guest, leaves a tombstone, and other devices follow with the secret they have', async () => {
    const customer_id = await shop.customer()
    const mine = await shop.cart({ [axe]: 1 }, { customer_id })
    const guest = await shop.cart({ [axe]: 2, [rope]: 3 }, {}, shop.page)
    const answer = await shop.api.call<{ outcome: string; cart: CartAnswer }>('POST', `/v1/carts/${guest.id}/merge`, {
      into: mine.id,
      policy: 'sum_capped',
    })
    assert.deepEqual([answer.status, answer.body.outcome], [200, 'merged'])
    assert.deepEqual(quantities(answer.body.cart), { [axe]: 3, [rope]: 3 })
    const tombstone = await shop.device(guest.secret).call('GET', `/v1/carts/${guest.id}`)
    assert.deepEqual([tombstone.body.state, tombstone.body.moved_to], ['merged', mine.id])
    assert.deepEqual(quantities(tombstone.body), { [axe]: 2, [rope]: 3 }, 'nothing is deleted of it')
    const followed = await shop.device(guest.secret).call('GET', `/v1/carts/${mine.id}`)
    assert.equal(followed.status, 200)
    const late = await shop.device(guest.secret).call('POST', `/v1/carts/${guest.id}/lines`, add(axe))
    assert.deepEqual([late.status, late.body.code], [409, 'cart-closed'])
  })

  it('by `ask` shows both and changes nothing', async () => {
    const [a, b] = [await shop.cart({ [axe]: 1 }), await shop.cart({ [rope]: 1 })]
    const { body } = await shop.api.call<{ outcome: string; cart: CartAnswer; other: CartAnswer }>(
      'POST',
      `/v1/carts/${a.id}/merge`,
      { from_cart_id: b.id, policy: 'ask' },
    )
    assert.deepEqual([body.outcome, body.cart.id, body.other.id], ['ask', a.id, b.id])
    assert.deepEqual([(await shop.read(a.id)).version, (await shop.read(b.id)).version], [1, 1])
  })

  it('never gives one customer’s cart to another, nor to nobody (vendure#263)', async () => {
    const [ada, bob] = [await shop.customer('Ada'), await shop.customer('Bob')]
    const adas = await shop.cart({ [axe]: 1 }, { customer_id: ada })
    const bobs = await shop.cart({ [rope]: 1 }, { customer_id: bob })
    const nobodys = await shop.cart({ [rope]: 1 })
    for (const into of [bobs.id, nobodys.id]) {
      const answer = await shop.till('POST', `/v1/carts/${adas.id}/merge`, { into, policy: 'sum_capped' })
      assert.deepEqual([answer.status, answer.body.code], [409, 'invalid-state'])
    }
    const taken = await shop.till('PATCH', `/v1/carts/${adas.id}`, { customer_id: bob })
    assert.deepEqual([taken.status, taken.body.code], [409, 'invalid-state'])
    assert.equal((await shop.till('PATCH', `/v1/carts/${nobodys.id}`, { customer_id: bob })).status, 200)
    assert.deepEqual(quantities(await shop.read(adas.id)), { [axe]: 1 })
  })

  it('gives one result when many try, from both sides', async () => {
    const [a, b] = [await shop.cart({ [axe]: 1 }), await shop.cart({ [axe]: 2 })]
    const tries = Array.from({ length: 10 }, (_, i) => {
      const [from, into] = i % 2 ? [a.id, b.id] : [b.id, a.id]
      return shop.api.call<{ cart: CartAnswer }>('POST', `/v1/carts/${from}/merge`, { into, policy: 'sum_capped' })
    })
    const answers = await Promise.all(tries)
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const [stays] = answers.map(({ body }) => body.cart.id)
    for (const { body } of answers) {
      assert.equal(body.cart.id, stays)
      assert.deepEqual(quantities(body.cart), { [axe]: 3 })
    }
  })

  it('keeps all 65 lines (vendure#4481), and nothing is done when they do not fit', async () => {
    const many = (n: number, of: string) =>
      Array.from({ length: n }, (_, i) => ({ variant_id: axe, quantity: i + 1, note: `${of} ${i}` }))
    const [a, b] = [await shop.cart({}, { lines: many(65, 'a') }), await shop.cart({}, { lines: many(65, 'b') })]
    const { body } = await shop.api.call<{ cart: CartAnswer }>('POST', `/v1/carts/${a.id}/merge`, {
      into: b.id,
      policy: 'guest_wins',
    })
    assert.equal(body.cart.lines.length, 130)
    const c = await shop.cart({}, { lines: many(100, 'c') })
    const full = await shop.till('POST', `/v1/carts/${c.id}/merge`, { into: b.id, policy: 'max' })
    assert.deepEqual([full.status, full.body.code], [422, 'too-many-items'])
    assert.equal((await shop.read(c.id)).state, 'open')
  })
})

describe('handing over', () => {
  const claim = (code: string, more: object = {}) => ({
    code,
    channel: 'pos',
    store_id: shop.store,
    register_id: shop.till_id,
    ...more,
  })
  const codeOf = async (id: string) => {
    const answer = await shop.api.call<{ code: string; qr_svg: string; url: string }>(
      'POST',
      `/v1/carts/${id}/handover`,
    )
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }

  it('takes the cart from the phone to the till and back, live on both, with its customer', async () => {
    const phone = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const customer_id = await shop.customer()
    await shop.till('PATCH', `/v1/carts/${phone.id}`, { customer_id })
    const shown = await shop.device(phone.secret).call('POST', `/v1/carts/${phone.id}/handover`)
    const { code, qr_svg, url } = shown.body as unknown as { code: string; qr_svg: string; url: string }
    assert.match(code, /^[34679ACDEFGHJKMNPQRTWXY]{6}$/)
    assert.ok(url.endsWith(`/c/${code}`))
    assert.match(qr_svg, /^<svg /)

    const till = await shop.till('POST', '/v1/carts/claim', claim(code.toLowerCase()))
    assert.equal(till.status, 200, till.text)
    assert.deepEqual(
      [till.body.id, till.body.channel, till.body.channels_seen, till.body.customer_id, till.body.secret],
      [phone.id, 'pos', ['web', 'pos'], customer_id, undefined],
    )
    assert.equal(till.body.lines[0]?.fulfilment.mode, 'take_away', 'the usual way of where it is now')
    await shop.device(phone.secret).call('POST', `/v1/carts/${phone.id}/lines`, add(rope))
    assert.deepEqual(quantities(await shop.read(phone.id)), { [axe]: 1, [rope]: 1 })

    const back = await shop.page.call<CartAnswer>('POST', '/v1/carts/claim', {
      code: (await codeOf(phone.id)).code,
      channel: 'app',
    })
    assert.deepEqual([back.body.id, back.body.channels_seen], [phone.id, ['web', 'pos', 'app']])
    for (const secret of [phone.secret, back.body.secret])
      assert.equal((await shop.device(secret).call('GET', `/v1/carts/${phone.id}`)).status, 200)
    assert.deepEqual(await shop.events(phone.id), [
      'cart.created',
      'cart.updated',
      'cart.claimed',
      'cart.updated',
      'cart.claimed',
    ])
  })

  it('works once, for the last code, for ten minutes, for this merchant', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const first = (await codeOf(cart.id)).code
    const second = (await codeOf(cart.id)).code
    const invalid = async (code: string, by = shop.api) => {
      const answer = await by.call<CartAnswer>('POST', '/v1/carts/claim', { code, channel: 'web' })
      assert.deepEqual([answer.status, answer.body.code], [422, 'code-invalid'])
    }
    await invalid(first)
    await invalid(second, (await shop.neighbour()).api)
    assert.equal((await shop.till('POST', '/v1/carts/claim', claim(second))).status, 200)
    await invalid(second)
    const third = (await codeOf(cart.id)).code
    shop.clock.advance(10 * MINUTE)
    await invalid(third)
  })

  it('raced by two has one winner', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const { code } = await codeOf(cart.id)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => shop.till('POST', '/v1/carts/claim', claim(code))),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 422, 422, 422, 422, 422])
    assert.equal((await shop.read(cart.id)).version, 2)
    shop.clock.advance(MINUTE)
  })

  it('is not found by guessing', async () => {
    const guess = () => shop.page.call<CartAnswer>('POST', '/v1/carts/claim', { code: '333333', channel: 'web' })
    for (let i = 0; i < 10; i++) assert.equal((await guess()).status, 422)
    const limited = await guess()
    assert.deepEqual([limited.status, limited.body.code], [429, 'rate-limited'])
    const cart = await shop.cart({ [axe]: 1 })
    const { code } = await codeOf(cart.id)
    assert.equal((await shop.till('POST', '/v1/carts/claim', claim(code))).status, 200, 'tills go on')
    shop.clock.advance(MINUTE)
  })
})

describe('a cart set aside', () => {
  it('is seen on every register of its store, and taken up on another', async () => {
    const cart = await shop.cart({ [axe]: 1 }, { channel: 'pos', store_id: shop.store })
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/park`, { name: 'blue coat' })).status, 200)
    const list = async () =>
      (await shop.api.get<{ data: { id: string; name: string }[] }>(`/v1/carts?state=parked&store_id=${shop.store}`))
        .body.data
    assert.deepEqual(
      (await list()).map(({ id, name }) => [id, name]),
      [[cart.id, 'blue coat']],
    )
    const changed = await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))
    assert.deepEqual([changed.status, changed.body.code], [409, 'invalid-state'])
    const resumed = await shop.till('POST', `/v1/carts/${cart.id}/resume`, { register_id: shop.till_id })
    assert.deepEqual([resumed.body.state, resumed.body.register_id], ['open', shop.till_id])
    assert.deepEqual(await list(), [])
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))).status, 200)
  })

  it('by a customer is found by staff through the customer', async () => {
    const customer_id = await shop.customer()
    const cart = await shop.cart({ [axe]: 1 }, { customer_id })
    const { body } = await shop.api.get<{ data: { id: string; line_count: number }[] }>(
      `/v1/carts?customer_id=${customer_id}`,
    )
    assert.deepEqual(
      body.data.map(({ id, line_count }) => [id, line_count]),
      [[cart.id, 1]],
    )
  })

  it('is given up after a week when parked, after a season when open', async () => {
    const parked = await shop.cart({ [axe]: 1 }, { channel: 'pos', store_id: shop.store })
    await shop.till('POST', `/v1/carts/${parked.id}/park`, {})
    const open = await shop.cart({ [axe]: 1 })
    const [expiry] = shop.wired.commerce.workers.filter(({ name }) => name === 'expiring carts')
    const states = async () => [(await shop.read(parked.id)).state, (await shop.read(open.id)).state]
    shop.clock.advance(7 * DAY - MINUTE)
    await expiry?.tick()
    assert.deepEqual(await states(), ['parked', 'open'])
    shop.clock.advance(MINUTE)
    await expiry?.tick()
    assert.deepEqual(await states(), ['expired', 'open'])
    shop.clock.advance(83 * DAY)
    const late = await shop.till('POST', `/v1/carts/${open.id}/lines`, add(axe))
    assert.deepEqual([late.status, late.body.code], [409, 'cart-closed'], 'with or without the worker')
    await expiry?.tick()
    assert.deepEqual(await states(), ['expired', 'expired'])
    assert.deepEqual((await shop.events(open.id)).at(-1), 'cart.expired')
  })
})

describe('a cart that is being paid', () => {
  it('cannot be changed from any device until it is unlocked or the lock has lapsed', async () => {
    const cart = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const device = shop.device(cart.secret)
    const tryIt = async () => (await device.call('POST', `/v1/carts/${cart.id}/lines`, add(axe))).status
    assert.equal((await shop.till('POST', `/v1/carts/${cart.id}/lock`)).body.state, 'locked')
    assert.equal(await tryIt(), 409)
    await shop.till('POST', `/v1/carts/${cart.id}/unlock`)
    assert.equal(await tryIt(), 200)
    await shop.till('POST', `/v1/carts/${cart.id}/lock`)
    shop.clock.advance(15 * MINUTE)
    assert.equal(await tryIt(), 200)
  })

  it('becomes an order from exactly the version that was worked out, and is closed then', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const order = await placeOrder(cart)
    const read = await shop.read(cart.id)
    assert.deepEqual([read.state, read.moved_to, read.version], ['converted', order, 2])
    const late = await shop.till('POST', `/v1/carts/${cart.id}/lines`, add(axe))
    assert.deepEqual([late.status, late.body.code], [409, 'cart-closed'])
    assert.ok(late.body.detail.includes(order))
    const [again] = await lockForOrder(shop.database.db, [
      {
        n: 0,
        merchant_id: shop.keys.merchant_id,
        at: shop.clock.now(),
        cart_id: cart.id,
        version: 1,
        order_id: shop.payments.newId('ord'),
        event_id: shop.payments.newId('evt'),
      },
    ])
    assert.deepEqual([again?.outcome, again?.order_id], ['known', order])
  })
})

describe('a quote', () => {
  const until = (days: number) => ({ valid_until: new Date(shop.clock.now().getTime() + days * DAY).toISOString() })
  interface QuoteAnswer {
    id: string
    state: string
    code: string
    accepted_cart_id: string
    quoted: CartAnswer
  }
  const quotes = (path: string, body?: object) => shop.api.call<QuoteAnswer>('POST', path, body)

  it('holds its prices in the cart that it becomes, whatever prices do', async () => {
    const lamp = await shop.article('20.00')
    const cart = await shop.cart({ [lamp]: 3 })
    const quote = await quotes(`/v1/carts/${cart.id}/quotes`, until(30))
    assert.deepEqual([quote.status, quote.body.state, quote.body.quoted.total], [201, 'draft', 6000])
    const early = await quotes(`/v1/quotes/${quote.body.id}/accept`)
    assert.deepEqual([early.status, early.body.code], [409, 'invalid-state'])
    await quotes(`/v1/quotes/${quote.body.id}/send`)
    await shop.setPrice(lamp, '99.00')

    const accepted = await Promise.all([1, 2, 3].map(() => quotes(`/v1/quotes/${quote.body.id}/accept`)))
    const ids = new Set(accepted.map(({ body }) => body.accepted_cart_id))
    assert.equal(ids.size, 1, 'accepted three times, one cart')
    const held = await shop.read([...ids][0] as string)
    assert.deepEqual([held.total, held.changes, held.quote_id], [6000, [], quote.body.id])
    const more = await shop.till('POST', `/v1/carts/${held.id}/lines`, add(rope))
    assert.deepEqual([more.status, more.body.code], [409, 'invalid-state'])

    await placeOrder(held)
    const { body } = await shop.api.get<QuoteAnswer>(`/v1/quotes/${quote.body.id}`)
    assert.equal(body.state, 'converted')
    assert.equal((await shop.read(cart.id)).total, 29_700, 'the cart it was of has the prices of now')
  })

  it('is over when its day has come, or when it is declined', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const late = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${late.body.id}/send`)
    shop.clock.advance(2 * DAY)
    assert.equal((await quotes(`/v1/quotes/${late.body.id}/accept`)).status, 409)
    const { body } = await shop.api.get<QuoteAnswer>(`/v1/quotes/${late.body.id}`)
    assert.equal(body.state, 'expired')
    const unwanted = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${unwanted.body.id}/send`)
    assert.equal((await quotes(`/v1/quotes/${unwanted.body.id}/decline`)).body.state, 'declined')
    assert.equal((await quotes(`/v1/quotes/${unwanted.body.id}/accept`)).status, 409)
  })

  it('is open to whoever holds the cart, and to nobody else', async () => {
    const cart = await shop.cart({ [axe]: 1 }, {}, shop.page)
    const quote = await quotes(`/v1/carts/${cart.id}/quotes`, until(2))
    await quotes(`/v1/quotes/${quote.body.id}/send`)
    const accepted = await shop.device(cart.secret).call('POST', `/v1/quotes/${quote.body.id}/accept`)
    const held = (accepted.body as unknown as QuoteAnswer).accepted_cart_id
    assert.equal((await shop.device(cart.secret).call('GET', `/v1/carts/${held}`)).status, 200)
    assert.equal((await shop.device('cs_other').call('GET', `/v1/quotes/${quote.body.id}`)).status, 404)
    const neighbour = createApi(shop.send, (await shop.neighbour()).keys.secret_key)
    assert.equal((await neighbour.call('GET', `/v1/quotes/${quote.body.id}`)).status, 404)
  })
})
