// The server client: every route of the API, typed by the description of the server it speaks to. Give it the types that your Onetill
// serves at `/openapi.d.ts`:
//
//   const onetill = createServerClient<paths>({ url, secretKey })
//   const payment = must(await onetill.GET('/v1/payments/{id}', { params: { path: { id } } }))

import createClient, { type Client, type ClientOptions } from 'openapi-fetch'
import { OnetillError } from './answers.ts'

export { OnetillError } from './answers.ts'

export interface ServerOptions {
  /** Where your Onetill is. */
  url: string
  /** A secret or restricted key. Never send it to a browser. */
  secretKey: string
  fetch?: ClientOptions['fetch']
}

/** Longer than a provider may take to answer. */
const TIMEOUT_MS = 40_000

/**
 * A client for all routes. A call answers `{data}` or `{error}` and throws where there is no answer; `must` makes one of it. Repeat a
 * command with the same Idempotency-Key: it has no second effect.
 */
export function createServerClient<Paths extends object>({ url, secretKey, fetch: own }: ServerOptions): Client<Paths> {
  const send = own ?? ((request: Request) => fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }))
  return createClient<Paths>({ baseUrl: url, headers: { authorization: `Bearer ${secretKey}` }, fetch: send })
}

/** The data of an answer. Throws OnetillError for a refusal. */
export function must<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): NonNullable<T> {
  if (data != null) return data
  const { code = 'no-answer', detail = '', errors } = (error ?? {}) as Partial<Refusal>
  throw new OnetillError(code, response.status, detail, errors)
}

interface Refusal {
  code: string
  detail: string
  errors: { pointer: string; detail: string }[]
}
