// What came for nothing is released or given back by ourselves. Where the provider does not let us, now or as it turns out later, a person
// has a task, and has none before.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

// Giving back is about everything that is due, so each story has its own shop.
let shop: Shop
const opened: Shop[] = []
beforeEach(async () => {
  shop = await openShop()
  opened.push(shop)
})
after(async () => {
  for (const each of opened) await each.close()
})

/** The next release at account A goes wrong in that way. */
function nextVoid(fault: 'decline' | 'lost_after' | 'lost_before'): void {
  shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'void', fault }] }, shop.accounts.a)
}

/** A hold that a person gave up too early: the customer was asked for another, and then it turned up. Answers the payment. */
async function heldTwice(): Promise<string> {
  for (const account of [undefined, shop.accounts.a])
    shop.simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' }, account)
  const lost = await shop.api.pay({
    ...{ amount: 6500, currency: 'EUR', channel: 'web', capture: 'manual' },
    tender: { method: 'card', token: await shop.api.token(CARDS.lost_after) },
  })
  const path = `/v1/payments/${lost.body.id}/operations/${lost.body.operations?.[0]?.id}/resolution`
  await shop.api.call('POST', path, { outcome: 'declined', note: 'not in the portal' })
  const tender = { method: 'card', token: await shop.api.token(CARDS.mastercard) } as const
  assert.equal((await shop.api.tender(lost.body.id, tender)).body.status, 'authorized')
  await shop.news()
  assert.equal((await shop.api.payment(lost.body.id)).amount_capturable, 13_000)
  return lost.body.id
}
const openTasks = async (id: string) => {
  const { body } = await shop.api.get<{ data: { id: string; kind: string }[] }>(
    `/v1/payment_tasks?payment_id=${id}&state=open`,
  )
  return body.data
}

test('what the provider does not let us release by ourselves becomes the task of a person', async () => {
  const id = await heldTwice()
  nextVoid('decline')
  assert.equal(await shop.giveBack(), 1)
  const [task] = await openTasks(id)
  assert.deepEqual([task?.kind, (await openTasks(id)).length], ['late_success', 1])
  const held = await shop.api.payment(id)
  assert.deepEqual([held.attention, held.amount_capturable, held.amount_in_flight], ['review', 13_000, 0])
  assert.equal(await shop.giveBack(), 0, 'it is not tried for ever')
  await shop.api.call('POST', `/v1/payment_tasks/${task?.id}/close`, {})
  assert.equal((await shop.api.payment(id)).attention, null)
})

test('a release of ours whose refusal is learnt late becomes that task too, and one that went through does not', async () => {
  for (const [fault, kinds, capturable] of [
    ['lost_before', ['late_success'], 13_000],
    ['lost_after', [], 6500],
  ] as const) {
    const id = await heldTwice()
    nextVoid(fault)
    assert.equal(await shop.giveBack(), 1)
    const open = await shop.api.payment(id)
    assert.deepEqual([open.attention, open.amount_capturable], ['unknown_outcome', 6500])
    assert.deepEqual(await openTasks(id), [], 'nobody is asked before it is known')
    const { body } = await shop.api.get<{ data: { kind: string; operation_id: string }[] }>(
      `/v1/payments/${id}/timeline`,
    )
    const release = body.data.find(({ kind }) => kind === 'void')?.operation_id
    if (fault === 'lost_before') {
      const told = { outcome: 'declined', note: 'it is still held in the portal' }
      const answer = await shop.api.call('POST', `/v1/payments/${id}/operations/${release}/resolution`, told)
      assert.equal(answer.status, 201, answer.text)
    }
    shop.clock.advance(MINUTE)
    await shop.ask()
    assert.deepEqual(
      (await openTasks(id)).map(({ kind }) => kind),
      kinds,
    )
    assert.equal((await shop.api.payment(id)).amount_capturable, capturable)
  }
})
