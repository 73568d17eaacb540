// A customer's side of the API in one small file: an address, a key, `fetch`. There is nothing to install.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The parts of a payment these programs look at. Amounts are minor units. */
export interface Payment {
  id: string
  status: string
  attention: string | null
  amount_captured: number
  amount_capturable: number
  amount_refunded: number
  amount_refundable: number
  decline: { code: string; message: string; retryable: boolean } | null
  next_action: { type: string; url?: string } | null
  tenders: {
    id: string
    method: string
    amount: number
    status: string
    connector_account: string
    cash: { tendered: number; change: number } | null
  }[]
  operations: { id: string; kind: string; state: string }[] | null
}

/** What `npm start` wrote about its demo retailer. */
interface Demo {
  secret_key: string
  publishable_key: string
  stores: { id: string; name: string }[]
  registers: { id: string; store_id: string }[]
  terminals: { id: string; store_id: string }[]
}

/** A refusal of the API: decide by `code`, which never changes its meaning. */
export class Refused extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, problem: { code: string; detail: string }) {
    super(`${problem.code}: ${problem.detail}`)
    this.status = status
    this.code = problem.code
  }
}

export const base = process.env['ONETILL_URL'] ?? 'http://127.0.0.1:4000'
const demoFile = join(process.env['ONETILL_DATA'] ?? 'data', 'demo.json')
export const demo = JSON.parse(await readFile(demoFile, 'utf8')) as Demo

/** Calls the API with the secret key, as a shop's server does. Throws Refused. */
export async function call<T = Payment>(method: 'GET' | 'POST', path: string, body?: object, key?: string): Promise<T> {
  return send<T>(method, path, demo.secret_key, body, key)
}

/** `call` for what can move money: `key` names the intended effect, and that effect happens once, however often you call. */
export function command(path: string, body: object, key: string): Promise<Payment> {
  return call<Payment>('POST', path, body, key)
}

/** A card as a one-time token, made with the publishable key as a browser does. */
export async function tokenOf(cardNumber: string): Promise<string> {
  const card = { number: cardNumber, exp_month: 12, exp_year: 2034, cvc: '123' }
  const { id } = await send<{ id: string }>('POST', '/v1/tokens', demo.publishable_key, { card })
  return id
}

/** A name for one intended effect that is new in each run. A shop takes its own: order number and purpose. */
export function newKey(purpose: string): string {
  return `${purpose}-${crypto.randomUUID()}`
}

/** €49.95 from 4995. */
export function euros(amount: number): string {
  return `€${(amount / 100).toFixed(2)}`
}

async function send<T>(
  method: string,
  path: string,
  apiKey: string,
  body?: object,
  idempotencyKey?: string,
): Promise<T> {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const json = (await answer.json()) as T & { code: string; detail: string }
  if (!answer.ok) throw new Refused(answer.status, json)
  return json
}
