import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ServedShop, servedShop } from '../../test/served-shop.ts'
import { systemClock } from '../lib/clock.ts'
import { type Client, createClient } from './client.ts'
import { CARD_NUMBERS } from './mix.ts'
import { openWallet } from './wallet.ts'

let shop: ServedShop
let client: Client
before(async () => {
  shop = await servedShop()
  const { url: baseUrl, demo } = shop
  client = createClient({
    baseUrl,
    secretKey: demo.secret_key,
    concurrency: 8,
    patienceMs: 10_000,
    clock: systemClock,
  })
})
after(async () => {
  client.close()
  await shop.close()
})

describe('the wallet', () => {
  it('is opened by several replays at once, and is the same for every later one', async () => {
    const atOnce = await Promise.all([openWallet(client), openWallet(client), openWallet(client)])
    assert.equal(new Set(atOnce.map(({ customerId }) => customerId)).size, 1)
    for (const { instruments } of atOnce) assert.ok(CARD_NUMBERS.every((number) => instruments.get(number)))
    const later = await openWallet(client)
    assert.deepEqual(await openWallet(client), later)
    assert.equal(new Set(later.instruments.values()).size, CARD_NUMBERS.length)
  })

  it('saves a card again that was removed from it', async () => {
    const { customerId, instruments } = await openWallet(client)
    const [number = ''] = CARD_NUMBERS
    const path = `/v1/customers/${customerId}/instruments/${instruments.get(number)}`
    const removed = await fetch(`${shop.url}${path}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${shop.demo.secret_key}` },
    })
    assert.equal(removed.status, 204)
    const again = await openWallet(client)
    assert.ok(again.instruments.get(number))
    assert.notEqual(again.instruments.get(number), instruments.get(number))
  })
})
