// Pages of the ledger's entries.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Refusal } from '../api.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

test('the cursor of another list is refused, one of this list is taken', async () => {
  const place = '01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'
  const foreign = await shop.api.get<Refusal>(`/v1/ledger/entries?cursor=pay_${place}`)
  assert.deepEqual([foreign.status, foreign.body.errors[0]?.pointer], [422, '?cursor'])
  assert.equal((await shop.api.get(`/v1/ledger/entries?cursor=ent_${place}`)).status, 200)
})
