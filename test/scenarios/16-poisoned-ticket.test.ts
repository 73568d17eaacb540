// Story 16: a shift is closed although one of its tickets is poisoned. The Z is issued with the ticket among its exceptions; when it is
// repaired, a supplement adds it and names the Z. No money is lost on the way, and the drawer closes exactly.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openShop, type Shop } from './shop.ts'
import { type ReportView, type TillShop, tillShop } from './till-shop.ts'

let shop: Shop
let till: TillShop
let admin: pg.Client
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
})
after(async () => {
  await admin.end()
  await shop.close({ hasAllVersions: true })
})

/** An order whose line no longer comes to its total, as a bad sync or a bad hand could leave it. */
const poison = (order: string, by: number) =>
  admin.query('update order_line set net = net + $2, total = total + $2, list = list + $2 where order_id = $1', [
    order,
    by,
  ])

test('a poisoned ticket is an exception on the Z, and in no one’s way', async () => {
  const cashier = await till.signIn('cashier')
  const shift = await till.open(cashier, 20_000)
  await till.sell(cashier, { mug: 1 })
  const bad = await till.sell(cashier, { mug: 2 })
  await poison(bad.order, 100)
  await till.sell(cashier, { mug: 1 })
  const counted = await till.count(cashier, shift.id, 24_840)
  assert.equal(counted.variance, 0, 'its money is in the drawer and in the books')
  const z = await till.close(cashier, shift.id)
  assert.deepEqual(z.sales, { count: 2, amount: 2420 }, 'what could be counted whole')
  assert.deepEqual(z.vat, [{ rate_bp: 2100, net: 2000, tax: 420, gross: 2420 }])
  assert.deepEqual(
    z.tenders.map(({ method, net }) => [method, net]),
    [['cash', 4840]],
    'the money of all three',
  )
  assert.equal(z.exceptions.length, 1)
  assert.deepEqual([z.exceptions[0]?.payment_id, z.exceptions[0]?.amount], [bad.payment, 2420])
  assert.match(z.exceptions[0]?.fault ?? '', /come to 2520 and not to its total 2420/)

  await poison(bad.order, -100)
  shop.clock.advance(3_600_000)
  await shop.work()
  const later = await cashier.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.deepEqual({ ...later.body, supplements: [] }, z, 'the Z itself never changes')
  const [supplement] = later.body.supplements
  assert.equal(later.body.supplements.length, 1)
  assert.deepEqual([supplement?.original_id, supplement?.no], [z.id, z.no + 1])
  assert.deepEqual(supplement?.sales, { count: 1, amount: 2420 })
  assert.deepEqual(supplement?.vat, [{ rate_bp: 2100, net: 2000, tax: 420, gross: 2420 }])
  assert.deepEqual([supplement?.tenders, supplement?.exceptions], [[], []], 'its money was counted on the Z')
  assert.equal(supplement?.totals.sales, 4840)
  const { body } = await shop.api.get<{ faults: object[] }>('/v1/journal/check')
  assert.deepEqual(body.faults, [])
})

test('a card payment whose answer is lost is an exception, and comes in a supplement when it is known', async () => {
  const shift = await till.open(shop.api, 10_000)
  shop.simulator.setTerminal(shop.accounts.a, shop.terminal, { fault: 'lost_after' })
  const tender = { method: 'card', terminal_id: shop.terminal } as const
  const lost = await shop.api.pay({ amount: 7_700, currency: 'EUR', channel: 'pos', tender })
  assert.equal(lost.status, 202, lost.text)
  await till.count(shop.api, shift.id, 10_000)
  const z = await till.close(shop.api, shift.id)
  assert.deepEqual([z.sales.amount, z.tenders], [0, []])
  assert.deepEqual(
    z.exceptions.map(({ payment_id, amount, fault }) => [payment_id, amount, fault]),
    [[lost.body.id, 7_700, 'its outcome is not known']],
  )
  shop.clock.advance(3_600_000)
  await shop.ask()
  await shop.work()
  const { body } = await shop.api.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
  assert.deepEqual(
    body.supplements.map(({ sales, tenders }) => [sales.amount, tenders[0]?.method, tenders[0]?.net]),
    [[7_700, 'card', 7_700]],
  )
})

test('what is paid while the shift is being closed is on exactly one report', async () => {
  for (let round = 0; round < 4; round++) {
    const shift = await till.open(shop.api, 10_000)
    await till.count(shop.api, shift.id, 10_000)
    const [z] = await Promise.all([
      till.close(shop.api, shift.id),
      ...[1, 2, 3].map(() => till.sell(shop.api, { mug: 1 })),
    ])
    shop.clock.advance(3_600_000)
    await shop.work()
    const { body } = await shop.api.get<ReportView>(`/v1/shifts/${shift.id}/z_report`)
    const reported = [z, ...body.supplements].reduce((sum, { sales }) => sum + sales.count, 0)
    const { rows } = await admin.query<{ count: number }>(
      'select count(*)::int as count from till_stamp where shift_id = $1',
      [shift.id],
    )
    assert.equal(reported, rows[0]?.count, 'each sale of the shift once')
  }
})
