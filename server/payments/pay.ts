// Takes money: a new payment, or a further tender of one. The order of things is the whole point: guard, choose the
// account, begin (the rows exist), call the provider with no transaction open, apply its answer. Only an answer of
// `no_effect` is followed by another account; an unknown one never is.

import { callConnector } from '../connectors/call.ts'
import type { ChargeInstruction, Outcome } from '../connectors/connector.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { apply, type EvidenceSource } from './apply.ts'
import { beginInstruction, beginPayment, type NewPayment } from './begin.ts'
import type { CashTold } from './cash.ts'
import type { Candidate } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import { naming } from './naming.ts'
import { merchantFor, newPayment } from './new-payment.ts'
import { allowOffline } from './offline-caps.ts'
import { leftToPay } from './orders.ts'
import type { PaymentInput, Reply, TenderInput } from './payment.ts'
import { type PlannedCharge, planCharge } from './plan-charge.ts'
import { firstOrRepeat, repeat } from './repeat.ts'
import { readPayment } from './store.ts'

/**
 * Creates a payment and, where a tender is given, charges it. A decline is 201 with status `failed`; an outcome nobody
 * knows yet is 202 with attention `unknown_outcome`, its amount reserved. Throws the problems of planCharge, begin and
 * repeat; any of them means that nothing was written and no provider was called. `isOneWay`: money never goes back to this
 * tender, because nobody holds what it comes from. `told`: the tender was taken already, while the till was cut off.
 */
export function pay(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  input: PaymentInput,
  { isOneWay = false, told }: { isOneWay?: boolean; told?: CashTold | undefined } = {},
): Promise<Reply> {
  return firstOrRepeat(deps, merchantId, idempotency, async () => {
    const merchant = await merchantFor(deps, merchantId)
    const payment = await newPayment(deps, merchant, input)
    const planned = input.tender && (await planCharge(deps, merchant, payment, input.tender, payment.amount, told))
    if (planned && isOneWay) planned.tender.can = planned.tender.can.filter((ability) => !ability.includes('refund'))
    const begun = await beginPayment(deps, merchantId, idempotency, payment, planned)
    if (begun.outcome === 'known') return repeat(deps, merchantId, idempotency)
    if (!planned) return { status: 201, body: begun.body as string }
    return charge(deps, merchant, idempotency, payment, planned)
  })
}

/**
 * Adds a tender to a payment that is not fully covered, and charges it. `channel`: where the customer stands when that is not where
 * the payment was begun; `told` as for `pay`. Outcomes and problems as for `pay`.
 */
export function addTender(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: TenderInput,
  { channel, told }: { channel?: NewPayment['channel']; told?: CashTold | undefined } = {},
): Promise<Reply> {
  return firstOrRepeat(deps, merchantId, idempotency, async () => {
    const merchant = await merchantFor(deps, merchantId)
    const row = await readPayment(deps.db, merchantId, paymentId)
    if (!row) throw new Problem('not-found')
    const { due, terms } = await leftToPay(deps, merchantId, row)
    if (due <= 0n || row.is_canceled || row.direction === 'credit') throw new Problem('invalid-state')
    const payment: NewPayment = { ...withoutNulls(row), ...terms, payment_id: row.id, ...(channel && { channel }) }
    const planned = await planCharge(deps, merchant, payment, input, due, told)
    const begun = await beginInstruction(deps, merchantId, idempotency, {
      paymentId,
      eventType: 'payment.processing',
      tender: planned.tender,
      operations: [planned.operation],
      orderId: payment.order_id,
      terms,
    })
    if (begun.outcome === 'known') return repeat(deps, merchantId, idempotency)
    return charge(deps, merchant, idempotency, payment, planned)
  })
}

/** Calls one candidate after the other until one has processed the charge, or may have. */
async function charge(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  idempotency: Idempotency,
  payment: NewPayment,
  planned: PlannedCharge,
): Promise<Reply> {
  const { tender } = planned
  let { operation } = planned
  for (const [i, candidate] of planned.candidates.entries()) {
    const outcome = await call(deps, payment, planned, candidate, operation.operation_id)
    const next = outcome.outcome === 'no_effect' ? planned.candidates[i + 1] : undefined
    const applied = await apply(deps, {
      merchantId: merchant.id,
      paymentId: payment.payment_id,
      operationId: operation.operation_id,
      source: sourceOf(candidate, tender),
      outcome,
      isRetried: next !== undefined,
    })
    if (!next)
      return { status: applied.state === 'unknown' || applied.state === 'dispatched' ? 202 : 201, body: applied.body }
    operation = { ...operation, operation_id: deps.newId('opn'), connector_account_id: next.account.id }
    await beginInstruction(deps, merchant.id, idempotency, {
      paymentId: payment.payment_id,
      eventType: 'payment.processing',
      operations: [operation],
      isRetry: true,
      terms: payment,
    })
  }
  throw new Error('a charge has at least one candidate')
}

/** Whose word an answer is. */
function sourceOf({ connector }: Candidate, { terminal_id }: { terminal_id?: string }): EvidenceSource {
  if (connector.facts.told_by_person) return 'operator'
  return terminal_id === undefined ? 'reply' : 'terminal'
}

/** Sends one charge to one account. The operation id is the provider's idempotency key. */
export async function call(
  deps: PaymentDeps,
  payment: NewPayment,
  planned: Omit<PlannedCharge, 'candidates'>,
  candidate: Candidate,
  operationId: string,
): Promise<Outcome> {
  const { tender, operation } = planned
  const mayGoOffline =
    planned.terminal !== undefined &&
    (await allowOffline(deps, candidate, {
      ...{ merchantId: candidate.account.merchant_id, terminalId: planned.terminal.id, paymentId: payment.payment_id },
      ...{ operationId, amount: operation.amount, currency: payment.currency },
    }))
  const instruction: Omit<ChargeInstruction, 'signal'> = {
    account: candidate.account,
    operation_id: operationId,
    payment_id: payment.payment_id,
    tender_id: tender.tender_id,
    amount: operation.amount,
    currency: payment.currency,
    reference: payment.reference,
    webhook_url: webhookUrl(deps, candidate.account),
    method: tender.method,
    channel: payment.channel,
    initiator: tender.initiator,
    card: planned.openCard?.(),
    voucher: planned.voucher,
    bank_account: planned.bankAccount,
    one_time_code: planned.oneTimeCode,
    network_reference: planned.networkReference,
    terminal_id: tender.terminal_id,
    terminal: planned.terminal,
    asks_tip: planned.asksTip,
    held_card: planned.heldCard,
    may_go_offline: mayGoOffline,
    slip: planned.slip,
    stored_value_id: tender.stored_value_id,
    customer_id: payment.customer_id,
    cash:
      tender.register_id === undefined || tender.method !== 'cash'
        ? undefined
        : {
            tendered: tender.cash_tendered ?? operation.amount + (tender.rounding ?? 0n),
            register_id: tender.register_id,
            rounding: tender.rounding,
          },
    return_url: payment.return_url,
    country: payment.country,
    metadata: payment.metadata,
    named: naming(deps, candidate.account.merchant_id, { payment_id: payment.payment_id, operation_id: operationId }),
  }
  const timeoutMs = tender.terminal_id === undefined ? deps.timeouts.call_ms : deps.timeouts.terminal_ms
  return callConnector(
    deps.call,
    candidate.connector,
    operation.kind === 'authorize' ? 'authorize' : 'sale',
    instruction,
    { timeoutMs },
  )
}

/** Where a provider reports about one account's operations. */
export function webhookUrl(deps: Pick<PaymentDeps, 'publicUrl'>, account: { merchant_id: string; id: string }): string {
  return `${deps.publicUrl}/hooks/${account.merchant_id}/${account.id}`
}

export function withoutNulls<T extends object>(row: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as {
    [K in keyof T]: Exclude<T[K], null>
  }
}
