// Wallets whose device hands over a card: charged by its token, never by their name alone.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

test('a wallet needs a token or a saved card away from a terminal, and nothing is sent without', async () => {
  const sale = { amount: 1000, currency: 'EUR', channel: 'web', country: 'NL' } as const
  for (const method of ['apple_pay', 'google_pay', 'samsung_pay', 'click_to_pay']) {
    const sent = shop.journal().length
    const bare = await shop.api.pay({ ...sale, tender: { method } })
    assert.deepEqual(
      [bare.status, bare.body.code, bare.body.errors[0]?.pointer],
      [422, 'validation-error', '/tender/token'],
      method,
    )
    assert.equal(shop.journal().length, sent)
    const token = await shop.api.token(CARDS.approved)
    const paid = await shop.api.pay({ ...sale, tender: { method, token } })
    assert.deepEqual(
      [paid.status, paid.body.status, paid.body.tenders[0]?.method],
      [201, 'captured', method],
      paid.text,
    )
    const again = await shop.api.pay({ ...sale, tender: { method, token } })
    assert.deepEqual([again.status, again.body.code], [422, 'token-used'])
  }
  const elsewhere = await shop.api.pay({
    ...sale,
    tender: { method: 'paypal', token: await shop.api.token(CARDS.approved) },
  })
  assert.deepEqual([elsewhere.status, elsewhere.body.errors[0]?.pointer], [422, '/tender/token'])
})

test('the list of methods says what each needs', async () => {
  const { body } = await shop.api.get<{ data: { code: string; requires: string[] }[] }>(
    '/v1/payment_methods?amount=1000&currency=EUR&country=NL',
  )
  const needs = new Map(body.data.map(({ code, requires }) => [code, requires.join()]))
  const codes = ['card', 'apple_pay', 'ideal', 'sepa_debit', 'vvv_gift_card']
  assert.deepEqual(
    codes.map((code) => needs.get(code)),
    ['token', 'token', '', 'bank_account', 'voucher'],
  )
})
