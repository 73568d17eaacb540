// The driver against our virtual terminal, which keeps a journal of what really happened to money.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { type Customer, createVirtualTerminals, type Fault } from '../../virtual-terminal/index.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, Connector, ConnectorAccount, FollowUpInstruction, Outcome } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import type { TerminalDriver } from '../terminal.ts'
import { createNexo } from './index.ts'

const newId = createIds(systemClock)
/** Nobody at the terminal runs out of time. */
const patient: Clock = {
  now: systemClock.now,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
}
const POI = 'V400m-324688179'
const TAPS: Customer = { card: 'visa', entry: 'contactless' }
const account: ConnectorAccount = {
  id: 'cac_1',
  merchant_id: 'mer_1',
  connector: 'nexo',
  config: { transport: 'virtual' },
}
const terminal = { id: 'ter_1', serial: POI }

function setUp({ customer = TAPS, fault = null }: { customer?: Customer | null; fault?: Fault | null } = {}) {
  const terminals = createVirtualTerminals({ clock: patient, settings: { pace: 'instant', customer, fault } })
  const steps: string[] = []
  const connector = createNexo({
    clock: systemClock,
    virtual: {
      async exchange(poiId, wire, listener) {
        const stop = listener && terminals.terminal(poiId).listen(listener)
        return terminals.exchange(poiId, wire).finally(stop)
      },
    },
    tell: (_account, event) => steps.push(event.step),
  })
  return { terminals, device: terminals.terminal(POI), connector, steps }
}

contractSuite('nexo', async () => {
  const { terminals, device, connector } = setUp()
  return {
    ...{ connector, account, method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id },
    // Eight digits before the point are the protocol's limit.
    most: 9_999_999_999n,
    loseNextAnswer: async () => device.set({ fault: 'answer_lost' }),
    close: async () => terminals.close(),
  }
})

const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
const base = () => ({
  ...{ account, terminal, payment_id: 'pay_1', tender_id: 'ten_1', webhook_url: '', currency: 'EUR' },
  operation_id: newId('opn'),
})
function sale(connector: Connector, more: Partial<ChargeInstruction> = {}): Promise<Outcome> {
  const instruction = {
    ...base(),
    amount: 1099n,
    method: 'card',
    channel: 'pos',
    initiator: 'customer',
    ...more,
  } as const
  return callConnector(deps, connector, 'sale', instruction, { timeoutMs: 5_000 })
}
const brief = (outcome: Outcome) =>
  outcome.outcome === 'succeeded'
    ? [outcome.outcome, outcome.amount, outcome.tip]
    : [outcome.outcome, 'code' in outcome ? outcome.code : outcome.outcome === 'unknown' ? outcome.amount : undefined]

test('an approval tells amount, card, slips and both halves of its name, and its steps on the way', async () => {
  const { connector, steps } = setUp()
  const outcome = await sale(connector)
  assert.ok(outcome.outcome === 'succeeded')
  assert.equal(outcome.amount, 1099n)
  assert.match(outcome.psp_reference, /^\S+ \d{4}-\d\d-\d\dT/)
  const { brand, last4, entry, alias, approval_code } = outcome.instrument ?? {}
  assert.deepEqual([brand, entry, typeof alias, typeof approval_code], ['visa', 'contactless', 'string', 'string'])
  assert.match(last4 ?? '', /^\d{4}$/)
  assert.equal((outcome.detail as { slips: unknown[] }).slips.length, 2)
  assert.ok(steps.includes('card_presented') && steps.includes('tender_final'), steps.join(' '))
})

test('a tip that the customer adds stands beside the amount', async () => {
  const { connector } = setUp({ customer: { ...TAPS, tip: 150 } })
  assert.deepEqual(brief(await sale(connector, { asks_tip: true })), ['succeeded', 1099n, 150n])
})

const faults: [fault: Fault, outcome: unknown[], journal: number][] = [
  ['partial', ['succeeded', 550n, undefined], 1],
  ['answer_lost', ['unknown', undefined], 1],
  ['answer_rejected', ['unknown', undefined], 1],
  ['server_error', ['unknown', undefined], 1],
  ['busy', ['declined', 'terminal_busy'], 0],
  ['wrong_amount', ['unknown', 1100n], 1],
]
for (const [fault, expected, moved] of faults) {
  test(`with the fault ${fault} the outcome says only what is known`, async () => {
    const { connector, terminals } = setUp({ fault })
    assert.deepEqual(brief(await sale(connector)).slice(0, 3), expected)
    assert.equal(terminals.journal().length, moved)
  })
}

const amounts: [amount: bigint, code: string, isRetryable: boolean][] = [
  [1124n, 'insufficient_funds', true],
  [1125n, 'card_blocked', false],
  [1126n, 'expired_card', false],
  [1127n, 'card_declined', false],
  [1128n, 'invalid_card', false],
  [1134n, 'wrong_pin', true],
]
for (const [amount, code, isRetryable] of amounts) {
  test(`the amount ${amount} is declined as ${code}`, async () => {
    const outcome = await sale(setUp().connector, { amount })
    assert.ok(outcome.outcome === 'declined')
    assert.deepEqual([outcome.code, outcome.is_retryable], [code, isRetryable])
  })
}

test('what was approved and not answered is found by the original ServiceID, and sent again is not charged again', async () => {
  const { connector, terminals } = setUp({ fault: 'answer_lost' })
  const operation_id = newId('opn')
  assert.equal((await sale(connector, { operation_id })).outcome, 'unknown')
  const asked = { ...base(), operation_id, kind: 'sale', amount: 1099n } as const
  const found = await callConnector(deps, connector, 'lookup', asked, { timeoutMs: 5_000 })
  assert.deepEqual(brief(found as Outcome), ['succeeded', 1099n, undefined])
  assert.deepEqual(brief(await sale(connector, { operation_id })), ['succeeded', 1099n, undefined])
  assert.equal(terminals.journal().length, 1)
})

test('a terminal that is switched off was certainly not reached', async () => {
  const { connector, device } = setUp()
  device.plug(false)
  assert.equal((await sale(connector)).outcome, 'no_effect')
})

test('the red key cancels, and nothing is charged', async () => {
  const { connector, terminals } = setUp({ customer: { ...TAPS, cancels: true } })
  assert.deepEqual(brief(await sale(connector)), ['declined', 'canceled'])
  assert.deepEqual(
    terminals.journal().map(({ what }) => what),
    ['canceled'],
  )
})

test('a refund by reference gives back a part with its tip, and one to a presented card needs no payment', async () => {
  const { connector, terminals } = setUp({ customer: { ...TAPS, tip: 100 } })
  const paid = await sale(connector, { asks_tip: true })
  assert.ok(paid.outcome === 'succeeded')
  const original = { operation_id: 'opn_x', psp_reference: paid.psp_reference, amount: 1099n, method: 'card' }
  const back: Omit<FollowUpInstruction, 'signal'> = { ...base(), amount: 1099n, tip: 100n, original }
  assert.deepEqual(brief(await callConnector(deps, connector, 'refund', back, { timeoutMs: 5_000 })), [
    ...['succeeded', 1099n, undefined],
  ])
  const credit = { ...base(), amount: 500n, method: 'card', terminal_id: terminal.id }
  assert.deepEqual(brief(await callConnector(deps, connector, 'credit', credit, { timeoutMs: 5_000 })), [
    ...['succeeded', 500n, undefined],
  ])
  assert.equal(terminals.journal().length, 3)
})

test('an abort is answered by the payment: canceled while it waits for a card', async () => {
  const { connector, device } = setUp({ customer: null })
  const operation_id = newId('opn')
  const paying = sale(connector, { operation_id })
  while (device.view().screen.kind !== 'card') await new Promise((resolve) => setImmediate(resolve))
  const signal = new AbortController().signal
  const target = { message_id: operation_id, kind: 'sale' } as const
  await connector.terminal?.abort?.({ account, terminal, message_id: newId('tms'), signal, target })
  assert.deepEqual(brief(await paying), ['declined', 'canceled'])
})

test('an abort that comes too late does not undo an approval', async () => {
  const { connector, device, terminals } = setUp({ customer: null, fault: 'approved_before_abort' })
  const operation_id = newId('opn')
  const paying = sale(connector, { operation_id })
  while (device.view().screen.kind !== 'card') await new Promise((resolve) => setImmediate(resolve))
  const signal = new AbortController().signal
  const target = { message_id: operation_id, kind: 'sale' } as const
  await connector.terminal?.abort?.({ account, terminal, message_id: newId('tms'), signal, target })
  assert.deepEqual(brief(await paying), ['succeeded', 1099n, undefined])
  assert.equal(terminals.journal().length, 1)
})

const common = () => ({ account, terminal, message_id: newId('tms'), signal: new AbortController().signal })
function driverOf(connector: Connector): Required<TerminalDriver> {
  assert.ok(connector.terminal)
  return connector.terminal as Required<TerminalDriver>
}

test('a card is identified, held, and pays without a second tap; or is let go', async () => {
  const { connector, device } = setUp()
  const driver = driverOf(connector)
  const found = await driver.identify(common())
  assert.ok(found.outcome === 'identified')
  assert.equal(typeof found.instrument.alias, 'string')
  device.set({ customer: null })
  const paid = await sale(connector, { held_card: found.held_card })
  assert.ok(paid.outcome === 'succeeded')
  assert.equal(paid.instrument?.alias, found.instrument.alias)
  device.set({ customer: TAPS })
  const again = await driver.identify(common())
  assert.ok(again.outcome === 'identified')
  await driver.letGo({ ...common(), held_card: again.held_card, text: { title: 'Welcome back' } })
  assert.notEqual(device.view().screen.kind, 'wait')
})

test('it asks, shows, prints, and tells how it is and what it took', async () => {
  const { connector, device } = setUp({ customer: { ...TAPS, text: 'anna@example.org', menu: 1 } })
  const driver = driverOf(connector)
  const ask = async (question: Parameters<TerminalDriver['ask'] & {}>[0]['question']) => {
    const answer = await driver.ask({ ...common(), question, max_seconds: 10 })
    return answer.outcome === 'answered' ? answer.value : answer
  }
  assert.equal(await ask({ kind: 'email', title: 'Your e-mail' }), 'anna@example.org')
  assert.equal(await ask({ kind: 'confirm', title: 'Give 1 euro?', yes: 'Yes', no: 'No' }), true)
  assert.equal(await ask({ kind: 'choice', title: 'Bag?', choices: ['none', 'paper'] }), 1)
  device.set({ customer: { ...TAPS, text: '0612345678' } })
  assert.equal(await ask({ kind: 'phone', title: 'Your number' }), '0612345678')
  device.set({ customer: { ...TAPS, cancels: true } })
  assert.equal(
    (await driver.ask({ ...common(), question: { kind: 'text', title: 'Name' }, max_seconds: 10 })).outcome,
    'canceled',
  )
  await driver.display({ ...common(), text: { title: 'Thank you', body: 'See you' } })
  assert.deepEqual(device.view().screen, { kind: 'display', icon: null, lines: ['Thank you', 'See you'] })
  await driver.print({ ...common(), lines: [{ left: 'Total', right: '10.99', is_bold: true }] })
  assert.ok(device.view().slips.length > 0)
  device.set({ customer: TAPS })
  await sale(connector)
  assert.equal((await driver.diagnose(common())).status, 'ok')
  const [total] = await driver.totals(common())
  assert.deepEqual([total?.currency, total?.count, total?.amount], ['EUR', 1, 1099n])
})
