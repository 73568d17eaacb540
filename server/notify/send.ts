// One HTTP request to a webhook endpoint: bounded in time and size, to an address that was checked, following nothing.
// It decides nothing; it reports what came back.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { assertNoOpenTransaction } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { type AllowedHosts, type CheckedAddress, checkAddresses, checkUrl, hostOf, type ResolveHost } from './url.ts'

/** What an attempt gave. It counts as received only when `error` is null: a 2xx whose answer ended in time and size. */
export interface SendOutcome {
  status: number | null
  error: string | null
  /** The first 1 KiB of the answer, readable. */
  excerpt: string | null
}

export interface SendDeps {
  clock: Clock
  resolveHost: ResolveHost
  allowedHosts: AllowedHosts
}

/** For the whole attempt, name resolution to last byte: an answer of one byte a second must not hold us. */
export const SEND_TIMEOUT_MS = 15_000
/** A receiver has nothing to tell us beyond its status; more than this is a mistake or an attack. */
const MAX_ANSWER_BYTES = 64 * 1024
const EXCERPT_BYTES = 1024

/** Posts `body` to `url`. Never throws; gives `stopped` when `signal` aborts first. */
export async function sendWebhook(
  deps: SendDeps,
  input: { url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
): Promise<SendOutcome> {
  assertNoOpenTransaction()
  const timeout = new AbortController()
  const done = new AbortController()
  void deps.clock.sleep(SEND_TIMEOUT_MS, done.signal).then(() => timeout.abort())
  const ended = AbortSignal.any([signal, timeout.signal])
  try {
    return await Promise.race([post(deps, input, ended), rejectOn(ended)])
  } catch (error) {
    const reason = signal.aborted ? 'stopped' : timeout.signal.aborted ? 'timeout' : reasonOf(error)
    return { status: null, error: reason, excerpt: null }
  } finally {
    done.abort()
  }
}

async function post(
  deps: SendDeps,
  input: { url: string; headers: Record<string, string>; body: string },
  signal: AbortSignal,
): Promise<SendOutcome> {
  const url = checkUrl(input.url, deps.allowedHosts)
  const addresses = await checkAddresses(url, deps.allowedHosts, deps.resolveHost)
  signal.throwIfAborted()
  const host = hostOf(url)
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = start({
    method: 'POST',
    host,
    port: url.port || undefined,
    path: url.pathname + url.search,
    headers: { ...input.headers, 'content-length': Buffer.byteLength(input.body) },
    // A connection of its own: kept ones would have to be checked again, and an endpoint hears from us rarely.
    agent: false,
    signal,
    ...(addresses && { lookup: pinnedTo(addresses) }),
    // TLS names cannot be addresses.
    ...(isIP(host) === 0 && { servername: host }),
  })
  request.end(input.body)
  return readAnswer(await answerTo(request))
}

/** Answers the socket's question for a name with what was checked, so that a second resolution cannot say otherwise. */
function pinnedTo(addresses: CheckedAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const first = addresses[0] as CheckedAddress
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  }
}

function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    // Stays on: a socket may fail again after the answer began, and an unheard error ends the process.
    request.on('error', reject)
    request.once('close', () => reject(new Error('closed without an answer')))
  })
}

async function readAnswer(answer: IncomingMessage): Promise<SendOutcome> {
  const status = answer.statusCode ?? 0
  const kept: Buffer[] = []
  let total = 0
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (total < EXCERPT_BYTES) kept.push(chunk.subarray(0, EXCERPT_BYTES - total))
      total += chunk.length
      // Leaving the loop destroys the connection.
      if (total > MAX_ANSWER_BYTES) return { status, error: 'answer_too_large', excerpt: readable(kept) }
    }
  } catch {
    return { status, error: 'answer_cut_off', excerpt: readable(kept) }
  }
  return { status, error: errorOfStatus(status), excerpt: readable(kept) }
}

function errorOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null
  return status >= 300 && status < 400 ? 'redirect_not_followed' : 'status_not_2xx'
}

/** Text that a database and a screen can hold; NUL is the one character PostgreSQL has no place for. */
function readable(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8').replaceAll('\u0000', '\ufffd')
}

/** A short word for a failure: never the error's text, which can name internal addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof Problem) return error.code === 'url-not-allowed' ? 'url_not_allowed' : 'refused'
  const code = (error as { code?: string }).code ?? ''
  if (code === 'ECONNREFUSED') return 'connection_refused'
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === '') return 'connection_closed'
  if (/^(ENOTFOUND|ENODATA|ETIMEOUT|ESERVFAIL|EREFUSED|EAI_)/.test(code)) return 'name_not_resolved'
  if (/^(ENETUNREACH|EHOSTUNREACH|ETIMEDOUT)/.test(code)) return 'unreachable'
  if (/CERT|TLS|SSL|SELF_SIGNED|ALTNAME|EPROTO/.test(code)) return 'tls_failed'
  return /^HPE_/.test(code) ? 'not_http' : 'connection_failed'
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
}
