import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { worldClock } from '../../test/world-luck.ts'
import { readMessage, readPaymentAnswer, readStatusAnswer, request } from '../nexo/index.ts'
import { POI, paymentOf, TAPS } from './fixture.ts'
import { createVirtualTerminals } from './index.ts'

test('a terminal that was switched off between remembers its answers, its numbers and the truth', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onetill-terminals-'))
  const clock = worldClock()
  const open = () =>
    createVirtualTerminals({
      ...{ clock, path: join(folder, 'terminals.db') },
      settings: { pace: 'instant', customer: TAPS, fault: 'answer_lost' },
    })
  const address = (serviceId: string) => ({ serviceId, saleId: 'TILL1', poiId: POI })
  try {
    const before = open()
    assert.equal((await before.exchange(POI, request('Payment', address('PAY'), paymentOf(10)))).kind, 'lost')
    before.close()

    const after = open()
    const MessageReference = { ServiceID: 'PAY', MessageCategory: 'Payment' }
    const status = await after.exchange(POI, request('TransactionStatus', address('STA'), { MessageReference }))
    assert.ok(status.kind === 'message')
    const found = readStatusAnswer(readMessage(status.wire).body)
    assert.equal(found.state === 'found' && readPaymentAnswer(found.body).authorized, 1000n)
    const again = await after.exchange(POI, request('Payment', address('PAY'), paymentOf(10)))
    assert.ok(again.kind === 'message')
    assert.equal(readPaymentAnswer(readMessage(again.wire).body).condition, 'MessageFormat')
    assert.deepEqual(
      after.journal().map(({ what, amount }) => [what, amount]),
      [['approved', 1000]],
    )
    // A number may come again after two days.
    clock.advance(49 * 3_600_000)
    assert.equal((await after.exchange(POI, request('Payment', address('PAY'), paymentOf(10)))).kind, 'lost')
    after.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
