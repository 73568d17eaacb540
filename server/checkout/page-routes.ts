// The checkout page over HTTP. The page works without script as a form; with it, the same steps answer as data. Whoever has the
// address may act on it, so nothing of it is cached, logged or sent along as a referrer.

import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { Check } from 'typebox/schema'
import type { App } from '../http/app.ts'
import { formOf, refuseForeign } from '../http/same-site.ts'
import { closed, Id } from '../http/schema.ts'
import { isLanguage, type Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { languageFor, sendDocument } from '../pages/index.ts'
import { BankAccountInput, GiftCardInput, OneTimeCode, VoucherInput } from '../payments/index.ts'
import { customerAt } from '../signin/index.ts'
import { accentProperties } from './accent.ts'
import { BagStep, bagInputOf, tidied } from './bag-input.ts'
import { bagStepHere } from './bag-session.ts'
import type { BagInput } from './bag-view.ts'
import type { CheckoutDeps } from './deps.ts'
import type { CheckoutView, MethodForm, NoticeCode, TryInput } from './page-view.ts'
import { payHere, withdrawHere } from './pay-here.ts'
import type { CheckoutRouteDeps } from './routes.ts'
import { type Session, seenBy } from './session.ts'
import { settingsOf } from './settings.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { readByToken } from './store.ts'
import { checkoutView } from './view.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const FORM = { ...PUBLIC, rawBody: true } as const
const ByToken = Type.Object({ token: Type.String({ maxLength: 64 }) })
/** Banks and shops add parameters of their own to any address. */
const PageQuery = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })
const Attempt = Type.String({ pattern: '^[A-Za-z0-9_-]{8,64}$' })

const Try = Type.Object(
  {
    attempt: Attempt,
    method: Type.String({ pattern: '^([a-z][a-z0-9_]{1,39}|ins_[0-9A-HJKMNP-TV-Z]{26})$' }),
    seen: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999_999 })),
    bag_version: Type.Optional(Type.Integer({ minimum: 1 })),
    token: Type.Optional(Id('tok')),
    gift_card: Type.Optional(GiftCardInput),
    voucher: Type.Optional(VoucherInput),
    bank_account: Type.Optional(Type.Omit(BankAccountInput, ['mandate'], closed)),
    one_time_code: Type.Optional(OneTimeCode),
    save: Type.Optional(Type.Boolean()),
  },
  closed,
)

/** Seconds after which a page without script looks again. */
const LOOK_AGAIN_S = 5

export function pageRoutes(app: App, deps: CheckoutRouteDeps): void {
  const hidden = { hide: true, params: ByToken, querystring: PageQuery } as const
  signInRoutes(app, deps)

  app.route({
    method: 'GET',
    url: '/c/:token',
    config: PUBLIC,
    schema: hidden,
    handler: async (request, reply) =>
      show(deps, request, reply, await readByToken(deps.db, request.params.token), null),
  })

  app.route({
    method: 'POST',
    url: '/c/:token',
    config: FORM,
    schema: hidden,
    handler: async (request, reply) => {
      const session = await readByToken(deps.db, request.params.token)
      if (!session) return show(deps, request, reply, null, null)
      refuseForeign(request)
      const form = formOf(request)
      const step = bagInputOf(form)
      const notice = step
        ? await bagStepHere(deps, session, step)
        : form.get('act') === 'withdraw'
          ? await withdrawHere(deps, session)
          : await payByForm(deps, session, form)
      // A redirect turns the post into a get, so that reloading and going back never pay again.
      const language = languageOf(request, session)
      const view = await viewOf(deps, session, language, notice)
      if (view.action?.type === 'redirect' && notice === null) return seeOther(reply, view.action.url)
      if (notice !== null && (view.phase === 'pay' || view.phase === 'details'))
        return draw(deps, reply, session, view, language)
      return seeOther(reply, `${view.path}?lang=${language}`)
    },
  })

  app.route({
    method: 'GET',
    url: '/c/:token/state',
    config: PUBLIC,
    schema: hidden,
    handler: async (request) => {
      const session = await foundSession(deps, request, request.params.token)
      return viewOf(deps, session, languageOf(request, session), null)
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/pay',
    config: PUBLIC,
    schema: { ...hidden, body: Try },
    handler: async (request) => {
      refuseForeign(request)
      const session = await foundSession(deps, request, request.params.token)
      const notice = await payHere(deps, session, request.body)
      return viewOf(deps, session, languageOf(request, session), notice)
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/bag',
    config: PUBLIC,
    schema: { ...hidden, body: BagStep },
    handler: async (request) => {
      refuseForeign(request)
      const session = await foundSession(deps, request, request.params.token)
      const notice = await bagStepHere(deps, session, tidied(request.body as BagInput))
      return viewOf(deps, session, languageOf(request, session), notice)
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/withdraw',
    config: PUBLIC,
    schema: hidden,
    handler: async (request) => {
      refuseForeign(request)
      const session = await foundSession(deps, request, request.params.token)
      const notice = await withdrawHere(deps, session)
      return viewOf(deps, session, languageOf(request, session), notice)
    },
  })
}

/** The session as the browser sees it that asks: with its customer, where somebody has signed in there. Throws not-found. */
async function foundSession(deps: CheckoutRouteDeps, request: FastifyRequest, token: string): Promise<Session> {
  const session = await readByToken(deps.db, token)
  if (!session) throw new Problem('not-found')
  return seenBy(session, (await customerAt(deps.signIn, session.merchant_id, request))?.customerId)
}

/** Reads the session again: the step before may have begun its payment. */
async function viewOf(
  deps: CheckoutRouteDeps,
  { token, merchant_id, signed_in }: Session,
  language: Language,
  notice: NoticeCode | null,
): Promise<CheckoutView> {
  await deps.consumer.catchUp(merchant_id)
  const now = seenBy((await readByToken(deps.db, token)) as Session, signed_in)
  return checkoutView(deps, now, { language, notice })
}

async function show(
  deps: CheckoutRouteDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session | null,
  notice: NoticeCode | null,
): Promise<FastifyReply> {
  const language = languageOf(request, session)
  if (!session) return sendDocument(reply, deps.pages, { face: 'checkout', language, view: null, status: 404 })
  return draw(deps, reply, session, await viewOf(deps, session, language, notice), language)
}

async function draw(
  deps: CheckoutDeps,
  reply: FastifyReply,
  session: Session,
  view: CheckoutView,
  language: Language,
): Promise<FastifyReply> {
  const { accent, allowed_origins } = await settingsOf(deps, session.merchant_id)
  const waits = view.phase === 'processing' || view.phase === 'unknown' || view.phase === 'action'
  return sendDocument(reply, deps.pages, {
    ...{ face: 'checkout', language, view },
    status: view.phase === 'expired' || view.phase === 'canceled' || view.phase === 'paused' ? 410 : 200,
    framedBy: allowed_origins,
    // A form's redirect may lead to any bank; what it leads to was said by the provider, not by the browser.
    formTargets: ['https:', ...(deps.publicUrl.startsWith('http:') ? [deps.publicUrl] : [])],
    ...(accent === null ? {} : { properties: accentProperties(accent) }),
    ...(waits ? { refreshS: LOOK_AGAIN_S } : {}),
  })
}

function languageOf(request: FastifyRequest, session: Session | null): Language {
  const { lang } = request.query as { lang?: string }
  return languageFor([isLanguage(lang) ? lang : null, session?.language], request.headers['accept-language'])
}

function seeOther(reply: FastifyReply, url: string): FastifyReply {
  return reply.code(303).header('location', url).header('referrer-policy', 'no-referrer').send('')
}

/** What cannot be right, by what was to be typed. */
const MALFORMED: Partial<Record<MethodForm, NoticeCode>> = {
  bank_account: 'iban_wrong',
  gift_card: 'gift_card_invalid',
  code: 'code_wrong',
}

/** What costs nothing is ordered without a way to pay. */
const FREE = { form: 'none' as const }

/** Without script. A card number never comes this way: its fields have no names, and the vault takes them from a script only. */
async function payByForm(deps: CheckoutDeps, session: Session, form: URLSearchParams): Promise<NoticeCode | null> {
  const method = form.get('method') ?? ''
  const view = await checkoutView(deps, session, { language: 'en' })
  const free = view.bag && view.due_minor === 0 && method === 'none' ? FREE : undefined
  const chosen = free ?? view.methods.find(({ value }) => value === method)
  if (!chosen) return view.phase === 'pay' ? 'details_missing' : null
  if (chosen.form === 'card' || chosen.form === 'wallet') return 'needs_script'
  const text = (name: string) => (form.get(name) ?? '').trim()
  const typed = (name: string) => text(`${method}.${name}`)
  const pin = typed('pin') === '' ? {} : { pin: typed('pin') }
  const input: TryInput = {
    attempt: /^[A-Za-z0-9_-]{8,64}$/.test(text('attempt')) ? text('attempt') : view.attempt,
    method,
    ...(/^\d{1,12}$/.test(text('seen')) ? { seen: Number(text('seen')) } : {}),
    ...(/^\d{1,9}$/.test(text('bag_version')) ? { bag_version: Number(text('bag_version')) } : {}),
    ...(chosen.form === 'gift_card' ? { gift_card: { code: typed('code'), ...pin } } : {}),
    ...(chosen.form === 'voucher' ? { voucher: { number: typed('number'), ...pin } } : {}),
    ...(chosen.form === 'code' ? { one_time_code: typed('code') } : {}),
    ...(chosen.form === 'bank_account' ? { bank_account: { iban: typed('iban'), holder: typed('holder') } } : {}),
  }
  return Check(Try, input) ? payHere(deps, session, input) : (MALFORMED[chosen.form] ?? 'details_missing')
}
