// HTTP for fulfilments. No decisions.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf, sendStored } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { readOrder } from '../orders/index.ts'
import type { FulfilmentDeps } from './deps.ts'
import { cancelFulfilment } from './drop.ts'
import { type HandOver, handOver } from './hand-over.ts'
import { moveOn } from './move-on.ts'
import { reject, reroute } from './reroute.ts'
import {
  CancelFulfilmentInput,
  CollectInput,
  DeliverInput,
  FULFILMENT_FILTERS,
  FulfilmentBody,
  RejectInput,
  RerouteInput,
  ShipInput,
  SplitInput,
} from './schema.ts'
import { show, showAll } from './show.ts'
import { splitFulfilment } from './split-command.ts'
import { listFulfilments, readFulfilment, readOfOrders } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'fulfilments:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'fulfilments:write' } } as const
const TAGS = ['Fulfilments']
const ById = Type.Object({ id: Id('ful') })
const ByOrder = Type.Object({ id: Id('ord') })
const Query = Type.Object({ ...PageQuery.properties, ...FULFILMENT_FILTERS }, { additionalProperties: false })
const Of = Type.Object({ data: Type.Array(FulfilmentBody) })

/** Registers the module's routes. */
export function routes(app: App, deps: FulfilmentDeps): void {
  readRoutes(app, deps)
  orderRoutes(app, deps)
  simpleRoutes(app, deps)
  handOverRoutes(app, deps)
  giveUpRoutes(app, deps)
}

function readRoutes(app: App, deps: FulfilmentDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/fulfilments',
    config: READ,
    schema: {
      operationId: 'listFulfilments',
      summary: 'List fulfilments, newest first',
      description: 'With store_id: what that store makes ready or hands over.',
      tags: TAGS,
      querystring: Query,
      response: { 200: PageOf(FulfilmentBody) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor, ...filter } = request.query
      await deps.consumer.catchUp(merchantId)
      const rows = await listFulfilments(deps.db, merchantId, filter, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      })
      return page(await showAll(deps.db, merchantId, rows), limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/fulfilments/:id',
    config: READ,
    schema: {
      operationId: 'getFulfilment',
      summary: 'Read a fulfilment',
      tags: TAGS,
      params: ById,
      response: { 200: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const f = await readFulfilment(deps.db, merchantId, request.params.id)
      if (!f) throw new Problem('not-found')
      return reply.header('etag', etagOf(f.version)).send(await show(deps.db, merchantId, f))
    },
  })
}

function orderRoutes(app: App, deps: FulfilmentDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/orders/:id/fulfilments',
    config: READ,
    schema: {
      operationId: 'listOrderFulfilments',
      summary: 'List the fulfilments of an order',
      tags: TAGS,
      params: ByOrder,
      response: { 200: Of },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      if (!(await readOrder(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      const rows = await readOfOrders(deps.db, merchantId, [request.params.id])
      return { data: await showAll(deps.db, merchantId, rows) }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/orders/:id/fulfilments',
    config: WRITE,
    schema: {
      operationId: 'splitFulfilment',
      summary: 'Split a part off a fulfilment of an order',
      description:
        'With If-Match, only when the fulfilment still has that version; else 412. Sent again so, it splits once.',
      tags: TAGS,
      params: ByOrder,
      body: SplitInput,
      response: { 201: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { fulfilment_id, lines } = request.body
      if (!(await readOrder(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      if (!(await readFulfilment(deps.db, merchantId, fulfilment_id)))
        throw new Problem('reference-not-found', {
          errors: [{ pointer: '/fulfilment_id', detail: 'names no fulfilment' }],
        })
      const ifVersion = versionOf(request.headers['if-match'])
      const command = { orderId: request.params.id, fulfilmentId: fulfilment_id, lines, by: keyId, ifVersion }
      const part = await splitFulfilment(deps, merchantId, command)
      return reply
        .code(201)
        .header('etag', etagOf(part.version))
        .send(await show(deps.db, merchantId, part))
    },
  })
}

const SIMPLE = [
  { verb: 'accept', operationId: 'acceptFulfilment', summary: 'Accept a fulfilment in its store' },
  { verb: 'pick', operationId: 'pickFulfilment', summary: 'Begin to pick a fulfilment' },
  { verb: 'ready', operationId: 'readyFulfilment', summary: 'Say that it is packed, or ready to be collected' },
  { verb: 'arrive', operationId: 'arriveFulfilment', summary: 'Say that the customer is there' },
] as const

function simpleRoutes(app: App, deps: FulfilmentDeps): void {
  for (const { verb, operationId, summary } of SIMPLE) {
    app.route({
      method: 'POST',
      url: `/v1/fulfilments/:id/${verb}`,
      config: WRITE,
      schema: { operationId, summary, tags: TAGS, params: ById, response: { 200: FulfilmentBody } },
      handler: async (request, reply) => {
        const { merchantId, keyId } = callerOf(request)
        const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
        const { fulfilment, code } = await moveOn(deps, merchantId, verb, command)
        const view = { ...(await show(deps.db, merchantId, fulfilment)), ...(code === null ? {} : { code }) }
        return reply.header('etag', etagOf(fulfilment.version)).send(view)
      },
    })
  }

  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/deliver',
    config: WRITE,
    schema: {
      operationId: 'deliverFulfilment',
      summary: 'Say what became of a parcel',
      tags: TAGS,
      params: ById,
      body: DeliverInput,
      response: { 200: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { outcome = 'delivered' } = request.body
      const verb = outcome === 'lost' ? 'lose' : outcome === 'returned_to_sender' ? 'return_to_sender' : 'deliver'
      const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
      const { fulfilment } = await moveOn(deps, merchantId, verb, command)
      return reply.header('etag', etagOf(fulfilment.version)).send(await show(deps.db, merchantId, fulfilment))
    },
  })
}

function handOverRoutes(app: App, deps: FulfilmentDeps): void {
  const run = async (request: Parameters<typeof idempotencyOf>[0], id: string, input: HandOver) => {
    const { merchantId, keyId, till } = callerOf(request)
    const of = { id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
    const command = { ...of, input, registerId: till?.registerId }
    return handOver(deps, merchantId, idempotencyOf(request), command)
  }

  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/collect',
    config: { ...WRITE, idempotent: true },
    schema: {
      operationId: 'collectFulfilment',
      summary: 'Hand over what is collected, and charge it',
      description:
        'Only what is collected is charged. 202 while it is not known whether the charge went through; after a decline the goods stay ready and `charge` says why.',
      tags: TAGS,
      params: ById,
      body: CollectInput,
      response: { 200: FulfilmentBody, 202: FulfilmentBody },
    },
    handler: async (request, reply) => {
      return sendStored(reply, await run(request, request.params.id, { verb: 'collect', ...request.body }))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/ship',
    config: { ...WRITE, idempotent: true },
    schema: {
      operationId: 'shipFulfilment',
      summary: 'Hand a parcel to the carrier, and capture its share',
      description:
        'The last parcel captures what remains. When the authorisation has ended, the rest is charged to the card that was kept.',
      tags: TAGS,
      params: ById,
      body: ShipInput,
      response: { 200: FulfilmentBody, 202: FulfilmentBody },
    },
    handler: async (request, reply) => {
      return sendStored(reply, await run(request, request.params.id, { verb: 'ship', ...request.body }))
    },
  })
}

function giveUpRoutes(app: App, deps: FulfilmentDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/reject',
    config: WRITE,
    schema: {
      operationId: 'rejectFulfilment',
      summary: 'Say no to a fulfilment',
      description:
        'It is sent from another store, or cancelled when none has it. The reason decides what becomes of the stock.',
      tags: TAGS,
      params: ById,
      body: RejectInput,
      response: { 200: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
      const f = await reject(deps, merchantId, { ...command, ...request.body })
      return reply.header('etag', etagOf(f.version)).send(await show(deps.db, merchantId, f))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/reroute',
    config: WRITE,
    schema: {
      operationId: 'rerouteFulfilment',
      summary: 'Have it come from another store',
      tags: TAGS,
      params: ById,
      body: RerouteInput,
      response: { 200: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
      const f = await reroute(deps, merchantId, { ...command, ...request.body })
      return reply.header('etag', etagOf(f.version)).send(await show(deps.db, merchantId, f))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/fulfilments/:id/cancel',
    config: WRITE,
    schema: {
      operationId: 'cancelFulfilment',
      summary: 'Give a fulfilment up',
      description: 'What is open of it is cancelled in the order; what was paid for it is released or refunded.',
      tags: TAGS,
      params: ById,
      body: CancelFulfilmentInput,
      response: { 200: FulfilmentBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
      const f = await cancelFulfilment(deps, merchantId, { ...command, ...request.body })
      return reply.header('etag', etagOf(f.version)).send(await show(deps.db, merchantId, f))
    },
  })
}
