// Points: earned for what an order sold, spent as a tender in any channel, taken back to the point when goods return.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { transact } from '../../server/db/pool.ts'
import { createLimit, type EarningLine, earnFor, type LoyaltyDeps, reverseEarn } from '../../server/loyalty/index.ts'
import { keyedHash } from '../../server/vault/index.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let deps: LoyaltyDeps
before(async () => {
  shop = await openShop()
  const { db } = shop.database
  const { clock } = shop
  const limit = createLimit(clock, { windowMs: 1, perCaller: 1, perMerchant: 1 })
  deps = {
    db,
    clock,
    newId: shop.payments.newId,
    keyedHash: (merchantId, of) => keyedHash(shop.payments, merchantId, of),
    limits: { checks: limit, misses: limit },
  }
  await setProgramme({})
})
after(() => shop.close())

async function setProgramme(more: object): Promise<void> {
  const set = await shop.api.call('PUT', '/v1/loyalty/programme', {
    name: 'Friends',
    is_enabled: true,
    pending_days: 30,
    rates: [
      { currency: 'EUR', earn: '1', point_value: '0.01' },
      { currency: 'SEK', earn: '0.1', point_value: '0.08' },
    ],
    tiers: [{ code: 'gold', name: 'Gold', from_points: 100, multiplier: '2' }],
    excluded_categories: ['books'],
    ...more,
  })
  assert.equal(set.status, 200, set.text)
}

interface Points {
  next_to_end: { points: number; ends_at: string } | null
  points: number
  pending: number
  available: number
  tier: { code: string } | null
}

const read = async (customer: string) => (await shop.api.get<Points>(`/v1/customers/${customer}/loyalty`)).body
const pair = async (customer: string) => {
  const { points, pending } = await read(customer)
  return [points, pending]
}

async function assertBooks(): Promise<void> {
  assert.deepEqual(
    (await verifyBooks(shop.database.db)).filter((check) => check.broken > 0),
    [],
  )
}

interface Sale {
  customer: string
  order: string
  lines: EarningLine[]
  currency?: string
  paidByPoints?: bigint
}

async function earn({ customer, order, lines, currency = 'EUR', paidByPoints = 0n }: Sale): Promise<void> {
  const at = shop.clock.now()
  await transact(shop.database.db, (tx) =>
    earnFor(deps, tx, shop.keys.merchant_id, {
      order_id: order,
      customer_id: customer,
      currency,
      paid_by_points: paidByPoints,
      lines,
      channel: 'web',
      confirmed_at: at,
      at,
    }),
  )
}

async function gone(order: string, lines: [line: string, returned: bigint, cancelled?: bigint][]): Promise<void> {
  await transact(shop.database.db, (tx) =>
    reverseEarn(deps, tx, shop.keys.merchant_id, {
      order_id: order,
      lines: lines.map(([line_id, returned, cancelled = 0n]) => ({ line_id, returned, cancelled })),
      channel: 'pos',
      at: shop.clock.now(),
    }),
  )
}

/** The return windows of everything so far close. */
async function windowsClose(days = 31): Promise<void> {
  shop.clock.advance(days * DAY)
  await work('points to confirm')
}

/** What is over ends. */
const lapses = () => work('points to end')

async function work(name: string): Promise<void> {
  const worker = shop.wired.commerce.workers.find((one) => one.name === name)
  assert.ok(worker, name)
  while (await worker.tick());
}

const goods = (line_id: string, quantity: bigint, total: bigint): EarningLine => ({
  line_id,
  kind: 'goods',
  quantity,
  total,
  categories: [],
})

async function give(customer: string, points: number): Promise<void> {
  const answer = await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, {
    points,
    currency: 'EUR',
    reason: 'welcome',
  })
  assert.equal(answer.status, 201, answer.text)
}

test('points are pending until the return window closes, then they can be spent', async () => {
  const customer = await shop.customer()
  const sale = { customer, order: 'ord_pending', lines: [goods('l1', 3n, 10_000n)] }
  await earn(sale)
  // The same message again gives nothing more.
  await earn(sale)
  assert.deepEqual(await pair(customer), [0, 100])
  const early = await shop.api.pay({
    amount: 100,
    currency: 'EUR',
    channel: 'web',
    customer_id: customer,
    tender: { method: 'points' },
  })
  assert.equal(early.body.decline?.code, 'insufficient_balance')
  await windowsClose()
  assert.deepEqual(await pair(customer), [100, 0])
  assert.equal((await read(customer)).tier?.code, 'gold')
  await assertBooks()
})

test('returns of 1 and 2 of three units take 33 and 67 of 100 points, before or after they are confirmed', async () => {
  const customer = await shop.customer()
  await earn({ customer, order: 'ord_parts', lines: [goods('l1', 3n, 10_000n)] })
  await gone('ord_parts', [['l1', 1n]])
  await gone('ord_parts', [['l1', 1n]])
  assert.deepEqual(await pair(customer), [0, 67])
  await windowsClose()
  assert.deepEqual(await pair(customer), [67, 0])
  await gone('ord_parts', [['l1', 3n]])
  assert.deepEqual(await pair(customer), [0, 0])
  await assertBooks()
})

test('points pay at the till, and a full refund restores them exactly', async () => {
  const customer = await shop.customer()
  await give(customer, 1_000)
  const open = await shop.api.pay({ amount: 2_500, currency: 'EUR', channel: 'pos', customer_id: customer })
  const points = await shop.api.tender(open.body.id, { method: 'points', amount: 999 })
  assert.equal(points.body.amount_captured, 999, points.text)
  await shop.api.tender(open.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  assert.equal((await read(customer)).points, 1)
  assert.deepEqual((await shop.books(open.body.id))[0], 'sale_succeeded, loyalty_liability +999, sales_clearing -999')
  const back = await shop.api.refund(open.body.id)
  assert.equal(back.body.amount_refunded, 2_500)
  assert.equal((await read(customer)).points, 1_000)
  await assertBooks()
})

test('refunds in uneven parts restore every point, where a point is worth eight öre', async () => {
  const customer = await shop.customer()
  await give(customer, 500)
  const sale = { currency: 'SEK', channel: 'web', customer_id: customer } as const
  // 10.05 kr are 125.6 points: 126.
  const paid = await shop.api.pay({ ...sale, amount: 1_005, tender: { method: 'points' } })
  assert.equal(paid.body.status, 'captured', paid.text)
  assert.equal((await read(customer)).points, 374)
  for (const amount of [1, 333, 333, 337, 1]) await shop.api.refund(paid.body.id, { amount })
  assert.equal((await read(customer)).points, 500)
  await assertBooks()
})

test('a hold on points is captured in parts and the rest comes back', async () => {
  const customer = await shop.customer()
  await give(customer, 500)
  const sale = { currency: 'SEK', channel: 'web', customer_id: customer, capture: 'manual' } as const
  const held = await shop.api.pay({ ...sale, amount: 1_005, tender: { method: 'points' } })
  assert.deepEqual([held.body.status, (await read(customer)).available], ['authorized', 374])
  await shop.api.capture(held.body.id, { amount: 335 })
  await shop.api.capture(held.body.id, { amount: 335, final: true })
  const { points, available } = await read(customer)
  assert.deepEqual([points, available], [416, 416])
  await assertBooks()
})

test('spent points that a return takes back leave less than nothing, and the next earning repays', async () => {
  const customer = await shop.customer()
  await earn({ customer, order: 'ord_spent', lines: [goods('l1', 1n, 10_000n)] })
  await windowsClose()
  const sale = { currency: 'EUR', channel: 'web', customer_id: customer } as const
  const paid = await shop.api.pay({ ...sale, amount: 80, tender: { method: 'points' } })
  assert.equal(paid.body.status, 'captured')
  await gone('ord_spent', [['l1', 1n]])
  assert.deepEqual(await pair(customer), [-80, 0])
  await earn({ customer, order: 'ord_next', lines: [goods('l1', 1n, 10_000n)] })
  await windowsClose()
  assert.equal((await read(customer)).points, 20)
  await assertBooks()
})

test('points that are not spent in time end, the oldest first, and are no longer owed', async () => {
  const customer = await shop.customer()
  await setProgramme({ months_valid: 12 })
  await give(customer, 100)
  shop.clock.advance(200 * DAY)
  await give(customer, 50)
  // Sixty of the first hundred are spent: forty of them are left.
  const sale = { currency: 'EUR', channel: 'web', customer_id: customer } as const
  const paid = await shop.api.pay({ ...sale, amount: 60, tender: { method: 'points' } })
  assert.equal(paid.body.status, 'captured', paid.text)
  const { next_to_end } = await read(customer)
  assert.equal(next_to_end?.points, 40)
  shop.clock.advance(Date.parse(next_to_end?.ends_at ?? '') - shop.clock.now().getTime() - 1_000)
  await lapses()
  assert.equal((await read(customer)).points, 90)
  shop.clock.advance(2_000)
  await lapses()
  assert.equal((await read(customer)).points, 50)
  const { body } = await shop.api.get<{ data: { type: string; units: number; amount: number }[] }>(
    `/v1/loyalty/entries?customer_id=${customer}&limit=1`,
  )
  assert.deepEqual([body.data[0]?.type, body.data[0]?.units, body.data[0]?.amount], ['expire', -40, -40])
  assert.equal((await read(customer)).next_to_end?.points, 50)
  await assertBooks()
  shop.clock.advance(200 * DAY)
  await lapses()
  const last = await read(customer)
  assert.deepEqual([last.points, last.next_to_end], [0, null])
  await assertBooks()
  await setProgramme({})
})

test('held points do not end under a payment, and points that come back with a refund count from then', async () => {
  const customer = await shop.customer()
  await setProgramme({ months_valid: 1 })
  await give(customer, 500)
  const sale = { currency: 'EUR', channel: 'web', customer_id: customer } as const
  shop.clock.advance(30 * DAY)
  const paid = await shop.api.pay({ ...sale, amount: 200, tender: { method: 'points' } })
  const held = await shop.api.pay({ ...sale, amount: 100, capture: 'manual', tender: { method: 'points' } })
  assert.equal(held.body.status, 'authorized', held.text)
  shop.clock.advance(2 * DAY)
  await lapses()
  assert.equal((await read(customer)).points, 100)
  assert.equal((await shop.api.cancel(held.body.id)).status, 200)
  await lapses()
  assert.equal((await read(customer)).points, 0)
  await shop.api.refund(paid.body.id)
  await lapses()
  assert.equal((await read(customer)).points, 200)
  shop.clock.advance(32 * DAY)
  await lapses()
  assert.equal((await read(customer)).points, 0)
  await assertBooks()
  await setProgramme({})
})

test('points without an end never end', async () => {
  const customer = await shop.customer()
  await give(customer, 10)
  shop.clock.advance(4_000 * DAY)
  await lapses()
  const { points, next_to_end } = await read(customer)
  assert.deepEqual([points, next_to_end], [10, null])
})

test('points cannot be used without a customer, or in a currency in which they are worth nothing', async () => {
  const customer = await shop.customer()
  const sale = { amount: 100, channel: 'web', tender: { method: 'points' } } as const
  const nobody = await shop.api.pay({ ...sale, currency: 'EUR' })
  assert.deepEqual([nobody.status, nobody.body.errors[0]?.pointer], [422, '/tender/method'])
  const none = await shop.api.pay({ ...sale, currency: 'EUR', customer_id: customer })
  assert.deepEqual([none.status, none.body.code], [422, 'balance-insufficient'])
  const worthless = await shop.api.pay({ ...sale, currency: 'PLN', customer_id: customer })
  assert.deepEqual([worthless.status, worthless.body.code], [422, 'method-unavailable'])
})

test('what a person takes away stops at nothing, and the same request changes it once', async () => {
  const customer = await shop.customer()
  await give(customer, 10)
  const path = `/v1/customers/${customer}/loyalty/adjustments`
  const body = { points: -4, currency: 'EUR', reason: 'mistake' }
  const key = shop.api.nextKey()
  const first = await shop.api.command(path, body, { key })
  assert.equal((await shop.api.command(path, body, { key })).text, first.text)
  assert.deepEqual(await pair(customer), [6, 0])
  const tooMuch = await shop.api.command(path, { ...body, points: -7 })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'balance-insufficient'])
})

test('whatever is returned or cancelled, when and in whichever order: a whole return leaves what was there before', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ quantity: fc.bigInt(1n, 6n), total: fc.bigInt(1n, 30_000n) }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.array(fc.record({ line: fc.nat(3), isReturn: fc.boolean() }), { maxLength: 24 }),
      fc.nat(24),
      async (sold, steps, confirmAfter) => {
        const customer = await shop.customer()
        const order = `ord_property_${run++}`
        await earn({ customer, order, lines: sold.map(({ quantity, total }, i) => goods(`l${i}`, quantity, total)) })
        const all = Number(sold.reduce((sum, { total }) => sum + total, 0n) / 100n)
        assert.deepEqual(await pair(customer), [0, all])
        const counters = sold.map(() => ({ returned: 0n, cancelled: 0n }))
        const tell = () =>
          gone(
            order,
            counters.map(({ returned, cancelled }, i) => [`l${i}`, returned, cancelled]),
          )
        for (const [i, { line, isReturn }] of steps.entries()) {
          if (i === confirmAfter) await windowsClose()
          const counter = counters[line]
          const { quantity } = sold[line] ?? { quantity: 0n }
          if (!counter || counter.returned + counter.cancelled >= quantity) continue
          if (isReturn) counter.returned++
          else counter.cancelled++
          await tell()
          const { points, pending } = await read(customer)
          assert.ok(points >= 0 && pending >= 0 && points + pending <= all)
        }
        for (const [i, counter] of counters.entries()) counter.returned = (sold[i]?.quantity ?? 0n) - counter.cancelled
        await tell()
        assert.deepEqual(await pair(customer), [0, 0])
      },
    ),
    { numRuns: 12, seed: 20_261_126 },
  )
  await assertBooks()
})
