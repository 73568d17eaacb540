// An exchange: what came back pays for what is taken instead, and only the difference is paid or given back. Both sides keep their
// own documents: a return that is settled, an order that is paid. The worth passes through a gift card that nobody holds, so
// the books show it like any other refund and payment, and nothing new can go wrong.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { lockOrder, openTask, readOrder } from '../orders/index.ts'
import { type PaymentView, pay } from '../payments/index.ts'
import { carryOut } from './carry-out.ts'
import type { Step } from './decide.ts'
import type { ReturnDeps } from './deps.ts'
import {
  type ExchangeRow,
  exchangeOfReturn,
  insertExchange,
  lockExchange,
  readExchange,
  updateExchange,
} from './exchange-store.ts'
import { announceExchange, exchangeView } from './exchange-view.ts'
import { lessGivenBefore, lessUnpaid } from './given-before.ts'
import { policyOf } from './policy.ts'
import { readRefunds } from './refund-store.ts'
import { type ReturnRow, refundOf } from './return.ts'
import { decide, type Settlement } from './settle.ts'
import { lockReturn, readReturn, updateReturn } from './store.ts'

/** Longer than a request takes for all its steps; after it a worker goes on with what is not through. */
export const LEASE_MS = 2 * 60_000

export interface ExchangeRequest extends Settlement {
  /** A return whose goods were received. */
  returnId: string
  /** The order of what is taken instead: placed, and not paid. */
  orderId: string
  by: string
}

/**
 * Exchanges. Called again for the same return and order it goes on where it was: it is `settling` while the worth of what came
 * back has not arrived, and then pays when it is called after that. Throws reference-not-found, invalid-state (not
 * received, settled already, the order is paid or gone), currency-mismatch, and what `settle` throws.
 */
export async function exchange(deps: ReturnDeps, merchantId: string, input: ExchangeRequest) {
  const started =
    (await exchangeOfReturn(deps.db, merchantId, input.returnId)) ?? (await begin(deps, merchantId, input))
  if (started.order_id !== input.orderId)
    throw new Problem('invalid-state', { detail: 'The return is exchanged for another order.' })
  return exchangeView(await goOn(deps, merchantId, started, input.by))
}

/** Brings an exchange on from where it is; one that has failed stays so. Throws what payments throw. */
export async function goOn(
  deps: ReturnDeps,
  merchantId: string,
  started: ExchangeRow,
  by: string,
): Promise<ExchangeRow> {
  if (started.state === 'failed') return started
  await carryOut(deps, merchantId, started.return_id)
  // What has not reached the card may still come, or goes another time: paying with a part of the worth would be declined for good.
  if (!(await hasArrived(deps, merchantId, started, by))) return started
  return payWithWorth(deps, merchantId, started)
}

/** Whether what is to pay for the new goods is on the card. Of it what was refused is given back onto the card once more. */
async function hasArrived(deps: ReturnDeps, merchantId: string, row: ExchangeRow, by: string): Promise<boolean> {
  const sums = await onCard(deps, merchantId, row)
  const missing = row.amount_credited - sums.given
  if (missing > 0n) {
    const { rules } = await policyOf(deps, merchantId)
    const to = { method: 'gift_card', gift_card_id: row.gift_card_id as string }
    const step = { id: row.return_id, ifVersion: undefined, by, to, isForced: true }
    await transact(deps.db, (tx) => decide(deps, merchantId, step, rules, tx, { amount: missing }))
    await carryOut(deps, merchantId, row.return_id)
  }
  return (missing > 0n ? await onCard(deps, merchantId, row) : sums).arrived >= row.amount_credited
}

/** What goes onto the card of the exchange, and what of it is there. */
async function onCard(
  deps: ReturnDeps,
  merchantId: string,
  row: ExchangeRow,
): Promise<{ given: bigint; arrived: bigint }> {
  const refunds = await readRefunds(deps.db, merchantId, row.return_id)
  const sums = { given: 0n, arrived: 0n }
  for (const { destination, state, amount } of refunds) {
    if (destination?.gift_card_id !== row.gift_card_id || state === 'failed') continue
    sums.given += amount
    if (state === 'done') sums.arrived += amount
  }
  return sums
}

export async function getExchange(deps: Pick<ReturnDeps, 'db'>, merchantId: string, id: string) {
  const row = await readExchange(deps.db, merchantId, id)
  if (!row) throw new Problem('not-found')
  return exchangeView(row)
}

async function begin(deps: ReturnDeps, merchantId: string, input: ExchangeRequest): Promise<ExchangeRow> {
  const order = await readOrder(deps.db, merchantId, input.orderId)
  if (!order) throw new Problem('reference-not-found', { errors: [{ pointer: '/order_id', detail: 'names no order' }] })
  if (order.state !== 'placed' || order.amount_captured > 0n || order.amount_held > 0n)
    throw new Problem('invalid-state', { detail: 'The order of what is taken instead must be placed and not paid.' })
  if (input.to) await deps.mustKnow(merchantId, input.to, order.currency)
  // Asked again under its lock; asked here too, so that what is refused has opened no card that the next exchange would take.
  mustFit(await readReturn(deps.db, merchantId, input.returnId), order)
  const card = await deps.exchangeCards.open(merchantId, {
    currency: order.currency,
    key: `onetill:${input.returnId}:exchange`,
  })
  const { rules } = await policyOf(deps, merchantId)
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const found = await lockReturn(tx, merchantId, input.returnId)
    const owed = await lessUnpaid(deps, tx, merchantId, mustFit(found, order), input.by)
    const back = await lessGivenBefore(tx, merchantId, owed, [])
    const returned = refundOf(back)
    const credited = returned < order.total ? returned : order.total
    const row: ExchangeRow = {
      ...{ id: deps.newId('exc'), return_id: back.id, order_id: order.id, currency: order.currency, state: 'settling' },
      ...{ amount_returned: returned, amount_credited: credited, amount_due: order.total - credited },
      ...{ gift_card_id: card, payment_id: null, asked_by: input.by, version: 1, created_at: at, updated_at: at },
    }
    await insertExchange(tx, merchantId, row, new Date(at.getTime() + LEASE_MS))
    // Told with the decision below, which is the next version.
    await updateReturn(tx, merchantId, { ...back, exchange_id: row.id, updated_at: at })
    const step: Step = { id: back.id, ifVersion: undefined, by: input.by }
    // First what pays for the new goods, then the rest, back to where it came from.
    const through = { method: 'gift_card', gift_card_id: card }
    if (credited > 0n)
      await decide(deps, merchantId, { ...step, to: through, isForced: true }, rules, tx, { amount: credited })
    if (returned > credited || credited === 0n)
      await decide(deps, merchantId, { ...step, to: input.to, isForced: input.isForced }, rules, tx, {
        amount: returned,
      })
    await announceExchange(deps, tx, merchantId, row, 'exchange.created')
    return row
  })
}

/** Throws reference-not-found, invalid-state, currency-mismatch. */
function mustFit(back: ReturnRow | null, order: { currency: string }): ReturnRow {
  if (!back)
    throw new Problem('reference-not-found', { errors: [{ pointer: '/return_id', detail: 'names no return' }] })
  if (back.state !== 'received')
    throw new Problem('invalid-state', { detail: `The return is ${back.state}; its goods must have been received.` })
  if (back.currency !== order.currency) throw new Problem('currency-mismatch')
  return back
}

/** Pays the new order with the worth of what came back, once it has arrived on the card. */
async function payWithWorth(deps: ReturnDeps, merchantId: string, before: ExchangeRow): Promise<ExchangeRow> {
  if (before.payment_id !== null || before.state === 'completed') return settleState(deps, merchantId, before.id, null)
  if (before.amount_credited === 0n) return settleState(deps, merchantId, before.id, null)
  const order = await readOrder(deps.db, merchantId, before.order_id)
  if (!order) throw new Problem('not-found')
  const key = `onetill:${before.id}:pay`
  const reply = await pay(
    deps.payments,
    merchantId,
    { key, fingerprint: key },
    {
      amount: Number(order.total),
      currency: order.currency,
      channel: order.channel as 'pos',
      order_id: order.id,
      customer_id: order.customer_id ?? undefined,
      store_id: order.store_id ?? undefined,
      reference: before.id,
      tender: {
        method: 'gift_card',
        amount: Number(before.amount_credited),
        gift_card: { code: await deps.exchangeCards.codeOf(merchantId, before.gift_card_id as string) },
      },
    },
    // When what was taken instead comes back too, somebody says where its worth goes: not onto a card that nobody holds.
    { isOneWay: true },
  )
  return settleState(deps, merchantId, before.id, JSON.parse(reply.body) as PaymentView)
}

async function settleState(
  deps: ReturnDeps,
  merchantId: string,
  id: string,
  payment: PaymentView | null,
): Promise<ExchangeRow> {
  const at = deps.clock.now()
  if (payment?.status === 'failed') {
    const why = `paying the order of the exchange ${id} with them was declined`
    return failExchange(deps, merchantId, id, why, payment.id)
  }
  return transact(deps.db, async (tx) => {
    const before = (await lockExchange(tx, merchantId, id)) as ExchangeRow
    const paid =
      payment === null ? before.amount_credited === 0n || before.payment_id !== null : payment.amount_captured > 0
    // The rest may have been paid before this was written down; then nobody would tell of it later.
    const isDue = before.amount_due > 0n && (await readOrder(tx, merchantId, before.order_id))?.state === 'placed'
    const state = !paid ? 'settling' : isDue ? 'awaiting_payment' : 'completed'
    const row: ExchangeRow = {
      ...before,
      state,
      payment_id: payment?.id ?? before.payment_id,
      version: before.version + 1,
      updated_at: at,
    }
    if (row.state === before.state && row.payment_id === before.payment_id) return before
    await updateExchange(tx, merchantId, row)
    await announceExchange(deps, tx, merchantId, row, 'exchange.changed')
    return row
  })
}

/**
 * What came back cannot pay for the new goods any more. That ends it: the worth lies on the card of the exchange, which nobody
 * holds, and a person is told where and why. An exchange that has moved on meanwhile stays as it is.
 */
export async function failExchange(
  deps: ReturnDeps,
  merchantId: string,
  id: string,
  why: string,
  paymentId: string | null = null,
): Promise<ExchangeRow> {
  const { order_id } = (await readExchange(deps.db, merchantId, id)) as ExchangeRow
  return transact(deps.db, async (tx) => {
    await lockOrder(tx, merchantId, order_id)
    const before = (await lockExchange(tx, merchantId, id)) as ExchangeRow
    if (before.state !== 'settling') return before
    const at = deps.clock.now()
    const payment_id = paymentId ?? before.payment_id
    const row: ExchangeRow = { ...before, state: 'failed', payment_id, version: before.version + 1, updated_at: at }
    await updateExchange(tx, merchantId, row)
    await announceExchange(deps, tx, merchantId, row, 'exchange.changed')
    await openTask(tx, merchantId, {
      ...{ id: deps.newId('tsk'), order_id, kind: 'refund_failed', payment_id },
      detail: `${row.amount_credited} of ${row.return_id} lie on ${row.gift_card_id}: ${why}. Move them to a card of the customer.`,
      at,
    })
    return row
  })
}

/** The difference of an exchange was paid: learnt from its order. In the caller's transaction. */
export async function completeExchange(
  deps: ReturnDeps,
  tx: Parameters<typeof lockExchange>[0],
  merchantId: string,
  id: string,
): Promise<void> {
  const before = await lockExchange(tx, merchantId, id)
  if (before?.state !== 'awaiting_payment') return
  const row: ExchangeRow = { ...before, state: 'completed', version: before.version + 1, updated_at: deps.clock.now() }
  await updateExchange(tx, merchantId, row)
  await announceExchange(deps, tx, merchantId, row, 'exchange.completed')
}
