// An edit says where what it adds goes, takes what it has freed, and obeys the rules that hold when an order is placed.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { createApi, type Refusal } from '../api.ts'
import { ADDRESS } from './order-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'
import { type TransferShop, transferShop } from './transfer-shop.ts'

let shop: Shop
let at: TransferShop
let stories = 0
before(async () => {
  shop = await openShop()
  at = transferShop(shop)
  await at.sells('song', '2.00')
  await at.sells('wrapping', '1.00')
})
// Each story has a lamp of its own: five in the web shop, five in the shop of the till.
beforeEach(async () => {
  await at.sells('lamp', '30.00', { track: 'quantity', sku: `LAMP-${++stories}` })
  await at.receive('lamp', at.web, 5n)
  await at.receive('lamp', at.till, 5n)
})
after(() => shop.close())

const line = (name: string, fulfilment?: object, quantity = 1) => ({
  ...{ variant_id: at.variant(name), quantity },
  ...(fulfilment === undefined ? {} : { fulfilment }),
})
async function paid(lines: object[], more: object = {}, order: object = {}): Promise<OrderView> {
  const placed = await at.place(await at.cart({}, { lines, ...more }), order)
  assert.equal(placed.status, 201, placed.text)
  if (placed.body.charge === 'now')
    assert.equal((await at.pay(placed.body, CARDS.approved, { channel: placed.body.channel })).status, 201)
  return at.read(placed.body.id)
}
const here = { mode: 'collect' }
const collect = () => ({ ...here, store_id: at.till })

function isRefused(
  answer: { status: number; text: string; body: Refusal },
  pointer: string,
  code = 'validation-error',
) {
  assert.deepEqual([answer.status, answer.body.code], [422, code], answer.text)
  assert.equal(answer.body.errors[0]?.pointer, pointer, answer.text)
}

/** Confirms the edit, pays what it costs and answers mode, store and units of each fulfilment. */
async function edited(order: OrderView, edit: object): Promise<unknown[]> {
  const draft = await at.draft(order.id, edit)
  assert.equal(draft.status, 201, draft.text)
  const confirmed = await at.confirm(order.id, draft.body.id)
  assert.equal(confirmed.status, 200, confirmed.text)
  await shop.settle()
  return (await at.fulfilments(order.id)).map(({ mode, store_id, destination_store_id, lines }) => [
    mode,
    destination_store_id ?? store_id,
    lines.reduce((sum, each) => sum + each.quantity - each.dropped, 0),
  ])
}

test('what is added goes as the rest does, where the rest goes one way', async () => {
  const collected = await paid([line('lamp', collect())])
  assert.deepEqual(await edited(collected, { add: [line('lamp', undefined, 2)] }), [
    ['collect', at.till, 1],
    ['collect', at.till, 2],
  ])
  const sent = await paid([line('lamp', { mode: 'ship' })])
  assert.deepEqual(await edited(sent, { add: [line('lamp')] }), [
    ['ship', sent.store_id ?? (await at.fulfilments(sent.id))[0]?.store_id, 1],
    ['ship', (await at.fulfilments(sent.id))[1]?.store_id, 1],
  ])
})

test('of an order that goes several ways an edit says which; what is not handed over needs none', async () => {
  const mixed = await paid([line('lamp', collect()), line('lamp', { mode: 'ship' })])
  isRefused(await at.draft(mixed.id, { add: [line('lamp')] }), '/add/0/fulfilment')
  const fee = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Insurance', kind: 'fee' },
    variants: [{ sku: 'FEE', track: 'none', prices: [{ currency: 'EUR', unit_price: '4.00' }] }],
  })
  const add = [line('lamp', collect()), { variant_id: fee.body.variants[0]?.id, quantity: 1 }]
  const ways = await edited(mixed, { add })
  assert.deepEqual(ways.at(-1), ['collect', at.till, 1])
  assert.equal(ways.length, 3)
})

test('the way of a line that has left the order counts no more', async () => {
  const mixed = await paid([line('lamp', collect()), line('song', { mode: 'ship' })])
  await edited(mixed, { remove: [mixed.lines[1]?.id] })
  assert.deepEqual((await edited(mixed, { add: [line('lamp')] })).at(-1), ['collect', at.till, 1])
})

test('an added line is collected in the store it names, or sent to its own address', async () => {
  const collected = await paid([line('lamp', collect())], { shipping_address: undefined })
  const address = { ...ADDRESS, line1: 'Herengracht 2' }
  isRefused(await at.draft(collected.id, { add: [line('lamp', { mode: 'ship' })] }), '/add/0/fulfilment/address')
  isRefused(await at.draft(collected.id, { add: [line('lamp', here)] }), '/add/0/fulfilment/store_id')
  const abroad = { mode: 'ship', address: { ...ADDRESS, country: 'DE' } }
  isRefused(await at.draft(collected.id, { add: [line('lamp', abroad)] }), '/add/0/fulfilment/address/country')
  const misplaced = { ...collect(), address }
  isRefused(await at.draft(collected.id, { add: [line('lamp', misplaced)] }), '/add/0/fulfilment/address')
  const nowhere = { mode: 'collect', store_id: 'sto_00000000000000000000000000' }
  isRefused(
    await at.draft(collected.id, { add: [line('lamp', nowhere)] }),
    '/add/0/fulfilment/store_id',
    'reference-not-found',
  )
  // The web shop hands nothing out.
  const closed = { mode: 'collect', store_id: at.web }
  isRefused(await at.draft(collected.id, { add: [line('lamp', closed)] }), '/add/0')

  const second = { ...ADDRESS, line1: 'Singel 3' }
  const add = [
    line('lamp', { mode: 'ship', address }),
    line('lamp', { mode: 'ship', address: second }),
    line('lamp', collect()),
  ]
  const ways = await edited(collected, { add })
  assert.deepEqual(ways.map((way) => (way as string[])[0]).sort(), ['collect', 'collect', 'ship', 'ship'])
  const sent = (await at.fulfilments(collected.id)).filter(({ mode }) => mode === 'ship')
  assert.deepEqual(sent.map((f) => (f.address as typeof ADDRESS | null)?.line1).sort(), ['Herengracht 2', 'Singel 3'])
})

test('an edit obeys what placing does: who says "taken along", what is digital, what a later charge allows', async () => {
  const order = await paid([line('lamp', collect())])
  isRefused(
    await at.draft(order.id, { add: [line('lamp', { mode: 'take_away', store_id: at.till })] }),
    '/add/0/fulfilment',
  )
  isRefused(await at.draft(order.id, { add: [line('lamp', { mode: 'digital' })] }), '/add/0/variant_id')
  const token = await shop.api.token(CARDS.approved)
  const later = await paid([line('lamp', collect())], {}, { charge: 'on_collection', token })
  isRefused(await at.draft(later.id, { add: [line('song', { mode: 'digital' })] }), '/add/0')
  isRefused(await at.draft(later.id, { add: [line('lamp', { mode: 'ship' })] }), '/add/0')
  const gift = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Gift card', kind: 'gift_card' },
    variants: [{ sku: 'GIFT', track: 'none', prices: [{ currency: 'EUR', unit_price: '50.00' }] }],
  })
  isRefused(await at.draft(later.id, { add: [{ variant_id: gift.body.variants[0]?.id, quantity: 1 }] }), '/add/0')

  const counter = await paid([line('lamp', { mode: 'take_away' })], { channel: 'pos', store_id: at.till })
  assert.deepEqual(await edited(counter, { add: [line('lamp', collect())] }), [
    ['take_away', at.till, 1],
    ['collect', at.till, 1],
  ])
})

test('a line of a cart is taken along only where staff say so, and no goods are digital', async () => {
  const page = createApi(shop.send, shop.keys.publishable_key, 'page')
  const cart = { currency: 'EUR', channel: 'web', store_id: at.till }
  const taken = { mode: 'take_away', store_id: at.till }
  for (const [api, channel] of [
    [page, 'web'],
    [page, 'kiosk'],
    [shop.api, 'web'],
  ] as const)
    for (const lines of [[line('lamp', taken)]])
      isRefused(await api.call('POST', '/v1/carts', { ...cart, channel, lines }), '/lines/0/fulfilment/mode')
  isRefused(
    await shop.api.call('POST', '/v1/carts', { ...cart, lines: [line('lamp', { mode: 'digital' })] }),
    '/lines/0/fulfilment/mode',
  )
  const made = await page.call<{ id: string; secret: string; lines: { id: string }[] }>('POST', '/v1/carts', {
    ...cart,
    lines: [line('lamp'), line('song')],
  })
  const options = { headers: { 'cart-secret': made.body.secret } }
  const [lamp, song] = made.body.lines.map(({ id }) => `/v1/carts/${made.body.id}/lines/${id}`)
  const add = { lines: [line('lamp', taken)] }
  isRefused(await page.call('POST', `/v1/carts/${made.body.id}/lines`, add, options), '/lines/0/fulfilment/mode')
  isRefused(await page.call('PATCH', lamp as string, { fulfilment: taken }, options), '/fulfilment/mode')
  isRefused(await page.call('PATCH', lamp as string, { fulfilment: { mode: 'digital' } }, options), '/fulfilment/mode')
  assert.equal((await page.call('PATCH', song as string, { fulfilment: { mode: 'digital' } }, options)).status, 200)
})

test('an edit frees before it takes: a kit less, and its parts are there for the order itself', async () => {
  await at.sells('bulb', '3.00', { track: 'quantity', sku: `BULB-${stories}` })
  await at.receive('bulb', at.till, 5n)
  await at.sells('set', '9.00', {
    sku: `SET-${stories}`,
    components: [{ variant_id: at.variant('bulb'), quantity: 2 }],
  })
  // Two sets and a bulb take all five.
  for (const state of ['placed', 'confirmed'] as const) {
    const lines = [line('set', collect(), 2), line('bulb', collect())]
    const placed = await at.place(await at.cart({}, { lines }))
    assert.equal(placed.status, 201, placed.text)
    if (state === 'confirmed') {
      await at.pay(placed.body)
      await at.fulfilments(placed.body.id)
    }
    const [set, bulb] = placed.body.lines
    // One set less frees two; two bulbs more take them.
    const quantities = [
      { line_id: set?.id, quantity: 1 },
      { line_id: bulb?.id, quantity: 3 },
    ]
    const tooMany = [quantities[0], { line_id: bulb?.id, quantity: 4 }]
    assert.equal((await at.draft(placed.body.id, { quantities: tooMany })).body.code, 'out-of-stock')
    const draft = await at.draft(placed.body.id, { quantities })
    assert.equal(draft.status, 201, draft.text)
    const confirmed = await at.confirm(placed.body.id, draft.body.id)
    assert.equal(confirmed.status, 200, confirmed.text)
    await shop.settle()
    assert.deepEqual(await at.level('bulb', at.till), [5, 5], state)
    const { order_id, ...rest } = { order_id: placed.body.id, reason: 'next round' }
    await at.cancel(order_id, rest)
    await shop.settle()
    assert.deepEqual(await at.level('bulb', at.till), [5, 0], state)
  }
})

test('of two edits of one order at two processes one is carried out, and the other does nothing at all', async () => {
  await at.receive('lamp', at.till, 1n)
  const order = await paid([line('lamp', collect(), 6)])
  assert.deepEqual(await at.level('lamp', at.till), [6, 6])
  const [lamp] = order.lines
  const less = await at.draft(order.id, { quantities: [{ line_id: lamp?.id, quantity: 5 }] })
  const swap = await at.draft(order.id, {
    quantities: [{ line_id: lamp?.id, quantity: 5 }],
    add: [line('lamp', collect(), 1)],
  })
  assert.equal(swap.status, 201, swap.text)
  const other = await shop.another()
  const confirm = (api: Pick<typeof shop.api, 'command'>, change: string) =>
    api.command(`/v1/orders/${order.id}/changes/${change}/confirm`, {})
  const answers = await Promise.all([confirm(shop.api, less.body.id), confirm(other, swap.body.id)])
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412])
  await shop.settle()
  const [, reserved] = await at.level('lamp', at.till)
  assert.equal(reserved, answers[0]?.status === 200 ? 5 : 6)
})
