// The HTTP server every module hangs its routes on. It owns what must be the same everywhere: limits, strict parsing,
// authentication, problems, request ids, security headers, metrics, health and the API description. It knows no
// payment, no merchant and no table. The order in which a request is refused is fixed: framing → host → route and
// method → draining → key → scope → content type → size → JSON → schema → the route's own guards.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import type { Registry } from 'prom-client'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Authenticate } from './auth.ts'
import { parseBodiesStrictly } from './body.ts'
import { healthRoutes } from './health.ts'
import { createHttpMetrics } from './metrics.ts'
import { describeApi } from './openapi.ts'
import { replyWithProblem } from './problem-reply.ts'
import { parseQuery } from './query.ts'
import { guardRoutes, SECURITY_HEADERS } from './route.ts'
import {
  answerClientError,
  guardServer,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  TIMEOUTS,
  type Timeouts,
} from './transport.ts'
import { compileValidator } from './validate.ts'
import './request.ts'

export {
  type Access,
  type Authenticate,
  type Caller,
  callerOf,
  type KeyKind,
  type Scope,
  type TillPlace,
} from './auth.ts'

/** The server, typed so that TypeBox schemas give the handlers their types. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What `/health/ready` reports: one word per check, `ok` true when money can be taken. */
export interface Readiness {
  ok: boolean
  checks: Record<string, string>
}

export interface AppOptions {
  authenticate: Authenticate
  log: Log
  clock: Clock
  newId: NewId
  /**
   * Names (without port) this server answers to besides `localhost`, `127.0.0.1`, `[::1]` and the host of `publicUrl`: the
   * address it listens on. Anything else in `Host` is 421, which ends DNS rebinding.
   */
  hosts?: readonly string[]
  /** Where clients reach this server (ONETILL_PUBLIC_URL). Default `http://127.0.0.1:4000`. */
  publicUrl?: string
  isReady(): Promise<Readiness>
  /** True from SIGTERM on: new work is refused with 503 `shutting-down`, health answers go on. */
  isDraining(): boolean
  /** Process and module metrics, served at /metrics together with the HTTP series. */
  registry?: Registry
  /** Shorter deadlines, for tests. */
  timeouts?: Partial<Timeouts>
}

/** Makes the server, without listening. Modules then register their routes on it; a route without `config.access` throws. */
export async function createApp(options: AppOptions): Promise<App> {
  const timeouts = { ...TIMEOUTS, ...options.timeouts }
  const publicUrl = new URL(options.publicUrl ?? 'http://127.0.0.1:4000')
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    replyWithProblem(error, request, reply, options.log)
  const app: App = Fastify({
    logger: false,
    // Reading stops here; up to here a body that is too large is still looked at, to say why (body.ts).
    bodyLimit: 2 * MAX_BODY_BYTES,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    http: {
      // Ours to refuse, as a problem.
      requireHostHeader: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: timeouts.headers,
      connectionsCheckingInterval: timeouts.check,
    },
    // Draining is ours to announce (isDraining), in our own words.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: () => options.newId('req'),
    routerOptions: { querystringParser: parseQuery },
    clientErrorHandler: (error, socket) => answerClientError(options, error, socket),
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS).header('request-id', request.id)
      refuse(error, request, reply)
    },
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorateRequest('caller', null)
  app.decorateRequest('rawBody', null)
  app.decorateRequest('takesRawBody', false)
  app.decorateRequest('takesCards', false)
  app.decorateRequest('maxBodyBytes', MAX_BODY_BYTES)
  app.decorateRequest('routeMetrics', null)
  app.setValidatorCompiler(compileValidator)
  // Answers are built by our own code from typed values. JSON.stringify measured as fast as a compiled serializer for a
  // payment (both 1.6 to 2 µs) and, unlike it, throws on a bigint instead of guessing.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer))
  app.setErrorHandler(refuse)
  parseBodiesStrictly(app)
  guardServer(options, app.server)
  const metrics = createHttpMetrics()
  guardRoutes(app, { ...options, publicUrl, metrics })
  await describeApi(app, publicUrl)
  healthRoutes(app, options, metrics)
  return app
}
