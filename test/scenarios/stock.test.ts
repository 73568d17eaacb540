// Stories of the stock room: counting while the shop is open, goods between stores that arrive short, broken, twice or not at all,
// and who may take what others were promised.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { MINUTE, openShop, type Shop } from './shop.ts'

interface Told {
  id: string
  code?: string
  state: string
  version: number
  lines: Record<string, unknown>[]
  errors?: { pointer: string; detail: string }[]
}
interface Task {
  kind: string
  variant_id: string
  store_id: string
  quantity: number
}

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
let lamp: string
let stories = 0
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
})
// Each story has a lamp of its own.
beforeEach(async () => {
  lamp = await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
  await at.receive('lamp', at.till, 10n)
})
after(() => shop.close())

const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  shop.api.call<Told>('POST', path, body, { headers } as never)

async function done(path: string, body: object = {}): Promise<Told> {
  const { status, text, body: said } = await post(path, body)
  assert.ok(status < 300, text)
  return said
}

const adjust = (store_id: string, reason: string, quantity: number) =>
  post('/v1/stock/adjustments', { store_id, lines: [{ variant_id: lamp, quantity, reason }] })

/** A customer takes lamps along and pays cash. */
async function soldAtTill(quantity: number): Promise<void> {
  const placed = await at.place(
    await at.cart({ lamp: quantity }, { channel: 'pos', store_id: at.till, register_id: shop.till }),
  )
  assert.equal(placed.status, 201, placed.text)
  const paid = await shop.api.pay({
    ...{ amount: placed.body.total, currency: 'EUR', channel: 'pos', order_id: placed.body.id },
    tender: { method: 'cash', cash: { register_id: shop.till } },
  })
  assert.equal(paid.status, 201, paid.text)
  await shop.settle()
}

async function tasks(): Promise<Omit<Task, 'variant_id'>[]> {
  const { body } = await shop.api.get<{ data: Task[] }>('/v1/stock/tasks?limit=100')
  return body.data
    .filter(({ variant_id }) => variant_id === lamp)
    .map(({ kind, store_id, quantity }) => ({ kind, store_id, quantity }))
}

async function incoming(store_id: string): Promise<number> {
  const { body } = await shop.api.get<{ data: { incoming: number }[] }>(
    `/v1/stock?variant_id=${lamp}&store_id=${store_id}`,
  )
  return body.data[0]?.incoming ?? 0
}

// ---- Counting ------------------------------------------------------------------------------------------------------

const openCount = async () => (await done('/v1/stock/counts', { store_id: at.till, name: 'Lamps' })).id

async function counted(id: string, quantity: number, counted_at?: Date) {
  const lines = [
    { variant_id: lamp, counted: quantity, ...(counted_at ? { counted_at: counted_at.toISOString() } : {}) },
  ]
  const answer = await shop.api.call<Told>('PUT', `/v1/stock/counts/${id}/lines`, { lines })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

test('what is sold between counting and handing the count in stays sold', async () => {
  const count = await openCount()
  await counted(count, 9)
  await soldAtTill(2)
  const handedIn = await done(`/v1/stock/counts/${count}/submit`)
  assert.deepEqual(
    [handedIn.lines[0]?.['expected'], handedIn.lines[0]?.['difference'], await at.level('lamp', at.till)],
    [10, -1, [7, 0]],
  )
})

test('what arrives between counting and handing in is not counted away', async () => {
  const count = await openCount()
  await counted(count, 10)
  await at.receive('lamp', at.till, 5n)
  await done(`/v1/stock/counts/${count}/submit`)
  assert.deepEqual(await at.level('lamp', at.till), [15, 0])
})

test('a scanner that sends later says when it counted, and what was sold since is known', async () => {
  const count = await openCount()
  shop.clock.advance(MINUTE)
  const then = shop.clock.now()
  shop.clock.advance(MINUTE)
  await soldAtTill(1)
  // Ten lay there, before one was sold.
  await counted(count, 10, then)
  const handedIn = await done(`/v1/stock/counts/${count}/submit`)
  assert.deepEqual([handedIn.lines[0]?.['difference'], await at.level('lamp', at.till)], [0, [9, 0]])
})

test('a figure from before the count was opened is refused, and one from the future counts as now', async () => {
  const before = shop.clock.now()
  shop.clock.advance(MINUTE)
  const count = await openCount()
  const early = await shop.api.call<Told>('PUT', `/v1/stock/counts/${count}/lines`, {
    lines: [{ variant_id: lamp, counted: 10, counted_at: before.toISOString() }],
  })
  assert.deepEqual(
    [early.status, early.body.code, early.body.errors?.[0]?.pointer],
    [422, 'validation-error', '/lines/0/counted_at'],
  )
  const said = await counted(count, 10, new Date(shop.clock.now().getTime() + 60 * MINUTE))
  assert.ok(String(said.lines[0]?.['counted_at']) < shop.clock.now().toISOString())
})

test('two people who count the same shelf correct it once', async () => {
  const [one, two] = [await openCount(), await openCount()]
  await counted(one, 9)
  await counted(two, 9)
  await done(`/v1/stock/counts/${one}/submit`)
  const second = await done(`/v1/stock/counts/${two}/submit`)
  assert.deepEqual([second.lines[0]?.['expected'], await at.level('lamp', at.till)], [9, [9, 0]])
})

test('an older count that is handed in after a newer one changes nothing', async () => {
  const [older, newer] = [await openCount(), await openCount()]
  await counted(older, 9)
  await counted(newer, 8)
  await done(`/v1/stock/counts/${newer}/submit`)
  const late = await done(`/v1/stock/counts/${older}/submit`)
  assert.deepEqual(
    [late.lines[0]?.['is_overtaken'], late.lines[0]?.['difference'], await at.level('lamp', at.till)],
    [true, 0, [8, 0]],
  )
})

test('a count is blind until it is handed in, and a second figure replaces the first', async () => {
  const count = await openCount()
  await counted(count, 3)
  const open = await counted(count, 10)
  assert.deepEqual([open.lines.length, open.lines[0]?.['expected'], open.lines[0]?.['difference']], [1, null, null])
  await done(`/v1/stock/counts/${count}/submit`)
  assert.deepEqual(await at.level('lamp', at.till), [10, 0])
  assert.equal((await post(`/v1/stock/counts/${count}/submit`)).body.code, 'invalid-state')
})

test('a count that finds fewer than were promised is believed, and somebody is told', async () => {
  await transferOf(8, at.till, at.web)
  const count = await openCount()
  await counted(count, 5)
  await done(`/v1/stock/counts/${count}/submit`)
  assert.deepEqual(await at.level('lamp', at.till), [5, 8])
  assert.deepEqual(await tasks(), [{ kind: 'oversold', store_id: at.till, quantity: 3 }])
})

// ---- Who may take what ---------------------------------------------------------------------------------------------

test('nobody but a till takes what others were promised', async () => {
  await transferOf(8, at.till, at.web)
  for (const reason of ['lost', 'theft', 'used', 'correction_down', 'damaged', 'on_display', 'to_quality', 'on_hold']) {
    const refused = await adjust(at.till, reason, 3)
    assert.deepEqual([refused.status, refused.body.code], [422, 'quantity-exceeds-available'], reason)
  }
  const moved = await post('/v1/transfers', {
    ...{ from_store_id: at.till, to_store_id: at.web, lines: [{ variant_id: lamp, quantity: 3 }] },
  })
  assert.equal(moved.body.code, 'out-of-stock', moved.text)
  assert.deepEqual([await at.level('lamp', at.till), await tasks()], [[10, 8], []])
  assert.equal((await adjust(at.till, 'lost', 2)).status, 201, 'what is free may go')
  await soldAtTill(1)
  assert.deepEqual(await at.level('lamp', at.till), [7, 8])
  assert.deepEqual(await tasks(), [{ kind: 'oversold', store_id: at.till, quantity: 1 }])
})

test('broken goods are thrown away although the rest is promised', async () => {
  assert.equal((await adjust(at.till, 'damaged', 2)).status, 201)
  await transferOf(8, at.till, at.web)
  assert.equal((await adjust(at.till, 'written_off', 2)).status, 201)
  assert.deepEqual(await at.level('lamp', at.till), [8, 8])
})

test('a transfer whose goods a till has sold cannot leave', async () => {
  const id = await transferOf(10, at.till, at.web)
  await soldAtTill(1)
  const refused = await post(`/v1/transfers/${id}/ship`)
  assert.deepEqual([refused.status, refused.body.code], [422, 'quantity-exceeds-available'])
  assert.deepEqual(await at.level('lamp', at.till), [9, 10])
  await done(`/v1/transfers/${id}/cancel`)
  assert.deepEqual(await at.level('lamp', at.till), [9, 0])
})

test('a store that has sold the last one can still say that it is not there, once', async () => {
  await adjust(at.till, 'lost', 9)
  await at.receive('lamp', at.web, 5n)
  const lines = [{ variant_id: lamp, quantity: 1, fulfilment: { mode: 'collect', store_id: at.till } }]
  const placed = await at.place(await at.cart({}, { lines }))
  await at.pay(placed.body)
  const [f] = await at.fulfilments(placed.body.id)
  await soldAtTill(1)
  const said = await at.tell(f?.id as string, 'reject', { reason: 'not_in_stock' })
  assert.deepEqual([said.status, said.body.state], [200, 'rerouted'], said.text)
  assert.deepEqual(await at.level('lamp', at.till), [0, 0])
})

// ---- From store to store -------------------------------------------------------------------------------------------

async function transferOf(quantity: number, from_store_id: string, to_store_id: string): Promise<string> {
  const lines = [{ variant_id: lamp, quantity }]
  return (await done('/v1/transfers', { from_store_id, to_store_id, lines })).id
}

async function sent(quantity: number): Promise<string> {
  const id = await transferOf(quantity, at.till, at.web)
  await done(`/v1/transfers/${id}/ship`)
  return id
}

const receive = (id: string, line: object, more: object = {}) =>
  post(`/v1/transfers/${id}/receive`, { lines: [{ variant_id: lamp, ...line }], ...more })

test('goods on their way are in neither store, and expected in one', async () => {
  await sent(6)
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('lamp', at.web), await incoming(at.web)],
    [[4, 0], [0, 0], 6],
  )
})

test('a delivery in parts, some of it broken and some missing, is accounted for to the unit', async () => {
  const id = await sent(6)
  const part = await receive(id, { received: 2 })
  assert.deepEqual([part.body.state, await incoming(at.web)], ['in_transit', 4])
  const rest = await receive(id, { received: 2, damaged: 1 }, { final: true })
  const { received, damaged, lost } = rest.body.lines[0] ?? {}
  assert.deepEqual([rest.body.state, received, damaged, lost, await incoming(at.web)], ['received', 4, 1, 1, 0])
  assert.deepEqual(await at.level('lamp', at.web), [5, 0])
  assert.deepEqual(await tasks(), [{ kind: 'transfer_discrepancy', store_id: at.web, quantity: 1 }])
  assert.equal((await receive(id, { received: 1 })).body.code, 'invalid-state')
})

test('a receipt that is sent twice under its number is written once', async () => {
  const id = await sent(6)
  const first = await receive(id, { received: 3 }, { reference: 'box 1' })
  const again = await receive(id, { received: 3 }, { reference: 'box 1' })
  assert.deepEqual([again.status, again.body], [200, first.body])
  assert.deepEqual(await at.level('lamp', at.web), [3, 0])
  const other = await receive(id, { received: 2 }, { reference: 'box 1' })
  assert.deepEqual([other.status, other.body.code], [409, 'reference-taken'])
  const last = await receive(id, { received: 3 }, { reference: 'box 2', final: true })
  assert.equal(last.body.state, 'received', last.text)
  const repeated = await receive(id, { received: 3 }, { reference: 'box 2', final: true })
  assert.deepEqual([repeated.status, repeated.body], [200, last.body], 'also after its end')
})

test('more than was sent is refused unless somebody says so, and then the sender is told to look', async () => {
  const id = await sent(6)
  assert.equal((await receive(id, { received: 7 })).body.code, 'quantity-exceeds-available')
  assert.equal((await receive(id, { received: 5, extra: 1 })).body.code, 'quantity-exceeds-available')
  assert.deepEqual(await at.level('lamp', at.web), [0, 0])
  const said = await receive(id, { received: 6, extra: 1 })
  assert.deepEqual([said.body.state, said.body.lines[0]?.['extra']], ['received', 1], said.text)
  assert.deepEqual(await at.level('lamp', at.web), [7, 0])
  assert.deepEqual(await tasks(), [{ kind: 'transfer_discrepancy', store_id: at.till, quantity: -1 }])
})

test('a transfer that is given up on its way turns round, and comes back to where it left', async () => {
  const id = await sent(6)
  await receive(id, { received: 2 })
  const turned = await done(`/v1/transfers/${id}/cancel`)
  assert.deepEqual([turned.state, await incoming(at.web), await incoming(at.till)], ['returning', 0, 4])
  assert.equal((await post(`/v1/transfers/${id}/cancel`)).body.code, 'invalid-state')
  const part = await receive(id, { received: 2 })
  assert.deepEqual([part.body.state, await at.level('lamp', at.till)], ['returning', [6, 0]])
  const back = await receive(id, { received: 0, damaged: 1 }, { final: true })
  const { received, returned, damaged, lost } = back.body.lines[0] ?? {}
  assert.deepEqual([back.body.state, received, returned, damaged, lost], ['cancelled', 2, 2, 1, 1])
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('lamp', at.web), await incoming(at.till)],
    [[7, 0], [2, 0], 0],
  )
  assert.deepEqual(await tasks(), [{ kind: 'transfer_discrepancy', store_id: at.till, quantity: 1 }])
})

test('a transfer that is given up before it leaves frees its goods', async () => {
  const id = await transferOf(6, at.till, at.web)
  assert.equal((await done(`/v1/transfers/${id}/cancel`)).state, 'cancelled')
  assert.deepEqual([await at.level('lamp', at.till), await incoming(at.web)], [[10, 0], 0])
  assert.equal((await post(`/v1/transfers/${id}/ship`)).body.code, 'invalid-state')
})

test('a collection whose goods turn round is rejected, for somebody to decide', async () => {
  await at.receive('lamp', at.web, 5n)
  const lines = [{ variant_id: lamp, quantity: 2, fulfilment: { mode: 'collect', store_id: at.till } }]
  const placed = await at.place(await at.cart({}, { lines }))
  await at.pay(placed.body)
  const [first] = await at.fulfilments(placed.body.id)
  await at.tell(first?.id as string, 'reroute', { store_id: at.web })
  const next = (await at.fulfilments(placed.body.id)).find(({ part }) => part === 2)
  await done(`/v1/transfers/${next?.transfer_id}/ship`)
  await done(`/v1/transfers/${next?.transfer_id}/cancel`)
  assert.equal((await at.fulfilment(next?.id as string)).state, 'rejected')
})

// ---- Where it is -----------------------------------------------------------------------------------------------------

test('places are asked for with their decimals', async () => {
  const ask = (query: string) =>
    shop.api.get<{ data: { distance_km: number | null }[] } & Told>(
      `/v1/stock/availability?variant_id=${lamp}&${query}`,
    )
  assert.equal((await ask('latitude=52.3702&longitude=-4.8952')).status, 200)
  assert.equal((await ask('latitude=52&longitude=4')).status, 200)
  for (const wrong of ['5e1', '+52.1', '.5', '52.', '0x10', '1,5', '', '91', 'NaN'])
    assert.equal((await ask(`latitude=${encodeURIComponent(wrong)}&longitude=4.9`)).status, 422, wrong)
})

test('a simulation makes the choice of an order, and says why', async () => {
  await at.receive('lamp', at.web, 50n)
  const { body, text } = await shop.api.call<{
    sources: { store_id: string; lines: { quantity: number }[]; score: { score: number; parts: object } }[]
    missing: object[]
    candidates: { store_id: string; covers: number }[]
  }>('POST', '/v1/sourcing/simulate', {
    ...{ channel: 'web', country: 'NL', lines: [{ variant_id: lamp, quantity: 3 }] },
  })
  assert.deepEqual([body.sources.length, body.missing], [1, []], text)
  assert.deepEqual(Object.keys(body.sources[0]?.score.parts ?? {}).sort(), ['cost', 'depth', 'distance', 'load'])
  const placed = await at.place(await at.cart({ lamp: 3 }))
  assert.equal(placed.status, 201, placed.text)
  const chosen = body.sources[0]?.store_id as string
  assert.equal((await at.level('lamp', chosen))[1], 3, 'the order reserved where the simulation said')
  assert.deepEqual(body.candidates[0]?.store_id, chosen)
})

test('of two stores that are alike the one sends from where a parcel costs less', async () => {
  await at.receive('lamp', at.till, 50n)
  await at.receive('lamp', at.web, 60n)
  type Why = { store_id: string; cost: number; load: number; score: number; parts: { cost: number } }
  const simulated = async () =>
    (
      await shop.api.call<{ candidates: Why[] }>('POST', '/v1/sourcing/simulate', {
        ...{ channel: 'web', country: 'NL', lines: [{ variant_id: lamp, quantity: 1 }] },
      })
    ).body.candidates
  const [first] = await simulated()
  assert.deepEqual([first?.cost, first?.parts.cost], [0, 1])
  const dear = first?.store_id as string
  const cheap = dear === at.web ? at.till : at.web
  const patched = await shop.api.call<{ parcel_cost: number }>('PATCH', `/v1/stores/${dear}`, { parcel_cost: 500 })
  assert.deepEqual([patched.status, patched.body.parcel_cost], [200, 500], patched.text)
  const now = await simulated()
  assert.deepEqual(
    now.map(({ store_id, cost, parts }) => [store_id, cost, parts.cost]),
    [
      [cheap, 0, 1],
      [dear, 500, 0.5],
    ],
  )
  const placed = await at.place(await at.cart({ lamp: 1 }))
  assert.equal(placed.status, 201, placed.text)
  assert.deepEqual([(await at.level('lamp', cheap))[1], (await at.level('lamp', dear))[1]], [1, 0])
  await at.pay(placed.body)
  await shop.settle()
  const busy = (await simulated()).find(({ store_id }) => store_id === cheap)
  assert.equal(busy?.load, (now[0]?.load ?? 0) + 1, 'what it has to do already is seen too')
})

test('a kit stands on no shelf: its parts are counted, sent and put right', async () => {
  const { body } = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Pair of lamps',
    variants: [{ components: [{ variant_id: lamp, quantity: 2 }], prices: [{ currency: 'EUR', unit_price: '50.00' }] }],
  })
  const kit = body.variants[0]?.id as string
  const { id } = await done('/v1/stock/counts', { store_id: at.till, name: 'kits' })
  const lines = [{ variant_id: kit, quantity: 7 }]
  for (const answer of [
    await post('/v1/stock/adjustments', { store_id: at.till, lines: [{ ...lines[0], reason: 'received' }] }),
    await post('/v1/transfers', { from_store_id: at.till, to_store_id: at.web, lines }),
    await shop.api.call<Told>('PUT', `/v1/stock/counts/${id}/lines`, { lines: [{ variant_id: kit, counted: 7 }] }),
  ]) {
    assert.deepEqual([answer.status, answer.body.code], [422, 'validation-error'], answer.text)
    assert.match(answer.body.errors?.[0]?.detail ?? '', /is a kit: name its components/)
  }
})
