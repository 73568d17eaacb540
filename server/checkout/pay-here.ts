// One try to pay on the page. The payment begins with the first; each further try is a tender of the same payment, so two tabs, a
// double click and a reload meet in one place, and the guards of the payment core decide.

import { hash } from 'node:crypto'
import type { Idempotency } from '../http/idempotency.ts'
import { canonicalJson, type JsonValue } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import {
  addTender,
  type PaymentView,
  pay,
  type Reply,
  readOperationsOfKey,
  type TenderInput,
  withdraw,
} from '../payments/index.ts'
import { placed } from './bag-session.ts'
import type { CheckoutDeps } from './deps.ts'
import type { NoticeCode, TryInput } from './page-view.ts'
import { type Session, seenBy, sessionUrl, stateOf } from './session.ts'
import { readPaymentView, standingOf } from './standing.ts'
import { dropPayment, putPayment, readSession } from './store.ts'

/** What to tell about the try besides what the payment itself tells; null when the payment tells it all. */
export type Tried = NoticeCode | null

/**
 * Carries out one try. What the customer can put right is answered as a notice, with nothing charged; whatever the provider says is
 * read from the payment afterwards.
 */
export async function payHere(deps: CheckoutDeps, known: Session, input: TryInput): Promise<Tried> {
  if (stateOf(known, deps.clock.now()) !== 'open') return null
  try {
    const { session, notice } = await placed(deps, known, input)
    if (notice !== null || stateOf(session, deps.clock.now()) !== 'open') return notice
    const { due, isElsewhere, maker } = await standingOf(deps, session)
    if (due === 0n || isElsewhere || maker !== 'open') return null
    if (input.seen !== undefined && BigInt(input.seen) !== due) return 'amount_changed'
    const tender = await withBalance(deps, session, tenderOf(session, input), due)
    if (tender === null) return 'balance_insufficient'
    return await guarded(deps, session, input, async () => {
      const paymentId = await ensurePayment(deps, session)
      if (!(await clearWay(deps, session, paymentId, input.attempt))) return 'busy'
      const key = keyOf(session, input.attempt)
      // Another tab may have paid this part since it was looked at; nobody else tries now.
      if (session.pay_up_to !== null && (await isPartPaid(deps, session, paymentId, input.attempt, due)))
        return 'amount_changed'
      const part =
        tender.amount === undefined && session.pay_up_to !== null ? { ...tender, amount: Number(due) } : tender
      return addTender(asCaller(deps, session), session.merchant_id, identify(key, tryOf(input)), paymentId, part)
    })
  } catch (error) {
    const notice = error instanceof Problem ? noticeFor(error) : undefined
    if (notice === undefined) throw error
    return notice
  }
}

/** What the customer can put right, as exactly as it is known. */
function noticeFor({ code, errors }: Problem): NoticeCode | undefined {
  const field = errors?.[0]?.pointer ?? ''
  if (code === 'validation-error' && field.endsWith('/bank_account/iban')) return 'iban_wrong'
  if (code === 'validation-error' && field.endsWith('/one_time_code')) return 'code_wrong'
  return NOTICES[code]
}

/** Why no provider was asked. */
type Untried = 'busy' | 'amount_changed'

/** Lets whatever the page was made for have its say before a try, and hear of it afterwards. */
async function guarded(
  deps: CheckoutDeps,
  session: Session,
  { attempt, method, token }: TryInput,
  attemptIt: () => Promise<Reply | Untried>,
): Promise<Tried> {
  const { guard } = deps
  if (session.payment_link_id === null || !guard) {
    const reply = await attemptIt()
    return typeof reply === 'string' ? reply : null
  }
  const made = { attempt, card: token ?? (method.startsWith('ins_') ? method : null) }
  const leave = await guard.begin(session, made)
  if (!leave.ok) return leave.notice
  try {
    const reply = await attemptIt()
    const payment = typeof reply === 'string' ? null : (JSON.parse(reply.body) as PaymentView)
    await guard.end(session, made, payment)
    return typeof reply === 'string' ? reply : null
  } catch (error) {
    // Refused before anything left. After any other failure money may be on its way: the place stays taken until the log tells.
    if (error instanceof Problem && error.status < 500) await guard.end(session, made, null)
    throw error
  }
}

/** Takes back what waits for the customer, who wants to pay another way. */
export async function withdrawHere(deps: CheckoutDeps, session: Session): Promise<Tried> {
  if (session.payment_id === null) return null
  try {
    return (await clearWay(deps, session, session.payment_id, undefined)) ? 'withdrawn' : 'busy'
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid-state') return null
    if (error instanceof Problem && error.code === 'operation-in-flight') return 'busy'
    throw error
  }
}

const NOTICES: Partial<Record<string, NoticeCode>> = {
  'card-invalid': 'card_invalid',
  'card-expired': 'expired_card',
  'token-used': 'card_invalid',
  'gift-card-invalid': 'gift_card_invalid',
  'balance-insufficient': 'balance_insufficient',
  'balance-of-another': 'gift_card_invalid',
  'method-unavailable': 'method_unavailable',
  'operation-unsupported': 'method_unavailable',
  'amount-exceeds-due': 'amount_changed',
  'totals-mismatch': 'amount_changed',
  'order-changed': 'amount_changed',
  'order-already-paid': 'busy',
  'order-not-payable': 'busy',
  'invalid-state': 'busy',
  'operation-in-flight': 'busy',
  'idempotency-in-flight': 'busy',
  'idempotency-key-reused': 'busy',
  'reference-not-found': 'details_missing',
  'validation-error': 'details_missing',
  'rate-limited': 'too_many',
}

/** Wrong codes of gift cards are counted for the page. */
function asCaller(deps: CheckoutDeps, session: Session): CheckoutDeps['payments'] {
  return { ...deps.payments, callerId: session.id }
}

/** A key of ours, with what it stands for; no number that was typed is kept, only its hash. */
function identify(key: string, asked: object): Idempotency {
  return { key, fingerprint: hash('sha256', canonicalJson(asked as JsonValue), 'base64url') }
}

/** The session's payment: the one it has, or a new one. Whoever comes second gets the first one's, by the same key. */
async function ensurePayment(deps: CheckoutDeps, session: Session): Promise<string> {
  if (session.payment_id !== null) {
    const known = await readPaymentView(deps, session.merchant_id, session.payment_id)
    if (known.status !== 'canceled') return known.id
    await dropPayment(deps.db, session)
    const now = await readSession(deps.db, session.merchant_id, session.id)
    return ensurePayment(deps, seenBy(now as Session, session.signed_in))
  }
  const order =
    session.order_id === null ? null : await deps.payments.orders?.due(session.merchant_id, session.order_id)
  const begun = {
    amount: Number(order ? order.limit : session.amount),
    currency: session.currency,
    channel: session.channel as 'web',
    capture: session.capture,
    return_url: sessionUrl(deps, session),
    metadata: { checkout_session: session.id },
    ...named({
      order_id: session.order_id,
      customer_id: session.customer_id,
      store_id: session.store_id,
      reference: session.reference,
      country: session.country,
    }),
  }
  const { body } = await pay(
    deps.payments,
    session.merchant_id,
    identify(`${session.id}:payment:${session.payment_seq}`, begun),
    begun,
  )
  const { id } = JSON.parse(body) as PaymentView
  if (await putPayment(deps.db, session, id)) return id
  // Another try has noted it already; or the session was ended meanwhile, and is not paid any more.
  const now = await readSession(deps.db, session.merchant_id, session.id)
  if (now?.payment_id !== id) throw new Problem('invalid-state')
  return id
}

/**
 * What a try asks for. The cart it began with is an order by now, and is not a part of it; nor is a code of six digits, which even its
 * hash would tell.
 */
function tryOf({ bag_version: _, one_time_code: _code, ...input }: TryInput): object {
  return input
}

/** The key of a try: sent twice, it is one. */
function keyOf({ id }: Session, attempt: string): string {
  return `${id}:${attempt}`
}

/** Takes back a tender that still waits for the customer. False when something is under way that must have its answer first. */
async function clearWay(
  deps: CheckoutDeps,
  session: Session,
  paymentId: string,
  attempt: string | undefined,
): Promise<boolean> {
  const payment = await readPaymentView(deps, session.merchant_id, paymentId)
  const waiting = payment.tenders.filter(({ status }) => status === 'requires_action')
  // Looked for after the payment was read: what this try has begun itself by then, in another request, is not taken back.
  const own = waiting.length === 0 || attempt === undefined ? [] : await begunBy(deps, session, paymentId, attempt)
  for (const { id } of waiting) {
    if (own.includes(id)) continue
    // Named by the try that sets it aside, so that a repetition withdraws once.
    const key = identify(`${session.id}:${attempt ?? 'back'}:${id}`, { id })
    const { body } = await withdraw(deps.payments, session.merchant_id, key, { paymentId, tenderId: id })
    const after = (JSON.parse(body) as PaymentView).tenders.find((tender) => tender.id === id)
    if (after?.status === 'requires_action' || after?.status === 'processing') return false
  }
  return true
}

/** The tenders that a try has begun. */
async function begunBy(deps: CheckoutDeps, session: Session, paymentId: string, attempt: string): Promise<string[]> {
  const operations = await readOperationsOfKey(deps.db, session.merchant_id, paymentId, keyOf(session, attempt))
  return operations.map(({ tender_id }) => tender_id)
}

/** Whether another try than this one has paid of the part since; a try that is sent again is not held up by itself. */
async function isPartPaid(
  deps: CheckoutDeps,
  session: Session,
  paymentId: string,
  attempt: string,
  due: bigint,
): Promise<boolean> {
  if ((await standingOf(deps, { ...session, payment_id: paymentId })).due === due) return false
  return (await begunBy(deps, session, paymentId, attempt)).length === 0
}

/** A balance that is too low pays what it has, and the rest is paid another way; null where it has nothing. */
async function withBalance(
  deps: CheckoutDeps,
  session: Session,
  tender: TenderInput,
  due: bigint,
): Promise<TenderInput | null> {
  const { merchant_id, customer_id, order_id, currency } = session
  if (!BALANCES.has(tender.method) || !deps.payments.storedValue) return tender
  const order = order_id === null ? null : await deps.payments.orders?.due(merchant_id, order_id)
  const free = await deps.payments.storedValue.spendable(merchant_id, {
    ...{ method: tender.method, currency, customerId: customer_id ?? undefined, giftCard: tender.gift_card },
    orderCustomerId: tender.method === 'gift_card' ? undefined : (order?.customerId ?? undefined),
    pointer: '/gift_card',
    callerId: session.id,
  })
  if (free === 0n) return null
  return { ...tender, amount: Number(free < due ? free : due) }
}

const BALANCES: ReadonlySet<string> = new Set(['gift_card', 'store_credit', 'points'])

/** The tender for what was chosen and typed; what is missing the payment core says. */
function tenderOf(session: Session, input: TryInput): TenderInput {
  const { method, token, gift_card, voucher, bank_account, one_time_code, save } = input
  const isSaved = method.startsWith('ins_')
  if (session.methods && !session.methods.includes(isSaved ? 'card' : method)) throw new Problem('method-unavailable')
  if (isSaved) return { method: 'card', instrument_id: method }
  const keeps = save === true && session.customer_id !== null ? { save: 'customer' as const } : {}
  return {
    method,
    ...named({ token, gift_card, voucher, bank_account, one_time_code }),
    ...(token === undefined ? {} : keeps),
  }
}

/** Without what is absent. */
function named<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as never
}
