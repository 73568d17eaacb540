// Where a second instruction meets a first whose end is not known, or whose end was undone: nothing may be promised twice.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CARDS, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

async function authorised(amount = 1000, more: object = {}) {
  const token = await shop.api.token(CARDS.approved)
  const { body } = await shop.api.pay({
    amount,
    currency: 'EUR',
    channel: 'web',
    capture: 'manual',
    tender: { method: 'card', token },
    ...more,
  })
  assert.equal(body.status, 'authorized')
  return body
}

async function sold(amount: number, more: object = {}) {
  const token = await shop.api.token(CARDS.approved)
  const { body } = await shop.api.pay({
    amount,
    currency: 'EUR',
    channel: 'web',
    tender: { method: 'card', token },
    ...more,
  })
  assert.equal(body.status, 'captured')
  return body
}

const next = (verb: string, fault: string) =>
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb, fault }] } as never)
let keys = 0
const post = (path: string, body: object = {}) =>
  shop.api.call<Record<string, unknown>>('POST', path, body, { key: `in-doubt-${++keys}` })

test('an increment beyond what an amount can be is refused before the provider hears of it', async () => {
  const { id } = await authorised(600_000_000_000)
  const answer = await post(`/v1/payments/${id}/increments`, { amount: 500_000_000_000 })
  assert.deepEqual([answer.status, answer.body['code']], [422, 'amount-out-of-range'])
  assert.deepEqual(shop.journal(id), ['authorized 600000000000'])
})

test('while an increment is in doubt its amount is in flight, and nothing final is accepted beside it', async () => {
  const { id } = await authorised()
  next('increment', 'lost_after')
  const doubted = await post(`/v1/payments/${id}/increments`, { amount: 500 })
  assert.deepEqual(
    [doubted.status, doubted.body['attention'], doubted.body['amount_in_flight']],
    [202, 'unknown_outcome', 500],
  )
  for (const [path, body] of [
    ['cancel', {}],
    ['captures', { amount: 1000, final: true }],
    ['increments', { amount: 1 }],
  ] as const) {
    const answer = await post(`/v1/payments/${id}/${path}`, body)
    const said = [answer.status, answer.body['code'], answer.body['retry']]
    assert.deepEqual(said, [409, 'operation-in-flight', 'same-key'], path)
  }
  shop.clock.advance(6 * SECOND)
  await shop.ask()
  const found = await shop.api.payment(id)
  assert.deepEqual(
    [found.amount, found.amount_capturable, found.amount_in_flight, found.attention],
    [1500, 1500, 0, null],
  )
  assert.equal((await post(`/v1/payments/${id}/cancel`)).body['status'], 'canceled')
})

for (const [fault, status, code] of [
  ['lost_before', 201, undefined],
  ['lost_after', 409, 'invalid-state'],
] as const) {
  test(`a capture beside one of all, of which (${fault}) nobody knows, is told to come again, and learns how that one ended`, async () => {
    const { id } = await authorised()
    next('capture', fault)
    assert.equal((await shop.api.capture(id)).status, 202)
    const key = shop.api.nextKey()
    const body = { amount: 400, final: true }
    const early = await shop.api.call<{ code: string }>('POST', `/v1/payments/${id}/captures`, body, { key })
    assert.deepEqual([early.status, early.body.code], [409, 'operation-in-flight'], early.text)
    // Nobody knows of it at first; only after a while that says that it never arrived.
    for (let asked = 0; asked < 10 && (await shop.api.payment(id)).amount_in_flight > 0; asked++) {
      shop.clock.advance(5 * MINUTE)
      await shop.ask()
    }
    const again = await shop.api.call<{ code?: string }>('POST', `/v1/payments/${id}/captures`, body, { key })
    assert.deepEqual([again.status, again.body.code], [status, code], again.text)
    const { amount_captured, amount_in_flight } = await shop.api.payment(id)
    assert.deepEqual([amount_captured, amount_in_flight], [status === 201 ? 400 : 1000, 0])
  })
}

test('increments at two processes, and cancellations beside them: whoever is told to come again gets through with the same key', async () => {
  const there = await shop.another()
  for (let round = 0; round < 6; round++) {
    const { id } = await authorised()
    const raise = async (api: Pick<typeof shop.api, 'call' | 'nextKey'>, amount: number): Promise<number> => {
      const key = api.nextKey()
      for (let waits = 0; ; waits++) {
        const path = `/v1/payments/${id}/increments`
        const answer = await api.call<{ code?: string; retry?: string }>('POST', path, { amount }, { key })
        if (answer.status === 201) return waits
        assert.deepEqual([answer.body.code, answer.body.retry], ['operation-in-flight', 'same-key'], answer.text)
      }
    }
    await Promise.all([raise(shop.api, 100), raise(there, 200), raise(shop.api, 300), raise(there, 400)])
    const raised = await shop.api.payment(id)
    assert.deepEqual([raised.amount, raised.amount_capturable], [2000, 2000])
    const [one, other] = await Promise.all([shop.api.cancel(id), there.cancel(id)])
    assert.deepEqual([one.status, other.status].sort(), [200, 409])
    assert.equal((await shop.api.payment(id)).status, 'canceled')
    assert.equal(
      shop
        .journal(id)
        .filter((effect) => effect.startsWith('voided'))
        .join(),
      'voided 2000',
    )
  }
})

test('a void that the provider refuses leaves the payment as it was, to be captured or cancelled again', async () => {
  const { id } = await authorised()
  next('void', 'decline')
  const refused = await post(`/v1/payments/${id}/cancel`)
  assert.deepEqual(
    [refused.status, refused.body['status'], refused.body['amount_capturable']],
    [200, 'authorized', 1000],
  )
  const again = await post(`/v1/payments/${id}/cancel`)
  assert.deepEqual([again.status, again.body['status']], [200, 'canceled'])
  assert.deepEqual(shop.journal(id), ['authorized 1000', 'voided 1000'])
})

test('money the provider takes back is not paid, asks for a person, and can be paid anew', async () => {
  const { id, operations } = await sold(1234)
  assert.ok(shop.simulator.reverse(shop.accounts.a, operations?.[0]?.id as string))
  await shop.news()
  const lost = await shop.api.payment(id)
  assert.deepEqual([lost.status, lost.attention, lost.actions.includes('tenders')], ['failed', 'review', true])

  const { body } = await shop.api.get<{ data: { id: string; kind: string }[] }>(
    `/v1/payment_tasks?payment_id=${id}&state=open`,
  )
  assert.deepEqual(
    body.data.map(({ kind }) => kind),
    ['reversal'],
  )
  const closed = await post(`/v1/payment_tasks/${body.data[0]?.id}/close`)
  assert.notEqual(closed.body['closed_at'], null)
  assert.equal((await shop.api.payment(id)).attention, null)
})

test('what is disputed cannot be refunded besides; a dispute that is won gives it free again', async () => {
  const { id, operations } = await sold(4000)
  const charge = operations?.[0]?.id as string
  shop.simulator.dispute(shop.accounts.a, charge, 'opened')
  await shop.news()
  const disputed = await shop.api.payment(id)
  assert.deepEqual([disputed.amount_disputed, disputed.amount_refundable], [4000, 0])
  assert.deepEqual((await shop.api.refund(id, { amount: 4000 })).body.code, 'amount-exceeds-refundable')
  shop.clock.advance(MINUTE)
  shop.simulator.dispute(shop.accounts.a, charge, 'won')
  await shop.news()
  const won = await shop.api.payment(id)
  assert.deepEqual([won.amount_disputed, won.amount_refundable], [0, 4000])
  assert.equal((await shop.api.refund(id, { amount: 4000 })).status, 201)
})

test('a split ticket whose cash was given back can be paid in full, and its order elsewhere', async () => {
  const sale = { amount: 5000, currency: 'EUR', channel: 'pos', order_id: 'split-and-back' } as const
  const { body } = await shop.api.pay({
    ...sale,
    tender: { method: 'cash', amount: 2000, cash: { register_id: shop.till } },
  })
  assert.equal((await shop.api.refund(body.id, { amount: 2000 })).status, 201)
  const whole = await post(`/v1/payments/${body.id}/tenders`, {
    method: 'card',
    terminal_id: shop.terminal,
    amount: 5000,
  })
  assert.deepEqual([whole.status, whole.body['amount_captured']], [201, 7000])
  assert.equal((await shop.api.refund(body.id, { amount: 5000 })).status, 201)
  const elsewhere = await shop.api.pay({ ...sale, tender: { method: 'card', terminal_id: shop.terminal } })
  assert.equal(elsewhere.status, 201)
})

test('a further tender is taken in the store of the payment', async () => {
  const web = shop.keys.stores.find(({ id }) => id !== shop.keys.registers[0]?.store_id)?.id as string
  const { body } = await shop.api.pay({ amount: 5000, currency: 'EUR', channel: 'pos', store_id: web })
  const tender = { method: 'cash', cash: { register_id: shop.till } }
  const answer = await post(`/v1/payments/${body.id}/tenders`, tender)
  assert.deepEqual([answer.status, answer.body['code']], [422, 'validation-error'])
})

test('a token is for a card, and not beside a terminal', async () => {
  const token = await shop.api.token(CARDS.approved)
  for (const tender of [
    { method: 'ideal', token },
    { method: 'card', token, terminal_id: shop.terminal },
  ]) {
    const answer = await shop.api.pay({ amount: 1000, currency: 'EUR', channel: 'web', tender })
    assert.deepEqual([answer.status, answer.body.code], [422, 'validation-error'])
  }
  assert.equal(
    (await shop.api.pay({ amount: 1000, currency: 'EUR', channel: 'web', tender: { method: 'card', token } })).status,
    201,
  )
})
