import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import type { ConnectorAccount, ConnectorEvent } from '../connector.ts'
import { receive } from './receive.ts'
import { ACCOUNT, card, START, type Trial, trial } from './try.ts'

const account: ConnectorAccount = {
  id: ACCOUNT.id,
  merchant_id: 'mer_1',
  connector: 'simulator',
  config: { webhook_secret: ACCOUNT.webhook_secret },
}

/** Lets everything due happen and translates what has come so far. */
async function events({ simulator, received }: Trial): Promise<ConnectorEvent[]> {
  await simulator.deliverDue()
  const now = simulator.clock.now()
  return received.flatMap(({ headers, body }) => receive(account, { headers, body: Buffer.from(body) }, now))
}

test('a final answer sends no webhook; a charge that was pending tells its end', async () => {
  const it = trial()
  await it.send('sale')
  await it.send('sale', { operation_id: 'opn_i', method: 'ideal' })
  assert.deepEqual(await events(it), [])
  it.simulator.act(ACCOUNT.id, 'opn_i', 'approve')
  const [event] = await events(it)
  assert.ok(event?.type === 'operation' && event.outcome.outcome === 'succeeded')
  assert.equal(event.operation_id, 'opn_i')
  assert.equal(event.amount, 10_000n)
  assert.equal(event.outcome.instrument?.label, 'iDEAL | Wero · Simulator Bank')
})

test('a challenge that is approved says that it was authenticated by challenge', async () => {
  const it = trial()
  await it.send('sale', { operation_id: 'opn_c', card: card('4000002500003155') })
  it.simulator.act(ACCOUNT.id, 'opn_c', 'approve')
  const [event] = await events(it)
  assert.ok(event?.type === 'operation' && event.outcome.outcome === 'succeeded')
  assert.equal(event.outcome.authentication, 'challenge')
  assert.equal(event.outcome.instrument?.last4, '3155')
})

for (const [number, end] of [
  ['4000007700001404', 'succeeded'],
  ['4000007700001503', 'declined'],
] as const) {
  test(`card …${number.slice(-4)} stays pending and is ${end} by webhook half a minute later`, async () => {
    const it = trial()
    assert.equal((await it.send('sale', { card: card(number) })).outcome.outcome, 'pending')
    it.advance(29_999)
    assert.deepEqual(await events(it), [])
    it.advance(1)
    const [event] = await events(it)
    assert.ok(event?.type === 'operation' && event.outcome.outcome === end)
  })
}

test('a page nobody uses for half an hour ends as declined', async () => {
  const it = trial()
  await it.send('sale', { method: 'paypal' })
  it.advance(30 * 60_000)
  const [event] = await events(it)
  assert.ok(
    event?.type === 'operation' && event.outcome.outcome === 'declined' && event.outcome.code === 'action_expired',
  )
})

test('a success taken back is told as a reversal', async () => {
  const it = trial()
  await it.send('sale', { card: card('4000007700001107') })
  it.advance(30_000)
  const [event] = await events(it)
  assert.ok(event?.type === 'operation' && event.is_reversal === true)
})

test('card …0259 is disputed after a minute; the dispute can then be won', async () => {
  const it = trial()
  await it.send('sale', { operation_id: 'opn_d', card: card('4000000000000259') })
  it.advance(60_000)
  const [opened] = await events(it)
  assert.ok(opened?.type === 'dispute' && opened.stage === 'opened' && opened.amount === 10_000n)
  it.simulator.dispute(ACCOUNT.id, 'opn_d', 'won')
  const won = (await events(it))[1]
  assert.ok(won?.type === 'dispute' && won.stage === 'won' && won.dispute_reference === opened.dispute_reference)
  assert.deepEqual(it.effects(), ['captured 10000', 'disputed 10000', 'dispute_won 10000'])
})

test('a dispute card that is only authorised is disputed a minute after its capture', async () => {
  const it = trial()
  await it.send('authorize', { operation_id: 'opn_a', card: card('4000000000000259') })
  it.advance(3_600_000)
  assert.deepEqual(await events(it), [])
  await it.send('capture', { original_operation_id: 'opn_a', is_final: true })
  it.advance(60_000)
  assert.deepEqual(
    (await events(it)).map((event) => event.type),
    ['dispute'],
  )
})

test('a duplicate webhook comes twice with one event id', async () => {
  const it = trial()
  await it.send('sale', { card: card('4000007700000703') })
  const seen = await events(it)
  assert.equal(seen.length, 2)
  assert.equal(seen[0]?.psp_event_id, seen[1]?.psp_event_id)
})

test('a late webhook comes after a minute', async () => {
  const it = trial()
  await it.send('sale', { card: card('4000007700000802') })
  assert.equal((await events(it)).length, 0)
  it.advance(60_000)
  assert.equal((await events(it)).length, 1)
})

test('a reordered webhook is overtaken by the next one', async () => {
  const it = trial({ faults: { seed: 1, rates: {}, webhooks: 'all' } })
  await it.send('authorize', { operation_id: 'opn_a', card: card('4000007700000901') })
  await it.send('capture', { operation_id: 'opn_b', original_operation_id: 'opn_a' })
  await events(it)
  it.advance(10_000)
  const order = (await events(it)).map((event) => event.type === 'operation' && event.operation_id)
  assert.deepEqual(order, ['opn_b', 'opn_a'])
})

test('a wrong-amount webhook is genuine and names one minor unit too many, while the lookup tells the truth', async () => {
  const it = trial()
  await it.send('sale', { operation_id: 'opn_w', card: card('4000007700001008') })
  const [event] = await events(it)
  assert.ok(event?.type === 'operation' && event.amount === 10_001n)
  const found = it.simulator.lookup(ACCOUNT.id, 'opn_w')
  assert.ok(found.outcome === 'succeeded' && found.amount === 10_000n)
})

test('an undelivered webhook is tried again with the same id, a fresh timestamp, and until it arrives', async () => {
  const it = trial({ faults: { seed: 1, rates: {}, webhooks: 'all' } })
  it.receiver.status = 500
  await it.send('sale')
  assert.equal(await it.simulator.deliverDue(), 0)
  assert.equal(await it.simulator.deliverDue(), 0)
  assert.equal(it.received.length, 1)
  it.advance(5_000)
  it.receiver.status = 204
  assert.equal(await it.simulator.deliverDue(), 1)
  it.advance(86_400_000)
  assert.equal(await it.simulator.deliverDue(), 0)
  const [first, second] = it.received
  assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id'])
  assert.equal(Number(second?.headers['webhook-timestamp']) - Number(first?.headers['webhook-timestamp']), 5)
})

test('while a secret is rotated both sign, and either alone verifies', async () => {
  const it = trial({ faults: { seed: 1, rates: {}, webhooks: 'all' } })
  const next = `whsec_${Buffer.from('the secret that comes next').toString('base64')}`
  await it.send('sale', {
    account: { id: ACCOUNT.id, webhook_secret: next, webhook_secret_previous: ACCOUNT.webhook_secret },
  })
  await it.simulator.deliverDue()
  const [webhook] = it.received
  assert.ok(webhook)
  for (const secret of [next, ACCOUNT.webhook_secret]) {
    const holder = { ...account, config: { webhook_secret: secret } }
    assert.equal(
      receive(holder, { headers: webhook.headers, body: Buffer.from(webhook.body) }, new Date(START)).length,
      1,
    )
  }
})

test('what the standardwebhooks package signs is verified, and bytes that are not UTF-8 are not taken for their replacement', () => {
  const body = JSON.stringify({ id: 'simevt_1', type: 'account.updated', account: account.id, data: { amount: '0' } })
  const sign = (text: string) => new Webhook(ACCOUNT.webhook_secret).sign('simevt_1', new Date(START), text)
  const headers = {
    'webhook-id': 'simevt_1',
    'webhook-timestamp': String(START / 1000),
    'webhook-signature': sign(body),
  }
  assert.equal(receive(account, { headers, body: Buffer.from(body) }, new Date(START))[0]?.type, 'ignored')
  const spoilt = `${body}\uFFFD`
  const bytes = Buffer.concat([Buffer.from(body), Buffer.from([0xff])])
  assert.throws(() =>
    receive(account, { headers: { ...headers, 'webhook-signature': sign(spoilt) }, body: bytes }, new Date(START)),
  )
})

test('a webhook about another account is set aside, though the secret is the same', async () => {
  const it = trial({ faults: { seed: 1, rates: {}, webhooks: 'all' } })
  await it.send('sale', { account: { ...ACCOUNT, id: 'cac_other' } })
  assert.deepEqual(
    (await events(it)).map((event) => event.type),
    ['ignored'],
  )
})

test('an account whose secret cannot sign goes without webhooks, and holds up no other', async () => {
  const it = trial()
  const bad = { id: 'cac_bad', webhook_secret: 'whsec_!!!' }
  await it.send('sale', { account: bad, operation_id: 'opn_bad', method: 'ideal' })
  it.simulator.act(bad.id, 'opn_bad', 'approve')
  await it.send('sale', { operation_id: 'opn_good', method: 'ideal' })
  it.simulator.act(ACCOUNT.id, 'opn_good', 'approve')
  const told = await events(it)
  assert.deepEqual(
    told.map((event) => event.type === 'operation' && event.operation_id),
    ['opn_good'],
  )
})
