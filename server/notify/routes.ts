// HTTP for webhook endpoints and their deliveries.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { deliveryView } from './delivery.ts'
import { endpointView } from './endpoint.ts'
import { type EventRouteDeps, eventRoutes } from './event-routes.ts'
import {
  changeEndpoint,
  createEndpoint,
  type ManageDeps,
  redeliver,
  removeEndpoint,
  rollSecret,
} from './manage-endpoint.ts'
import {
  DeliverySchema,
  DeliveryStateSchema,
  EndpointNew,
  EndpointPatch,
  EndpointSchema,
  EndpointWithSecret,
  SecretRoll,
} from './schema.ts'
import { findEndpoint, listDeliveries, listEndpoints } from './store.ts'

export type RouteDeps = ManageDeps & EventRouteDeps

const READ = { access: { keys: ['secret', 'restricted'], scope: 'webhooks:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'webhooks:write' } } as const
const TAGS = ['Webhooks']
/** A day is enough to deploy a new secret in working hours anywhere. */
const DEFAULT_OVERLAP_HOURS = 24
const EndpointPath = Type.Object({ id: Id('whe') })

/** Registers everything a merchant can ask of this module. */
export function routes(app: App, deps: RouteDeps): void {
  eventRoutes(app, deps)
  readingRoutes(app, deps)
  changingRoutes(app, deps)
  deliveryRoutes(app, deps)
}

function readingRoutes(app: App, deps: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/webhook_endpoints',
    config: READ,
    schema: {
      operationId: 'listWebhookEndpoints',
      summary: 'List webhook endpoints, newest first',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(EndpointSchema) },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query
      if (cursor !== undefined && !isId('whe', cursor)) throw badCursor()
      const rows = await listEndpoints(deps.db, callerOf(request).merchantId, {
        before: cursor ?? null,
        limit: limit + 1,
      })
      const { data, next_cursor } = page(rows, limit, (row) => row.id)
      return { data: data.map(endpointView), next_cursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/webhook_endpoints/:id',
    config: READ,
    schema: {
      operationId: 'getWebhookEndpoint',
      summary: 'Read a webhook endpoint',
      tags: TAGS,
      params: EndpointPath,
      response: { 200: EndpointSchema },
    },
    handler: async (request) =>
      endpointView(found(await findEndpoint(deps.db, callerOf(request).merchantId, request.params.id))),
  })
}

function changingRoutes(app: App, deps: RouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/webhook_endpoints',
    config: WRITE,
    schema: {
      operationId: 'createWebhookEndpoint',
      summary: 'Have events sent to a URL',
      tags: TAGS,
      body: EndpointNew,
      response: { 201: EndpointWithSecret },
    },
    handler: async (request, reply) => {
      const { url, description, event_types } = request.body
      const input = { url, description: description ?? null, event_types: event_types ?? [] }
      const { endpoint, secret } = await createEndpoint(deps, callerOf(request).merchantId, input)
      return reply.code(201).send({ ...endpointView(endpoint), secret: secret.reveal() })
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/webhook_endpoints/:id',
    config: WRITE,
    schema: {
      operationId: 'changeWebhookEndpoint',
      summary: 'Change a webhook endpoint, or switch it off or on',
      tags: TAGS,
      params: EndpointPath,
      body: EndpointPatch,
      response: { 200: EndpointSchema },
    },
    handler: async (request) =>
      endpointView(await changeEndpoint(deps, callerOf(request).merchantId, request.params.id, request.body)),
  })

  app.route({
    method: 'DELETE',
    url: '/v1/webhook_endpoints/:id',
    config: WRITE,
    schema: {
      operationId: 'deleteWebhookEndpoint',
      summary: 'Remove a webhook endpoint and its deliveries',
      tags: TAGS,
      params: EndpointPath,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      await removeEndpoint(deps, callerOf(request).merchantId, request.params.id)
      return reply.code(204).send(null)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/webhook_endpoints/:id/roll_secret',
    config: WRITE,
    schema: {
      operationId: 'rollWebhookSecret',
      summary: 'Give a webhook endpoint a new signing secret',
      tags: TAGS,
      params: EndpointPath,
      body: SecretRoll,
      response: { 200: EndpointWithSecret },
    },
    handler: async (request) => {
      const overlapHours = request.body.overlap_hours ?? DEFAULT_OVERLAP_HOURS
      const { endpoint, secret } = await rollSecret(deps, callerOf(request).merchantId, request.params.id, overlapHours)
      return { ...endpointView(endpoint), secret: secret.reveal() }
    },
  })
}

function deliveryRoutes(app: App, deps: RouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/webhook_endpoints/:id/deliveries',
    config: READ,
    schema: {
      operationId: 'listWebhookDeliveries',
      summary: 'List what was sent to a webhook endpoint, newest event first',
      tags: TAGS,
      params: EndpointPath,
      querystring: Type.Object(
        { ...PageQuery.properties, state: Type.Optional(DeliveryStateSchema) },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(DeliverySchema) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor, state } = request.query
      if (cursor !== undefined && !/^\d+$/.test(cursor)) throw badCursor()
      found(await findEndpoint(deps.db, merchantId, request.params.id))
      const before = cursor === undefined ? null : BigInt(cursor)
      const rows = await listDeliveries(deps.db, merchantId, request.params.id, {
        before,
        state: state ?? null,
        limit: limit + 1,
      })
      const { data, next_cursor } = page(rows, limit, (row) => String(row.event_seq))
      return { data: data.map(deliveryView), next_cursor }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/webhook_deliveries/:id/redeliver',
    config: WRITE,
    schema: {
      operationId: 'redeliverWebhook',
      summary: 'Send an event again',
      tags: TAGS,
      params: Type.Object({ id: Id('whd') }),
      response: { 202: DeliverySchema },
    },
    handler: async (request, reply) => {
      const delivery = await redeliver(deps, callerOf(request).merchantId, request.params.id)
      return reply.code(202).send(deliveryView(delivery))
    },
  })
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw new Problem('not-found')
  return row
}

function badCursor(): Problem {
  return new Problem('validation-error', { errors: [{ pointer: '?cursor', detail: 'Is not a cursor of this list.' }] })
}
