import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, ConnectorAccount, Lookup, Outcome } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import type { Question } from '../terminal.ts'
import { API_KEY, type FakeStripe, fakeStripe, READER } from './fake.fixture.ts'
import { createStripeTerminal } from './index.ts'

const newId = createIds(systemClock)
/** Waits for nothing but its turn. */
const connector = createStripeTerminal({ clock: { sleep: async () => turn() } })
const SECRET = 'whsec_readers'
const terminal = { id: 'ter_1', serial: READER }
const accountAt = (url: string, more: Record<string, string> = {}): ConnectorAccount => ({
  ...{ id: 'cac_1', merchant_id: 'mer_1', connector: 'stripe_terminal' },
  config: { api_key: API_KEY, url, webhook_secret: SECRET, ...more },
})

contractSuite('stripe_terminal', async () => {
  const fake = await fakeStripe()
  return {
    ...{ connector, account: accountAt(fake.url), method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id },
    most: 99_999_999n,
    async loseNextAnswer() {
      fake.loses = '/process_payment_intent'
    },
    async webhookAbout(operationId: string) {
      const now = systemClock.now()
      const created = Math.floor(now.getTime() / 1000)
      const object = fake.intents.find(({ metadata }) => metadata?.['operation_id'] === operationId)
      const body = Buffer.from(
        JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded', created, data: { object } }),
      )
      const v1 = createHmac('sha256', SECRET).update(`${created}.`).update(body).digest('hex')
      return { now, request: { headers: { 'stripe-signature': `t=${created},v1=${v1}` }, body } }
    },
    close: () => fake.close(),
  }
})

let fake: FakeStripe
before(async () => {
  fake = await fakeStripe()
})
after(() => fake.close())
beforeEach(() => {
  Object.assign(fake, { customer: 'taps', tip: 0, loses: undefined })
  Object.assign(fake.reader, { action: null, status: 'online' })
})

const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
const base = () => ({
  ...{
    account: accountAt(fake.url),
    terminal,
    payment_id: 'pay_1',
    tender_id: 'ten_1',
    webhook_url: '',
    currency: 'EUR',
  },
  operation_id: newId('opn'),
})
function sale(more: Partial<ChargeInstruction> = {}): Promise<Outcome> {
  const asked = { ...base(), amount: 1099n, method: 'card', channel: 'pos', initiator: 'customer', ...more } as const
  return callConnector(deps, connector, 'sale', asked, { timeoutMs: 5_000 })
}
function lookUp(operation_id: string): Promise<Lookup> {
  return callConnector(
    deps,
    connector,
    'lookup',
    { ...base(), operation_id, kind: 'sale', amount: 1099n },
    { timeoutMs: 5_000 },
  )
}
const brief = (outcome: Lookup) =>
  outcome.outcome === 'succeeded'
    ? [outcome.outcome, outcome.amount, outcome.tip]
    : [outcome.outcome, 'code' in outcome ? outcome.code : undefined]

test('a tap pays, with a tip beside the amount, and tells of the card', async () => {
  fake.tip = 150
  const outcome = await sale({ asks_tip: true })
  assert.deepEqual(brief(outcome), ['succeeded', 1099n, 150n])
  assert.deepEqual(outcome.outcome === 'succeeded' && outcome.instrument, {
    ...{ kind: 'card', brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030, alias: 'fp_1' },
    ...{ entry: 'contactless', approval_code: '123456' },
  })
  const paid = outcome.outcome === 'succeeded' ? outcome.psp_reference : ''
  const original = { operation_id: 'opn_x', psp_reference: paid, amount: 1099n, method: 'card' }
  const back = { ...base(), amount: 1099n, tip: 150n, original }
  assert.deepEqual(brief(await callConnector(deps, connector, 'refund', back, { timeoutMs: 5_000 })), [
    ...['succeeded', 1099n, undefined],
  ])
  assert.equal(fake.refunds.at(-1)?.amount, 1249)
})

test('a no is for good: the intent is cancelled, so that it can never be charged later', async () => {
  for (const [customer, code] of [
    ['declined', 'insufficient_funds'],
    ['cancels', 'canceled'],
  ] as const) {
    fake.customer = customer
    assert.deepEqual(brief(await sale()), ['declined', code])
    assert.equal(fake.intents.at(-1)?.status, 'canceled')
  }
})

test('a reader that is busy or offline was not charged, and the intent is cancelled', async () => {
  fake.reader.status = 'offline'
  assert.deepEqual(brief(await sale()), ['declined', 'terminal_unavailable'])
  fake.reader.status = 'online'
  fake.reader.action = {
    type: 'process_payment_intent',
    status: 'in_progress',
    process_payment_intent: { payment_intent: 'pi_x' },
  }
  assert.deepEqual(brief(await sale()), ['declined', 'terminal_busy'])
  assert.deepEqual(
    fake.intents.slice(-2).map(({ status }) => status),
    ['canceled', 'canceled'],
  )
})

test('an answer that is lost is found by our own id; while a customer stands there nobody knows', async () => {
  const operation_id = newId('opn')
  fake.customer = null
  fake.loses = '/process_payment_intent'
  assert.equal((await sale({ operation_id })).outcome, 'unknown')
  assert.equal((await lookUp(operation_id)).outcome, 'unknown')
  fake.customer = 'taps'
  fake.present()
  assert.deepEqual(brief(await lookUp(operation_id)), ['succeeded', 1099n, undefined])
})

test('an abort ends what the reader does, and the sale’s own answer says so', async () => {
  fake.customer = null
  const paying = sale()
  while (fake.reader.action === null) await turn()
  const signal = new AbortController().signal
  const target = { message_id: 'opn_1', kind: 'sale' } as const
  await connector.terminal?.abort?.({ account: accountAt(fake.url), terminal, message_id: 'tms_1', signal, target })
  assert.equal((await paying).outcome, 'no_effect')
  assert.equal(fake.intents.at(-1)?.status, 'canceled')
})

test('a wrong key, or nobody at the address, is certainly nothing', async () => {
  const wrong = accountAt(fake.url, { api_key: 'sk_wrong' })
  assert.equal((await sale({ account: wrong })).outcome, 'no_effect')
  assert.equal((await sale({ account: accountAt('http://127.0.0.1:9') })).outcome, 'no_effect')
})

test('a question is put on the screen, and answered, skipped or given up', async () => {
  const put = (question: Question) =>
    connector.terminal?.ask?.({
      ...{ account: accountAt(fake.url), terminal, message_id: newId('tms'), signal: AbortSignal.timeout(5_000) },
      ...{ question, max_seconds: 3 },
    })
  const confirm = { kind: 'confirm', title: 'Join our club?', yes: 'Yes', no: 'No' } as const
  fake.answers = { selection: { id: '1', text: 'No' } }
  assert.deepEqual(await put(confirm), { outcome: 'answered', value: false })
  assert.deepEqual(
    [fake.asked['inputs[0][type]'], fake.asked['inputs[0][selection][choices][0][text]']],
    ['selection', 'Yes'],
  )
  fake.answers = { email: { value: 'ada@example.org' } }
  assert.deepEqual(await put({ kind: 'email', title: 'Your address' }), {
    outcome: 'answered',
    value: 'ada@example.org',
  })
  fake.answers = { skipped: true }
  assert.equal((await put({ kind: 'phone', title: 'Your number' }))?.outcome, 'canceled')
  fake.answers = null
  assert.equal((await put(confirm))?.outcome, 'canceled')
  assert.equal(fake.reader.action, null, 'and the screen is free')
  const choices = ['1', '2', '3', '4', '5']
  await assert.rejects(async () => put({ kind: 'choice', title: 'Which?', choices }), { kind: 'refused' })
})
