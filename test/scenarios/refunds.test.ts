// Money given back. H2.x are the facts of Hyperswitch's public test suite (Apache-2.0), with its amounts.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PaymentInput, PaymentView, TenderInput } from '../../server/payments/payment.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

const SALE: PaymentInput = { amount: 6500, currency: 'EUR', channel: 'web' }
const MANUAL: PaymentInput = { ...SALE, capture: 'manual' }
/** How a refund of `amount` at account A is booked when the provider confirms it. */
const refunded = (amount: number) => [
  `refund_sent, refunds_in_flight -${amount}, sales_clearing +${amount}`,
  `refund_succeeded, psp:A -${amount}, refunds_in_flight +${amount}`,
]

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

async function pay(input: PaymentInput = SALE, card: string = CARDS.approved): Promise<PaymentView> {
  const { api } = shop
  const { body } = await api.pay({ ...input, tender: { method: 'card', token: await api.token(card) } })
  return body
}

/** What a merchant reads about the refunds of a payment. */
function given(payment: PaymentView) {
  return [payment.status, payment.amount_refunded, payment.amount_refundable, payment.amount_in_flight]
}

/** The refunds of a payment as its timeline lists them. */
async function refundsOf(paymentId: string): Promise<string[]> {
  const { body } = await shop.api.get<{ data: { type: string; kind: string; state: string; amount: number }[] }>(
    `/v1/payments/${paymentId}/timeline`,
  )
  return body.data
    .filter((row) => row.type === 'operation' && row.kind === 'refund')
    .map((row) => `${row.state} ${row.amount}`)
}

test('H2.1 a full refund of 6500 succeeds, reads the same afterwards, and is booked in two steps', async () => {
  const { id } = await pay()
  const refund = await shop.api.refund(id, { amount: 6500, reason: 'returned' })
  assert.equal(refund.status, 201)
  assert.deepEqual(given(refund.body), ['captured', 6500, 0, 0])
  assert.deepEqual(
    refund.body.operations?.map(({ kind, state, amount, reason }) => ({ kind, state, amount, reason })),
    [{ kind: 'refund', state: 'succeeded', amount: 6500, reason: 'returned' }],
  )
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 6500, 0, 0])
  assert.deepEqual(await refundsOf(id), ['succeeded 6500'])
  assert.deepEqual(await shop.books(id), ['sale_succeeded, psp:A +6500, sales_clearing -6500', ...refunded(6500)])
})

test('H2.2 two refunds of 1200 leave 4100', async () => {
  const { id } = await pay()
  await shop.api.refund(id, { amount: 1200 })
  const second = await shop.api.refund(id, { amount: 1200 })
  assert.deepEqual(given(second.body), ['captured', 2400, 4100, 0])
  assert.deepEqual(shop.journal(id), ['captured 6500', 'refunded 1200', 'refunded 1200'])
})

test('H2.3 two refunds of 3000 leave 500, and 501 is refused without reaching the provider', async () => {
  const { id } = await pay()
  await shop.api.refund(id, { amount: 3000 })
  const second = await shop.api.refund(id, { amount: 3000 })
  assert.deepEqual(given(second.body), ['captured', 6000, 500, 0])
  const third = await shop.api.refund(id, { amount: 501 })
  assert.deepEqual([third.status, third.body.code], [422, 'amount-exceeds-refundable'])
  assert.deepEqual(shop.journal(id), ['captured 6500', 'refunded 3000', 'refunded 3000'])
  assert.deepEqual(given((await shop.api.refund(id)).body), ['captured', 6500, 0, 0])
})

test('H2.4 what was captured by hand is refunded like a sale', async () => {
  const { id } = await pay(MANUAL)
  await shop.api.capture(id, { amount: 6500 })
  const refund = await shop.api.refund(id, { amount: 6500 })
  assert.deepEqual(given(refund.body), ['captured', 6500, 0, 0])
})

test('H2.5 both refunds of 3000 are listed', async () => {
  const { id } = await pay(MANUAL)
  await shop.api.capture(id, { amount: 6500 })
  await shop.api.refund(id, { amount: 3000 })
  await shop.api.refund(id, { amount: 3000 })
  assert.deepEqual(await refundsOf(id), ['succeeded 3000', 'succeeded 3000'])
})

test('H2.6 of 100 captured from 6500, 100 can be refunded and no more', async () => {
  const { id } = await pay(MANUAL)
  await shop.api.capture(id, { amount: 100, final: true })
  const tooMuch = await shop.api.refund(id, { amount: 101 })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-refundable'])
  const refund = await shop.api.refund(id, { amount: 100 })
  assert.deepEqual(given(refund.body), ['partially_captured', 100, 0, 0])
})

test('H2.7 of 100 captured, a refund of 50 leaves 50', async () => {
  const { id } = await pay(MANUAL)
  await shop.api.capture(id, { amount: 100, final: true })
  const half = await shop.api.refund(id, { amount: 50 })
  assert.deepEqual(given(half.body), ['partially_captured', 50, 50, 0])
  const rest = await shop.api.refund(id, { amount: 50 })
  assert.deepEqual(given(rest.body), ['partially_captured', 100, 0, 0])
})

test('H2.8 of a first charge and two repeats of 7000, refunding the last leaves the others untouched', async () => {
  const { api } = shop
  const customer_id = await shop.customer()
  const sale: PaymentInput = { ...SALE, amount: 7000, customer_id }
  const first = await api.pay({
    ...sale,
    tender: { method: 'card', token: await api.token(CARDS.approved), save: 'customer' },
  })
  const instrument_id = first.body.tenders[0]?.instrument_id as string
  const again = { method: 'card', instrument_id, initiator: 'merchant' } as const
  const second = await api.pay({ ...sale, channel: 'subscription', tender: again })
  const third = await api.pay({ ...sale, channel: 'subscription', tender: again })
  await api.refund(third.body.id, { amount: 7000 })
  const all = await Promise.all([first, second, third].map(({ body }) => api.payment(body.id)))
  assert.deepEqual(all.map(given), [
    ['captured', 0, 7000, 0],
    ['captured', 0, 7000, 0],
    ['captured', 7000, 0, 0],
  ])
})

test('H2.9 payments with 3-D Secure are refunded like those without', async () => {
  const { api, simulator, accounts } = shop
  const challenged = async (input: PaymentInput) => {
    const payment = await pay(input, CARDS.challenge)
    simulator.act(accounts.a, payment.operations?.[0]?.id as string, 'approve')
    await shop.news()
    return payment.id
  }
  const whole = await challenged(SALE)
  assert.deepEqual(given((await api.refund(whole)).body), ['captured', 6500, 0, 0])
  const parts = await challenged(SALE)
  await api.refund(parts, { amount: 1200 })
  assert.deepEqual(given((await api.refund(parts, { amount: 1200 })).body), ['captured', 2400, 4100, 0])
  const held = await challenged(MANUAL)
  await api.capture(held, { amount: 100, final: true })
  assert.deepEqual(given((await api.refund(held, { amount: 100 })).body), ['partially_captured', 100, 0, 0])
})

test('a refund before anything is captured is refused, and so is one in another currency', async () => {
  const { id } = await pay(MANUAL)
  const early = await shop.api.refund(id, { amount: 100 })
  assert.deepEqual([early.status, early.body.code], [409, 'invalid-state'])
  await shop.api.capture(id)
  const foreign = await shop.api.refund(id, { amount: 100, currency: 'USD' })
  assert.deepEqual([foreign.status, foreign.body.code], [422, 'currency-mismatch'])
  assert.deepEqual(shop.journal(id), ['authorized 6500', 'captured 6500'])
})

test('a refund that comes back from the issuer is taken back in the books and can be made again', async () => {
  const { id } = await pay(SALE, CARDS.refund_fails)
  assert.deepEqual(given((await shop.api.refund(id, { amount: 6500 })).body), ['captured', 6500, 0, 0])
  shop.clock.advance(MINUTE)
  await shop.news()
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 0, 6500, 0])
  assert.deepEqual(await shop.books(id), [
    'sale_succeeded, psp:A +6500, sales_clearing -6500',
    ...refunded(6500),
    'refund_reversed, psp:A +6500, sales_clearing -6500',
  ])
  const again = await shop.api.refund(id, { amount: 6500, to: { method: 'cash', register_id: shop.till } })
  assert.equal(again.status, 201, 'where the money is handed over decides: a web order is refunded in cash at the till')
  assert.deepEqual(given(again.body), ['captured', 6500, 0, 0])
})

test('a sale taken back by the provider half a minute later owes nothing any more', async () => {
  const { id } = await pay(SALE, CARDS.capture_fails)
  shop.clock.advance(MINUTE)
  await shop.news()
  const payment = await shop.api.payment(id)
  assert.deepEqual([payment.amount_captured, payment.amount_refundable], [0, 0])
  assert.equal(payment.tenders[0]?.status, 'reversed')
  assert.deepEqual(await shop.books(id), [
    'sale_succeeded, psp:A +6500, sales_clearing -6500',
    'sale_reversed, psp:A -6500, sales_clearing +6500',
  ])
  const refund = await shop.api.refund(id, { amount: 100 })
  assert.equal(refund.status, 422)
})

test('a card payment at the counter is refunded in cash from the drawer', async () => {
  const { api, till } = shop
  const paid = await api.pay({
    amount: 4000,
    currency: 'EUR',
    channel: 'pos',
    tender: { method: 'card', terminal_id: shop.terminal },
  })
  const refund = await api.refund(paid.body.id, { amount: 1500, to: { method: 'cash', register_id: till } })
  assert.deepEqual(given(refund.body), ['captured', 1500, 2500, 0])
  assert.deepEqual(shop.journal(paid.body.id), ['captured 4000'])
  assert.deepEqual(await shop.books(paid.body.id), [
    'sale_succeeded, psp:A +4000, sales_clearing -4000',
    'refund_sent, refunds_in_flight -1500, sales_clearing +1500',
    'credit_succeeded, cash -1500, refunds_in_flight +1500',
  ])
})

test('bought online with iDEAL, given back at the counter by reference to the bank account', async () => {
  const { api, simulator, accounts } = shop
  const paid = await api.pay({
    amount: 4995,
    currency: 'EUR',
    channel: 'web',
    country: 'NL',
    tender: { method: 'ideal' },
  })
  simulator.act(accounts.a, paid.body.operations?.[0]?.id as string, 'approve')
  await shop.news()
  const refund = await api.refund(paid.body.id, { amount: 4995, reason: 'returned in the shop' })
  assert.deepEqual(given(refund.body), ['captured', 4995, 0, 0])
  assert.deepEqual(shop.journal(paid.body.id), ['captured 4995', 'refunded 4995'])
})

test('a refund to another card is a payout to that card and counts against the payment', async () => {
  const { api } = shop
  const { id } = await pay()
  const token = await api.token(CARDS.mastercard)
  const refund = await api.refund(id, { amount: 2000, to: { method: 'card', token } })
  assert.deepEqual(given(refund.body), ['captured', 2000, 4500, 0])
  assert.deepEqual(shop.journal(id), ['captured 6500', 'credited 2000'])
  const tooMuch = await api.refund(id, { amount: 4501, to: { method: 'card', token: await api.token(CARDS.approved) } })
  assert.deepEqual([tooMuch.status, tooMuch.body.code], [422, 'amount-exceeds-refundable'])
})

test('a credit pays out without a charge, once, and shows as paid out', async () => {
  const { api } = shop
  const input = {
    amount: 1250,
    currency: 'EUR',
    channel: 'web',
    reason: 'goodwill',
    to: { method: 'card', token: await api.token(CARDS.approved) },
  } as const
  const credit = await api.credit(input, { key: 'goodwill-0001' })
  assert.equal(credit.status, 201)
  assert.deepEqual(
    [credit.body.direction, credit.body.status, credit.body.amount_credited, credit.body.amount_captured],
    ['credit', 'captured', 1250, 0],
  )
  const replay = await api.credit(input, { key: 'goodwill-0001' })
  assert.deepEqual(replay.body, credit.body)
  assert.deepEqual(shop.journal(credit.body.id), ['credited 1250'])
  assert.deepEqual(await shop.books(credit.body.id), [
    'refund_sent, refunds_in_flight -1250, sales_clearing +1250',
    'credit_succeeded, psp:A -1250, refunds_in_flight +1250',
  ])
})

test('cash is paid out of the drawer and leaves it', async () => {
  const credit = await shop.api.credit({
    amount: 500,
    currency: 'EUR',
    channel: 'pos',
    to: { method: 'cash', register_id: shop.till },
  })
  assert.deepEqual([credit.status, credit.body.amount_credited], [201, 500])
  assert.deepEqual(await shop.books(credit.body.id), [
    'refund_sent, refunds_in_flight -500, sales_clearing +500',
    'credit_succeeded, cash -500, refunds_in_flight +500',
  ])
})

test('money goes out in the store of the payment, unless another one is named; a web order anywhere', async () => {
  const twoStores = await openShop({
    merchant: {
      stores: [
        { name: 'Here', country: 'NL', currency: 'EUR', kind: 'shop', registers: 1 },
        { name: 'There', country: 'NL', currency: 'EUR', kind: 'shop', registers: 1 },
        { name: 'Web', country: 'NL', currency: 'EUR', kind: 'web', registers: 0 },
      ],
    },
  })
  try {
    const { api, keys } = twoStores
    const idOf = (name: string) => keys.stores.find((store) => store.name === name)?.id as string
    const till = keys.registers.find(({ store_id }) => store_id === idOf('There'))?.id as string
    const sale = { amount: 1000, currency: 'EUR', channel: 'pos', store_id: idOf('Here') } as const
    const token = () => api.token(CARDS.approved)
    const there = { method: 'cash', register_id: till }
    const here = await api.pay({ ...sale, channel: 'web', tender: { method: 'card', token: await token() } })
    const wrong = await api.refund(here.body.id, { amount: 100, to: there })
    assert.deepEqual(
      [wrong.status, wrong.body.code, wrong.body.errors[0]?.pointer],
      [422, 'validation-error', '/to/register_id'],
    )
    const named = await api.refund(here.body.id, { amount: 100, to: { ...there, store_id: idOf('There') } })
    assert.equal(named.status, 201, named.text)
    const lied = await api.refund(here.body.id, { amount: 100, to: { ...there, store_id: idOf('Here') } })
    assert.equal(lied.status, 422, lied.text)
    const online = { ...sale, channel: 'web', store_id: idOf('Web') } as const
    const web = await api.pay({ ...online, tender: { method: 'card', token: await token() } })
    assert.equal((await api.refund(web.body.id, { amount: 100, to: there })).status, 201)
  } finally {
    await twoStores.close()
  }
})

test('a token beside a terminal is refused as a destination: nobody could say which card gets the money', async () => {
  const { id } = await pay()
  const token = await shop.api.token(CARDS.approved)
  const both = await shop.api.refund(id, { amount: 100, to: { method: 'card', token, terminal_id: shop.terminal } })
  assert.deepEqual(
    [both.status, both.body.code, both.body.errors[0]?.pointer],
    [422, 'validation-error', '/to/terminal_id'],
  )
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 0, 6500, 0])
})

test('a card or a terminal beside what has none is refused as a destination', async () => {
  const { id } = await pay()
  const token = await shop.api.token(CARDS.approved)
  const inCash = { method: 'cash', register_id: shop.till }
  for (const [to, pointer] of [
    [{ ...inCash, token }, '/to/token'],
    [{ ...inCash, terminal_id: shop.terminal }, '/to/terminal_id'],
    [{ method: 'store_credit', token }, '/to/token'],
  ] as const) {
    const answer = await shop.api.refund(id, { amount: 100, to })
    assert.deepEqual(
      [answer.status, answer.body.code, answer.body.errors[0]?.pointer],
      [422, 'validation-error', pointer],
    )
  }
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 0, 6500, 0])
  // Nothing was done with it.
  assert.equal((await shop.api.refund(id, { amount: 100, to: { method: 'card', token } })).status, 201)
})

test('a bank account or wallet that nobody named is refused as a destination, of a refund as of a payout', async () => {
  const { id } = await pay()
  for (const method of ['sepa_debit', 'ideal', 'paypal']) {
    const refund = await shop.api.refund(id, { amount: 100, to: { method } })
    assert.deepEqual([refund.status, refund.body.code], [422, 'operation-unsupported'], method)
    const payout = await shop.api.credit({ amount: 100, currency: 'EUR', channel: 'web', to: { method } })
    assert.deepEqual([payout.status, payout.body.code], [422, 'operation-unsupported'], method)
  }
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 0, 6500, 0])
})

test('a drawer pays out another currency than its store’s, and its books keep the two apart', async () => {
  const register_id = shop.till
  const sale = {
    amount: 3000,
    currency: 'EUR',
    channel: 'pos',
    tender: { method: 'cash', cash: { register_id } },
  } as const
  const to = { method: 'cash', register_id }
  const balance = async (currency: string) => {
    const { rows } = await shop.database.db.query<{ balance: string }>(
      `select coalesce(sum(debit - credit), 0)::text as balance from ledger_balance where account = $1 and currency = $2`,
      [`cash:${register_id}`, currency],
    )
    return Number(rows[0]?.balance)
  }
  const euro = await balance('EUR')
  assert.equal((await shop.api.pay(sale)).status, 201)
  const paid = await shop.api.credit({ amount: 500, currency: 'SEK', channel: 'pos', to })
  assert.equal(paid.status, 201, paid.text)
  assert.deepEqual([await balance('EUR'), await balance('SEK')], [euro + 3000, -500])
})

test('a voucher of another issuer needs its number on the web, which is kept only by its last four', async () => {
  const sale = { amount: 1000, currency: 'EUR', channel: 'web', country: 'NL' } as const
  const bare = await shop.api.pay({ ...sale, tender: { method: 'vvv_gift_card' } })
  assert.deepEqual(
    [bare.status, bare.body.code, bare.body.errors[0]?.pointer],
    [422, 'validation-error', '/tender/voucher'],
  )
  const voucher = { number: '9312-0000-1111-7788', pin: '4321' }
  const paid = await shop.api.pay({ ...sale, tender: { method: 'vvv_gift_card', voucher } })
  assert.deepEqual([paid.status, paid.body.status], [201, 'captured'], paid.text)
  const { rows } = await shop.database.db.query('select * from tender where payment_id = $1', [paid.body.id])
  assert.ok(!JSON.stringify(rows, (_, each) => (typeof each === 'bigint' ? String(each) : each)).includes('11117788'))
  const elsewhere = await shop.api.pay({ ...sale, tender: { method: 'ideal', voucher } })
  assert.deepEqual([elsewhere.status, elsewhere.body.errors[0]?.pointer], [422, '/tender/voucher'])
})

describe('a direct debit', () => {
  const sale = { amount: 1000, currency: 'EUR', channel: 'web', country: 'NL' } as const
  const account = { iban: 'NL91 ABNA 0417 1643 00', holder: 'E. de Vries' }
  const debit = (bank_account?: TenderInput['bank_account'], more: Partial<TenderInput> = {}) =>
    shop.api.pay({ ...sale, tender: { method: 'sepa_debit', bank_account, ...more } })

  test('needs an account with right check digits and its holder', async () => {
    const bare = await debit()
    assert.deepEqual(
      [bare.status, bare.body.code, bare.body.errors[0]?.pointer],
      [422, 'validation-error', '/tender/bank_account'],
    )
    const wrong = await debit({ ...account, iban: 'NL92ABNA0417164300' })
    assert.deepEqual([wrong.status, wrong.body.errors[0]?.detail], [422, 'has wrong check digits'])
    assert.equal(wrong.body.errors[0]?.pointer, '/tender/bank_account/iban')
    const elsewhere = await shop.api.pay({ ...sale, tender: { method: 'ideal', bank_account: account } })
    assert.deepEqual([elsewhere.status, elsewhere.body.errors[0]?.pointer], [422, '/tender/bank_account'])
  })

  test('makes a mandate, tells its reference, and keeps the last four of the account alone', async () => {
    const { status, body, text } = await debit(account)
    assert.deepEqual([status, body.status], [201, 'processing'], text)
    const [tender] = body.tenders
    assert.deepEqual([tender?.instrument?.kind, tender?.instrument?.last4], ['bank', '4300'])
    assert.match(tender?.instrument?.mandate ?? '', /^MND-[0-9A-Z]{26}$/)
    const { rows } = await shop.database.db.query<{ found: boolean }>(
      `select exists (select from tender t where t::text like '%0417164300%')
         or exists (select from event e where e::text like '%0417164300%')
         or exists (select from evidence e where e::text like '%0417164300%') as found`,
    )
    assert.deepEqual(rows, [{ found: false }])
  })

  test('under a mandate that is held already may be started by the merchant', async () => {
    const mandate = { reference: 'CUST-77/1', signed_on: '2025-03-01' }
    const { status, body } = await debit({ ...account, mandate }, { initiator: 'merchant' })
    assert.deepEqual([status, body.tenders[0]?.instrument?.mandate], [201, 'CUST-77/1'])
    const unsigned = await debit(account, { initiator: 'merchant' })
    assert.deepEqual([unsigned.status, unsigned.body.errors[0]?.pointer], [422, '/tender/instrument_id'])
    const later = await debit({ ...account, mandate: { ...mandate, signed_on: '2027-01-01' } })
    assert.deepEqual([later.status, later.body.errors[0]?.pointer], [422, '/tender/bank_account/mandate/signed_on'])
  })
})

test('an amount with a fraction that a number cannot hold is refused, and nothing is refunded', async () => {
  const { id } = await pay()
  const answer = await shop.send({
    method: 'POST',
    path: `/v1/payments/${id}/refunds`,
    headers: {
      authorization: `Bearer ${shop.keys.secret_key}`,
      'content-type': 'application/json',
      'idempotency-key': 'exactly-ten',
    },
    payload: '{"amount":10.0000000000000001}',
  })
  assert.equal(answer.status, 422, answer.text)
  assert.equal((JSON.parse(answer.text) as { errors: { pointer: string }[] }).errors[0]?.pointer, '/amount')
  assert.deepEqual(given(await shop.api.payment(id)), ['captured', 0, 6500, 0])
})
