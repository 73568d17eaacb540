// A single-purpose voucher: its VAT is due when it is sold, stands in the line, the order and the books, is not due again on what it
// buys, and goes back with a voucher that comes back unused.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import { type CounterShop, counterShop, type IssuedCard } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
let voucher: string
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  await floor.sells('massage', '30.00')
  const terms = { name: 'Spa', voucher: 'single_purpose', tax_category: 'standard', tax_rate_bp: 2_100, skus: ['SPA'] }
  const programme = await shop.api.call('PUT', '/v1/gift_card_programmes/spa', terms)
  assert.equal(programme.status, 200, programme.text)
  const made = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Spa voucher', kind: 'gift_card', is_returnable: true },
    variants: [{ sku: 'SPA', track: 'none', prices: [{ currency: 'EUR', unit_price: '25.00' }] }],
  })
  assert.equal(made.status, 201, made.text)
  voucher = made.body.variants[0]?.id as string
})
after(() => shop.close())

/** What the books say of these accounts: debit less credit. */
async function books(...accounts: string[]): Promise<number[]> {
  await shop.settle()
  const { body } = await shop.api.get<{ data: { account: string; debit: number; credit: number }[] }>(
    '/v1/ledger/trial_balance',
  )
  return accounts.map((account) =>
    body.data.filter((row) => row.account === account).reduce((sum, { debit, credit }) => sum + debit - credit, 0),
  )
}
/** By how much `story` changes them. */
async function changes(story: () => Promise<unknown>): Promise<Record<string, number>> {
  const accounts = ['vat_payable', 'voucher_vat', 'gift_card_liability', 'sales_clearing', 'marketing_expense']
  const was = await books(...accounts)
  await story()
  const is = await books(...accounts)
  const moved = accounts.map((account, i) => [account, (is[i] as number) - (was[i] as number)] as const)
  return Object.fromEntries(moved.filter(([, amount]) => amount !== 0))
}

async function bought(quantity: number): Promise<{ order: OrderView; cards: IssuedCard[] }> {
  const lines = [{ variant_id: voucher, quantity }]
  const order = await floor.bought({}, (placed) => floor.pay(placed, undefined, { channel: 'pos' }), { lines })
  await shop.settle()
  const { body } = await shop.api.get<{ data: GiftCardView[] }>('/v1/gift_cards?limit=100')
  const cards = body.data.filter(({ order_id }) => order_id === order.id)
  return { order, cards: await Promise.all(cards.map(async (card) => ({ ...card, code: await counter.codeOf(card) }))) }
}
/** A massage for 30.00, of which this much is paid with the voucher and the rest by card. */
async function massage(card: IssuedCard, amount: number): Promise<{ order: OrderView; payment: string }> {
  const cart = await floor.cart({ massage: 1 }, { channel: 'pos', store_id: floor.shopFloor })
  const order = (await floor.place(cart)).body
  const tender = { ...counter.withCard(card), amount }
  const paid = await floor.pay(order, undefined, { channel: 'pos', tender })
  assert.equal(paid.status, 201, paid.text)
  const token = await shop.api.token(CARDS.approved)
  const rest = await shop.api.tender(paid.body.id, { method: 'card', token })
  assert.equal(rest.body.amount_captured, 3_000, rest.text)
  return { order: await floor.read(order.id), payment: paid.body.id }
}

test('three are sold with their VAT in the line, in the taxes of the order and in the books', async () => {
  let sold!: Awaited<ReturnType<typeof bought>>
  const moved = await changes(async () => {
    sold = await bought(3)
  })
  const { order, cards } = sold
  // 25.00 with 21 % in it has 4.34 of VAT, three 13.02.
  assert.deepEqual([order.total, order.tax, order.net, order.lines[0]?.tax_rate_bp], [7_500, 1_302, 6_198, 2_100])
  assert.deepEqual(order.taxes, [
    { tax_code: 'NL standard 2100', tax_rate_bp: 2_100, net: 6_198, tax: 1_302, total: 7_500 },
  ])
  assert.deepEqual(
    cards.map(({ voucher: kind, tax_rate_bp, balance }) => [kind, tax_rate_bp, balance]),
    Array.from({ length: 3 }, () => ['single_purpose', 2_100, 2_500]),
  )
  assert.deepEqual(moved, { gift_card_liability: -7_500, voucher_vat: 1_302, vat_payable: -1_302 })
})

test('what it buys bears no VAT again: in parts, and to the cent', async () => {
  const [card] = (await bought(1)).cards as [IssuedCard]
  const parts: OrderView[] = []
  const moved = await changes(async () => {
    for (const amount of [999, 1_501]) parts.push((await massage(card, amount)).order)
  })
  // 30.00 has 5.21 of VAT; of the voucher's 4.34 the first part brings 1.73, the second the rest.
  assert.deepEqual(
    parts.map(({ tax, tax_prepaid }) => [tax, tax_prepaid]),
    [
      [521, 173],
      [521, 261],
    ],
  )
  // Of 60.00 that came in, 4.34 went to the tax when the voucher was sold.
  assert.deepEqual(moved, { gift_card_liability: 2_500, voucher_vat: -434, sales_clearing: -6_000 + 434 })
})

test('what goes back onto it is prepaid again', async () => {
  const [card] = (await bought(1)).cards as [IssuedCard]
  const moved = await changes(async () => {
    const { order, payment } = await massage(card, 2_500)
    assert.equal(order.tax_prepaid, 434)
    const back = await shop.api.refund(payment)
    assert.equal(back.status, 201, back.text)
    assert.equal((await floor.read(order.id)).tax_prepaid, 0)
  })
  assert.deepEqual([moved, await counter.balanceOf(card)], [{}, 2_500])
})

test('one that comes back unused takes its VAT back', async () => {
  const { order } = await bought(2)
  const moved = await changes(async () => {
    const back = await floor.ask(order, {}, { lines: [{ line_id: order.lines[0]?.id, quantity: 1 }] })
    assert.equal(back.status, 201, back.text)
    const received = await floor.receive(back.body.id, [{ no: 1, quantity: 1, disposition: 'discard' }])
    assert.equal(received.status, 200, received.text)
    const settled = await floor.settle(back.body.id)
    assert.equal(settled.status, 200, settled.text)
    assert.deepEqual([settled.body.amount_goods, settled.body.amount_tax], [2_500, 434])
  })
  assert.deepEqual([moved['vat_payable'], moved['voucher_vat']], [434, -434])
})

test('one that is given away is taxed nowhere, and moved to a card for anything it is taxed on what that buys', async () => {
  const given = await changes(async () => {
    const made = await shop.api.command('/v1/gift_cards', { amount: 2_500, currency: 'EUR', programme: 'spa' })
    assert.equal(made.status, 201, made.text)
  })
  assert.deepEqual(given, { gift_card_liability: -2_500, voucher_vat: 434, marketing_expense: 2_500 - 434 })
  const [card] = (await bought(1)).cards as [IssuedCard]
  const other = await counter.giftCard(1_000)
  const moved = await changes(async () => {
    const answer = await shop.api.command(`/v1/gift_cards/${card.id}/transfer`, { to: other.id })
    assert.equal(answer.status, 201, answer.text)
  })
  assert.deepEqual(moved, { voucher_vat: -434, vat_payable: 434 })
})

test('an edit that adds one says its VAT before it is confirmed', async () => {
  const cart = await floor.cart({ massage: 1 }, { channel: 'pos', store_id: floor.shopFloor })
  const order = (await floor.place(cart)).body
  const add = [{ variant_id: voucher, quantity: 1, fulfilment: { mode: 'digital' } }]
  const draft = await floor.draft(order.id, { add })
  assert.equal(draft.status, 201, draft.text)
  assert.deepEqual([draft.body.preview.total, draft.body.preview.tax], [5_500, 521 + 434])
})
