// What a session at a till may not do although its scopes open the route: what its role has no right to, and anything at another
// register. One table and one hook, before any handler, so that no route has to know tills. Must never let pass what it cannot judge.

import type { FastifyRequest } from 'fastify'
import { parseUnitPrice } from '../catalog/index.ts'
import type { App, Caller, TillPlace } from '../http/app.ts'
import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { mustHave, type Right } from '../staff/index.ts'
import type { TillDeps } from './deps.ts'

/** The right that a route asks for, whatever is sent. */
const ROUTE_RIGHTS: Readonly<Record<string, Right>> = {
  'POST /v1/payments/:id/refunds': 'refund',
  'POST /v1/credits': 'refund',
  'POST /v1/returns/:id/settle': 'refund',
  'POST /v1/exchanges': 'refund',
  'POST /v1/gift_cards': 'gift_card_issue',
  'POST /v1/gift_cards/:id/load': 'gift_card_issue',
  'POST /v1/gift_cards/:id/transfer': 'gift_card_issue',
  'POST /v1/customers/:id/store_credit/adjustments': 'gift_card_issue',
  'POST /v1/customers/:id/loyalty/adjustments': 'points_adjust',
  'POST /v1/terminals/:id/release': 'release_terminal',
  'PATCH /v1/customers/:id': 'edit_customer',
}

const CANCEL = 'POST /v1/orders/:id/cancel'

/** For the office alone: settings, and what undoes a person's word. */
const NEVER = new Set([
  'POST /v1/payments/:id/operations/:operation_id/resolution',
  'POST /v1/customers/:id/merges',
  'POST /v1/customer_merges/:id/undo',
  'PUT /v1/stock/safety',
  'PUT /v1/stock/pools',
  'PATCH /v1/checkout_settings',
  'PUT /v1/return_policy',
])

/** Routes that make or move a cart at a register: without one it is the till's own. */
const STAMPED = new Set(['POST /v1/carts', 'POST /v1/carts/claim', 'POST /v1/carts/:id/resume'])

type Body = Record<string, unknown>

/** Puts the guard before every handler. */
export function guardTills(app: App, deps: TillDeps): void {
  app.addHook('preHandler', async (request) => {
    const { caller } = request
    if (caller?.till?.session) await guard(deps, request, caller, caller.till)
  })
}

async function guard(deps: TillDeps, request: FastifyRequest, caller: Caller, till: TillPlace): Promise<void> {
  const route = `${request.method} ${request.routeOptions.url}`
  if (NEVER.has(route)) throw new Problem('right-missing', { detail: 'This is for the office, not for a till.' })
  const right = ROUTE_RIGHTS[route]
  if (right) mustHave(till, right)
  const { id } = request.params as { id?: string }
  // A ticket that was begun and is given up before anything was paid is nobody's loss.
  if (route === CANCEL && id !== undefined && (await deps.isOrderPaid(caller.merchantId, id)))
    mustHave(till, 'cancel_order')
  if (id !== undefined && isId('ter', id))
    await stayHere(deps, caller.merchantId, { till, mayPrice: false }, { value: { terminal_id: id }, pointer: '' })
  if (typeof request.body !== 'object' || request.body === null) return
  const body = request.body as Body
  if (STAMPED.has(route) && body['register_id'] === undefined && (body['store_id'] ?? till.storeId) === till.storeId)
    body['register_id'] = till.registerId
  if (route === 'POST /v1/returns' && (body['order_id'] === undefined || body['override_reason'] !== undefined))
    mustHave(till, 'return_without_receipt')
  await stayHere(deps, caller.merchantId, { till, mayPrice: LINE_ROUTES.has(route) }, { value: body, pointer: '' })
  await guardPrices(deps, { request, route, caller, till }, body)
}

/** Registers are this one, terminals of this store, and prices are set in carts, however deep in the body they stand. */
async function stayHere(
  deps: TillDeps,
  merchantId: string,
  { till, mayPrice }: { till: TillPlace; mayPrice: boolean },
  { value, pointer }: { value: unknown; pointer: string },
): Promise<void> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, inner] of Object.entries(value)) {
    const here = `${pointer}/${name}`
    if (name === 'register_id' && typeof inner === 'string' && inner !== till.registerId)
      throw new Problem('other-till', { errors: [{ pointer: here, detail: 'is another register' }] })
    if (name === 'unit_price' && !mayPrice) mustHave(till, 'price_override')
    if (name === 'terminal_id' && typeof inner === 'string') {
      const terminal = (await deps.merchantCache.get(merchantId))?.terminals.get(inner)
      // One that does not exist is for the route to say.
      if (terminal && terminal.storeId !== till.storeId)
        throw new Problem('other-till', { errors: [{ pointer: here, detail: 'stands in another store' }] })
    }
    await stayHere(deps, merchantId, { till, mayPrice }, { value: inner, pointer: here })
  }
}

const LINE_ROUTES = new Set(['POST /v1/carts', 'POST /v1/carts/:id/lines', 'PATCH /v1/carts/:id/lines/:line_id'])

interface Asked {
  request: FastifyRequest
  route: string
  caller: Caller
  till: TillPlace
}

/** A price of one's own: any with `price_override`, with `discount` one that is lower by no more than the limit. */
async function guardPrices(deps: TillDeps, { request, route, caller, till }: Asked, body: Body): Promise<void> {
  if (!LINE_ROUTES.has(route) || till.session?.rights.includes('price_override')) return
  const params = request.params as { id?: string; line_id?: string }
  if (params.line_id !== undefined) {
    if (typeof body['unit_price'] !== 'string') return
    const line = await deps.cartLineOf(caller.merchantId, { cart_id: params.id ?? '', line_id: params.line_id })
    // A line that there is not is for the route to say.
    if (line) await mayDiscount(deps, { caller, till, pointer: '/unit_price', price: body['unit_price'], ...line })
    return
  }
  const lines = (Array.isArray(body['lines']) ? body['lines'] : []) as Body[]
  const priced = lines.map((line, i) => ({ ...line, i })).filter((line: Body) => line['unit_price'] !== undefined)
  if (priced.length === 0) return
  const currency = params.id === undefined ? body['currency'] : await deps.cartCurrencyOf(caller.merchantId, params.id)
  if (typeof currency !== 'string') return
  for (const line of priced as (Body & { i: number })[]) {
    const of = { variant_id: String(line['variant_id']), currency, price: String(line['unit_price']) }
    await mayDiscount(deps, { caller, till, pointer: `/lines/${line.i}/unit_price`, ...of })
  }
}

interface Discounting {
  caller: Caller
  till: TillPlace
  pointer: string
  price: string
  variant_id: string
  currency: string
}

async function mayDiscount(deps: TillDeps, asked: Discounting): Promise<void> {
  const { caller, till, pointer, price, variant_id, currency } = asked
  mustHave(till, 'discount')
  const list = await deps.listPriceOf(caller.merchantId, { variant_id, currency, store_id: till.storeId })
  const wanted = parseUnitPrice(price, currency)
  // What has no price, or no readable one, is for the route to say.
  if (list === null || typeof wanted !== 'bigint') return
  const limit = BigInt(till.session?.discountBp ?? 10_000)
  if (wanted <= list && (list - wanted) * 10_000n <= list * limit) return
  throw new Problem('right-missing', {
    detail: `A discount goes to ${Number(limit) / 100} %; beyond it the right is price_override.`,
    errors: [{ pointer, detail: 'is too far from the price of the list' }],
  })
}
