// HTTP for returns: asking, looking, the policy. The steps of a return are in step-routes.ts.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, line } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { requestBlind } from './blind.ts'
import type { ReturnDeps } from './deps.ts'
import { exchangeRoutes } from './exchange-routes.ts'
import { findOrders } from './lookup.ts'
import { policyOf, setPolicy } from './policy.ts'
import { readRefunds, readRefundsOf } from './refund-store.ts'
import { requestReturn } from './request.ts'
import { RETURN_STATES, type ReturnView, returnView } from './return.ts'
import { Policy, Return, Returnable, ReturnIn, Rules } from './schema.ts'
import { stepRoutes } from './step-routes.ts'
import { listReturns, readReturn } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'returns:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'returns:write' } } as const
const TAGS = ['Returns']

/** Registers the routes of returns and exchanges. */
export function routes(app: App, deps: ReturnDeps): void {
  policyRoutes(app, deps)
  lookupRoute(app, deps)
  requestRoutes(app, deps)
  stepRoutes(app, deps)
  exchangeRoutes(app, deps)
}

function policyRoutes(app: App, deps: ReturnDeps): void {
  app.get(
    '/v1/return_policy',
    {
      config: READ,
      schema: {
        operationId: 'getReturnPolicy',
        summary: 'The rules for returns',
        tags: TAGS,
        response: { 200: Policy },
      },
    },
    async (request, reply) => {
      const policy = await policyOf(deps, callerOf(request).merchantId)
      return reply.header('etag', etagOf(policy.version)).send(policy)
    },
  )
  app.put(
    '/v1/return_policy',
    {
      config: WRITE,
      schema: {
        operationId: 'setReturnPolicy',
        summary: 'Set the rules for returns',
        tags: TAGS,
        body: Rules,
        response: { 200: Policy },
      },
    },
    async (request, reply) => {
      const input = { rules: request.body, ifVersion: versionOf(request.headers['if-match']) }
      const policy = await setPolicy(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(policy.version)).send(policy)
    },
  )
}

function lookupRoute(app: App, deps: ReturnDeps): void {
  app.get(
    '/v1/returns/lookup',
    {
      config: READ,
      schema: {
        operationId: 'findReturnable',
        summary: 'Orders that goods at the counter may belong to',
        description: 'By receipt number, order, e-mail address or the card they were paid with: one of them.',
        tags: TAGS,
        querystring: Type.Object(
          {
            order_id: Type.Optional(Id('ord')),
            number: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,17}$' })),
            email: Type.Optional(line(254)),
            card_alias: Type.Optional(line(120)),
          },
          closed,
        ),
        response: { 200: Type.Object({ data: Type.Array(Returnable) }) },
      },
    },
    async (request) => {
      const { number, ...by } = request.query
      if (Object.keys(request.query).length !== 1)
        throw new Problem('validation-error', {
          errors: [{ pointer: '?order_id', detail: 'Give exactly one way to look.' }],
        })
      const asked = { ...by, ...(number === undefined ? {} : { number: BigInt(number) }) }
      const found = await findOrders(deps, callerOf(request).merchantId, asked)
      return {
        data: found.map(({ order, lines }) => ({
          order_id: order.id,
          number: String(order.number),
          channel: order.channel,
          store_id: order.store_id,
          currency: order.currency,
          total: Number(order.total),
          placed_at: order.placed_at.toISOString(),
          lines: lines.map((each) => ({
            line_id: each.id,
            variant_id: each.variant_id,
            name: each.name,
            sku: each.sku,
            quantity: Number(each.quantity),
            returnable: Number(each.fulfilled - each.returned - each.return_requested),
          })),
        })),
      }
    },
  )
}

function requestRoutes(app: App, deps: ReturnDeps): void {
  app.post(
    '/v1/returns',
    {
      config: WRITE,
      schema: {
        operationId: 'requestReturn',
        summary: 'Ask to return goods, with a receipt or without',
        description: 'With `order_id`, lines name the order’s lines. Without, a customer, a store and articles.',
        tags: TAGS,
        body: ReturnIn,
        response: { 201: Return },
      },
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const view = await requested(deps, merchantId, keyId, request.body)
      return reply.code(201).header('etag', etagOf(view.version)).send(view)
    },
  )
  app.get(
    '/v1/returns',
    {
      config: READ,
      schema: {
        operationId: 'listReturns',
        summary: 'List the returns, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            order_id: Type.Optional(Id('ord')),
            customer_id: Type.Optional(Id('cus')),
            store_id: Type.Optional(Id('sto')),
            state: Type.Optional(Type.Enum([...RETURN_STATES])),
          },
          closed,
        ),
        response: { 200: PageOf(Return) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor, ...filter } = request.query
      const rows = await listReturns(deps.db, merchantId, filter, { limit, cursor })
      const refunds = await readRefundsOf(
        deps.db,
        merchantId,
        rows.map(({ id }) => id),
      )
      return page(
        rows.map((row) => returnView(row, refunds.get(row.id) ?? [])),
        limit,
        ({ id }) => id,
      )
    },
  )
  app.get(
    '/v1/returns/:id',
    {
      config: READ,
      schema: {
        operationId: 'getReturn',
        summary: 'Read a return',
        tags: TAGS,
        params: Type.Object({ id: Id('rtn') }),
        response: { 200: Return },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const row = await readReturn(deps.db, merchantId, request.params.id)
      if (!row) throw new Problem('not-found')
      const view = returnView(row, await readRefunds(deps.db, merchantId, row.id))
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
}

/** With a receipt or without: what is needed differs. */
function requested(
  deps: ReturnDeps,
  merchantId: string,
  by: string,
  body: Type.Static<typeof ReturnIn>,
): Promise<ReturnView> {
  const { order_id, customer_id, store_id, lines, override_reason, ...rest } = body
  if (order_id !== undefined) {
    return requestReturn(deps, merchantId, {
      ...{ ...rest, orderId: order_id, storeId: store_id, override: override_reason, by },
      lines: lines.map(({ line_id, variant_id, quantity }, i) => {
        if (line_id === undefined || variant_id !== undefined)
          throw missing(`/lines/${i}/line_id`, 'name the line of the order')
        return { line_id, quantity: BigInt(quantity) }
      }),
    })
  }
  if (customer_id === undefined) throw missing('/customer_id', 'is needed without a receipt')
  if (store_id === undefined) throw missing('/store_id', 'is needed without a receipt')
  if (override_reason !== undefined) throw missing('/override_reason', 'only with a receipt')
  return requestBlind(deps, merchantId, {
    ...{ ...rest, customerId: customer_id, storeId: store_id, by },
    lines: lines.map(({ line_id, variant_id, quantity }, i) => {
      if (variant_id === undefined || line_id !== undefined) throw missing(`/lines/${i}/variant_id`, 'name the article')
      return { variant_id, quantity: BigInt(quantity) }
    }),
  })
}

function missing(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
