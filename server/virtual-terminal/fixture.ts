// A terminal on a desk for tests: one that answers at once, on a clock of its own.

import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { worldClock } from '../../test/world-luck.ts'
import {
  type PaymentAnswer,
  type RequestCategory,
  type Requests,
  readMessage,
  readPaymentAnswer,
  request,
} from '../nexo/index.ts'
import { type Customer, createVirtualTerminals, type Fault, type Key, type VirtualTerminal } from './index.ts'

export const POI = 'V400m-324688179'
export const TAPS: Customer = { card: 'visa', entry: 'contactless' }

/** A terminal of its own for each test. With a customer it asks nobody else. */
export function setUp({ customer = TAPS, fault = null }: { customer?: Customer | null; fault?: Fault | null } = {}) {
  const clock = worldClock()
  let byte = 0
  const terminals = createVirtualTerminals({
    clock,
    fill: (bytes) => bytes.set(bytes.map(() => byte++ % 256)),
    settings: { pace: 'instant', customer, fault },
  })
  const terminal = terminals.terminal(POI)
  let number = 0
  const ask = async <C extends RequestCategory>(category: C, body: Requests[C], serviceId?: string) =>
    terminal.exchange(request(category, { serviceId: serviceId ?? `S${++number}`, saleId: 'TILL1', poiId: POI }, body))
  const pay = (amount: number, more: Partial<Requests['Payment']> = {}, serviceId?: string) =>
    ask('Payment', { ...paymentOf(amount), ...more }, serviceId)
  return { clock, terminals, terminal, ask, pay }
}

export function paymentOf(amount: number, currency = 'EUR'): Requests['Payment'] {
  return {
    SaleData: { SaleTransactionID: { TransactionID: 'pay_1', TimeStamp: '2026-11-22T09:00:00.000Z' } },
    PaymentTransaction: { AmountsReq: { Currency: currency, RequestedAmount: amount } },
  }
}

export function bodyOf(exchanged: Awaited<ReturnType<VirtualTerminal['exchange']>>): unknown {
  assert.ok(exchanged.kind === 'message', `the terminal answered ${exchanged.kind}`)
  return readMessage(exchanged.wire).body
}

export async function paid(payment: ReturnType<ReturnType<typeof setUp>['pay']>): Promise<PaymentAnswer> {
  return readPaymentAnswer(bodyOf(await payment), 'EUR')
}

export const about = (serviceId: string, category = 'Payment') => ({ ServiceID: serviceId, MessageCategory: category })
export const press = async (terminal: VirtualTerminal, keys: string) => {
  for (const key of keys) {
    const named = { C: 'confirm', X: 'cancel', L: 'clear' }[key] ?? key
    assert.equal(terminal.touch({ type: 'key', key: named as Key }), true, `nobody waits for ${named}`)
    await turn()
  }
}
