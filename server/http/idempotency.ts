// Reads what makes a request repeatable: the client's key, and a fingerprint of what it asks for. Claiming the key, once
// and for ever, is the work of the transaction that begins the money's movement, not of HTTP.

import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { containsCardNumber } from '../lib/card-scan.ts'
import { canonicalJson, type JsonValue } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'

export interface Idempotency {
  key: string
  /**
   * SHA-256 (base64url) over method, path and canonical body. Equal for reordered members and for `10` and `10.0`;
   * different as soon as the request means something else.
   */
  fingerprint: string
}

/** For the `headers` of a money route's schema: puts the key into the API description. Checked here, not by the schema. */
export const IDEMPOTENCY_HEADER = 'Idempotency-Key'

/** 8 to 255 visible ASCII characters without spaces. */
const KEY = /^[\x21-\x7e]{8,255}$/

/**
 * The idempotency of a money request. Throws `idempotency-key-missing`, `idempotency-key-invalid` (also for a header
 * given twice, which Node joins with a comma and a space), `card-data-not-allowed`.
 */
export function idempotencyOf(request: FastifyRequest): Idempotency {
  const key = request.headers['idempotency-key']
  if (key === undefined) throw new Problem('idempotency-key-missing')
  if (typeof key !== 'string' || !KEY.test(key)) throw new Problem('idempotency-key-invalid')
  // Keys are kept for ever and in clear.
  if (containsCardNumber(key))
    throw new Problem('card-data-not-allowed', { detail: 'The Idempotency-Key looks like a card number.' })
  const body = request.body == null ? '' : withoutCodes(canonicalJson(request.body as JsonValue))
  return { key, fingerprint: hash('sha256', `${request.method} ${pathOf(request.url)}\n${body}`, 'base64url') }
}

/** A code of six digits is nobody's secret any more once its hash is kept; it is over in two minutes, and the try it is for is named by the key. */
function withoutCodes(canonical: string): string {
  return canonical.replace(/"one_time_code":"[^"]{0,16}"/g, '"one_time_code":""')
}

/** The path without its query: money routes take none. */
function pathOf(url: string): string {
  const cut = url.indexOf('?')
  return cut === -1 ? url : url.slice(0, cut)
}

/** Sends a reply as it was stored under its key, so that a repeat gets the same bytes: its body is JSON text already. */
export function sendStored(reply: FastifyReply, { status, body }: { status: number; body: string }): FastifyReply {
  return reply.code(status).header('content-type', 'application/json; charset=utf-8').send(body)
}
