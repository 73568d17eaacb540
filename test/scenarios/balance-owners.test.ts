// Points and store credit belong to somebody: they pay that person's orders, and a guest's when somebody gives theirs for it. A
// gift card pays for whoever holds it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openPool } from '../../server/db/pool.ts'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView, TenderInput } from '../../server/payments/payment.ts'
import type { Refusal } from '../api.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('kettle', '50.00')
  const programme = await shop.api.call('PUT', '/v1/loyalty/programme', {
    ...{ name: 'Friends', is_enabled: true, pending_days: 0, tiers: [], excluded_categories: [] },
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
  })
  assert.equal(programme.status, 200, programme.text)
})
after(() => shop.close())

/** With 5,000 points and 50.00 of store credit: enough for a kettle either way. */
async function rich(name: string): Promise<string> {
  const id = await shop.customer(name)
  const gift = { currency: 'EUR', reason: 'welcome' }
  const points = await shop.api.command(`/v1/customers/${id}/loyalty/adjustments`, { ...gift, points: 5_000 })
  const credit = await shop.api.command(`/v1/customers/${id}/store_credit/adjustments`, { ...gift, amount: 5_000 })
  assert.deepEqual([points.status < 300, credit.status < 300], [true, true], points.text + credit.text)
  return id
}
const has = async (customer: string) => {
  const { body } = await shop.api.get<{ points: number; held: number }>(`/v1/customers/${customer}/loyalty`)
  const credit = await shop.api.get<{ data: { balance: number; available: number }[] }>(
    `/v1/customers/${customer}/store_credit`,
  )
  const { balance, available } = credit.body.data[0] ?? {}
  return [body.points, balance, available]
}
const pay = (order: OrderView, customer_id: string, tender: TenderInput, more: object = {}) =>
  shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'web', order_id: order.id, customer_id, tender, ...more },
  }) as Promise<{ status: number; text: string; body: PaymentView & Refusal }>
const bothWays = ['points', 'store_credit'] as const
const paymentsOf = async (order: OrderView) => {
  const { body } = await shop.api.get<{ data: { status: string }[] }>(`/v1/payments?order_id=${order.id}`)
  return body.data.length
}

test('Bob cannot pay Ada’s order with his points or store credit: nothing is written, nothing is held', async () => {
  const [ada, bob] = [await rich('Ada'), await rich('Bob')]
  for (const method of bothWays) {
    const order = await orders.order({ kettle: 1 }, { customer_id: ada })
    for (const capture of ['automatic', 'manual']) {
      const refused = await pay(order, bob, { method }, { capture })
      assert.deepEqual([refused.status, refused.body.code], [422, 'balance-of-another'], refused.text)
      assert.deepEqual(
        refused.body.errors.map(({ pointer }) => pointer),
        ['/tender/method'],
      )
    }
    assert.deepEqual([await has(bob), await paymentsOf(order)], [[5_000, 5_000, 5_000], 0])
    const paid = await pay(order, ada, { method })
    assert.equal(paid.body.amount_captured, 5_000, paid.text)
    assert.equal((await orders.read(order.id)).state, 'confirmed')
  }
  assert.deepEqual(
    [(await has(ada)).slice(1), await has(bob)],
    [
      [0, 0],
      [5_000, 5_000, 5_000],
    ],
  )
})

test('nor as a further tender of a payment that a card began in his name', async () => {
  const [ada, bob] = [await rich('Ada'), await rich('Bob')]
  const order = await orders.order({ kettle: 1 }, { customer_id: ada })
  const token = await shop.api.token(CARDS.approved)
  const begun = await pay(order, bob, { method: 'card', token, amount: 4_000 })
  assert.equal(begun.body.amount_captured, 4_000, begun.text)
  for (const method of bothWays) {
    const refused = (await shop.api.tender(begun.body.id, { method })) as unknown as { body: Refusal; status: number }
    assert.deepEqual([refused.status, refused.body.code], [422, 'balance-of-another'])
  }
  assert.deepEqual(await has(bob), [5_000, 5_000, 5_000])
  assert.equal((await shop.api.payment(begun.body.id)).amount_in_flight, 0)
})

test('a guest’s order is paid by whoever names their balance, and stays a guest’s', async () => {
  const bob = await rich('Bob')
  for (const method of bothWays) {
    const order = await orders.order({ kettle: 1 })
    const paid = await pay(order, bob, { method })
    assert.equal(paid.body.amount_captured, 5_000, paid.text)
    const after = await orders.read(order.id)
    assert.deepEqual([after.state, after.customer_id], ['confirmed', null])
  }
})

test('and a payment for no order of ours by the customer it names', async () => {
  const bob = await rich('Bob')
  const paid = await shop.api.pay({
    ...{ amount: 1_000, currency: 'EUR', channel: 'web', order_id: 'MY-ORDER-7', customer_id: bob },
    tender: { method: 'points' },
  })
  assert.equal(paid.body.amount_captured, 1_000, paid.text)
})

test('a gift card pays anybody’s order', async () => {
  const [ada, bob] = [await shop.customer(), await shop.customer('Bob')]
  const card = (await shop.api.command('/v1/gift_cards', {
    ...{ currency: 'EUR', amount: 5_000, reason: 'compensation', customer_id: bob },
  })) as unknown as { status: number; text: string; body: { code: string } }
  assert.equal(card.status, 201, card.text)
  const order = await orders.order({ kettle: 1 }, { customer_id: ada })
  const paid = await pay(order, ada, { method: 'gift_card', gift_card: { code: card.body.code } })
  assert.equal(paid.body.amount_captured, 5_000, paid.text)
})

test('two profiles that were merged are one owner, whichever of them a payment or an order names; undone, two again', async () => {
  const [ada, old, bob] = [await rich('Ada'), await rich('Ada of old'), await rich('Bob')]
  const ofOld = await orders.order({ kettle: 1 }, { customer_id: old })
  const ofAda = await orders.order({ kettle: 1 }, { customer_id: ada })
  assert.equal((await pay(ofOld, ada, { method: 'points' })).body.code, 'balance-of-another', 'not merged yet')
  const merge = await shop.api.call<{ id: string }>('POST', `/v1/customers/${ada}/merges`, { from: old })
  assert.equal(merge.status, 201, merge.text)
  assert.equal((await pay(ofOld, bob, { method: 'points' })).body.code, 'balance-of-another')
  for (const [order, payer] of [
    [ofOld, ada],
    [ofAda, old],
  ] as const) {
    const paid = await pay(order, payer, { method: 'points' })
    assert.equal(paid.body.amount_captured, 5_000, paid.text)
  }
  const later = await orders.order({ kettle: 1 }, { customer_id: old })
  await shop.api.call('POST', `/v1/customer_merges/${merge.body.id}/undo`, {})
  const refused = await pay(later, ada, { method: 'store_credit' })
  assert.deepEqual([refused.status, refused.body.code], [422, 'balance-of-another'], refused.text)
})

test('a guest’s order that was given to its customer can be paid by that customer only from then on', async () => {
  const [ada, bob] = [await rich('Ada'), await rich('Bob')]
  const order = await orders.order({ kettle: 1 }, { email: 'owner@example.org' })
  const identity = { type: 'email', value: 'owner@example.org', is_verified: true }
  await shop.api.call('POST', `/v1/customers/${ada}/identities`, identity)
  assert.equal((await orders.read(order.id)).customer_id, ada)
  assert.equal((await pay(order, bob, { method: 'points' })).body.code, 'balance-of-another')
  assert.equal((await pay(order, ada, { method: 'points' })).body.amount_captured, 5_000)
})

test('store credit that changes hands while a payment is on its way to it is not spent for the one who had it', async () => {
  const [ada, bob] = [await rich('Ada'), await shop.customer('Bob')]
  const connection = await shop.database.db.connect()
  let paying: ReturnType<typeof shop.api.pay> | undefined
  try {
    await connection.query('begin')
    await connection.query(`select 1 from stored_value where customer_id = $1 and kind = 'store_credit' for update`, [
      ada,
    ])
    const tender = { method: 'store_credit' } as const
    paying = shop.api.pay({ amount: 1_000, currency: 'EUR', channel: 'web', customer_id: ada, tender })
    await untilSomebodyWaits()
    await connection.query(
      `update stored_value set customer_id = $2 where customer_id = $1 and kind = 'store_credit'`,
      [ada, bob],
    )
    await connection.query('commit')
  } finally {
    connection.release()
  }
  const { body } = await paying
  assert.deepEqual([body.decline?.code, body.amount_captured], ['not_the_owner', 0])
  assert.deepEqual((await has(bob)).slice(1), [5_000, 5_000])
})

/** Asked by the database's owner, who sees what every session waits for. */
async function untilSomebodyWaits(): Promise<void> {
  const owner = openPool(shop.database.adminUrl, { max: 1 })
  try {
    for (let tries = 0; tries < 500; tries++) {
      const { rowCount } = await owner.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%stored_value_charge%'`,
      )
      if (rowCount !== 0) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  } finally {
    await owner.end()
  }
  throw new Error('nobody waited for the balance')
}
