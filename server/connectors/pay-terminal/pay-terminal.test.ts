// The driver against Pay. and a terminal of theirs, over HTTP and TCP.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, Connector, ConnectorAccount, Lookup, Outcome } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import { type FakePay, fakePay, PASSWORD, SERVICE, TERMINAL, USER } from './fake-cloud.fixture.ts'
import { type FakeTerminal, fakeTerminal } from './fake-terminal.fixture.ts'
import { createPayTerminal } from './index.ts'

const newId = createIds(systemClock)
const steps: string[] = []
/** Waits for nothing but its turn. */
const connector = createPayTerminal({
  clock: { now: systemClock.now, sleep: async () => turn() },
  tell: (_account, { step }) => steps.push(step),
})
const terminal = { id: 'ter_1', serial: TERMINAL }
const accountWith = (config: Record<string, string>): ConnectorAccount => ({
  ...{ id: 'cac_1', merchant_id: 'mer_1', connector: 'pay_terminal' },
  config: { transport: 'cloud', service_id: SERVICE, user: USER, password: PASSWORD, environment: 'test', ...config },
})
const referenceOf = (operationId: string) => operationId.replace('_', '')

contractSuite('pay_terminal, cloud', async () => {
  const pay = await fakePay()
  return {
    ...{ connector, account: accountWith({ url: pay.url }), method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id },
    ...{ isAskedByItsName: true, hasTimeInWebhooks: false, signedWith: 'password' },
    webhookAbout: async (operationId) => ({ now: systemClock.now(), request: pay.exchange(referenceOf(operationId)) }),
    close: () => pay.close(),
  }
})

contractSuite('pay_terminal, local', async () => {
  const pay = await fakePay()
  const device = await fakeTerminal()
  const endpoints = `${TERMINAL}=${device.address}`
  // Refunds by reference are Pay.'s; here they are of what only the terminal has taken, so they are left to the cloud's suite.
  const { refund, ...atTerminal } = connector
  return {
    connector: atTerminal,
    account: accountWith({ transport: 'local', endpoints, url: pay.url }),
    ...{ method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id },
    loseNextAnswer: async () => {
      device.hangsUp = 'after approval'
    },
    async close() {
      await device.unplug()
      await pay.close()
    },
  }
})

const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
const instruct = (account: ConnectorAccount, more: Partial<ChargeInstruction> = {}) =>
  ({
    ...{ account, terminal, payment_id: 'pay_1', tender_id: 'ten_1', webhook_url: 'https://shop.example/hooks' },
    ...{ operation_id: newId('opn'), amount: 1099n, currency: 'EUR', method: 'card', channel: 'pos' },
    ...{ initiator: 'customer' as const, ...more },
  }) satisfies Omit<ChargeInstruction, 'signal'>
const sale = (account: ConnectorAccount, more: Partial<ChargeInstruction> = {}, by: Connector = connector) =>
  callConnector(deps, by, 'sale', instruct(account, more), { timeoutMs: 5_000 })
const lookUp = (account: ConnectorAccount, operation_id: string, psp_reference?: string) =>
  callConnector(
    deps,
    connector,
    'lookup',
    { account, terminal, operation_id, psp_reference, kind: 'sale', amount: 1099n, currency: 'EUR' },
    { timeoutMs: 5_000 },
  )
const brief = (outcome: Lookup) =>
  outcome.outcome === 'succeeded' || outcome.outcome === 'unknown'
    ? [outcome.outcome, outcome.amount]
    : [outcome.outcome, 'code' in outcome ? outcome.code : undefined]
const call = (account: ConnectorAccount) => ({
  ...{ account, terminal, message_id: newId('tms'), signal: AbortSignal.timeout(5_000) },
})

describe('through the cloud', () => {
  let pay: FakePay
  let account: ConnectorAccount
  before(async () => {
    pay = await fakePay()
    account = accountWith({ url: pay.url })
  })
  after(() => pay.close())
  beforeEach(() => {
    Object.assign(pay, { customer: 'pays', spoils: undefined, tooMuch: 0, terminal: 'ONLINE' })
    pay.orders.length = 0
  })

  test('a payment is an order for one terminal, known by its number before anybody pays', async () => {
    pay.customer = null
    const names: string[] = []
    const operation_id = newId('opn')
    const paying = sale(account, { operation_id, named: async (name) => void names.push(name) })
    while (names.length === 0) await turn()
    assert.deepEqual(
      pay.orders.map(({ reference, exchangeUrl, method }) => [reference, exchangeUrl, method]),
      [[referenceOf(operation_id), 'https://shop.example/hooks', 1927]],
    )
    assert.deepEqual(brief(await lookUp(account, operation_id, names[0])), ['pending', undefined])
    pay.customer = 'pays'
    pay.act()
    const outcome = await paying
    assert.ok(outcome.outcome === 'succeeded')
    assert.deepEqual([outcome.amount, outcome.psp_reference], [1099n, names[0]])
    assert.deepEqual(outcome.instrument, { kind: 'card', alias: '5d7dbff5' })
    assert.deepEqual(outcome.detail, { slip: 'PAY. receipt' })
  })

  test('a no says whose it is', async () => {
    for (const [customer, code] of [
      ['is declined', 'card_declined'],
      ['cancels', 'canceled'],
    ] as const) {
      pay.customer = customer
      assert.deepEqual(brief(await sale(account)), ['declined', code])
    }
  })

  test('looks that fail are no answer: the order is looked at again', async () => {
    for (const how of ['lost', 500, 401] as const) {
      pay.spoils = { path: '/status', how }
      assert.deepEqual(brief(await sale(account)), ['succeeded', 1099n])
    }
  })

  test('an order whose number was lost is not made again, and is known by its exchange', async () => {
    pay.spoils = { path: '/orders', how: 'lost' }
    const operation_id = newId('opn')
    assert.equal((await sale(account, { operation_id })).outcome, 'unknown')
    assert.equal((await lookUp(account, operation_id)).outcome, 'unknown')
    assert.equal(pay.orders.length, 1)
    const [event] = connector.receive?.(account, pay.exchange(referenceOf(operation_id)), systemClock.now()) ?? []
    assert.ok(event?.type === 'operation')
    assert.deepEqual([event.operation_id, event.amount, event.currency], [operation_id, 1099n, 'EUR'])
    assert.deepEqual(brief(event.outcome), ['succeeded', 1099n])
  })

  test('what Pay. refuses, and what does not reach it, is certainly nothing', async () => {
    const unknown = { id: 'ter_2', serial: 'TH-9999-9999' }
    assert.equal((await sale(account, { terminal: unknown })).outcome, 'no_effect')
    assert.equal((await sale(accountWith({ url: pay.url, password: 'wrong' }))).outcome, 'no_effect')
    assert.equal((await sale(accountWith({ url: 'http://127.0.0.1:9' }))).outcome, 'no_effect')
    assert.equal(pay.orders.length, 0)
  })

  test('a payment for more than was asked is for a person', async () => {
    pay.tooMuch = 1
    assert.deepEqual(brief(await sale(account)), ['unknown', 1100n])
  })

  test('an abort needs the number of the order, ends it, and the sale’s own answer says so', async () => {
    pay.customer = null
    const names: string[] = []
    const paying = sale(account, { named: async (name) => void names.push(name) })
    while (names.length === 0) await turn()
    const target = { message_id: 'opn_1', kind: 'sale' } as const
    await assert.rejects(async () => connector.terminal?.abort?.({ ...call(account), target }), /by which number/)
    await connector.terminal?.abort?.({ ...call(account), target: { ...target, psp_reference: names[0] as string } })
    assert.deepEqual(brief(await paying), ['declined', 'canceled'])
  })

  test('an abort that comes too late is refused, and the payment stands', async () => {
    const paid = await sale(account)
    assert.ok(paid.outcome === 'succeeded')
    const target = { message_id: 'opn_1', kind: 'sale', psp_reference: paid.psp_reference } as const
    await assert.rejects(async () => connector.terminal?.abort?.({ ...call(account), target }), { kind: 'refused' })
    assert.deepEqual(brief(await lookUp(account, 'opn_1', paid.psp_reference)), ['succeeded', 1099n])
  })

  test('a refund to a card that is held to the terminal is an order that pays out', async () => {
    const back = await callConnector(deps, connector, 'credit', instruct(account), { timeoutMs: 5_000 })
    assert.deepEqual([brief(back), pay.orders[0]?.method], [['succeeded', 1099n], 2351])
  })

  test('a refund whose answer was lost cannot be asked about, and stays unknown', async () => {
    const paid = await sale(account)
    const original = { operation_id: 'opn_1', psp_reference: '', amount: 1099n, method: 'card' }
    if (paid.outcome === 'succeeded') original.psp_reference = paid.psp_reference
    pay.spoils = { path: '/refund', how: 'lost' }
    const asked = { ...instruct(account), original, amount: 999n }
    assert.equal((await callConnector(deps, connector, 'refund', asked, { timeoutMs: 5_000 })).outcome, 'unknown')
    const found = { account, operation_id: asked.operation_id, kind: 'refund', amount: 999n } as const
    assert.equal((await callConnector(deps, connector, 'lookup', found, { timeoutMs: 5_000 })).outcome, 'unknown')
  })

  test('an exchange is believed by the secret of its signer, with an algorithm that is known, and a chargeback is a dispute', async () => {
    const operation_id = newId('opn')
    await sale(account, { operation_id })
    const read = (by: { user: string; secret: string; algorithm?: string }, config = {}) =>
      connector.receive?.(
        accountWith({ url: pay.url, ...config }),
        pay.exchange(referenceOf(operation_id), by),
        systemClock.now(),
      )[0]?.type
    const service = { user: SERVICE, secret: 'a secret of the location' }
    assert.equal(read({ user: USER, secret: PASSWORD, algorithm: 'sha512' }), 'operation')
    assert.equal(read(service, { service_secret: service.secret }), 'operation')
    assert.throws(() => read({ user: USER, secret: PASSWORD, algorithm: 'md5' }), { code: 'signature-invalid' })
    assert.throws(() => read(service), { code: 'signature-invalid' })
    Object.assign(pay.orders[0]?.status ?? {}, { code: -71, action: 'CHARGEBACK' })
    assert.equal(read({ user: USER, secret: PASSWORD }), 'dispute')
  })

  test('a terminal is on line or not', async () => {
    assert.deepEqual(await connector.terminal?.diagnose?.(call(account)), { status: 'ok' })
    pay.terminal = 'OFFLINE'
    assert.deepEqual(await connector.terminal?.diagnose?.(call(account)), { status: 'unreachable' })
  })
})

describe('in the shop’s network', () => {
  let pay: FakePay
  let device: FakeTerminal
  let account: ConnectorAccount
  before(async () => {
    pay = await fakePay()
  })
  after(() => pay.close())
  beforeEach(async () => {
    device = await fakeTerminal()
    steps.length = 0
    account = accountWith({ transport: 'local', endpoints: `${TERMINAL}=${device.address}`, url: pay.url })
  })
  const ended = async (outcome: Promise<Outcome> | Outcome) => {
    const known = await outcome
    await device.unplug()
    return known
  }

  test('a tap is booked for what the terminal remembers, with the last digits of its card', async () => {
    const outcome = await ended(sale(account))
    assert.ok(outcome.outcome === 'succeeded')
    assert.deepEqual([outcome.amount, outcome.psp_reference], [1099n, device.history[0]?.orderId])
    assert.deepEqual(
      [outcome.instrument, outcome.detail],
      [{ kind: 'card', last4: '4242' }, { slip: 'PAY.POS ticket' }],
    )
    assert.deepEqual(device.services, [undefined])
  })

  test('the terminal works for the sales location whose secret it is given', async () => {
    await ended(sale({ ...account, config: { ...account.config, service_secret: 'a secret of the location' } }))
    assert.deepEqual(device.services, [{ serviceId: SERVICE, secret: 'a secret of the location' }])
  })

  test('a wrong PIN is not the end: the try that follows it pays', async () => {
    device.customer = 'mistypes'
    const paying = sale(account)
    while (!steps.includes('wait_for_pin')) await turn()
    device.act()
    assert.deepEqual(brief(await ended(paying)), ['succeeded', 1099n])
  })

  test('a no says whose it is', async () => {
    device.customer = 'is declined'
    assert.deepEqual(brief(await sale(account)), ['declined', 'card_declined'])
    device.customer = 'cancels'
    assert.deepEqual(brief(await ended(sale(account))), ['declined', 'canceled'])
  })

  test('a terminal that does something else is not asked, and one that is off was not reached', async () => {
    device.status = 'ORDER_PRESENTING'
    assert.deepEqual(brief(await sale(account)), ['declined', 'terminal_busy'])
    assert.equal(device.history.length, 0)
    await device.unplug()
    assert.equal((await sale(account)).outcome, 'no_effect')
  })

  test('a connection that breaks after the approval is doubt, and the terminal’s memory ends it', async () => {
    device.hangsUp = 'after approval'
    const operation_id = newId('opn')
    assert.equal((await sale(account, { operation_id })).outcome, 'unknown')
    assert.deepEqual(brief(await lookUp(account, operation_id)), ['succeeded', 1099n])
    await device.unplug()
    assert.equal((await lookUp(account, operation_id)).outcome, 'unknown')
  })

  test('a connection that breaks at once is doubt too: the terminal may have read it', async () => {
    device.hangsUp = 'at once'
    const operation_id = newId('opn')
    assert.equal((await sale(account, { operation_id })).outcome, 'unknown')
    assert.equal((await ended(lookUp(account, operation_id) as Promise<Outcome>)).outcome, 'not_found')
  })

  test('a transaction that the terminal refuses was not begun, if it is idle and does not know it', async () => {
    device.refuses = 'Invalid service'
    assert.equal((await ended(sale(account))).outcome, 'no_effect')
  })

  test('what is kept for later is not paid yet; what was made of it is found', async () => {
    device.isOffline = true
    const operation_id = newId('opn')
    assert.deepEqual(brief(await sale(account, { operation_id })), ['pending', undefined])
    Object.assign(device.history[0] ?? {}, { status: 'SUCCESS', orderId: '50000001X0002' })
    assert.deepEqual(brief(await ended(lookUp(account, operation_id) as Promise<Outcome>)), ['succeeded', 1099n])
  })

  test('what is kept for later is paid for now where the caps allow it', async () => {
    device.isOffline = true
    const outcome = await ended(sale(account, { may_go_offline: true }))
    assert.deepEqual(
      [outcome.outcome === 'succeeded' && outcome.is_provisional, ...brief(outcome)],
      [...[true, 'succeeded', 1099n]],
    )
  })

  test('an approval of more than was asked is for a person', async () => {
    device.tooMuch = 1
    assert.deepEqual(brief(await ended(sale(account))), ['unknown', 1100n])
  })

  test('an abort ends what the customer has not begun, and a diagnosis tells of it', async () => {
    device.customer = null
    const paying = sale(account)
    const state = async () => (await connector.terminal?.diagnose?.(call(account)))?.status
    while ((await state()) !== 'busy') await turn()
    await connector.terminal?.abort?.({ ...call(account), target: { message_id: 'opn_1', kind: 'sale' } })
    assert.deepEqual(brief(await paying), ['declined', 'canceled'])
    assert.equal(await state(), 'ok')
    await device.unplug()
    await assert.rejects(state(), { kind: 'unreachable' })
  })

  test('an abort that loses the race leaves the payment paid', async () => {
    device.customer = null
    const paying = sale(account)
    while ((await connector.terminal?.diagnose?.(call(account)))?.status !== 'busy') await turn()
    device.customer = 'taps'
    device.act()
    await connector.terminal?.abort?.({ ...call(account), target: { message_id: 'opn_1', kind: 'sale' } })
    assert.deepEqual(brief(await ended(paying)), ['succeeded', 1099n])
  })
})
