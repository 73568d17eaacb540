// What is sent twice or refused on the way back: goods count once, and a refused exchange leaves the return as it was.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { ReturnView } from '../../server/returns/return.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnShop
before(async () => {
  shop = await openShop()
  at = returnShop(shop)
  await at.stocked('shirt', '10.00', 50)
  await at.sells('troja', '100.00', { prices: [{ currency: 'SEK', unit_price: '100.00' }] })
})
after(() => shop.close({ hasAllVersions: true }))

async function asked(quantity: number): Promise<ReturnView> {
  const order = await at.bought({ shirt: quantity }, (placed) => at.pay(placed, undefined, { channel: 'pos' }))
  const { status, text, body } = await at.ask(order, { shirt: quantity })
  assert.equal(status, 201, text)
  return body
}

const one = () => ({ store_id: at.shopFloor, lines: [{ no: 1, quantity: 1, disposition: 'restock' }] })

function receive(id: string, key: string, body: object = one()) {
  return shop.api.command(`/v1/returns/${id}/receive`, body, { key }) as unknown as ReturnType<typeof at.receive>
}

test('received twice under one key the goods count once, and the first answer is given again', async () => {
  const { id } = await asked(2)
  const { on_hand } = await at.onHand('shirt')
  const first = await receive(id, `receipt-${id}`)
  const again = await receive(id, `receipt-${id}`)
  assert.deepEqual([first.status, again.status, again.text], [200, 200, first.text])
  assert.deepEqual([again.body.lines[0]?.received, again.body.lines[0]?.outstanding], [1, 1])
  assert.equal((await at.onHand('shirt'))['on_hand'], (on_hand ?? 0) + 1)
  const other = await receive(id, `receipt-${id}`, {
    ...one(),
    lines: [{ no: 1, quantity: 2, disposition: 'restock' }],
  })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency-key-reused'], other.text)
  assert.equal((await receive(id, `second-${id}`)).body.lines[0]?.received, 2)
})

test('sent from two devices at once under one key it counts once too', async () => {
  const { id } = await asked(2)
  const other = await shop.another()
  const path = `/v1/returns/${id}/receive`
  const answers = await Promise.all([shop.api, other].map((api) => api.command(path, one(), { key: `both-${id}` })))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  assert.equal((await at.readReturn(id)).lines[0]?.received, 1)
})

test('a refused receipt frees its key', async () => {
  const { id } = await asked(1)
  const refused = await receive(id, `freed-${id}`, {
    ...one(),
    lines: [{ no: 1, quantity: 2, disposition: 'restock' }],
  })
  assert.equal(refused.body.code, 'quantity-exceeds-available', refused.text)
  assert.equal((await receive(id, `freed-${id}`)).status, 200)
})

async function instead(basket: Record<string, number>, currency: string): Promise<OrderView> {
  const cart = await at.cart(basket, { channel: 'pos', store_id: at.shopFloor, currency })
  const placed = await at.place(cart)
  assert.equal(placed.status, 201, placed.text)
  return placed.body
}

test('an exchange refused for its currency leaves the return as it was: the next one goes through', async () => {
  const back = await asked(1)
  await receive(back.id, `goods-${back.id}`)
  const received = await at.readReturn(back.id)
  const exchange = (order: OrderView) =>
    shop.api.command('/v1/exchanges', { return_id: back.id, order_id: order.id }) as unknown as Promise<{
      status: number
      text: string
      body: { state: string; code: string }
    }>
  const refused = await exchange(await instead({ troja: 1 }, 'SEK'))
  assert.deepEqual([refused.status, refused.body.code], [422, 'currency-mismatch'], refused.text)
  assert.deepEqual(await at.readReturn(back.id), received)
  const made = await exchange(await instead({ shirt: 1 }, 'EUR'))
  assert.deepEqual([made.status, made.body.state], [201, 'completed'], made.text)
  assert.equal((await at.readReturn(back.id)).state, 'settled')
})

test('the form of the order page, pressed twice at once or again, asks for one return', async () => {
  for (const [bought, chosen] of [
    [3, 1],
    [2, 2],
  ] as const) {
    const order = await at.bought({ shirt: bought }, (placed) => at.pay(placed, undefined, { channel: 'pos' }))
    const line = order.lines[0]?.id
    const press = async () => {
      const { status, headers } = await shop.send({
        method: 'POST',
        path: new URL((order as unknown as { page_url: string }).page_url).pathname,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `act=return&line.${line}=${chosen}&left.${line}=${bought}&reason=other`,
      })
      return [status, /done=return_asked/.test(String(headers['location']))]
    }
    const answers = [...(await Promise.all([press(), press()])), await press()]
    assert.deepEqual(answers, Array(3).fill([303, true]))
    const { body } = await shop.api.get<{ data: ReturnView[] }>(`/v1/returns?order_id=${order.id}`)
    assert.deepEqual(
      body.data.map(({ lines }) => lines[0]?.requested),
      [chosen],
    )
  }
})

test('the order page says only what is so, and what it says is no news that it would load itself again for', async () => {
  const order = await at.bought({ shirt: 1 }, (placed) => at.pay(placed, undefined, { channel: 'pos' }))
  const { pathname } = new URL((order as unknown as { page_url: string }).page_url)
  const read = async (path: string) => (await shop.send({ method: 'GET', path: pathname + path, headers: {} })).text
  for (const done of ['cancelled', 'return_asked'])
    assert.doesNotMatch(await read(`?lang=en&done=${done}`), /class="notice good"/, `it was not ${done}`)
  await at.ask(order, { shirt: 1 })
  const page = await read('?lang=en&done=return_asked')
  assert.match(page, /class="notice good"/)
  const { stamp } = JSON.parse(await read('/state?lang=en&done=return_asked')) as { stamp: string }
  assert.ok(page.includes(stamp))
})
