// What happens around every route: the guards before it and the count after it. They are composed once, when the route
// is registered, so that a request runs two hooks and allocates nothing for them.

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction, RouteOptions } from 'fastify'
import Type from 'typebox'
import { containsCardNumber } from '../lib/card-scan.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'
import { type Access, type Authenticate, assertAccess, bearerOf, type Caller, refusalOf } from './auth.ts'
import { bodyRefusal } from './body.ts'
import { allowAnyOrigin, answerPreflight, isForBrowsers } from './cross-origin.ts'
import type { HttpMetrics } from './metrics.ts'
import { createHostCheck, framingProblem, MAX_BODY_BYTES } from './transport.ts'

export interface RouteGuards {
  authenticate: Authenticate
  isDraining(): boolean
  hosts?: readonly string[]
  publicUrl: URL
  metrics: HttpMetrics
  log: Log
}

/** Stands in for a body schema on routes that take none: `{}` or nothing. */
export const NO_BODY = Type.Optional(Type.Object({}, { additionalProperties: false }))
/** Stands in for a query schema on routes that take none. */
export const NO_QUERY = Type.Object({}, { additionalProperties: false })

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Headers on every answer, few because each is written ten thousand times a second. Pages set a policy of their own over it. */
export const SECURITY_HEADERS: Record<string, string> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}
/** One year. Sent only where the public address is https: on plain http browsers must ignore it. */
const HSTS = 'max-age=31536000; includeSubDomains'

/** One method of one path, to tell 405 from 404 and to answer preflights. */
interface KnownPath {
  method: string
  pattern: RegExp
  forBrowsers: boolean
}

type Hook = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/** Puts the guards on `app`; call before any route is registered. */
export function guardRoutes(app: App, guards: RouteGuards): void {
  const paths: KnownPath[] = []
  app.addHook('onRequest', firstHook(guards, paths))
  app.addHook('onResponse', lastHook(guards))
  app.addHook('onRoute', (route) => {
    const methods = Array.isArray(route.method) ? route.method : [route.method]
    assertAccess(route.config?.access, `${methods.join(',')} ${route.url}`)
    const forBrowsers = isForBrowsers(route.config.access)
    for (const method of methods) paths.push({ method, pattern: patternOf(route.url), forBrowsers })
    const ownHooks =
      route.onRequest === undefined ? [] : Array.isArray(route.onRequest) ? route.onRequest : [route.onRequest]
    route.onRequest = [enterHook(route, route.config.access, guards), ...ownHooks]
    if (route.config.rawBody) route.bodyLimit ??= MAX_BODY_BYTES
    const takesBody = methods.some((method) => WITH_BODY.has(method)) && !route.config.rawBody
    route.schema = { querystring: NO_QUERY, ...(takesBody ? { body: NO_BODY } : {}), ...route.schema }
  })
}

/**
 * For every request, known route or not: answer headers, framing, host, card numbers and control characters in the address,
 * preflights, 404 and 405.
 */
function firstHook(guards: RouteGuards, paths: readonly KnownPath[]): Hook {
  const isOurs = createHostCheck([...(guards.hosts ?? []), guards.publicUrl.hostname])
  const headers = Object.entries(
    guards.publicUrl.protocol === 'https:'
      ? { ...SECURITY_HEADERS, 'strict-transport-security': HSTS }
      : SECURITY_HEADERS,
  )
  const unknown = guards.metrics.route('ANY', 'unknown')
  return (request, reply, done) => {
    reply.header('request-id', request.id)
    for (const [name, value] of headers) reply.header(name, value)
    request.routeMetrics = unknown
    const refusal = refusalBeforeRouting(request, isOurs)
    if (refusal) {
      if (isForBrowsers(request.routeOptions.config.access)) allowAnyOrigin(reply)
      return done(refusal)
    }
    if (!request.is404) return done()
    const { method } = request.raw
    const known = pathsAt(paths, request.raw.url as string)
    const callable = known.filter(({ forBrowsers }) => forBrowsers)
    if (method === 'OPTIONS' && callable.length > 0) return answerPreflight(reply, methodsOf(callable))
    if (known.length > 0) reply.header('allow', methodsOf(known).join(', '))
    done(new Problem(known.length > 0 || method === 'TRACE' ? 'method-not-allowed' : 'not-found'))
  }
}

/** What is wrong with a request wherever it goes; undefined when it may go on. */
function refusalBeforeRouting({ raw }: FastifyRequest, isOurs: (host: string) => boolean): Problem | undefined {
  const framing = framingProblem(raw.rawHeaders)
  if (framing) return framing
  if (raw.headers.host === undefined) return new Problem('malformed-request', { detail: 'The Host header is missing.' })
  if (!isOurs(raw.headers.host)) return new Problem('misdirected-request')
  const url = raw.url as string
  // An address with a host of its own means that one, whatever the header says (RFC 9112 §3.2.2).
  const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]
  if (host !== undefined && !isOurs(host)) return new Problem('misdirected-request')
  if (mayHoldCardNumber(url))
    return new Problem('card-data-not-allowed', { detail: 'The address looks like it holds a card number.' })
  // No name of ours has one, and PostgreSQL takes no NUL, so it need not be asked.
  return CONTROL_IN_PATH.test(url) ? new Problem('not-found') : undefined
}

/** A percent-encoded control character before the query. Unencoded ones do not get past Node's parser. */
const CONTROL_IN_PATH = /^[^?]*%(?:[01][0-9a-f]|7f)/i

/** For one route: its flags, draining, key and scope, content type. */
function enterHook(route: RouteOptions, access: Access, guards: RouteGuards): Hook {
  const { authenticate, isDraining } = guards
  const { takesCards = false, rawBody = false, whileDraining = false } = route.config ?? {}
  const routeMetrics = guards.metrics.route(String(route.method), route.url)
  const maxBodyBytes = route.bodyLimit ?? MAX_BODY_BYTES
  const isPublic = access.keys === 'public'
  const forBrowsers = isForBrowsers(access)

  function admit(caller: Caller | null, request: FastifyRequest): Problem | undefined {
    request.caller = caller
    const refusal = refusalOf(caller, access)
    if (refusal || rawBody || !WITH_BODY.has(request.method)) return refusal
    return bodyRefusal(request.raw.headers)
  }

  return (request, reply, done) => {
    if (forBrowsers) allowAnyOrigin(reply)
    request.routeMetrics = routeMetrics
    request.takesCards = takesCards
    request.takesRawBody = rawBody
    request.maxBodyBytes = maxBodyBytes
    if (!whileDraining && isDraining()) return done(new Problem('shutting-down'))
    if (isPublic) return done(admit(null, request))
    const bearer = bearerOf(request.raw.headers.authorization)
    if (bearer === undefined) return done(new Problem('unauthenticated'))
    const found = authenticate(bearer)
    if (!(found instanceof Promise)) return done(admit(found, request))
    found.then(
      (caller) => done(admit(caller, request)),
      (error: Error) => done(error),
    )
  }
}

function lastHook(guards: RouteGuards): Hook {
  return (request, reply, done) => {
    const { elapsedTime, statusCode } = reply
    request.routeMetrics?.observe(statusCode, elapsedTime)
    guards.log.debug('request', {
      request_id: request.id,
      method: request.method,
      status: statusCode,
      duration_ms: elapsedTime,
    })
    done()
  }
}

/** An address is short and mostly ids; it is unescaped only when it has enough digits to matter. */
function mayHoldCardNumber(url: string): boolean {
  if (!/\d(?:\D{0,9}\d){12}/.test(url)) return false
  return containsCardNumber(url) || containsCardNumber(unescapeUrl(url))
}

function unescapeUrl(url: string): string {
  try {
    return decodeURIComponent(url.replaceAll('+', ' '))
  } catch {
    return url
  }
}

function pathsAt(paths: readonly KnownPath[], url: string): KnownPath[] {
  const path = url.split('?', 1)[0] as string
  return paths.filter(({ pattern }) => pattern.test(path))
}

function methodsOf(paths: readonly KnownPath[]): string[] {
  return [...new Set(paths.map(({ method }) => method))].sort()
}

/** A route's path with `:names` and `*` as an expression, to tell 405 from 404. */
function patternOf(url: string): RegExp {
  const escaped = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replace(/:[A-Za-z_]+/g, '[^/]+').replaceAll('*', '.*')}$`)
}
