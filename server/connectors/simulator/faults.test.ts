import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { chance, FAULT_NAMES, type FaultName, strike } from './faults.ts'
import { card, ended, trial } from './try.ts'

const LATE = 60_000
const SETTLE = 30_000

test('a request lost before has no effect, and the retry with the same id passes', async () => {
  const { send, effects, simulator } = trial()
  const lost = { operation_id: 'opn_s', card: card('4000007700000109') }
  assert.equal((await send('sale', lost)).transport, 'lost')
  assert.equal(simulator.lookup('cac_try', 'opn_s').outcome, 'not_found')
  assert.equal(ended(await send('sale', lost)), 'succeeded')
  assert.deepEqual(effects(), ['captured 10000'])
})

for (const [number, transport] of [
  ['4000007700000208', 'lost'],
  ['4000007700000505', 'broken'],
  ['4000007700000307', 'slow'],
] as const) {
  test(`an answer that is ${transport} after the effect is found by lookup, and asking again charges nothing`, async () => {
    const { send, effects, simulator } = trial()
    const sale = { operation_id: 'opn_s', card: card(number) }
    assert.equal((await send('sale', sale)).transport, transport)
    assert.equal(simulator.lookup('cac_try', 'opn_s').outcome, 'succeeded')
    assert.equal((await send('sale', sale)).transport, 'delivered')
    assert.deepEqual(effects(), ['captured 10000'])
  })
}

test('not found, then found: the effect is there all along and shows itself after a minute', async () => {
  const { send, effects, simulator, advance } = trial()
  await send('sale', { operation_id: 'opn_s', card: card('4000007700001305') })
  assert.deepEqual(effects(), ['captured 10000'])
  assert.equal(simulator.lookup('cac_try', 'opn_s').outcome, 'not_found')
  advance(LATE)
  assert.equal(simulator.lookup('cac_try', 'opn_s').outcome, 'succeeded')
})

test('a partial approval holds half', async () => {
  const { send, effects } = trial()
  await send('authorize', { amount: 101n, card: card('4000007700000604') })
  assert.deepEqual(effects(), ['authorized 50'])
})

test('down: nobody answers that one; account down: nobody answers this account for half a minute', async () => {
  const { send, advance } = trial()
  assert.equal((await send('sale', { card: card('4000007700001602') })).transport, 'refused')
  assert.equal((await send('sale')).transport, 'delivered')
  assert.equal((await send('sale', { card: card('4000007700001701') })).transport, 'refused')
  assert.equal((await send('sale')).transport, 'refused')
  assert.equal((await send('sale', { account: { id: 'cac_other' } })).transport, 'delivered')
  advance(30_000)
  assert.equal((await send('sale')).transport, 'delivered')
})

test('a capture that fails later is taken back: journal, lookup and refund limit agree', async () => {
  const { send, effects, simulator, advance } = trial()
  await send('sale', { operation_id: 'opn_s', card: card('4000007700001107') })
  advance(SETTLE)
  await simulator.deliverDue()
  assert.deepEqual(effects(), ['captured 10000', 'reversed 10000'])
  const found = simulator.lookup('cac_try', 'opn_s')
  assert.ok(found.outcome === 'declined' && found.code === 'capture_failed')
  assert.equal(ended(await send('refund', { original_operation_id: 'opn_s', amount: 1n })), 'amount_exceeds_captured')
})

test('a refund that fails later can be made again', async () => {
  const { send, simulator, advance } = trial()
  await send('sale', { operation_id: 'opn_s', card: card('4000007700001206') })
  await send('refund', { original_operation_id: 'opn_s' })
  assert.equal(ended(await send('refund', { original_operation_id: 'opn_s' })), 'amount_exceeds_captured')
  advance(SETTLE)
  await simulator.deliverDue()
  assert.equal(ended(await send('refund', { original_operation_id: 'opn_s' })), 'succeeded')
})

test('a one-shot strikes the next operation of its verb and no other', async () => {
  const { send } = trial({ faults: { seed: 1, rates: {}, next: [{ verb: 'refund', fault: 'lost_after' }] } })
  assert.equal((await send('sale', { operation_id: 'opn_s' })).transport, 'delivered')
  assert.equal((await send('refund', { original_operation_id: 'opn_s', amount: 1n })).transport, 'lost')
  assert.equal((await send('refund', { original_operation_id: 'opn_s', amount: 1n })).transport, 'delivered')
})

test('an account’s own plan stands before the plan of all', async () => {
  const { send, simulator } = trial({ faults: { seed: 1, rates: { lost_before: 1 } } })
  simulator.setFaults({ seed: 1, rates: {} }, 'cac_calm')
  assert.equal((await send('sale', { account: { id: 'cac_calm' } })).transport, 'delivered')
  assert.equal((await send('sale')).transport, 'lost')
})

test('luck depends on seed, fault and operation alone: leaving commands out changes nothing for the others', () => {
  const plan = { seed: 42, rates: Object.fromEntries(FAULT_NAMES.map((name) => [name, 0.2])) }
  const ids = Array.from({ length: 500 }, (_, i) => `opn_${i}`)
  const all = new Map(ids.map((id) => [id, JSON.stringify(strike(plan, id, []))]))
  for (const id of ids.toReversed().filter((_, i) => i % 3 === 0))
    assert.equal(JSON.stringify(strike(plan, id, [])), all.get(id))
})

test('a rate of 30 % strikes between 27 and 33 % of 10,000 operations, for every fault', () => {
  for (const name of FAULT_NAMES) {
    let struck = 0
    for (let i = 0; i < 10_000; i++) if (chance(7, name, `opn_${i}`) < 0.3) struck++
    assert.ok(struck > 2_700 && struck < 3_300, `${name}: ${struck}`)
  }
})

test('every fault of the list strikes when its rate is 1', () => {
  for (const name of FAULT_NAMES satisfies readonly FaultName[]) {
    assert.notDeepEqual(strike({ seed: 1, rates: { [name]: 1 } }, 'opn_1', []), {}, name)
  }
})

test('memory on disk survives: the effect, the answer and the fault plan are there after a new start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onetill-simulator-'))
  try {
    const path = join(folder, 'simulator.db')
    const first = trial({ path, faults: { seed: 1, rates: { decline: 1 } } })
    await first.send('sale', { operation_id: 'opn_s' })
    // No stop: the process is simply gone.
    const second = trial({ path })
    assert.equal(second.simulator.lookup('cac_try', 'opn_s').outcome, 'declined')
    assert.equal(ended(await second.send('sale', { operation_id: 'opn_t' })), 'card_declined')
    await first.simulator.stop()
    await second.simulator.stop()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
