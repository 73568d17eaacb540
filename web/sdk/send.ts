// One call of the API from a page, and what is made of a refusal.

import { OnetillError } from './answers.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export type Send = <T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  more?: { body?: object; secret?: string | undefined; session?: string | undefined },
) => Promise<T>

/** Longer than a provider may take to answer. */
const TIMEOUT_MS = 40_000

/** Sends with the publishable key, without cookies. Throws OnetillError. */
export function createSend({ key, url, fetch: own }: { key: string; url: string; fetch: Fetch | undefined }): Send {
  return async <T>(
    method: string,
    path: string,
    { body, secret, session }: { body?: object; secret?: string | undefined; session?: string | undefined } = {},
  ): Promise<T> => {
    const headers: Record<string, string> = { authorization: `Bearer ${key}` }
    if (body) headers['content-type'] = 'application/json'
    if (secret) headers['cart-secret'] = secret
    if (session) headers['customer-session'] = session
    const init: RequestInit = {
      ...{ method, headers, credentials: 'omit', cache: 'no-store', referrerPolicy: 'origin', redirect: 'error' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body ? { body: JSON.stringify(body) } : {}),
    }
    const answer = await (own ?? fetch)(url + path, init).catch(() => null)
    if (!answer) throw new OnetillError('no-answer', 0, 'The server did not answer.')
    const json = (await answer.json().catch(() => null)) as (T & Refusal) | null
    if (answer.ok && json) return json
    const { code = 'no-answer', detail = 'The answer could not be read.', errors } = json ?? {}
    throw new OnetillError(code, answer.status, detail, errors)
  }
}

interface Refusal {
  code?: string
  detail?: string
  errors?: { pointer: string; detail: string }[]
}
