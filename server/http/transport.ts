// Below HTTP's good weather: broken framing, slow clients, oversized headers, CONNECT, foreign hosts. Each gets a proper
// problem and a closed connection, and none of them reaches a route.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { PROBLEM_TYPE, problemBody, rawProblem } from './problem-reply.ts'

/** All in milliseconds. */
export interface Timeouts {
  /** Until the header block is complete. */
  headers: number
  /** Until the whole request, body included, is read. */
  request: number
  /** How long an idle connection is kept. */
  keepAlive: number
  /** How often the deadlines are looked at. */
  check: number
}

export const TIMEOUTS: Timeouts = { headers: 10_000, request: 20_000, keepAlive: 30_000, check: 2_000 }

export const MAX_BODY_BYTES = 1024 * 1024
export const MAX_HEADER_BYTES = 16 * 1024

/** With this many connections open, idle ones are closed so that new ones are served. */
const CROWDED = 5_000

/** How long a refused client may go on sending before the connection is cut: closing at once would eat our answer. */
const LINGER_MS = 500

const CODES: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

export interface TransportDeps {
  clock: Clock
  newId: NewId
}

/** Answers what Node's parser or its deadlines refuse, on the bare socket. */
export function answerClientError(deps: TransportDeps, error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  // Already answered and lingering; what still arrives is noise.
  if (socket.writableEnded) return
  // An answer has begun: a second one would be read as part of it.
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: { headersSent: boolean } }
  if (begun?.headersSent) {
    socket.destroy()
    return
  }
  endWith(deps, socket, rawProblem(CODES[error.code ?? ''] ?? 'malformed-request', deps.newId('req')))
}

function endWith(deps: TransportDeps, socket: Socket, answer: string): void {
  socket.end(answer)
  void deps.clock.sleep(LINGER_MS).then(() => socket.destroy())
}

/** CONNECT and odd expectations never reach routing, and crowds of idle connections must not keep new ones out. */
export function guardServer(deps: TransportDeps, server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    endWith(deps, socket, rawProblem('method-not-allowed', deps.newId('req'), { Allow: 'GET, POST' }))
  })
  // Node would answer with a bare 417.
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const requestId = deps.newId('req')
    const body = problemBody(new Problem('expectation-failed'), requestId)
    response.writeHead(417, {
      'content-type': PROBLEM_TYPE,
      'content-length': Buffer.byteLength(body),
      'request-id': requestId,
      connection: 'close',
    })
    response.end(body)
  })
  let open = 0
  server.on('connection', (socket: Socket) => {
    open++
    socket.once('close', () => open--)
    if (open > CROWDED) server.closeIdleConnections()
  })
}

/** How often a closing server looks for connections that have come to rest. */
const REST_LOOK_MS = 20

/**
 * Stops listening, and resolves when every request is answered. A connection that was busy when the closing began is
 * closed as soon as it rests: kept alive for the client's next request, it would hold up the stop for half a minute.
 */
export async function closeServer(app: { server: Server; close(): PromiseLike<unknown> }, clock: Clock): Promise<void> {
  let isClosed = false
  const closed = (async () => {
    await app.close()
    isClosed = true
  })()
  while (!isClosed) {
    app.server.closeIdleConnections()
    await Promise.race([closed, clock.sleep(REST_LOOK_MS)])
  }
  await closed
}

/** Says which Host headers are ours. `names` are host names without port, in any case. */
export function createHostCheck(names: readonly string[]): (host: string) => boolean {
  const known = new Set(['localhost', '127.0.0.1', '[::1]', ...names.map((name) => name.toLowerCase())])
  // The spelling seen last, port included, spares nearly every request the parsing.
  let last: string | undefined
  return (host) => {
    if (host === last) return true
    const name = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/.exec(host.toLowerCase())?.[1]
    if (name === undefined || !known.has(name)) return false
    last = host
    return true
  }
}

/** Headers that mean something different to everyone when they come twice. Node keeps the first and is silent about it. */
const SINGLE_HEADERS: ReadonlySet<string> = new Set(['host', 'content-type', 'authorization', 'if-match'])

/** A header given twice that must come once; undefined when all is well. */
export function framingProblem(rawHeaders: readonly string[]): Problem | undefined {
  let seen: Set<string> | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const raw = rawHeaders[i] as string
    if (!hasLengthOfSingle(raw)) continue
    const name = raw.toLowerCase()
    if (!SINGLE_HEADERS.has(name)) continue
    seen ??= new Set()
    if (seen.has(name)) return new Problem('malformed-request', { detail: `The header ${name} is given twice.` })
    seen.add(name)
  }
  return undefined
}

/** Cheap filter before lower-casing: the lengths of the names above. */
function hasLengthOfSingle(name: string): boolean {
  return name.length === 4 || name.length === 12 || name.length === 13 || name.length === 8
}
