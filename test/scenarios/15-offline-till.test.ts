// Story 15: a till is cut off for two hours and sells on. Forty sales, two tabs that hand in at once, the queue sent twice, the server
// dying in between: forty orders, the drawer exact, the journal whole, every invariant kept.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { verifyBooks } from '../../server/verify/index.ts'
import { createApi, sendInProcess } from '../api.ts'
import { type OfflineTill, offlineTill, type Result, type Sent, taxIn } from './offline-shop.ts'
import { HOUR, MINUTE, openShop, type Shop } from './shop.ts'
import { type ReportView, type ShiftView, type TillShop, tillShop } from './till-shop.ts'

let shop: Shop
let counter: TillShop
let admin: pg.Client
let till: OfflineTill
let slip: string
before(async () => {
  shop = await openShop()
  counter = tillShop(shop)
  await counter.goods.sells('mug', '12.10', { track: 'quantity' })
  await counter.goods.sells('bread', '2.18', { track: 'none' }, { tax_category: 'food' })
  const account = await shop.api.call<{ id: string }>('POST', '/v1/connector_accounts', {
    ...{ connector: 'manual', name: 'Terminal without a cable', config: {} },
  })
  const terminal = await shop.api.call<{ id: string }>('POST', '/v1/terminals', {
    ...{ store_id: shop.keys.terminals[0]?.store_id, register_id: shop.till, connector_account_id: account.body.id },
    ...{ name: 'Stand-alone', serial: 'A-1' },
  })
  slip = terminal.body.id
  till = await offlineTill(shop, { role: 'supervisor' })
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
})
after(async () => {
  await admin.end()
  await shop.close({ hasAllVersions: true })
})

const mugs = (quantity: number) => [{ variant_id: counter.goods.variant('mug'), quantity, price: 1210 }]
const byCard = (amount: number) => ({
  method: 'card',
  amount,
  terminal_id: slip,
  authorisation_code: '048213',
  last4: '4242',
})
const count = async (sql: string, values: unknown[] = []) =>
  (await admin.query<{ count: number }>(`select count(*)::int as count from ${sql}`, values)).rows[0]?.count
const drawer = () => counter.booked(`cash:${shop.till}`)
const booked = ({ status, order_id, receipt_id }: Result) => [status, order_id !== null, receipt_id !== null]

async function openedShift(float = 10_000): Promise<ShiftView> {
  return counter.open(shop.api, float)
}
async function closedShift(id: string, counted: number): Promise<ReportView> {
  await counter.count(shop.api, id, counted)
  return counter.close(shop.api, id, { reason: 'as counted' })
}

test('forty sales of two hours, from two tabs, twice, are forty orders, and the drawer is exact', async () => {
  const shift = await openedShift()
  const queue: Sent[] = []
  let cash = 0
  let total = 0
  for (let i = 0; i < 40; i++) {
    shop.clock.advance(3 * MINUTE)
    const amount = 1210 * ((i % 3) + 1)
    const tenders =
      i % 4 === 3
        ? [byCard(amount - 1000), { method: 'cash', amount: 1000, tendered: 2000, change: 1000 }]
        : i % 4 === 2
          ? [byCard(amount)]
          : [{ method: 'cash', amount, tendered: amount + 290, change: 290 }]
    for (const { method, amount: part } of tenders) if (method === 'cash') cash += part
    total += amount
    queue.push(till.sell(mugs((i % 3) + 1), { shift_id: shift.id, tenders }))
  }
  const { program } = await shop.another()
  const tab = createApi(sendInProcess(program.app), till.token)
  const [first] = await Promise.all([till.send(queue), till.send(queue, tab)])
  const again = await till.send(queue, till.session)
  assert.deepEqual(
    again.results.map(booked),
    queue.map(() => ['accepted', true, true]),
  )
  assert.deepEqual(first?.next_sequence, 41)
  await shop.settle()
  assert.equal(await count('sales_order'), 40)
  assert.equal(await count("payment where status = 'captured'"), 40)
  assert.equal(await count("fulfilment where state = 'collected'"), 40)
  assert.equal(await drawer(), 10_000 + cash)
  const orders = new Set(again.results.map(({ order_id }) => order_id))
  assert.equal(orders.size, 40)
  const one = await counter.goods.read(again.results[0]?.order_id as string)
  assert.deepEqual([one.total, one.tax, one.reference, one.channel], [1210, 210, 'T1-1', 'pos'])
  const sold = JSON.parse(queue[0]?.document as string) as { sold_at: string }
  assert.equal((one as unknown as { placed_at: string }).placed_at, sold.sold_at, 'it is of the moment it was sold')
  const receipt = await shop.api.get<{ number: number; cashier: string; offline: { sold_at: string; code: string } }>(
    `/v1/receipts/${again.results[0]?.receipt_id}`,
  )
  assert.deepEqual([receipt.body.number > 0, receipt.body.cashier], [true, 'Sanne de Vries'])
  assert.deepEqual(receipt.body.offline, { sold_at: sold.sold_at, code: 'T1-1' })
  assert.deepEqual(
    again.results[0]?.reviews.map(({ code }) => code),
    ['stock_negative'],
  )
  const level = await admin.query<{ on_hand: string }>('select on_hand from stock_level')
  assert.equal(Number(level.rows[0]?.on_hand), -79, 'what was never counted in is below zero, and a task says so')
  assert.equal(await count("stock_task where kind = 'oversold'"), 1)
  const z = await closedShift(shift.id, 10_000 + cash)
  assert.deepEqual([z.sales, z.exceptions, z.drawer['variance']], [{ count: 40, amount: total }, [], 0])
  const { body } = await shop.api.get<{ faults: object[] }>('/v1/journal/check')
  assert.deepEqual(body.faults, [])
})

test('a sale whose shift is closed by then is a supplement of its Z, and nothing is missing from the next drawer', async () => {
  const shift = await openedShift()
  const late = till.sell(mugs(1), { shift_id: shift.id })
  shop.clock.advance(MINUTE)
  // It was in the drawer when that was counted.
  const z = await closedShift(shift.id, 11_210)
  assert.equal(z.drawer['variance'], 1210)
  const next = await openedShift()
  const { results } = await till.send([late])
  assert.deepEqual(results[0]?.reviews.map(({ code }) => code).sort(), ['shift_closed', 'stock_negative'])
  assert.equal(await drawer(), 10_000, 'the difference is explained, and not in the drawer of today')
  shop.clock.advance(MINUTE)
  await shop.work()
  const report = await shop.api.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.deepEqual(
    report.body.supplements.map(({ original_id, sales }) => [original_id, sales]),
    [[z.id, { count: 1, amount: 1210 }]],
  )
  const today = await closedShift(next.id, 10_000)
  assert.deepEqual([today.sales.count, today.drawer['variance']], [0, 0])
})

test('a sale that comes between the count and the close leaves no difference', async () => {
  const shift = await openedShift()
  const late = till.sell(mugs(2), { shift_id: shift.id })
  shop.clock.advance(MINUTE)
  const counted = await counter.count(shop.api, shift.id, 12_420)
  assert.equal(counted.variance, 2420)
  await till.send([late])
  const z = await counter.close(shop.api, shift.id, {})
  assert.deepEqual([z.drawer['variance'], z.sales.amount, z.drawer['after_count']], [0, 2420, 0])
})

test('it is booked exactly as it was sold, and people are told what the server would have said', async () => {
  const customer = await shop.customer()
  await shop.api.call('PATCH', `/v1/staff/${till.staff}`, { is_active: false })
  const change = { prices: [{ currency: 'EUR', unit_price: '13.31' }] }
  await shop.api.call('PATCH', `/v1/variants/${counter.goods.variant('mug')}`, change)
  await shop.api.call('PATCH', `/v1/variants/${counter.goods.variant('bread')}`, { is_active: false })
  const bread = { variant_id: counter.goods.variant('bread'), price: 218, rate: 600, name: 'Bread' }
  const sold = [...mugs(50), bread]
  const at = new Date(shop.clock.now().getTime() + HOUR).toISOString()
  const tenders = [{ method: 'cash', amount: 60_718, tendered: 60_720, change: 0 }]
  const more = { sold_at: at, customer_id: customer, rounding: 2, tenders }
  const { results } = await till.send([till.sell(sold, more)])
  assert.deepEqual(results[0]?.reviews.map(({ code }) => code).sort(), [
    ...['article_gone', 'clock_off', 'over_cap', 'price_changed', 'staff_inactive', 'stock_negative', 'tax_changed'],
  ])
  const order = await counter.goods.read(results[0]?.order_id as string)
  assert.deepEqual([order.total, order.customer_id], [60_718, customer])
  assert.deepEqual(
    order.lines.map(({ name, unit_price, total, tax }) => [name, unit_price, total, tax]),
    [
      ['Mug', '12.10', 60_500, taxIn(60_500, 2100)],
      ['Bread', '2.18', 218, taxIn(218, 600)],
    ],
  )
  const id = results[0]?.id as string
  const supervisor = await offlineTill(shop, { role: 'supervisor' })
  const note = { note: 'the old price tag was still on it' }
  const solve = (api: OfflineTill['session'], code: string) =>
    api.call<{ reviews: { code: string; resolution: { note: string } | null }[] }>(
      ...(['POST', `/v1/offline_sales/${id}/reviews/${code}/resolution`, note] as const),
    )
  const done = await solve(supervisor.session, 'price_changed')
  assert.equal(done.body.reviews.find(({ code }) => code === 'price_changed')?.resolution?.note, note.note)
  assert.equal((await solve(shop.api, 'price_changed')).status, 200, 'the first word stays')
  assert.equal((await solve(shop.api, 'promotion_missed')).status, 404)
  const cashier = await offlineTill(shop)
  assert.equal((await solve(cashier.session, 'over_cap')).status, 403)
  const open = await shop.api.get<{ data: { id: string }[] }>('/v1/offline_sales?has_reviews=yes&limit=100')
  assert.ok(open.body.data.some((sale) => sale.id === id))
  await shop.api.call('PATCH', `/v1/variants/${counter.goods.variant('mug')}`, {
    prices: [{ currency: 'EUR', unit_price: '12.10' }],
  })
})

test('what was set apart is booked when a person accepts it, once, and never when it is rejected', async () => {
  const seller = await offlineTill(shop, { role: 'supervisor' })
  const old = new Date(shop.clock.now().getTime() - 9 * 24 * HOUR).toISOString()
  const [first, second, third] = [
    seller.sell(mugs(1), { sold_at: old }),
    seller.sell(mugs(1), { sold_at: old }),
    seller.sell(mugs(1), { total: 1300 }),
  ] as [Sent, Sent, Sent]
  const { results } = await seller.send([first, second, third])
  const [one, two, three] = results.map(({ id }) => id)
  const decide = (id: string | undefined, verb: string, api = shop.api) =>
    api.call<{ status: string; order_id: string | null; code: string; decision: { reason: string } }>(
      ...(['POST', `/v1/offline_sales/${id}/${verb}`, { reason: 'the till was in a drawer' }] as const),
    )
  const before = await drawer()
  const both = await Promise.all([decide(one, 'accept'), decide(one, 'accept', seller.session)])
  assert.deepEqual(
    both.map(({ status, body }) => [status, body.status]),
    [
      [200, 'accepted'],
      [200, 'accepted'],
    ],
  )
  const accepted = await shop.api.get<{ order_id: string; payment_id: string }>(`/v1/offline_sales/${one}`)
  assert.equal((await counter.goods.read(accepted.body.order_id)).total, 1210)
  assert.equal((await drawer()) - before, 1210)
  assert.equal((await decide(two, 'reject')).body.status, 'rejected')
  assert.deepEqual([(await decide(two, 'accept')).status, (await decide(one, 'reject')).status], [409, 409])
  assert.equal((await decide(three, 'accept')).body.code, 'invalid-state', 'what does not add up nobody can book')
  const cashier = await offlineTill(shop)
  assert.equal((await decide(three, 'reject', cashier.session)).status, 403)
  const sent = await seller.send([first, second, third])
  assert.deepEqual(
    sent.results.map(({ status }) => status),
    ['accepted', 'rejected', 'quarantined'],
  )
})

test('the server may die behind every single step, and the sale is booked once', async () => {
  const seller = await offlineTill(shop, { role: 'supervisor' })
  let deaths = 0
  for (let nth = 1; nth < 60; nth++) {
    const shift = await count("offline_sale where status = 'accepted'")
    const tenders = [byCard(1000), { method: 'cash', amount: 210, tendered: 210, change: 0 }]
    const sent = seller.sell(mugs(1), { tenders })
    const before = await drawer()
    shop.door.dieBehind(nth)
    const answer = await seller.device.call('POST', '/v1/offline_sales', { documents: [sent] })
    const isDead = shop.door.isDead
    shop.door.dieBehind(undefined)
    if (isDead) {
      deaths++
      assert.notEqual(answer.status, 200)
      shop.door.revive()
      shop.clock.advance(2 * MINUTE)
      await shop.ask()
      await shop.work()
      shop.clock.advance(2 * MINUTE)
      await shop.work()
    }
    const { results } = await seller.send([sent])
    assert.deepEqual(results.map(booked), [['accepted', true, true]], `after death behind step ${nth}`)
    const orderId = results[0]?.order_id as string
    assert.equal(await count('payment where order_id = $1', [orderId]), 1)
    assert.equal((await counter.goods.read(orderId)).total, 1210)
    assert.equal((await drawer()) - before, 210)
    assert.equal(await count("offline_sale where status = 'accepted'"), (shift ?? 0) + 1)
    if (!isDead) break
  }
  assert.ok(deaths >= 8, `died ${deaths} times`)
})

test('whatever is sold, what the books got is what the documents say', async () => {
  const seller = await offlineTill(shop)
  const sale = fc.record({
    quantity: fc.integer({ min: 1, max: 9 }),
    price: fc.integer({ min: 1, max: 5_000 }),
    rate: fc.constantFrom(0, 900, 2100),
    inCash: fc.double({ min: 0, max: 1, noNaN: true }),
    rounding: fc.integer({ min: -2, max: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(sale, { minLength: 1, maxLength: 4 }), async (sales) => {
      const [cashBefore, clearedBefore] = [await drawer(), await counter.booked('sales_clearing')]
      let [cash, total] = [0, 0]
      const queue = sales.map(({ quantity, price, rate, inCash, rounding }) => {
        const amount = quantity * price
        const part = Math.round(amount * inCash)
        const kept = part + rounding
        const hasCash = part > 0 && kept >= 0
        const tenders = [
          ...(amount - (hasCash ? part : 0) > 0 ? [byCard(amount - (hasCash ? part : 0))] : []),
          ...(hasCash ? [{ method: 'cash', amount: part, tendered: kept + 5, change: 5 }] : []),
        ]
        total += amount
        cash += hasCash ? kept : 0
        const sold = [{ variant_id: counter.goods.variant('mug'), quantity, price, rate }]
        return seller.sell(sold, { tenders, rounding: hasCash ? rounding : 0 })
      })
      const { results } = await seller.send(queue)
      assert.deepEqual([...new Set(results.map(({ status }) => status))], ['accepted'])
      assert.equal((await drawer()) - cashBefore, cash)
      assert.equal(Math.abs((await counter.booked('sales_clearing')) - clearedBefore), total)
    }),
    { numRuns: 8 },
  )
})

test('the auditor finds a booking that is not what its document says, and a chain with a hole', async () => {
  const broken = async () =>
    (await verifyBooks(shop.database.db)).filter(({ id, broken: found }) => id === 'I-23' && found > 0).length
  assert.equal(await broken(), 0)
  const spoil = async (spoilt: string, undo: string) => {
    await admin.query(`set session_replication_role = replica; ${spoilt}`)
    const found = await broken()
    await admin.query(`${undo}; set session_replication_role = origin`)
    return found
  }
  const of = (table: string) =>
    `id = (select ${table}_id from offline_sale where booked_at is not null order by id limit 1)`
  const link = (by: string) => `update offline_link l set sequence = sequence ${by} where (key_id, sequence) = (
    select key_id, max(sequence) from offline_link group by key_id having count(*) > 1 order by key_id limit 1)`
  const taken = (by: string) =>
    `update operation set amount_effective = amount_effective ${by} where payment_${of('payment')}`
  const placed = (by: string) =>
    `update sales_order set placed_at = placed_at ${by} interval '1 s' where ${of('order')}`
  const stamp = (to: string) => `update till_stamp set shift_id = ${to} where payment_${of('payment')}`
  const cases = [
    [link('+ 1'), link('- 1')],
    [taken('- 7'), taken('+ 7')],
    [placed('+'), placed('-')],
    [stamp("'x' || coalesce(shift_id, '')"), stamp("nullif(substr(shift_id, 2), '')")],
  ] as const
  for (const [spoilt, undo] of cases) assert.equal(await spoil(spoilt, undo), 1, spoilt)
  assert.equal(await broken(), 0)
})

test('what a till has not handed in is shown with the shift until it says that there is nothing left', async () => {
  const shift = await openedShift()
  const say = (body: object) => till.device.call('PUT', '/v1/till/offline_state', body)
  const seen = async () =>
    (await shop.api.get<{ offline: { queue: number } | null }>(`/v1/shifts/${shift.id}`)).body.offline?.queue ?? null
  const oldest_at = shop.clock.now().toISOString()
  assert.equal((await say({ queue: 7, oldest_at })).status, 200)
  assert.equal(await seen(), 7)
  const x = await shop.api.get<{ offline: { queue: number } | null }>(`/v1/shifts/${shift.id}/x_report`)
  assert.equal(x.body.offline?.queue, 7)
  assert.equal((await say({ queue: 7 })).status, 422)
  assert.equal((await say({ queue: 0, oldest_at })).status, 422)
  const z = await closedShift(shift.id, 10_000)
  assert.ok(z.id, 'the Z is never kept back')
  assert.equal((await say({ queue: 0 })).status, 200)
  assert.equal(await seen(), null)
  await say({ queue: 2, oldest_at })
  assert.equal(await seen(), 2)
  shop.clock.advance(8 * 24 * HOUR)
  assert.equal(await seen(), null, 'a till that says nothing for a week is not waited for')
})
