import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { contractSuite } from '../contract.ts'
import { cash } from './index.ts'

const newId = createIds(systemClock)
const account = { id: 'cac_drawer', merchant_id: 'mer_1', connector: 'cash', config: {} }

contractSuite('cash', async () => ({
  connector: cash,
  account,
  method: 'cash',
  newOperationId: () => newId('opn'),
  charge: { channel: 'pos', cash: { tendered: 5_000n, register_id: 'reg_1' } },
  hasMemory: false,
  close: async () => {},
}))

test('a sale for which too little cash was handed over takes no effect', async () => {
  const outcome = await cash.sale({
    account,
    operation_id: 'opn_1',
    payment_id: 'pay_1',
    tender_id: 'ten_1',
    amount: 4_995n,
    currency: 'EUR',
    webhook_url: '',
    method: 'cash',
    channel: 'pos',
    initiator: 'customer',
    cash: { tendered: 4_000n, register_id: 'reg_1' },
    signal: new AbortController().signal,
  })
  assert.equal(outcome.outcome, 'no_effect')
})
