// Gives money back: by reference to the tender it came from, or to another destination.

import { callConnector } from '../connectors/call.ts'
import type { CreditInstruction, Outcome } from '../connectors/connector.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { Channel, MerchantConfig, Method, MethodKind } from '../merchants/index.ts'
import { roundCash } from '../totals/index.ts'
import { resolveCard } from '../vault/index.ts'
import { apply } from './apply.ts'
import { beginPayment, type NewOperation, type NewPayment } from './begin.ts'
import { ruleAtDrawer } from './cash.ts'
import { choose } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import { followUp, instruct, type Plan, type PlanInput, type PlannedOperation, terminalOf } from './instruct.ts'
import { naming } from './naming.ts'
import { merchantFor, newPayment } from './new-payment.ts'
import { lastTaken } from './operation-store.ts'
import { keptOf } from './orders.ts'
import { webhookUrl } from './pay.ts'
import type { CreditInput, Destination, RefundInput, Reply } from './payment.ts'
import { invalid, notFound } from './problems.ts'
import { firstOrRepeat, repeat } from './repeat.ts'
import { type OpenOperation, type PaymentRow, readPayment, type TenderRow } from './store.ts'
import { storedValueToCredit } from './stored-value.ts'

const DAY_MS = 86_400_000

/**
 * Refunds `amount` (default: all that can be), newest tender first, or one tender, or to another destination (`to`). The
 * amount is reserved before the provider is called, so refunds in flight or unknown count. `isByHand`: no order has decided on it, so
 * it must leave what gift cards of its order were sold for. Throws
 * amount-exceeds-refundable, invalid-state, currency-mismatch, operation-unsupported, reference-not-found.
 */
export function refund(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  paymentId: string,
  input: RefundInput,
  { isByHand = false } = {},
): Promise<Reply> {
  const plan = async (context: PlanInput): Promise<Plan> => {
    const { payment, merchant } = context
    if (input.currency !== undefined && input.currency !== payment.currency) throw new Problem('currency-mismatch')
    if (input.tip && input.to) throw invalid('/tip', 'goes back to where it came from only')
    if (input.tender_id !== undefined && !payment.tenders.some((tender) => tender.id === input.tender_id))
      throw notFound('/tender_id')
    const tenders = payment.tenders
      .filter((tender) => tender.captured > 0n && (input.tender_id === undefined || tender.id === input.tender_id))
      .reverse()
    if (tenders.length === 0) throw new Problem('invalid-state', { detail: 'Nothing has been captured.' })
    const refundable = tenders.reduce((sum, tender) => sum + tender.refundable, 0n)
    const amount = input.amount === undefined ? refundable : BigInt(input.amount)
    if (amount > refundable || amount === 0n) throw new Problem('amount-exceeds-refundable')
    const kept = isByHand ? await keptOf(deps, merchantId, payment.order_id) : null
    if (kept && amount > kept.free)
      throw new Problem('amount-exceeds-refundable', {
        detail: `${kept.keeps} were paid for gift cards: cancel or return those, and their money goes back with them.`,
      })
    const operations: PlannedOperation[] = []
    for (const part of spread(tenders, amount)) {
      const to = input.to ?? ownDrawer(deps, merchant, part.tender)
      operations.push(
        to === undefined
          ? await byReference(deps, { merchant, payment }, part, input)
          : await toDestination(deps, merchant, payment, part, to, input.reason),
      )
    }
    return {
      eventType: 'payment.refund_sent',
      operations,
      status: 201,
      tokenId: input.to?.token,
      ...(kept && { terms: { order_keeps: kept.keeps } }),
    }
  }
  return instruct(deps, merchantId, idempotency, paymentId, plan, (open) => sentAgain(deps, merchantId, open, input))
}

/**
 * Money to another destination whose process died before it was carried out: onto a balance kept here, or out of a drawer. A card's
 * token is used up by then, and nothing is sent to a terminal twice.
 */
async function sentAgain(
  deps: PaymentDeps,
  merchantId: string,
  operation: OpenOperation,
  { to, reason }: { to?: Destination; reason?: string },
): Promise<Outcome | undefined> {
  if (operation.kind !== 'credit') return undefined
  if (to?.token !== undefined || to?.instrument_id !== undefined || to?.terminal_id !== undefined) return undefined
  const merchant = await merchantFor(deps, merchantId)
  const payment = await readPayment(deps.db, merchantId, operation.payment_id)
  const tender = payment?.tenders.find(({ id }) => id === operation.tender_id)
  const destination = to ?? (tender && ownDrawer(deps, merchant, tender))
  if (!payment || !tender || !destination) return undefined
  try {
    const part = { tender, amount: operation.amount, operationId: operation.id }
    const { call } = await toDestination(deps, merchant, payment, part, destination, reason)
    return await call()
  } catch (error) {
    // What may not be sent there any more is no refusal of what was begun: the asking finds its end.
    if (error instanceof Problem) return undefined
    throw error
  }
}

/** At a till cash comes out of the till's own drawer: nobody reaches into the one that it was paid into elsewhere. */
function ownDrawer(
  { registerId }: PaymentDeps,
  merchant: MerchantConfig,
  { method, register_id }: TenderRow,
): Destination | undefined {
  if (registerId === undefined || register_id === null || register_id === registerId) return undefined
  if (merchant.methods.get(method)?.kind !== 'cash') return undefined
  return { method, register_id: registerId, store_id: merchant.registers.get(registerId)?.storeId }
}

interface Part {
  tender: TenderRow
  amount: bigint
  /** Of an operation that is in the books already. */
  operationId?: string
}

function spread(tenders: TenderRow[], wanted: bigint): Part[] {
  const parts: Part[] = []
  let rest = wanted
  for (const tender of tenders) {
    const amount = rest < tender.refundable ? rest : tender.refundable
    if (amount > 0n) parts.push({ tender, amount })
    rest -= amount
  }
  return parts
}

async function byReference(
  deps: PaymentDeps,
  context: { merchant: MerchantConfig; payment: PaymentRow },
  { tender, amount }: Part,
  { reason, tip }: { reason?: string; tip?: boolean },
): Promise<PlannedOperation> {
  if (!tender.can.includes('refund'))
    throw new Problem('operation-unsupported', { detail: `${tender.method} takes no refund; use "to".` })
  if (amount < tender.captured && !tender.can.includes('partial_refund')) {
    throw new Problem('operation-unsupported', { detail: `${tender.method} is refunded whole or not at all.` })
  }
  const days = context.merchant.methods.get(tender.method)?.can.refund_window_days ?? null
  if (days !== null) {
    const of = { paymentId: context.payment.id, tenderId: tender.id }
    const taken = await lastTaken(deps.db, context.merchant.id, of)
    if (taken !== null && deps.clock.now().getTime() - taken.getTime() > days * DAY_MS)
      throw new Problem('operation-unsupported', {
        detail: `${tender.method} takes a refund for ${days} days after the money was taken; use "to".`,
      })
  }
  return followUp(deps, context, tender, 'refund', amount, {
    reason,
    ...(tip && tender.tip > 0n && { tip: tender.tip }),
  })
}

async function toDestination(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  payment: PaymentRow,
  { tender, amount, operationId }: Part,
  to: Destination,
  reason?: string,
): Promise<PlannedOperation> {
  const purchase = {
    ...payment,
    payment_id: payment.id,
    customer_id: payment.customer_id ?? undefined,
    order_id: payment.order_id ?? undefined,
    store_id: payment.store_id ?? undefined,
    reference: payment.reference ?? undefined,
  }
  return creditTo(deps, merchant, purchase, tender.id, amount, to, '/to', reason, operationId)
}

/**
 * Pays out without an earlier charge: to a card, a terminal or from the drawer. Recorded as a payment of direction
 * `credit`; `captured` means paid out. Outcomes and idempotency as for `pay`.
 */
export function credit(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  input: CreditInput,
): Promise<Reply> {
  const again = (open: OpenOperation) => sentAgain(deps, merchantId, open, input)
  const work = async (): Promise<Reply> => {
    const merchant = await merchantFor(deps, merchantId)
    const payment = await newPayment(deps, merchant, input)
    const register = input.to.register_id === undefined ? undefined : merchant.registers.get(input.to.register_id)
    payment.store_id ??=
      register?.storeId ??
      (input.to.terminal_id === undefined ? undefined : merchant.terminals.get(input.to.terminal_id)?.storeId)
    const { operation, call, storedValueId } = await creditTo(
      deps,
      merchant,
      payment,
      deps.newId('ten'),
      payment.amount,
      input.to,
      '/to',
      input.reason,
    )
    const begun = await beginPayment(deps, merchantId, idempotency, payment, {
      tender: {
        tender_id: operation.tender_id,
        method: operation.method,
        amount: operation.amount,
        connector_account_id: operation.connector_account_id,
        can: [],
        over_capture_bp: 0,
        initiator: 'merchant',
        register_id: operation.register_id,
        rounding: operation.cash_rule ? roundCash(payment.amount, operation.cash_rule).rounding : undefined,
        terminal_id: input.to.terminal_id,
        card_id: operation.card_id,
        token_id: input.to.token,
        instrument_id: input.to.instrument_id,
        stored_value_id: storedValueId,
      },
      operation,
    })
    if (begun.outcome === 'known') return repeat(deps, merchantId, idempotency, again)
    const outcome = await call()
    const applied = await apply(deps, {
      merchantId,
      paymentId: payment.payment_id,
      operationId: operation.operation_id,
      source: 'reply',
      outcome,
    })
    return { status: applied.state === 'unknown' || applied.state === 'dispatched' ? 202 : 201, body: applied.body }
  }
  return firstOrRepeat(deps, merchantId, idempotency, work, again)
}

/**
 * Money goes out in the store that the payment was taken in, or that is named: its books say which. One taken on the web goes out in
 * any store. Throws validation-error.
 */
function inOneStore(
  merchant: MerchantConfig,
  payment: { store_id?: string | null | undefined },
  to: Destination,
  pointer: string,
): void {
  const storeId = to.store_id ?? payment.store_id ?? undefined
  if (storeId === undefined) return
  const store = merchant.stores.get(storeId)
  if (!store) throw notFound(`${pointer}/store_id`)
  if (to.store_id === undefined && store.kind === 'web') return
  const places = [
    ['register_id', to.register_id === undefined ? undefined : merchant.registers.get(to.register_id)],
    ['terminal_id', to.terminal_id === undefined ? undefined : merchant.terminals.get(to.terminal_id)],
  ] as const
  for (const [name, place] of places)
    if (place && place.storeId !== storeId)
      throw invalid(`${pointer}/${name}`, 'stands in another store than the payment; name it in store_id')
}

/** Kinds whose destination says who gets the money: a card, a drawer, a balance. */
const NAMED: ReadonlySet<MethodKind> = new Set(['card', 'cash', 'stored_value'])

/**
 * A card at a terminal, a token or an instrument: which of two would get the money would be a guess, and what has no card gives it
 * to none. A bank account or wallet cannot be named here at all. Throws validation-error, operation-unsupported.
 */
function mustBeOneCard({ token, instrument_id, terminal_id }: Destination, method: Method, pointer: string): void {
  if (method.kind !== 'card' && (token !== undefined || instrument_id !== undefined))
    throw invalid(`${pointer}/${token !== undefined ? 'token' : 'instrument_id'}`, 'only for cards')
  if (method.counter_flow !== 'terminal' && terminal_id !== undefined)
    throw invalid(`${pointer}/terminal_id`, 'only for what is held to a terminal')
  if (!NAMED.has(method.kind) && terminal_id === undefined)
    throw new Problem('operation-unsupported', {
      detail: `Nobody could say whose ${method.name} gets the money. Refund the tender it came from, or name another destination.`,
    })
  if (token !== undefined && instrument_id !== undefined)
    throw invalid(`${pointer}/instrument_id`, 'give a token or an instrument, not both')
  if (terminal_id !== undefined && (token !== undefined || instrument_id !== undefined))
    throw invalid(`${pointer}/terminal_id`, 'give a terminal, or a token or instrument, not both')
}

type CreditedPayment = Pick<
  NewPayment,
  'payment_id' | 'currency' | 'channel' | 'customer_id' | 'order_id' | 'store_id' | 'reference'
>

async function creditTo(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  payment: CreditedPayment,
  tenderId: string,
  amount: bigint,
  to: Destination,
  pointer: string,
  reason?: string,
  operationId = deps.newId('opn'),
): Promise<PlannedOperation & { storedValueId?: string }> {
  if (to.terminal_id !== undefined && !merchant.terminals.has(to.terminal_id)) throw notFound(`${pointer}/terminal_id`)
  const purchase = {
    amount,
    currency: payment.currency,
    // Where the money is handed over decides: a web order is refunded in cash at the counter.
    channel: to.register_id !== undefined || to.terminal_id !== undefined ? 'pos' : (payment.channel as Channel),
  } as const
  const device = to.terminal_id === undefined ? undefined : merchant.terminals.get(to.terminal_id)
  const { method, candidates } = choose(deps, merchant, to.method, 'credit', purchase, device)
  const [candidate] = candidates
  if (!candidate) throw new Problem('method-unavailable')
  if (method.kind !== 'cash' && to.register_id !== undefined) throw invalid(`${pointer}/register_id`, 'only for cash')
  if (method.kind === 'cash' && (to.register_id === undefined || !merchant.registers.has(to.register_id))) {
    throw to.register_id === undefined
      ? invalid(`${pointer}/register_id`, 'cash needs the drawer it comes from')
      : notFound(`${pointer}/register_id`)
  }
  inOneStore(merchant, payment, to, pointer)
  mustBeOneCard(to, method, pointer)
  const source =
    to.token !== undefined
      ? { token_id: to.token }
      : to.instrument_id !== undefined
        ? { instrument_id: to.instrument_id }
        : undefined
  if (method.kind === 'card' && !source && to.terminal_id === undefined)
    throw invalid(`${pointer}/token`, 'a card needs a token, an instrument or a terminal')
  const card = source && (await resolveCard(deps, merchant.id, source))
  if (source && !card) throw notFound(to.token !== undefined ? `${pointer}/token` : `${pointer}/instrument_id`)
  if (card?.is_used) throw new Problem('token-used')
  // Money goes out to a saved card only for the customer or order that keeps it, as it comes in from it.
  if (card?.customer_id !== undefined && card.customer_id !== payment.customer_id)
    throw notFound(`${pointer}/instrument_id`)
  if (card?.order_id !== undefined && card.order_id !== payment.order_id) throw notFound(`${pointer}/instrument_id`)
  const storedValueId = await storedValueToCredit(deps, merchant.id, payment, to, method.kind, pointer)
  const operation: NewOperation = {
    operation_id: operationId,
    kind: 'credit',
    tender_id: tenderId,
    amount,
    connector_account_id: candidate.account.id,
    method: method.code,
    register_id: to.register_id ?? deps.registerId,
    card_id: card?.card_id,
    terminal_id: candidate.connector.facts.one_at_a_time ? to.terminal_id : undefined,
    cash_rule: method.kind === 'cash' ? ruleAtDrawer(deps, merchant, to.register_id, payment.currency) : undefined,
    reason,
  }
  const instruction: Omit<CreditInstruction, 'signal'> = {
    account: candidate.account,
    operation_id: operation.operation_id,
    payment_id: payment.payment_id,
    tender_id: tenderId,
    amount,
    currency: payment.currency,
    reference: payment.reference,
    webhook_url: webhookUrl(deps, candidate.account),
    method: method.code,
    terminal_id: to.terminal_id,
    terminal: terminalOf(merchant, to.terminal_id),
    register_id: to.register_id,
    stored_value_id: storedValueId,
    customer_id: to.customer_id ?? payment.customer_id,
    reason,
    named: naming(deps, merchant.id, { payment_id: payment.payment_id, operation_id: operation.operation_id }),
  }
  return {
    operation,
    storedValueId,
    call: () =>
      callConnector(
        deps.call,
        candidate.connector,
        'credit',
        { ...instruction, card: card?.open() },
        { timeoutMs: operation.terminal_id === undefined ? deps.timeouts.call_ms : deps.timeouts.terminal_ms },
      ),
  }
}
