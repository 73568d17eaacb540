// The page of an order over HTTP. It works without script, as forms. Whoever has the address may act on the order, so nothing of it is
// cached, logged or sent along as a referrer, and an address that leads nowhere is told apart from no other.

import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { sessionUrl } from '../checkout/index.ts'
import type { App } from '../http/app.ts'
import { formOf, refuseForeign } from '../http/same-site.ts'
import { invoiceOfOrder, pdfOf } from '../invoices/index.ts'
import { isLanguage, type Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { cancelOrder, orderOfPage, readOrder } from '../orders/index.ts'
import { languageFor, sendDocument } from '../pages/index.ts'
import { requestReturn } from '../returns/index.ts'
import type { StorefrontDeps } from './deps.ts'
import { orderPage } from './order-page.ts'
import type { OrderFace, OrderNotice, OrderPageView } from './page-view.ts'
import { payPageOf } from './pay-order.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const FORM = { ...PUBLIC, rawBody: true } as const
const ByToken = Type.Object({ token: Type.String({ maxLength: 100 }) })
/** The checkout adds parameters of its own when it leads back here. */
const Query = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })
/** Who did it, in the order's history. */
const BY = 'order_page'
const MOST_REASON = 200
const UNITS = /^[1-9]\d{0,5}$/
/** Less is left than the page said when the customer chose. */
const MEANWHILE: ReadonlySet<string> = new Set(['version-conflict', 'quantity-exceeds-available'])

interface Found {
  merchantId: string
  orderId: string
  token: string
  language: Language
}

export function orderPageRoutes(app: App, deps: StorefrontDeps): void {
  const hidden = { hide: true, params: ByToken, querystring: Query } as const

  for (const kind of ['page', 'receipt'] as const) {
    app.route({
      method: 'GET',
      url: kind === 'page' ? '/o/:token' : '/o/:token/receipt',
      config: PUBLIC,
      schema: hidden,
      handler: async (request, reply) => draw(deps, request, reply, { kind, notice: null }),
    })
  }

  app.route({
    method: 'GET',
    url: '/o/:token/invoice',
    config: PUBLIC,
    schema: hidden,
    handler: async (request, reply) => {
      const found = await findOrder(deps, request)
      const invoice = found ? await invoiceOfOrder(deps.db, found.merchantId, found.orderId) : null
      if (!found || !invoice) throw new Problem('not-found')
      return reply
        .header('content-type', 'application/pdf')
        .header('content-disposition', `attachment; filename="${invoice.number}.pdf"`)
        .header('cache-control', 'no-store')
        .header('referrer-policy', 'no-referrer')
        .send(await pdfOf(deps, found.merchantId, invoice))
    },
  })

  app.route({
    method: 'GET',
    url: '/o/:token/state',
    config: PUBLIC,
    schema: hidden,
    handler: async (request, reply) => {
      const view = await viewOf(deps, request, null)
      if (!view) throw new Problem('not-found')
      return reply.header('cache-control', 'no-store').send({ stamp: view.stamp })
    },
  })

  app.route({
    method: 'POST',
    url: '/o/:token',
    config: FORM,
    schema: hidden,
    handler: async (request, reply) => {
      refuseForeign(request)
      const found = await findOrder(deps, request)
      if (!found) return draw(deps, request, reply, { kind: 'page', notice: null })
      const form = formOf(request)
      const outcome = await act(deps, found, form).catch(refusalOf)
      if ('url' in outcome) return seeOther(reply, outcome.url)
      // A redirect turns the post into a get: reloading does nothing again.
      if (outcome.isDone) return seeOther(reply, `/o/${found.token}?lang=${found.language}&done=${outcome.notice}`)
      return draw(deps, request, reply, { kind: 'page', notice: outcome.notice })
    },
  })
}

type Outcome = { url: string } | { notice: OrderNotice; isDone: boolean }

function act(deps: StorefrontDeps, found: Found, form: URLSearchParams): Promise<Outcome> {
  switch (form.get('act')) {
    case 'pay':
      return pay(deps, found)
    case 'cancel':
      return cancel(deps, found)
    case 'return':
      return sendBack(deps, found, form)
    default:
      return Promise.resolve({ notice: 'failed', isDone: false })
  }
}

async function pay(deps: StorefrontDeps, { merchantId, orderId, language }: Found): Promise<Outcome> {
  return { url: sessionUrl(deps, await payPageOf(deps, merchantId, orderId, { language })) }
}

/** Looks again whether it may still be taken back: the page may have been open since yesterday. */
async function cancel(deps: StorefrontDeps, found: Found): Promise<Outcome> {
  const { merchantId, orderId, language, token } = found
  const [view, order] = await Promise.all([
    orderPage(deps, merchantId, orderId, { language, token }),
    readOrder(deps.db, merchantId, orderId),
  ])
  if (!order || !view?.cancel)
    return { notice: view?.standing === 'cancelled' ? 'cancelled' : 'cancel_too_late', isDone: true }
  // One revision is cancelled once, however often the button is pressed.
  const key = `order-page-cancel-${orderId}-${order.revision}`
  await cancelOrder(
    deps.orders,
    merchantId,
    { key, fingerprint: key },
    { id: orderId, by: BY, ifVersion: order.version, input: { reason: 'requested_by_customer' } },
  )
  return { notice: 'cancelled', isDone: true }
}

async function sendBack(
  deps: StorefrontDeps,
  { merchantId, orderId, language, token }: Found,
  form: URLSearchParams,
): Promise<Outcome> {
  const view = await orderPage(deps, merchantId, orderId, { language, token })
  const lines = (view?.returnable ?? []).flatMap(({ line_id }) => {
    const typed = form.get(`line.${line_id}`) ?? '0'
    if (!UNITS.test(typed)) return []
    const left = form.get(`left.${line_id}`) ?? ''
    return [{ line_id, quantity: BigInt(typed), ...(UNITS.test(left) ? { left: BigInt(left) } : {}) }]
  })
  if (lines.length === 0) {
    const isChosen = [...form].some(([name, value]) => name.startsWith('line.') && UNITS.test(value))
    return isChosen ? askedBefore(view) : { notice: 'return_empty', isDone: false }
  }
  const reason = oneLine(form.get('reason') ?? '') || 'other'
  const note = oneLine(form.get('note') ?? '')
  try {
    await requestReturn(deps.returns, merchantId, {
      ...{ orderId, channel: 'web', reason, lines, by: BY },
      ...(note === '' ? {} : { note }),
    })
  } catch (error) {
    if (!(error instanceof Problem) || !MEANWHILE.has(error.code)) throw error
    return askedBefore(await orderPage(deps, merchantId, orderId, { language, token }))
  }
  return { notice: 'return_asked', isDone: true }
}

/** Pressed twice, or chosen on a page from before: the page shows what is announced. */
function askedBefore(view: OrderPageView | null): Outcome {
  return view && view.returns.length > 0
    ? { notice: 'return_asked', isDone: true }
    : { notice: 'return_refused', isDone: false }
}

/** Words of the customer's, for staff to read: one line of them. */
function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MOST_REASON)
}

function refusalOf(error: unknown): Outcome {
  if (!(error instanceof Problem) || error.status >= 500) throw error
  const notices: Partial<Record<string, OrderNotice>> = {
    'order-not-payable': 'nothing_due',
    'version-conflict': 'cancel_too_late',
    'invalid-state': 'cancel_too_late',
    'not-returnable': 'return_refused',
    'quantity-exceeds-available': 'return_refused',
  }
  return { notice: notices[error.code] ?? 'failed', isDone: false }
}

async function findOrder(deps: StorefrontDeps, request: FastifyRequest): Promise<Found | null> {
  const { token } = request.params as { token: string }
  const { lang } = request.query as { lang?: string }
  const found = await orderOfPage(deps.orders, token)
  if (!found || !(await readOrder(deps.db, found.merchantId, found.orderId))) return null
  return {
    ...found,
    token,
    language: languageFor([isLanguage(lang) ? lang : null], request.headers['accept-language']),
  }
}

async function viewOf(
  deps: StorefrontDeps,
  request: FastifyRequest,
  notice: OrderNotice | null,
): Promise<OrderPageView | null> {
  const found = await findOrder(deps, request)
  if (!found) return null
  const { merchantId, orderId, ...reader } = found
  await deps.orders.consumer.catchUp(merchantId)
  return orderPage(deps, merchantId, orderId, { ...reader, notice })
}

async function draw(
  deps: StorefrontDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, notice }: { kind: OrderFace['kind']; notice: OrderNotice | null },
): Promise<FastifyReply> {
  const { lang, done } = request.query as { lang?: string; done?: string }
  const language = languageFor([isLanguage(lang) ? lang : null], request.headers['accept-language'])
  const order = await viewOf(
    deps,
    request,
    notice ?? (done === 'cancelled' || done === 'return_asked' || done === 'cancel_too_late' ? done : null),
  )
  const view: OrderFace | null = order === null ? null : { kind, order }
  return sendDocument(reply, deps.pages, {
    ...{ face: 'order', language, view },
    status: view === null ? 404 : 200,
    // The form that pays leads to the page where it is done.
    formTargets: [deps.publicUrl],
    ...(order?.standing === 'paying' ? { refreshS: 5 } : {}),
  })
}

function seeOther(reply: FastifyReply, url: string): FastifyReply {
  return reply.code(303).header('location', url).header('referrer-policy', 'no-referrer').send('')
}
