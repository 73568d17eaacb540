// Makes what the page shows. Everything is worked out anew for each answer, from the books.

import { randomBytes } from 'node:crypto'
import { readProfile } from '../customers/index.ts'
import { amountText, LANGUAGE_NAMES, type Language, timeText } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { availableMethods, type Channel, flowIn, type MerchantConfig, type Method, needOf } from '../merchants/index.ts'
import { familiarMethods, type PaymentView } from '../payments/index.ts'
import { type InstrumentView, listInstruments } from '../vault/index.ts'
import { bagOf, bagPhase, withOrder } from './bag-session.ts'
import type { CheckoutDeps } from './deps.ts'
import { methodName } from './method-name.ts'
import type { ActionView, CheckoutView, MethodForm, MethodView, NoticeCode, NoticeView, Phase } from './page-view.ts'
import { qrImage } from './qr-image.ts'
import { canSignIn, type Session, stateOf } from './session.ts'
import { type Settings, settingsOf } from './settings.ts'
import { coveredBy, type Standing, standingOf } from './standing.ts'

export interface ViewOptions {
  language: Language
  /** About the try just made. */
  notice?: NoticeCode | null
}

/** The page of a session as it is now, for one reader. */
export async function checkoutView(
  deps: CheckoutDeps,
  known: Session,
  { language, notice }: ViewOptions,
): Promise<CheckoutView> {
  const session = await withOrder(deps, known)
  const bag = await bagOf(deps, session, language)
  const [standing, settings, merchant] = await Promise.all([
    standingOf(deps, session),
    settingsOf(deps, session.merchant_id),
    deps.merchantCache.get(session.merchant_id),
  ])
  const config = merchant as MerchantConfig
  const now = deps.clock.now()
  const phase = bag === null ? phaseOf(session, standing, now) : bagPhase(session, bag, now)
  const due = bag === null ? standing.due : BigInt(bag.total_minor)
  const show = (amount: bigint) => amountText(language, amount, session.currency)
  const zone = config.stores.get(session.store_id ?? '')?.timeZone ?? 'UTC'
  const waiting = waitingTender(standing.payment)
  return {
    path: `/c/${session.token}`,
    token_key: session.token,
    phase,
    merchant: merchantView(config, settings),
    is_test: config.mode === 'test',
    languages: Object.entries(LANGUAGE_NAMES).map(([code, name]) => ({ code, name })),
    description: session.description,
    reference: session.reference,
    lines: session.lines.map(({ name, quantity, amount }) => ({ name, quantity, amount: show(BigInt(amount)) })),
    total: bag?.total ?? show(standing.total),
    due: show(due),
    due_minor: Number(due),
    left: bag?.total ?? show(standing.left),
    part_url: session.payment_link_id === null ? null : ((await deps.guard?.partUrl(session)) ?? null),
    paid: paidParts(standing.payment, { phase, nameOf: (tender) => nameOf(config, tender, language), show }),
    is_free: session.cart_id !== null && session.order_id !== null && session.amount === 0n,
    bag,
    methods: phase === 'pay' && due > 0n ? await methodViews(deps, session, { config, language, due }) : [],
    notice: noticeOf(phase, standing.payment, notice ?? null),
    action: phase === 'action' ? actionOf(standing.payment, waiting, config, language, zone) : null,
    attempt: randomBytes(12).toString('base64url'),
    can_withdraw: phase === 'action',
    can_save: session.customer_id !== null,
    can_sign_in: canSignIn(session, now) && (phase === 'pay' || phase === 'details'),
    signed_in: session.signed_in === undefined ? null : await nameOfCustomer(deps, session),
    success_url: withSession(session),
    cancel_url: session.cancel_url,
    paid_at:
      phase === 'paid' && standing.payment ? timeText(language, new Date(standing.payment.updated_at), zone) : null,
    expires_at: timeText(language, session.expires_at, zone),
  }
}

/** Where the customer stands. The books come before the clock: what is paid is paid, also on a page that is over. */
export function phaseOf(session: Session, { payment, isElsewhere, left, maker }: Standing, now: Date): Phase {
  if (payment && (payment.status === 'captured' || payment.status === 'authorized')) return 'paid'
  const open = payment?.tenders.filter(({ status }) => status === 'requires_action' || status === 'processing') ?? []
  if (payment?.attention === 'unknown_outcome' && open.length > 0) return 'unknown'
  if (isElsewhere) return 'paid_elsewhere'
  if (open.some(({ status }) => status === 'processing')) return 'processing'
  const state = stateOf(session, now)
  if (state === 'complete') return 'paid'
  if (open.length > 0) return 'action'
  if (state !== 'open') return state
  if (maker !== 'open') return maker
  if (left > 0n) return 'pay'
  // An order of this page that nobody paid in time gave its goods back.
  return session.cart_id === null ? 'canceled' : 'expired'
}

function merchantView(config: MerchantConfig, settings: Settings): CheckoutView['merchant'] {
  const { display_name, logo, terms_url, privacy_url, support_email } = settings
  return { name: display_name ?? config.name, logo, terms_url, privacy_url, support_email }
}

type TenderView = PaymentView['tenders'][number]

/** Nothing more is taken: what has gone back by then is not paid. */
const IS_OVER: ReadonlySet<Phase> = new Set(['expired', 'canceled', 'paused'])

function paidParts(
  payment: PaymentView | null,
  of: { phase: Phase; nameOf: (tender: TenderView) => string; show: (amount: bigint) => string },
): CheckoutView['paid'] {
  const partOf = (tender: TenderView) =>
    coveredBy(tender) - (IS_OVER.has(of.phase) ? BigInt(tender.amount_refunded) : 0n)
  return (payment?.tenders ?? [])
    .filter((tender) => tender.status !== 'processing' && partOf(tender) > 0n)
    .map((tender) => ({ name: of.nameOf(tender), amount: of.show(partOf(tender)) }))
}

function nameOf(config: MerchantConfig, { method, instrument }: TenderView, language: Language): string {
  const name = methodName(config, method, language)
  return instrument?.last4 === undefined ? name : `${name} •••• ${instrument.last4}`
}

// ---- Methods -------------------------------------------------------------------------------------------------------

interface Reader {
  config: MerchantConfig
  language: Language
  due: bigint
}

/** The ways to pay as the page shows them, best first. */
export async function methodViews(deps: CheckoutDeps, session: Session, reader: Reader): Promise<MethodView[]> {
  const { config, language, due } = reader
  const { merchant_id, customer_id } = session
  const channel = session.channel as Channel
  const familiar = customer_id === null ? [] : await familiarMethods(deps.db, merchant_id, customer_id)
  const purchase = { amount: due, currency: session.currency, channel, country: session.country ?? undefined, familiar }
  const methods = availableMethods(config, deps.methodsOf, purchase)
    .filter(({ code }) => session.methods === null || session.methods.includes(code))
    .filter((method) => session.capture === 'automatic' || method.can.authorize)
    .map((method) => ({
      method,
      form: formOf(method, channel, { isKnown: customer_id !== null, isTest: config.mode === 'test' }),
    }))
    .filter((entry): entry is { method: Method; form: MethodForm } => entry.form !== null)
  const home = session.country ?? config.country
  const views = methods.map(({ method, form }): MethodView => {
    const { code, kind } = method
    const flow = flowIn(method, channel)
    return {
      value: code,
      ...{ code, name: methodName(config, code, language), kind, form, detail: null },
      reason: familiar.includes(code) ? 'last_used' : method.home_countries.includes(home) ? 'usual' : null,
      leads: flow === 'redirect' ? 'away' : flow === 'wait' ? 'app' : null,
    }
  })
  const takesCards = methods.some(({ method }) => method.code === 'card')
  const known = await withBalances(deps, session, views, language)
  return [...(takesCards ? await savedViews(deps, session, reader) : []), ...known]
}

/** What a recognised customer has is shown beside it; what is empty is not offered. */
async function withBalances(
  deps: CheckoutDeps,
  { merchant_id, customer_id, currency, id }: Session,
  views: MethodView[],
  language: Language,
): Promise<MethodView[]> {
  const { storedValue } = deps.payments
  if (customer_id === null || !storedValue) return views
  const shown = views.map(async (view): Promise<MethodView | null> => {
    if (view.code !== 'store_credit' && view.code !== 'points') return view
    const ask = { method: view.code, currency, customerId: customer_id, giftCard: undefined }
    const free = await storedValue
      .spendable(merchant_id, { ...ask, pointer: '/method', callerId: id })
      .catch((error: unknown) => {
        // The merchant keeps no such balances, or none in this currency.
        if (error instanceof Problem) return 0n
        throw error
      })
    return free === 0n ? null : { ...view, detail: amountText(language, free, currency) }
  })
  return (await Promise.all(shown)).filter((view) => view !== null)
}

async function savedViews(deps: CheckoutDeps, session: Session, { config, language }: Reader): Promise<MethodView[]> {
  const { merchant_id, customer_id } = session
  if (customer_id === null) return []
  const instruments = await listInstruments(deps.payments, merchant_id, customer_id, { before: null, limit: 5 })
  const name = methodName(config, 'card', language)
  return (instruments ?? []).map((instrument) => ({
    value: instrument.id,
    ...{ code: 'card', kind: 'card', form: 'saved' as const, reason: 'saved' as const, leads: null },
    name: brandName(instrument) ?? name,
    detail: `•••• ${instrument.card.last4}`,
  }))
}

function brandName({ card: { brand } }: InstrumentView): string | null {
  return brand === '' || brand === 'unknown' ? null : brand.charAt(0).toUpperCase() + brand.slice(1)
}

/** How somebody recognises themselves. */
async function nameOfCustomer(deps: CheckoutDeps, { merchant_id, customer_id }: Session): Promise<string> {
  const profile = await readProfile(deps.db, merchant_id, customer_id as string)
  return profile?.email ?? profile?.name ?? ''
}

/** What a method asks for on the page; null where it needs something that this page has not. */
export function formOf(
  method: Method,
  channel: Channel,
  { isKnown, isTest }: { isKnown: boolean; isTest: boolean },
): MethodForm | null {
  const flow = flowIn(method, channel)
  if (flow === 'wait' && needOf(method, flow) === 'one_time_code') return 'code'
  if (flow === 'redirect' || flow === 'wait') return 'none'
  if (flow === 'stored_value') {
    if (method.code === 'gift_card') return 'gift_card'
    return isKnown ? 'none' : null
  }
  if (flow !== 'direct') return null
  if (method.kind === 'card') return 'card'
  // The sheet of a real device needs the merchant's own registration with Apple or Google; the simulated one needs nobody's.
  if (method.code === 'apple_pay' || method.code === 'google_pay') return isTest ? 'wallet' : null
  if (method.code === 'sepa_debit') return 'bank_account'
  return method.kind === 'voucher' ? 'voucher' : null
}

// ---- What the customer does next, and what happened ----------------------------------------------------------------

function waitingTender(payment: PaymentView | null) {
  return payment?.tenders.find(({ status }) => status === 'requires_action')
}

interface NextAction {
  type: 'redirect' | 'wait' | 'present_card'
  url?: string
  qr?: string
  code?: string
  expires_at?: string
}

function actionOf(
  payment: PaymentView | null,
  waiting: ReturnType<typeof waitingTender>,
  config: MerchantConfig,
  language: Language,
  zone: string,
): ActionView | null {
  const next = payment?.next_action as NextAction | null | undefined
  if (!next || !waiting) return null
  const method = methodName(config, waiting.method, language)
  if (next.type === 'redirect' && next.url !== undefined) {
    const isBank = config.methods.get(waiting.method)?.kind === 'card'
    return { type: 'redirect', url: next.url, method: isBank ? null : method }
  }
  return {
    type: 'wait',
    method,
    url: next.url ?? null,
    qr: next.qr === undefined ? null : qrImage(next.qr),
    code: next.code ?? null,
    until: next.expires_at === undefined ? null : timeText(language, new Date(next.expires_at), zone),
  }
}

const DECLINES: Record<string, NoticeCode> = {
  insufficient_funds: 'insufficient_funds',
  expired_card: 'expired_card',
  authentication_failed: 'authentication_failed',
  authentication_required: 'authentication_failed',
  canceled: 'withdrawn',
  customer_canceled: 'customer_canceled',
  action_expired: 'action_expired',
  code_invalid: 'code_wrong',
  code_expired: 'code_old',
  insufficient_balance: 'balance_insufficient',
  no_effect: 'failed',
}

/** Nothing went wrong. */
const MILD: ReadonlySet<NoticeCode> = new Set(['withdrawn', 'code_used'])

/** The notice of the try just made, or what the payment's last tender tells. */
function noticeOf(phase: Phase, payment: PaymentView | null, told: NoticeCode | null): NoticeView | null {
  if (told !== null && (phase === 'pay' || phase === 'details'))
    return { code: told, kind: MILD.has(told) ? 'info' : 'bad' }
  if (phase !== 'pay') return told === null || phase === 'paid' ? null : { code: told, kind: 'info' }
  const last = payment?.tenders.at(-1)
  if (!last) return null
  if (last.decline === null) return coveredBy(last) > 0n ? { code: 'partly_paid', kind: 'info' } : null
  const code = DECLINES[last.decline.code] ?? 'declined'
  return { code, kind: code === 'withdrawn' ? 'info' : 'bad' }
}

/** The shop learns which session it was; it asks the API whether it is paid. */
function withSession({ id, success_url }: Session): string | null {
  if (success_url === null) return null
  const url = new URL(success_url)
  url.searchParams.set('checkout_session', id)
  return url.href
}
