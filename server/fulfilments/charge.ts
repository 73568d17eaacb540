// Money at hand-over. The plan is written with the goods counted as handed over, in one transaction; then the provider is called
// with no transaction open, under keys made of the fulfilment and the try; then the outcome is written. A crash at any point is
// a plain repetition: the same keys, the same answer. An unknown outcome is never guessed; it is looked at again.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import {
  fulfilLines,
  lockOrder,
  missingFor,
  type Order,
  type OrderLine,
  readOrder,
  untakenFor,
} from '../orders/index.ts'
import {
  addTender,
  capture,
  type PaymentFigures,
  type PaymentView,
  pay,
  paymentsOfOrder,
  type Reply,
  readOperationsOfKey,
  renderPayment,
} from '../payments/index.ts'
import { CAPTURE, chargeKey, HELD, wasReversed } from './charge-key.ts'
import type { FulfilmentDeps } from './deps.ts'
import { tell } from './event.ts'
import { finish } from './finish.ts'
import {
  type ChargePlan,
  type CounterTender,
  ENDS,
  FULFILMENT_STATES,
  type Fulfilment,
  type LineUnits,
} from './fulfilment.ts'
import { REVERSED } from './reverse-charges.ts'
import { leavesNothing, shareOf } from './share.ts'
import { askAgain, changeFulfilment, countLines, lockFulfilment, readFulfilment, readLines } from './store.ts'
import { tellUntaken } from './untaken.ts'

/** Longer than a provider may take; after it a worker takes the charge up. */
export const LEASE_MS = 3 * 60_000
/** How soon an unknown outcome is looked at again. */
const AGAIN_MS = 10_000
/** Figures and operations are read one after the other; when money moved in between, they are read again. */
const MOST_READS = 3

export interface ChargeQuestion {
  order: Order
  /** Before these units leave. */
  lines: readonly OrderLine[]
  fulfilment: Fulfilment
  /** All fulfilments of the order. */
  siblings: readonly Fulfilment[]
  units: readonly LineUnits[]
  tender?: CounterTender
  /** Planned in this very transaction for others, and not begun. */
  planned?: bigint
}

/**
 * What is to be charged for units that leave now, and how; a null plan when it is paid. Reads only; the caller holds the order's
 * lock. Throws invalid-state while another hand-over of the order is being charged, or when there is nothing to charge it with, and
 * order-not-paid when it was to be paid beforehand and is not.
 */
export async function planCharge(
  tx: Tx,
  merchantId: string,
  question: ChargeQuestion,
): Promise<{ amount: bigint; plan: ChargePlan | null }> {
  const { order, lines, fulfilment, siblings, units, tender, planned = 0n } = question
  const missing = missingFor(order, lines, units)
  if (order.charge === 'now' && missing === 0n && !isHeld(order)) return { amount: 0n, plan: null }
  const others = siblings.filter(({ id }) => id !== fulfilment.id)
  if (others.some(({ charge_state }) => charge_state === 'intent'))
    throw new Problem('invalid-state', { detail: 'Another part of this order is being charged. Try again.' })
  if (order.charge === 'now') return planNow(tx, merchantId, question, { missing, others })
  const { payments, covered } = await coveredBy(tx, merchantId, order, others)
  const share = shareOf({
    ...{ lines, units, covered: covered + planned, total: order.total, prices_include_tax: order.prices_include_tax },
    takesFees: takesFees(fulfilment, siblings),
  })
  const amount = share.isLast ? share.amount : less(share.amount, fulfilment.charge_taken)
  if (amount === 0n) return { amount, plan: null }
  const base = {
    is_last: share.isLast && !others.some(({ charge_state }) => charge_state === 'unknown'),
    order_total: leftFor(order, payments),
    units: units.map(({ line_id, quantity }) => ({ line_id, quantity: Number(quantity) })),
    channel: tender === undefined ? order.channel : 'pos',
  }
  const current = payments.filter(({ is_canceled }) => !is_canceled).at(-1)
  if (tender === undefined && current && current.amount_capturable >= amount)
    return { amount, plan: { ...base, route: 'capture', payment_id: current.id } }
  const used = tender ?? (await keptCard(tx, merchantId, order, current))
  if (!used) throw new Problem('invalid-state', { detail: 'Too little is held for it, and no card is kept.' })
  if (!current || (tender && isEmpty(current)))
    return { amount, plan: { ...base, route: 'pay', payment_id: null, tender: used } }
  const plan: ChargePlan = { ...base, route: 'tender', payment_id: current.id, tender: used }
  // An edit made the order dearer than what is held: that first, and the kept card for the rest.
  if (tender === undefined && current.amount_capturable > 0n) plan.held = Number(current.amount_capturable)
  return { amount, plan }
}

/** What is held is captured as goods leave. On invoice they leave before their money comes. */
function isHeld(order: Order): boolean {
  return order.amount_held > 0n && order.channel !== 'invoice'
}

/**
 * How goods leave that were to be paid beforehand: what of them is only held is captured, and what an edit brought is paid at the
 * counter by a further tender of the order's payment. Throws order-not-paid when nothing is offered for it.
 */
async function planNow(
  tx: Tx,
  merchantId: string,
  { order, lines, units, tender, planned = 0n }: ChargeQuestion,
  { missing, others }: { missing: bigint; others: readonly Fulfilment[] },
): Promise<{ amount: bigint; plan: ChargePlan | null }> {
  if (missing > 0n && !tender)
    throw new Problem('order-not-paid', {
      detail: `${missing} ${order.currency} are still to be paid for these goods.`,
    })
  const { payments, covered } = await coveredBy(tx, merchantId, order, others)
  const open = payments.filter(({ is_canceled }) => !is_canceled)
  const holding = isHeld(order) ? open.findLast(({ amount_capturable }) => amount_capturable > 0n) : undefined
  const taken = { ...order, amount_captured: covered + planned, amount_to_refund: 0n }
  const wanted = less(untakenFor(taken, lines, units), missing)
  const holds = less(holding?.amount_capturable ?? 0n, planned)
  const held = wanted < holds ? wanted : holds
  const base = {
    order_total: leftFor(order, payments),
    units: units.map(({ line_id, quantity }) => ({ line_id, quantity: Number(quantity) })),
  }
  if (missing > 0n) {
    const current = holding ?? open.at(-1)
    const plan: ChargePlan = {
      ...{ ...base, route: current ? 'tender' : 'pay', payment_id: current?.id ?? null, channel: 'pos' },
      // Nothing of the payment is released: it may hold what other parts are waiting for.
      is_last: false,
    }
    if (tender) plan.tender = tender
    if (held > 0n) plan.held = Number(held)
    return { amount: missing + held, plan }
  }
  if (!holding || held === 0n) return { amount: 0n, plan: null }
  const isSure = planned === 0n && !others.some(({ charge_state }) => charge_state === 'unknown')
  const is_last = isSure && leavesNothing(lines, units)
  return {
    amount: held,
    plan: { ...base, route: 'capture', payment_id: holding.id, is_last, channel: order.channel },
  }
}

/** What a new payment of the order is for: all that is due, without what payments that are over have taken. */
function leftFor(order: Order, payments: readonly PaymentFigures[]): number {
  return Number(less(order.total + order.amount_to_refund, sum(payments)))
}

/** A payment that has come to nothing: whoever pays at the counter pays anew, there. */
function isEmpty({ amount_captured, amount_capturable, amount_in_flight }: PaymentFigures): boolean {
  return amount_captured + amount_capturable + amount_in_flight === 0n
}

function less(a: bigint, b: bigint): bigint {
  return a > b ? a - b : 0n
}

/** Shipping is paid with the first parcel; where nothing is sent, with what is handed over first. */
function takesFees(fulfilment: Fulfilment, siblings: readonly Fulfilment[]): boolean {
  const isSent = ({ mode }: Fulfilment) => mode === 'ship'
  const those = siblings.some(isSent) ? siblings.filter(isSent) : siblings
  if (!those.some(({ id }) => id === fulfilment.id)) return false
  return !those.some(
    ({ id, charge_state }) => id !== fulfilment.id && !['none', 'declined', 'reversed'].includes(charge_state),
  )
}

/** What is taken for the order, or on its way: without what has to go back. */
async function coveredBy(
  tx: Tx,
  merchantId: string,
  order: Order,
  others: readonly Fulfilment[],
): Promise<{ payments: PaymentFigures[]; covered: bigint }> {
  const open = others.filter(({ charge_state }) => charge_state === 'unknown')
  let payments = await chargesOf(tx, merchantId, order.id)
  for (let read = 1; read <= MOST_READS; read++) {
    let onItsWay = 0n
    for (const f of open) {
      const state = await stateOfTry(tx, merchantId, f)
      if (state.outcome === 'unknown') onItsWay += less(f.charge_amount, state.taken)
    }
    const again = await chargesOf(tx, merchantId, order.id)
    const taken = sum(payments)
    if (sum(again) === taken) return { payments: again, covered: less(taken + onItsWay, order.amount_to_refund) }
    payments = again
  }
  throw new Problem('invalid-state', { detail: 'Payments of this order are moving. Try again.' })
}

async function chargesOf(tx: Tx, merchantId: string, orderId: string): Promise<PaymentFigures[]> {
  return (await paymentsOfOrder(tx, merchantId, orderId)).filter(({ direction }) => direction === 'charge')
}

function sum(payments: readonly PaymentFigures[]): bigint {
  return payments.reduce((total, { amount_captured }) => total + amount_captured, 0n)
}

/** The order's own card, or the one its payment kept. */
async function keptCard(
  tx: Tx,
  merchantId: string,
  order: Order,
  payment: PaymentFigures | undefined,
): Promise<CounterTender | undefined> {
  let instrument_id = order.instrument_id
  if (instrument_id === null && payment) {
    const { tenders } = JSON.parse((await renderPayment(tx, merchantId, payment.id)) as string) as PaymentView
    instrument_id = tenders.findLast((tender) => tender.instrument_id !== null)?.instrument_id ?? null
  }
  return instrument_id === null ? undefined : { method: 'card', instrument_id, initiator: 'merchant' }
}

// ---- Carrying it out -----------------------------------------------------------------------------------------------

const IN_FLIGHT: ReadonlySet<string> = new Set(['idempotency-in-flight', 'operation-in-flight'])

/** Charges what is planned and writes what came of it. Answers the fulfilment as it is then. */
export async function carryOutCharge(deps: FulfilmentDeps, merchantId: string, f: Fulfilment): Promise<Fulfilment> {
  const plan = f.charge_plan
  if (!plan || (f.charge_state !== 'intent' && f.charge_state !== 'unknown')) return f
  // Paid before: only the goods are still to be booked.
  if (plan.route === 'paid')
    return settle(deps, merchantId, f, { outcome: 'charged', taken: 0n, paymentId: null, decline: null })
  let result: Result
  try {
    const reply = await instruct(deps, merchantId, f, plan)
    const view = JSON.parse(reply.body) as PaymentView
    result = await resultOf(deps, merchantId, { ...f, charge_plan: { ...plan, payment_id: view.id } }, view)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // It, or what it has to wait for, is still at the provider; anything else was refused before a provider was called.
    result =
      IN_FLIGHT.has(error.code) || error.status >= 500
        ? { outcome: 'unknown', taken: 0n, paymentId: plan.payment_id, decline: null }
        : {
            outcome: 'declined',
            // What was held may have been captured before the rest was refused.
            taken: plan.held === undefined ? 0n : (await stateOfTry(deps.db, merchantId, f)).taken,
            paymentId: plan.payment_id,
            decline: { code: error.code, message: error.message },
          }
  }
  return settle(deps, merchantId, f, result)
}

async function instruct(deps: FulfilmentDeps, merchantId: string, f: Fulfilment, plan: ChargePlan): Promise<Reply> {
  const payments = { ...deps.payments, registerId: plan.register_id }
  const held = plan.held ?? 0
  const amount = Number(f.charge_amount) - held
  if (held > 0) {
    const id = plan.payment_id as string
    const captured = await capture(payments, merchantId, chargeKey(f, HELD), id, { amount: held })
    const operations = await readOperationsOfKey(deps.db, merchantId, id, chargeKey(f, HELD).key)
    if (operations.some(({ state }) => state !== 'succeeded')) return captured
  }
  if (plan.route === 'capture')
    return capture(payments, merchantId, chargeKey(f), plan.payment_id as string, { amount, final: plan.is_last })
  const tender = { ...(plan.tender as CounterTender), amount }
  const reply =
    plan.payment_id === null
      ? await pay(payments, merchantId, chargeKey(f), await newPayment(deps, merchantId, f, plan))
      : await addTender(payments, merchantId, chargeKey(f), plan.payment_id, tender, atCounter(tender))
  // A payment that is captured by hand only holds what a further tender brings.
  const view = JSON.parse(reply.body) as PaymentView
  const [authorized] = (await readOperationsOfKey(deps.db, merchantId, view.id, chargeKey(f).key)).filter(
    ({ kind, state }) => kind === 'authorize' && state === 'succeeded',
  )
  if (!authorized) return reply
  return capture(payments, merchantId, chargeKey(f, CAPTURE), view.id, {
    tender_id: authorized.tender_id,
    final: true,
  })
}

/** Cash and terminals are where the customer stands, wherever the payment was begun. */
function atCounter({ cash, terminal_id }: CounterTender): { channel?: 'pos' } {
  return cash !== undefined || terminal_id !== undefined ? { channel: 'pos' } : {}
}

async function newPayment(deps: FulfilmentDeps, merchantId: string, f: Fulfilment, plan: ChargePlan) {
  const order = (await readOrder(deps.db, merchantId, f.order_id)) as Order
  const store_id = f.destination_store_id ?? f.store_id ?? order.store_id
  return {
    amount: plan.order_total,
    currency: order.currency,
    channel: plan.channel as Order['channel'],
    order_id: order.id,
    ...(order.customer_id === null ? {} : { customer_id: order.customer_id }),
    ...(store_id === null ? {} : { store_id }),
    tender: { ...(plan.tender as CounterTender), amount: Number(f.charge_amount) },
  }
}

interface Result {
  outcome: 'charged' | 'declined' | 'unknown'
  taken: bigint
  paymentId: string | null
  decline: { code: string; message: string } | null
}

/** What has become of a try, by its operations as they are now. */
async function stateOfTry(
  db: Parameters<typeof readOperationsOfKey>[0],
  merchantId: string,
  f: Fulfilment,
): Promise<{ outcome: Result['outcome']; taken: bigint }> {
  const paymentId = f.charge_plan?.payment_id
  // Nothing is known of a payment yet: it may be coming.
  if (paymentId == null) return { outcome: 'unknown', taken: 0n }
  const before = await readOperationsOfKey(db, merchantId, paymentId, chargeKey(f, HELD).key)
  const first = await readOperationsOfKey(db, merchantId, paymentId, chargeKey(f).key)
  const second = await readOperationsOfKey(db, merchantId, paymentId, chargeKey(f, CAPTURE).key)
  const heldNow = takenBy(before)
  const isWaiting = f.charge_plan?.held !== undefined && before.every(({ state }) => state === 'succeeded')
  if (before.some(isOpen) || (isWaiting && first.length === 0)) return { outcome: 'unknown', taken: heldNow }
  const isHeld = first.some(({ kind, state }) => kind === 'authorize' && state === 'succeeded')
  const operations = [...(isHeld ? second : first)].filter(({ kind }) => kind !== 'void')
  if ((isHeld && second.length === 0) || operations.some(isOpen)) return { outcome: 'unknown', taken: heldNow }
  const isDone = operations.some(({ state }) => state === 'succeeded')
  return { outcome: isDone ? 'charged' : 'declined', taken: heldNow + takenBy(operations) }
}

type Tried = Awaited<ReturnType<typeof readOperationsOfKey>>[number]

/** No end is known yet. */
function isOpen({ state }: Tried): boolean {
  return ['created', 'dispatched', 'unknown', 'pending'].includes(state)
}

function takenBy(operations: readonly Tried[]): bigint {
  return operations.filter(({ state }) => state === 'succeeded').reduce((total, { amount }) => total + amount, 0n)
}

async function resultOf(deps: FulfilmentDeps, merchantId: string, f: Fulfilment, view: PaymentView): Promise<Result> {
  const { outcome, taken } = await stateOfTry(deps.db, merchantId, f)
  const refused = view.operations?.find(({ decline }) => decline !== null)?.decline ?? view.decline
  const decline = { code: refused?.code ?? 'declined', message: refused?.message ?? 'The charge was declined.' }
  const result = { paymentId: view.id, decline: null, taken, outcome }
  if (outcome === 'unknown') return result
  if (outcome === 'declined') return { ...result, decline }
  // A partial approval takes less than was asked for: its tender says how much.
  const tenderId = view.operations?.find(({ state, kind }) => state === 'succeeded' && kind !== 'capture')?.tender_id
  const tender = view.tenders.find(({ id }) => id === tenderId)
  const got = tender ? BigInt(tender.amount_captured) + BigInt(f.charge_plan?.held ?? 0) : taken
  if (got >= f.charge_amount) return { ...result, taken: got }
  return {
    ...result,
    taken: got,
    outcome: 'declined',
    decline: { code: 'partial', message: 'Only a part was approved.' },
  }
}

async function settle(
  deps: FulfilmentDeps,
  merchantId: string,
  charged: Fulfilment,
  found: Result,
): Promise<Fulfilment> {
  return transact(deps.db, async (tx) => {
    const order = (await lockOrder(tx, merchantId, charged.order_id)) as Order
    const f = (await lockFulfilment(tx, merchantId, charged.id)) as Fulfilment
    const isOurs = f.charge_no === charged.charge_no && (f.charge_state === 'intent' || f.charge_state === 'unknown')
    const plan = f.charge_plan
    // Another process was faster with the same answer.
    if (!isOurs || !plan) return f
    const at = deps.clock.now()
    const charge_plan = { ...plan, payment_id: found.paymentId }
    const result = await stillSo(tx, merchantId, { ...f, charge_plan }, found)
    if (result.outcome === 'unknown') {
      const charge_due_at = new Date(at.getTime() + AGAIN_MS)
      if (f.charge_state === 'unknown') return askAgain(tx, merchantId, f, { charge_plan, charge_due_at })
      const patch = { charge_state: 'unknown' as const, charge_plan, charge_due_at }
      const after = await changeFulfilment(tx, merchantId, f, FULFILMENT_STATES, patch, at)
      const lines = await readLines(tx, merchantId, f.id)
      await tell(tx, deps, merchantId, at, [
        { type: 'fulfilment.charge_unknown', fulfilment: after, lines, order, by: null },
      ])
      return after
    }
    const done = { charge_plan, charge_due_at: null, charge_decline: result.decline }
    if (result.outcome === 'charged')
      return finish(deps, tx, merchantId, {
        order,
        fulfilment: f,
        by: null,
        at,
        patch: { ...done, charge_state: plan.route === 'paid' ? 'none' : 'charged' },
      })
    // What was handed over on paper is not: it stays where it is. What is gone already stays gone, and is charged with the rest.
    if (!ENDS.has(f.state)) {
      const back = plan.units.map(({ line_id, quantity }) => ({ line_id, quantity: -BigInt(quantity) }))
      await fulfilLines(
        tx,
        merchantId,
        back.map((units) => ({ ...units, order_id: order.id })),
        at,
      )
      await countLines(tx, merchantId, f.id, 'handed_over', back)
    }
    const patch = {
      ...done,
      charge_state: 'declined' as const,
      charge_taken: f.charge_taken + result.taken,
      tracking: null,
    }
    const after = await changeFulfilment(tx, merchantId, f, FULFILMENT_STATES, patch, at)
    if (ENDS.has(f.state)) await tellUntaken(deps, tx, merchantId, [order.id], at)
    const lines = await readLines(tx, merchantId, f.id)
    await tell(tx, deps, merchantId, at, [
      { type: 'fulfilment.charge_declined', fulfilment: after, lines, order, by: null },
    ])
    return after
  })
}

/** Money may have been taken back between the answer and the lock: then nobody would tell of it later. */
async function stillSo(tx: Tx, merchantId: string, f: Fulfilment, result: Result): Promise<Result> {
  if (result.outcome !== 'charged' || !(await wasReversed(tx, merchantId, f))) return result
  const { taken } = await stateOfTry(tx, merchantId, f)
  return { ...result, outcome: 'declined', taken, decline: REVERSED }
}

/** Reads a fulfilment again and, where a charge of it is open, brings it on. */
export async function bringOn(deps: FulfilmentDeps, merchantId: string, id: string): Promise<Fulfilment | null> {
  const f = await readFulfilment(deps.db, merchantId, id)
  return f && carryOutCharge(deps, merchantId, f)
}
