// Orders after they were placed: cancelled in part or whole, edited with a preview that holds, counted line by line.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { transact } from '../../server/db/pool.ts'
import type { Problem } from '../../server/lib/problem.ts'
import { fulfilLines, readOrder, readOrderLines, returnLines } from '../../server/orders/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { type ChangeView, type OrderShop, orderShop } from './order-shop.ts'
import { returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('kettle', '49.95')
  await orders.sells('mug', '9.99')
  await orders.sells('spoon', '0.333')
  await orders.sells('parcel', '4.95')
})
after(() => shop.close())

const lineOf = (order: Pick<OrderView, 'lines'>, i: number) => order.lines[i]?.id as string
const money = ({ total, amount_due, amount_paid, amount_refunded, payment_status }: OrderView) => [
  total,
  amount_due,
  amount_paid,
  amount_refunded,
  payment_status,
]

async function paidOrder(basket: Record<string, number>, more: object = {}) {
  const order = await orders.order(basket)
  const paid = await orders.pay(order, CARDS.approved, more)
  assert.equal(paid.status, 201, paid.text)
  return orders.read(order.id)
}

test('cancelling an unpaid order ends it, and nobody can pay for it any more', async () => {
  const order = await orders.order({ kettle: 1 })
  const { body } = await orders.cancel(order.id, { reason: 'changed my mind' })
  assert.deepEqual(
    [body.state, body.cancel_reason, body.total, body.amount_due],
    ['cancelled', 'changed my mind', 0, 0],
  )
  assert.equal((await orders.pay(order)).body.code, 'order-not-payable')
  assert.equal((await orders.cancel(order.id, { reason: 'again' })).body.code, 'invalid-state')
})

test('cancelling a paid order refunds it in the same request, once however often it is repeated', async () => {
  const order = await paidOrder({ kettle: 2 })
  const key = shop.api.nextKey()
  const first = await orders.cancel(order.id, { reason: 'late' }, { key })
  assert.deepEqual(money(first.body), [0, 0, 9990, 9990, 'refunded'])
  const again = await orders.cancel(order.id, { reason: 'late' }, { key })
  assert.equal(again.text, first.text)
  assert.deepEqual(shop.journal(order.payments[0]?.id), ['captured 9990', 'refunded 9990'])
})

test('cancelling an authorised order voids it', async () => {
  const order = await paidOrder({ kettle: 1 }, { capture: 'manual' })
  assert.equal(order.payment_status, 'authorized')
  const { body } = await orders.cancel(order.id, { reason: 'late' })
  assert.deepEqual([body.state, body.amount_held], ['cancelled', 0])
  assert.deepEqual(shop.journal(order.payments[0]?.id), ['authorized 4995', 'voided 4995'])
})

test('units are cancelled one after the other and refund exactly what the line cost', async () => {
  // Three spoons at 0.333: 1.00 in all; the third costs 0.33, the second 0.34, the first 0.33.
  const order = await paidOrder({ spoon: 3, kettle: 1 })
  const refunds: number[] = []
  for (let i = 0; i < 3; i++) {
    const before = (await orders.read(order.id)).amount_refunded
    const { body } = await orders.cancel(order.id, {
      reason: 'bent',
      lines: [{ line_id: lineOf(order, 0), quantity: 1 }],
    })
    refunds.push(body.amount_refunded - before)
  }
  assert.deepEqual(refunds, [33, 34, 33])
  const more = { reason: 'bent', lines: [{ line_id: lineOf(order, 0), quantity: 1 }] }
  assert.equal((await orders.cancel(order.id, more)).body.code, 'quantity-exceeds-available')
  assert.deepEqual(money(await orders.read(order.id)), [4995, 0, 5095, 100, 'paid'])
})

test('a refund that fails, at once or later, leaves a task, and the cancelled part stays cancelled', async () => {
  const later = await orders.order({ kettle: 1 })
  await orders.pay(later, CARDS.refund_fails)
  assert.equal((await orders.cancel(later.id, { reason: 'late' })).body.amount_refunded, 4995)
  shop.clock.advance(MINUTE)
  await shop.news()
  const read = await orders.read(later.id)
  assert.deepEqual([read.state, read.amount_refunded], ['cancelled', 0])
  assert.deepEqual(await orders.tasks(later.id), ['refund_failed'])

  const atOnce = await paidOrder({ kettle: 1 })
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'decline' }] } as never)
  const { body } = await orders.cancel(atOnce.id, { reason: 'late' })
  assert.deepEqual([body.state, body.amount_refunded], ['cancelled', 0], JSON.stringify(body))
  assert.deepEqual(await orders.tasks(atOnce.id), ['refund_failed'])
})

test('a change that costs more is paid by a further tender of the same payment', async () => {
  const order = await paidOrder({ kettle: 1 })
  const draft = await orders.draft(order.id, { add: [{ variant_id: orders.variant('mug'), quantity: 2 }] })
  assert.deepEqual([draft.body.preview.difference, draft.body.preview.amount_to_pay], [1998, 1998])
  assert.equal((await orders.confirm(order.id, draft.body.id)).status, 200)
  assert.deepEqual(money(await orders.read(order.id)), [6993, 1998, 4995, 0, 'partly_paid'])
  const token = await shop.api.token(CARDS.mastercard)
  const rest = await shop.api.tender(order.payments[0]?.id as string, { method: 'card', token })
  assert.equal(rest.body.amount_captured, 6993, rest.text)
  assert.deepEqual(money(await orders.read(order.id)), [6993, 0, 6993, 0, 'paid'])
})

test('a change that costs less is refunded, and one that costs more after it is due in full', async () => {
  const order = await paidOrder({ kettle: 2, parcel: 1 })
  const less = await orders.draft(order.id, { quantities: [{ line_id: lineOf(order, 0), quantity: 1 }] })
  assert.deepEqual([less.body.preview.difference, less.body.preview.amount_to_refund], [-4995, 4995])
  await orders.confirm(order.id, less.body.id)
  assert.deepEqual(money(await orders.read(order.id)), [5490, 0, 10_485, 4995, 'paid'])
  const more = await orders.draft(order.id, { quantities: [{ line_id: lineOf(order, 0), quantity: 2 }] })
  assert.equal(more.body.preview.amount_to_pay, 4995)
  await orders.confirm(order.id, more.body.id)
  assert.deepEqual(money(await orders.read(order.id)), [10_485, 4995, 10_485, 4995, 'partly_refunded'])
})

test('an order edited down and up again is paid by a further tender, shipped, and comes back whole', async () => {
  const order = await paidOrder({ kettle: 2 })
  const payment = order.payments[0]?.id as string
  const edit = async (body: object) => {
    const draft = await orders.draft(order.id, body)
    assert.equal((await orders.confirm(order.id, draft.body.id)).status, 200, draft.text)
    return money(await orders.read(order.id))
  }
  const tender = async (more: object = {}) =>
    shop.api.tender(payment, { method: 'card', token: await shop.api.token(CARDS.mastercard), ...more })
  const one = { quantities: [{ line_id: lineOf(order, 0), quantity: 1 }] }
  const another = { add: [{ variant_id: orders.variant('kettle'), quantity: 1 }] }

  assert.deepEqual(await edit(one), [4995, 0, 9990, 4995, 'paid'])
  assert.equal((await tender()).body.code, 'invalid-state', 'nothing is due')
  assert.deepEqual(await edit(another), [9990, 4995, 9990, 4995, 'partly_refunded'])
  assert.equal((await tender({ amount: 4996 })).body.code, 'amount-exceeds-due')
  const answers = await Promise.all([tender(), tender()])
  assert.equal(answers.filter(({ status }) => status === 201).length, 1, 'of two at once one pays')
  assert.deepEqual(await edit({ remove: [lineOf(await orders.read(order.id), 1)] }), [4995, 0, 14_985, 9990, 'paid'])
  assert.deepEqual(await edit(another), [9990, 4995, 14_985, 9990, 'partly_refunded'])
  assert.equal((await tender()).status, 201)
  const paid = await orders.read(order.id)
  assert.deepEqual(money(paid), [9990, 0, 19_980, 9990, 'paid'])
  assert.equal((await tender()).body.code, 'invalid-state', 'all is paid')

  const room = fulfilmentShop(shop)
  await shop.settle()
  for (const { id, state } of await room.fulfilments(order.id)) {
    if (state === 'cancelled') continue
    await room.does(id, 'accept', 'pick', 'ready')
    assert.equal((await room.ship(id)).status, 200)
  }
  await shop.settle()
  const shipped = await orders.read(order.id)
  assert.equal(shipped.fulfilment_status, 'fulfilled')
  const floor = returnShop(shop)
  const lines = shipped.lines.flatMap(({ id, quantity_fulfilled: quantity }) =>
    quantity > 0 ? [{ line_id: id, quantity }] : [],
  )
  const asked = await floor.ask(shipped, {}, { lines })
  assert.equal(asked.status, 201, asked.text)
  const good = asked.body.lines.map(({ no, requested }) => ({ no, quantity: requested, disposition: 'restock' }))
  assert.equal((await floor.receive(asked.body.id, good)).status, 200)
  assert.equal((await floor.settle(asked.body.id)).status, 200)
  await shop.settle()
  assert.deepEqual(money(await orders.read(order.id)), [9990, 0, 19_980, 19_980, 'refunded'])
  assert.equal((await tender()).body.code, 'invalid-state', 'what came back is not paid for again')
  const broken = (await verifyBooks(shop.database.db)).filter(({ examples }) => examples.length > 0)
  assert.deepEqual(broken, [])
})

test('of ten confirmations of one draft, and of two drafts of one revision, one is applied', async () => {
  const order = await paidOrder({ kettle: 3 })
  const change = { quantities: [{ line_id: lineOf(order, 0), quantity: 2 }] }
  const [one, two] = [await orders.draft(order.id, change), await orders.draft(order.id, change)]
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => orders.confirm(order.id, (i % 2 === 0 ? one : two).body.id)),
  )
  const codes = new Set(answers.map(({ status, body }) => (status === 200 ? 'ok' : body.code)))
  assert.ok([...codes].every((code) => ['ok', 'version-conflict', 'idempotency-in-flight'].includes(String(code))))
  const read = await orders.read(order.id)
  assert.deepEqual([read.lines[0]?.quantity_open, read.revision, read.amount_refunded], [2, 2, 4995])
})

test('a change is not confirmed while a payment is under way, nor when it was declined', async () => {
  const order = await orders.order({ kettle: 1 })
  const draft = await orders.draft(order.id, { add: [{ variant_id: orders.variant('mug'), quantity: 1 }] })
  await orders.pay(order, CARDS.challenge, { return_url: 'https://shop.example/back' })
  assert.equal((await orders.confirm(order.id, draft.body.id)).body.code, 'invalid-state')
  const decline = () => shop.api.call<ChangeView>('POST', `/v1/orders/${order.id}/changes/${draft.body.id}/decline`, {})
  assert.deepEqual([(await decline()).body.state, (await decline()).status], ['declined', 200])
  assert.equal((await orders.confirm(order.id, draft.body.id)).body.code, 'invalid-state')
  assert.ok((await orders.history(order.id)).includes('order.change_declined'))
})

test('whatever is edited, the order becomes what the preview showed', async () => {
  const names = ['kettle', 'mug', 'spoon', 'parcel']
  const edits = fc.record({
    basket: fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), quantity: fc.integer({ min: 1, max: 7 }) }), {
      minLength: 1,
      maxLength: 4,
      selector: ({ name }) => name,
    }),
    rounds: fc.array(
      fc.record({
        removes: fc.boolean(),
        quantities: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 4 }),
        adds: fc.array(fc.record({ name: fc.constantFrom(...names), quantity: fc.integer({ min: 1, max: 5 }) }), {
          maxLength: 2,
        }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    isPaid: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(edits, async ({ basket, rounds, isPaid }) => {
      const order = await orders.order(Object.fromEntries(basket.map(({ name, quantity }) => [name, quantity])))
      if (isPaid) await orders.pay(order)
      for (const { removes, quantities, adds } of rounds) {
        const now = await orders.read(order.id)
        const open = now.lines.filter((line) => line.quantity_open > 0)
        const [first, ...others] = open
        const changed = removes ? others : open
        const body = {
          ...(removes && first && open.length > 1 ? { remove: [first.id] } : {}),
          ...(changed.length > 0
            ? { quantities: changed.slice(0, 4).map(({ id }, i) => ({ line_id: id, quantity: quantities[i] })) }
            : {}),
          ...(adds.length > 0
            ? { add: adds.map(({ name, quantity }) => ({ variant_id: orders.variant(name), quantity })) }
            : {}),
        }
        if (Object.keys(body).length === 0) continue
        const draft = await orders.draft(order.id, body)
        assert.equal(draft.status, 201, draft.text)
        const confirmed = await orders.confirm(order.id, draft.body.id)
        assert.equal(confirmed.status, 200, confirmed.text)
        const after = await orders.read(order.id)
        const { difference, amount_to_pay, amount_to_refund, ...basketShown } = draft.body.preview
        const { lines, taxes, list, discount, net, tax, total } = after
        assert.deepEqual({ lines, taxes, list, discount, net, tax, total }, basketShown)
        assert.equal(total - now.total, difference)
        assert.equal(after.amount_due, amount_to_pay)
        assert.equal(after.amount_refunded - now.amount_refunded, amount_to_refund)
        assert.equal(
          lines.reduce((sum, line) => sum + line.total, 0),
          total,
        )
        assert.equal(
          taxes.reduce((sum, row) => sum + row.tax, 0),
          tax,
        )
      }
    }),
    { numRuns: 15 },
  )
})

test('counters refuse more than is open or was handed over, also when twenty count at once', async () => {
  const order = await paidOrder({ mug: 10 })
  const m = shop.keys.merchant_id
  const at = shop.clock.now()
  const of = { order_id: order.id, line_id: lineOf(order, 0) }
  const code = (work: Promise<unknown>) =>
    work.then(
      () => 'ok',
      (error: Problem) => error.code,
    )
  const fulfil = (quantity: bigint) =>
    code(transact(shop.database.db, (tx) => fulfilLines(tx, m, [{ ...of, quantity }], at)))
  const give = (requested: bigint, returned: bigint) =>
    code(transact(shop.database.db, (tx) => returnLines(tx, m, [{ ...of, requested, returned }], at)))

  assert.equal(await give(1n, 0n), 'quantity-exceeds-available', 'nothing was handed over')
  const answers = await Promise.all(Array.from({ length: 20 }, () => fulfil(1n)))
  assert.deepEqual(answers.filter((answer) => answer === 'ok').length, 10)
  assert.equal(
    (await orders.cancel(order.id, { reason: 'late', lines: [{ line_id: of.line_id, quantity: 1 }] })).status,
    422,
  )
  assert.deepEqual(
    [await give(4n, 0n), await give(-4n, 3n), await give(8n, 0n), await give(7n, 0n)],
    ['ok', 'ok', 'quantity-exceeds-available', 'ok'],
  )
  const read = await orders.read(order.id)
  assert.deepEqual([read.fulfilment_status, read.return_status], ['fulfilled', 'partly_returned'])
  const [line] = await readOrderLines(shop.database.db, m, order.id)
  assert.deepEqual([line?.fulfilled, line?.return_requested, line?.returned], [10n, 7n, 3n])
  const closed = await shop.api.call<{ state: string }>('POST', `/v1/orders/${order.id}/close`, {})
  assert.equal(closed.body.state, 'closed', closed.text)
  assert.equal((await readOrder(shop.database.db, m, order.id))?.state, 'closed')
  assert.deepEqual(await notHandedOver(), [`${m} ${order.id} ${of.line_id}`], 'the auditor misses who handed them over')
  await handedOver(order.id, 10)
  assert.deepEqual(await notHandedOver(), [])
})

/** Lines of which an order counts other units than its fulfilments have handed over. */
async function notHandedOver(): Promise<string[]> {
  const checks = await verifyBooks(shop.database.db)
  return (
    checks.find(({ holds }) => holds.startsWith('What an order counts as fulfilled'))?.examples ?? ['no such check']
  )
}

/** Says in an order's fulfilments what was counted in the order alone. */
async function handedOver(orderId: string, quantity: number): Promise<void> {
  await shop.database.db.query(
    `update fulfilment_line x set handed_over = $2 from fulfilment f
     where f.order_id = $1 and x.merchant_id = f.merchant_id and x.fulfilment_id = f.id`,
    [orderId, quantity],
  )
}
