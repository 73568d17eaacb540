// The one way out for everything that is not a success: RFC 9457 in one shape. A `Problem` is told as it is; anything else
// is a defect and told as nothing but a request id, which finds the whole story in the log.

import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../lib/log.ts'
import { PROBLEMS, Problem, type ProblemCode } from '../lib/problem.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** Seconds after which a 503 or 429 may be repeated: longer than a database restart takes here. */
const RETRY_AFTER_S = 2

/** The JSON of a problem. `type` is a page this server serves. */
export function problemBody(problem: Problem, requestId: string): string {
  return JSON.stringify({
    type: `/docs/errors#${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
    retry: PROBLEMS[problem.code].retry,
    errors: problem.errors,
    ...problem.more,
  })
}

/** Answers a request with what `error` means. Logs defects in full and refusals not at all. */
export function replyWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  const problem = problemFrom(error)
  if (problem.status >= 500) {
    const fields = {
      request_id: request.id,
      code: problem.code,
      method: request.method,
      route: request.routeOptions.url ?? '',
    }
    log.error('request failed', { ...fields, error })
  }
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="onetill"')
  if (problem.status === 503 || problem.status === 429)
    reply.header('retry-after', String(problem.retryAfterS ?? RETRY_AFTER_S))
  // The rest of a body we will not read must not be taken for the next request.
  if (ENDS_CONNECTION.has(problem.code)) reply.header('connection', 'close')
  // As bytes, so that no charset is appended: the media type defines none.
  reply
    .code(problem.status)
    .header('content-type', PROBLEM_TYPE)
    .send(Buffer.from(problemBody(problem, request.id)))
}

const ENDS_CONNECTION: ReadonlySet<ProblemCode> = new Set([
  'body-too-large',
  'request-timeout',
  'malformed-request',
  'shutting-down',
])

/** Fastify's own refusals in our terms. */
const FRAMEWORK_CODES: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_BAD_URL: 'malformed-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
  FST_ERR_NOT_FOUND: 'not-found',
  // The client went away in the middle of its body; nobody reads the answer.
  ECONNRESET: 'malformed-request',
}

/**
 * SQLSTATE classes in which the database cannot serve: connection, rolled back for another's sake (deadlock), resources, operator
 * intervention, system error.
 */
const STORAGE_CLASSES = new Set(['08', '40', '53', '57', '58'])
/** What the network says when the database is away. */
const STORAGE_ERRNOS = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])
/** How `pg` words it, which gives these errors no code. */
const STORAGE_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/

/** Any thrown value as a problem. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return new Problem('internal')
  const { code, syscall, statusCode } = error as Error & { code?: unknown; syscall?: unknown; statusCode?: unknown }
  if (typeof code === 'string' && isFromRequest(code, statusCode))
    return new Problem(FRAMEWORK_CODES[code] ?? 'malformed-request')
  return isStorageError(error, code, syscall) ? new Problem('storage-unavailable') : new Problem('internal')
}

/** Only Fastify puts a 4xx on an error: it read, or failed to read, the request. */
function isFromRequest(code: string, statusCode: unknown): boolean {
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return false
  return code.startsWith('FST_') || code === 'ECONNRESET'
}

function isStorageError(error: Error, code: unknown, syscall: unknown): boolean {
  if (typeof code === 'string' && code.length === 5 && STORAGE_CLASSES.has(code.slice(0, 2))) return true
  if (
    typeof code === 'string' &&
    STORAGE_ERRNOS.has(code) &&
    (syscall === 'connect' || syscall === 'read' || syscall === 'write')
  )
    return true
  return STORAGE_MESSAGE.test(error.message)
}

/** A whole HTTP/1.1 answer, for the moments before there is a request: broken framing, slow or oversized headers, CONNECT. */
export function rawProblem(code: ProblemCode, requestId: string, headers: Record<string, string> = {}): string {
  const problem = new Problem(code)
  const body = problemBody(problem, requestId)
  const lines = Object.entries({
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'Request-Id': requestId,
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`
}
