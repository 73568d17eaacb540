// HTTP for carts: making, reading, changing and following one. The other routes are in state-routes.ts and quote-routes.ts.

import Type from 'typebox'
import { personOf } from '../customers/index.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf } from '../http/version.ts'
import { type EventStreams, lastEventIdOf, lastSequence, replyWithStream } from '../notify/index.ts'
import type { CartDeps } from './cart.ts'
import { readCart } from './change.ts'
import { addLines, type CartPatch, changeLine, patchCart, removeLine } from './change-lines.ts'
import { type CartInput, createCart } from './create.ts'
import { invalid, type LinePatch, type NewLine } from './lines.ts'
import { quoteRoutes } from './quote-routes.ts'
import * as schema from './schema.ts'
import { admit } from './secret.ts'
import { CartPath, holderOf, READ, STAFF_READ, TAGS, targetOf, WRITE } from './shared-routes.ts'
import { stateRoutes } from './state-routes.ts'
import { type CartSummary, listCarts } from './store.ts'

export interface CartRouteDeps extends CartDeps {
  eventStreams: EventStreams
}

const LinePath = Type.Object({ id: Id('crt'), line_id: Id('cln') })
/** Open live streams of carts, per merchant and process; each reads the log once a second. */
const STREAM_ROOM = { name: 'carts', places: 200 }

/** Registers the module's routes. */
export function routes(app: App, deps: CartRouteDeps): void {
  wholeCartRoutes(app, deps)
  lineRoutes(app, deps)
  stateRoutes(app, deps)
  quoteRoutes(app, deps)
}

function wholeCartRoutes(app: App, deps: CartRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/carts',
    config: WRITE,
    schema: {
      operationId: 'createCart',
      summary: 'Make a cart',
      description:
        'With a publishable key the answer carries the cart’s `secret`, once; send it as `Cart-Secret` with every further call.',
      tags: TAGS,
      body: schema.NewCart,
      response: { 201: schema.CartWithSecret },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const cart = await createCart(deps, merchantId, holderOf(request), request.body as CartInput)
      return reply.code(201).header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/carts',
    config: STAFF_READ,
    schema: {
      operationId: 'listCarts',
      summary: 'List carts, newest first',
      description: 'All, those of a customer, or those parked in a store. Without prices: read a cart for those.',
      tags: TAGS,
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          state: Type.Optional(Type.Enum(['parked'], { description: 'With store_id: what is parked there.' })),
          store_id: Type.Optional(Id('sto')),
          customer_id: Type.Optional(Id('cus')),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(schema.CartSummarySchema) },
    },
    handler: async (request) => {
      const { limit, cursor, state, store_id, customer_id } = request.query
      if ((state === undefined) !== (store_id === undefined))
        throw invalid(state === undefined ? '?state' : '?store_id', 'state and store_id are given together')
      const { merchantId } = callerOf(request)
      const customer_ids = customer_id && (await personOf(deps.db, merchantId, customer_id))
      const filter = { limit, cursor, customer_ids: customer_ids || undefined, parked_in: store_id }
      const rows = await listCarts(deps.db, merchantId, filter)
      const { data, next_cursor } = page(rows, limit, ({ id }) => id)
      return { data: data.map(summaryOf), next_cursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/carts/:id',
    config: READ,
    schema: {
      operationId: 'getCart',
      summary: 'Read a cart',
      description:
        'Prices, promotions, taxes and stock are of now; `changes` says what is different from what was shown.',
      tags: TAGS,
      params: CartPath,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      const cart = await readCart(deps, callerOf(request).merchantId, { id, caller: holderOf(request) })
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/carts/:id',
    config: WRITE,
    schema: {
      operationId: 'updateCart',
      summary: 'Change a cart',
      description:
        'With If-Match, only when the cart still has that version; else 412, and the problem says which it has.',
      tags: TAGS,
      params: CartPath,
      body: schema.CartPatch,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const cart = await patchCart(deps, merchantId, targetOf(request), request.body as CartPatch)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/carts/:id/stream',
    config: READ,
    schema: {
      operationId: 'streamCart',
      summary: 'Follow a cart live',
      description:
        'Server-sent events of this cart: `id` is the sequence, `event` the type, `data` the event with the cart’s version and state. ' +
        'Begins with the next event or behind the `Last-Event-ID` header. Ends after 15 minutes; reconnect with the last id.',
      tags: TAGS,
      params: CartPath,
      response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } } },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      const cart = await deps.carts.load(merchantId, id)
      admit(cart, holderOf(request))
      const after = lastEventIdOf(request) ?? (await lastSequence(deps.db, merchantId))
      await replyWithStream(reply, deps.eventStreams, { merchantId, after, type: null, objectId: id }, STREAM_ROOM)
    },
  })
}

function lineRoutes(app: App, deps: CartRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/carts/:id/lines',
    config: WRITE,
    schema: {
      operationId: 'addCartLines',
      summary: 'Add lines to a cart',
      description:
        'The same article, handed over the same way, joins the line that is there. Weighed articles stay apart.',
      tags: TAGS,
      params: CartPath,
      body: schema.AddLines,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const cart = await addLines(deps, merchantId, targetOf(request), request.body.lines as NewLine[])
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/carts/:id/lines/:line_id',
    config: WRITE,
    schema: {
      operationId: 'updateCartLine',
      summary: 'Change a line of a cart',
      tags: TAGS,
      params: LinePath,
      body: schema.LinePatch,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const patch = request.body as LinePatch
      const cart = await changeLine(deps, merchantId, targetOf(request), request.params.line_id, patch)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/carts/:id/lines/:line_id',
    config: WRITE,
    schema: {
      operationId: 'removeCartLine',
      summary: 'Remove a line from a cart',
      tags: TAGS,
      params: LinePath,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const cart = await removeLine(deps, merchantId, targetOf(request), request.params.line_id)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })
}

function summaryOf({ parked_name, created_at, updated_at, expires_at, ...row }: CartSummary) {
  return {
    ...row,
    object: 'cart' as const,
    name: parked_name,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
    expires_at: expires_at.toISOString(),
  }
}
