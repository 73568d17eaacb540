// Two profiles are merged and taken apart again: each has what it had, and what has come and gone in its own name since.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import type { PaymentView } from '../../server/payments/payment.ts'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  await counter.rewards()
  await floor.stocked('jacket', '40.00', 50)
})
// Closing asks the books: balances are their entries, holds are what is held, what is owed is what is there.
after(() => shop.close({ hasAllVersions: true }))

async function done<T = { id: string }>(path: string, body: object = {}): Promise<T> {
  const answer = await shop.api.command(path, body)
  assert.ok(answer.status < 300, `${path}: ${answer.text}`)
  return answer.body as T
}
const merge = async (into: string, from: string) => (await done(`/v1/customers/${into}/merges`, { from })).id
const undo = (id: string) => done(`/v1/customer_merges/${id}/undo`)

async function give(customer: string, amount: number): Promise<void> {
  await done(`/v1/customers/${customer}/store_credit/adjustments`, { amount, currency: 'EUR', reason: 'welcome' })
}
async function withCredit(amount: number): Promise<string> {
  const id = await shop.customer()
  if (amount > 0) await give(id, amount)
  return id
}
/** What a customer can spend of store credit, and what is held. */
async function creditOf(customer: string): Promise<[available: number, held: number]> {
  const { body } = await shop.api.get<{ data: { available: number; held: number }[] }>(
    `/v1/customers/${customer}/store_credit`,
  )
  return [body.data[0]?.available ?? 0, body.data[0]?.held ?? 0]
}
async function pays(
  customer_id: string,
  amount: number,
  more: { capture?: 'manual'; method?: string } = {},
): Promise<PaymentView> {
  const { capture, method = 'store_credit' } = more
  const sale = { amount, currency: 'EUR', channel: 'web', customer_id, tender: { method }, capture } as const
  const { body, text } = await shop.api.pay(sale)
  assert.equal(body.status, capture === 'manual' ? 'authorized' : 'captured', text)
  return body
}
async function spendable(...customers: string[]): Promise<number[]> {
  return Promise.all(customers.map(async (customer) => (await creditOf(customer))[0]))
}

describe('store credit', () => {
  it('is each one’s own again where both had some, and both have had and spent some since', async () => {
    const [stays, goes] = [await withCredit(5000), await withCredit(3000)]
    const before = await pays(goes, 1000)
    const merged = await merge(stays, goes)
    assert.deepEqual(await spendable(stays, goes), [7000, 7000])
    await give(stays, 200)
    await give(goes, 70)
    await pays(stays, 1500)
    const under = await pays(goes, 500)
    await shop.api.refund(under.id, { amount: 100 })
    // Of what was paid before the merge.
    await shop.api.refund(before.id, { amount: 300 })
    await undo(merged)
    assert.deepEqual(await spendable(stays, goes), [3700, 1970])
    // What is refunded later goes to the one who paid.
    await shop.api.refund(under.id, { amount: 400 })
    await shop.api.refund(before.id, { amount: 700 })
    assert.deepEqual(await spendable(stays, goes), [3700, 3070])
  })

  it('is each one’s own where only the one that goes had some', async () => {
    const [stays, goes] = [await withCredit(0), await withCredit(3000)]
    const merged = await merge(stays, goes)
    await give(stays, 200)
    await pays(goes, 1000)
    assert.deepEqual(await spendable(stays, goes), [2200, 2200])
    await undo(merged)
    assert.deepEqual(await spendable(stays, goes), [200, 2000])
  })

  it('is each one’s own where only the one that stays had some, and the other was given some since', async () => {
    const [stays, goes] = [await withCredit(3000), await withCredit(0)]
    const merged = await merge(stays, goes)
    await give(goes, 200)
    const paid = await pays(stays, 1000)
    await shop.api.refund(paid.id, { amount: 600, to: { method: 'store_credit', customer_id: goes } })
    await undo(merged)
    assert.deepEqual(await spendable(stays, goes), [2000, 800])
  })

  it('that one spent of the other’s comes back to the other first', async () => {
    const [stays, goes] = [await withCredit(4000), await withCredit(1000)]
    const merged = await merge(stays, goes)
    const paid = await pays(goes, 3000)
    await undo(merged)
    assert.deepEqual(await spendable(stays, goes), [2000, 0])
    await shop.api.refund(paid.id, { amount: 1500 })
    assert.deepEqual(await spendable(stays, goes), [3500, 0])
    await shop.api.refund(paid.id, { amount: 1500 })
    assert.deepEqual(await spendable(stays, goes), [4000, 1000])
  })

  it('also where the one that stayed has spent it; what is paid afterwards has nothing to do with it', async () => {
    const [stays, goes] = [await withCredit(1000), await withCredit(4000)]
    const merged = await merge(stays, goes)
    const paid = await pays(stays, 3000)
    await undo(merged)
    assert.deepEqual(await spendable(stays, goes), [0, 2000])
    shop.clock.advance(1000)
    await give(stays, 500)
    const later = await pays(stays, 500)
    await shop.api.refund(later.id, { amount: 500 })
    assert.deepEqual(await spendable(stays, goes), [500, 2000])
    await shop.api.refund(paid.id, { amount: 3000 })
    assert.deepEqual(await spendable(stays, goes), [1500, 4000])
  })

  it('that is held stays held, and is its owner’s when it is let go: while they are one, and after', async () => {
    const [stays, goes] = [await withCredit(4000), await withCredit(1000)]
    const [first, second] = [await pays(goes, 300, { capture: 'manual' }), await pays(goes, 200, { capture: 'manual' })]
    const merged = await merge(stays, goes)
    assert.deepEqual(await spendable(stays), [4500])
    await shop.api.cancel(first.id)
    assert.deepEqual(await spendable(stays), [4800])
    const [third, fourth] = [await pays(goes, 150, { capture: 'manual' }), await pays(goes, 50, { capture: 'manual' })]
    await shop.api.capture(fourth.id, { amount: 20, final: true })
    await undo(merged)
    assert.deepEqual([await spendable(stays, goes), (await creditOf(goes))[1]], [[4000, 630], 200])
    await shop.api.cancel(third.id)
    await shop.api.capture(second.id, { amount: 200 })
    assert.deepEqual(
      [await creditOf(stays), await creditOf(goes)],
      [
        [4000, 0],
        [780, 0],
      ],
    )
  })

  it('of three that became one in two steps is each one’s own, taken apart step by step; and merged once more', async () => {
    const [first, second, third] = [await withCredit(100), await withCredit(200), await withCredit(400)]
    const low = await merge(second, first)
    await pays(first, 10)
    const high = await merge(third, second)
    await pays(first, 20)
    await pays(second, 40)
    await pays(third, 80)
    assert.deepEqual(await spendable(third), [550])
    await undo(high)
    assert.deepEqual(await spendable(third, second), [320, 230])
    await undo(low)
    assert.deepEqual(await spendable(third, second, first), [320, 160, 70])
    const again = await merge(second, first)
    await pays(first, 30)
    await undo(again)
    assert.deepEqual(await spendable(third, second, first), [320, 160, 40])
  })
})

describe('points', () => {
  const withPoints = async (points: number) => {
    const id = await shop.customer()
    if (points > 0)
      await done(`/v1/customers/${id}/loyalty/adjustments`, { points, currency: 'EUR', reason: 'welcome' })
    return id
  }
  const buys = (customer_id: string, jacket: number) =>
    floor.bought({ jacket }, (placed) => floor.pay(placed), { customer_id })

  it('spent, earned, waiting and taken back are each one’s own', async () => {
    const [stays, goes] = [await withPoints(1000), await withPoints(500)]
    const before = await buys(goes, 1)
    await shop.settle()
    const merged = await merge(stays, goes)
    assert.deepEqual(await counter.pointsOf(stays), [1500, 40])
    const under = await buys(goes, 2)
    await buys(stays, 1)
    await shop.settle()
    await pays(goes, 600, { method: 'points' })
    await pays(stays, 250, { method: 'points' })
    assert.deepEqual(await counter.pointsOf(stays), [650, 160])
    await undo(merged)
    // 500 less 600: points, other than money, may be owed.
    assert.deepEqual(
      [await counter.pointsOf(stays), await counter.pointsOf(goes)],
      [
        [750, 40],
        [-100, 120],
      ],
    )
    await floor.brought(under, { jacket: 1 })
    await floor.brought(before, { jacket: 1 })
    await shop.settle()
    assert.deepEqual(
      [await counter.pointsOf(stays), await counter.pointsOf(goes)],
      [
        [750, 40],
        [-100, 40],
      ],
    )
    shop.clock.advance(60 * DAY)
    await shop.settle()
    assert.deepEqual(
      [await counter.pointsOf(stays), await counter.pointsOf(goes)],
      [
        [790, 0],
        [-60, 0],
      ],
    )
  })

  it('that ended while the profiles were one have ended for each; the balance of neither is anybody’s debt', async () => {
    const months = (months_valid: number | null) =>
      shop.api.call('PUT', '/v1/loyalty/programme', {
        ...{ name: 'Friends', is_enabled: true, pending_days: 30, tiers: [], excluded_categories: [], months_valid },
        rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
      })
    assert.equal((await months(12)).status, 200)
    const [goes, stays] = [await withPoints(500), await withPoints(300)]
    const merged = await merge(stays, goes)
    shop.clock.advance(200 * DAY)
    await done(`/v1/customers/${goes}/loyalty/adjustments`, { points: 60, currency: 'EUR', reason: 'sorry' })
    shop.clock.advance(200 * DAY)
    await shop.settle()
    assert.deepEqual(await counter.pointsOf(stays), [60, 0])
    await undo(merged)
    assert.deepEqual(
      [await counter.pointsOf(stays), await counter.pointsOf(goes)],
      [
        [0, 0],
        [60, 0],
      ],
    )
    // Of three, those who were one before the last merge share what ended in proportion.
    const [low, middle, high] = [await withPoints(100), await withPoints(300), await withPoints(200)]
    const [under, over] = [await merge(middle, low), await merge(high, middle)]
    shop.clock.advance(400 * DAY)
    await shop.settle()
    for (const each of [over, under]) await undo(each)
    const left = await Promise.all([low, middle, high].map((id) => counter.pointsOf(id)))
    assert.deepEqual(left, [
      [0, 0],
      [0, 0],
      [0, 0],
    ])
    assert.equal((await months(null)).status, 200)
  })

  it('confirmed while the profiles were one count for the tier of the one who earned them', async () => {
    const [stays, goes] = [await withPoints(0), await withPoints(0)]
    const merged = await merge(stays, goes)
    await buys(goes, 2)
    await buys(stays, 1)
    await shop.settle()
    shop.clock.advance(60 * DAY)
    await shop.settle()
    const ofYear = async (id: string) =>
      (await shop.api.get<{ points_of_year: number }>(`/v1/customers/${id}/loyalty`)).body.points_of_year
    assert.equal(await ofYear(stays), 120)
    await undo(merged)
    assert.deepEqual([await ofYear(stays), await ofYear(goes)], [40, 80])
    assert.deepEqual(
      [await counter.pointsOf(stays), await counter.pointsOf(goes)],
      [
        [40, 0],
        [80, 0],
      ],
    )
  })
})

/** Holds a row, and wants the profile once `meanwhile` waits for that row: PostgreSQL lets one of the two go. */
async function crossing(customer: string, profile: string, meanwhile: () => Promise<{ status: number; text: string }>) {
  const [other, watcher] = [1, 2].map(() => new pg.Client({ connectionString: shop.database.adminUrl })) as [
    pg.Client,
    pg.Client,
  ]
  await Promise.all([other.connect(), watcher.connect()])
  try {
    await other.query('begin')
    await other.query('select 1 from customer_identity where customer_id = $1 for update', [customer])
    const answer = meanwhile()
    for (let looks = 0; (await watcher.query(WAITING)).rows.length === 0; looks++) {
      assert.ok(looks < 500, 'nobody waits for the row')
      await new Promise((again) => setTimeout(again, 10))
    }
    await other.query('select 1 from customer where id = $1 for update', [profile])
    await other.query('commit')
    return await answer
  } finally {
    await Promise.all([other.end(), watcher.end()])
  }
}
const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`

it('a merge, and its undoing, that another transaction is in the way of is done again', async () => {
  const [stays, goes] = [await shop.customer(), await shop.customer()]
  await done(`/v1/customers/${goes}/identities`, { type: 'email', value: 'crossing@example.org', is_verified: true })
  const merged = await crossing(goes, stays, () => shop.api.command(`/v1/customers/${stays}/merges`, { from: goes }))
  assert.equal(merged.status, 201, merged.text)
  const { id } = JSON.parse(merged.text) as { id: string }
  const undone = await crossing(stays, stays, () => shop.api.command(`/v1/customer_merges/${id}/undo`, {}))
  assert.equal(undone.status, 200, undone.text)
  const { rows } = await shop.database.db.query('select 1 from customer_identity where customer_id = $1', [goes])
  assert.equal(rows.length, 1)
})
