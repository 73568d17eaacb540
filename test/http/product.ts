// The whole product with at least one object of every kind, and what its API description says about each route: the
// ground on which the tests of this folder try every route instead of a chosen few.

import assert from 'node:assert/strict'
import { fanOut } from '../../server/notify/fan-out.ts'
import type { Api, HttpMethod } from '../api.ts'
import { CARDS, MINUTE, openShop, type Shop } from '../scenarios/shop.ts'
import { account } from './objects/account.ts'
import { carts } from './objects/carts.ts'
import { catalog } from './objects/catalog.ts'
import { checkout } from './objects/checkout.ts'
import { customers } from './objects/customers.ts'
import { fulfilments } from './objects/fulfilments.ts'
import { invoices } from './objects/invoices.ts'
import { links } from './objects/links.ts'
import { loyalty } from './objects/loyalty.ts'
import { offline } from './objects/offline.ts'
import { orders } from './objects/orders.ts'
import { promotions } from './objects/promotions.ts'
import { receipts } from './objects/receipts.ts'
import { returns } from './objects/returns.ts'
import { shifts } from './objects/shifts.ts'
import { stock } from './objects/stock.ts'
import { tills } from './objects/tills.ts'

/** A JSON schema, as far as these tests read it. */
export interface Schema {
  type?: string
  enum?: string[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  anyOf?: Schema[]
  items?: Schema
  required?: string[]
  additionalProperties?: boolean | Schema
  'x-amount'?: boolean
}

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  schema: Schema
}

export interface Route {
  method: HttpMethod
  /** With `{names}`. */
  path: string
  summary?: string
  isPublic: boolean
  body?: Schema
  parameters: Parameter[]
  responses: Record<string, { content?: Record<string, { schema?: Schema & { $ref?: string } }> }>
}

interface Description {
  paths: Record<string, Record<string, DescribedOperation>>
}
interface DescribedOperation {
  summary?: string
  security?: unknown[]
  parameters?: Parameter[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Route['responses']
}

export async function readDescription(shop: Shop): Promise<Description> {
  const answer = await shop.send({ method: 'GET', path: '/openapi.json', headers: {} })
  assert.equal(answer.status, 200)
  return JSON.parse(answer.text)
}

/** Every route of the product, from its own description. */
export function routesOf(description: Description): Route[] {
  return Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase() as HttpMethod,
      path,
      summary: operation.summary,
      isPublic: operation.security?.length === 0,
      body: operation.requestBody?.content['application/json'].schema,
      parameters: operation.parameters ?? [],
      responses: operation.responses,
    })),
  )
}

/**
 * What one module of commerce adds to the ground: an object of each of its kinds, the id that stands in each of its
 * collections, a working body for each of its routes.
 */
export interface ModuleObjects<T extends Record<string, string> = Record<string, string>> {
  /** Makes the objects, over HTTP; `made` holds what modules before it and the core made. */
  fill(shop: Shop, api: Api, made: Record<string, string>): Promise<T>
  /** The object of a collection for a route: `{products: made.product}`. */
  collections(made: Record<string, string>, route: Pick<Route, 'method' | 'path'>): Record<string, string | undefined>
  /** Path parameters besides {id}, by name. */
  parameters?(made: Record<string, string>): Record<string, string | undefined>
  bodies(made: Record<string, string>): Record<string, Record<string, unknown>>
  /** For a route that takes no question without some parameter: those it needs, `GET /v1/x` to `a=1&b=2`. */
  queries?(made: Record<string, string>): Record<string, string>
}

/** In an order in which each needs only those before it. */
const MODULES: ModuleObjects[] = [
  customers,
  catalog,
  stock,
  promotions,
  carts,
  loyalty,
  orders,
  fulfilments,
  returns,
  checkout,
  invoices,
  links,
  account,
  tills,
  shifts,
  receipts,
  offline,
]

/** Ids of one merchant's objects by their kind (the part before the underscore), and what belongs together. */
export type Objects = Awaited<ReturnType<typeof fill>>

/** Makes an object of every kind for the merchant of `api`. */
export async function fill(shop: Shop, api: Api, keys: Shop['keys']) {
  const make = async (path: string, body: unknown) => {
    const answer = await api.call<{ id: string }>('POST', path, body)
    assert.equal(answer.status, 201, answer.text)
    return answer.body.id
  }
  const first = async (path: string) => (await api.get<{ data: { id: string }[] }>(path)).body.data[0]?.id as string
  const accounts = (await api.get<{ data: { id: string; name: string }[] }>('/v1/connector_accounts')).body.data
  const account = accounts.find(({ name }) => name === 'Simulator A')?.id as string

  const customer = await make('/v1/customers', { name: 'Ada', reference: `ada-${keys.merchant_id}` })
  const instrument = await make(`/v1/customers/${customer}/instruments`, { token: await api.token(CARDS.approved) })
  const endpoint = await make('/v1/webhook_endpoints', {
    url: 'http://127.0.0.1:9/onetill',
    event_types: ['payment.*'],
  })
  const sale = { amount: 6500, currency: 'EUR', channel: 'web' } as const
  const paid = await api.pay({ ...sale, tender: { method: 'card', token: await api.token(CARDS.approved) } })
  const held = await api.pay({
    ...sale,
    capture: 'manual',
    tender: { method: 'card', token: await api.token(CARDS.approved) },
  })
  const open = await api.pay({ ...sale, channel: 'pos' })
  const unknown = await api.pay({ ...sale, tender: { method: 'card', token: await api.token(CARDS.lost_after) } })
  assert.deepEqual([paid.status, held.status, open.status, unknown.status], [201, 201, 201, 202])
  assert.ok(shop.simulator.dispute(account, paid.body.operations?.[0]?.id as string, 'opened'))
  const waiting = await api.pay({ ...sale, tender: { method: 'ideal' } })
  assert.equal(waiting.body.status, 'requires_action')
  // Money that goes back leaves a task for a person.
  const lost = await api.pay({ ...sale, tender: { method: 'card', token: await api.token(CARDS.approved) } })
  assert.ok(shop.simulator.reverse(account, lost.body.operations?.[0]?.id as string))
  await shop.news()
  // Leaves deliveries for the endpoint; none is sent, because no worker runs.
  await fanOut({ db: shop.database.db, clock: shop.clock, newId: shop.payments.newId }, keys.merchant_id, endpoint)
  const { rows } = await shop.database.db.query<{ id: string }>(
    'select id from webhook_delivery where merchant_id = $1 order by id limit 1',
    [keys.merchant_id],
  )
  const core = {
    account,
    paid: paid.body.id,
    held: held.body.id,
    open: open.body.id,
    unknown: unknown.body.id,
    unknownOperation: unknown.body.operations?.[0]?.id as string,
    heldTender: held.body.tenders[0]?.id as string,
    paidTender: paid.body.tenders[0]?.id as string,
    waiting: waiting.body.id,
    waitingTender: waiting.body.tenders[0]?.id as string,
    customer,
    instrument,
    endpoint,
    delivery: rows[0]?.id,
    store: keys.stores[0]?.id as string,
    shopStore: keys.registers[0]?.store_id as string,
    register: keys.registers[0]?.id as string,
    terminal: keys.terminals[0]?.id as string,
    token: await api.token(CARDS.approved),
    key: await first('/v1/api_keys'),
    event: await first('/v1/events'),
    entry: await first('/v1/ledger/entries'),
    dispute: await first('/v1/disputes'),
    task: await first('/v1/payment_tasks?state=open'),
    merchant: keys.merchant_id,
    publishableKey: keys.publishable_key,
  }
  const made: Record<string, string> = Object.fromEntries(Object.entries(core).map(([name, id]) => [name, String(id)]))
  for (const module of MODULES) Object.assign(made, await module.fill(shop, api, made))
  return { ...core, commerce: made }
}

/**
 * What opens a route: with a customer's own the publishable key and their session, with a till's own the key of the device or the
 * session at it, with all others the secret key.
 */
export function openedWith(path: string, of: Objects, secretKey: string): Record<string, string> {
  if (/^\/v1\/till(\/sessions)?(\?|$)/.test(path)) return { authorization: `Bearer ${of.commerce['deviceKey']}` }
  if (/^\/v1\/(offline_sales|till\/(offline_|catalogue))/.test(path))
    return { authorization: `Bearer ${of.commerce['offlineToken']}` }
  if (!/^\/v1\/(account|sign_in)\b/.test(path)) return { authorization: `Bearer ${secretKey}` }
  return { authorization: `Bearer ${of.publishableKey}`, 'customer-session': of.commerce['customerSession'] as string }
}

/** For every route with an id in its path: that id, so that the route would do its work. */
export function pathFor(route: Pick<Route, 'method' | 'path'>, of: Objects): string {
  const paymentFor: Record<string, string> = {
    captures: of.held,
    increments: of.held,
    extensions: of.held,
    cancel: of.held,
    refunds: of.paid,
    tenders: of.open,
    resolution: of.unknown,
  }
  const collections: Record<string, string | undefined> = {
    stores: of.store,
    registers: of.register,
    terminals: of.terminal,
    connector_accounts: of.account,
    api_keys: of.key,
    customers: of.customer,
    tokens: of.token,
    instruments: of.instrument,
    payments: route.path.includes('{tender_id}')
      ? of.waiting
      : (paymentFor[route.path.split('/').at(-1) as string] ?? of.paid),
    disputes: of.dispute,
    payment_tasks: of.task,
    entries: of.entry,
    events: of.event,
    webhook_endpoints: of.endpoint,
    webhook_deliveries: of.delivery,
    ...Object.assign({}, ...MODULES.map((module) => module.collections(of.commerce, route))),
  }
  return route.path.replaceAll(/([a-z_]+)\/\{([a-z_]+)\}/g, (_, collection: string, name: string) => {
    const ids: Record<string, string | undefined> = {
      id: collections[collection],
      operation_id: of.unknownOperation,
      instrument_id: of.instrument,
      tender_id: of.waitingTender,
      code: 'card',
      merchant_id: of.merchant,
      ...Object.assign({}, ...MODULES.map((module) => module.parameters?.(of.commerce) ?? {})),
    }
    const id = ids[name]
    assert.ok(id, `${route.path}: test/http/product.ts must say which ${collection} {${name}} is`)
    return `${collection}/${id}`
  })
}

/** For every route with a body: one that the route would carry out. With every field these tests can spoil. */
export function bodyFor(route: Pick<Route, 'method' | 'path'>, of: Objects): Record<string, unknown> | undefined {
  const card = { method: 'card', token: of.token, initiator: 'customer' }
  const bodies: Record<string, Record<string, unknown>> = {
    'POST /v1/payment_tasks/{id}/close': {},
    'PATCH /v1/merchant': { distance_sales: 'destination' },
    'POST /v1/stores': { name: 'Rotterdam', country: 'NL', currency: 'EUR', kind: 'shop' },
    'PATCH /v1/stores/{id}': { name: 'Rotterdam Centre', latitude: 51.92, longitude: 4.48, pickup_hold_days: 3 },
    'PUT /v1/registers/{id}/printer': { host: '192.168.1.50', port: 9100 },
    'POST /v1/registers': { store_id: of.shopStore, name: 'Register 9' },
    'POST /v1/terminals/{id}/release': { reason: 'its screen says declined' },
    'POST /v1/terminals/{id}/identify': { amount: 1099, currency: 'EUR' },
    'POST /v1/terminals/{id}/display': { title: 'Welcome', body: 'One moment please' },
    'POST /v1/terminals/{id}/ask': { kind: 'text', title: 'Your name', max_length: 40, max_seconds: 30 },
    'POST /v1/terminals/{id}/print': { lines: [{ left: 'Total', right: '10.99', is_bold: true }] },
    'POST /v1/terminals': {
      store_id: of.shopStore,
      register_id: of.register,
      connector_account_id: of.account,
      name: 'Terminal 9',
      serial: 'SIM-0900',
    },
    'POST /v1/connector_accounts': { connector: 'simulator', name: 'Third', priority: 3, config: {} },
    'PATCH /v1/connector_accounts/{id}': { name: 'Renamed' },
    'PUT /v1/payment_methods/{code}': { is_enabled: true, name: 'Card' },
    'POST /v1/api_keys': { kind: 'restricted', name: 'till', scopes: ['payments:read'] },
    'POST /v1/api_keys/{id}/roll': { overlap_hours: 1 },
    'POST /v1/customers': { name: 'Grace', reference: 'grace-1', email: 'grace@example.com' },
    'PATCH /v1/customers/{id}': { name: 'Ada L.' },
    'POST /v1/tokens': { card: { number: CARDS.approved, exp_month: 12, exp_year: 2034, cvc: '123', holder: 'Ada' } },
    'POST /v1/customers/{id}/instruments': { token: of.token },
    'POST /v1/instruments': { token: of.token, customer_id: of.customer },
    'POST /v1/payments': {
      amount: 1000,
      currency: 'EUR',
      channel: 'web',
      capture: 'automatic',
      order_id: 'order-900',
      customer_id: of.customer,
      store_id: of.store,
      reference: 'R-900',
      country: 'NL',
      return_url: 'https://shop.example/back',
      metadata: { note: 'n' },
      tender: { ...card, amount: 900 },
    },
    'POST /v1/payments/{id}/tenders': {
      method: 'cash',
      amount: 900,
      cash: { register_id: of.register, tendered: 1000 },
    },
    'POST /v1/payments/{id}/captures': { amount: 900, final: false, tender_id: of.heldTender },
    'POST /v1/payments/{id}/cancel': {},
    'POST /v1/payments/{id}/tenders/{tender_id}/cancel': {},
    'POST /v1/payments/{id}/refunds': { amount: 900, currency: 'EUR', reason: 'returned', tender_id: of.paidTender },
    'POST /v1/payments/{id}/increments': { amount: 900, tender_id: of.heldTender },
    'POST /v1/payments/{id}/extensions': { tender_id: of.heldTender },
    'POST /v1/credits': {
      amount: 900,
      currency: 'EUR',
      channel: 'web',
      to: { method: 'card', token: of.token },
      reason: 'goodwill',
      order_id: 'order-901',
      customer_id: of.customer,
      store_id: of.store,
      reference: 'R-901',
      metadata: { note: 'n' },
    },
    'POST /v1/payments/{id}/operations/{operation_id}/resolution': { outcome: 'succeeded', note: 'seen in the portal' },
    'POST /v1/webhook_endpoints': { url: 'http://127.0.0.1:9/two', description: 'second', event_types: ['payment.*'] },
    'PATCH /v1/webhook_endpoints/{id}': { description: 'changed' },
    'POST /v1/webhook_endpoints/{id}/roll_secret': { overlap_hours: 1 },
  }
  const commerce = MODULES.map((module) => module.bodies(of.commerce))
  return Object.assign(bodies, ...commerce)[`${route.method} ${route.path}`]
}

/** The query without which a route refuses to answer; '' for nearly all. */
export function queryFor(route: Pick<Route, 'method' | 'path'>, of: Objects): string {
  const core = { 'GET /v1/payment_methods': 'amount=1000&currency=EUR&channel=web' }
  const commerce = MODULES.map((module) => module.queries?.(of.commerce) ?? {})
  return (Object.assign({}, core, ...commerce) as Record<string, string>)[`${route.method} ${route.path}`] ?? ''
}

/** Counts every row of every table, and every call to a provider: what a refusal must leave as it was. */
export function watch(shop: Shop) {
  let calls = 0
  shop.payments.call.metrics = { connectorCall: () => calls++ }
  return async (): Promise<Record<string, number>> => {
    const { rows } = await shop.database.db.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind = 'r' order by 1`,
    )
    const counts = await shop.database.db.query<Record<string, string>>(
      `select ${rows.map(({ name }) => `(select count(*) from ${name}) as ${name}`).join(', ')}`,
    )
    const tables = Object.entries(counts.rows[0] ?? {}).map(([name, count]) => [name, Number(count)] as const)
    return { ...Object.fromEntries(tables), 'calls to providers': calls, journal: shop.journal().length }
  }
}

export async function openProduct() {
  const shop = await openShop()
  const ours = await fill(shop, shop.api, shop.keys)
  shop.clock.advance(MINUTE)
  return { shop, ours, routes: routesOf(await readDescription(shop)), count: watch(shop) }
}
