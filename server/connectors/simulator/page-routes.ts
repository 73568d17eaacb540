// The hosted pages over HTTP. A plain Fastify plugin, so that main.ts can hang it on the product's server and the command
// line can run it alone. A page decides by its POST; the browser's way back to the shop decides nothing.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CustomerAct, Simulator } from './index.ts'
import { simulatedMethod } from './methods.ts'
import { type Language, languageOf, type PageKind } from './page-texts.ts'
import { endPage, isWebAddress, openPage, type Page, type PageEnd } from './pages.ts'
import type { Operation } from './psp.ts'

/** One route, in the shape Fastify takes. */
export interface SimulatorRoute {
  method: 'GET' | 'POST' | 'PUT'
  url: string
  /** Public: a page's address is its key. `rawBody`: forms are read here, as no other route of the product takes them. */
  config: { access: { keys: 'public' }; rawBody: boolean }
  schema: { hide: true; querystring: object }
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

/** Anything routes can be hung on: a Fastify server with whatever type provider. */
export interface RouteTaker {
  route(route: SimulatorRoute): unknown
}

const QUERY = {
  type: 'object',
  properties: { lang: { type: 'string', maxLength: 5 } },
  // Shops add parameters of their own to any address; they mean nothing here and must not break the page.
  additionalProperties: true,
}

/** Hangs the pages under `/simulator/…`. */
export function simulatorPages(app: RouteTaker, simulator: Simulator): void {
  for (const place of ['pay', 'app']) {
    const url = `/simulator/${place}/:token`
    const config = { access: { keys: 'public' as const }, rawBody: true }
    const schema = { hide: true as const, querystring: QUERY }
    app.route({ method: 'GET', url, config, schema, handler: (request, reply) => showPage(simulator, request, reply) })
    app.route({
      method: 'POST',
      url,
      config,
      schema,
      handler: (request, reply) => actOnPage(simulator, request, reply),
    })
  }
}

async function showPage(simulator: Simulator, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const language = languageFor(request)
  const found = findPage(simulator, request)
  if (!found) return answer(reply, 404, endPage('unknown', language, ''))
  const { operation, expiresAt } = found
  const end = endOf(operation, expiresAt, simulator.clock.now())
  if (end) return answer(reply, end === 'expired' ? 410 : 200, endPage(end, language, operation.return_url))
  return answer(reply, 200, openPage(viewOf(operation, expiresAt), language, operation.return_url))
}

const ACTS: ReadonlySet<string> = new Set<CustomerAct>(['approve', 'decline', 'abandon'])
/** The one code the simulated bank refuses. */
const WRONG_CODE = '000000'

async function actOnPage(simulator: Simulator, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const language = languageFor(request)
  const found = findPage(simulator, request)
  if (!found) return answer(reply, 404, endPage('unknown', language, ''))
  const { operation, expiresAt } = found
  // Pressed twice, or from the browser's history: what was decided first stands, and the page says so.
  const end = endOf(operation, expiresAt, simulator.clock.now())
  if (end) return answer(reply, end === 'expired' ? 410 : 200, endPage(end, language, operation.return_url))

  const form = formOf(request)
  const act = form.get('act') ?? ''
  if (!ACTS.has(act)) return answer(reply, 422, openPage(viewOf(operation, expiresAt), language, operation.return_url))
  const code = form.get('code') ?? ''
  const asksForCode = act === 'approve' && operation.behaviour === 'challenge'
  if (asksForCode && !/^\d{6}$/.test(code)) {
    return answer(
      reply,
      422,
      openPage({ ...viewOf(operation, expiresAt), isCodeMissing: true }, language, operation.return_url),
    )
  }
  const decided = asksForCode && code === WRONG_CODE ? 'fail_authentication' : (act as CustomerAct)
  simulator.act(operation.account, operation.operation_id, decided)
  await simulator.store.committed()
  // 303 turns the post into a get, so going back or reloading never posts again.
  const target = isWebAddress(operation.return_url)
    ? operation.return_url
    : `${request.url.split('?', 1)[0]}?lang=${language}`
  return reply.code(303).header('location', target).header('cache-control', 'no-store').send('')
}

function findPage(
  simulator: Simulator,
  request: FastifyRequest,
): { operation: Operation; expiresAt: Date } | undefined {
  const { token } = request.params as { token: string }
  const page = simulator.store.page(token)
  const operation = page && simulator.store.operation(page.account, page.operation_id)
  return page && operation ? { operation, expiresAt: new Date(Number(page.expires_at)) } : undefined
}

/** How the page ended, or undefined while it is open. */
function endOf(operation: Operation, expiresAt: Date, now: Date): PageEnd | undefined {
  if (operation.state === 'succeeded' || operation.state === 'reversed') return 'approved'
  if (operation.state === 'declined')
    return operation.answer.includes('"code":"action_expired"') ? 'expired' : 'declined'
  return now >= expiresAt ? 'expired' : undefined
}

function viewOf(operation: Operation, expiresAt: Date): Parameters<typeof openPage>[0] {
  const method = simulatedMethod(operation.method)
  return {
    kind: kindOf(operation),
    methodLabel: method?.label ?? operation.method,
    reference: operation.reference || operation.payment_id,
    amount: operation.amount,
    currency: operation.currency,
    expiresAt,
  }
}

function kindOf(operation: Operation): PageKind {
  if (operation.behaviour === 'challenge') return 'card'
  if (operation.behaviour === 'app') return 'app'
  const kind = simulatedMethod(operation.method)?.kind
  return kind === 'bank' || kind === 'wallet' || kind === 'pay_later' ? kind : 'other'
}

function languageFor(request: FastifyRequest): Language {
  const { lang } = request.query as { lang?: string }
  return languageOf(lang, request.headers['accept-language'])
}

/** The posted form; larger than any of ours means none of ours. */
function formOf(request: FastifyRequest): URLSearchParams {
  const bytes = bodyBytes(request)
  return new URLSearchParams(bytes.length > 4096 ? '' : bytes.toString('utf8'))
}

/** The body's bytes, wherever the server put them: the product's keeps them apart, a plain Fastify in `body`. */
export function bodyBytes(request: FastifyRequest): Buffer {
  const kept = 'rawBody' in request ? request.rawBody : undefined
  const bytes = kept ?? request.body
  return Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0)
}

function answer(reply: FastifyReply, status: number, page: Page): FastifyReply {
  return reply.code(status).headers(page.headers).send(page.html)
}
