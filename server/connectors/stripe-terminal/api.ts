// Stripe's API as far as readers need it: form-encoded requests with a key each, JSON answers, and errors by their code.

import { type ConnectorAccount, NotSent } from '../connector.ts'
import { post } from '../https.ts'

/** An answer that says why not. */
export class StripeError extends Error {
  override name = 'StripeError'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface Intent {
  id: string
  status: string
  amount: number
  amount_received?: number
  currency: string
  amount_details?: { tip?: { amount?: number } }
  last_payment_error?: { code?: string; decline_code?: string; message?: string } | null
  latest_charge?: Charge | string | null
  metadata?: Record<string, string>
  created?: number
}

export interface Charge {
  created?: number
  payment_method_details?: {
    card_present?: {
      brand?: string
      last4?: string
      exp_month?: number
      exp_year?: number
      fingerprint?: string
      read_method?: string
      receipt?: { authorization_code?: string }
    }
  }
}

export interface Reader {
  id: string
  status?: string
  action?: {
    type: string
    status: 'in_progress' | 'succeeded' | 'failed'
    failure_code?: string | null
    failure_message?: string | null
    process_payment_intent?: { payment_intent?: string }
  } | null
}

export interface Refund {
  id: string
  status: string
  amount: number
  metadata?: Record<string, string>
}

type Form = Record<string, string | number | boolean | undefined>

export interface Api {
  get<T>(path: string, query?: Form): Promise<T>
  /** `key`: the same twice has one effect. */
  post<T>(path: string, form: Form, key?: string): Promise<T>
}

/** The version whose fields are read here. */
const VERSION = '2025-03-31.basil'
const ROOT = 'https://api.stripe.com'

/** Throws NotSent when the account has no key. Requests throw StripeError, NotSent or, where nobody knows, another error. */
export function apiOf({ config }: ConnectorAccount, signal: AbortSignal): Api {
  const { api_key, url = ROOT } = config
  if (!api_key) throw new NotSent('the account has no key')
  const headers = { authorization: `Bearer ${api_key}`, 'stripe-version': VERSION }
  return {
    async get<T>(path: string, query: Form = {}) {
      const target = new URL(`${path}?${encoded(query)}`, url)
      return read<T>(await post({ method: 'GET', url: target, headers, body: '', signal }))
    },
    async post<T>(path: string, form: Form, key?: string) {
      const typed = { ...headers, 'content-type': 'application/x-www-form-urlencoded' }
      const keyed = key === undefined ? typed : { ...typed, 'idempotency-key': key }
      return read<T>(await post({ url: new URL(path, url), headers: keyed, body: encoded(form), signal }))
    },
  }
}

function encoded(form: Form): string {
  const pairs = Object.entries(form).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return new URLSearchParams(pairs).toString()
}

function read<T>({ status, text }: { status: number; text: string }): T {
  let body: { error?: { code?: string; type?: string; message?: string } }
  try {
    body = JSON.parse(text) as typeof body
  } catch {
    throw new Error(`Stripe answered HTTP ${status} without JSON`)
  }
  if (status >= 200 && status < 300) return body as T
  // The key was refused before anything was done.
  if (status === 401) throw new NotSent('Stripe does not know the key')
  const { code, type, message } = body.error ?? {}
  throw new StripeError(status, code ?? type ?? 'unknown', message ?? `HTTP ${status}`)
}
