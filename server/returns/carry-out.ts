// Carries out the intents of a return through payments, outside any transaction, under keys made of the return and the number of
// the intent: a repetition after a crash is the same command, and moves nothing twice.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { credit, type PaymentView, type Reply, refund } from '../payments/index.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { dueReturns, postponeRefunds, readRefunds, settleRefund } from './refund-store.ts'
import { type Destination, type RefundRow, type ReturnRow, type ReturnView, refundOf, returnView } from './return.ts'
import { lockReturn, readReturn, updateReturn } from './store.ts'

/** Does what is open, then closes the return when every intent has its end. Throws not-found. */
export async function carryOut(deps: ReturnDeps, merchantId: string, returnId: string): Promise<ReturnView> {
  const row = await readReturn(deps.db, merchantId, returnId)
  if (!row) throw new Problem('not-found')
  for (const intent of await readRefunds(deps.db, merchantId, returnId)) {
    if (intent.state !== 'open') continue
    const result = await giveBack(deps, merchantId, row, intent)
    if (result) await settleRefund(deps.db, merchantId, { returnId, n: intent.n, ...result, at: deps.clock.now() })
  }
  return transact(deps.db, (tx) => finish(deps, tx, merchantId, returnId))
}

interface Result {
  state: RefundRow['state']
  operationId: string | null
  failure: string | null
}

async function giveBack(
  deps: ReturnDeps,
  merchantId: string,
  row: ReturnRow,
  intent: RefundRow,
): Promise<Result | null> {
  const key = `onetill:${row.id}:refund:${intent.n}`
  const idempotency = { key, fingerprint: key }
  const { payment_id, tender_id, destination } = intent
  try {
    const reply =
      payment_id === null || tender_id === null
        ? await credit(deps.payments, merchantId, idempotency, {
            amount: Number(intent.amount),
            currency: row.currency,
            channel: row.channel as 'pos',
            to: destination ?? { method: intent.method },
            reason: row.reason,
            customer_id: row.customer_id ?? undefined,
            store_id: row.store_id ?? undefined,
            reference: row.id,
          })
        : await refund(deps.payments, merchantId, idempotency, payment_id, {
            amount: Number(intent.amount),
            tender_id,
            reason: row.reason,
            ...(destination === null ? {} : { to: await handedOut(deps, merchantId, row, destination) }),
          })
    return resultOf(reply)
  } catch (error) {
    // Still running elsewhere, or the database is away: the intent stays open and is repeated. So is what a terminal gives back by
    // itself once it is free; where a card must be held to it, staff try again.
    const isForLater =
      error instanceof Problem &&
      (error.code === 'idempotency-in-flight' || (error.code === 'terminal-busy' && destination === null))
    if (!(error instanceof Problem) || error.status >= 500 || isForLater) {
      deps.log.warn('a refund of a return could not be carried out and will be repeated', { object_id: row.id, error })
      return null
    }
    return { state: 'failed', operationId: null, failure: error.code }
  }
}

/** The store that hands the money out is that of the drawer or terminal, wherever the goods were sold. */
async function handedOut(
  { merchantCache }: ReturnDeps,
  merchantId: string,
  row: ReturnRow,
  to: Destination,
): Promise<Destination & { store_id?: string }> {
  if (to.register_id === undefined && to.terminal_id === undefined) return to
  const drawer = (await merchantCache.get(merchantId))?.registers.get(to.register_id ?? '')
  const storeId = drawer?.storeId ?? row.store_id
  return storeId === null ? to : { ...to, store_id: storeId }
}

/** Sent: the provider has it, and its end comes as an event. Unknown is sent: it is asked about until it is known. */
function resultOf(reply: Reply): Result {
  const payment = JSON.parse(reply.body) as PaymentView
  const operation = payment.operations?.at(-1)
  const operationId = operation?.id ?? null
  if (!operation) return { state: payment.status === 'captured' ? 'done' : 'sent', operationId, failure: null }
  if (operation.state === 'succeeded') return { state: 'done', operationId, failure: null }
  if (operation.state === 'declined' || operation.state === 'no_effect')
    return { state: 'failed', operationId, failure: operation.decline?.code ?? operation.state }
  return { state: 'sent', operationId, failure: null }
}

/**
 * Settled when all that was to go back has gone; told when something has failed, or has gone and come back: then the return waits
 * for another way, although it was settled. In the caller's transaction.
 */
export async function finish(deps: ReturnDeps, tx: Tx, merchantId: string, returnId: string): Promise<ReturnView> {
  const before = await lockReturn(tx, merchantId, returnId)
  if (!before) throw new Problem('not-found')
  const refunds = await readRefunds(tx, merchantId, returnId)
  const given = refunds.filter(({ state }) => state !== 'failed')
  const isDone = given.every(({ state }) => state === 'done')
  const planned = given.reduce((sum, { amount }) => sum + amount, 0n)
  const isSettled = before.state === 'settled'
  if ((before.state !== 'settling' && !isSettled) || !isDone) return returnView(before, refunds)
  const at = deps.clock.now()
  if (planned >= refundOf(before)) {
    if (isSettled) return returnView(before, refunds)
    const row: ReturnRow = { ...before, state: 'settled', settled_at: at, version: before.version + 1, updated_at: at }
    await updateReturn(tx, merchantId, row)
    await announce(deps, tx, { merchantId, row, refunds, type: 'return.settled', by: null })
    return returnView(row, refunds)
  }
  // Told once: when it is planned anew the amount planned is whole again.
  if (before.amount_planned === planned) return returnView(before, refunds)
  const open: ReturnRow = { ...before, state: 'settling', settled_at: null }
  const row: ReturnRow = { ...open, amount_planned: planned, version: before.version + 1, updated_at: at }
  await updateReturn(tx, merchantId, row)
  const type = isSettled ? 'return.refund_reversed' : 'return.refund_failed'
  await announce(deps, tx, { merchantId, row, refunds, type, by: null })
  return returnView(row, refunds)
}

/** Returns looked at per step of the worker. */
const BATCH = 20
/** An intent that could not be carried out is tried again after this. */
const AGAIN_MS = 60_000

/** Carries out what a crash has left open; answers how many returns, for the worker. */
export async function carryOutDue(deps: ReturnDeps): Promise<number> {
  const now = deps.clock.now()
  const due = await dueReturns(deps.db, now, BATCH)
  for (const { merchant_id, return_id } of due) {
    await postponeRefunds(deps.db, merchant_id, return_id, new Date(now.getTime() + AGAIN_MS))
    await carryOut(deps, merchant_id, return_id)
  }
  return due.length
}
