// The books that the connector stored_value translates for. Each call is one statement, so one transaction of its own: the
// payment core calls it between its own transactions, like a provider.

import { againIfLetGo, type Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { type OperationRow, type OrderedOperation, operate, readOperation } from './store.ts'

export interface BookDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
}

/** Why an operation was refused; the connector has the words for it. */
export type Refusal =
  | 'insufficient_balance'
  | 'card_inactive'
  | 'card_blocked'
  | 'card_expired'
  | 'currency_mismatch'
  | 'account_unknown'
  | 'not_the_owner'
  | 'original_unknown'
  | 'exceeds_hold'
  | 'exceeds_captured'
  | 'hold_released'

export interface Booked {
  outcome: 'succeeded' | 'declined'
  code: Refusal | null
  amount: bigint
  at: Date
  last4: string | null
}

interface Operation {
  merchant_id: string
  operation_id: string
  payment_id: string
  amount: bigint
  currency: string
}

/** Makes the book over a database. It keeps no state of its own. */
export function createStoredValueBook(deps: BookDeps) {
  async function carryOut(
    { merchant_id, operation_id, payment_id, amount, currency }: Operation,
    more: Pick<OrderedOperation, 'kind' | 'account_id' | 'customer_id' | 'original_id' | 'is_final'>,
    unknown: Refusal,
  ): Promise<Booked> {
    const at = deps.clock.now()
    const order: OrderedOperation = {
      operation_id,
      payment_id,
      amount,
      currency,
      ...more,
      entry_id: deps.newId('sve'),
      event_id: deps.newId('evt'),
      spare_ids: [deps.newId('sve'), deps.newId('evt'), deps.newId('sve'), deps.newId('evt')],
      at,
    }
    const row = await againIfLetGo(() => operate(deps.db, merchant_id, order))
    return row ? answer(row) : { outcome: 'declined', code: unknown, amount: 0n, at, last4: null }
  }

  return {
    charge: (
      charge: Operation & { kind: 'sale' | 'authorize'; stored_value_id: string; customer_id?: string | undefined },
    ) =>
      carryOut(
        charge,
        { kind: charge.kind, account_id: charge.stored_value_id, customer_id: charge.customer_id },
        'account_unknown',
      ),
    followUp: (
      step: Operation & { kind: 'capture' | 'void' | 'refund'; original_operation_id: string; is_final: boolean },
    ) =>
      carryOut(
        step,
        { kind: step.kind, original_id: step.original_operation_id, is_final: step.is_final },
        'original_unknown',
      ),
    credit: (credit: Operation & { stored_value_id: string; customer_id?: string | undefined }) =>
      carryOut(
        credit,
        { kind: 'credit', account_id: credit.stored_value_id, customer_id: credit.customer_id },
        'account_unknown',
      ),
    async lookup(merchantId: string, operationId: string): Promise<Booked | null> {
      const row = await readOperation(deps.db, merchantId, operationId)
      return row && answer(row)
    },
  }
}

function answer({ outcome, code, amount, at, last4 }: OperationRow): Booked {
  return { outcome, code: code as Refusal | null, amount, at, last4 }
}
