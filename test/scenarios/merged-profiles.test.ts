// Profiles that were merged are one person: what may be done so often is counted for the person, and what is written to a profile
// that is gone reaches the one that remained.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Answer } from '../api.ts'
import { type CartShop, openCartShop } from './cart-shop.ts'
import { ADDRESS } from './order-shop.ts'

let shop: CartShop
let axe: string
before(async () => {
  shop = await openCartShop()
  axe = await shop.article('50.00')
})
after(() => shop.close())

async function merge(into: string, from: string): Promise<string> {
  const merged = await shop.api.call<{ id: string }>('POST', `/v1/customers/${into}/merges`, { from })
  assert.equal(merged.status, 201, merged.text)
  return merged.body.id
}

const TENTH = { kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }
const cartOf = (customer_id: string, code: string) =>
  shop.cart({ [axe]: 1 }, { customer_id, codes: [code], shipping_address: ADDRESS })
const place = (cart_id: string, more: object = {}) =>
  shop.api.call<{ code: string; total: number }>('POST', '/v1/orders', { cart_id, ...more })

describe('a promotion for each customer once', () => {
  it('was used under the profile that is gone', async () => {
    await shop.offer('PERSON', TENTH, { max_uses_per_customer: 1 })
    const [first, second] = [await shop.customer(), await shop.customer()]
    assert.equal((await place((await cartOf(first, 'PERSON')).id)).body.total, 4500)
    await merge(second, first)
    for (const profile of [first, second]) {
      const cart = await cartOf(profile, 'PERSON')
      assert.deepEqual([cart.total, cart.promotions.refused.map(({ reason }) => reason)], [5000, ['exhausted']])
      const refused = await place(cart.id)
      assert.deepEqual([refused.status, refused.body.code], [409, 'promotion-exhausted'], refused.text)
    }
  })

  it('is not shown to a cart that was filled before the profiles were merged, nor given to it', async () => {
    await shop.offer('LATER', TENTH, { max_uses_per_customer: 1 })
    const [first, second] = [await shop.customer(), await shop.customer()]
    const cart = await cartOf(second, 'LATER')
    assert.equal(cart.total, 4500)
    assert.equal((await place((await cartOf(first, 'LATER')).id)).status, 201)
    await merge(second, first)
    const shown = await shop.api.get<typeof cart>(`/v1/carts/${cart.id}`)
    assert.deepEqual(
      [shown.body.total, shown.body.promotions.applied, shown.body.promotions.refused.map(({ reason }) => reason)],
      [5000, [], ['exhausted']],
    )
    assert.equal((await place(cart.id)).body.code, 'promotion-exhausted')
    assert.equal((await place(cart.id, { expected_total: 4500 })).body.code, 'price-changed')
    // Who has seen what it costs now may have it for that.
    assert.equal((await place(cart.id, { expected_total: 5000 })).body.total, 5000)
  })

  it('without a code is simply not given again, and nobody is kept from buying', async () => {
    const offer = { name: 'Welcome', rule: TENTH, max_uses_per_customer: 1, conditions: { customer_groups: ['once'] } }
    assert.equal((await shop.api.call('POST', '/v1/promotions', offer)).status, 201)
    const [first, second] = [await shop.customer(), await shop.customer()]
    for (const id of [first, second]) await shop.api.call('PATCH', `/v1/customers/${id}`, { groups: ['once'] })
    const buys = async (customer_id: string) =>
      (await place((await shop.cart({ [axe]: 1 }, { customer_id, shipping_address: ADDRESS })).id)).body.total
    assert.deepEqual([await buys(first), await buys(first)], [4500, 5000])
    await merge(second, first)
    assert.equal(await buys(second), 5000)
  })

  it('is used once by carts that were two persons’ when they were filled, also at the same moment', async () => {
    await shop.offer('RACED', TENTH, { max_uses_per_customer: 1 })
    const [first, second, third] = [await shop.customer(), await shop.customer(), await shop.customer()]
    const carts = [await cartOf(first, 'RACED'), await cartOf(second, 'RACED'), await cartOf(third, 'RACED')]
    await merge(second, first)
    await merge(third, second)
    const answers = await Promise.all(carts.map(({ id }) => place(id)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409])
  })
})

it('a cart of a profile that is gone has the prices and offers of the one that remained', async () => {
  const conditions = { customer_groups: ['trade'] }
  await shop.offer('TRADE', TENTH, { conditions })
  const [gone, stays] = [await shop.customer(), await shop.customer()]
  await merge(stays, gone)
  await shop.api.call('PATCH', `/v1/customers/${stays}`, { groups: ['trade'] })
  assert.equal((await cartOf(gone, 'TRADE')).total, 4500)
})

it('returns without a receipt are counted for the person, in number and in worth', async () => {
  const blind = (customer_id: string, quantity: number) =>
    shop.api.call<{ code: string; customer_id: string }>('POST', '/v1/returns', {
      ...{ customer_id, channel: 'pos', store_id: shop.store, reason: 'a present' },
      lines: [{ variant_id: axe, quantity }],
    })
  const [gone, stays, other] = [await shop.customer(), await shop.customer(), await shop.customer()]
  assert.equal((await blind(gone, 1)).status, 201)
  assert.equal((await blind(other, 1)).status, 201)
  await merge(stays, gone)
  await merge(stays, other)
  for (const profile of [gone, stays]) {
    const refused = await blind(profile, 1)
    assert.deepEqual(
      [refused.status, refused.body.code],
      [422, 'not-returnable'],
      'two of 50.00 are the 100.00 of a month',
    )
  }
  const [new1, new2] = [await shop.customer(), await shop.customer()]
  await merge(new2, new1)
  assert.equal((await blind(new1, 1)).body.customer_id, new2)
})

describe('what is written to a profile that is gone', () => {
  const post = (path: string, body: object) => shop.api.call('POST', path, body)
  const command = (path: string, body: object) =>
    shop.api.command(path, body) as unknown as Promise<Answer<Record<string, unknown>>>

  it('is store credit of the one that remained, which pays with it', async () => {
    const [gone, stays] = [await shop.customer(), await shop.customer()]
    await merge(stays, gone)
    const given = { amount: 5000, currency: 'EUR', reason: 'sorry' }
    const adjusted = await command(`/v1/customers/${gone}/store_credit/adjustments`, given)
    assert.deepEqual([adjusted.status, adjusted.body['customer_id']], [201, stays], adjusted.text)
    for (const profile of [gone, stays]) {
      const { body } = await shop.api.get<{ data: { balance: number }[] }>(`/v1/customers/${profile}/store_credit`)
      assert.deepEqual(
        body.data.map(({ balance }) => balance),
        [5000],
      )
    }
    const tender = { method: 'store_credit' } as const
    const paid = await shop.api.pay({ amount: 5000, currency: 'EUR', channel: 'web', customer_id: stays, tender })
    assert.deepEqual([paid.status, paid.body.status], [201, 'captured'], paid.text)
  })

  it('are points of the one that remained', async () => {
    const set = await shop.api.call('PUT', '/v1/loyalty/programme', {
      ...{ name: 'Friends', is_enabled: true, pending_days: 30, tiers: [], excluded_categories: [] },
      rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
    })
    assert.equal(set.status, 200, set.text)
    const [gone, stays] = [await shop.customer(), await shop.customer()]
    await merge(stays, gone)
    const given = { points: 120, currency: 'EUR', reason: 'sorry' }
    const adjusted = await command(`/v1/customers/${gone}/loyalty/adjustments`, given)
    assert.deepEqual([adjusted.status, adjusted.body['customer_id'], adjusted.body['points']], [201, stays, 120])
    const { body } = await shop.api.get<{ points: number }>(`/v1/customers/${stays}/loyalty`)
    assert.equal(body.points, 120)
    const entries = await shop.api.get<{ data: unknown[] }>(`/v1/loyalty/entries?customer_id=${gone}`)
    assert.equal(entries.body.data.length, 1)
  })

  it('is the last word of the one that remained', async () => {
    const [gone, stays] = [await shop.customer(), await shop.customer()]
    const say = (customer: string, is_granted: boolean) =>
      post(`/v1/customers/${customer}/consents`, { purpose: 'marketing_email', is_granted, channel: 'web' })
    const heard = async (customer: string) => {
      const { body } = await shop.api.get<{ data: { is_granted: boolean }[] }>(`/v1/customers/${customer}/consents`)
      return body.data.map(({ is_granted }) => is_granted)
    }
    await say(gone, true)
    const merged = await merge(stays, gone)
    assert.equal((await say(gone, false)).status, 201)
    assert.deepEqual([await heard(gone), await heard(stays)], [[false], [false]])
    assert.equal((await post(`/v1/customer_merges/${merged}/undo`, {})).status, 200)
    assert.deepEqual([await heard(gone), await heard(stays)], [[false], []], 'each has what was said to it')
  })
})
