// The driver against a terminal, over TCP.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, ConnectorAccount, Lookup } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import { type FakeTerminal, fakeTerminal } from './fake.fixture.ts'
import { read, write } from './frame.ts'
import { concert } from './index.ts'

const newId = createIds(systemClock)
const terminal = { id: 'ter_1', serial: 'T1' }
const accountAt = (address: string): ConnectorAccount => ({
  ...{ id: 'cac_1', merchant_id: 'mer_1', connector: 'concert', config: { endpoints: `T0=10.0.0.1:1 T1=${address}` } },
})

contractSuite('concert', async () => {
  const device = await fakeTerminal()
  return {
    ...{ connector: concert, account: accountAt(device.address), method: 'card', newOperationId: () => newId('opn') },
    charge: { channel: 'pos', terminal, terminal_id: terminal.id },
    loseNextAnswer: async () => {
      device.hangsUp = 'after approval'
    },
    close: () => device.unplug(),
  }
})

let device: FakeTerminal
let account: ConnectorAccount
beforeEach(async () => {
  device = await fakeTerminal()
  account = accountAt(device.address)
})
afterEach(() => device.unplug())

const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
const instruct = (more: Partial<ChargeInstruction> = {}) => ({
  ...{ account, terminal, payment_id: 'pay_1', tender_id: 'ten_1', webhook_url: '', operation_id: newId('opn') },
  ...{ amount: 1099n, currency: 'EUR', method: 'card', channel: 'pos', initiator: 'customer' as const, ...more },
})
const sale = (more: Partial<ChargeInstruction> = {}) =>
  callConnector(deps, concert, 'sale', instruct(more), { timeoutMs: 5_000 })
const lookUp = (operation_id: string, more: object = {}) =>
  callConnector(
    deps,
    concert,
    'lookup',
    { account, terminal, operation_id, kind: 'sale', amount: 1099n, currency: 'EUR', ...more },
    { timeoutMs: 5_000 },
  )
const brief = (outcome: Lookup) =>
  outcome.outcome === 'succeeded' || outcome.outcome === 'unknown'
    ? [outcome.outcome, outcome.amount]
    : [outcome.outcome, 'code' in outcome ? outcome.code : undefined]
const call = () => ({ account, terminal, message_id: newId('tms'), signal: AbortSignal.timeout(5_000) })

test('records have a tag, a length and a value; what is cut off is waited for, and what is none is refused', () => {
  const text = write([
    ['CZ', '0320'],
    ['CB', '2500'],
  ])
  assert.equal(text, 'CZ0040320CB0042500')
  assert.deepEqual([...(read(text) ?? [])].flat(), ['CZ', '0320', 'CB', '2500'])
  for (let cut = 1; cut < text.length; cut++) {
    const expected = cut === 9 ? 1 : undefined
    assert.equal(read(text.slice(0, cut))?.size, expected)
  }
  assert.throws(() => read('HTTP/1.1 400 Bad Request'), SyntaxError)
  assert.throws(() => write([['AK', 'x'.repeat(1000)]]), RangeError)
})

test('a debit says what is to be done as PayXpert writes it, and takes the card and the slip from the answer', async () => {
  const operation_id = newId('opn')
  const outcome = await sale({ operation_id })
  assert.equal(
    device.heard[0],
    `CZ0040320CJ012323540032810CA00201CE003978CD0010CB0041099BA0010BF0010CF030${operation_id}CH030${operation_id}CK003100`,
  )
  assert.ok(outcome.outcome === 'succeeded')
  assert.deepEqual([outcome.amount, outcome.psp_reference], [1099n, '900000'])
  assert.deepEqual(outcome.instrument, {
    ...{ kind: 'card', brand: 'cartes_bancaires', last4: '4242', exp_year: 2030, exp_month: 12 },
    ...{ entry: 'contactless', approval_code: 'A00395' },
  })
  assert.match((outcome.detail as { slip: string }).slip, /Merci/)
})

const noes: [af: string | undefined, outcome: unknown[]][] = [
  ['04', ['declined', 'card_declined']],
  ['05', ['declined', 'card_declined']],
  ['08', ['declined', 'expired']],
  ['11', ['declined', 'canceled']],
  ['09', ['no_effect', undefined]],
  ['13', ['no_effect', undefined]],
  [undefined, ['declined', 'terminal_unavailable']],
  ['01', ['unknown', undefined]],
]
for (const [af, expected] of noes) {
  test(`not performed, with ${af ?? 'no reason'}, is ${expected.filter(Boolean).join(' ')}`, async () => {
    device.customer = af === undefined ? {} : { af }
    assert.deepEqual(brief(await sale()), expected)
    assert.deepEqual(device.journal, [])
  })
}

test('an approval of more than was asked is for a person, and one of less is a part', async () => {
  device.tooMuch = 1
  assert.deepEqual(brief(await sale()), ['unknown', 1100n])
  device.tooMuch = -99
  assert.deepEqual(brief(await sale()), ['succeeded', 1000n])
})

test('an answer to another question, or none that can be read, is doubt', async () => {
  for (const spoil of [
    (answer: Record<string, string>) => ({ ...answer, CF: 'opn_other' }),
    (answer: Record<string, string>) => ({ ...answer, CD: '1' }),
    (answer: Record<string, string>) => ({ ...answer, CE: '840' }),
    (answer: Record<string, string>) => ({ ...answer, AE: '11' }),
    () => ({ 'OK\n': 'x' }),
  ]) {
    device.answers = spoil
    assert.deepEqual(brief(await sale()), ['unknown', undefined])
  }
})

test('a connection that breaks after the approval is doubt, and the duplicate of that slip ends it', async () => {
  device.hangsUp = 'after approval'
  const operation_id = newId('opn')
  assert.equal((await sale({ operation_id })).outcome, 'unknown')
  assert.deepEqual(brief(await lookUp(operation_id)), ['succeeded', 1099n])
  assert.deepEqual(device.journal, ['debit 1099'])
})

test('the duplicate of another slip, of one without an approval, or of a terminal that is off proves nothing', async () => {
  device.hangsUp = 'at once'
  const operation_id = newId('opn')
  assert.equal((await sale({ operation_id })).outcome, 'unknown')
  assert.equal((await lookUp(operation_id)).outcome, 'unknown', 'there was nothing yet')
  device.hangsUp = undefined
  const next = newId('opn')
  await sale({ operation_id: next })
  assert.equal((await lookUp(operation_id)).outcome, 'not_found')
  device.answers = ({ AC: _AC, ID: _ID, ...rest }) => rest
  assert.equal((await lookUp(next)).outcome, 'unknown')
  await device.unplug()
  assert.equal((await lookUp(next)).outcome, 'unknown')
  device = await fakeTerminal()
})

test('a terminal that is busy, off or not in the account was not charged', async () => {
  device.customer = null
  const first = sale()
  while (device.heard.length === 0) await turn()
  assert.deepEqual(brief(await sale()), ['declined', 'terminal_unavailable'])
  assert.deepEqual(await concert.terminal?.diagnose?.(call()), { status: 'busy' })
  device.customer = 'taps'
  device.act()
  assert.deepEqual(brief(await first), ['succeeded', 1099n])
  assert.equal((await sale({ terminal: { id: 'ter_2', serial: 'T2' } })).outcome, 'no_effect')
  await device.unplug()
  assert.equal((await sale()).outcome, 'no_effect')
  await assert.rejects(async () => concert.terminal?.diagnose?.(call()), { kind: 'unreachable' })
  device = await fakeTerminal()
})

test('the deadline ends the waiting, not the payment', async () => {
  device.customer = null
  const signal = AbortSignal.timeout(50)
  const outcome = await concert.sale({ ...instruct(), signal }).catch((error: Error) => error.message)
  assert.equal(outcome, 'the terminal did not answer in time')
})

test('a refund names the payment it is of, with its tip; one to a presented card names none', async () => {
  const paid = await sale()
  assert.ok(paid.outcome === 'succeeded')
  const original = { operation_id: 'opn_1', psp_reference: paid.psp_reference, amount: 1099n, method: 'card' }
  const asked = { ...instruct(), amount: 900n, tip: 99n, original }
  assert.deepEqual(brief(await callConnector(deps, concert, 'refund', asked, { timeoutMs: 5_000 })), [
    'succeeded',
    900n,
  ])
  assert.match(device.heard.at(-1) ?? '', new RegExp(`CD0011CB003999.*IM006${paid.psp_reference}`))
  const found = await lookUp(asked.operation_id, { kind: 'refund', amount: 900n, tip: 99n })
  assert.deepEqual(brief(found), ['succeeded', 900n])
  const unnamed = { ...asked, original: { ...original, psp_reference: 'opn_1' } }
  assert.equal((await callConnector(deps, concert, 'refund', unnamed, { timeoutMs: 5_000 })).outcome, 'no_effect')
  assert.deepEqual(brief(await callConnector(deps, concert, 'credit', instruct(), { timeoutMs: 5_000 })), [
    ...['succeeded', 1099n],
  ])
  assert.deepEqual(device.journal, ['debit 1099', 'credit 999', 'credit 1099'])
})

test('it prints what fits its buffer, says that it is there, and has no abort', async () => {
  await concert.terminal?.print?.({ ...call(), lines: [{ left: 'Total', right: '10,99 €' }, { left: 'Merci' }] })
  assert.equal(device.printed[0], 'Total  10,99 EUR\nMerci\n')
  const lines = [{ left: 'x'.repeat(700) }]
  await assert.rejects(async () => concert.terminal?.print?.({ ...call(), lines }), { kind: 'refused' })
  assert.deepEqual(await concert.terminal?.diagnose?.(call()), { status: 'ok' })
  assert.equal(concert.terminal?.abort, undefined)
})
