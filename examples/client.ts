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

/** The parts of a cart these programs look at. `secret` is told once, to the page that made or claimed it. */
export interface Cart {
  id: string
  version: number
  channel: string
  channels_seen: string[]
  lines: { variant_id: string; quantity: number; total: number }[]
  total: number
  secret?: string
}

/** The parts of an order these programs look at. */
export interface Order {
  id: string
  number: string
  state: string
  payment_status: string
  lines: { id: string; variant_id: string; quantity: number; quantity_fulfilled: number; total: number }[]
  total: number
  amount_due: number
  amount_paid: number
  amount_refunded: number
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
export function command<T = Payment>(path: string, body: object, key: string): Promise<T> {
  return call<T>('POST', path, body, key)
}

/** Calls the API as a page in a browser does: with the publishable key, and the secret of the cart it made. */
export function asPage<T>(method: 'GET' | 'POST', path: string, body?: object, cartSecret?: string): Promise<T> {
  return send<T>(method, path, demo.publishable_key, body, undefined, cartSecret)
}

/** A new article that costs `unit_price` euros, with so many of it in a store. Answers its variant. */
export async function article(name: string, unit_price: string, stock: { store_id: string; quantity: number }) {
  const product = { name, variants: [{ prices: [{ currency: 'EUR', unit_price }] }] }
  const { variants } = await call<{ variants: [{ id: string }] }>('POST', '/v1/products', product)
  const [{ id }] = variants
  const lines = [{ variant_id: id, quantity: stock.quantity, reason: 'received' }]
  await call('POST', '/v1/stock/adjustments', { store_id: stock.store_id, lines })
  return id
}

/** A store of the demo retailer by its name. */
export function storeNamed(name: string): string {
  const store = demo.stores.find((one) => one.name === name)
  if (!store) throw new Error(`the demo retailer has no store ${name}`)
  return store.id
}

/** Where the goods go in these stories. */
export const home = { line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }

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
  cartSecret?: string,
): Promise<T> {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      ...(cartSecret ? { 'cart-secret': cartSecret } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const json = (await answer.json()) as T & { code: string; detail: string }
  if (!answer.ok) throw new Refused(answer.status, json)
  return json
}
