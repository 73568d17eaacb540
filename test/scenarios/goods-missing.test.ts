// Goods that were to be brought do not come, and other stores have them: they are looked for without anybody being asked.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let at: TransferShop
let stories = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
})
// Each story has a lamp of its own: none is in any store.
beforeEach(async () => {
  await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
})
after(() => shop.close({ hasAllVersions: true }))

async function depotWith(quantity: bigint): Promise<string> {
  const { body } = await shop.api.call<{ id: string }>('POST', '/v1/stores', {
    ...{ name: 'Depot', country: 'NL', currency: 'EUR', kind: 'warehouse' },
  })
  await at.receive('lamp', body.id, quantity)
  return body.id
}
/** Store, units and transfer of the fulfilments that are still to be handed over. */
const openParts = async (order: string) =>
  (await at.fulfilments(order))
    .filter(({ state }) => state === 'pending')
    .map(({ store_id, transfer_state, lines }) => [store_id, lines[0]?.quantity, transfer_state])

test('the source says it cannot: another store brings it, and nobody has to be asked', async () => {
  await at.receive('lamp', at.web, 2n)
  const { order: placed, id, transfer } = await at.paid(2)
  const depot = await depotWith(2n)
  await at.moveTransfer(transfer, 'cancel')
  // Two processes look for it at once.
  const other = await shop.another()
  const there = other.program.commerce.workers.find(({ name }) => name === 'goods that did not come')
  assert.ok(there, 'there is a worker for it')
  await Promise.all([shop.settle(), there.tick(), there.tick()])
  await shop.settle()
  assert.deepEqual(
    [(await at.fulfilment(id)).state, await openParts(placed.id), await at.tasks(placed.id)],
    ['rerouted', [[depot, 2, 'draft']], []],
  )
  assert.deepEqual(
    [await at.level('lamp', at.web), await at.level('lamp', depot)],
    [
      [2, 0],
      [2, 2],
    ],
  )
  const next = (await at.transfers(placed.id)).find(({ state }) => state === 'draft')
  await at.moveTransfer(next?.id as string, 'ship')
  await at.moveTransfer(next?.id as string, 'receive', at.arrival(2))
  const [f] = (await at.fulfilments(placed.id)).filter(({ state }) => state === 'pending')
  assert.notEqual(f?.promised_at, null)
  const { code } = await at.does(f?.id as string, 'accept', 'pick', 'ready')
  assert.equal((await at.collect(f?.id as string, { code })).body.state, 'collected')
  assert.equal((await at.read(placed.id)).fulfilment_status, 'fulfilled')
})

test('one is lost on the way: what came is promised for the counter, the store that has another sends it', async () => {
  await at.receive('lamp', at.web, 3n)
  const { order: placed, transfer } = await at.paid(2)
  await at.moveTransfer(transfer, 'ship')
  await at.moveTransfer(transfer, 'receive', at.arrival(1))
  await shop.settle()
  assert.deepEqual(await openParts(placed.id), [
    [at.till, 1, null],
    [at.web, 1, 'draft'],
  ])
  const [here] = (await at.fulfilments(placed.id)).filter(({ state }) => state === 'pending')
  assert.notEqual(here?.promised_at, null, 'it is there')
  assert.deepEqual(await at.tasks(placed.id), [])
})

test('the last one elsewhere is sold while it is looked for: the order gets its task, once', async () => {
  await at.receive('lamp', at.web, 1n)
  const { order: placed, transfer } = await at.paid(1)
  const depot = await depotWith(1n)
  await at.moveTransfer(transfer, 'cancel')
  const lines = [{ variant_id: at.variant('lamp'), quantity: 1, fulfilment: { mode: 'ship', store_id: depot } }]
  const other = await shop.another()
  const there = other.program.commerce.workers.find(({ name }) => name === 'goods that did not come')
  const cart = await at.cart({}, { lines })
  const [bought] = await Promise.all([at.place(cart), there?.tick()])
  await shop.settle()
  await there?.tick()
  const parts = await openParts(placed.id)
  // Whoever was faster has it; either all went well, or a person is asked.
  if (bought.status === 201) assert.deepEqual([parts, await at.tasks(placed.id)], [[], ['goods_missing']])
  else assert.deepEqual([parts, await at.tasks(placed.id)], [[[depot, 1, 'draft']], []])
  assert.deepEqual(await at.level('lamp', depot), [1, 1])
})

const openTasks = async (order: string) => {
  const path = `/v1/order_tasks?order_id=${order}&state=open`
  const { body } = await shop.api.get<{ data: { kind: string; detail: string }[] }>(path)
  return body.data.map(({ kind }) => kind)
}

/** Nobody has the lamp that was to be brought: a person has the task. */
async function missing() {
  await at.receive('lamp', at.web, 1n)
  const story = await at.paid(1)
  await at.moveTransfer(story.transfer, 'cancel')
  await shop.settle()
  assert.deepEqual(
    [(await at.fulfilment(story.id)).state, await openTasks(story.order.id)],
    ['rejected', ['goods_missing']],
  )
  return story
}

/** What a person, or the order, may do about it. */
const ENDS: Record<string, (story: Awaited<ReturnType<typeof missing>>) => Promise<unknown>> = {
  'the goods are found elsewhere and the fulfilment is rerouted': async ({ id }) => {
    await depotWith(1n)
    const rerouted = await at.tell(id, 'reroute')
    assert.equal(rerouted.body.state, 'rerouted', rerouted.text)
  },
  'the fulfilment is cancelled': async ({ id }) =>
    assert.equal((await at.tell(id, 'cancel', { reason: 'gone' })).status, 200),
  'the order is cancelled': async ({ order }) =>
    assert.equal((await at.cancel(order.id, { reason: 'no' })).status, 200),
}
for (const [end, happens] of Object.entries(ENDS)) {
  test(`the task is done with when ${end}`, async () => {
    const story = await missing()
    await happens(story)
    await shop.settle()
    assert.deepEqual(await openTasks(story.order.id), [])
    assert.deepEqual(await at.tasks(story.order.id), ['goods_missing'], 'it stays on record')
  })
}

test('somebody reroutes while the program has just found nothing: no task is left behind', async () => {
  await at.receive('lamp', at.web, 1n)
  const { order: placed, id, transfer } = await at.paid(1)
  await at.moveTransfer(transfer, 'cancel')
  const other = await shop.another()
  const there = other.program.commerce.workers.find(({ name }) => name === 'goods that did not come')
  await Promise.all([there?.tick(), depotWith(1n).then(() => at.tell(id, 'reroute')), shop.settle()])
  await shop.settle()
  const { state } = await at.fulfilment(id)
  assert.deepEqual(await openTasks(placed.id), state === 'rejected' ? ['goods_missing'] : [])
})
