// Cash for what was not paid in cash: the limit is one for the order, however its goods come back.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ReturnView } from '../../server/returns/return.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnShop
before(async () => {
  shop = await openShop()
  at = returnShop(shop)
  await at.stocked('boots', '20.00', 50)
  const { rules } = (await shop.api.get<{ rules: object }>('/v1/return_policy')).body
  const cash = { ...rules, alternatives: ['store_credit', 'cash'], cash_limit: { EUR: 5000 } }
  assert.equal((await shop.api.call('PUT', '/v1/return_policy', cash)).status, 200)
  // The drawer has something to hand out.
  const change = { method: 'cash', cash: { register_id: shop.till } }
  await shop.api.pay({ amount: 50_000, currency: 'EUR', channel: 'pos', tender: change })
})
after(() => shop.close())

/** Four pairs paid by card come back one by one. */
async function pairs(): Promise<ReturnView[]> {
  const order = await at.bought({ boots: 4 }, (placed) => at.pay(placed, undefined, { channel: 'pos' }))
  const returns: ReturnView[] = []
  for (let n = 0; n < 4; n++) {
    const asked = await at.ask(order, { boots: 1 })
    assert.equal(asked.status, 201, asked.text)
    await at.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
    returns.push(asked.body)
  }
  return returns
}

const inCash = () => ({ to: { method: 'cash', register_id: shop.till }, all_to: true })
const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => (status === 200 ? 200 : body.code)

test('one after the other: two fit, the third goes back to the card only', async () => {
  const [first, second, third] = await pairs()
  const codes: unknown[] = []
  for (const each of [first, second, third]) codes.push(codeOf(await at.settle(each?.id as string, inCash())))
  assert.deepEqual(codes, [200, 200, 'not-returnable'])
  const card = await at.settle(third?.id as string)
  assert.deepEqual([card.status, card.body.state, card.body.refunds[0]?.to], [200, 'settled', null], card.text)
})

test('all at once: two fit all the same', async () => {
  const returns = await pairs()
  const answers = await Promise.all(returns.map(({ id }) => at.settle(id, inCash())))
  const codes = answers.map(codeOf)
  assert.deepEqual(codes.filter((code) => code === 200).length, 2, answers.map(({ text }) => text).join('\n'))
  assert.deepEqual(codes.filter((code) => code === 'not-returnable').length, 2)
})
