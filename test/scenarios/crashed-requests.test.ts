// The server dies between writing the intent and hearing the provider's answer; the client repeats its command with the
// same key. Death is played by losing the call and the commit after it: what is left is what a killed process leaves.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { counterShop } from './counter-shop.ts'
import { CARDS, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** Longer than the deadline of a call: from now on the first request can no longer be answered. */
const PAST_THE_DEADLINE = 36 * SECOND

/** The next instruction dies: before it is sent, or after it took effect. */
function dieOnce(when: 'before it is sent' | 'after it took effect'): void {
  const { lanes, connectors } = shop.payments
  let isDead = false
  shop.payments.connectors = {
    ...connectors,
    get(name) {
      const connector = connectors.get(name)
      if (!connector || when === 'after it took effect') return connector
      const lost = async () => ({ outcome: 'unknown', reason: 'never sent' }) as const
      return {
        ...connector,
        name: connector.name,
        facts: connector.facts,
        sale: lost,
        capture: lost,
        refund: lost,
        lookup: connector.lookup.bind(connector),
      }
    },
  }
  shop.payments.lanes = {
    ...lanes,
    commit(fn, merchantId, row, exclusive) {
      if (fn !== 'payment_apply' || isDead) return lanes.commit(fn, merchantId, row, exclusive)
      isDead = true
      shop.payments.lanes = lanes
      shop.payments.connectors = connectors
      return Promise.reject(new Error('the process died'))
    },
  }
}

for (const when of ['before it is sent', 'after it took effect'] as const) {
  test(`a sale whose process died ${when} is carried out once when its command is repeated`, async () => {
    const token = await shop.api.token(CARDS.approved)
    const sale = { amount: 4995, currency: 'EUR', channel: 'web', tender: { method: 'card', token } } as const
    const key = `died ${when}`.replaceAll(' ', '-')
    dieOnce(when)
    const died = await shop.api.pay(sale, { key })
    assert.equal(died.status, 500)

    const tooEarly = await shop.api.pay(sale, { key })
    assert.deepEqual([tooEarly.status, tooEarly.body.code], [409, 'idempotency-in-flight'])

    shop.clock.advance(PAST_THE_DEADLINE)
    const again = await shop.api.pay(sale, { key })
    assert.deepEqual([again.status, again.body.status, again.body.amount_captured], [201, 'captured', 4995])
    assert.deepEqual(shop.journal(again.body.id), ['captured 4995'])

    const replayed = await shop.api.pay(sale, { key })
    assert.equal(replayed.text, again.text)
    assert.deepEqual(shop.journal(again.body.id), ['captured 4995'])
  })
}

test('the resolver alone does not send a lost sale again; the repeated command does', async () => {
  const token = await shop.api.token(CARDS.approved)
  const sale = { amount: 1250, currency: 'EUR', channel: 'web', tender: { method: 'card', token } } as const
  dieOnce('before it is sent')
  await shop.api.pay(sale, { key: 'died-and-asked' })
  shop.clock.advance(PAST_THE_DEADLINE)
  await shop.ask()
  shop.clock.advance(MINUTE)
  await shop.ask()
  const { body } = await shop.api.get<{ data: { id: string; status: string; attention: string }[] }>(
    '/v1/payments?limit=1',
  )
  const [open] = body.data
  assert.deepEqual([open?.status, open?.attention], ['processing', 'unknown_outcome'])
  assert.deepEqual(shop.journal(open?.id), [])

  const again = await shop.api.pay(sale, { key: 'died-and-asked' })
  assert.deepEqual([again.status, again.body.id, again.body.status], [201, open?.id, 'captured'])
  assert.deepEqual(shop.journal(open?.id), ['captured 1250'])
})

test('a capture and a refund whose process died are carried out once when repeated', async () => {
  const token = await shop.api.token(CARDS.approved)
  const held = await shop.api.pay({
    amount: 6500,
    currency: 'EUR',
    channel: 'web',
    capture: 'manual',
    tender: { method: 'card', token },
  })
  const { id } = held.body
  dieOnce('before it is sent')
  assert.equal(
    (await shop.api.call('POST', `/v1/payments/${id}/captures`, { amount: 4000 }, { key: 'capture-died' })).status,
    500,
  )
  shop.clock.advance(PAST_THE_DEADLINE)
  assert.equal(
    (await shop.api.call('POST', `/v1/payments/${id}/captures`, { amount: 4000 }, { key: 'capture-died' })).status,
    201,
  )

  dieOnce('after it took effect')
  assert.equal(
    (await shop.api.call('POST', `/v1/payments/${id}/refunds`, { amount: 1500 }, { key: 'refund-died' })).status,
    500,
  )
  shop.clock.advance(PAST_THE_DEADLINE)
  assert.equal(
    (await shop.api.call('POST', `/v1/payments/${id}/refunds`, { amount: 1500 }, { key: 'refund-died' })).status,
    201,
  )

  const { body } = await shop.api.get<{ amount_captured: number; amount_refunded: number; amount_in_flight: number }>(
    `/v1/payments/${id}`,
  )
  assert.deepEqual([body.amount_captured, body.amount_refunded, body.amount_in_flight], [4000, 1500, 0])
  assert.deepEqual(shop.journal(id), ['authorized 6500', 'captured 4000', 'refunded 1500'])
})

test('a refund onto a gift card whose process died before it was carried out is carried out once when repeated', async () => {
  const counter = counterShop(shop)
  const card = await counter.giftCard(500)
  const paid = await shop.api.pay({ amount: 2000, currency: 'EUR', channel: 'pos', tender: counter.inCash(2000) })
  const to = { method: 'gift_card', gift_card_id: card.id }
  const refund = () => shop.api.refund(paid.body.id, { to }, { key: 'onto-a-card-died' })
  // Behind the commit of what is going to be done.
  shop.door.dieBehind(1)
  assert.equal((await refund()).status, 500)
  assert.ok(shop.door.isDead)
  await shop.restart()
  shop.clock.advance(PAST_THE_DEADLINE)
  await shop.ask()
  assert.equal(await counter.balanceOf(card), 500, 'asking alone gives nothing back')

  const again = await refund()
  assert.deepEqual([again.status, again.body.amount_refunded, again.body.amount_in_flight], [201, 2000, 0])
  assert.equal((await refund()).text, again.text)
  assert.equal(await counter.balanceOf(card), 2500)
})
