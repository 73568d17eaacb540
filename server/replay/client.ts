// The replay's side of HTTP: one connection pool, whose size is the concurrency, and patience. A request without a
// trustworthy answer is repeated with the same Idempotency-Key until there is one, which is the whole point of keys.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Clock } from '../lib/clock.ts'
import type { Outage } from './outage.ts'

export interface Answer<T> {
  status: number
  body: T
  /** The problem's code when the answer is a refusal. */
  code: string | undefined
}

export interface Client {
  get<T>(path: string): Promise<Answer<T>>
  /** `key`: the Idempotency-Key, on routes that take one. */
  post<T>(path: string, body: object, key?: string): Promise<Answer<T>>
  /** A text of that media type, on routes that take one. */
  postText<T>(path: string, type: string, text: string): Promise<Answer<T>>
  /** Requests that had to be repeated so far. */
  repeated(): number
  close(): void
}

interface Payload {
  type: string
  text: string
}

export interface ClientOptions {
  baseUrl: string
  secretKey: string
  /** Requests under way at once; further ones wait their turn. */
  concurrency: number
  /** How long one request is repeated before the replay gives up: long enough for a server to be restarted. */
  patienceMs: number
  clock: Clock
  /** Told when the server stays away. */
  outage?: Outage
}

/** Patience ran out: the server is not there, or not able. Nothing is lost, and nothing more can be done now. */
export class NoAnswer extends Error {}

/** A server that says nothing for this long has lost the request; terminals may take 150 s by themselves. */
const SILENCE_MS = 180_000
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000
/** Refusals that pass: the same request is right a moment later. */
const PASSING = new Set([
  'idempotency-in-flight',
  'operation-in-flight',
  'request-timeout',
  'rate-limited',
  'internal',
  'storage-unavailable',
  'vault-unavailable',
  'shutting-down',
])

/** Makes a client. Its calls reject with NoAnswer when patience ran out, and never otherwise. */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, secretKey, concurrency, patienceMs, clock, outage } = options
  const isTls = baseUrl.startsWith('https:')
  const pool = { keepAlive: true, maxSockets: concurrency, maxFreeSockets: concurrency }
  const agent = isTls ? new HttpsAgent(pool) : new HttpAgent(pool)
  const open = isTls ? httpsRequest : httpRequest
  let repeats = 0

  function once(
    method: string,
    path: string,
    payload: Payload | undefined,
    key: string | undefined,
  ): Promise<Answer<unknown>> {
    return new Promise((resolve, reject) => {
      const headers: Record<string, string | number> = { authorization: `Bearer ${secretKey}` }
      if (key !== undefined) headers['idempotency-key'] = key
      if (payload !== undefined) {
        headers['content-type'] = payload.type
        headers['content-length'] = Buffer.byteLength(payload.text)
      }
      const request = open(`${baseUrl}${path}`, { method, agent, headers, timeout: SILENCE_MS }, (response) => {
        readText(response).then((text) => resolve(toAnswer(response.statusCode ?? 0, text)), reject)
      })
      request.on('timeout', () => request.destroy(new Error('the server said nothing')))
      request.on('error', reject)
      request.end(payload?.text)
    })
  }

  async function send<T>(method: string, path: string, payload?: Payload, key?: string): Promise<Answer<T>> {
    const since = clock.now().getTime()
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const answer = await once(method, path, payload, key).catch((error: unknown) => error as Error)
      const isPassing =
        answer instanceof Error || answer.status >= 500 || (answer.code !== undefined && PASSING.has(answer.code))
      const trouble = answer instanceof Error ? answer.message : `${answer.status} ${answer.code ?? ''}`
      if (answer instanceof Error || answer.status === 503) outage?.failed(trouble)
      else outage?.answered()
      if (!isPassing) return answer as Answer<T>
      if (clock.now().getTime() - since > patienceMs) {
        throw new NoAnswer(`${method} ${path} had no answer for ${patienceMs / 1000} s (${trouble})`)
      }
      repeats++
      await clock.sleep(wait)
    }
  }

  return {
    get: (path) => send('GET', path),
    post: (path, body, key) => send('POST', path, { type: 'application/json', text: JSON.stringify(body) }, key),
    postText: (path, type, text) => send('POST', path, { type, text }),
    repeated: () => repeats,
    close: () => agent.destroy(),
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function toAnswer(status: number, text: string): Answer<unknown> {
  const body: unknown = text === '' ? {} : JSON.parse(text)
  const code =
    status >= 400 && typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : undefined
  return { status, body, code }
}
