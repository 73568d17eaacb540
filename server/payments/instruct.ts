// The common path of every instruction on a payment that exists: begin all of its operations, then call and apply them
// one after the other. The verbs (capture.ts, cancel.ts, refund.ts, adjust.ts) only plan.

import { callConnector } from '../connectors/call.ts'
import type { FollowUpInstruction, Outcome, TerminalOfInstruction } from '../connectors/connector.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type Applied, apply } from './apply.ts'
import { type Begun, beginInstruction, type NewOperation } from './begin.ts'
import { ruleAtDrawer } from './cash.ts'
import { candidateOf } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import { naming } from './naming.ts'
import { merchantFor } from './new-payment.ts'
import type { OrderTerms } from './orders.ts'
import { webhookUrl } from './pay.ts'
import type { Reply } from './payment.ts'
import { firstOrRepeat, repeat } from './repeat.ts'
import type { SendAgain } from './resolve.ts'
import { type PaymentRow, readPayment, renderPayment, type TenderRow } from './store.ts'

/** One operation and how to carry it out. `call` is made with no transaction open, after `begin` has committed. */
export interface PlannedOperation {
  operation: NewOperation
  call(): Promise<Outcome>
}

export interface Plan {
  eventType: string
  operations: PlannedOperation[]
  isCancel?: boolean
  /** What the payment's order said, for the guards in SQL. */
  terms?: OrderTerms
  /** The single-use token of the card that money is paid out to. */
  tokenId?: string
  /** Status of the answer when everything has one; 202 otherwise. */
  status: 200 | 201
}

export interface PlanInput {
  merchant: MerchantConfig
  payment: PaymentRow
}

/**
 * Reads the payment, lets `plan` decide, begins and carries out. The plan is made without a lock; if the payment has
 * moved since, the guards in SQL refuse and it is planned anew. `again` is for a repeat of it, see repeat. Throws not-found, what the plan throws, and the refusals of begin and repeat.
 */
export function instruct(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  plan: (input: PlanInput) => Plan | Promise<Plan>,
  again?: SendAgain,
): Promise<Reply> {
  const work = async (): Promise<Reply> => {
    const { planned, begun } = await planAndBegin(deps, merchantId, idempotency, paymentId, plan)
    if (begun.outcome === 'known') return repeat(deps, merchantId, idempotency, again)
    if (begun.body !== null) return { status: planned.status, body: begun.body }
    let isOpen = false
    let last: Applied | undefined
    for (const { operation, call } of planned.operations) {
      const outcome = await call()
      last = await apply(deps, { merchantId, paymentId, operationId: operation.operation_id, source: 'reply', outcome })
      isOpen ||= last.state === 'unknown' || last.state === 'dispatched'
    }
    const body = last?.body ?? (await renderPayment(deps.db, merchantId, paymentId, idempotency.key))
    return { status: isOpen ? 202 : planned.status, body: body as string }
  }
  return firstOrRepeat(deps, merchantId, idempotency, work, again)
}

/**
 * Between reading and beginning another instruction may take the money of the tender that was planned on, while a further
 * tender still has enough. So a refused amount is planned anew on the payment as it is now, where the plan itself refuses
 * what is really too much. Every round means that another instruction was accepted; more rounds than this are refused.
 */
const MOST_PLANS = 32
const MOVED: ReadonlySet<string> = new Set([
  'amount-exceeds-refundable',
  'amount-exceeds-capturable',
  'amount-exceeds-due',
  'order-changed',
])

async function planAndBegin(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  plan: (input: PlanInput) => Plan | Promise<Plan>,
): Promise<{ planned: Plan; begun: Begun }> {
  const merchant = await merchantFor(deps, merchantId)
  for (let round = 1; ; round++) {
    const payment = await readPayment(deps.db, merchantId, paymentId)
    if (!payment) throw new Problem('not-found')
    const planned = await plan({ merchant, payment })
    const { eventType, isCancel, terms, tokenId } = planned
    const operations = planned.operations.map(({ operation }) => operation)
    try {
      const begun = await beginInstruction(deps, merchantId, idempotency, {
        paymentId,
        eventType,
        operations,
        isCancel,
        terms,
        tokenId,
      })
      return { planned, begun }
    } catch (error) {
      const hasMoved = error instanceof Problem && MOVED.has(error.code)
      if (!hasMoved || round === MOST_PLANS) throw error
    }
  }
}

/** The terminal as its connector wants it named; undefined for none. */
export function terminalOf(merchant: MerchantConfig, id: string | null | undefined): TerminalOfInstruction | undefined {
  const terminal = id == null ? undefined : merchant.terminals.get(id)
  return terminal && { id: terminal.id, serial: terminal.serial }
}

/**
 * Where it is written down as done. Cash goes back into the drawer it came from; whatever else is given back is given back where somebody
 * asks for it. What is taken or let go of a hold is done at a till when the hold was made at one: money held on the web is none of its.
 */
function registerOf(deps: PaymentDeps, tender: TenderRow, kind: string): string | undefined {
  if (tender.method === 'cash') return tender.register_id ?? undefined
  return kind === 'refund' || tender.register_id !== null ? deps.registerId : undefined
}

/** A follow-up of a tender's charge at the account it was made at. Throws operation-unsupported before anything is written. */
export function followUp(
  deps: PaymentDeps,
  { merchant, payment }: PlanInput,
  tender: TenderRow,
  kind: 'capture' | 'void' | 'refund' | 'increment' | 'extend',
  amount: bigint,
  more: { is_final?: boolean; reason?: string; operation_id?: string; tip?: bigint } = {},
): PlannedOperation {
  const { account, connector } = candidateOf(deps, merchant, tender.connector_account_id)
  if (connector[kind] === undefined)
    throw new Problem('operation-unsupported', { detail: `${account.name} does not offer ${kind}.` })
  const operation: NewOperation = {
    operation_id: more.operation_id ?? deps.newId('opn'),
    kind,
    tender_id: tender.id,
    amount,
    connector_account_id: account.id,
    method: tender.method,
    register_id: registerOf(deps, tender, kind),
    is_final: more.is_final,
    reason: more.reason,
    tip: more.tip,
  }
  const terminal = terminalOf(merchant, tender.terminal_id)
  if (kind === 'refund' && connector.facts.one_at_a_time) operation.terminal_id = terminal?.id
  if (kind === 'refund' && tender.method === 'cash')
    operation.cash_rule = ruleAtDrawer(deps, merchant, tender.register_id, payment.currency)
  const instruction: Omit<FollowUpInstruction, 'signal'> = {
    account,
    operation_id: operation.operation_id,
    payment_id: payment.id,
    tender_id: tender.id,
    amount,
    currency: payment.currency,
    reference: payment.reference ?? undefined,
    webhook_url: webhookUrl(deps, account),
    terminal,
    tip: more.tip,
    original: {
      operation_id: tender.charge_operation_id,
      psp_reference: tender.psp_reference ?? '',
      amount: tender.amount,
      method: tender.method,
    },
    is_final: more.is_final,
    reason: more.reason,
    named: naming(deps, merchant.id, { payment_id: payment.id, operation_id: operation.operation_id }),
  }
  const { call_ms, terminal_ms } = deps.timeouts
  const timeoutMs = kind === 'refund' && connector.facts.refunds_at_terminal ? terminal_ms : call_ms
  return {
    operation,
    call: () => callConnector(deps.call, connector, kind, instruction, { timeoutMs }),
  }
}
