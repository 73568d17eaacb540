// Shifts over HTTP: a drawer is opened, sold from, counted blind and closed with a Z report that adds up with the books.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api, Refusal } from '../../test/api.ts'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type ReportView, type ShiftView, type TillShop, tillShop } from '../../test/scenarios/till-shop.ts'

let shop: Shop
let till: TillShop
let cashier: Api & { key: string }
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  await till.goods.sells('bread', '2.00', {})
  cashier = await till.signIn('cashier')
})
after(() => shop.close({ hasAllVersions: true }))

/** Closes whatever runs, so that each test begins with a drawer of its own. */
async function closeRunning(): Promise<void> {
  const { body } = await shop.api.get<{ data: { id: string; state: string }[] }>('/v1/shifts')
  for (const { id, state } of body.data) {
    if (state === 'closed') continue
    const held = await till.booked(`cash:${shop.till}`)
    await till.count(shop.api, id, held)
    await till.close(shop.api, id)
  }
}

test('a register that has no shifts is no till: what is sold there leaves no receipt and no journal', async () => {
  const { payment } = await till.sell(shop.api, { mug: 1 })
  await shop.work()
  const seen = await shop.api.get<{ number: number | null }>(`/v1/receipts/${payment}`)
  assert.deepEqual([seen.status, seen.body.number], [200, null])
  const { body } = await shop.api.get<{ data: object[] }>(`/v1/journal?register_id=${shop.till}`)
  assert.deepEqual(body.data, [])
})

test('of twenty who open one register at once, from two processes, one does', async () => {
  const other = await shop.another()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      (i % 2 ? other : shop.api).call<Refusal>('POST', '/v1/shifts', { register_id: shop.till, float: 10_000 }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  const refused = answers.filter(({ status }) => status !== 201)
  assert.deepEqual([...new Set(refused.map(({ body }) => body.code))], ['shift-running'])
  assert.equal(await till.booked(`cash:${shop.till}`), 10_000, 'one float is in the drawer')
  await closeRunning()
})

test('a Z adds up: sales, VAT per rate, drawer and books are the same money', async () => {
  const shift = await till.open(cashier, 20_000)
  const [first, second] = [await till.sell(cashier, { mug: 2 }), await till.sell(cashier, { mug: 1, bread: 1 })]
  assert.deepEqual([first.total, second.total], [2420, 1410])
  const supervisor = await till.signIn('supervisor')
  const move = (body: object) => supervisor.call<ShiftView>('POST', `/v1/shifts/${shift.id}/movements`, body)
  assert.equal((await move({ type: 'paid_in', amount: 5_000, reason: 'change' })).status, 201)
  assert.equal((await move({ type: 'paid_out', amount: 1_250, reason: 'window cleaner' })).status, 201)
  assert.equal((await move({ type: 'drop', amount: 10_000, reason: 'safe' })).status, 201)
  const moved = await move({ type: 'no_sale', reason: 'change for a customer' })
  assert.equal(moved.body.movements.at(-1)?.by_name, 'Sanne de Vries')
  assert.equal(moved.body.expected, null, 'nobody at the till is told before the count')
  // 200.00 + 24.20 + 14.10 + 50.00 − 12.50 − 100.00
  const counted = await till.count(supervisor, shift.id, 17_580)
  assert.deepEqual([counted.expected, counted.variance, counted.needs_reason], [17_580, 0, false])
  const z = await till.close(supervisor, shift.id)
  assert.deepEqual(
    [z.sales, z.returns, z.net, z.no_sales],
    [{ count: 2, amount: 3830 }, { count: 0, amount: 0 }, 3830, 1],
  )
  // 38.30 at 21 % holds 6.65 of VAT: 24.20 → 4.20, 14.10 → 2.45.
  assert.deepEqual(z.vat, [{ rate_bp: 2100, net: 3165, tax: 665, gross: 3830 }])
  assert.deepEqual(
    z.tenders.map(({ method, net }) => [method, net]),
    [['cash', 3830]],
  )
  assert.deepEqual(
    [
      z.drawer['float'],
      z.drawer['cash_sales'],
      z.drawer['paid_in'],
      z.drawer['paid_out'],
      z.drawer['drops'],
      z.drawer['other'],
    ],
    [20_000, 3830, 5_000, -1_250, -10_000, 0],
  )
  assert.equal(z.receipts && z.receipts.last - z.receipts.first, 1)
  assert.equal(await till.booked(`cash:${shop.till}`), 17_580)
  assert.equal(await till.booked('petty_cash'), 1_250 - 5_000)
  const again = await till.close(supervisor, shift.id)
  assert.deepEqual(again, z, 'closed again it is the same report')
})

test('the next float comes from the safe, and what was left in the drawer goes there', async () => {
  await closeRunning()
  const left = await till.booked(`cash:${shop.till}`)
  const safe = await till.booked('cash_safe')
  await till.open(cashier, 5_000)
  assert.equal(await till.booked(`cash:${shop.till}`), 5_000)
  assert.equal(await till.booked('cash_safe'), safe + left - 5_000)
  await closeRunning()
})

test('a difference above five euros is closed with a reason, and booked', async () => {
  const shift = await till.open(cashier, 10_000, { counted: 9_990 })
  const short = await till.booked('cash_over_short')
  const uncounted = await cashier.call<Refusal>('POST', `/v1/shifts/${shift.id}/close`, {})
  assert.deepEqual([uncounted.status, uncounted.body.code], [409, 'shift-not-counted'])
  const denominations = [
    { value: 5_000, count: 1 },
    { value: 100, count: 40 },
  ]
  const wrong = await cashier.call<Refusal>('POST', `/v1/shifts/${shift.id}/counts`, { counted: 9_100, denominations })
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'totals-mismatch'])
  const counted = await till.count(cashier, shift.id, 9_000, { denominations })
  assert.deepEqual([counted.expected, counted.variance, counted.needs_reason], [9_990, -990, true])
  const refused = await cashier.call<Refusal>('POST', `/v1/shifts/${shift.id}/close`, {})
  assert.deepEqual([refused.status, refused.body.errors[0]?.pointer], [422, '/reason'])
  const z = await till.close(cashier, shift.id, { reason: 'a note was missing' })
  assert.deepEqual([z.drawer['variance'], z.drawer['reason']], [-990, 'a note was missing'])
  assert.equal(await till.booked('cash_over_short'), short + 990, 'a loss is a debit')
  assert.equal(await till.booked(`cash:${shop.till}`), 9_000)
})

test('what comes in after the count is on the Z and in the drawer, and is no difference', async () => {
  const shift = await till.open(cashier, 10_000)
  await till.count(cashier, shift.id, 10_000)
  await till.sell(cashier, { mug: 1 })
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.drawer['variance'], z.drawer['after_count']], [1210, 0, 1210])
  assert.equal(await till.booked(`cash:${shop.till}`), 11_210)
})

test('a movement sent twice under one reference is done once', async () => {
  const shift = await till.open(cashier, 10_000)
  const body = { type: 'paid_in', amount: 500, reason: 'change', reference: 'till-1-0001' }
  await Promise.all([1, 2, 3].map(() => cashier.call('POST', `/v1/shifts/${shift.id}/movements`, body)))
  assert.equal(await till.booked(`cash:${shop.till}`), 10_500)
  await closeRunning()
})

test('rights: a cashier pays nothing out; amounts stand where they belong; a closed shift takes nothing', async () => {
  const shift = await till.open(cashier, 10_000)
  const path = `/v1/shifts/${shift.id}/movements`
  const out = await cashier.call<Refusal>('POST', path, { type: 'paid_out', amount: 100, reason: 'x' })
  assert.deepEqual([out.status, out.body.code], [403, 'right-missing'])
  const bare = await cashier.call<Refusal>('POST', path, { type: 'drop', reason: 'x' })
  assert.deepEqual([bare.status, bare.body.errors[0]?.pointer], [422, '/amount'])
  const opened = await cashier.call<Refusal>('POST', path, { type: 'no_sale', amount: 1, reason: 'x' })
  assert.equal(opened.status, 422)
  const read = await cashier.get<Refusal>(`/v1/shifts/${shift.id}/x_report`)
  assert.equal(read.body.code, 'right-missing')
  await closeRunning()
  const late = await shop.api.call<Refusal>('POST', path, { type: 'drop', amount: 1, reason: 'x' })
  assert.deepEqual([late.status, late.body.code], [409, 'invalid-state'])
})

test('an X tells a till nothing of its cash before the count; the office sees all', async () => {
  const supervisor = await till.signIn('supervisor')
  const shift = await till.open(supervisor, 10_000)
  await till.sell(supervisor, { mug: 1 })
  const blind = await supervisor.get<ReportView>(`/v1/shifts/${shift.id}/x_report`)
  assert.equal(blind.status, 200, blind.text)
  assert.deepEqual([blind.body.drawer, blind.body.tenders], [null, []])
  const office = await shop.api.get<ReportView>(`/v1/shifts/${shift.id}/x_report`)
  assert.equal(office.body.drawer['expected'], 11_210)
  assert.equal((await supervisor.get<ShiftView>(`/v1/shifts/${shift.id}`)).body.expected, null)
  await closeRunning()
})

test('what is sold between two shifts has its receipt, and its cash goes to the safe with the next float', async () => {
  await closeRunning()
  const { payment } = await till.sell(cashier, { mug: 1 })
  const seen = await cashier.get<{ number: number | null }>(`/v1/receipts/${payment}`)
  assert.ok((seen.body.number ?? 0) > 0, seen.text)
  const held = (await till.booked(`cash:${shop.till}`)) + (await till.booked('cash_safe'))
  const shift = await till.open(cashier, 3_000)
  assert.equal((await till.booked(`cash:${shop.till}`)) + (await till.booked('cash_safe')), held)
  await till.count(cashier, shift.id, 3_000)
  assert.deepEqual((await till.close(cashier, shift.id)).sales, { count: 0, amount: 0 })
})

test('the till is told of the shift that runs at it', async () => {
  const shift = await till.open(cashier, 10_000)
  const seen = await cashier.get<{ shift: ShiftView | null }>('/v1/till')
  assert.deepEqual([seen.body.shift?.id, seen.body.shift?.expected], [shift.id, null])
  await closeRunning()
  assert.equal((await cashier.get<{ shift: null }>('/v1/till')).body.shift, null)
})

test('a refund in cash is a return on the Z, with the VAT of what was sold', async () => {
  const shift = await till.open(cashier, 10_000)
  const { payment } = await till.sell(cashier, { mug: 1 })
  const back = await cashier.refund(payment, { amount: 605 })
  assert.equal(back.status, 201, back.text)
  await till.count(cashier, shift.id, 10_605)
  const z = await till.close(cashier, shift.id)
  assert.deepEqual([z.sales.amount, z.returns, z.net], [1210, { count: 1, amount: 605 }, 605])
  assert.deepEqual(z.vat_returned, [{ rate_bp: 2100, net: 500, tax: 105, gross: 605 }])
  assert.deepEqual(z.totals.net, z.totals.sales - z.totals.returns)
})

test('a gift card that pays at the till is counted by the till, and on its Z', async () => {
  const manager = await till.signIn('manager')
  const shift = await till.open(manager, 10_000)
  const card = await shop.api.command('/v1/gift_cards', { amount: 2000, currency: 'EUR' })
  const { code } = card.body as unknown as { code: string }
  const sale = { amount: 1000, currency: 'EUR', channel: 'pos' } as const
  const paid = await manager.pay({ ...sale, tender: { method: 'gift_card', gift_card: { code } } })
  assert.equal(paid.body.status, 'captured', paid.text)
  await till.count(manager, shift.id, 10_000)
  const z = await till.close(manager, shift.id)
  assert.deepEqual(
    z.tenders.map(({ method, net }) => [method, net]),
    [['gift_card', 1000]],
  )
  assert.deepEqual(z.vat, [{ rate_bp: null, net: 1000, tax: 0, gross: 1000 }], 'nobody told what was sold')
})
