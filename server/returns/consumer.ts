// What returns learn from payments: how refunds ended that had no end when they were sent, and which cards paid which orders.

import type { Tx } from '../db/pool.ts'
import { type Consumer, type ConsumerDeps, createConsumer, type EventRow } from '../notify/index.ts'
import { finish } from './carry-out.ts'
import type { ReturnDeps } from './deps.ts'
import { completeExchange } from './exchange.ts'
import { awaitingOf } from './exchange-store.ts'
import { refundsByOperation, settleRefund } from './refund-store.ts'
import { learnCards } from './store.ts'

const DONE = new Set(['payment.refunded', 'payment.credited'])
const FAILED = new Set([
  'payment.refund_failed',
  'payment.credit_failed',
  'payment.refund_reversed',
  'payment.credit_reversed',
])
const PAID = new Set(['payment.authorized', 'payment.captured'])

export function createReturnsConsumer(deps: ConsumerDeps & ReturnDeps): Consumer {
  return createConsumer(deps, {
    name: 'returns',
    families: [...PAID, ...DONE, ...FAILED, 'order.confirmed'],
    async handle(tx, merchantId, events) {
      const paid = events
        .filter(({ type, data }) => PAID.has(type) && isOfOrder(data))
        .map(({ object_id }) => object_id)
      if (paid.length > 0) await learnCards(tx, merchantId, [...new Set(paid)].sort(), deps.clock.now())
      await learnEnds(deps, tx, merchantId, events)
      const confirmed = events.filter(({ type }) => type === 'order.confirmed').map(({ object_id }) => object_id)
      if (confirmed.length === 0) return
      for (const id of await awaitingOf(tx, merchantId, confirmed)) await completeExchange(deps, tx, merchantId, id)
    },
  })
}

async function learnEnds(deps: ReturnDeps, tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void> {
  const ends = events.filter(({ type }) => DONE.has(type) || FAILED.has(type))
  const byOperation = new Map(ends.map(({ type, data }) => [operationOf(data), type]))
  byOperation.delete('')
  if (byOperation.size === 0) return
  const touched = new Set<string>()
  for (const { return_id, n, operation_id } of await refundsByOperation(tx, merchantId, [...byOperation.keys()])) {
    const type = byOperation.get(operation_id) ?? ''
    const state = DONE.has(type) ? ('done' as const) : ('failed' as const)
    const failure = state === 'failed' ? type.slice('payment.'.length) : null
    const isReversed = type.endsWith('_reversed')
    const of = { returnId: return_id, n, state, operationId: operation_id, failure, isReversed, at: deps.clock.now() }
    if (await settleRefund(tx, merchantId, of)) touched.add(return_id)
  }
  for (const id of [...touched].sort()) await finish(deps, tx, merchantId, id)
}

function operationOf(data: unknown): string {
  const id = (data as Record<string, unknown>)['operation_id']
  return typeof id === 'string' ? id : ''
}

function isOfOrder(data: unknown): boolean {
  const id = (data as Record<string, unknown>)['order_id']
  return typeof id === 'string' && id.startsWith('ord_')
}
