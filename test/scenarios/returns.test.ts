// Goods come back: what they are worth, where they land, how the money goes back, and what happens when two ask at once or an
// answer is lost on the way.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('kettle', '30.00', 100)
  await floor.stocked('lamp', '10.00', 100)
  await floor.stocked('mug', '3.33', 100)
})
after(() => shop.close({ hasAllVersions: true }))

const byCard =
  (card: string = CARDS.approved) =>
  (order: OrderView) =>
    floor.pay(order, card, { channel: 'pos', store_id: floor.shopFloor })
const inCash = (order: OrderView) =>
  shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id },
    tender: { method: 'cash', cash: { register_id: shop.till, tendered: order.total } },
  })
const back = (no: number, quantity: number, disposition = 'restock') => ({ no, quantity, disposition })

describe('a return with stock, as other systems tell it', () => {
  it('of two: one good, none is refused, one damaged; only the good one is for sale again', async () => {
    const before = await floor.onHand('lamp')
    const order = await floor.bought({ lamp: 2 }, inCash)
    const asked = await floor.ask(order, { lamp: 2 })
    assert.deepEqual([asked.body.lines[0]?.outstanding, asked.body.lines[0]?.received], [2, 0])
    const one = await floor.receive(asked.body.id, [back(1, 1)])
    assert.deepEqual([one.body.lines[0]?.outstanding, one.body.lines[0]?.received], [1, 1])
    assert.equal((await floor.receive(asked.body.id, [back(1, 0)])).status, 422)
    const two = await floor.receive(asked.body.id, [back(1, 1, 'damaged')])
    assert.deepEqual([two.body.lines[0]?.received, two.body.lines[0]?.damaged], [2, 1])
    const now = await floor.onHand('lamp')
    assert.deepEqual([now['on_hand'], now['damaged']], [before['on_hand'], 1 + (before['damaged'] ?? 0)])
    assert.equal(now['available'], (before['available'] ?? 0) - 1)
  })

  it('whose shipping costs 10.00, then 10.02, then 10.00 again', async () => {
    const order = await floor.bought({ kettle: 1 }, byCard())
    const rules = (await shop.api.get<{ rules: object }>('/v1/return_policy')).body.rules
    await shop.api.call('PUT', '/v1/return_policy', { ...rules, shipping_fee: { EUR: 1000 } })
    const asked = await floor.ask(order, { kettle: 1 }, { channel: 'web', store_id: undefined })
    const feeOf = async (fee: number | null) => {
      const path = `/v1/returns/${asked.body.id}/shipping_fee`
      return (await shop.api.call<{ shipping_fee: number }>('PUT', path, { fee })).body.shipping_fee
    }
    assert.deepEqual([asked.body.shipping_fee, await feeOf(1002), await feeOf(null)], [1000, 1002, 1000])
    await floor.receive(asked.body.id, [back(1, 1)])
    const settled = await floor.settle(asked.body.id)
    assert.deepEqual([settled.body.amount_goods, settled.body.amount_refunded], [3000, 2000])
    await shop.api.call('PUT', '/v1/return_policy', rules)
  })

  it('is asked for in the moment after it was paid, before anybody has looked at the order', async () => {
    const cart = await floor.cart({ kettle: 1 }, { channel: 'pos', store_id: floor.shopFloor })
    const placed = await floor.place(cart)
    await inCash(placed.body)
    const asked = await floor.ask(placed.body, { kettle: 1 })
    assert.equal(asked.status, 201, asked.text)
  })

  it('that is cancelled frees its units to be asked for again', async () => {
    const order = await floor.bought({ kettle: 1 }, inCash)
    const asked = await floor.ask(order, { kettle: 1 })
    assert.equal((await floor.ask(order, { kettle: 1 })).body.code, 'quantity-exceeds-available')
    assert.equal((await floor.step(asked.body.id, 'cancel')).body.state, 'cancelled')
    assert.equal((await floor.step(asked.body.id, 'cancel')).status, 409)
    assert.equal((await floor.ask(order, { kettle: 1 })).status, 201)
  })
})

describe('the money', () => {
  it('goes back to the card that paid, without the card', async () => {
    const order = await floor.bought({ kettle: 1, lamp: 1 }, byCard())
    const settled = await floor.brought(order, { kettle: 1 })
    assert.deepEqual([settled.state, settled.amount_refunded, settled.refunds[0]?.to], ['settled', 3000, null])
    const after = await floor.read(order.id)
    assert.equal(after.payment_status, 'partly_refunded')
    assert.equal(after.return_status, 'partly_returned')
  })

  it('of a line of three for 9.99 comes to 9.99, however it comes back', async () => {
    for (const parts of [[1, 1, 1], [2, 1], [3]]) {
      const order = await floor.bought({ mug: 3 }, byCard())
      let sum = 0
      for (const quantity of parts) sum += (await floor.brought(order, { mug: quantity })).amount_refunded
      assert.equal(sum, 999, parts.join())
    }
  })

  it('of cash and card goes back newest first, each as it came', async () => {
    const order = await floor.bought({ kettle: 1 }, async (placed) => {
      const paid = await shop.api.pay({
        ...{ amount: 3000, currency: 'EUR', channel: 'pos', order_id: placed.id },
        tender: { method: 'card', token: await shop.api.token(CARDS.approved), amount: 2000 },
      })
      await shop.api.command(`/v1/payments/${paid.body.id}/tenders`, {
        ...{ method: 'cash', cash: { register_id: shop.till, tendered: 1000 } },
      })
    })
    const settled = await floor.brought(order, { kettle: 1 })
    assert.deepEqual(
      settled.refunds.map(({ method, amount }) => [method, amount]),
      [
        ['cash', 1000],
        ['card', 2000],
      ],
    )
  })

  it('goes to store credit when the customer wants it so, and never to a way the shop does not allow', async () => {
    const customer = await shop.customer()
    const order = await floor.bought({ lamp: 1 }, byCard(), { customer_id: customer })
    const asked = await floor.ask(order, { lamp: 1 })
    await floor.receive(asked.body.id, [back(1, 1)])
    const asCash = await floor.settle(asked.body.id, { to: { method: 'cash', register_id: shop.till }, all_to: true })
    assert.deepEqual([asCash.status, asCash.body.code], [422, 'not-returnable'])
    const settled = await floor.settle(asked.body.id, { to: { method: 'store_credit' }, all_to: true })
    assert.deepEqual([settled.body.state, settled.body.refunds[0]?.to], ['settled', 'store_credit'])
    const credit = await shop.api.get<{ data: { balance: number }[] }>(`/v1/customers/${customer}/store_credit`)
    assert.equal(credit.body.data[0]?.balance, 1000)
  })

  it('whose answer is lost is waited for, and goes back once', async () => {
    const order = await floor.bought({ lamp: 1 }, byCard())
    const asked = await floor.ask(order, { lamp: 1 })
    await floor.receive(asked.body.id, [back(1, 1)])
    shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'lost_after' }] }, shop.accounts.a)
    const settled = await floor.settle(asked.body.id)
    assert.equal(settled.body.state, 'settling')
    assert.equal(settled.body.refunds[0]?.state, 'sent')
    shop.clock.advance(MINUTE)
    await shop.ask()
    assert.equal((await floor.readReturn(asked.body.id)).state, 'settled')
    assert.deepEqual(
      shop.journal((await floor.read(order.id)).payments[0]?.id).filter((row) => row.startsWith('refunded')),
      ['refunded 1000'],
    )
  })

  it('of a refund that went and came back: the return says so, and is settled again another way', async () => {
    const order = await floor.bought({ kettle: 1 }, byCard(CARDS.refund_fails))
    const settled = await floor.brought(order, { kettle: 1 })
    assert.deepEqual([settled.state, settled.attention, settled.amount_refunded], ['settled', null, 3000])
    shop.clock.advance(MINUTE)
    await shop.news()
    const reversed = await floor.readReturn(settled.id)
    assert.deepEqual(
      [reversed.state, reversed.attention, reversed.amount_refunded, reversed.settled_at],
      ['settling', 'refund_reversed', 0, null],
    )
    assert.deepEqual([reversed.refunds[0]?.state, reversed.refunds[0]?.failure], ['failed', 'refund_reversed'])
    const events = await shop.api.get<{ data: { type: string; data: { attention: string | null } }[] }>(
      `/v1/events?object_id=${settled.id}`,
    )
    const last = events.body.data.at(-1)
    assert.deepEqual([last?.type, last?.data.attention], ['return.refund_reversed', 'refund_reversed'])
    const to = { method: 'store_credit', customer_id: await shop.customer() }
    const again = await floor.settle(settled.id, { to, all_to: true })
    assert.equal(again.status, 200, again.text)
    assert.deepEqual([again.body.state, again.body.attention, again.body.amount_refunded], ['settled', null, 3000])
  })

  it('of a refund that was refused, and another way whose answer is lost: nobody is asked for a third', async () => {
    const order = await floor.bought({ lamp: 1 }, byCard())
    const asked = await floor.ask(order, { lamp: 1 })
    await floor.receive(asked.body.id, [back(1, 1)])
    const next = (fault: 'decline' | 'lost_after') =>
      shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault }] }, shop.accounts.a)
    next('decline')
    const refused = await floor.settle(asked.body.id)
    assert.deepEqual([refused.body.state, refused.body.attention], ['settling', 'refund_failed'])
    next('lost_after')
    const lost = await floor.settle(asked.body.id)
    assert.deepEqual(
      [lost.body.state, lost.body.attention, lost.body.refunds.at(-1)?.state],
      ['settling', null, 'sent'],
    )
    shop.clock.advance(MINUTE)
    await shop.ask()
    assert.equal((await floor.readReturn(asked.body.id)).state, 'settled')
  })

  it('is given back once, however often and by however many it is asked for', async () => {
    const order = await floor.bought({ kettle: 1 }, byCard())
    const asked = await floor.ask(order, { kettle: 1 })
    await floor.receive(asked.body.id, [back(1, 1)])
    const answers = await Promise.all(Array.from({ length: 10 }, () => floor.settle(asked.body.id)))
    assert.ok(answers.some(({ status }) => status === 200))
    assert.equal((await floor.readReturn(asked.body.id)).amount_refunded, 3000)
    const payment = (await floor.read(order.id)).payments[0]?.id
    assert.deepEqual(
      shop.journal(payment).filter((row) => row.startsWith('refunded')),
      ['refunded 3000'],
    )
  })
})

describe('what may come back', () => {
  it('is what was handed over, within the window, unless staff say so with a reason', async () => {
    const order = await floor.bought({ lamp: 2 }, inCash)
    assert.equal((await floor.ask(order, { lamp: 3 })).body.code, 'quantity-exceeds-available')
    shop.clock.advance(31 * 24 * 60 * MINUTE)
    assert.equal((await floor.ask(order, { lamp: 1 })).body.code, 'not-returnable')
    const allowed = await floor.ask(order, { lamp: 1 }, { override_reason: 'was ill' })
    assert.equal(allowed.status, 201)
    assert.match(allowed.body.note ?? '', /was ill/)
  })

  it('asked for by two devices at once comes back once', async () => {
    const order = await floor.bought({ lamp: 1 }, inCash)
    const answers = await Promise.all(Array.from({ length: 10 }, () => floor.ask(order, { lamp: 1 })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 9 }, () => 422)])
  })

  it('is found by number, e-mail and the card that paid', async () => {
    const order = await floor.bought({ lamp: 1 }, byCard(), { email: 'ada@found.example' })
    const payment = await shop.api.get<{ tenders: { instrument: { alias: string } }[] }>(
      `/v1/payments/${order.payments[0]?.id}`,
    )
    const ways = [
      `number=${order.number}`,
      `order_id=${order.id}`,
      'email=Ada@Found.example',
      `card_alias=${payment.body.tenders[0]?.instrument.alias}`,
    ]
    for (const way of ways) {
      const { body } = await shop.api.get<{ data: { order_id: string; lines: { returnable: number }[] }[] }>(
        `/v1/returns/lookup?${way}`,
      )
      const found = body.data.find(({ order_id }) => order_id === order.id)
      assert.equal(found?.lines[0]?.returnable, 1, way)
    }
  })
})

describe('without a receipt', () => {
  const blind = (customer: string | undefined, quantity = 1) =>
    shop.api.call<Record<string, unknown> & { id: string; code: string }>('POST', '/v1/returns', {
      ...{ customer_id: customer, channel: 'pos', store_id: floor.shopFloor, reason: 'a present' },
      lines: [{ variant_id: floor.variant('kettle'), quantity }],
    })

  it('goods go to store credit, for what they cost today', async () => {
    const customer = await shop.customer()
    const asked = await blind(customer)
    assert.equal(asked.status, 201, asked.text)
    await floor.receive(asked.body.id, [back(1, 1)])
    const settled = await floor.settle(asked.body.id)
    assert.deepEqual([settled.body.state, settled.body.amount_refunded], ['settled', 3000])
    const credit = await shop.api.get<{ data: { balance: number }[] }>(`/v1/customers/${customer}/store_credit`)
    assert.equal(credit.body.data[0]?.balance, 3000)
  })

  it('a customer may come three times a month, also when all come at once', async () => {
    const customer = await shop.customer()
    const answers = await Promise.all(Array.from({ length: 10 }, () => blind(customer)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 3)
    assert.ok(answers.every(({ status, body }) => status === 201 || body.code === 'not-returnable'))
    assert.equal((await blind(await shop.customer(), 4)).body.code, 'not-returnable', '120.00 is above 100.00 a month')
    assert.equal((await blind(undefined)).status, 422)
  })
})

describe('an exchange', () => {
  const exchange = (return_id: string, order_id: string, more: object = {}) =>
    shop.api.command('/v1/exchanges', { return_id, order_id, ...more }) as unknown as Promise<{
      status: number
      text: string
      body: Record<string, unknown>
    }>

  async function received(basket: Record<string, number>) {
    const order = await floor.bought(basket, byCard())
    const asked = await floor.ask(order, basket)
    const lines = asked.body.lines.map(({ no, requested }) => back(no, requested))
    await floor.receive(asked.body.id, lines)
    return { order, returned: asked.body.id }
  }
  const wanted = async (basket: Record<string, number>) =>
    (await floor.place(await floor.cart(basket, { channel: 'pos', store_id: floor.shopFloor }))).body

  it('for something dearer is paid with what came back and the difference', async () => {
    const { returned } = await received({ lamp: 1 })
    const order = await wanted({ kettle: 1 })
    const made = await exchange(returned, order.id)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(
      [made.body['state'], made.body['amount_credited'], made.body['amount_due']],
      ['awaiting_payment', 1000, 2000],
    )
    await shop.api.command(`/v1/payments/${String(made.body['payment_id'])}/tenders`, {
      ...{ method: 'cash', cash: { register_id: shop.till, tendered: 2000 } },
    })
    await shop.settle()
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    const done = await shop.api.get<{ state: string }>(`/v1/exchanges/${String(made.body['id'])}`)
    assert.equal(done.body.state, 'completed')
    assert.equal((await floor.readReturn(returned)).state, 'settled')
  })

  it('for something cheaper gives the rest back to the card that paid', async () => {
    const { returned } = await received({ kettle: 1 })
    const order = await wanted({ lamp: 1 })
    const made = await exchange(returned, order.id)
    assert.deepEqual([made.body['state'], made.body['amount_back']], ['completed', 2000])
    const settled = await floor.readReturn(returned)
    assert.deepEqual(
      settled.refunds.map(({ amount, to }) => [amount, to]),
      [
        [1000, 'gift_card'],
        [2000, null],
      ],
    )
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
  })

  it('of like for like moves no money at all but through the books, once, however often it is sent', async () => {
    const { returned } = await received({ kettle: 1 })
    const order = await wanted({ kettle: 1 })
    const [first, second] = [await exchange(returned, order.id), await exchange(returned, order.id)]
    assert.deepEqual([first.body['state'], second.body['id']], ['completed', first.body['id']])
    const another = await wanted({ lamp: 1 })
    assert.equal((await exchange(returned, another.id)).status, 409)
  })
})

it('rules of returns know no currency that does not exist', async () => {
  const { rules } = (await shop.api.get<{ rules: object }>('/v1/return_policy')).body
  const answer = await shop.api.call('PUT', '/v1/return_policy', { ...rules, cash_limit: { XXQ: 100 } })
  assert.equal(answer.status, 422, answer.text)
})
