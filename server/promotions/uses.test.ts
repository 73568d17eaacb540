// Counting uses, on real connections: whatever happens at the same moment, no more are given than there are.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { openPool, transact } from '../db/pool.ts'
import type { PromotionUse } from '../totals/index.ts'
import { verifyBooks } from '../verify/index.ts'
import { addCodes, createPromotion, type PromotionDeps } from './change.ts'
import { createPromotionCache, type HoldOutcome, holdUses, moveUses, settleUses } from './index.ts'
import type { PromotionFields } from './promotion.ts'

/** So many at the same moment. More than the pool of a server has, so that none waits for a connection instead of a lock. */
const CONNECTIONS = 50

let world: MerchantApp
let deps: PromotionDeps
let merchant: string
let orders = 0

before(async () => {
  world = await merchantApp()
  const { clock, newId } = world.deps
  const db = openPool(world.database.url, { max: CONNECTIONS })
  deps = {
    db,
    clock,
    newId,
    promotionCache: createPromotionCache({ db, clock }),
    merchantCache: world.cache,
    hasCustomer: async () => true,
  }
  merchant = (await world.makeMerchant()).merchant_id
})
after(async () => {
  await deps.db.end()
  await world.close()
})

const newOrder = () => `ord_${String(++orders).padStart(26, '0')}`
const customer = (n: number) => `cus_${String(n).padStart(26, '0')}`

async function offer(limits: Partial<PromotionFields & { needs_code: boolean }> = {}): Promise<string> {
  // Ids sort by time: the promotion that is made first is the first to be named in a refusal.
  world.clock.advance(1)
  const { id } = await createPromotion(deps, merchant, {
    name: 'Half',
    rule: { kind: 'percent_off', percent_bp: 5000, applies_to: 'lines' },
    conditions: {
      variant_ids: [],
      product_ids: [],
      categories: [],
      min_quantity: null,
      min_subtotal: null,
      channels: [],
      store_ids: [],
      customer_groups: [],
    },
    priority: 100,
    is_exclusive: false,
    stacks_with: 'all',
    currency: null,
    needs_code: false,
    starts_at: null,
    ends_at: null,
    max_uses: null,
    max_uses_per_customer: null,
    is_active: true,
    ...limits,
  })
  return id
}

const use = (promotion_id: string, code: string | null = null): PromotionUse => ({ promotion_id, code, amount: 100n })
const hold = (uses: PromotionUse[], order_id = newOrder(), customer_id: string | null = null): Promise<HoldOutcome> =>
  transact(deps.db, (tx) => holdUses(tx, merchant, { order_id, customer_id, uses, at: deps.clock.now() }))
const settle = (orderIds: string[], state: 'used' | 'released') =>
  transact(deps.db, (tx) => settleUses(tx, merchant, orderIds, state, deps.clock.now()))
const refusalsOf = (outcomes: HoldOutcome[]) => outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.reason]))
const together = <T>(count: number, act: (n: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, n) => act(n)))

/** What the counter says, and what the uses say. They must be one. */
async function counted(id: string): Promise<number> {
  const { rows } = await deps.db.query<{ uses: bigint; live: bigint }>(
    `select uses, (select count(*) from promotion_use u where u.merchant_id = p.merchant_id and u.promotion_id = p.id
       and u.state <> 'released') as live
     from promotion p where merchant_id = $1 and id = $2`,
    [merchant, id],
  )
  assert.equal(rows[0]?.uses, rows[0]?.live)
  return Number(rows[0]?.uses)
}
async function codeUses(code: string): Promise<number> {
  const { rows } = await deps.db.query<{ uses: bigint }>(
    'select uses from promotion_code where merchant_id = $1 and code = $2',
    [merchant, code],
  )
  return Number(rows[0]?.uses)
}

describe('at the same moment', () => {
  it('fifty orders get a promotion with ten uses exactly ten times', async () => {
    const id = await offer({ max_uses: 10n })
    const outcomes = await together(50, () => hold([use(id)]))
    assert.deepEqual(refusalsOf(outcomes), Array(40).fill('exhausted'))
    assert.equal(await counted(id), 10)
  })

  it('twenty orders get a single-use code once', async () => {
    const id = await offer({ needs_code: true })
    await addCodes(deps, merchant, { promotionId: id, codes: ['ONCE'], maxUses: 1n })
    const outcomes = await together(20, () => hold([use(id, 'ONCE')]))
    assert.deepEqual(refusalsOf(outcomes), Array(19).fill('code_used'))
    assert.deepEqual([await counted(id), await codeUses('ONCE')], [1, 1])
  })

  it('each of five customers with four orders gets what each may have twice, twice', async () => {
    const id = await offer({ max_uses_per_customer: 2 })
    const outcomes = await together(20, (n) => hold([use(id)], newOrder(), customer(n % 5)))
    assert.deepEqual(refusalsOf(outcomes), Array(10).fill('per_customer'))
    assert.equal(await counted(id), 10)
  })

  it('orders with several promotions, named in any order, do not wait for each other in a circle', async () => {
    const ids = await together(4, () => offer({ max_uses: 100n }))
    const outcomes = await together(40, (n) => hold([...ids, ...ids].slice(n % 4, (n % 4) + 3).map((id) => use(id))))
    assert.deepEqual(refusalsOf(outcomes), [])
    const counts = await Promise.all(ids.map(counted))
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      120,
    )
  })

  it('holding, using and releasing leave the counter equal to the uses that live', async () => {
    const id = await offer({ max_uses: 10n })
    const placed = Array.from({ length: 30 }, newOrder)
    // Who comes first is left to chance.
    await Promise.all<unknown>([
      ...placed.map((order) => hold([use(id)], order)),
      ...placed.map((order) => settle([order], 'used')),
      ...placed.map((order) => settle([order], 'released')),
    ])
    assert.ok((await counted(id)) <= 10)
  })
})

describe('a use', () => {
  it('is held once for an order, however often the order is placed', async () => {
    const id = await offer({ max_uses: 1n })
    const order = newOrder()
    const outcomes = await together(5, () => hold([use(id)], order))
    assert.deepEqual(refusalsOf(outcomes), [])
    assert.equal(await counted(id), 1)
    await settle([order], 'used')
    assert.deepEqual(await hold([use(id)], order), { ok: true })
    assert.equal(await counted(id), 1)
  })

  it('is given back when its order is given up, once', async () => {
    const id = await offer({ max_uses: 1n, max_uses_per_customer: 1, needs_code: true })
    await addCodes(deps, merchant, { promotionId: id, codes: ['BACK'], maxUses: 1n })
    const order = newOrder()
    await hold([use(id, 'BACK')], order, customer(1))
    assert.deepEqual(await hold([use(id, 'BACK')], newOrder(), customer(2)), {
      ok: false,
      promotion_id: id,
      reason: 'exhausted',
    })
    assert.deepEqual(await together(3, () => settle([order], 'released')).then((all) => all.sort()), [0n, 0n, 1n])
    assert.deepEqual([await counted(id), await codeUses('BACK')], [0, 0])
    assert.deepEqual(await hold([use(id, 'BACK')], newOrder(), customer(1)), { ok: true })
  })

  it('that is final is given back when its order is cancelled, and what was given back is never used', async () => {
    const id = await offer()
    const order = newOrder()
    await hold([use(id)], order)
    assert.deepEqual([await settle([order], 'used'), await settle([order], 'used')], [1n, 0n])
    assert.equal(await counted(id), 1)
    assert.deepEqual([await settle([order], 'released'), await settle([order], 'used')], [1n, 0n])
    assert.equal(await counted(id), 0)
  })

  it('is settled for many orders at once, and orders without one are fine', async () => {
    const id = await offer()
    const placed = [newOrder(), newOrder(), newOrder()]
    for (const order of placed) await hold([use(id)], order)
    assert.equal(await settle([...placed, newOrder()], 'used'), 3n)
    assert.equal(await settle([], 'used'), 0n)
    assert.deepEqual(await hold([]), { ok: true })
  })

  it('of what is limited per customer needs a customer', async () => {
    const id = await offer({ max_uses_per_customer: 5 })
    assert.deepEqual(refusalsOf([await hold([use(id)])]), ['per_customer'])
  })

  it('by a code that opens something else, or nothing, is refused', async () => {
    const id = await offer({ needs_code: true })
    const other = await offer({ needs_code: true })
    await addCodes(deps, merchant, { promotionId: other, codes: ['OTHERS'], maxUses: null })
    assert.deepEqual(refusalsOf([await hold([use(id, 'OTHERS')]), await hold([use(id, 'NOTHING')])]), [
      'code_used',
      'code_used',
    ])
  })

  it('follows its customer into a merge, and back out of it', async () => {
    const id = await offer({ max_uses_per_customer: 1 })
    const [one, other] = [customer(71), customer(72)]
    const order = newOrder()
    await hold([use(id)], order, one)
    const move = (from: string, to: string, ids?: string[]) =>
      transact(deps.db, (tx) => moveUses(tx, merchant, { from, to, ...(ids ? { ids } : {}) }))
    const moved = await move(one, other)
    assert.deepEqual(moved, [`${order} ${id}`])
    assert.deepEqual(refusalsOf([await hold([use(id)], newOrder(), other)]), ['per_customer'])
    assert.deepEqual(await move(other, one, moved), moved)
    assert.deepEqual(await hold([use(id)], newOrder(), other), { ok: true })
  })

  it('of one promotion that is refused holds none of the order’s others', async () => {
    const [free, spent] = [await offer(), await offer({ max_uses: 1n })]
    await hold([use(spent)])
    const outcome = await hold([use(free), use(spent)])
    assert.deepEqual(outcome, { ok: false, promotion_id: spent, reason: 'exhausted' })
    assert.deepEqual([await counted(free), await counted(spent)], [0, 1])
  })
})

describe('a batch of orders', () => {
  const rowsOf = (order: string, ids: string[], more: { code?: string; customer_id?: string } = {}) =>
    ids.map((promotion_id) => ({ order_id: order, promotion_id, amount: 100, at: deps.clock.now(), ...more }))
  const holdBatch = async (rows: object[]) =>
    (await deps.db.query('select * from promotion_hold($1, $2)', [merchant, JSON.stringify(rows)])).rows

  it('gets all it asks for in one call when there is enough', async () => {
    const ids = [await offer({ max_uses: 3n }), await offer({ max_uses: 3n })]
    const placed = [newOrder(), newOrder(), newOrder()]
    assert.deepEqual(await holdBatch(placed.flatMap((order) => rowsOf(order, ids))), [])
    assert.deepEqual(await Promise.all(ids.map(counted)), [3, 3])
  })

  it('gives what is left to the first, and what a refused order leaves to the next', async () => {
    const [scarce, wanted] = [await offer({ max_uses: 1n }), await offer({ max_uses: 2n })]
    const [a, b, c] = [newOrder(), newOrder(), newOrder()]
    // B is refused for want of `scarce`, so `wanted` has one left for C, whose place in the queue was the third.
    const rows = [...rowsOf(a, [scarce, wanted]), ...rowsOf(b, [scarce, wanted]), ...rowsOf(c, [wanted])]
    assert.deepEqual(await holdBatch(rows), [{ order_id: b, promotion_id: scarce, reason: 'exhausted' }])
    assert.deepEqual(await Promise.all([scarce, wanted].map(counted)), [1, 2])
    // Sent again, B is refused again and the others are as they were.
    assert.deepEqual(await holdBatch(rows), [{ order_id: b, promotion_id: scarce, reason: 'exhausted' }])
    assert.deepEqual(await Promise.all([scarce, wanted].map(counted)), [1, 2])
  })

  it('counts a code and a customer across its own orders', async () => {
    const id = await offer({ needs_code: true, max_uses_per_customer: 1 })
    await addCodes(deps, merchant, { promotionId: id, codes: ['TWICE-OK'], maxUses: 2n })
    const placed = Array.from({ length: 4 }, newOrder)
    const rows = placed.flatMap((order, n) =>
      rowsOf(order, [id], { code: 'TWICE-OK', customer_id: customer(n === 1 ? 0 : n) }),
    )
    assert.deepEqual(await holdBatch(rows), [
      { order_id: placed[1], promotion_id: id, reason: 'per_customer' },
      { order_id: placed[3], promotion_id: id, reason: 'code_used' },
    ])
    assert.deepEqual([await counted(id), await codeUses('TWICE-OK')], [2, 2])
  })

  it('with nothing in it is fine', async () => {
    assert.deepEqual(await holdBatch([]), [])
  })
})

describe('the auditor', () => {
  const broken = async () =>
    (await verifyBooks(deps.db)).filter(({ id, broken }) => id === 'promotions' && broken > 0).map(({ holds }) => holds)

  it('finds nothing wrong after all of the above', async () => {
    assert.deepEqual(await broken(), [])
  })

  it('finds a counter that is off by one', async () => {
    const id = await offer({ needs_code: true })
    await addCodes(deps, merchant, { promotionId: id, codes: ['AUDITED'], maxUses: null })
    await hold([use(id, 'AUDITED')])
    await deps.db.query('update promotion set uses = 2 where merchant_id = $1 and id = $2', [merchant, id])
    await deps.db.query(`update promotion_code set uses = 0 where merchant_id = $1 and code = 'AUDITED'`, [merchant])
    assert.equal((await broken()).length, 2)
  })
})
