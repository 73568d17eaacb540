// Facts of other systems' public test suites about goods and books, mapped to our states: M2.x are Medusa's (MIT) about returns,
// V3.x Vendure's about stock, F1 to F5 Formance's (MIT) about a ledger. Those about payments stand with payments, the others with
// totals, retries and evidence; the last test says where each is.
//
// | theirs | ours |
// |---|---|
// | allocated | `reserved`: promised to an order, still on hand |
// | allocation, release, sale, cancellation | reservation, its release, movement `sale`, movement `return` |
// | a cancelled fulfilment | before it has left: `cancelled`, or `rejected` and on its way again; after that it can only come back |
// | requested, received | `outstanding`, `received` of a return's line |
// | dismissed and written off | `damaged`: in a bucket of its own, not for sale |
// | a return that is gone (404) | `cancelled`, and kept |
// | world | `sales_clearing`; accounts are ours to make, and nobody posts to them by hand |
// | INSUFFICIENT_FUND | declined, `insufficient_balance`: nothing is kept in the books |
// | VALIDATION, NO_POSTINGS | 422 `validation-error` |
// | an authorisation adjusted to an amount | an increment by the difference; an older one cannot overtake it |
// | CONFLICT | 409 `order-already-paid`, `idempotency-key-reused` |

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { PaymentInput } from '../../server/payments/payment.ts'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
  floor = returnShop(shop)
  counter = counterShop(shop)
})
after(() => shop.close())

// ---- M2 Returns with stock: an order of two, two left on hand ---------------------------------------------------------

async function twoBought(name: string) {
  await floor.stocked(name, '30.00', 4)
  const order = await floor.bought({ [name]: 2 }, (placed) => floor.pay(placed, CARDS.approved, { channel: 'pos' }))
  const { body } = await floor.ask(order, { [name]: 2 })
  /** What is awaited, has come, and of it is damaged; and on hand. */
  const stands = async () => {
    const [line] = (await floor.readReturn(body.id)).lines
    return [line?.outstanding, line?.received, line?.damaged, (await floor.onHand(name))['on_hand']]
  }
  return { order, id: body.id, stands }
}

const one = (disposition: string) => [{ no: 1, quantity: 1, disposition }]

test('M2.1 M2.2 M2.3 M2.4 M2.5 of two that are asked for, one comes back in good order and one damaged', async () => {
  const { id, stands } = await twoBought('returned')
  assert.deepEqual(await stands(), [2, 0, 0, 2], 'M2.1 requested 2')
  assert.equal((await floor.receive(id, one('restock'))).status, 200)
  assert.deepEqual(await stands(), [1, 1, 0, 3], 'M2.2 one in good order')
  const none = await floor.receive(id, [{ no: 1, quantity: 0, disposition: 'restock' }])
  assert.deepEqual([none.status, none.body.code], [422, 'validation-error'], 'M2.3 none is refused')
  assert.equal((await floor.receive(id, one('damaged'))).status, 200)
  assert.deepEqual(await stands(), [0, 2, 1, 4], 'M2.4 the other damaged')
  const { available, damaged } = await floor.onHand('returned')
  assert.deepEqual([available, damaged], [3, 1], 'M2.5 only the good one is for sale again')
})

test('M2.6 what sending back costs is 10.00, then by staff 10.02, then 10.00 again', async () => {
  const { rules } = (await shop.api.get<{ rules: object }>('/v1/return_policy')).body
  await shop.api.call('PUT', '/v1/return_policy', { ...rules, shipping_fee: { EUR: 1000 } })
  await floor.stocked('sent back', '30.00', 2)
  const order = await floor.bought({ 'sent back': 1 }, (placed) =>
    floor.pay(placed, CARDS.approved, { channel: 'pos' }),
  )
  const asked = await floor.ask(order, { 'sent back': 1 }, { channel: 'web', store_id: undefined })
  const fee = async (fee: number | null) => {
    const path = `/v1/returns/${asked.body.id}/shipping_fee`
    return (await shop.api.call<{ shipping_fee: number }>('PUT', path, { fee })).body.shipping_fee
  }
  assert.deepEqual([asked.body.shipping_fee, await fee(1002), await fee(null)], [1000, 1002, 1000])
  await shop.api.call('PUT', '/v1/return_policy', rules)
})

test('M2.7 a return that is cancelled is kept, takes no goods, and frees its units to be asked for again', async () => {
  const { order, id } = await twoBought('kept')
  assert.equal((await floor.step(id, 'cancel')).status, 200)
  assert.equal((await floor.readReturn(id)).state, 'cancelled')
  assert.equal((await floor.receive(id, one('restock'))).status, 409)
  assert.equal((await floor.ask(order, { kept: 2 })).status, 201)
})

// ---- V3 Stock: five on hand -------------------------------------------------------------------------------------------

/** An order of so many that is sent from the shop, held on a card. */
async function fiveAndOrdered(name: string, quantity: number) {
  await floor.stocked(name, '30.00', 5)
  const lines = [{ variant_id: floor.variant(name), quantity, fulfilment: { mode: 'ship', store_id: floor.shopFloor } }]
  const order = (await floor.place(await floor.cart({}, { lines }), { charge: 'on_shipment' })).body
  /** On hand, and of it allocated. */
  const level = async () => {
    const row = await floor.onHand(name)
    return [row['on_hand'], row['reserved']]
  }
  const held = () => floor.pay(order, CARDS.approved, { capture: 'manual' })
  const leaves = async () => {
    await shop.settle()
    const [parcel] = await at.fulfilments(order.id)
    await at.does(parcel?.id as string, 'accept', 'pick', 'ready')
    const sent = await at.ship(parcel?.id as string)
    assert.equal(sent.body.state, 'shipped', sent.text)
    return parcel?.id as string
  }
  return { order, level, held, leaves }
}

test('V3.1 V3.2 V3.3 V3.4 V3.6 three of five are allocated, one is released, two leave and come back', async () => {
  const { order, level, held, leaves } = await fiveAndOrdered('three', 3)
  assert.deepEqual(await level(), [5, 3], 'V3.1 placed')
  await held()
  await shop.settle()
  assert.deepEqual(await level(), [5, 3], 'V3.6 authorised: allocated once')
  const lines = [{ line_id: order.lines[0]?.id, quantity: 1 }]
  assert.equal((await floor.cancel(order.id, { reason: 'one is too many', lines })).status, 200)
  assert.deepEqual(await level(), [5, 2], 'V3.2 one cancelled')
  await leaves()
  assert.deepEqual(await level(), [3, 0], 'V3.3 fulfilled')
  assert.equal((await floor.cancel(order.id, { reason: 'too late' })).status, 409, 'what has left can only come back')
  const settled = await floor.brought(await floor.read(order.id), { three: 2 })
  assert.deepEqual([settled.state, await level()], ['settled', [5, 0]], 'V3.4 both are back')
})

test('V3.5 what a store turns down before it left is on hand and allocated still; what has left is not called back', async () => {
  const { order, level, held, leaves } = await fiveAndOrdered('single', 1)
  await held()
  const parcel = await leaves()
  assert.deepEqual(await level(), [4, 0])
  assert.equal((await at.tell(parcel, 'cancel', { reason: 'called back' })).status, 409)
  assert.deepEqual([await level(), (await floor.read(order.id)).fulfilment_status], [[4, 0], 'fulfilled'])

  const again = await fiveAndOrdered('turned down', 1)
  await again.held()
  await shop.settle()
  const [first] = await at.fulfilments(again.order.id)
  await at.does(first?.id as string, 'accept', 'pick')
  // Another store has one too, and sends it.
  const lines = [{ variant_id: floor.variant('turned down'), quantity: 1, reason: 'initial' }]
  await shop.api.call('POST', '/v1/stock/adjustments', { store_id: at.web, lines })
  assert.equal((await at.tell(first?.id as string, 'reject', { reason: 'no_capacity' })).status, 200)
  const there = await floor.onHand('turned down', at.web)
  assert.deepEqual([await again.level(), there['on_hand'], there['reserved']], [[5, 0], 1, 1])
})

// ---- S8, which stands apart from the others ---------------------------------------------------------------------------

test('S8 what is held is adjusted from 11.00 to 100.00 by the difference, once however often it is sent', async () => {
  const token = await shop.api.token(CARDS.approved)
  const sale = { amount: 1100, currency: 'EUR', channel: 'web', capture: 'manual' } as const
  const held = await shop.api.pay({ ...sale, tender: { method: 'card', token } })
  const adjust = () =>
    shop.api.command(`/v1/payments/${held.body.id}/increments`, { amount: 8900 }, { key: 'to-a-hundred' })
  const [adjusted, again] = [await adjust(), await adjust()]
  assert.deepEqual([adjusted.body.amount_authorized, again.text], [10_000, adjusted.text])
  assert.equal((await shop.api.payment(held.body.id)).amount_authorized, 10_000)
})

// ---- F A ledger -------------------------------------------------------------------------------------------------------

/** Balances, debit positive. */
async function balances(): Promise<Record<string, number>> {
  const { body } = await shop.api.get<{ data: { account: string; debit: number; credit: number }[] }>(
    '/v1/ledger/trial_balance',
  )
  const sums: Record<string, number> = {}
  for (const { account, debit, credit } of body.data) sums[account] = (sums[account] ?? 0) + debit - credit
  return sums
}

test('F1 100 that come in are 100 out of one account and 100 into another, and the entry tells both', async () => {
  const before = await balances()
  const paid = await shop.api.pay({ amount: 100, currency: 'EUR', channel: 'pos', tender: counter.inCash(100) })
  const now = await balances()
  const drawer = Object.keys(now).find((account) => account.startsWith('cash:')) as string
  const change = (account: string) => (now[account] ?? 0) - (before[account] ?? 0)
  assert.deepEqual([change(drawer), change('sales_clearing')], [100, -100])
  assert.deepEqual(await shop.books(paid.body.id), ['sale_succeeded, cash +100, sales_clearing -100'])
})

test('F2 100 from an empty card are declined, and nothing is kept of them', async () => {
  const before = await balances()
  const card = await counter.giftCard(100)
  const spend = () => shop.api.pay({ amount: 100, currency: 'EUR', channel: 'pos', tender: counter.withCard(card) })
  await spend()
  const empty = await balances()
  const { body } = await spend()
  assert.deepEqual([body.status, body.amount_captured, body.decline?.code], ['failed', 0, 'insufficient_balance'])
  assert.deepEqual(await shop.books(body.id), [])
  assert.deepEqual(await balances(), empty)
  assert.notDeepEqual(empty, before)
})

test('F3 F5 an amount that is missing, negative or nothing, a strange account and a strange currency are refused', async () => {
  const before = await balances()
  const sale = { amount: 100, currency: 'EUR', channel: 'pos', tender: counter.inCash(100) }
  const wrong: [what: string, input: object][] = [
    ['no amount', { ...sale, amount: undefined }],
    ['a negative one', { ...sale, amount: -100 }],
    ['F5 nothing to post', { ...sale, amount: 0 }],
    ['a drawer nobody has', { ...sale, tender: { method: 'cash', cash: { register_id: 'drawer!' } } }],
    ['a currency nobody has', { ...sale, currency: 'EURO' }],
  ]
  for (const [what, input] of wrong) {
    const { status, text } = await shop.api.pay(input as PaymentInput)
    assert.equal(status, 422, `${what}: ${text}`)
  }
  assert.deepEqual(await balances(), before)
})

// ---- All of them ------------------------------------------------------------------------------------------------------

/** Facts by family, each from 1 on. */
const FACTS = { 'H1.': 10, 'H2.': 9, 'M2.': 7, 'V1.': 1, 'V3.': 6, 'V4.': 5, F: 6, S: 16 }

test('every fact stands in the title of a test', () => {
  const root = join(import.meta.dirname, '../..')
  const files = globSync(['server/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
  const sources = files.map((file) => readFileSync(join(root, file), 'utf8'))
  const titles = sources.flatMap((text) =>
    [...text.matchAll(/(?:test\(|it\(|\[\s*|\bid: )'([^']*)'/g)].map(([, title]) => title),
  )
  const named = new Set(titles.flatMap((title) => title?.match(/\b(?:[HMV]\d\.|[FS])\d+\b/g) ?? []))
  const missing = Object.entries(FACTS).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, i) => `${family}${i + 1}`).filter((id) => !named.has(id)),
  )
  assert.deepEqual(missing, [])
})
