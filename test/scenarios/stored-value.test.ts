// Gift cards and store credit as tenders: the same protocol as any provider, with the merchant's own books behind it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import { resolveDue } from '../../server/payments/index.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { CARDS, MINUTE, openShop, SECOND, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

interface Issued extends GiftCardView {
  code: string
  pin: string | null
}

/** Every code that was told in these stories. */
const told: string[] = []

async function issue(amount: number | undefined, more: object = {}): Promise<Issued> {
  const answer = await shop.api.command('/v1/gift_cards', { amount, currency: 'EUR', ...more })
  assert.equal(answer.status, 201, answer.text)
  const card = answer.body as unknown as Issued
  told.push(card.code)
  return card
}

const read = async (card: { id: string }) => (await shop.api.get<GiftCardView>(`/v1/gift_cards/${card.id}`)).body
const withCard = (card: Issued) => ({ method: 'gift_card', gift_card: { code: card.code } })
const sale = { currency: 'EUR', channel: 'web' } as const

async function assertBooks(): Promise<void> {
  assert.deepEqual(
    (await verifyBooks(shop.database.db)).filter((check) => check.broken > 0),
    [],
  )
}

test('a gift card pays, keeps the rest, and gets back what is refunded', async () => {
  const card = await issue(5000)
  assert.match(card.code, /^[0-9A-HJKMNP-TV-Z]{16}$/)
  const paid = await shop.api.pay({ ...sale, amount: 3000, tender: withCard(card) })
  assert.deepEqual([paid.status, paid.body.status], [201, 'captured'], paid.text)
  assert.deepEqual(paid.body.tenders[0]?.instrument, { kind: 'stored_value', last4: card.last4 })
  assert.deepEqual(await shop.books(paid.body.id), ['sale_succeeded, gift_card_liability +3000, sales_clearing -3000'])
  assert.equal((await read(card)).balance, 2000)
  const back = await shop.api.refund(paid.body.id, { amount: 1000 })
  assert.equal(back.body.amount_refunded, 1000)
  assert.equal((await read(card)).balance, 3000)
  await assertBooks()
})

test('too much is declined and leaves the payment payable with another tender', async () => {
  const card = await issue(1000)
  const short = await shop.api.pay({ ...sale, amount: 3000, tender: withCard(card) })
  assert.deepEqual([short.status, short.body.status, short.body.decline?.code], [201, 'failed', 'insufficient_balance'])
  const part = await shop.api.tender(short.body.id, { ...withCard(card), amount: 1000 })
  assert.equal(part.body.amount_captured, 1000)
  const rest = await shop.api.tender(short.body.id, { method: 'card', token: await shop.api.token(CARDS.approved) })
  assert.equal(rest.body.status, 'captured')
  assert.equal((await read(card)).state, 'depleted')
})

test('a hold cannot be spent elsewhere, is captured in parts, and the rest comes back', async () => {
  const card = await issue(5000)
  const held = await shop.api.pay({ ...sale, amount: 4000, capture: 'manual', tender: withCard(card) })
  assert.equal(held.body.status, 'authorized')
  assert.deepEqual([(await read(card)).balance, (await read(card)).available], [5000, 1000])
  const elsewhere = await shop.api.pay({ ...sale, amount: 1001, tender: withCard(card) })
  assert.equal(elsewhere.body.decline?.code, 'insufficient_balance')
  await shop.api.capture(held.body.id, { amount: 1500 })
  assert.deepEqual([(await read(card)).balance, (await read(card)).held], [3500, 2500])
  const last = await shop.api.capture(held.body.id, { amount: 500, final: true })
  assert.equal(last.body.amount_captured, 2000)
  assert.deepEqual([(await read(card)).balance, (await read(card)).held], [3000, 0])
  await assertBooks()
})

test('a cancelled payment gives its hold back', async () => {
  const card = await issue(2000)
  const held = await shop.api.pay({ ...sale, amount: 2000, capture: 'manual', tender: withCard(card) })
  const ended = await shop.api.cancel(held.body.id)
  assert.equal(ended.body.status, 'canceled')
  assert.deepEqual([(await read(card)).balance, (await read(card)).available], [2000, 2000])
})

test('gift card, card and cash pay one ticket, and the refund mirrors them', async () => {
  const card = await issue(2000)
  const open = await shop.api.pay({ amount: 10_000, currency: 'EUR', channel: 'pos' })
  await shop.api.tender(open.body.id, { ...withCard(card), amount: 2000 })
  await shop.api.tender(open.body.id, { method: 'card', amount: 5000, token: await shop.api.token(CARDS.approved) })
  const paid = await shop.api.tender(open.body.id, { method: 'cash', cash: { register_id: shop.till, tendered: 5000 } })
  assert.equal(paid.body.status, 'captured')
  const back = await shop.api.refund(open.body.id)
  assert.equal(back.body.amount_refunded, 10_000, back.text)
  assert.deepEqual(
    back.body.tenders.map((tender) => [tender.method, tender.amount_refunded]),
    [
      ['gift_card', 2000],
      ['card', 5000],
      ['cash', 3000],
    ],
  )
  assert.deepEqual([(await read(card)).balance, (await read(card)).state], [2000, 'active'])
  await assertBooks()
})

test('an effect whose answer was lost is found by asking, and happened once', async () => {
  const card = await issue(2000)
  const connector = shop.payments.connectors.get('stored_value')
  assert.ok(connector)
  const { sale: real } = connector
  connector.sale = async (instruction) => {
    await real(instruction)
    throw new Error('the process lost its connection')
  }
  const lost = await shop.api.pay({ ...sale, amount: 1500, tender: withCard(card) })
  connector.sale = real
  assert.deepEqual([lost.status, lost.body.attention], [202, 'unknown_outcome'])
  assert.equal((await read(card)).balance, 500)
  await assertBooks()
  shop.clock.advance(MINUTE)
  assert.equal(await resolveDue(shop.payments), 1)
  const found = await shop.api.payment(lost.body.id)
  assert.deepEqual([found.status, found.attention], ['captured', null])
  assert.equal((await read(card)).balance, 500)
  await assertBooks()
})

test('a request repeated with its key pays once', async () => {
  const card = await issue(2000)
  const request = { ...sale, amount: 500, tender: withCard(card) }
  const key = shop.api.nextKey()
  const first = await shop.api.pay(request, { key })
  const second = await shop.api.pay(request, { key })
  assert.equal(second.text, first.text)
  assert.equal((await read(card)).balance, 1500)
})

test('twenty payments race for the last euros: one is paid', async () => {
  const card = await issue(1000)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => shop.api.pay({ ...sale, amount: 1000, tender: withCard(card) })),
  )
  assert.deepEqual(answers.map(({ body }) => body.status).sort(), ['captured', ...Array(19).fill('failed')])
  assert.equal((await read(card)).balance, 0)
  await assertBooks()
})

test('a refund goes to store credit or to a new gift card when asked', async () => {
  const customer = await shop.customer()
  const paid = await shop.api.pay({
    ...sale,
    amount: 5000,
    customer_id: customer,
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  const toCredit = await shop.api.refund(paid.body.id, { amount: 2000, to: { method: 'store_credit' } })
  assert.equal(toCredit.body.amount_refunded, 2000, toCredit.text)
  const blank = await issue(undefined)
  assert.deepEqual([blank.state, blank.balance], ['inactive', 0])
  const toCard = await shop.api.refund(paid.body.id, {
    amount: 3000,
    to: { method: 'gift_card', gift_card_id: blank.id },
  })
  assert.equal(toCard.body.amount_refunded, 5000, toCard.text)
  assert.deepEqual([(await read(blank)).balance, (await read(blank)).state], [3000, 'active'])
  const { body } = await shop.api.get<{ data: { balance: number }[] }>(`/v1/customers/${customer}/store_credit`)
  assert.deepEqual(
    body.data.map(({ balance }) => balance),
    [2000],
  )
  const spent = await shop.api.pay({ ...sale, amount: 2000, customer_id: customer, tender: { method: 'store_credit' } })
  assert.equal(spent.body.status, 'captured', spent.text)
  await assertBooks()
})

test('a refund to a blocked card is declined, so that nothing vanishes on it', async () => {
  const card = await issue(1000)
  const paid = await shop.api.pay({ ...sale, amount: 1000, tender: withCard(card) })
  await shop.api.call('POST', `/v1/gift_cards/${card.id}/block`, {})
  const refused = await shop.api.refund(paid.body.id)
  assert.equal(refused.body.operations?.[0]?.decline?.code, 'card_blocked')
  assert.equal(refused.body.amount_refundable, 1000)
  const fresh = await issue(undefined)
  const back = await shop.api.refund(paid.body.id, { to: { method: 'gift_card', gift_card: { code: fresh.code } } })
  assert.equal(back.body.amount_refunded, 1000)
})

test('a lost card is replaced: the balance moves, the old one is dead, the code is told again to the same request', async () => {
  const card = await issue(4000)
  const key = shop.api.nextKey()
  const moved = await shop.api.command(`/v1/gift_cards/${card.id}/transfer`, {}, { key })
  const again = await shop.api.command(`/v1/gift_cards/${card.id}/transfer`, {}, { key })
  assert.equal(again.text, moved.text)
  const fresh = moved.body as unknown as Issued
  assert.deepEqual([fresh.balance, fresh.replaces, fresh.state], [4000, card.id, 'active'])
  const old = await shop.api.pay({ ...sale, amount: 100, tender: withCard(card) })
  assert.deepEqual([old.status, old.body.code], [422, 'gift-card-invalid'])
  assert.equal((await shop.api.pay({ ...sale, amount: 4000, tender: withCard(fresh) })).body.status, 'captured')
  await assertBooks()
})

test('a wrong PIN locks the card for a while after five tries, however many come at once', async () => {
  await shop.api.call('PUT', '/v1/gift_card_programmes/pin', { name: 'PIN', voucher: 'multi_purpose', has_pin: true })
  const card = await issue(1000, { programme: 'pin' })
  assert.match(card.pin ?? '', /^\d{6}$/)
  const wrong = String((Number(card.pin) + 1) % 1_000_000).padStart(6, '0')
  const ask = (pin: string) => shop.api.call('POST', '/v1/gift_cards/balance', { code: card.code, pin })
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(wrong)))
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [422, 422, 422, 422, 422, 429, 429, 429, 429, 429])
  const locked = await ask(card.pin as string)
  assert.equal(locked.status, 429)
  assert.ok(Number(locked.headers['retry-after']) > 800)
  shop.clock.advance(15 * MINUTE)
  assert.equal((await ask(card.pin as string)).body['balance'], 1000)
  const without = await shop.api.pay({ ...sale, amount: 100, tender: withCard(card) })
  assert.deepEqual([without.status, without.body.code], [422, 'gift-card-invalid'])
  const withPin = { method: 'gift_card', gift_card: { code: card.code, pin: card.pin as string } }
  assert.equal((await shop.api.pay({ ...sale, amount: 100, tender: withPin })).body.status, 'captured')
})

test('wrong codes are refused before anything is written, and after some too many for a minute', async () => {
  const card = await issue(1000)
  const neighbour = await shop.neighbour()
  const theirs = await neighbour.api.command('/v1/gift_cards', { amount: 100, currency: 'EUR' })
  // A well-formed code that this merchant never issued.
  const { code } = theirs.body as unknown as Issued
  shop.clock.advance(2 * MINUTE)
  const statuses: number[] = []
  for (let n = 0; n < 22; n++)
    statuses.push(
      (await shop.api.pay({ ...sale, amount: 100, tender: { method: 'gift_card', gift_card: { code } } })).status,
    )
  assert.deepEqual(statuses, [...Array(20).fill(422), 429, 429])
  assert.equal((await shop.api.pay({ ...sale, amount: 100, tender: withCard(card) })).status, 429)
  shop.clock.advance(60 * SECOND)
  assert.equal((await shop.api.pay({ ...sale, amount: 100, tender: withCard(card) })).body.status, 'captured')
})

test('no code stands anywhere in the database', async () => {
  const key = shop.api.nextKey()
  const issued = await shop.api.command('/v1/gift_cards', { amount: 700, currency: 'EUR' }, { key })
  const card = issued.body as unknown as Issued
  assert.equal((await shop.api.command('/v1/gift_cards', { amount: 700, currency: 'EUR' }, { key })).text, issued.text)
  await shop.api.pay({ ...sale, amount: 700, tender: withCard(card) })
  const { rows: tables } = await shop.database.db.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind = 'r'`,
  )
  for (const { name } of tables) {
    const { rows } = await shop.database.db.query<{ found: bigint }>(
      `select count(*) as found from ${name} t where t::text ~ $1`,
      [[card.code, ...told].join('|')],
    )
    assert.equal(rows[0]?.found, 0n, `a code stands in ${name}`)
  }
})

test('a live merchant takes gift cards too', async () => {
  const live = await shop.neighbour({ mode: 'live' })
  const issued = await live.api.command('/v1/gift_cards', { amount: 700, currency: 'EUR' })
  const { code } = issued.body as unknown as Issued
  const paid = await live.api.pay({ ...sale, amount: 700, tender: { method: 'gift_card', gift_card: { code } } })
  assert.equal(paid.body.status, 'captured', paid.text)
})
