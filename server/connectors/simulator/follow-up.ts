// What can be done with a charge afterwards: capture, void, refund, increment, extend. Limits are kept here as a real
// provider keeps them, so that a mistake in our own books is refused rather than paid.

import type { InstrumentFacts, Outcome } from '../connector.ts'
import {
  AUTHORIZATION_DAYS,
  DAY_MS,
  DEFAULT_SETTLE_MS,
  isoTime,
  newOperation,
  record,
  refuse,
  type Turn,
} from './books.ts'
import { behaviourOf, DECLINES, type Decline } from './cards.ts'
import { disputeLater, timerOf } from './charge.ts'
import { feesOf } from './fees.ts'
import { simulatedMethod } from './methods.ts'
import type { Effect, Operation } from './psp.ts'
import { decide, expireAuthorization } from './settle.ts'

const BASIS_POINTS = 10_000n

const CALLED_OFF: Decline = { code: 'voided', message: 'The merchant called the charge off.', is_retryable: false }

/** Carries out a follow-up that no fault has stopped before. */
export function followUp(turn: Turn): Outcome {
  const { request, verb, books, nowMs } = turn
  const charge = books.store.operation(request.account.id, request.original_operation_id ?? '')
  if (!charge || (charge.kind !== 'sale' && charge.kind !== 'authorize')) {
    return refuse(turn, 'charge_not_found', 'There is no such charge.')
  }
  if (charge.currency !== request.currency)
    return refuse(turn, 'currency_mismatch', 'The charge is in another currency.')
  if (turn.struck.result === 'decline') return refuse(turn, 'operation_declined', 'The issuer declined it.')
  if (verb === 'refund') return refund(turn, charge)
  if (verb === 'void') return release(turn, charge)
  if (charge.state === 'declined') return refuse(turn, 'charge_not_authorized', 'The charge was declined.')
  if (charge.state === 'pending')
    return refuse(turn, 'charge_pending', 'The charge is not final yet.', { is_retryable: true })
  if (charge.kind === 'sale') return refuse(turn, 'charge_captured', 'The charge is captured already.')
  if (charge.expires_at <= nowMs) {
    expireAuthorization(books, charge, nowMs)
    return refuse(turn, 'authorization_expired', 'The authorisation has expired.')
  }
  if (charge.is_closed)
    return refuse(turn, 'authorization_closed', 'The authorisation is captured in full or released.')
  if (verb === 'capture') return capture(turn, charge)
  return verb === 'increment' ? increment(turn, charge) : extend(turn, charge)
}

function capture(turn: Turn, charge: Operation): Outcome {
  const { request, books } = turn
  const limit = (charge.authorized * (BASIS_POINTS + charge.over_capture_bp)) / BASIS_POINTS
  if (charge.captured + request.amount > limit) {
    return refuse(turn, 'amount_exceeds_authorized', 'More than is authorised and not yet captured.')
  }
  charge.captured += request.amount
  const left = charge.authorized - charge.captured
  const isLast = request.is_final === true || charge.is_single_capture === 1n || left <= 0n
  if (isLast) {
    charge.is_closed = 1n
    books.store.removeTimers(charge.account, charge.operation_id, ['authorization_expired'])
  }
  books.store.updateOperation(charge)
  const operation = follower(turn, charge)
  const outcome = effect(turn, operation, 'captured')
  if (isLast && left > 0n) books.store.appendJournal(isoTime(turn.nowMs), operation, left, 'voided')
  if (charge.behaviour === 'dispute') disputeLater(books, charge, turn.nowMs)
  if (charge.behaviour === 'capture_fails' || turn.struck.reversed_later) takeBackLater(turn, operation)
  return outcome
}

/** Releases what is not captured: all that is left, or up to the amount asked. A pending charge is called off. */
function release(turn: Turn, charge: Operation): Outcome {
  const { request, books, nowMs } = turn
  if (charge.state === 'pending') {
    decide(books, charge, CALLED_OFF, nowMs)
    // Nothing was held yet, so nothing happens to money and the journal stays silent.
    return succeed(turn, follower(turn, charge), request.amount)
  }
  if (charge.kind === 'sale') return refuse(turn, 'charge_captured', 'The charge is captured; refund it instead.')
  if (charge.expires_at <= nowMs) expireAuthorization(books, charge, nowMs)
  if (charge.is_closed || charge.state === 'declined')
    return refuse(turn, 'authorization_closed', 'Nothing is left to release.')
  const left = charge.authorized - charge.captured
  const isAll = request.amount >= left
  const released = isAll ? left : request.amount
  charge.authorized -= released
  if (isAll) {
    charge.is_closed = 1n
    books.store.removeTimers(charge.account, charge.operation_id, ['authorization_expired'])
  }
  books.store.updateOperation(charge)
  return effect(turn, follower(turn, charge), 'voided', released)
}

function refund(turn: Turn, charge: Operation): Outcome {
  const { request, books } = turn
  if (charge.refunded + request.amount > charge.captured) {
    return refuse(turn, 'amount_exceeds_captured', 'More than is captured and not yet refunded.')
  }
  charge.refunded += request.amount
  books.store.updateOperation(charge)
  const operation = follower(turn, charge)
  const outcome = effect(turn, operation, 'refunded')
  if (charge.behaviour === 'refund_fails' || turn.struck.reversed_later) takeBackLater(turn, operation)
  return outcome
}

function increment(turn: Turn, charge: Operation): Outcome {
  const { request, books, nowMs } = turn
  charge.authorized += request.amount
  charge.expires_at = BigInt(nowMs + AUTHORIZATION_DAYS * DAY_MS)
  books.store.updateOperation(charge)
  return effect(turn, follower(turn, charge), 'authorized', request.amount, isoTime(charge.expires_at))
}

function extend(turn: Turn, charge: Operation): Outcome {
  const { request, books, nowMs } = turn
  charge.expires_at = BigInt(nowMs + AUTHORIZATION_DAYS * DAY_MS)
  books.store.updateOperation(charge)
  return effect(turn, follower(turn, charge), 'extended', request.amount, isoTime(charge.expires_at))
}

/** What keeps a card from paying, and not from being paid. */
const ONLY_PAYING: ReadonlySet<string> = new Set([DECLINES.insufficient_funds.code, DECLINES.incorrect_cvc.code])

/** Pays out without a charge. */
export function credit(turn: Turn): Outcome {
  const { card } = turn.request
  const behaviour = card ? behaviourOf(card.number) : undefined
  if (behaviour?.does === 'decline' && !ONLY_PAYING.has(behaviour.decline.code))
    return refuse(turn, behaviour.decline.code, behaviour.decline.message)
  if (turn.struck.result === 'decline') return refuse(turn, 'operation_declined', 'The issuer declined it.')
  const operation = newOperation(turn)
  const outcome = effect(turn, operation, 'credited')
  if (turn.struck.reversed_later) takeBackLater(turn, operation)
  return outcome
}

function follower(turn: Turn, charge: Operation): Operation {
  return { ...newOperation(turn), charge_id: charge.operation_id, method: charge.method, alias: charge.alias }
}

/** Writes the journal and the books, and says yes. */
function effect(
  turn: Turn,
  operation: Operation,
  kind: Effect,
  amount = turn.request.amount,
  expiresAt?: string,
): Outcome {
  turn.books.store.appendJournal(isoTime(turn.nowMs), operation, amount, kind)
  const instrument: InstrumentFacts['kind'] = simulatedMethod(operation.method)?.kind ?? 'other'
  return succeed(turn, operation, amount, {
    ...(expiresAt ? { expires_at: expiresAt } : {}),
    ...(kind === 'captured' ? { fees: feesOf(instrument, amount, operation.currency) } : {}),
  })
}

function succeed(
  turn: Turn,
  operation: Operation,
  amount: bigint,
  facts: Pick<Outcome & { outcome: 'succeeded' }, 'expires_at' | 'fees'> = {},
): Outcome {
  return record(turn.books, operation, {
    outcome: 'succeeded',
    amount,
    psp_reference: operation.psp_reference,
    occurred_at: isoTime(turn.nowMs),
    ...facts,
  })
}

function takeBackLater(turn: Turn, operation: Operation): void {
  const due_at = BigInt(turn.nowMs + (turn.plan.settle_ms ?? DEFAULT_SETTLE_MS))
  turn.books.store.addTimer({ ...timerOf(operation), due_at, what: 'reverse' })
}
