// Transaction 1: claim the key, reserve the amount, write the rows. After its commit money may move; before it, never.
// The guards are in SQL (migrations 0007 and 0008); here their outcomes become the API's refusals.

import type { LaneRow } from '../db/lanes.ts'
import type { Idempotency } from '../http/idempotency.ts'
import type { CashRounding } from '../lib/money.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import type { OrderTerms } from './orders.ts'
import type { TenderAbility } from './payment.ts'
import { notFound, terminalBusy } from './problems.ts'
import { isOrderClosed } from './store.ts'
import { readSlot } from './terminal-store.ts'

/** The columns a new tender starts with. */
export interface NewTender {
  tender_id: string
  method: string
  amount: bigint
  connector_account_id: string
  can: TenderAbility[]
  over_capture_bp: number
  initiator: 'customer' | 'merchant'
  terminal_id?: string
  register_id?: string
  /** Cash only, where it is rounded: what goes into the drawer less the amount. */
  rounding?: bigint
  cash_tendered?: bigint
  card_id?: string
  token_id?: string
  instrument_id?: string
  stored_value_id?: string
  save_instrument_id?: string
  save_for?: 'customer' | 'order'
  instrument?: object
}

export interface NewPayment extends OrderTerms {
  payment_id: string
  direction: 'charge' | 'credit'
  amount: bigint
  currency: string
  channel: string
  capture: 'automatic' | 'manual'
  store_id?: string
  order_id?: string
  customer_id?: string
  reference?: string
  country?: string
  return_url?: string
  metadata?: Record<string, string>
}

/** One instruction to be written as `dispatched`. */
export interface NewOperation {
  operation_id: string
  kind: 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'extend' | 'credit'
  tender_id: string
  amount: bigint
  connector_account_id: string
  method: string
  register_id?: string
  card_id?: string
  /** The terminal that it occupies until it is final; undefined where several can be under way. */
  terminal_id?: string
  /** Of a refund: what goes back of the tip, besides the amount. */
  tip?: bigint
  /** Of a charge in cash, as of its tender. */
  rounding?: bigint
  /** Of cash that goes back: its rounding is worked out on the locked rows. */
  cash_rule?: CashRounding | null
  is_final?: boolean
  reason?: string
}

/**
 * ok: go on. known: the key was claimed before, and by which payment and fingerprint. Every other outcome is thrown as
 * its problem, and has left nothing behind.
 */
export type Begun =
  | { outcome: 'ok'; body: string | null }
  | { outcome: 'known'; fingerprint: string; paymentId: string }

/** The set-based functions of the core; each takes rows of several merchants in one call. */
export const MIXED_FUNCTIONS: ReadonlySet<string> = new Set(['payment_create', 'payment_instruct', 'payment_apply'])

/** Nobody can have a command about a payment that is not there yet, so new ones need not wait for the others' turn. */
export const APART_FUNCTIONS: ReadonlySet<string> = new Set(['payment_create'])

/** How long after a call's deadline the resolver starts to ask, when no answer was recorded: the process died. */
const ASK_AFTER_DEADLINE_MS = 5_000

/** Begins a new payment, with its first tender and operation where it has one. */
export async function beginPayment(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  payment: NewPayment,
  charge?: { tender: NewTender; operation: NewOperation },
): Promise<Begun> {
  const now = deps.clock.now()
  const row: LaneRow = {
    ...payment,
    ...termsIn(payment),
    amount: Number(payment.amount),
    at: now.toISOString(),
    key: idempotency.key,
    fingerprint: idempotency.fingerprint,
    event_id: deps.newId('evt'),
  }
  if (charge) {
    const { tender, operation } = charge
    Object.assign(row, tender, {
      amount: Number(payment.amount),
      tender_amount: Number(tender.amount),
      ...cashFigures(tender),
      operation_id: operation.operation_id,
      kind: operation.kind,
      occupies: operation.terminal_id,
      reason: operation.reason,
      ask_at: askAt(deps, now, tender.terminal_id !== undefined),
    })
  }
  try {
    const result = await deps.lanes.commit('payment_create', merchantId, row)
    await sayIfClosed(deps, merchantId, result, payment.order_id)
    await sayIfBusy(deps, merchantId, result, charge?.operation.terminal_id)
    return begun(result)
  } catch (error) {
    // Stores were checked against the configuration; the customer's existence is left to the foreign key.
    if ((error as { code?: string }).code === '23503' && payment.customer_id !== undefined)
      throw notFound('/customer_id')
    throw error
  }
}

export interface Instruction {
  paymentId: string
  eventType: string
  tender?: NewTender
  operations: NewOperation[]
  isCancel?: boolean
  /** A further operation of a command that holds its key already. */
  isRetry?: boolean
  /** The single-use token of the card that money is paid out to. */
  tokenId?: string
  /** Of the payment, where a charge may be refused for it. */
  orderId?: string | null
  /** What the order said that it is taken for. */
  terms?: OrderTerms
}

/** Begins operations on a payment that exists: all of them or none. */
export async function beginInstruction(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  instruction: Instruction,
): Promise<Begun> {
  const now = deps.clock.now()
  const { tender } = instruction
  const row: LaneRow = {
    at: now.toISOString(),
    key: idempotency.key,
    fingerprint: idempotency.fingerprint,
    payment_id: instruction.paymentId,
    event_id: deps.newId('evt'),
    event_type: instruction.eventType,
    is_cancel: instruction.isCancel ?? false,
    is_retry: instruction.isRetry ?? false,
    token_id: instruction.tokenId,
    ...termsIn(instruction.terms ?? {}),
    tender: tender && {
      ...tender,
      amount: Number(tender.amount),
      ...cashFigures(tender),
    },
    operations:
      instruction.operations.length === 0
        ? null
        : instruction.operations.map(({ cash_rule, ...operation }) => ({
            ...operation,
            amount: Number(operation.amount),
            ...cashFigures(operation),
            ...(cash_rule ? { cash_step: Number(cash_rule.increment_minor), cash_mode: cash_rule.mode } : {}),
            ...(operation.tip === undefined ? {} : { tip: Number(operation.tip) }),
            ask_at: askAt(deps, now, (tender?.terminal_id ?? operation.terminal_id) !== undefined),
          })),
  }
  const result = await deps.lanes.commit('payment_instruct', merchantId, row, instruction.paymentId)
  await sayIfClosed(deps, merchantId, result, instruction.orderId)
  const terminalId = instruction.operations.find(({ terminal_id }) => terminal_id !== undefined)?.terminal_id
  await sayIfBusy(deps, merchantId, result, terminalId)
  return begun(result)
}

/**
 * An order that is given up takes the slot of its charge for good: nobody has paid, and nobody can. Throws order-not-payable, so
 * that no customer is told that they have paid.
 */
async function sayIfClosed(
  deps: Pick<PaymentDeps, 'db'>,
  merchantId: string,
  result: Record<string, unknown>,
  orderId: string | null | undefined,
): Promise<void> {
  if (result['outcome'] !== 'order_paid' || orderId == null) return
  if (await isOrderClosed(deps.db, merchantId, orderId)) throw new Problem('order-not-payable')
}

/** Throws terminal-busy, which names what the terminal is busy with, so that staff can look there. */
async function sayIfBusy(
  deps: Pick<PaymentDeps, 'db'>,
  merchantId: string,
  result: Record<string, unknown>,
  terminalId: string | undefined,
): Promise<void> {
  if (result['outcome'] !== 'terminal_busy' || terminalId === undefined) return
  throw terminalBusy(await readSlot(deps.db, merchantId, terminalId))
}

function termsIn({ order_revision, order_limit, order_is_confirmed, order_keeps }: OrderTerms) {
  if (order_keeps !== undefined) return { order_keeps: Number(order_keeps) }
  if (order_limit === undefined) return {}
  return { order_revision, order_limit: Number(order_limit), order_is_confirmed }
}

function cashFigures({ rounding, cash_tendered }: { rounding?: bigint; cash_tendered?: bigint }) {
  return {
    ...(rounding === undefined ? {} : { rounding: Number(rounding) }),
    ...(cash_tendered === undefined ? {} : { cash_tendered: Number(cash_tendered) }),
  }
}

/** Each refusal of the SQL guards, as the problem a caller sees. */
const REFUSALS: Record<string, ProblemCode> = {
  not_found: 'not-found',
  invalid_state: 'invalid-state',
  in_flight: 'operation-in-flight',
  out_of_range: 'amount-out-of-range',
  exceeds_due: 'amount-exceeds-due',
  exceeds_capturable: 'amount-exceeds-capturable',
  exceeds_refundable: 'amount-exceeds-refundable',
  order_paid: 'order-already-paid',
  order_moved: 'order-changed',
  token_used: 'token-used',
}

function begun(result: Record<string, unknown>): Begun {
  const outcome = result['outcome'] as string
  if (outcome === 'ok') return { outcome, body: result['body'] as string | null }
  if (outcome === 'known')
    return { outcome, fingerprint: result['fingerprint'] as string, paymentId: result['payment_id'] as string }
  const code = REFUSALS[outcome]
  if (!code) throw new Error(`begin answered ${outcome}`)
  throw new Problem(code)
}

function askAt(deps: PaymentDeps, now: Date, isOnTerminal: boolean): string {
  const deadline = isOnTerminal ? deps.timeouts.terminal_ms : deps.timeouts.call_ms
  return new Date(now.getTime() + deadline + ASK_AFTER_DEADLINE_MS).toISOString()
}
