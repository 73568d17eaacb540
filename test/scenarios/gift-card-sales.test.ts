// Gift cards as goods and in time: sold with an order, returned unspent, ended, and following a customer into a merge.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { transact } from '../../server/db/pool.ts'
import {
  createLimit,
  type GiftCardRow,
  type GiftCardSale,
  type GiftCardView,
  issueForOrder,
  type LoyaltyDeps,
  revealGiftCard,
  voidIssued,
} from '../../server/loyalty/index.ts'
import { keyedHash } from '../../server/vault/index.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'

let shop: Shop
let deps: LoyaltyDeps
before(async () => {
  shop = await openShop()
  const limit = createLimit(shop.clock, { windowMs: 1, perCaller: 1, perMerchant: 1 })
  deps = {
    db: shop.database.db,
    clock: shop.clock,
    newId: shop.payments.newId,
    keyedHash: (merchantId, of) => keyedHash(shop.payments, merchantId, of),
    limits: { checks: limit, misses: limit },
  }
})
after(() => shop.close())

async function assertBooks(): Promise<void> {
  assert.deepEqual(
    (await verifyBooks(shop.database.db)).filter((check) => check.broken > 0),
    [],
  )
}

function sell(order_id: string, more: Partial<GiftCardSale> = {}): Promise<GiftCardRow[]> {
  const sale = {
    line_id: 'l1',
    quantity: 1n,
    face_value: 5_000n,
    currency: 'EUR',
    channel: 'pos',
    at: shop.clock.now(),
  }
  return transact(shop.database.db, (tx) =>
    issueForOrder(deps, tx, shop.keys.merchant_id, { order_id, ...sale, ...more }),
  )
}

const takeBack = (card: { id: string }) =>
  transact(shop.database.db, (tx) =>
    voidIssued(deps, tx, shop.keys.merchant_id, { gift_card_id: card.id, channel: 'pos', at: shop.clock.now() }),
  )

async function paidOrder(amount: number): Promise<void> {
  const token = await shop.api.token(CARDS.approved)
  const paid = await shop.api.pay({ amount, currency: 'EUR', channel: 'web', tender: { method: 'card', token } })
  assert.equal(paid.body.status, 'captured')
}

const read = async (card: { id: string }) => (await shop.api.get<GiftCardView>(`/v1/gift_cards/${card.id}`)).body
const balanceOf = async (account: string) => {
  const { body } = await shop.api.get<{ data: { account: string; balance: number }[] }>('/v1/ledger/accounts')
  return body.data.find((row) => row.account === account)?.balance ?? 0
}

async function pay(card: { id: string; has_pin: boolean }, amount: number, currency = 'EUR') {
  const { code } = await revealGiftCard(deps, shop.keys.merchant_id, card)
  const tender = { method: 'gift_card', gift_card: { code } }
  return shop.api.pay({ amount, currency, channel: 'web', tender })
}

test('cards sold with an order move its money from sales to what is owed, once per unit however often it is told', async () => {
  await paidOrder(10_000)
  const cards = await sell('order-1', { quantity: 2n })
  assert.deepEqual(
    (await sell('order-1', { quantity: 2n })).map(({ id }) => id),
    cards.map(({ id }) => id),
  )
  const together = await Promise.all(Array.from({ length: 8 }, () => sell('order-2')))
  assert.equal(new Set(together.flat().map(({ id }) => id)).size, 1)
  assert.deepEqual([await balanceOf('sales_clearing'), await balanceOf('gift_card_liability')], [5_000, -15_000])
  assert.equal((await pay(cards[0] as GiftCardRow, 5_000)).body.status, 'captured')
  await assertBooks()
})

test('a card on offer owes its whole value, of which marketing paid a part', async () => {
  const before = await balanceOf('marketing_expense')
  const [card] = await sell('order-3', { paid: () => 4_500n })
  assert.equal((await read(card as GiftCardRow)).balance, 5_000)
  assert.equal((await balanceOf('marketing_expense')) - before, 500)
  assert.equal(await takeBack(card as GiftCardRow), true)
  assert.equal(await takeBack(card as GiftCardRow), true)
  assert.equal((await balanceOf('marketing_expense')) - before, 0)
  assert.deepEqual([(await read(card as GiftCardRow)).balance, (await read(card as GiftCardRow)).state], [0, 'blocked'])
  await assertBooks()
})

test('a card of which something is spent or held is not taken back', async () => {
  const [spent] = (await sell('order-4')) as [GiftCardRow]
  await pay(spent, 1)
  assert.equal(await takeBack(spent), false)
  assert.equal((await read(spent)).balance, 4_999)
  await assertBooks()
})

test('a blank card from the rack is activated by its sale, and sold once: the next sale gets a new one', async () => {
  const blank = await shop.api.command('/v1/gift_cards', { currency: 'EUR' })
  const { id, code } = blank.body as unknown as { id: string; code: string }
  const tender = { method: 'gift_card', gift_card: { code } }
  const early = await shop.api.pay({ amount: 100, currency: 'EUR', channel: 'web', tender })
  assert.deepEqual([early.status, early.body.code], [422, 'gift-card-invalid'])
  const [card] = await sell('order-5', { blank_ids: [id] })
  assert.equal(card?.id, id)
  const [other] = await sell('order-6', { blank_ids: [id] })
  assert.notEqual(other?.id, id)
  const paid = await shop.api.pay({ amount: 5_000, currency: 'EUR', channel: 'web', tender })
  assert.equal(paid.body.status, 'captured')
  await assertBooks()
})

test('a card of another currency is refused before anything is written', async () => {
  const [card] = (await sell('order-7')) as [GiftCardRow]
  const refused = await pay(card, 100, 'SEK')
  assert.deepEqual([refused.status, refused.body.code], [422, 'currency-mismatch'])
})

test('a card ends: it pays no more, says so, and a refund to it is declined', async () => {
  await shop.api.call('PUT', '/v1/gift_card_programmes/summer', {
    name: 'Summer',
    voucher: 'single_purpose',
    tax_category: 'standard',
    tax_rate_bp: 2_100,
    months_valid: 3,
  })
  const [card] = (await sell('order-8', { programme: 'summer' })) as [GiftCardRow]
  assert.deepEqual(
    [card.voucher, card.tax_rate_bp, card.expires_at?.toISOString().slice(0, 10)],
    ['single_purpose', 2_100, '2027-02-22'],
  )
  const paid = await pay(card, 1_000)
  shop.clock.advance(93 * DAY)
  const late = await pay(card, 1_000)
  assert.deepEqual([late.status, late.body.code], [422, 'gift-card-invalid'])
  const back = await shop.api.refund(paid.body.id)
  assert.equal(back.body.operations?.[0]?.decline?.code, 'card_expired')
  await shop.settle()
  const { rows } = await shop.database.db.query<{ state: string }>('select state from stored_value where id = $1', [
    card.id,
  ])
  assert.equal(rows[0]?.state, 'expired')
  const news = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${card.id}`)
  assert.equal(news.body.data.at(-1)?.type, 'gift_card.expired')
  await assertBooks()
})

test('store credit follows a merge: it is put together, and a refund to the old balance goes to the new one', async () => {
  const [ada, twin] = [await shop.customer('Ada'), await shop.customer('Ada again')]
  const give = (customer: string, amount: number, currency: string) =>
    shop.api.command(`/v1/customers/${customer}/store_credit/adjustments`, { amount, currency, reason: 'goodwill' })
  await give(ada, 1_000, 'EUR')
  await give(twin, 3_000, 'EUR')
  await give(twin, 700, 'SEK')
  const paid = await shop.api.pay({
    amount: 500,
    currency: 'EUR',
    channel: 'web',
    customer_id: twin,
    tender: { method: 'store_credit' },
  })
  assert.equal(paid.body.status, 'captured')
  const merged = await shop.api.call('POST', `/v1/customers/${ada}/merges`, { from: twin })
  assert.equal(merged.status, 201, merged.text)
  await shop.api.refund(paid.body.id)
  const { body } = await shop.api.get<{ data: { currency: string; balance: number }[] }>(
    `/v1/customers/${ada}/store_credit`,
  )
  assert.deepEqual(
    body.data.map(({ currency, balance }) => [currency, balance]),
    [
      ['EUR', 4_000],
      ['SEK', 700],
    ],
  )
  await assertBooks()
})

test('points follow a merge, pending ones too', async () => {
  await shop.api.call('PUT', '/v1/loyalty/programme', {
    name: 'Friends',
    is_enabled: true,
    pending_days: 30,
    rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
    tiers: [],
    excluded_categories: [],
  })
  const [ada, twin] = [await shop.customer('Bo'), await shop.customer('Bo again')]
  for (const [customer, points] of [
    [ada, 10],
    [twin, 5],
  ])
    await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, {
      points,
      currency: 'EUR',
      reason: 'welcome',
    })
  await shop.api.call('POST', `/v1/customers/${ada}/merges`, { from: twin })
  const { body } = await shop.api.get<{ points: number }>(`/v1/customers/${ada}/loyalty`)
  assert.equal(body.points, 15)
  await assertBooks()
})

test('balance checks are limited per key, and Retry-After says for how long', async () => {
  const [card] = (await sell('order-9')) as [GiftCardRow]
  const { code } = await revealGiftCard(deps, shop.keys.merchant_id, card)
  const statuses: number[] = []
  let last: Record<string, string> = {}
  for (let n = 0; n < 121; n++) {
    const answer = await shop.api.call('POST', '/v1/gift_cards/balance', { code })
    statuses.push(answer.status)
    last = answer.headers
  }
  assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.at(-1)], [120, 429])
  const wait = Number(last['retry-after'])
  assert.ok(wait > 50 && wait <= 60, `${wait}`)
})
