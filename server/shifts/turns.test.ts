// What a Z tells of money that took a turn: given back before the ticket was complete or at another till, held, taken back by its provider,
// known late, of another currency. Receipts, tenders and drawer stay the same money.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api, Refusal } from '../../test/api.ts'
import { CARDS, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type ReportView, type ShiftView, type TillShop, tillShop } from '../../test/scenarios/till-shop.ts'

let shop: Shop
let till: TillShop
let cashier: Api & { key: string }
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  cashier = await till.signIn('cashier')
})
after(() => shop.close({ hasAllVersions: true }))

/** A sale of nothing in particular, of which a part is paid in cash. */
async function partPaid(amount: number): Promise<string> {
  const tender = { method: 'cash', amount, cash: { register_id: shop.till } } as const
  const { body } = await cashier.pay({ amount: 10_000, currency: 'EUR', channel: 'pos', tender })
  return body.id
}

test('what was paid of a ticket that is given up goes back without being a return', async () => {
  const shift = await till.open(cashier, 10_000)
  const given = await partPaid(6_000)
  assert.equal((await cashier.refund(given, {})).status, 201)
  const waits = await partPaid(1_000)
  assert.equal((await cashier.refund(waits, { amount: 400 })).status, 201)
  await till.count(cashier, shift.id, 10_600)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.returns, z.net], [0, { count: 0, amount: 0 }, 0], 'nothing was sold')
  assert.deepEqual(z.vat_returned, [])
  assert.deepEqual([z.tenders[0]?.sales.amount, z.tenders[0]?.refunds.amount], [7_000, 6_400])
  assert.deepEqual(z.unfinished, { count: 1, amount: 600 })
  assert.deepEqual(z.exceptions, [])
})

test('a part that is paid, given back and paid again makes one sale of what was owed', async () => {
  const shift = await till.open(cashier, 10_000)
  const id = await partPaid(6_000)
  assert.equal((await cashier.refund(id, { amount: 2_000 })).status, 201)
  await shop.work()
  const paid = await cashier.tender(id, { method: 'cash', cash: { register_id: shop.till } })
  assert.equal(paid.body.amount_captured, 12_000, paid.text)
  assert.equal((await cashier.refund(id, { amount: 3_000, reason: 'brought back' })).status, 201)
  await till.count(cashier, shift.id, 17_000)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.returns, z.net], [10_000, { count: 1, amount: 3_000 }, 7_000])
  assert.deepEqual([z.tenders[0]?.net, z.drawer['variance']], [7_000, 0])
})

let elsewhere: string
/** A register in a store of another country, with somebody at it and a shift that runs. */
async function openElsewhere(float: number): Promise<{ manager: Api; shift: ShiftView }> {
  if (!elsewhere) {
    const store = await shop.api.call<{ id: string }>('POST', '/v1/stores', {
      ...{ name: 'Antwerp', kind: 'shop', country: 'BE', currency: 'EUR' },
    })
    const register = { store_id: store.body.id, name: 'Elsewhere' }
    elsewhere = (await shop.api.call<{ id: string }>('POST', '/v1/registers', register)).body.id
    assert.ok(elsewhere, store.text)
  }
  const manager = await till.signIn('manager', 'Noor el Amrani', elsewhere)
  const opened = await manager.call<ShiftView>('POST', '/v1/shifts', { float })
  assert.equal(opened.status, 201, opened.text)
  return { manager, shift: opened.body }
}

/** An order of two mugs that wait to be collected, paid in cash at the first till. */
async function reserved(): Promise<string> {
  const fulfilment = { mode: 'collect', store_id: shop.keys.registers[0]?.store_id }
  const lines = [{ variant_id: till.goods.variant('mug'), quantity: 2, fulfilment }]
  const cart = { currency: 'EUR', channel: 'pos', register_id: shop.till, lines }
  const made = await cashier.call<{ id: string }>('POST', '/v1/carts', cart)
  const order = await cashier.command('/v1/orders', { cart_id: made.body.id })
  const tender = { method: 'cash', cash: { register_id: shop.till } } as const
  await cashier.pay({ amount: 2_420, currency: 'EUR', channel: 'pos', order_id: order.body.id, tender })
  return order.body.id
}

test('what was paid in cash at another till comes out of the drawer that it is given back at', async () => {
  const shift = await till.open(cashier, 10_000)
  const [direct, returned] = [await till.sell(cashier, { mug: 1 }), await till.sell(cashier, { mug: 4 })]
  const cancelled = await reserved()
  await shop.settle()
  const { manager, shift: other } = await openElsewhere(50_000)
  const refund = await manager.refund(direct.payment, { amount: 600 })
  assert.deepEqual([refund.status, refund.body.amount_refunded], [201, 600], refund.text)
  const { body: order } = await shop.api.get<{ lines: { id: string }[] }>(`/v1/orders/${returned.order}`)
  const asked = await manager.call<{ id: string; store_id: string }>('POST', '/v1/returns', {
    ...{ order_id: returned.order, channel: 'pos', store_id: other.store_id, reason: 'not wanted' },
    lines: [{ line_id: order.lines[0]?.id, quantity: 4 }],
  })
  assert.equal(asked.status, 201, asked.text)
  const received = await manager.call('POST', `/v1/returns/${asked.body.id}/receive`, {
    ...{ store_id: other.store_id, lines: [{ no: 1, quantity: 4, disposition: 'restock' }] },
  })
  assert.equal(received.status, 200, received.text)
  const settled = await manager.command(`/v1/returns/${asked.body.id}/settle`, {})
  assert.equal(settled.status, 200, settled.text)
  const gone = await manager.command(`/v1/orders/${cancelled}/cancel`, { reason: 'not wanted' })
  assert.equal(gone.status, 200, gone.text)
  // 100.00 and all three sales; 500.00 less 6.00, 48.40 and 24.20.
  await till.count(shop.api, other.id, 42_140)
  const there = await till.close(shop.api, other.id)
  assert.deepEqual([there.returns, there.drawer['variance']], [{ count: 3, amount: 7_860 }, 0])
  await till.count(cashier, shift.id, 18_470)
  const here = await till.close(cashier, shift.id)
  assert.deepEqual([here.sales.amount, here.returns.count, here.drawer['variance']], [8_470, 0, 0])
})

test('what a balance pays when goods are handed over at a till is on its Z, beside the cash', async () => {
  const { manager, shift } = await openElsewhere(10_000)
  const fulfilment = { mode: 'collect', store_id: shift.store_id }
  const lines = [{ variant_id: till.goods.variant('mug'), quantity: 2, fulfilment }]
  const customer = (await shop.api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })).body.id
  const credit = { amount: 5_000, currency: 'EUR', reason: 'goodwill' }
  assert.equal((await shop.api.command(`/v1/customers/${customer}/store_credit/adjustments`, credit)).status, 201)
  const web = { currency: 'EUR', channel: 'web', customer_id: customer, lines }
  const cart = await shop.api.call<{ id: string }>('POST', '/v1/carts', web)
  const order = await shop.api.command('/v1/orders', {
    ...{ cart_id: cart.body.id, charge: 'on_collection', token: await shop.api.token(CARDS.approved) },
  })
  assert.equal(order.status, 201, order.text)
  await shop.settle()
  const listed = await manager.get<{ data: { id: string }[] }>(`/v1/fulfilments?order_id=${order.body.id}`)
  const path = `/v1/fulfilments/${listed.body.data[0]?.id}`
  for (const verb of ['accept', 'pick', 'ready'])
    assert.equal((await manager.call('POST', `${path}/${verb}`, {})).status, 200, verb)
  const tender = { method: 'store_credit' }
  const taken = await manager.command(`${path}/collect`, { staff_override_reason: 'passport seen', tender })
  assert.equal(taken.status, 200, taken.text)
  await till.count(shop.api, shift.id, 10_000)
  const z = await till.close(shop.api, shift.id)
  assert.deepEqual([z.sales.amount, tendersOf(z)], [2_420, [['store_credit', 2_420, 0, 0, 2_420]]])
})

test('a sale is told of where it was made, also when it is brought back elsewhere before its receipt is written', async () => {
  const shift = await till.open(cashier, 10_000)
  const { payment } = await till.sell(cashier, { mug: 1 })
  const { store_id } = shift
  const other = await shop.api.call<{ id: string }>('POST', '/v1/registers', { store_id, name: 'Second' })
  await shop.api.call('POST', '/v1/shifts', { register_id: other.body.id, float: 5_000 })
  const to = { method: 'cash', register_id: other.body.id } as const
  assert.equal((await shop.api.refund(payment, { amount: 1_210, to })).status, 201)
  await till.count(cashier, shift.id, 11_210)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.returns.amount], [1_210, 0])
})

/** What is held at the till on a card, to be taken later. */
async function holdCard(): Promise<string> {
  const tender = { method: 'card', terminal_id: shop.terminal } as const
  const { body } = await cashier.pay({ amount: 5_000, currency: 'EUR', channel: 'pos', capture: 'manual', tender })
  assert.equal(body.status, 'authorized', JSON.stringify(body))
  return body.id
}

test('held on a Z is what is not taken yet; what the till took or let go since is not', async () => {
  const shift = await till.open(cashier, 10_000)
  await holdCard()
  const [taken, let_go] = [await holdCard(), await holdCard()]
  await cashier.command(`/v1/payments/${taken}/captures`, {})
  await cashier.command(`/v1/payments/${let_go}/cancel`, {})
  // 20.00 of 50.00, and the rest is let go: paid in part only.
  await cashier.command(`/v1/payments/${await holdCard()}/captures`, { amount: 2_000, final: true })
  await till.count(cashier, shift.id, 10_000)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual(
    [z.held, z.unfinished],
    [
      { count: 1, amount: 5_000 },
      { count: 1, amount: 2_000 },
    ],
  )
  assert.deepEqual(
    z.tenders.map(({ method, net }) => [method, net]),
    [['card', 7_000]],
  )
})

async function takeBack(payment: string, kind: string): Promise<void> {
  const { body } = await shop.api.get<{ data: { operation_id?: string; kind: string }[] }>(
    `/v1/payments/${payment}/timeline`,
  )
  const id = body.data.find((entry) => entry.kind === kind && entry.operation_id)?.operation_id as string
  assert.ok([shop.accounts.a, shop.accounts.b].some((account) => shop.simulator.reverse(account, id)))
  await shop.news()
}
async function cardSale(amount: number): Promise<string> {
  const tender = { method: 'card', terminal_id: shop.terminal } as const
  const { body } = await cashier.pay({ amount, currency: 'EUR', channel: 'pos', tender })
  assert.equal(body.status, 'captured', JSON.stringify(body))
  await shop.work()
  return body.id
}
const tendersOf = (report: Pick<ReportView, 'tenders'> | undefined) =>
  report?.tenders.map(({ method, sales, refunds, reversals, net }) => [
    method,
    sales.amount,
    refunds.amount,
    reversals,
    net,
  ])

test('a card payment that is taken back stays a sale, and is on the Z, or on a supplement to it', async () => {
  const shift = await till.open(cashier, 10_000)
  await takeBack(await cardSale(3_000), 'sale')
  const late = await cardSale(4_000)
  await till.count(cashier, shift.id, 10_000)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.returns.amount, tendersOf(z)], [7_000, 0, [['card', 7_000, 0, 3_000, 4_000]]])
  await takeBack(late, 'sale')
  await shop.work()
  const { body } = await cashier.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.equal(body.supplements.length, 1, 'the worker writes it once')
  assert.deepEqual(tendersOf(body.supplements[0]), [['card', 0, 0, 4_000, -4_000]])
  assert.deepEqual([body.supplements[0]?.sales.count, body.supplements[0]?.net], [0, 0])
  await shop.work()
  const again = await cashier.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.deepEqual(again.body, body, 'and nothing twice')
})

test('what is taken back while the shift is being closed is told on exactly one report', async () => {
  for (let round = 0; round < 6; round++) {
    const shift = await till.open(cashier, 10_000)
    const sale = await cardSale(1_000)
    await till.count(cashier, shift.id, 10_000)
    await Promise.all([till.close(cashier, shift.id), takeBack(sale, 'sale')])
    await shop.work()
    const { body } = await cashier.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
    const told = [body, ...body.supplements].flatMap(({ tenders }) => tenders)
    assert.deepEqual(
      [told.reduce((sum, of) => sum + of.sales.amount, 0), told.reduce((sum, of) => sum + of.reversals, 0)],
      [1_000, 1_000],
      `round ${round}`,
    )
  }
})

test('a refund that did not arrive and is made again is one return', async () => {
  const shift = await till.open(cashier, 10_000)
  const sale = await cardSale(3_000)
  assert.equal((await cashier.refund(sale, { amount: 1_000 })).status, 201)
  await shop.work()
  await takeBack(sale, 'refund')
  assert.equal((await cashier.refund(sale, { amount: 1_000 })).status, 201)
  await till.count(cashier, shift.id, 10_000)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.returns, z.net], [{ count: 1, amount: 1_000 }, 2_000])
  assert.deepEqual(tendersOf(z), [['card', 3_000, 2_000, -1_000, 2_000]])
})

test('money of a part whose outcome came after the Z is on a supplement, although its ticket is finished in another shift', async () => {
  const shift = await till.open(cashier, 10_000)
  shop.simulator.setTerminal(shop.accounts.a, shop.terminal, { fault: 'lost_after' })
  const tender = { method: 'card', terminal_id: shop.terminal, amount: 2_000 } as const
  const { body: part } = await cashier.pay({ amount: 5_000, currency: 'EUR', channel: 'pos', tender })
  await till.count(cashier, shift.id, 10_000)
  assert.deepEqual((await till.close(cashier, shift.id)).tenders, [])
  shop.clock.advance(3_600_000)
  await shop.ask()
  await shop.work()
  const next = await till.open(cashier, 10_000)
  const rest = await cashier.tender(part.id, { method: 'cash', cash: { register_id: shop.till } })
  assert.equal(rest.body.status, 'captured', rest.text)
  await till.count(cashier, next.id, 13_000)
  const z = await till.close(cashier, next.id)
  assert.deepEqual([z.sales.amount, tendersOf(z)], [5_000, [['cash', 3_000, 0, 0, 3_000]]])
  const { body } = await cashier.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.deepEqual(body.supplements.map(tendersOf), [[['card', 2_000, 0, 0, 2_000]]])
})

test('kronor in a drawer of euros stand apart on the Z, and in no sum of euros', async () => {
  const shift = await till.open(cashier, 10_000)
  const { totals } = (await shop.api.get<ReportView>(`/v1/shifts/${shift.id}/x_report`)).body
  await till.sell(cashier, { mug: 1 })
  const tender = { method: 'cash', cash: { register_id: shop.till } } as const
  const paid = await cashier.pay({ amount: 50_000, currency: 'SEK', channel: 'pos', tender })
  assert.equal(paid.body.status, 'captured', paid.text)
  const blind = await (await till.signIn('supervisor')).get<ReportView>(`/v1/shifts/${shift.id}/x_report`)
  assert.deepEqual([blind.body.tenders, blind.body.other_currencies[0]?.tenders], [[], []], 'no cash before the count')
  await till.count(cashier, shift.id, 11_210)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales, z.net, tendersOf(z)], [{ count: 1, amount: 1_210 }, 1_210, [['cash', 1_210, 0, 0, 1_210]]])
  assert.deepEqual([z.drawer['cash_sales'], z.drawer['other'], z.drawer['variance']], [1_210, 0, 0])
  assert.deepEqual(
    z.other_currencies.map((other) => [other.currency, other.sales.amount, other.net, tendersOf(other)]),
    [['SEK', 50_000, 50_000, [['cash', 50_000, 0, 0, 50_000]]]],
  )
  assert.equal(z.totals.sales - totals.sales, 1_210)
})

test('more than the books hold is not taken out of a drawer, and refunds that did are told of', async () => {
  const shift = await till.open(cashier, 10_000)
  const supervisor = await till.signIn('supervisor')
  const move = (type: string, amount: number) =>
    supervisor.call<ShiftView & Refusal>('POST', `/v1/shifts/${shift.id}/movements`, { type, amount, reason: 'safe' })
  for (const type of ['drop', 'paid_out']) assert.equal((await move(type, 10_001)).body.code, 'drawer-short')
  const both = await Promise.all([move('drop', 6_000), move('paid_out', 6_000)])
  assert.deepEqual(both.map(({ status }) => status).sort(), [201, 409], 'of two at once one finds it there')
  assert.equal((await move('drop', 4_000)).body.is_overdrawn, false, 'to the last cent')
  const sale = await cardSale(3_000)
  const to = { method: 'cash', register_id: shop.till } as const
  assert.equal((await supervisor.refund(sale, { to })).status, 201)
  const seen = await supervisor.get<ShiftView>(`/v1/shifts/${shift.id}`)
  assert.deepEqual([seen.body.is_overdrawn, seen.body.expected], [true, null])
  await move('paid_in', 3_000)
  assert.equal((await supervisor.get<ShiftView>(`/v1/shifts/${shift.id}`)).body.is_overdrawn, false)
  await till.count(supervisor, shift.id, 0)
  await till.close(supervisor, shift.id)
})
