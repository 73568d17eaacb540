// Real concurrency at one terminal: two processes of the service, each with connections of its own, on one database.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openTerminalShop, SALE, TAPS, type TerminalShop, until } from '../scenarios/terminal-shop.ts'

let shop: TerminalShop
let other: Awaited<ReturnType<TerminalShop['another']>>

before(async () => {
  shop = await openTerminalShop()
  other = await shop.another()
})
after(() => shop.close())

test('of twelve payments at once at one terminal one reaches it; the others name it and were not sent', async () => {
  for (let round = 0; round < 5; round++) {
    shop.device.set({ customer: null })
    const before = shop.truth().length
    const answers = Array.from({ length: 12 }, (_, i) =>
      (i % 2 === 0 ? shop.api : other).pay({ ...SALE, tender: shop.tender }),
    )
    let refused = 0
    for (const answer of answers)
      void answer.then(({ status }) => {
        if (status === 409) refused++
      })
    await until(() => refused === 11 && shop.device.view().screen.kind === 'card')
    const { current } = await shop.state()
    shop.device.touch({ type: 'card', card: 'visa', entry: 'contactless' })
    const ended = await Promise.all(answers)
    const paid = ended.filter(({ status }) => status === 201)
    assert.equal(paid.length, 1)
    assert.deepEqual([paid[0]?.body.status, paid[0]?.body.id], ['captured', current?.payment_id])
    for (const { status, body } of ended.filter(({ status }) => status !== 201))
      assert.deepEqual([status, body.code, body.errors[0]?.detail], [409, 'terminal-busy', current?.payment_id])
    assert.deepEqual(shop.truth().slice(before), ['approved 1099 0'])
  }
})

test('a payment and an identification at once: one has the terminal, twenty times', async () => {
  for (let round = 0; round < 20; round++) {
    shop.device.set({ customer: TAPS })
    const [paid, known] = await Promise.all([other.pay({ ...SALE, tender: shop.tender }), shop.at('identify', {})])
    // Whichever comes second is refused, or comes after the first has ended.
    for (const { status, body } of [paid, known])
      assert.ok(status < 300 || (body as { code?: string }).code === 'terminal-busy', JSON.stringify(body))
    const { state } = await shop.state()
    if (state === 'card_held') await shop.at('abort')
    assert.equal((await shop.state()).state, 'idle')
  }
})

test('a release and the late answer at once leave the payment booked and the terminal free', async () => {
  for (let round = 0; round < 10; round++) {
    shop.device.set({ customer: TAPS, fault: 'answer_lost' })
    const lost = await shop.api.pay({ ...SALE, tender: shop.tender })
    assert.equal(lost.body.attention, 'unknown_outcome')
    shop.clock.advance(5_000)
    const [, released] = await Promise.all([shop.ask(), shop.at('release', { reason: 'it says approved' })])
    assert.ok([200, 409].includes(released.status), released.text)
    assert.equal((await shop.api.payment(lost.body.id)).status, 'captured')
    assert.equal((await shop.state()).state, 'idle')
  }
})
