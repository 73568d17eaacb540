// Whatever is asked, in whatever order and with whatever faults: the truth journal never shows more taken than was held,
// nor more given back than was taken. The limits are worked out from the journal alone, apart from the code's own columns.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FaultName, FaultPlan, JournalRow, PspVerb } from './index.ts'
import { trial } from './try.ts'

const FAULTS: FaultName[] = [
  'lost_before',
  'lost_after',
  'http5xx_after',
  'decline',
  'partial_approval',
  'reversed_later',
  'duplicate_webhook',
]
const FOLLOW_UPS: PspVerb[] = ['capture', 'void', 'refund', 'increment', 'extend']

interface Step {
  verb: PspVerb
  amount: bigint
  isFinal: boolean
  /** Sent twice under one id. */
  isRepeated: boolean
  /** Time that passes after it. */
  waitMs: number
}

const step: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom(...FOLLOW_UPS),
  amount: fc.bigInt(1n, 120n),
  isFinal: fc.boolean(),
  isRepeated: fc.boolean(),
  waitMs: fc.constantFrom(0, 0, 0, 40_000, 4 * 86_400_000),
})

test('the journal of any charge never captures more than was held or refunds more than was captured', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<PspVerb>('sale', 'authorize'),
      fc.array(step, { maxLength: 15 }),
      fc.nat(),
      async (first, steps, seed) => {
        const faults: FaultPlan = {
          seed,
          rates: Object.fromEntries(FAULTS.map((name) => [name, 0.15])),
          webhooks: 'all',
        }
        const { send, simulator, advance } = trial({ faults })
        await send(first, { operation_id: 'opn_charge', amount: 100n })
        for (const [i, { verb, amount, isFinal, isRepeated, waitMs }] of steps.entries()) {
          const request = {
            operation_id: `opn_step${i}`,
            original_operation_id: 'opn_charge',
            amount,
            is_final: isFinal,
          }
          await send(verb, request)
          if (isRepeated) await send(verb, request)
          advance(waitMs)
          await simulator.deliverDue()
          assertPossible(simulator.journal())
        }
        await simulator.stop()
      },
    ),
    { numRuns: 150 },
  )
})

function assertPossible(journal: JournalRow[]): void {
  const sum = (wanted: (row: JournalRow) => boolean) =>
    journal.filter(wanted).reduce((total, row) => total + row.amount, 0n)
  const isTakenBack = (kind: PspVerb) => (row: JournalRow) => row.effect === 'reversed' && row.kind === kind
  const everCaptured = sum((row) => row.effect === 'captured')
  const everRefunded = sum((row) => row.effect === 'refunded')
  const released = sum((row) => row.effect === 'voided' || row.effect === 'expired')
  const held =
    sum((row) => row.effect === 'authorized') + sum((row) => row.effect === 'captured' && row.kind === 'sale')
  const captureReversed = sum(isTakenBack('capture')) + sum(isTakenBack('sale'))
  const refundReversed = sum(isTakenBack('refund'))
  assert.ok(everCaptured - captureReversed + released <= held, 'captured and released at most what was held')
  assert.ok(everRefunded - refundReversed <= everCaptured, 'refunded at most what was captured')
  const effects = journal.map((row) => `${row.operation_id} ${row.effect}`)
  assert.equal(new Set(effects).size, effects.length, 'no operation has the same effect twice')
}
