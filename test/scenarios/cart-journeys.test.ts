// A cart that changes hands: merging at sign-in, and hand-over by code.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MAX_LINES } from '../../server/carts/index.ts'
import { type CartAnswer, type CartShop, openCartShop, quantities } from './cart-shop.ts'
import { MINUTE } from './shop.ts'

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
    assert.equal((await shop.till('POST', `/v1/carts/${b.id}/lines`, { lines: many(600, 'd') })).status, 200)
    const c = await shop.cart({}, { lines: many(MAX_LINES - 700, 'c') })
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

  it('waits while the cart is being paid, and works afterwards', async () => {
    const cart = await shop.cart({ [axe]: 1 })
    const { code } = await codeOf(cart.id)
    await shop.till('POST', `/v1/carts/${cart.id}/lock`)
    const early = await shop.till('POST', '/v1/carts/claim', claim(code))
    assert.deepEqual([early.status, early.body.code], [409, 'invalid-state'])
    await shop.till('POST', `/v1/carts/${cart.id}/unlock`)
    assert.equal((await shop.till('POST', '/v1/carts/claim', claim(code))).status, 200)
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
