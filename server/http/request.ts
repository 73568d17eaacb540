// What we add to Fastify's routes and requests, declared once.

import type { Access, Caller } from './auth.ts'
import type { RouteMetrics } from './metrics.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call this route. Required on every route. */
    access?: Access
    /** Take a body of any content type unparsed: `request.rawBody` holds its bytes (signed inbound webhooks). */
    rawBody?: boolean
    /** The vault's own routes: the one place where a card number in the body is not a refusal. */
    takesCards?: boolean
    /** Money can move: shows the required Idempotency-Key header in the API description. */
    idempotent?: boolean
    /** Answered even while the server stops: health and metrics. */
    whileDraining?: boolean
  }
  interface FastifyRequest {
    /** Null on public routes. Read it with `callerOf`. */
    caller: Caller | null
    /** The exact bytes of the body, on routes with `config.rawBody`; null elsewhere. */
    rawBody: Buffer | null
    takesRawBody: boolean
    takesCards: boolean
    maxBodyBytes: number
    routeMetrics: RouteMetrics | null
  }
}
