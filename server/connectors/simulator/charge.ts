// Sale and authorisation: decides by card, terminal or method, and either answers at once or leaves the rest to the customer.

import type { InstrumentFacts, NextAction, Outcome } from '../connector.ts'
import {
  ACTION_MS,
  AUTHORIZATION_DAYS,
  type Books,
  CODE_MS,
  DAY_MS,
  DEFAULT_SETTLE_MS,
  isoTime,
  newOperation,
  record,
  refuse,
  type Turn,
} from './books.ts'
import { behaviourOf, brandOf, type CardBehaviour, DECLINES, type Decline } from './cards.ts'
import { feesOf } from './fees.ts'
import { finishAt, judgeCode, type SimulatedMethod, simulatedMethod } from './methods.ts'
import type { Operation, PspRequest } from './psp.ts'
import { terminalOf, usedTerminal } from './terminals.ts'

type PresentedCard = NonNullable<PspRequest['card']> & { entry?: string }

/** Carries out a sale or an authorisation that no fault has stopped before. */
export function charge(turn: Turn): Outcome {
  const { request } = turn
  const method = simulatedMethod(request.method ?? '')
  if (!method) return { outcome: 'no_effect', reason: `the simulator does not carry ${request.method}` }
  const finish = finishAt(method, request.terminal_id !== undefined)
  if (finish === 'card') return chargeCard(turn, method)
  if (turn.struck.result === 'decline') return refuseAs(turn, DECLINES.card_declined)
  const code = judgeCode(request.method ?? '', request.one_time_code)
  if (code === 'invalid') return refuseAs(turn, DECLINES.code_invalid)
  if (code === 'expired') return refuseAs(turn, DECLINES.code_expired)
  if (finish === 'transfer') return settleLater(turn, method, 'succeed')
  return awaitCustomer(turn, method, finish === 'app' ? 'app' : 'pay')
}

function chargeCard(turn: Turn, method: SimulatedMethod): Outcome {
  const { request, books } = turn
  const card = cardOf(turn)
  if (card === 'awaited') return awaitTerminal(turn, method)
  // A wallet's or voucher's own token stands for a card we never see; they have no number to misbehave.
  const behaviour: CardBehaviour = card ? behaviourOf(card.number) : { does: 'approve' }
  if (!card && method.kind === 'card') return { outcome: 'no_effect', reason: 'no card was given' }
  const decline = declineOf(turn, behaviour, card)
  if (decline) return refuseAs(turn, decline)

  const isByMerchant = request.initiator === 'merchant'
  // The schemes' rule: without the first charge's reference a charge without the customer is a stranger's.
  const mustAuthenticate = behaviour.does === 'challenge' && request.terminal_id === undefined
  if (mustAuthenticate && isByMerchant && !request.network_reference) {
    return refuseAs(turn, DECLINES.authentication_required)
  }
  if (mustAuthenticate && !isByMerchant) return awaitCustomer(turn, method, 'pay', card)
  if (behaviour.does === 'settle_later') return settleLater(turn, method, 'succeed', card)
  if (behaviour.does === 'decline_later') return settleLater(turn, method, 'decline', card)

  const operation = newOperation(turn)
  operation.alias = card ? turn.books.aliasOf(card.number) : ''
  operation.behaviour = behaviour.does
  const amount = turn.struck.result === 'partial_approval' && request.amount > 1n ? request.amount / 2n : request.amount
  const outcome = approve(books, operation, turn.nowMs, {
    amount,
    instrument: instrumentOf(books, method, request, card),
    authentication: behaviour.does === 'frictionless' ? 'frictionless' : 'none',
  })
  record(books, operation, outcome)
  planLater(turn, operation, behaviour)
  return outcome
}

/** The card given, the one presented at the terminal, 'awaited' when the terminal still waits for one, or none. */
function cardOf(turn: Turn): PresentedCard | 'awaited' | undefined {
  const { request, books } = turn
  if (request.card) return request.card
  if (request.terminal_id === undefined) return undefined
  const terminal = terminalOf(books.store, request.account.id, request.terminal_id)
  if (terminal.waits) return 'awaited'
  usedTerminal(books.store, request.account.id, request.terminal_id, terminal)
  return presented(terminal.card, terminal.entry, turn.nowMs)
}

/** A presented card is valid for years: its chip says so, and the tests are not about it. */
export function presented(number: string, entry: string, nowMs: number): PresentedCard {
  return { number, exp_month: 12, exp_year: new Date(nowMs).getUTCFullYear() + 3, entry }
}

function declineOf(turn: Turn, behaviour: CardBehaviour, card: PresentedCard | undefined): Decline | undefined {
  if (behaviour.does === 'decline') return behaviour.decline
  if (card && isExpired(card, turn.nowMs)) return DECLINES.expired_card
  return turn.struck.result === 'decline' ? DECLINES.card_declined : undefined
}

/** A card is valid to the end of its month. */
function isExpired(card: { exp_month: number; exp_year: number }, nowMs: number): boolean {
  return nowMs >= Date.UTC(card.exp_year, card.exp_month, 1)
}

/**
 * Gives the money: changes the row's amounts, writes the journal, and returns the success. The caller puts the row in the
 * books. Shared with settle.ts, where the customer or time approves.
 */
export function approve(
  books: Books,
  operation: Operation,
  nowMs: number,
  facts: { amount: bigint; instrument: InstrumentFacts; authentication?: 'none' | 'frictionless' | 'challenge' },
): Outcome & { outcome: 'succeeded' } {
  const isSale = operation.kind === 'sale'
  const at = isoTime(nowMs)
  operation.authorized = facts.amount
  operation.captured = isSale ? facts.amount : 0n
  operation.is_closed = isSale ? 1n : 0n
  operation.state = 'succeeded'
  if (!isSale) {
    operation.expires_at = BigInt(nowMs + AUTHORIZATION_DAYS * DAY_MS)
    books.store.addTimer({ ...timerOf(operation), due_at: operation.expires_at, what: 'authorization_expired' })
  }
  books.store.appendJournal(at, operation, facts.amount, isSale ? 'captured' : 'authorized')
  return {
    outcome: 'succeeded',
    amount: facts.amount,
    psp_reference: operation.psp_reference,
    occurred_at: at,
    instrument: facts.instrument,
    authentication: facts.authentication ?? 'none',
    ...(facts.instrument.brand ? { network_reference: `simnet_${operation.psp_reference.slice(4)}` } : {}),
    ...(isSale
      ? { fees: feesOf(facts.instrument.kind, facts.amount, operation.currency) }
      : { expires_at: isoTime(operation.expires_at) }),
  }
}

/** What a test card or a fault has in store after the success. */
function planLater(turn: Turn, operation: Operation, behaviour: CardBehaviour): void {
  const due_at = BigInt(turn.nowMs + (turn.plan.settle_ms ?? DEFAULT_SETTLE_MS))
  const isSale = operation.kind === 'sale'
  if (isSale && (behaviour.does === 'capture_fails' || turn.struck.reversed_later)) {
    turn.books.store.addTimer({ ...timerOf(operation), due_at, what: 'reverse' })
  }
  if (isSale && behaviour.does === 'dispute') disputeLater(turn.books, operation, turn.nowMs)
}

const DISPUTE_MS = 60_000

/** Plans the dispute of a charge from the moment it is captured: what is only authorised cannot be disputed. */
export function disputeLater(books: Books, charge: Operation, nowMs: number): void {
  books.store.removeTimers(charge.account, charge.operation_id, ['dispute'])
  books.store.addTimer({ ...timerOf(charge), due_at: BigInt(nowMs + DISPUTE_MS), what: 'dispute' })
}

export function timerOf(operation: Operation): { account: string; operation_id: string } {
  return { account: operation.account, operation_id: operation.operation_id }
}

function refuseAs(turn: Turn, decline: Decline): Outcome {
  return refuse(turn, decline.code, decline.message, { is_retryable: decline.is_retryable })
}

/** Leaves the decision to the customer, on a page of ours; for app methods the page stands for their phone. */
function awaitCustomer(turn: Turn, method: SimulatedMethod, page: 'pay' | 'app', card?: PresentedCard): Outcome {
  const { books, request, nowMs } = turn
  const operation = newOperation(turn)
  operation.behaviour = card ? 'challenge' : page
  operation.alias = card ? turn.books.aliasOf(card.number) : ''
  // What the instrument will be is known now, and the card number is not kept until then.
  const instrument = instrumentOf(books, method, request, card)
  const token = books.newToken()
  // Whoever typed a code holds the phone in hand: there is nothing to scan, and the app asks for two minutes.
  const hasCode = request.one_time_code !== undefined && page === 'app'
  const expires_at = nowMs + (hasCode ? CODE_MS : ACTION_MS)
  const url = `${books.publicUrl}/simulator/${page}/${token}`
  const nextAction: NextAction =
    page === 'pay'
      ? { type: 'redirect', url, expires_at: isoTime(expires_at) }
      : {
          type: 'wait',
          url,
          ...(hasCode ? {} : { qr: url }),
          message: `Confirm in ${method.label}.`,
          expires_at: isoTime(expires_at),
        }
  const outcome: Outcome = { outcome: 'pending', psp_reference: operation.psp_reference, next_action: nextAction }
  record(books, operation, outcome)
  books.store.setSetting(instrumentSetting(operation), JSON.stringify(instrument))
  books.store.addPage({ token, ...timerOf(operation), expires_at: BigInt(expires_at) })
  books.store.addTimer({ ...timerOf(operation), due_at: BigInt(expires_at), what: 'page_expired' })
  return outcome
}

/** The terminal shows the amount and waits; `act` presents the card. */
function awaitTerminal(turn: Turn, method: SimulatedMethod): Outcome {
  const { books, request, nowMs } = turn
  const operation = newOperation(turn)
  operation.behaviour = 'terminal'
  const expires_at = nowMs + ACTION_MS
  const outcome: Outcome = {
    outcome: 'pending',
    psp_reference: operation.psp_reference,
    next_action: { type: 'present_card', terminal_id: request.terminal_id ?? '', expires_at: isoTime(expires_at) },
  }
  record(books, operation, outcome)
  const terminalId = request.terminal_id ?? ''
  const card = terminalOf(books.store, request.account.id, terminalId)
  // What was set for one charge was set for this one; the next is of the next customer.
  if (card.is_once) usedTerminal(books.store, request.account.id, terminalId, card)
  books.store.setSetting(
    instrumentSetting(operation),
    JSON.stringify(instrumentOf(books, method, request, presented(card.card, card.entry, nowMs))),
  )
  books.store.addTimer({ ...timerOf(operation), due_at: BigInt(expires_at), what: 'page_expired' })
  return outcome
}

/** Pending without a customer: a debit on its way, or a card whose issuer takes its time. */
function settleLater(turn: Turn, method: SimulatedMethod, what: 'succeed' | 'decline', card?: PresentedCard): Outcome {
  const { books, request } = turn
  const operation = newOperation(turn)
  operation.behaviour = what
  operation.alias = card ? turn.books.aliasOf(card.number) : ''
  const outcome: Outcome = { outcome: 'pending', psp_reference: operation.psp_reference }
  record(books, operation, outcome)
  books.store.setSetting(instrumentSetting(operation), JSON.stringify(instrumentOf(books, method, request, card)))
  const due_at = BigInt(turn.nowMs + (turn.plan.settle_ms ?? DEFAULT_SETTLE_MS))
  books.store.addTimer({ ...timerOf(operation), due_at, what })
  return outcome
}

/** Where the instrument of a pending charge is kept until it is decided. */
export function instrumentSetting(operation: Operation): string {
  return `instrument:${operation.account}:${operation.operation_id}`
}

function instrumentOf(
  books: Books,
  method: SimulatedMethod,
  request: PspRequest,
  card: PresentedCard | undefined,
): InstrumentFacts {
  if (!card) {
    const label = method.kind === 'bank' ? `${method.label} · Simulator Bank` : method.label
    return { kind: method.kind, label, alias: `simacct_${request.method}` }
  }
  const isWallet = card.entry === 'wallet'
  return {
    kind: isWallet ? 'wallet' : method.kind,
    brand: brandOf(card.number),
    bin: card.number.slice(0, 6),
    last4: card.number.slice(-4),
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    alias: books.aliasOf(card.number),
    ...(isWallet ? { label: 'Phone' } : method.kind === 'card' ? {} : { label: method.label }),
  }
}
