// Which answers a page of another origin may read (CORS): those of routes that take a publishable key, and no others. Such
// a key is public, so any origin may use it. Credentials are never allowed: no cookie means anything here.

import type { FastifyReply } from 'fastify'
import type { Access } from './auth.ts'

/** What a page may send besides the headers that every page may. */
const REQUEST_HEADERS =
  'Authorization, Content-Type, Idempotency-Key, If-Match, Cart-Secret, Customer-Session, Last-Event-ID'
/** One day; browsers take less where they have a limit of their own. */
const PREFLIGHT_AGE_S = 86_400

/** Whether pages call this route themselves, with the publishable key. */
export function isForBrowsers(access: Access | undefined): boolean {
  return access !== undefined && access.keys !== 'public' && access.keys.includes('publishable')
}

/** Lets a page of any origin read the answer. */
export function allowAnyOrigin(reply: FastifyReply): void {
  reply.header('access-control-allow-origin', '*')
}

/** Answers a browser that asks before it sends. `methods` are those of this path that pages may use. */
export function answerPreflight(reply: FastifyReply, methods: readonly string[]): void {
  allowAnyOrigin(reply)
  reply
    .code(204)
    .header('access-control-allow-methods', methods.join(', '))
    .header('access-control-allow-headers', REQUEST_HEADERS)
    .header('access-control-max-age', String(PREFLIGHT_AGE_S))
    .send()
}
