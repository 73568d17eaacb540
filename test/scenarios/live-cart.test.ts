// Story 1 over real HTTP: a cart begun on phone A goes on on laptop B and is paid at till C; each sees at once what the
// others do.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { CartView } from '../../server/carts/view.ts'
import { type Api, createApi, sendOverHttp } from '../api.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'

let served: ServedShop
let staff: Api
let axe: string
before(async () => {
  served = await servedShop()
  staff = createApi(sendOverHttp(served.url), served.demo.secret_key)
  const product = await staff.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Axe',
    variants: [{ sku: 'LIVE-AXE', track: 'none', prices: [{ currency: 'EUR', unit_price: '49.95' }] }],
  })
  axe = product.body.variants[0]?.id as string
})
after(() => served.close())

interface CartEvent {
  sequence: number
  type: string
  object_id: string
  object_version: number
  data: { state: string; channel: string; order_id: string | null }
}

/** Follows a cart as a page does. */
async function follow(cartId: string, secret: string, lastEventId?: number) {
  const leaving = new AbortController()
  const response = await fetch(`${served.url}/v1/carts/${cartId}/stream`, {
    headers: {
      authorization: `Bearer ${served.demo.publishable_key}`,
      'cart-secret': secret,
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
    signal: leaving.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return {
    status: response.status,
    /** The next event; rejects when none comes in five seconds. */
    async next(): Promise<CartEvent> {
      const limit = AbortSignal.timeout(5_000)
      for (;;) {
        const match = /data: (.*)\n\n/.exec(text)
        if (match) {
          text = text.slice(match.index + match[0].length)
          return JSON.parse(match[1] as string)
        }
        const late = new Promise<never>((_, reject) =>
          limit.addEventListener('abort', () => reject(new Error('no event came')), { once: true }),
        )
        const read = await Promise.race([reader?.read(), late])
        assert.ok(read && !read.done, 'the stream goes on')
        text += read.value
      }
    },
    leave: () => leaving.abort(),
  }
}

function device(secret: string): Api['call'] {
  const page = createApi(sendOverHttp(served.url), served.demo.publishable_key)
  return (method, path, body, options = {}) =>
    page.call(method, path, body, { ...options, headers: { ...options.headers, 'cart-secret': secret } })
}

test('a web cart on phone A continues on laptop B and is paid at till C, live on all of them', async () => {
  const page = createApi(sendOverHttp(served.url), served.demo.publishable_key)
  const made = await page.call<CartView & { secret: string }>('POST', '/v1/carts', {
    currency: 'EUR',
    channel: 'app',
    lines: [{ variant_id: axe, quantity: 1 }],
  })
  const { id, secret } = made.body
  const phone = await follow(id, secret)
  assert.equal(phone.status, 200)

  // The shop's own server knows who signed in on the laptop.
  const ada = await staff.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })
  const begun = performance.now()
  await staff.call('PATCH', `/v1/carts/${id}`, { customer_id: ada.body.id })
  const bound = await phone.next()
  const tookMs = performance.now() - begun
  assert.deepEqual([bound.type, bound.object_id, bound.object_version], ['cart.updated', id, 2])
  assert.ok(tookMs < 2_000, `the phone knew after ${Math.round(tookMs)} ms`)
  const laptop = await staff.get<{ data: { id: string }[] }>(`/v1/carts?customer_id=${ada.body.id}`)
  assert.deepEqual(
    laptop.body.data.map((cart) => cart.id),
    [id],
  )
  await staff.call('POST', `/v1/carts/${id}/lines`, { lines: [{ variant_id: axe, quantity: 2 }] })
  assert.equal((await phone.next()).object_version, 3)

  // Other carts are not told of.
  await page.call('POST', '/v1/carts', { currency: 'EUR', channel: 'web' })
  const handover = await device(secret)<{ code: string }>('POST', `/v1/carts/${id}/handover`)
  const register = served.demo.registers[0]
  const till = await staff.call<CartView>('POST', '/v1/carts/claim', {
    code: handover.body.code,
    channel: 'pos',
    store_id: register?.store_id,
    register_id: register?.id,
  })
  assert.deepEqual([till.status, till.body.total, till.body.customer_id], [200, 14_985, ada.body.id])
  const claimed = await phone.next()
  assert.deepEqual([claimed.type, claimed.object_id, claimed.data.channel], ['cart.claimed', id, 'pos'])

  const order = await staff.call<{ id: string }>('POST', '/v1/orders', { cart_id: id, expected_total: 14_985 })
  assert.equal(order.status, 201, order.text)
  const paid = await staff.pay({
    amount: 14_985,
    currency: 'EUR',
    channel: 'pos',
    order_id: order.body.id,
    tender: { method: 'cash', cash: { register_id: register?.id as string, tendered: 15_000 } },
  })
  assert.deepEqual([paid.status, paid.body.status], [201, 'captured'])
  const converted = await phone.next()
  assert.deepEqual([converted.type, converted.data.order_id], ['cart.converted', order.body.id])
  phone.leave()

  const again = await follow(id, secret, bound.sequence)
  assert.deepEqual([(await again.next()).object_version, (await again.next()).object_version], [3, 4])
  again.leave()
})

test('a stream is closed to who does not hold the cart', async () => {
  const made = await staff.call<CartView>('POST', '/v1/carts', { currency: 'EUR', channel: 'web' })
  assert.equal((await follow(made.body.id, 'cs_guessed')).status, 404)
})
