// The API of Pay. as far as terminals need it: orders, their refunds, and how a terminal is. It knows no idempotency key and finds an
// order by its own number alone.

import { type ConnectorAccount, NotSent } from '../connector.ts'
import { post } from '../https.ts'
import { type Settings, settingsOf } from './settings.ts'

/** An answer that says why not; nothing was done for it. */
export class PayError extends Error {
  override name = 'PayError'
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface Amount {
  /** Cents. */
  value: number
  currency: string
}

/** An order, as it is answered and as an exchange carries it. */
export interface Order {
  orderId: string
  reference?: string | null
  status: { code: number; action?: string }
  amount: Amount
  capturedAmount?: Amount | null
  /** The slip, base64. */
  receipt?: string | null
  payments?: { customerKey?: string | null; status?: { code?: number } }[]
  modifiedAt?: string | null
  completedAt?: string | null
}

export interface NewOrder {
  reference: string
  amount: Amount
  description: string | undefined
  methodId: number
  terminalCode: string
  exchangeUrl: string
  /** RFC 3339. */
  expire: string
}

export interface Refunded {
  amountRefunded?: Amount
  refundedTransactions?: { refund?: { id?: string } }[]
}

export interface Api {
  create(order: NewOrder): Promise<Order>
  read(orderId: string): Promise<Order>
  abort(orderId: string): Promise<void>
  refund(orderId: string, refund: { amount: Amount; description: string }): Promise<Refunded>
  terminal(code: string): Promise<{ status?: string; connectionStatus?: string }>
}

/** Throws NotSent when the account has no key. Requests throw PayError, NotSent or, where nobody knows, another error. */
export function apiOf(account: ConnectorAccount, signal: AbortSignal): Api {
  const settings = settingsOf(account)
  const { orders, rest } = settings
  const call = <T>(method: 'GET' | 'POST' | 'PATCH', root: string, path: string, body?: object) =>
    send<T>(settings, { method, url: new URL(path, root), body, signal })
  return {
    create: (order) => call<Order>('POST', orders, '/v1/orders', orderOf(settings, order)),
    read: (id) => call<Order>('GET', orders, `/v1/orders/${encodeURIComponent(id)}/status`),
    abort: async (id) => void (await call('PATCH', orders, `/v1/orders/${encodeURIComponent(id)}/abort`)),
    refund: (id, refund) => call<Refunded>('PATCH', rest, `/v2/transactions/${encodeURIComponent(id)}/refund`, refund),
    terminal: (code) => call('GET', rest, `/v2/terminals/${encodeURIComponent(code)}`),
  }
}

function orderOf({ serviceId, isTest }: Settings, order: NewOrder): object {
  const { reference, amount, description, methodId, terminalCode, exchangeUrl, expire } = order
  return {
    ...{ serviceId, amount, reference, expire, exchangeUrl, integration: { test: isTest } },
    ...(description !== undefined && { description }),
    paymentMethod: { id: methodId, input: { terminalCode } },
  }
}

interface Asked {
  method: 'GET' | 'POST' | 'PATCH'
  url: URL
  body: object | undefined
  signal: AbortSignal
}

async function send<T>({ user, password }: Settings, { method, url, body, signal }: Asked): Promise<T> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
  const headers = { authorization, accept: 'application/json', 'content-type': 'application/json' }
  const { status, text } = await post({ method, url, headers, body: body ? JSON.stringify(body) : '', signal })
  // The key was looked at before anything was done.
  if (status === 401 || status === 403) throw new NotSent(`Pay. refused the key: HTTP ${status}`)
  if (status >= 500) throw new Error(`Pay. answered HTTP ${status}`)
  const answer = text.trim() === '' ? {} : parsed(text, status)
  if (status >= 200 && status < 300) return answer as T
  const { code = 'unknown', title, detail } = answer as { code?: string; title?: string; detail?: string }
  throw new PayError(status, code, detail ?? title ?? `HTTP ${status}`)
}

function parsed(text: string, status: number): object {
  try {
    return JSON.parse(text) as object
  } catch {
    throw new Error(`Pay. answered HTTP ${status} without JSON`)
  }
}
