// Real concurrency: two processes of the service (each with its lanes and its connections) on one database, hundreds of
// requests at once, over HTTP as clients send them. What may happen is counted at the provider.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { applyInbound, resolveDue } from '../../server/payments/index.ts'
import type { Wired } from '../../server/wiring.ts'
import { readFacts } from '../properties/facts.ts'
import { violations } from '../properties/invariants.ts'
import { disagreements, refusedByProvider, untruths } from '../properties/oracles.ts'
import { type Answer, World } from '../world.ts'

let world: World
let other: Wired
let keys = 0

before(async () => {
  world = await World.create({ seed: 7 })
  other = await world.another()
})
after(async () => {
  await other.app.close()
  await world.close()
})

/** The same request `times`, every other one at the second process, all at once. */
function atOnce(
  times: number,
  url: string,
  bodyOf: (i: number) => object,
  keyOf?: (i: number) => string,
): Promise<Answer[]> {
  const send = (i: number) =>
    world.call('POST', url, bodyOf(i), {
      idempotencyKey: keyOf?.(i) ?? `race-key-${++keys}`,
      program: i % 2 === 0 ? world.program : other,
    })
  return Promise.all(Array.from({ length: times }, (_, i) => send(i)))
}

async function card(): Promise<{ method: string; token: string }> {
  return { method: 'card', token: await world.tokenise('4242424242424242') }
}

async function newPayment(body: object): Promise<string> {
  const answer = await world.call(
    'POST',
    '/v1/payments',
    { currency: 'EUR', channel: 'web', ...body },
    { idempotencyKey: `payment-${++keys}` },
  )
  assert.ok(answer.status < 300, answer.text)
  return answer.body['id'] as string
}

function effects(paymentId: string, effect: string): number {
  return world.simulator
    .journal({ limit: 100_000 })
    .filter((row) => row.payment_id === paymentId && row.effect === effect).length
}

/** How many answers had each status. */
function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

async function assertTrue(): Promise<void> {
  const { db } = world.database
  const facts = await readFacts(db, world.simulator, world.merchant.merchant_id)
  const wrong = [
    ...(await violations(db, world.merchant.merchant_id)),
    ...untruths(facts, world.simulator),
    ...refusedByProvider(facts, world.simulator),
    ...disagreements(facts, world.simulator),
  ]
  assert.deepEqual(wrong, [])
}

test('of 100 refunds of 1 % at once over 50 % captured exactly 50 take effect and 50 are refused', async () => {
  const id = await newPayment({ amount: 100, capture: 'manual', tender: await card() })
  await world.call('POST', `/v1/payments/${id}/captures`, { amount: 50, final: true }, { idempotencyKey: `half-${id}` })
  const answers = await atOnce(100, `/v1/payments/${id}/refunds`, () => ({ amount: 1 }))
  assert.deepEqual(tally(answers), { 201: 50, 422: 50 })
  assert.equal(effects(id, 'refunded'), 50)
  await assertTrue()
})

test('half of those refunds lose their answer after the effect: still exactly 50 take effect', async () => {
  const id = await newPayment({ amount: 100, capture: 'manual', tender: await card() })
  await world.call('POST', `/v1/payments/${id}/captures`, { amount: 50, final: true }, { idempotencyKey: `half-${id}` })
  world.simulator.setFaults({ seed: 7, rates: { lost_after: 0.5 } })
  const answers = await atOnce(100, `/v1/payments/${id}/refunds`, () => ({ amount: 1 }))
  world.simulator.setFaults({ seed: 7, rates: {} })
  const counts = tally(answers)
  assert.equal((counts[201] ?? 0) + (counts[202] ?? 0), 50)
  assert.equal(counts[422], 50)
  assert.ok((counts[202] ?? 0) > 5, 'answers were lost')
  assert.equal(effects(id, 'refunded'), 50)
  world.clock.advance(6_000)
  while ((await resolveDue(world.program.payments)) > 0);
  await assertTrue()
})

test('of 100 captures of 60 % at once one takes effect', async () => {
  const id = await newPayment({ amount: 100, capture: 'manual', tender: await card() })
  const answers = await atOnce(100, `/v1/payments/${id}/captures`, () => ({ amount: 60 }))
  assert.deepEqual(tally(answers), { 201: 1, 422: 99 })
  assert.equal(effects(id, 'captured'), 1)
  await assertTrue()
})

test('a capture and a cancel at once: one is carried out, the other refused with 409, twenty times', async () => {
  for (let round = 0; round < 20; round++) {
    const id = await newPayment({ amount: 100, capture: 'manual', tender: await card() })
    const [captured, canceled] = await Promise.all([
      world.call('POST', `/v1/payments/${id}/captures`, {}, { idempotencyKey: `capture-${id}` }),
      world.call('POST', `/v1/payments/${id}/cancel`, {}, { idempotencyKey: `cancel-${id}`, program: other }),
    ])
    assert.deepEqual(
      [captured.status, canceled.status].filter((status) => status >= 300),
      [409],
    )
    assert.equal(effects(id, 'captured') + effects(id, 'voided'), 1)
  }
  await assertTrue()
})

test('one key 200 times at once is one charge; whoever is early is told 409, and later all read the same', async () => {
  const body = { amount: 2_500, currency: 'EUR', channel: 'web', tender: await card() }
  const key = `same-key-${++keys}`
  const answers = await atOnce(
    200,
    '/v1/payments',
    () => body,
    () => key,
  )
  assert.ok(
    answers.every(({ status }) => status === 201 || status === 409),
    JSON.stringify(tally(answers)),
  )
  const texts = new Set(answers.filter(({ status }) => status === 201).map(({ text }) => text))
  assert.equal(texts.size, 1)
  const [text] = [...texts]
  const again = await atOnce(
    200,
    '/v1/payments',
    () => body,
    () => key,
  )
  assert.deepEqual(tally(again), { 201: 200 })
  assert.ok(again.every((answer) => answer.text === text))
  assert.equal(effects((JSON.parse(text as string) as { id: string }).id, 'captured'), 1)
  await assertTrue()
})

test('20 payments at once for one order: one is charged, and the provider hears of no other', async () => {
  const before = world.simulator.journal({ limit: 100_000 }).length
  const tenders = await Promise.all(Array.from({ length: 20 }, () => card()))
  const answers = await atOnce(20, '/v1/payments', (i) => ({
    amount: 100,
    currency: 'EUR',
    channel: 'web',
    order_id: 'one-order',
    tender: tenders[i],
  }))
  assert.deepEqual(tally(answers), { 201: 1, 409: 19 })
  assert.equal(world.simulator.journal({ limit: 100_000 }).length - before, 1)
  await assertTrue()
})

test('one token in 20 payments at once is charged once', async () => {
  const before = world.simulator.journal({ limit: 100_000 }).length
  const tender = await card()
  const answers = await atOnce(20, '/v1/payments', () => ({ amount: 100, currency: 'EUR', channel: 'web', tender }))
  assert.equal(tally(answers)[201], 1)
  assert.ok(
    answers.every(({ status, body }) => status === 201 || body['code'] === 'token-used'),
    JSON.stringify(tally(answers)),
  )
  assert.equal(world.simulator.journal({ limit: 100_000 }).length - before, 1)
  await assertTrue()
})

test('a webhook, its repeats, the answer and polls of two processes race, and each capture is booked once', async () => {
  world.simulator.setFaults({ seed: 7, rates: { duplicate_webhook: 1, lost_after: 0.5 }, webhooks: 'all' })
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => newPayment({ amount: 100, capture: 'manual', tender: await card() })),
  )
  await world.deliverAll()
  world.clock.advance(6_000)
  while ((await resolveDue(world.program.payments)) > 0);
  const capturing = Promise.all(
    ids.map((id, i) =>
      world.call(
        'POST',
        `/v1/payments/${id}/captures`,
        {},
        { idempotencyKey: `capture-${id}`, program: i % 2 ? other : world.program },
      ),
    ),
  )
  let isOver = false
  const post = async () => {
    while (!isOver) {
      await world.letProviderWork()
      await Promise.all(world.mail.splice(0).map((letter) => world.deliver(letter)))
      world.clock.advance(6_000)
      await Promise.all(
        [world.program, other].flatMap(({ payments }) => [applyInbound(payments), resolveDue(payments)]),
      )
    }
  }
  const posting = post()
  const answers = await capturing
  isOver = true
  await posting
  world.simulator.setFaults({ seed: 7, rates: {} })
  await world.deliverAll()
  world.clock.advance(100_000)
  while ((await resolveDue(world.program.payments)) > 0);
  assert.ok(
    answers.every(({ status }) => status === 201 || status === 202),
    JSON.stringify(tally(answers)),
  )
  for (const id of ids) assert.equal(effects(id, 'captured'), 1)
  await assertTrue()
})
