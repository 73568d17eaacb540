import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { contractSuite } from '../contract.ts'
import { manual } from './index.ts'

const newId = createIds(systemClock)
const account = { id: 'cac_manual', merchant_id: 'mer_1', connector: 'manual', config: {} }
const terminal = { id: 'ter_1', serial: '1' }
const slip = { approval_code: '048213', brand: 'visa', last4: '4242' }

contractSuite('manual', async () => ({
  connector: manual,
  account,
  method: 'card',
  newOperationId: () => newId('opn'),
  charge: { channel: 'pos', terminal, slip },
  hasMemory: false,
  close: async () => {},
}))

test('a sale without the code of a slip takes no effect', async () => {
  const outcome = await manual.sale({
    ...{ account, operation_id: 'opn_1', payment_id: 'pay_1', tender_id: 'ten_1', webhook_url: '', terminal },
    ...{ amount: 1099n, currency: 'EUR', method: 'card', channel: 'pos', initiator: 'customer' },
    signal: new AbortController().signal,
  })
  assert.equal(outcome.outcome, 'no_effect')
})
