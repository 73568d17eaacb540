// The driver against Buckaroo's gateway, over HTTP.

import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, ConnectorAccount, Lookup } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import { type FakeBuckaroo, fakeBuckaroo, SECRET, TERMINAL, WEBSITE } from './fake.fixture.ts'
import { headerOf, isSignedBy } from './hmac.ts'
import { createBuckarooTerminal } from './index.ts'

const newId = createIds(systemClock)
const publicUrl = 'https://shop.example'
/** Waits for nothing but its turn. */
const connector = createBuckarooTerminal({ clock: { now: systemClock.now, sleep: async () => turn() }, publicUrl })
const terminal = { id: 'ter_1', serial: TERMINAL }
const webhook_url = `${publicUrl}/hooks/mer_1/cac_1`
const accountAt = (url: string, more: Record<string, string> = {}): ConnectorAccount => ({
  ...{ id: 'cac_1', merchant_id: 'mer_1', connector: 'buckaroo_terminal' },
  config: { website_key: WEBSITE, secret_key: SECRET, environment: 'test', url, ...more },
})

contractSuite('buckaroo_terminal', async () => {
  const fake = await fakeBuckaroo()
  return {
    ...{ connector, account: accountAt(fake.url), method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id, webhook_url },
    ...{ isAskedByItsName: true, hasTimeInWebhooks: false, signedWith: 'secret_key' },
    webhookAbout: async (operationId) => ({ now: systemClock.now(), request: fake.push(operationId) }),
    close: () => fake.close(),
  }
})

let fake: FakeBuckaroo
let account: ConnectorAccount
before(async () => {
  fake = await fakeBuckaroo()
  account = accountAt(fake.url)
})
after(() => fake.close())
beforeEach(() => {
  Object.assign(fake, { customer: 'pays', honest: false, spoils: undefined })
  fake.transactions.length = 0
})

const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
const instruct = (more: Partial<ChargeInstruction> = {}) => ({
  ...{ account, terminal, payment_id: 'pay_1', tender_id: 'ten_1', webhook_url, operation_id: newId('opn') },
  ...{ amount: 1099n, currency: 'EUR', method: 'card', channel: 'pos', initiator: 'customer' as const, ...more },
})
const sale = (more: Partial<ChargeInstruction> = {}) =>
  callConnector(deps, connector, 'sale', instruct(more), { timeoutMs: 5_000 })
const lookUp = (operation_id: string, psp_reference?: string) =>
  callConnector(
    deps,
    connector,
    'lookup',
    { account, operation_id, psp_reference, kind: 'sale', amount: 1099n, currency: 'EUR' },
    { timeoutMs: 5_000 },
  )
const brief = (outcome: Lookup) =>
  outcome.outcome === 'succeeded' || outcome.outcome === 'unknown'
    ? [outcome.outcome, outcome.amount]
    : [outcome.outcome, 'code' in outcome ? outcome.code : undefined]

test('requests are signed as Buckaroo’s own clients sign them', () => {
  const keys = {
    websiteKey: 'test_website_key',
    secretKey: 'secret_key_123',
    time: '1234567890',
    nonce: 'test-nonce-12345',
  }
  const body =
    '{"Currency":"EUR","AmountDebit":10.5,"Invoice":"INV-1","Services":{"ServiceList":[{"Name":"ideal","Action":"Pay"}]}}'
  const url = new URL('https://testcheckout.buckaroo.nl/json/Transaction')
  const posted = headerOf({ ...keys, method: 'POST', url, body })
  assert.equal(posted, 'hmac test_website_key:Da2lKSVpIO2tuILennTNbH0ASZIgzKFJk1sRwfLPOx8=:test-nonce-12345:1234567890')
  const status = new URL('https://testcheckout.buckaroo.nl/json/Transaction/Status/ABC')
  assert.match(
    headerOf({ ...keys, method: 'GET', url: status, body: '' }),
    /:L9LES8Vi3expyXJS6txm\/caddldAhypI9YCZq3m4D\/k=:/,
  )
  assert.ok(isSignedBy(posted, { ...keys, method: 'POST', url, body }))
  assert.ok(!isSignedBy(posted, { ...keys, method: 'POST', url, body: `${body} ` }))
})

test('a success in the answer to a payment is none: it is paid when the terminal has spoken', async () => {
  fake.customer = null
  const names: string[] = []
  const operation_id = newId('opn')
  const paying = sale({ operation_id, named: async (name) => void names.push(name) })
  while (names.length === 0) await turn()
  assert.deepEqual(brief(await lookUp(operation_id, names[0])), ['pending', undefined])
  fake.customer = 'pays'
  fake.act()
  const outcome = await paying
  assert.ok(outcome.outcome === 'succeeded')
  assert.deepEqual([outcome.amount, outcome.psp_reference], [1099n, names[0]])
  assert.deepEqual(outcome.detail, { told: [{ Name: 'CardholderReceipt', Value: 'BUCKAROO receipt' }] })
})

test('a success without the words of the terminal is believed only of what was pending before', async () => {
  fake.customer = null
  const names: string[] = []
  const operation_id = newId('opn')
  const paying = sale({ operation_id, named: async (name) => void names.push(name) })
  while (names.length === 0) await turn()
  await lookUp(operation_id, names[0])
  Object.assign(fake.transactions[0] ?? {}, { code: 190 })
  assert.equal((await lookUp(operation_id, names[0])).outcome, 'unknown')
  Object.assign(fake.transactions[0] ?? {}, { slip: true })
  assert.equal((await paying).outcome, 'succeeded')
  fake.honest = true
  const second = sale()
  while (fake.transactions.length < 2) await turn()
  Object.assign(fake.transactions[1] ?? {}, { code: 190, slip: false })
  assert.deepEqual(brief(await second), ['succeeded', 1099n])
})

test('a no says whose it is, and what Buckaroo does not take, or nobody took, is certainly nothing', async () => {
  fake.customer = 'is declined'
  assert.deepEqual(brief(await sale()), ['declined', 'card_declined'])
  fake.customer = 'cancels'
  assert.deepEqual(brief(await sale()), ['declined', 'canceled'])
  assert.equal((await sale({ terminal: { id: 'ter_2', serial: '9' } })).outcome, 'no_effect')
  assert.equal((await sale({ account: accountAt(fake.url, { secret_key: 'wrong' }) })).outcome, 'no_effect')
  assert.equal((await sale({ account: accountAt('http://127.0.0.1:9') })).outcome, 'no_effect')
})

test('looks that fail, and a technical error, are no answer: it is looked at again', async () => {
  for (const how of ['lost', 500, 403] as const) {
    fake.spoils = { path: '/Status/', how }
    assert.deepEqual(brief(await sale()), ['succeeded', 1099n])
  }
  fake.customer = null
  const paying = sale()
  while (fake.transactions.length < 4) await turn()
  const last = fake.transactions[3] as FakeBuckaroo['transactions'][number]
  last.code = 492
  assert.equal((await lookUp('opn_1', last.key)).outcome, 'unknown')
  Object.assign(last, { code: 190, slip: true })
  assert.equal((await paying).outcome, 'succeeded')
})

test('a payment whose key was lost is not made again, and is known by its push', async () => {
  fake.spoils = { path: '/json/Transaction', how: 'lost' }
  const operation_id = newId('opn')
  assert.equal((await sale({ operation_id })).outcome, 'unknown')
  assert.equal((await lookUp(operation_id)).outcome, 'unknown')
  assert.equal(fake.transactions.length, 1)
  const [event] = connector.receive?.(account, fake.push(operation_id), systemClock.now()) ?? []
  assert.ok(event?.type === 'operation')
  assert.deepEqual(
    [event.operation_id, event.currency, ...brief(event.outcome)],
    [operation_id, 'EUR', 'succeeded', 1099n],
  )
})

test('a push about what is not paid yet, or for another address, decides nothing', async () => {
  const operation_id = newId('opn')
  await sale({ operation_id })
  const read = (from = account) => connector.receive?.(from, fake.push(operation_id), systemClock.now())[0]?.type
  Object.assign(fake.transactions[0] ?? {}, { slip: false })
  assert.equal(read(), 'ignored')
  Object.assign(fake.transactions[0] ?? {}, { code: 791, slip: true })
  assert.equal(read(), 'ignored')
  assert.throws(() => read({ ...account, id: 'cac_2' }), { code: 'signature-invalid' })
})

test('an abort needs the key, ends what nobody has paid, and is refused when somebody has', async () => {
  fake.customer = null
  const names: string[] = []
  const paying = sale({ named: async (name) => void names.push(name) })
  while (names.length === 0) await turn()
  const signal = AbortSignal.timeout(5_000)
  const abort = async (psp_reference?: string) =>
    connector.terminal?.abort?.({
      ...{ account, terminal, message_id: newId('tms'), signal },
      target: { message_id: 'opn_1', kind: 'sale', ...(psp_reference && { psp_reference }) },
    })
  await assert.rejects(abort(), { kind: 'busy' })
  await abort(names[0])
  assert.deepEqual(brief(await paying), ['declined', 'canceled'])
  fake.customer = 'pays'
  const paid = await sale()
  await assert.rejects(abort(paid.outcome === 'succeeded' ? paid.psp_reference : ''), { kind: 'refused' })
})

test('a refund goes back with its tip, and one that was lost is known by its push', async () => {
  const paid = await sale()
  const psp_reference = paid.outcome === 'succeeded' ? paid.psp_reference : ''
  const original = { operation_id: 'opn_1', psp_reference, amount: 1099n, method: 'card' }
  const asked = { ...instruct(), amount: 500n, tip: 99n, original }
  assert.deepEqual(brief(await callConnector(deps, connector, 'refund', asked, { timeoutMs: 5_000 })), [
    'succeeded',
    500n,
  ])
  assert.equal(fake.transactions[1]?.credit, 5.99)
  fake.spoils = { path: '/json/Transaction', how: 'lost' }
  const second = { ...instruct(), amount: 100n, original }
  assert.equal((await callConnector(deps, connector, 'refund', second, { timeoutMs: 5_000 })).outcome, 'unknown')
  const [event] = connector.receive?.(account, fake.push(second.operation_id), systemClock.now()) ?? []
  assert.deepEqual(event?.type === 'operation' && brief(event.outcome), ['succeeded', 100n])
})
