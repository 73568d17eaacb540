// From the bytes of a body to `request.body`: one content type, one parser. Routes that verify a signature take the bytes
// as they came, of whatever content type.

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { parseJson } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import type { App } from './app.ts'

/** Replaces Fastify's parsers by ours. */
export function parseBodiesStrictly(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, parse)
  // Any other type reaches this only on raw-body routes; `bodyRefusal` has stopped the rest before a byte was read.
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, parse)
}

function parse(request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void): void {
  try {
    done(null, bodyOf(request, bytes))
  } catch (error) {
    done(error as Error)
  }
}

function bodyOf(request: FastifyRequest, bytes: Buffer): unknown {
  if (request.takesRawBody) {
    request.rawBody = bytes
    return undefined
  }
  // Absent: the route's schema says whether that will do.
  if (bytes.length === 0) return undefined
  if (bytes.length > request.maxBodyBytes) throw oversized(bytes)
  const body = parseJson(bytes, request)
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new Problem('validation-error', { detail: 'The body must be a JSON object.' })
}

/** A hundred thousand lines are too many items, however many bytes they take; saying so helps more than a size. */
function oversized(bytes: Buffer): Problem {
  try {
    parseJson(bytes)
  } catch (error) {
    if (error instanceof Problem && error.code === 'too-many-items') return error
  }
  return new Problem('body-too-large')
}

/** Refuses a body of another content type before reading it; undefined when the body, if any, may be read. */
export function bodyRefusal(headers: IncomingHttpHeaders): Problem | undefined {
  const type = headers['content-type']
  // Compressed bytes would only be called malformed JSON, which helps nobody.
  if (isEncoded(headers['content-encoding']))
    return new Problem('unsupported-media-type', { detail: 'Send the body without a content encoding.' })
  if (type === 'application/json' || (type !== undefined && isJson(type))) return undefined
  if (type === undefined && headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0')
    return undefined
  return new Problem('unsupported-media-type')
}

function isEncoded(encoding: string | undefined): boolean {
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity'
}

/** JSON is UTF-8 (RFC 8259 §8.1): whoever announces another charset would be read wrongly. */
function isJson(type: string): boolean {
  const charsets = [...type.matchAll(/;\s*charset\s*=\s*"?([^\s;"]*)/gi)]
  return /^application\/json\s*(;|$)/i.test(type) && charsets.every(([, charset]) => /^utf-?8$/i.test(charset ?? ''))
}
