// One key, one effect, for ever. (F4 and F6 are facts of Formance's ledger, MIT: the same reference twice conflicts; the
// same key and body answer with the same transaction.)

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

const SALE = { amount: 6500, currency: 'EUR', channel: 'web' } as const

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

async function tender(card: string = CARDS.approved) {
  return { method: 'card', token: await shop.api.token(card) } as const
}

/** A request in exactly these words, to see what counts as the same. */
function raw(path: string, key: string, payload: string, authorization = `Bearer ${shop.keys.secret_key}`) {
  return shop.send({
    method: 'POST',
    path,
    headers: { authorization, 'content-type': 'application/json', 'idempotency-key': key },
    payload,
  })
}

test('F6 the same key and body answer byte for byte the same, and charge once', async () => {
  const input = { ...SALE, tender: await tender() }
  const first = await shop.api.pay(input, { key: 'same-key-1' })
  const second = await shop.api.pay(input, { key: 'same-key-1' })
  assert.deepEqual([second.status, second.text], [first.status, first.text])
  assert.deepEqual(shop.journal(first.body.id), ['captured 6500'])
})

test('a key is remembered after a year, and after the payment has moved on', async () => {
  const input = { ...SALE, tender: await tender() }
  const first = await shop.api.pay(input, { key: 'same-key-2' })
  await shop.api.refund(first.body.id)
  shop.clock.advance(400 * DAY)
  const later = await shop.api.pay(input, { key: 'same-key-2' })
  assert.equal(later.text, first.text, 'what was answered then, not what is true now')
})

test('every money route replays: capture, cancel, refund, tender, increment, credit', async () => {
  const { api } = shop
  const held = await api.pay({ ...SALE, capture: 'manual', tender: await tender() })
  const id = held.body.id
  const created = await api.pay(SALE)
  const cashTender = await tender()
  const payout = { ...SALE, to: await tender() } as const
  const commands: [string, object][] = [
    [`/v1/payments/${id}/increments`, { amount: 500 }],
    [`/v1/payments/${id}/extensions`, {}],
    [`/v1/payments/${id}/captures`, { amount: 4000 }],
    [`/v1/payments/${id}/refunds`, { amount: 1000 }],
    [`/v1/payments/${id}/cancel`, {}],
    [`/v1/payments/${created.body.id}/tenders`, cashTender],
    ['/v1/credits', payout],
  ]
  for (const [index, [path, body]] of commands.entries()) {
    const key = `replayed-${index}`
    const first = await api.command(path, body, { key })
    assert.ok(first.status === 200 || first.status === 201, `${path}: ${first.text}`)
    const journal = shop.journal().length
    const second = await api.command(path, body, { key })
    assert.deepEqual([second.status, second.text], [first.status, first.text], path)
    assert.equal(shop.journal().length, journal, `${path} had a second effect`)
  }
})

test('the same key with any field changed is refused and has no effect', async () => {
  const input = { ...SALE, reference: 'R-1', metadata: { note: 'a' }, tender: await tender() }
  const first = await shop.api.pay(input, { key: 'changed-key-1' })
  const journal = shop.journal().length
  const changes = [
    { amount: 6501 },
    { currency: 'SEK' },
    { channel: 'app' as const },
    { capture: 'manual' as const },
    { reference: 'R-2' },
    { metadata: { note: 'b' } },
    { order_id: 'x' },
    { tender: { ...input.tender, amount: 6499 } },
  ]
  for (const change of changes) {
    const { status, body } = await shop.api.pay({ ...input, ...change }, { key: 'changed-key-1' })
    assert.deepEqual([status, body.code], [422, 'idempotency-key-reused'], JSON.stringify(change))
  }
  const elsewhere = await shop.api.refund(first.body.id, { amount: 100 }, { key: 'changed-key-1' })
  assert.deepEqual([elsewhere.status, elsewhere.body.code], [422, 'idempotency-key-reused'])
  assert.equal(shop.journal().length, journal)
})

test('the order of members and the form of a number do not make another request', async () => {
  const first = await raw('/v1/payments', 'spelling-1', '{"amount":10,"currency":"EUR","channel":"web"}')
  assert.equal(first.status, 201)
  for (const words of [
    '{"channel":"web","amount":10,"currency":"EUR"}',
    '{"amount":10.0,"currency":"EUR","channel":"web"}',
    '{ "amount" : 1e1, "currency" : "EUR", "channel" : "w\\u0065b" }',
  ]) {
    const again = await raw('/v1/payments', 'spelling-1', words)
    assert.deepEqual([again.status, again.text], [first.status, first.text], words)
  }
})

test('a key is free again after a refusal that recorded nothing', async () => {
  const refused = await shop.api.pay({ ...SALE, amount: 0, tender: await tender() }, { key: 'refused-key-1' })
  assert.deepEqual([refused.status, refused.body.code], [422, 'amount-invalid'])
  const unknown = await shop.api.pay({ ...SALE, store_id: 'sto_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' }, { key: 'refused-key-1' })
  assert.deepEqual([unknown.status, unknown.body.code], [422, 'reference-not-found'])
  const { body } = await shop.api.pay({ ...SALE, tender: await tender() }, { key: 'refused-key-1' })
  assert.equal(body.status, 'captured')
  const early = await shop.api.refund(body.id, { amount: 6501 }, { key: 'refused-key-2' })
  assert.equal(early.status, 422)
  assert.equal((await shop.api.refund(body.id, { amount: 6500 }, { key: 'refused-key-2' })).status, 201)
})

test('a decline is remembered like a success: the key does not charge again', async () => {
  const input = { ...SALE, tender: await tender(CARDS.poor) }
  const first = await shop.api.pay(input, { key: 'declined-key-1' })
  const second = await shop.api.pay(input, { key: 'declined-key-1' })
  assert.deepEqual([second.status, second.text], [201, first.text])
})

test('another merchant may use the same key', async () => {
  const other = await shop.neighbour()
  const ours = await shop.api.pay({ ...SALE, tender: await tender() }, { key: 'shared-key-1' })
  const theirs = await other.api.pay(
    { ...SALE, tender: { method: 'card', token: await other.api.token(CARDS.approved) } },
    { key: 'shared-key-1' },
  )
  assert.equal(theirs.status, 201)
  assert.notEqual(theirs.body.id, ours.body.id)
})

test('a key whose rights are gone replays nothing', async () => {
  const { api } = shop
  const made = await api.call<{ id: string; key: string }>('POST', '/v1/api_keys', {
    kind: 'restricted',
    name: 'till',
    scopes: ['payments:write'],
  })
  assert.equal(made.status, 201, made.text)
  const bearer = `Bearer ${made.body.key}`
  const body = JSON.stringify({ ...SALE, tender: await tender() })
  assert.equal((await raw('/v1/payments', 'rights-key-1', body, bearer)).status, 201)
  assert.equal((await raw('/v1/payments', 'rights-key-1', body, bearer)).status, 201)
  const revoked = await api.call('DELETE', `/v1/api_keys/${made.body.id}`)
  assert.ok(revoked.status < 300, revoked.text)
  shop.clock.advance(60_000)
  assert.equal((await raw('/v1/payments', 'rights-key-1', body, bearer)).status, 401)
})

test('forty requests with one key at once: one charge, everyone gets it or is asked to wait', async () => {
  const input = { ...SALE, tender: await tender() }
  const answers = await Promise.all(Array.from({ length: 40 }, () => shop.api.pay(input, { key: 'crowd-key-1' })))
  const paid = answers.filter(({ status }) => status === 201)
  const waiting = answers.filter(({ status }) => status === 409)
  assert.ok(paid.length >= 1)
  assert.equal(paid.length + waiting.length, 40)
  assert.equal(new Set(paid.map(({ text }) => text)).size, 1)
  assert.ok(waiting.every(({ body }) => body.code === 'idempotency-in-flight'))
  assert.deepEqual(shop.journal(paid[0]?.body.id), ['captured 6500'])
})

test('F4 an order is paid by one payment: a second one, with another key, conflicts', async () => {
  const first = await shop.api.pay({ ...SALE, order_id: 'once-1', tender: await tender() })
  assert.equal(first.body.status, 'captured')
  const second = await shop.api.pay({ ...SALE, order_id: 'once-1', tender: await tender() })
  assert.deepEqual([second.status, second.body.code], [409, 'order-already-paid'])
})
