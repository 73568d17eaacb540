// An exchange whose server died goes on by itself: nobody sends it again.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { type ExchangeShop, exchangeShop } from './exchange-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
let broughtBack: ExchangeShop['broughtBack']
let wanted: ExchangeShop['wanted']
let exchange: ExchangeShop['exchange']
let readExchange: ExchangeShop['readExchange']
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  ;({ broughtBack, wanted, exchange, readExchange } = exchangeShop(shop, floor, counter))
  await counter.rewards()
  await floor.stocked('jacket', '49.97', 50)
  await floor.stocked('coat', '79.99', 50)
  await floor.stocked('scarf', '19.98', 50)
})
after(() => shop.close({ hasAllVersions: true }))

/** What the first task of an order says. */
const told = async (order: string) => {
  const { body } = await shop.api.get<{ data: { detail: string }[] }>(`/v1/order_tasks?order_id=${order}`)
  return body.data[0]?.detail ?? ''
}

/** Nobody sends anything again; the workers go round. */
async function byItself(rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    shop.clock.advance(2 * MINUTE)
    await shop.ask()
    await shop.settle()
  }
}
const exchangeOf = async (returned: string) => {
  const { rows } = await shop.database.db.query<{ id: string }>('select id from exchange where return_id = $1', [
    returned,
  ])
  return readExchange(rows[0]?.id as string)
}

for (const nth of [1, 2, 3, 4]) {
  test(`the server dies booking answer ${nth} of the exchange and the till does not come back: a worker goes on`, async () => {
    const visit = await broughtBack()
    const order = await wanted('coat', visit)
    counter.diesBooking(nth)
    await exchange(visit.returned, order.id)
    await byItself()
    const made = await exchangeOf(visit.returned)
    assert.deepEqual([made.state, made.amount_due], ['awaiting_payment', 3002])
    const paid = await shop.api.tender(made.payment_id, counter.inCash())
    assert.equal(paid.body.status, 'captured', paid.text)
    await shop.settle()
    assert.equal((await readExchange(made.id)).state, 'completed')
    const back = await floor.readReturn(visit.returned)
    assert.deepEqual([back.state, back.amount_refunded], ['settled', 4997])
    const sums = (await floor.read(order.id)).payments.map(({ amount_captured }) => amount_captured)
    assert.deepEqual([sums, await floor.tasks(order.id)], [[7999], []])
  })
}

for (const name of ['jacket', 'scarf']) {
  test(`the same for a ${name}, for which nothing more is paid: it is complete by itself, with two workers at it`, async () => {
    const visit = await broughtBack()
    const order = await wanted(name, visit)
    counter.diesBooking(4)
    await exchange(visit.returned, order.id)
    const other = await shop.another()
    const worker = other.program.commerce.workers.find((each) => each.name === 'refunds of returns')
    shop.clock.advance(3 * MINUTE)
    await shop.ask()
    await Promise.all([shop.settle(), worker?.tick(), worker?.tick()])
    await byItself()
    assert.equal((await exchangeOf(visit.returned)).state, 'completed')
    assert.equal((await floor.read(order.id)).payment_status, 'paid')
    assert.equal((await floor.readReturn(visit.returned)).amount_refunded, 4997)
  })
}

test('the order of an exchange that died is cancelled before it could pay: the exchange fails, and a person is told where its worth is', async () => {
  const visit = await broughtBack()
  const order = await wanted('coat', visit)
  // The worth is on the card of the exchange; the payment with it dies.
  counter.diesBooking(3)
  await exchange(visit.returned, order.id)
  const cancelled = await floor.cancel(order.id, { reason: 'customer' })
  assert.equal(cancelled.status, 200, cancelled.text)
  await byItself(4)
  const made = await exchangeOf(visit.returned)
  assert.deepEqual([made.state, await floor.tasks(order.id)], ['failed', ['refund_failed']])
  assert.match(await told(order.id), /4997 of rtn_/)
})

test('paying with the worth is declined, because somebody moved it off its card: the same, and the till sees that it failed', async () => {
  const visit = await broughtBack()
  const order = await wanted('coat', visit)
  // Most of the worth is on the card of the exchange; booking the rest of it dies.
  counter.diesBooking(3)
  await exchange(visit.returned, order.id)
  const { rows } = await shop.database.db.query<{ gift_card_id: string }>(
    'select gift_card_id from exchange where return_id = $1',
    [visit.returned],
  )
  const card = `/v1/gift_cards/${rows[0]?.gift_card_id}`
  const moved = await shop.api.command(`${card}/transfer`, {})
  assert.equal(moved.status, 201, moved.text)
  await shop.api.command(`${card}/unblock`, {})
  await byItself()
  const made = await exchangeOf(visit.returned)
  assert.deepEqual([made.state, await floor.tasks(order.id)], ['failed', ['refund_failed']])
  assert.match(await told(order.id), /^4997 of rtn_\w+ lie on gft_\w+: paying .* was declined/)
  assert.equal((await exchange(visit.returned, order.id)).body.state, 'failed')
})
