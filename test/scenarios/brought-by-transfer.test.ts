// Story 6: bought in A and collected in B. The store where it is collected gives what it has, the rest is brought by a transfer that
// is made when the order is paid. And everything that may go wrong on the way.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let at: TransferShop
/** What the provider has done in this story. */
let journal: () => string[]
let stories = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
})
// Each story has a lamp of its own: none is in any store.
beforeEach(async () => {
  await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
  const done = shop.journal().length
  journal = () => shop.journal().slice(done)
})
after(() => shop.close({ hasAllVersions: true }))

test('bought on the web and collected in a store that has one of three: the other two are brought, and nobody gets them in between', async () => {
  await at.receive('lamp', at.till, 1n)
  await at.receive('lamp', at.web, 5n)
  const cart = await shop.api.call<{ lines: { availability: object }[] }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web', ...at.collected(3) },
  })
  assert.deepEqual(cart.body.lines[0]?.availability, { is_enough: true, available: 6, by_transfer: 2 }, cart.text)

  const told = await shop.api.call<{ sources: Record<string, unknown>[]; missing: [] }>(
    'POST',
    '/v1/sourcing/simulate',
    {
      ...{ channel: 'web', collect_store_id: at.till, lines: [{ variant_id: at.variant('lamp'), quantity: 3 }] },
    },
  )
  assert.deepEqual(
    told.body.sources.map(({ store_id, lines, by_transfer }) => [store_id, lines, by_transfer]),
    [
      [at.till, [{ line_id: '1', quantity: 1 }], false],
      [at.web, [{ line_id: '1', quantity: 2 }], true],
    ],
    told.text,
  )

  const placed = await at.ordered(at.collected(3))
  assert.deepEqual(
    await at.shelves(),
    [
      [1, 1],
      [5, 2],
    ],
    'held where it lies',
  )
  assert.deepEqual(await at.transfers(placed.id), [], 'no goods move for an order that nobody has paid')
  assert.equal((await at.pay(placed)).status, 201)

  assert.deepEqual(await at.waits(placed.id), [
    ['pending', 1, null],
    ['pending', 2, 'draft'],
  ])
  const [here, there] = await at.fulfilments(placed.id)
  assert.deepEqual([here?.store_id, here?.destination_store_id, here?.score], [at.till, at.till, null])
  assert.deepEqual([there?.store_id, there?.destination_store_id, there?.promised_at], [at.web, at.till, null])
  assert.ok((there?.score as { parts?: object } | null)?.parts, 'and says why from there')
  const [transfer] = await at.transfers(placed.id)
  assert.deepEqual(
    [transfer?.from_store_id, transfer?.to_store_id, transfer?.lines[0]?.quantity, transfer?.lines[0]?.promised],
    [at.web, at.till, 2, 2],
  )
  assert.deepEqual(
    await at.shelves(),
    [
      [1, 1],
      [5, 2],
    ],
    'the same goods, now the transfer’s',
  )

  const id = transfer?.id as string
  assert.equal((await at.tell(there?.id as string, 'accept')).status, 409, 'the goods are not there yet')
  await at.moveTransfer(id, 'ship')
  assert.deepEqual(await at.waits(placed.id), [
    ['pending', 1, null],
    ['pending', 2, 'in_transit'],
  ])
  await at.moveTransfer(id, 'receive', at.arrival(2))
  // Not one read in between: what arrived is promised in the very transaction that received it.
  assert.deepEqual(await at.shelves(), [
    [3, 3],
    [3, 0],
  ])
  const { promised_at } = await at.fulfilment(there?.id as string)
  assert.notEqual(promised_at, null)
  for (const each of [here, there]) {
    const { code } = await at.does(each?.id as string, 'accept', 'pick', 'ready')
    assert.equal((await at.collect(each?.id as string, { code })).body.state, 'collected')
  }
  assert.equal((await at.read(placed.id)).fulfilment_status, 'fulfilled')
})

test('and when every click is made twice and an answer is lost, one transfer leaves, arrives and is collected once', async () => {
  await at.receive('lamp', at.web, 5n)
  const cart = await at.cart({}, at.collected(2))
  const twice = await Promise.all([at.place(cart), at.place(cart)])
  assert.equal(new Set(twice.map(({ body }) => body.id)).size, 1)
  const placed = twice[0]?.body as OrderView
  const lost = await at.pay(placed, CARDS.lost_after)
  assert.equal(lost.status, 202, lost.text)
  assert.deepEqual(await at.transfers(placed.id), [], 'not known to be paid: nothing moves')
  shop.clock.advance(20 * MINUTE)
  await shop.ask()
  await shop.settle()
  const [first] = await at.transfers(placed.id)
  const id = first?.id as string
  await Promise.all([shop.settle(), at.fulfilments(placed.id), at.fulfilments(placed.id)])
  assert.equal((await at.transfers(placed.id)).length, 1)
  for (const [verb, body] of [
    ['ship', {}],
    ['receive', { ...at.arrival(2), reference: 'box 1' }],
  ] as const) {
    const answers = await Promise.all([at.askTransfer(id, verb, body), at.askTransfer(id, verb, body)])
    assert.ok(answers.some(({ status }) => status === 200))
    assert.ok(answers.every(({ status }) => status < 500))
  }
  assert.equal(
    (await at.askTransfer(id, 'receive', { ...at.arrival(2), reference: 'box 1' })).status,
    200,
    'the answer was lost',
  )
  assert.deepEqual(await at.shelves(), [
    [2, 2],
    [3, 0],
  ])
  const [f] = await at.fulfilments(placed.id)
  const { code } = await at.does(f?.id as string, 'accept', 'pick', 'ready')
  const done = await Promise.all([at.collect(f?.id as string, { code }), at.collect(f?.id as string, { code })])
  assert.ok(done.some(({ body }) => body.state === 'collected'))
  assert.deepEqual(
    [await at.shelves(), journal()],
    [
      [
        [0, 0],
        [3, 0],
      ],
      ['captured 6000'],
    ],
  )
})

for (const step of ['its transfer is made', 'its goods are taken over'] as const)
  test(`and when the process dies before ${step}, the next one does it, once`, async () => {
    await at.receive('lamp', at.web, 2n)
    const placed = await at.ordered(at.collected(2))
    const before = step === 'its transfer is made'
    if (before) dieAt('insert into fulfilment ')
    await at.pay(placed)
    await at.fulfilments(placed.id)
    shop.clock.advance(MINUTE)
    await shop.settle()
    const [transfer] = await at.transfers(placed.id)
    assert.equal((await at.transfers(placed.id)).length, 1)
    assert.deepEqual(await at.shelves(), [
      [0, 0],
      [2, 2],
    ])
    await at.moveTransfer(transfer?.id as string, 'ship')
    if (!before) dieAt('update fulfilment set transfer_id')
    await at.moveTransfer(transfer?.id as string, 'receive', at.arrival(2))
    await at.fulfilments(placed.id)
    assert.deepEqual(
      await at.shelves(),
      [
        [2, 2],
        [0, 0],
      ],
      'promised all the while',
    )
    shop.clock.advance(MINUTE)
    await shop.settle()
    assert.equal(died, true)
    const [f] = await at.fulfilments(placed.id)
    assert.deepEqual([f?.state, f?.transfer_id, f?.store_id], ['pending', null, at.till])
    await at.does(f?.id as string, 'accept', 'pick', 'ready')
  })

let died = false
/** The next transaction that comes to this statement ends there, as if its process had been killed. */
function dieAt(statement: string): void {
  const { db } = shop.database
  const connect = db.connect.bind(db)
  died = false
  db.connect = (async (...given: []) => {
    // The pool's own statements, each a transaction by itself, pass.
    if (given.length > 0) return connect(...given)
    const client = await connect()
    const query = client.query.bind(client)
    client.query = ((text: unknown, ...rest: unknown[]) => {
      if (died || typeof text !== 'string' || !text.startsWith(statement)) return query(text as string, ...(rest as []))
      died = true
      db.connect = connect as typeof db.connect
      return Promise.reject(new Error('the process died'))
    }) as typeof client.query
    return client
  }) as typeof db.connect
}

test('cancelled before the goods have left, the transfer is cancelled and they are free where they lie; in part, fewer are sent', async () => {
  await at.receive('lamp', at.web, 5n)
  const { order: placed, transfer } = await at.paid(3)
  const line_id = placed.lines[0]?.id as string
  await at.cancel(placed.id, { reason: 'one too many', lines: [{ line_id, quantity: 1 }] })
  assert.deepEqual(
    [await at.waits(placed.id), await at.shelves()],
    [
      [['pending', 2, 'draft']],
      [
        [0, 0],
        [5, 2],
      ],
    ],
  )
  assert.deepEqual(
    (await at.transfers(placed.id)).map(({ state, lines }) => [state, lines[0]?.quantity]),
    [['draft', 2]],
  )
  await at.cancel(placed.id, { reason: 'changed my mind' })
  assert.deepEqual(
    (await at.fulfilments(placed.id)).map(({ state }) => state),
    ['cancelled'],
  )
  assert.deepEqual(
    [(await at.transfers(placed.id))[0]?.state, await at.shelves()],
    [
      'cancelled',
      [
        [0, 0],
        [5, 0],
      ],
    ],
  )
  assert.equal((await at.askTransfer(transfer, 'ship')).status, 409)
})

test('cancelled on the way, the goods arrive as free stock; in part, only the rest is kept', async () => {
  await at.receive('lamp', at.web, 5n)
  const { order: placed, transfer, id } = await at.paid(3)
  await at.moveTransfer(transfer, 'ship')
  const line_id = placed.lines[0]?.id as string
  await at.cancel(placed.id, { reason: 'one too many', lines: [{ line_id, quantity: 1 }] })
  await shop.settle()
  const partly = await at.askTransfer(transfer, 'receive', { lines: [{ variant_id: at.variant('lamp'), received: 1 }] })
  assert.equal(partly.status, 200, partly.text)
  assert.deepEqual(
    [await at.waits(placed.id), await at.shelves()],
    [
      [['pending', 2, 'in_transit']],
      [
        [1, 1],
        [2, 0],
      ],
    ],
  )
  const given = await at.tell(id, 'cancel', { reason: 'no longer wanted' })
  assert.equal(given.body.state, 'cancelled', given.text)
  assert.deepEqual(
    await at.shelves(),
    [
      [1, 0],
      [2, 0],
    ],
    'what had come is free',
  )
  await at.moveTransfer(transfer, 'receive', at.arrival(2))
  assert.deepEqual(await at.shelves(), [
    [3, 0],
    [2, 0],
  ])
  assert.equal((await at.read(placed.id)).state, 'cancelled')
})

test('not paid in time, nothing was sent and everything is free again', async () => {
  await at.receive('lamp', at.till, 1n)
  await at.receive('lamp', at.web, 2n)
  const placed = await at.ordered(at.collected(3))
  shop.clock.advance(16 * MINUTE)
  await shop.settle()
  assert.deepEqual(
    [(await at.read(placed.id)).state, await at.shelves()],
    [
      'cancelled',
      [
        [1, 0],
        [2, 0],
      ],
    ],
  )
  assert.deepEqual(await at.transfers(placed.id), [])
})

test('what arrives short is kept for the customer until the store decides; the rest comes from a third store', async () => {
  await at.receive('lamp', at.web, 2n)
  const { order: placed, id, transfer } = await at.paid(2)
  await at.moveTransfer(transfer, 'ship')
  await at.moveTransfer(transfer, 'receive', at.arrival(1, { damaged: 1 }))
  const rejected = await at.fulfilment(id)
  assert.deepEqual([rejected.state, rejected.reason, rejected.store_id], ['rejected', 'transfer_discrepancy', at.till])
  assert.deepEqual(await at.level('lamp', at.till), [2, 1], 'the one in good order stays promised')
  assert.deepEqual(await at.tasks(placed.id), [], 'nobody is asked while the program may find it')
  await shop.settle()
  assert.deepEqual(await at.tasks(placed.id), ['goods_missing'])
  assert.equal((await at.tell(id, 'reroute')).body.code, 'out-of-stock')
  const depot = await shop.api.call<{ id: string }>('POST', '/v1/stores', {
    ...{ name: 'Depot', country: 'NL', currency: 'EUR', kind: 'warehouse' },
  })
  await at.receive('lamp', depot.body.id, 4n)
  const rerouted = await at.tell(id, 'reroute')
  assert.equal(rerouted.body.state, 'rerouted', rerouted.text)
  const parts = (await at.fulfilments(placed.id)).filter(({ part }) => part > 1)
  assert.deepEqual(
    parts.map(({ store_id, transfer_state, lines }) => [store_id, transfer_state, lines[0]?.quantity]),
    [
      [at.till, null, 1],
      [depot.body.id, 'draft', 1],
    ],
  )
  assert.deepEqual(
    [await at.level('lamp', at.till), await at.level('lamp', depot.body.id)],
    [
      [2, 1],
      [4, 1],
    ],
  )
})

test('the source says it cannot: its transfer is cancelled, and the store asks another or gives the money back', async () => {
  await at.receive('lamp', at.web, 2n)
  const { order: placed, id, transfer } = await at.paid(2)
  await at.moveTransfer(transfer, 'cancel')
  await shop.settle()
  assert.equal((await at.fulfilment(id)).state, 'rejected')
  assert.deepEqual(await at.tasks(placed.id), ['goods_missing'])
  assert.deepEqual(await at.shelves(), [
    [0, 0],
    [2, 0],
  ])
  const given = await at.tell(id, 'cancel', { reason: 'nobody has it' })
  assert.equal(given.body.state, 'cancelled', given.text)
  assert.deepEqual([(await at.read(placed.id)).state, journal()], ['cancelled', ['captured 6000', 'refunded 6000']])
})

test('card kept at the order, charged at the counter: the transfer is made at once, the money taken for what is collected', async () => {
  await at.receive('lamp', at.web, 2n)
  const token = await shop.api.token(CARDS.approved)
  const placed = await at.ordered(at.collected(2), { charge: 'on_collection', token })
  await at.fulfilments(placed.id)
  const [transfer] = await at.transfers(placed.id)
  await at.moveTransfer(transfer?.id as string, 'ship')
  await at.moveTransfer(transfer?.id as string, 'receive', at.arrival(2))
  const [f] = await at.fulfilments(placed.id)
  const { code } = await at.does(f?.id as string, 'accept', 'pick', 'ready')
  const line_id = placed.lines[0]?.id as string
  const done = await at.collect(f?.id as string, { code, refuse: [{ line_id, quantity: 1, reason: 'one is enough' }] })
  assert.deepEqual([done.body.state, journal()], ['collected', ['captured 3000']], done.text)
  assert.deepEqual(await at.shelves(), [
    [1, 0],
    [0, 0],
  ])
})

test('an edit adds what the store has not: it is brought when it is paid', async () => {
  await at.receive('lamp', at.till, 1n)
  await at.receive('lamp', at.web, 3n)
  const placed = await at.ordered(at.collected(1))
  await at.pay(placed)
  const line_id = placed.lines[0]?.id
  const more = await at.draft(placed.id, { quantities: [{ line_id, quantity: 2 }] })
  assert.equal((await at.confirm(placed.id, more.body.id)).status, 200)
  assert.equal((await at.fulfilments(placed.id)).length, 1, 'not before it is paid')
  assert.deepEqual(await at.level('lamp', at.web), [3, 1], 'but held')
  const { payments } = await at.read(placed.id)
  const token = await shop.api.token(CARDS.mastercard)
  assert.equal((await shop.api.tender(payments[0]?.id as string, { method: 'card', token })).status, 201)
  const parts = await at.fulfilments(placed.id)
  assert.deepEqual(
    parts.map(({ store_id, destination_store_id, transfer_state }) => [store_id, destination_store_id, transfer_state]),
    [
      [at.till, at.till, null],
      [at.web, at.till, 'draft'],
    ],
  )
})
