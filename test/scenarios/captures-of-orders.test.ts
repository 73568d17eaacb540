// A capture takes no more than its order still owes, and what is held beyond that is let go.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
  await at.sells('vase', '10.00')
})
after(() => shop.close())

const ROUNDS = 12

const captures = (payment: string, body: object = {}) => shop.api.command(`/v1/payments/${payment}/captures`, body)

/** An order of vases, each part of the amounts held on a card of its own. */
async function held(quantity: number, ...parts: number[]): Promise<{ order: OrderView; payment: string }> {
  const order = await at.order({ vase: quantity })
  const card = async (amount: number) => ({ method: 'card', token: await shop.api.token(CARDS.approved), amount })
  const [first = order.total, ...others] = parts
  const paid = await at.pay(order, CARDS.approved, { capture: 'manual', tender: await card(first) })
  assert.equal(paid.status, 201, paid.text)
  for (const part of others) assert.equal((await shop.api.tender(paid.body.id, await card(part))).status, 201)
  await shop.settle()
  return { order: await at.read(order.id), payment: paid.body.id }
}

/** Cancels units; asks again while money is on its way. */
async function less(order: OrderView, quantity = 1): Promise<void> {
  const lines = [{ line_id: order.lines[0]?.id, quantity }]
  for (;;) {
    const { status, body, text } = await at.cancel(order.id, { reason: 'fewer', lines })
    if (status === 409 && body.code === 'invalid-state') continue
    assert.equal(status, 200, text)
    return
  }
}

async function edited(order: OrderView, quantity: number): Promise<void> {
  const draft = await at.draft(order.id, { quantities: [{ line_id: order.lines[0]?.id, quantity }] })
  const { status, text } = await at.confirm(order.id, draft.body.id)
  assert.equal(status, 200, draft.text + text)
}

async function money(order: OrderView): Promise<unknown[]> {
  await shop.settle()
  const { total, amount_due, amount_held, amount_paid, amount_refunded } = await at.read(order.id)
  return [total, amount_due, amount_held, amount_paid, amount_refunded]
}

for (const [how, change] of [
  ['a cancelled unit', (order: OrderView) => less(order)],
  ['an edit', (order: OrderView) => edited(order, 1)],
] as const) {
  test(`after ${how} a capture takes what is owed, and lets the rest of the hold go`, async () => {
    const { order, payment } = await held(2)
    await change(order)
    const more = await captures(payment, { amount: 1001 })
    assert.deepEqual([more.status, more.body.code], [422, 'amount-exceeds-due'])
    assert.equal((await captures(payment)).status, 201)
    assert.deepEqual(await money(order), [1000, 0, 0, 1000, 0])
    assert.deepEqual(shop.journal(payment), ['authorized 2000', 'captured 1000', 'voided 1000'])
    assert.equal((await captures(payment)).body.code, 'invalid-state')
    assert.deepEqual(await at.tasks(order.id), [])
  })
}

test('a card that is held for nothing any more is let go with the change', async () => {
  const { order, payment } = await held(3, 1000, 2000)
  await less(order, 2)
  assert.deepEqual(await money(order), [1000, 0, 1000, 0, 0])
  assert.deepEqual(shop.journal(payment), ['authorized 1000', 'authorized 2000', 'voided 2000'])
  assert.equal((await captures(payment)).status, 201)
  assert.deepEqual(await money(order), [1000, 0, 0, 1000, 0])
})

test('what was captured already pays for what is left: the rest of the hold is let go at once', async () => {
  const { order, payment } = await held(2)
  assert.equal((await captures(payment, { amount: 1000 })).status, 201)
  await less(order)
  assert.deepEqual(await money(order), [1000, 0, 0, 1000, 0])
  assert.deepEqual(shop.journal(payment), ['authorized 2000', 'captured 1000', 'voided 1000'])
})

test('the process dies anywhere between the change and letting go: a worker lets go', async () => {
  for (let nth = 1, isDead = true; isDead; nth++) {
    const { order, payment } = await held(3, 1000, 2000)
    const lines = [{ line_id: order.lines[0]?.id, quantity: 2 }]
    shop.door.dieBehind(nth)
    await at.cancel(order.id, { reason: 'fewer', lines }, { key: `fewer-of-them-${nth}` }).catch(() => undefined)
    isDead = shop.door.isDead
    await shop.restart()
    shop.clock.advance(10 * MINUTE)
    await shop.ask()
    await shop.settle()
    // Asked again, or asked for the first time where nothing of it was kept.
    assert.equal((await at.cancel(order.id, { reason: 'fewer', lines }, { key: `fewer-of-them-${nth}` })).status, 200)
    assert.deepEqual(await money(order), [1000, 0, 1000, 0, 0], `${nth}`)
    assert.deepEqual(shop.journal(payment), ['authorized 1000', 'authorized 2000', 'voided 2000'])
  }
})

test('a capture and a change at two processes: never more is kept than is owed', async () => {
  const there = await shop.another()
  for (let i = 0; i < ROUNDS; i++) {
    const { order, payment } = await held(2)
    const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))
    const capture = wait(i % 3 === 0 ? i : 0).then(() => there.command(`/v1/payments/${payment}/captures`, {}))
    const [captured] = await Promise.all([capture, wait(i % 3 === 1 ? i : 0).then(() => less(order))])
    assert.equal(captured.status, 201, captured.text)
    const [total, due, holds, paid, refunded] = await money(order)
    assert.deepEqual([total, due, holds, Number(paid) - Number(refunded)], [1000, 0, 0, 1000])
  }
})

test('two captures at two processes take what is owed once', async () => {
  const there = await shop.another()
  for (let i = 0; i < ROUNDS; i++) {
    const { order, payment } = await held(3)
    await less(order)
    const body = { amount: 1500 }
    const answers = await Promise.all([
      captures(payment, body),
      there.command(`/v1/payments/${payment}/captures`, body),
    ])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422], answers.map(({ text }) => text).join('\n'))
    assert.equal((await captures(payment)).status, 201)
    assert.deepEqual(await money(order), [2000, 0, 0, 2000, 0])
  }
})

test('a capture that fails for goods that are gone gives a task', async () => {
  await at.sells('print', '10.00')
  const cart = { lines: [{ variant_id: at.variant('print'), quantity: 1, fulfilment: { mode: 'digital' } }] }
  const placed = await at.place(await at.cart({}, cart))
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'capture', fault: 'decline' }] } as never)
  await at.pay(placed.body, CARDS.approved, { capture: 'manual' })
  await shop.settle()
  assert.equal((await at.fulfilments(placed.body.id))[0]?.state, 'delivered')
  assert.deepEqual(await at.tasks(placed.body.id), ['capture_failed'])
})

test('a hold is raised as far as its order owes, and no further', async () => {
  const { order, payment } = await held(2)
  const more = await shop.api.increment(payment, 500)
  assert.deepEqual([more.status, more.body.code], [422, 'amount-exceeds-due'])
  assert.equal((await captures(payment)).status, 201)
  assert.deepEqual(await money(order), [2000, 0, 0, 2000, 0])
})
