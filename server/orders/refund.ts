// Gives back what an order owes: an intent (order_refund) is carried out through payments, outside any transaction, under keys
// made of the intent. A crash on the way costs nothing: the same call under the same key is answered as the first was.

import { transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import {
  cancel,
  type PaymentFigures,
  type PaymentView,
  paymentsOfOrder,
  type Reply,
  readOperationsOfKey,
  refund as refundPayment,
  release,
} from '../payments/index.ts'
import { atRegister, type OrderDeps } from './deps.ts'
import { appendOrderEvents } from './event.ts'
import { giveBackExchange } from './refund-exchange.ts'
import {
  claimRefunds,
  endRefund,
  merchantsWithRefunds,
  type OrderRefund,
  openTask,
  postponeRefund,
} from './refund-store.ts'
import { lockOrder } from './store.ts'

/** Merchants looked at in one step, and refunds of each: small, because each may wait for a provider. */
const MERCHANTS = 20
const BATCH = 10
/** Longer than a provider may take for the calls of one refund; after it another process may take it up. */
export const LEASE_MS = 3 * 60_000
/** While a payment's outcome is not known nothing can be given back: looked at again after 10 s, 20 s, … at most 5 minutes. */
const AGAIN_MS = 10_000
const AGAIN_AT_MOST_MS = 5 * 60_000

/** One round over what is due. Answers how many were tried. */
export async function carryOutRefunds(deps: OrderDeps): Promise<number> {
  const now = deps.clock.now()
  let tried = 0
  for (const merchantId of await merchantsWithRefunds(deps.db, now, MERCHANTS * BATCH)) {
    const until = new Date(now.getTime() + LEASE_MS)
    for (const refund of await claimRefunds(deps.db, merchantId, { now, until, limit: BATCH })) {
      tried++
      await carryOut(deps, refund)
    }
  }
  return tried
}

/**
 * Carries out one refund that was claimed. What cannot be given back leaves a task; what cannot be given back yet is looked
 * at again. Never throws for a refusal of the payment core.
 */
export async function carryOut(anywhere: OrderDeps, refund: OrderRefund): Promise<void> {
  const { merchant_id, order_id, register_id } = refund
  const deps = atRegister(anywhere, register_id)
  const payments = await paymentsOfOrder(deps.db, merchant_id, order_id)
  const all = payments.filter((payment) => payment.direction === 'charge')
  // One payment at a time has an order's money (ADR 10). The choice must not move with what we give back ourselves, so that a
  // repeat after a crash names the same one.
  const charges = refund.scope === 'all' ? all : all.filter(({ amount_captured }) => amount_captured > 0n).slice(-1)
  const done: GivenBack = { given: [], left: refund.scope === 'part' ? refund.amount : 0n }
  for (const payment of all) {
    try {
      if (refund.scope === 'part' && payment.amount_capturable > 0n)
        await release(deps.payments, merchant_id, keyOf(refund, 'release', payment), payment.id)
      if (!charges.includes(payment)) continue
      const back = await giveBack(deps, refund, payment)
      if (back === 'later') return again(deps, refund)
      done.given.push(...back.given)
      done.left = refund.scope === 'all' ? done.left + back.left : back.left
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.code === 'operation-unsupported') return fail(deps, refund, done, payment.id, error.message)
      // Refused because somebody else is giving it back, or because its outcome is still open. Either shows in the figures.
      deps.log.info('a refund of an order will be tried again', { merchant_id, code: error.code })
      return again(deps, refund)
    }
  }
  const { given, left } = done
  const refused = given.find(({ refusedAmount }) => refusedAmount > 0n)
  if (refused) {
    const missing = given.reduce((sum, { refusedAmount }) => sum + refusedAmount, left)
    return fail(
      deps,
      refund,
      done,
      refused.payment_id,
      `The provider refused to give the money back: ${missing} are owed.`,
    )
  }
  // Money may still be coming: an answer is owed by the provider.
  if (refund.scope === 'all' && charges.some(isUnderWay)) return again(deps, refund)
  if (left > 0n) {
    const paymentId = given[0]?.payment_id ?? charges.at(-1)?.id ?? null
    return fail(
      deps,
      refund,
      done,
      paymentId,
      `${left} of what was to be given back are left: no tender takes them back.`,
    )
  }
  await finish(deps, refund, given)
}

interface Given {
  payment_id: string
  amount: bigint
  /** What the provider refused of it. */
  refusedAmount: bigint
}

interface GivenBack {
  given: Given[]
  /** What no tender could be asked to give. */
  left: bigint
}

/**
 * Voids what is held and refunds what was taken, as far as the intent asks for it. `later`: what is open now decides how much can
 * be given.
 */
async function giveBack(deps: OrderDeps, refund: OrderRefund, payment: PaymentFigures): Promise<GivenBack | 'later'> {
  const { merchant_id, scope } = refund
  const given: Given[] = []
  if (scope === 'all' && isToBeCancelled(payment)) {
    const reply = await cancel(deps.payments, merchant_id, keyOf(refund, 'void', payment), payment.id)
    given.push(givenOf(payment, payment.amount_capturable, reply))
  }
  const back = await giveBackExchange(deps, refund, payment)
  if (back) {
    const told = back.given.map((each) => givenOf(payment, each.amount, each))
    return { given: [...given, ...told], left: back.left }
  }
  const key = keyOf(refund, 'refund', payment)
  // What this very refund has sent before a crash stays decided, whatever can be refunded since.
  const sent = await readOperationsOfKey(deps.db, merchant_id, payment.id, key.key)
  const most = payment.amount_refundable
  const wanted = scope === 'all' ? most : refund.amount
  let amount = wanted < most ? wanted : most
  if (sent.length > 0) amount = sent.reduce((sum, operation) => sum + operation.amount, 0n)
  // A refund by somebody else that is under way may yet come to nothing.
  else if (amount < wanted && isUnderWay(payment)) return 'later'
  if (amount > 0n) {
    const input = { amount: Number(amount), reason: refund.reason }
    given.push(givenOf(payment, amount, await refundPayment(deps.payments, merchant_id, key, payment.id, input)))
  }
  return { given, left: scope === 'all' ? 0n : wanted - amount }
}

function givenOf({ id }: PaymentFigures, amount: bigint, reply: Pick<Reply, 'body'>): Given {
  const { operations } = JSON.parse(reply.body) as PaymentView
  const refused = operations?.filter(({ state }) => state === 'declined' || state === 'no_effect') ?? []
  const refusedAmount = refused.reduce((sum, operation) => sum + BigInt(operation.amount), 0n)
  return { payment_id: id, amount, refusedAmount }
}

function keyOf({ order_id, n }: OrderRefund, verb: string, payment: PaymentFigures): Idempotency {
  const text = `onetill:${order_id}:${verb}:${n}:${payment.id}`
  return { key: text, fingerprint: text }
}

/** Held, or at the customer's bank and not confirmed there. */
function isToBeCancelled(payment: PaymentFigures): boolean {
  if (payment.is_canceled && payment.amount_capturable === 0n) return false
  return payment.amount_capturable > 0n || payment.status === 'requires_action'
}

function isUnderWay(payment: PaymentFigures): boolean {
  return payment.status === 'processing' || (payment.amount_in_flight > 0n && payment.status !== 'requires_action')
}

async function again(deps: OrderDeps, refund: OrderRefund): Promise<void> {
  const wait = Math.min(AGAIN_MS * Math.max(1, refund.attempt), AGAIN_AT_MOST_MS)
  await postponeRefund(deps.db, refund, new Date(deps.clock.now().getTime() + wait))
}

/** A person is told what could not be given back; what could is told as ever. */
async function fail(
  deps: OrderDeps,
  refund: OrderRefund,
  { given }: GivenBack,
  paymentId: string | null,
  detail: string,
): Promise<void> {
  const { merchant_id, order_id, reason } = refund
  const amount = given.reduce((sum, each) => sum + each.amount - each.refusedAmount, 0n)
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    await lockOrder(tx, merchant_id, order_id)
    if (!(await endRefund(tx, refund, { state: 'failed', at }))) return
    const task = { id: deps.newId('tsk'), order_id, kind: 'refund_failed' as const, payment_id: paymentId, detail, at }
    await openTask(tx, merchant_id, task)
    const told = { payment_id: given[0]?.payment_id ?? null, amount, reason }
    await appendOrderEvents(tx, deps, merchant_id, at, [
      ...(amount > 0n ? [{ order_id, type: 'order.payment_returned' as const, by: null, more: told }] : []),
      { order_id, type: 'order.refund_failed', by: null, more: { payment_id: paymentId, detail } },
    ])
  })
}

async function finish(deps: OrderDeps, refund: OrderRefund, given: readonly Given[]): Promise<void> {
  const { merchant_id, order_id, is_expected, reason } = refund
  const amount = given.reduce((sum, each) => sum + each.amount, 0n)
  const paymentId = given[0]?.payment_id ?? null
  const at = deps.clock.now()
  await transact(deps.db, async (tx) => {
    await lockOrder(tx, merchant_id, order_id)
    if (!(await endRefund(tx, refund, { state: 'done', at })) || amount === 0n) return
    if (!is_expected) {
      const detail = `${amount} came for an order that was given up, and was given back.`
      const task = { id: deps.newId('tsk'), order_id, kind: 'payment_returned' as const, payment_id: paymentId, detail }
      await openTask(tx, merchant_id, { ...task, at })
    }
    const more = { payment_id: paymentId, amount, reason }
    await appendOrderEvents(tx, deps, merchant_id, at, [{ order_id, type: 'order.payment_returned', by: null, more }])
  })
}
