// Guests' orders given to customers by several connections, one statement at a time, in orders drawn from a seed: an order gets
// one customer, is told of once, and loses nothing that others write to it meanwhile. ONETILL_INTERLEAVINGS makes it longer,
// ONETILL_INTERLEAVING_SEED chooses the orders.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { mergeCustomers } from '../../server/customers/merge.ts'
import { transact } from '../../server/db/pool.ts'
import { silentLog } from '../../server/lib/log.ts'
import { type AttachedOrder, attachOrders } from '../../server/orders/attach-store.ts'
import { createGuestOrdersConsumer } from '../../server/orders/index.ts'
import { type OrderShop, orderShop } from '../scenarios/order-shop.ts'
import { openShop, type Shop } from '../scenarios/shop.ts'
import { seededRandom } from '../world-luck.ts'
import { type Actor, openSessions, type Sessions, scheduledDb } from './scheduler.ts'

const SEED = Number(process.env['ONETILL_INTERLEAVING_SEED'] ?? 1)
const ROUNDS = Number(process.env['ONETILL_INTERLEAVINGS'] ?? 12)

let shop: Shop
let orders: OrderShop
let sessions: Sessions
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('kettle', '30.00')
  sessions = await openSessions(shop.database.url, 3)
})
after(async () => {
  await sessions.close()
  await shop.close()
})

/** Two orders of a guest with an address of their own. */
async function guest(round: number, race: string) {
  const email = `${race}-${round}@example.org`
  const ids: string[] = []
  for (let n = 0; n < 2; n++) ids.push((await orders.order({ kettle: 2 }, { email })).id)
  return { email, ids }
}
const play = (round: number, actors: Actor[]) => sessions.interleave(seededRandom(SEED * 1_000_003 + round), actors)
const attachments = async (id: string) =>
  (await orders.history(id)).filter((type) => type === 'order.customer_attached').length
const verify = (customer: string, value: string) =>
  shop.api.call('POST', `/v1/customers/${customer}/identities`, { type: 'email', value, is_verified: true })
const consumerOn = (db: ReturnType<typeof scheduledDb>) =>
  createGuestOrdersConsumer({
    ...{ db, clock: shop.clock, log: silentLog, newId: shop.payments.newId },
    hints: { onAny: () => () => undefined },
  })

test('of two customers who prove one address the first gets all orders, and the second steals none', async () => {
  const [ada, bob] = [await shop.customer(), await shop.customer('Bob')]
  for (let round = 1; round <= ROUNDS; round++) {
    const { email, ids } = await guest(round, 'two')
    const got: AttachedOrder[] = []
    const attaching =
      (customer_id: string): Actor =>
      async (run) => {
        const at = shop.clock.now()
        await transact(scheduledDb(run), async (tx) => {
          got.push(...(await attachOrders(tx, shop.keys.merchant_id, [{ email, customer_id }], at)))
        })
      }
    const order = await play(round, [attaching(ada), attaching(bob)])
    assert.deepEqual(got.map(({ id }) => id).sort(), ids, `each once, in the order ${order}`)
    assert.equal(new Set(got.map(({ customer_id }) => customer_id)).size, 1, order)
    for (const id of ids) {
      assert.equal((await orders.read(id)).customer_id, got[0]?.customer_id, order)
    }
  }
})

test('two processes read the same proof while its customer is merged away', async () => {
  for (let round = 1; round <= ROUNDS; round++) {
    const { email, ids } = await guest(round, 'merged')
    const [ada, winner] = [await shop.customer(), await shop.customer()]
    // Everything else is read, so that what is raced for is the proof.
    await shop.settle()
    assert.equal((await verify(ada, email)).status, 201)
    const reading: Actor = (run) => consumerOn(scheduledDb(run)).catchUp(shop.keys.merchant_id)
    const merging: Actor = async (run) => {
      const parts = { mergeParts: [], newId: shop.payments.newId, clock: shop.clock }
      const merge = { into: winner, from: ada }
      await mergeCustomers({ ...parts, db: scheduledDb(run) }, shop.keys.merchant_id, merge)
    }
    const order = await play(round, [reading, reading, merging])
    for (const id of ids) {
      const { customer_id, version } = await orders.read(id)
      assert.ok(customer_id === ada || customer_id === winner, `${customer_id} in the order ${order}`)
      assert.deepEqual([version, await attachments(id)], [2, 1], order)
    }
    const { body } = await shop.api.get<{ data: { id: string }[] }>(`/v1/orders?customer_id=${winner}`)
    assert.deepEqual(body.data.map(({ id }) => id).sort(), ids, `found through the profile that remains, ${order}`)
  }
})

test('a unit that is cancelled at the same moment is cancelled, and the order has its customer', async () => {
  for (let round = 1; round <= ROUNDS; round++) {
    const { email, ids } = await guest(round, 'cancelled')
    const ada = await shop.customer()
    const [line] = (await orders.read(ids[0] as string)).lines
    const at = shop.clock.now()
    const order = await play(round, [
      async (run) => {
        await transact(scheduledDb(run), (tx) =>
          attachOrders(tx, shop.keys.merchant_id, [{ email, customer_id: ada }], at),
        )
      },
      async (run) => {
        const units = JSON.stringify([{ order_id: ids[0], line_id: line?.id, quantity: 1 }])
        await transact(scheduledDb(run), (tx) =>
          tx.query('select order_cancel_lines($1, $2, $3)', [shop.keys.merchant_id, units, at]),
        )
      },
    ])
    // A version goes up with its event, and no actor writes one here.
    const { customer_id, version, lines } = await orders.read(ids[0] as string)
    assert.deepEqual([customer_id, version, lines[0]?.quantity_cancelled], [ada, 1, 1], order)
    // The sums are written by whoever cancels; here it is undone instead.
    const back = JSON.stringify([{ order_id: ids[0], line_id: line?.id, quantity: -1 }])
    await shop.database.db.query('select order_cancel_lines($1, $2, $3)', [shop.keys.merchant_id, back, at])
  }
})
