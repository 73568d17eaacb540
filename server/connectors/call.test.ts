import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { Secret } from '../lib/secret.ts'
import { callConnector, redact, redactText, type Verb } from './call.ts'
import { type Connector, type FollowUpInstruction, NotSent, type Outcome } from './connector.ts'

const ASKED = 1_000n

/** Wakes every sleeper at once: the deadline passes the moment it is set. */
const impatient: Clock = { now: () => new Date(0), sleep: async () => {} }
/** Never wakes but for the signal. */
const patient: Clock = {
  now: () => new Date(0),
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
}

const instruction: Omit<FollowUpInstruction, 'signal'> = {
  account: { id: 'cac_1', merchant_id: 'mer_1', connector: 'fake', config: {} },
  operation_id: 'opn_1',
  payment_id: 'pay_1',
  tender_id: 'ten_1',
  amount: ASKED,
  currency: 'EUR',
  webhook_url: '',
  original: { operation_id: 'opn_0', psp_reference: 'x', amount: ASKED, method: 'card' },
}

async function captureWith(answer: () => Promise<Outcome>, options: { clock?: Clock; isInTransaction?: boolean } = {}) {
  const connector: Connector = {
    name: 'fake',
    facts: {
      multi_capture: true,
      over_capture_bp: 0,
      lookup_by_our_reference: true,
      idempotent: true,
      methods: ['card'],
    },
    sale: answer,
    capture: answer,
    void: answer,
    lookup: answer,
  }
  const assertNoOpenTransaction = () => {
    if (options.isInTransaction) throw new Error('a network call was made inside an open transaction')
  }
  const deps = { clock: options.clock ?? patient, log: silentLog, assertNoOpenTransaction }
  return (verb: Verb) => callConnector(deps, connector, verb, instruction as never, { timeoutMs: 10 })
}

const succeeded = (amount: bigint): Outcome => ({ outcome: 'succeeded', amount, psp_reference: 'p' })

test('an error that may have left something behind is unknown; NotSent alone has no effect', async () => {
  const broken = await (await captureWith(() => Promise.reject(new Error('socket hang up'))))('capture')
  assert.deepEqual(broken, { outcome: 'unknown', reason: 'socket hang up' })
  const refused = await (await captureWith(() => Promise.reject(new NotSent('refused'))))('capture')
  assert.deepEqual(refused, { outcome: 'no_effect', reason: 'refused' })
})

test('a question that was not sent says nothing of what it was about', async () => {
  const call = await captureWith(() => Promise.reject(new NotSent('switched off')))
  assert.deepEqual(await call('lookup'), { outcome: 'unknown', reason: 'switched off' })
})

test('an answer that never comes is unknown at the deadline, whatever the connector does with the signal', async () => {
  const call = await captureWith(() => new Promise(() => {}), { clock: impatient })
  assert.deepEqual(await call('capture'), { outcome: 'unknown', reason: 'no answer within 10 ms' })
})

test('a call inside an open transaction is a defect and is not made', async () => {
  let calls = 0
  const call = await captureWith(async () => succeeded(BigInt(++calls)), { isInTransaction: true })
  await assert.rejects(call('capture'), /inside an open transaction/)
  assert.equal(calls, 0)
})

const contradictions: [title: string, verb: Verb, outcome: unknown, believed: string][] = [
  ['a success for more than asked', 'capture', succeeded(ASKED + 1n), 'unknown'],
  ['a success for a negative amount', 'capture', succeeded(-1n), 'unknown'],
  ['a success for nothing', 'sale', succeeded(0n), 'unknown'],
  ['a success without an amount', 'sale', { outcome: 'succeeded', psp_reference: 'p' }, 'unknown'],
  ['a capture for less than asked', 'capture', succeeded(ASKED - 1n), 'unknown'],
  ['a partial approval of a sale', 'sale', succeeded(ASKED - 1n), 'succeeded'],
  ['a void of nothing', 'void', succeeded(0n), 'succeeded'],
  ['not found, in answer to a sale', 'sale', { outcome: 'not_found' }, 'unknown'],
  ['not found, in answer to a lookup', 'lookup', { outcome: 'not_found' }, 'not_found'],
  ['no outcome at all', 'sale', undefined, 'unknown'],
  ['a word that is no outcome', 'sale', { outcome: 'ok' }, 'unknown'],
]
for (const [title, verb, outcome, believed] of contradictions) {
  test(`${title} is taken as ${believed}`, async () => {
    const call = await captureWith(async () => outcome as Outcome)
    assert.equal((await call(verb)).outcome, believed)
  })
}

test('what a provider says loses card numbers before anybody keeps it', async () => {
  const call = await captureWith(async () => ({
    outcome: 'declined',
    code: 'x',
    message: 'card 4242 4242 4242 4242 refused',
    is_retryable: false,
  }))
  const outcome = await call('capture')
  assert.ok(outcome.outcome === 'declined' && !outcome.message.includes('4242 4242'))
})

test('redaction masks secrets, credential members at any depth, and card numbers in any text', () => {
  const seen = redact({
    api_key: 'sk_1',
    note: 'paid with 4242424242424242',
    deep: [{ CVC: '737', Authorization: 'Bearer x', amount: 4_995n }],
    secret: new Secret('x'),
    card: new Secret('4242424242424242'),
    order: '4242424242424241',
  })
  assert.deepEqual(seen, {
    api_key: '[redacted]',
    note: 'paid with [card …4242]',
    deep: [{ CVC: '[redacted]', Authorization: '[redacted]', amount: 4_995n }],
    secret: '[redacted]',
    card: '[redacted]',
    order: '4242424242424241',
  })
})

test('a body that is cut off or a form is redacted as text', () => {
  assert.equal(
    redactText('{"cvc":"737","client_secret": "a\\"b", "amount":12'),
    '{"cvc":"[redacted]","client_secret": "[redacted]", "amount":12',
  )
  assert.equal(redactText('amount=12&cvc=737&password=x y'), 'amount=12&cvc=[redacted]&password=[redacted] y')
})

test('redacting a member named __proto__ changes nobody’s prototype', () => {
  const seen = redact(JSON.parse('{"__proto__":{"admin":true}}')) as object
  assert.equal(Object.getPrototypeOf(seen), Object.prototype)
  assert.ok(Object.hasOwn(seen, '__proto__'))
})
