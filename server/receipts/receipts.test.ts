// Receipts over HTTP: one per sale and per refund, numbered without a gap, with VAT that adds up; copies counted; by mail.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Api, createApi, type Refusal } from '../../test/api.ts'
import { CARDS, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type TillShop, tillShop } from '../../test/scenarios/till-shop.ts'
import { paperOf } from './paper.ts'
import type { ReceiptView } from './view.ts'

/** A receipt with nothing on it. */
const EMPTY = {
  ...{
    kind: 'sale',
    is_gift: false,
    copy: 0,
    number: 1,
    issued_at: '2026-11-27T10:00:00Z',
    offline: null,
    store: null,
    register: null,
  },
  ...{ seller: { name: 'Shop', organisation_number: null, vat_number: null, address: [] }, cashier: null, order: null },
  ...{ currency: 'EUR', lines: [], total: 1210, vat: [], tenders: [], given_back: null, fiscal: null, url: null },
}

let shop: Shop
let till: TillShop
let cashier: Api
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  await till.goods.sells('bread', '1.09', {}, { tax_category: 'food' })
  cashier = await till.signIn('cashier')
  await till.open(cashier, 10_000)
})
after(() => shop.close())

async function receipt(id: string, api: Api = cashier): Promise<ReceiptView> {
  const answer = await api.get<ReceiptView>(`/v1/receipts/${id}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const printed = async (id: string, body: object = {}) => {
  const answer = await cashier.call<ReceiptView>('POST', `/v1/receipts/${id}/prints`, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}

test('a receipt says who sold what to which VAT, how it was paid and by whom, and stands in the journal', async () => {
  const { order, payment, total } = await till.sell(cashier, { mug: 2 })
  const shown = await receipt(order)
  assert.deepEqual([shown.kind, shown.total, shown.cashier], ['sale', total, 'Sanne de Vries'])
  assert.deepEqual(
    shown.lines.map(({ name, quantity, total: amount }) => [name, quantity, amount]),
    [['mug', 2, 2420]],
  )
  assert.deepEqual(shown.vat, [{ rate_bp: 2100, net: 2000, tax: 420, gross: 2420 }])
  assert.deepEqual(
    shown.tenders.map(({ method, amount, change, card }) => [method, amount, change, card]),
    [['cash', 2420, 0, null]],
  )
  assert.match(shown.url ?? '', /\/o\/[\w-]{67}$/)
  assert.equal(shown.fiscal?.mark.length, 4)
  const { body } = await shop.api.get<{ data: { sequence: number; subject_id: string }[] }>(
    `/v1/journal?register_id=${shop.till}&limit=100`,
  )
  assert.equal(body.data.find(({ subject_id }) => subject_id === shown.id)?.sequence, shown.fiscal?.journal_sequence)
  assert.deepEqual(await receipt(payment), shown, 'found by its payment')
  assert.deepEqual(await receipt(shown.id as string), shown, 'and by itself')
})

test('receipts of a register are numbered without a gap, also when many are asked for at once', async () => {
  const sales = await Promise.all(Array.from({ length: 6 }, () => till.sell(cashier, { mug: 1 })))
  const other = await shop.another()
  const shown = await Promise.all(
    sales.flatMap(({ payment }) => [receipt(payment), receipt(payment, other as unknown as Api)]),
  )
  const numbers = [...new Set(shown.map(({ number }) => number as number))].sort((a, b) => a - b)
  assert.equal(numbers.length, 6)
  assert.equal((numbers.at(-1) as number) - (numbers[0] as number), 5)
})

test('a ticket with two rates, paid in two ways, is one receipt, when the last tender is through', async () => {
  const lines = [
    { variant_id: till.goods.variant('mug'), quantity: 1 },
    { variant_id: till.goods.variant('bread'), quantity: 10 },
  ]
  const cart = await cashier.call<{ id: string }>('POST', '/v1/carts', { currency: 'EUR', channel: 'pos', lines })
  const order = await cashier.command('/v1/orders', { cart_id: cart.body.id })
  const sale = { amount: 2300, currency: 'EUR', channel: 'pos', order_id: order.body.id } as const
  const tender = { method: 'card', terminal_id: shop.terminal, amount: 1300 } as const
  const first = await cashier.pay({ ...sale, tender })
  assert.equal(first.body.status, 'partially_captured', first.text)
  assert.equal((await receipt(first.body.id)).number, null, 'half of it is no sale yet')
  const cash = { method: 'cash', cash: { register_id: shop.till, tendered: 2000 } } as const
  const rest = await cashier.tender(first.body.id, cash)
  assert.equal(rest.body.status, 'captured', rest.text)
  const shown = await receipt(first.body.id)
  assert.deepEqual(shown.vat, [
    { rate_bp: 2100, net: 1000, tax: 210, gross: 1210 },
    { rate_bp: 900, net: 1000, tax: 90, gross: 1090 },
  ])
  assert.deepEqual(
    shown.tenders.map(({ method, amount, tendered, change }) => [method, amount, tendered, change]),
    [
      ['card', 1300, null, null],
      ['cash', 1000, 2000, 1000],
    ],
  )
  assert.match(shown.tenders[0]?.card?.last4 ?? '', /^\d{4}$/)
})

test('the first print is the original, further ones are copies; a gift receipt has no prices and is none', async () => {
  const { order } = await till.sell(cashier, { mug: 1 })
  assert.deepEqual([(await receipt(order)).prints, (await printed(order)).copy, (await printed(order)).copy], [0, 0, 1])
  const gift = await printed(order, { gift: true })
  assert.deepEqual([gift.is_gift, gift.copy, gift.total, gift.vat, gift.tenders], [true, null, null, [], []])
  assert.ok(!JSON.stringify(gift).includes('1210'), 'nothing of the price shows')
  assert.equal((await receipt(order)).prints, 2)
  const { body } = await shop.api.get<{ data: { kind: string }[] }>(`/v1/journal?register_id=${shop.till}&limit=100`)
  assert.equal(body.data.filter(({ kind }) => kind === 'copy').length, 1)
})

test('prints at the same moment get different numbers', async () => {
  const { order } = await till.sell(cashier, { mug: 1 })
  const copies = await Promise.all([1, 2, 3, 4].map(async () => (await printed(order)).copy))
  assert.deepEqual(copies.sort(), [0, 1, 2, 3])
})

test('a refund has a receipt of its own, with the VAT of what came back', async () => {
  const { payment } = await till.sell(cashier, { mug: 1, bread: 10 })
  const back = await cashier.refund(payment, { amount: 1150, reason: 'broken' })
  assert.equal(back.status, 201, back.text)
  const shown = await receipt(back.body.operations?.[0]?.id as string)
  assert.deepEqual([shown.kind, shown.total, shown.given_back?.method], ['refund', 1150, 'cash'])
  assert.equal(
    shown.vat.reduce((sum, { gross }) => sum + gross, 0),
    1150,
  )
})

test('what was sold on the web has a receipt without number and mark', async () => {
  const order = await till.goods.order({ mug: 1 })
  assert.equal((await shop.api.get<Refusal>(`/v1/receipts/${order.id}`)).body.code, 'invalid-state')
  await till.goods.pay(order, CARDS.approved)
  const shown = await receipt(order.id, shop.api)
  assert.deepEqual([shown.number, shown.fiscal, shown.register, shown.cashier], [null, null, null, null])
  assert.deepEqual(shown.vat[0]?.rate_bp, 2100)
})

test('a receipt goes by mail, in the reader’s language, with amounts as they write them', async () => {
  const { order } = await till.sell(cashier, { mug: 2 })
  const bad = await cashier.call<Refusal>('POST', `/v1/receipts/${order}/mail`, { to: 'a@b@c' })
  assert.equal(bad.status, 422)
  for (const [language, subject, amount] of [
    ['nl', 'Je kassabon van Story Retail', '€ 24,20'],
    ['sv', 'Ditt kvitto från Story Retail', '24,20 €'],
    ['fr', 'Votre ticket de Story Retail', '24,20 €'],
  ] as const) {
    const to = `ada-${language}@example.com`
    const sent = await cashier.call('POST', `/v1/receipts/${order}/mail`, { to, language })
    assert.equal(sent.status, 202, sent.text)
    const { rows } = await shop.database.db.query<{ subject: string; text: string }>(
      'select subject, text from mail where recipient = $1',
      [to],
    )
    assert.equal(rows[0]?.subject, subject)
    const said = (rows[0]?.text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ')
    assert.ok(said.includes(amount), said)
  }
})

test('a print comes as bytes for the printer, with the drawer opened only when asked, and a copy says so', async () => {
  const { order } = await till.sell(cashier, { mug: 2 })
  const bytes = async (escpos: object) => {
    const answer = await printed(order, { escpos })
    return Buffer.from((answer as unknown as { escpos: string }).escpos, 'base64').toString('latin1')
  }
  const first = await bytes({ columns: 42, language: 'nl', drawer: true })
  assert.ok(first.startsWith('\x1b@'), 'the printer begins anew')
  assert.equal(first.split('\x1bp').length, 2, 'one pulse to the drawer')
  assert.equal(first.split('\x1dV').length, 2, 'one cut')
  assert.match(first, /2 x mug +24,20/)
  assert.match(first, /Contant +24,20/)
  assert.match(first, /Btw 21/)
  assert.ok(!first.includes('KOPIE'))
  const second = await bytes({ language: 'nl' })
  assert.ok(second.includes('KOPIE 1') && !second.includes('\x1bp'))
})

test('nothing of an article’s name becomes a command of the printer', () => {
  const line = { name: 'Mug \x1bp\x00\x19\xfa\x1dV\x00', sku: null, quantity: 1, unit: 'piece', total: 1210 }
  const view = { ...EMPTY, lines: [line] } as unknown as ReceiptView
  const paper = Buffer.from(paperOf(view, { columns: 32, opensDrawer: false })).toString('latin1')
  assert.ok(!paper.includes('\x1bp'), 'no drawer')
  assert.equal(paper.split('\x1dV').length, 2, 'the one cut at the end')
})

test('another merchant’s receipt is nobody’s', async () => {
  const { order } = await till.sell(cashier, { mug: 1 })
  const { keys } = await shop.neighbour()
  const theirs = createApi(shop.send, keys.secret_key)
  const id = (await receipt(order)).id as string
  for (const path of [id, order]) assert.equal((await theirs.get(`/v1/receipts/${path}`)).status, 404)
})
