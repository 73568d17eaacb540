// The product as a client sees it: a small typed client over HTTP or over an app in this process, for tests. It knows
// routes and JSON only, so that what a test says about it is what a customer can say.

import type { App } from '../server/http/app.ts'
import type {
  CaptureInput,
  CreditInput,
  PaymentInput,
  PaymentView,
  RefundInput,
  TenderInput,
} from '../server/payments/payment.ts'

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface WireRequest {
  method: HttpMethod
  path: string
  headers: Record<string, string>
  payload?: string | Buffer
}

/** What came back, before anybody looked into it. */
export interface WireAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** Carries a request to the product. Rejects only when no answer came. */
export type Send = (request: WireRequest) => Promise<WireAnswer>

export interface Answer<T = Record<string, unknown>> extends WireAnswer {
  body: T
}

/** What every refusal answers with, as far as tests look at it. (Its `status` is the HTTP status, which the answer has.) */
export interface Refusal {
  code: string
  detail: string
  request_id: string
  errors: { pointer: string; detail: string }[]
}

export interface CallOptions {
  /** The Idempotency-Key. Money calls get a fresh one unless told; null leaves it out. */
  key?: string | null
  headers?: Record<string, string>
}

export interface LedgerEntry {
  id: string
  event: string
  source_id: string
  payment_id: string | null
  operation_id: string | null
  posted_at: string
  lines: {
    account: string
    currency: string
    channel: string
    store_id: string | null
    debit: number
    credit: number
  }[]
}

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

export interface CardInput {
  number: string
  exp_month?: number
  exp_year?: number
  cvc?: string
  holder?: string
}

/** The product over an app in this process. */
export function sendInProcess(app: App): Send {
  return async ({ method, path, headers, payload }) => {
    const answer = await app.inject({ method, url: path, headers: { host: '127.0.0.1', ...headers }, payload })
    return { status: answer.statusCode, headers: flat(answer.headers), text: answer.body }
  }
}

/** The product over the network. `timeoutMs` bounds each request; a request without an answer rejects. */
export function sendOverHttp(baseUrl: string, timeoutMs = 30_000): Send {
  return async ({ method, path, headers, payload }) => {
    const answer = await fetch(`${baseUrl}${path}`, {
      method,
      headers,
      body: payload === undefined ? undefined : new Uint8Array(Buffer.from(payload)),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }
  }
}

function flat(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

export type Api = ReturnType<typeof createApi>

/** The commands of the API with one key of one merchant. `prefix` begins every idempotency key this client makes up. */
export function createApi(send: Send, secretKey: string | undefined, prefix = 'test') {
  let made = 0
  const nextKey = () => `${prefix}-${String(++made).padStart(8, '0')}`

  async function call<T = Record<string, unknown>>(
    method: HttpMethod,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = {
      ...(secretKey === undefined ? {} : { authorization: `Bearer ${secretKey}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(typeof options.key === 'string' ? { 'idempotency-key': options.key } : {}),
      ...options.headers,
    }
    const answer = await send({ method, path, headers, payload: body === undefined ? undefined : JSON.stringify(body) })
    const isJson = answer.text !== '' && (answer.headers['content-type'] ?? '').includes('json')
    return { ...answer, body: (isJson ? JSON.parse(answer.text) : {}) as T }
  }

  /** A call that may move money: with a fresh key unless one is given. */
  function command(path: string, body: unknown, options: CallOptions = {}): Promise<Answer<PaymentView & Refusal>> {
    return call('POST', path, body, { ...options, key: options.key === undefined ? nextKey() : options.key })
  }

  return {
    call,
    command,
    nextKey,
    get: <T = Record<string, unknown>>(path: string) => call<T>('GET', path),
    pay: (input: PaymentInput, options?: CallOptions) => command('/v1/payments', input, options),
    tender: (id: string, input: TenderInput, options?: CallOptions) =>
      command(`/v1/payments/${id}/tenders`, input, options),
    capture: (id: string, input: CaptureInput = {}, options?: CallOptions) =>
      command(`/v1/payments/${id}/captures`, input, options),
    cancel: (id: string, options?: CallOptions) => command(`/v1/payments/${id}/cancel`, {}, options),
    refund: (id: string, input: RefundInput = {}, options?: CallOptions) =>
      command(`/v1/payments/${id}/refunds`, input, options),
    increment: (id: string, amount: number) => command(`/v1/payments/${id}/increments`, { amount }),
    extend: (id: string) => command(`/v1/payments/${id}/extensions`, {}),
    credit: (input: CreditInput, options?: CallOptions) => command('/v1/credits', input, options),
    async payment(id: string): Promise<PaymentView> {
      return (await call<PaymentView>('GET', `/v1/payments/${id}`)).body
    },
    /** A single-use token of a card; its number alone decides what the simulated issuer does. */
    async token(card: string | CardInput): Promise<string> {
      const given: CardInput = typeof card === 'string' ? { number: card } : card
      const answer = await call<{ id: string }>('POST', '/v1/tokens', {
        card: { exp_month: 12, exp_year: 2034, cvc: '123', ...given },
      })
      if (answer.status !== 201) throw new Error(`no token: ${answer.text}`)
      return answer.body.id
    },
    /** Entries of one payment, oldest first. */
    async entries(paymentId: string): Promise<LedgerEntry[]> {
      const { body } = await call<Page<LedgerEntry>>('GET', `/v1/ledger/entries?payment_id=${paymentId}&limit=100`)
      return body.data.reverse()
    },
  }
}
