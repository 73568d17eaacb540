// HTTP for the event log: read it, or follow it live.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { type EventRow, eventView } from './event.ts'
import { findEvent, lastSequence, listEvents } from './event-store.ts'
import { EventSchema, EventType } from './schema.ts'
import type { EventStreams } from './stream.ts'
import { lastEventIdOf, replyWithStream, sequenceOf } from './stream-routes.ts'

export interface EventRouteDeps {
  db: Db
  eventStreams: EventStreams
}

const READ = { access: { keys: ['secret', 'restricted'], scope: 'events:read' } } as const

const After = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'Only events with a higher sequence.',
})

/** Registers the routes of the event log. */
export function eventRoutes(app: App, deps: EventRouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/events',
    config: READ,
    schema: {
      operationId: 'listEvents',
      summary: 'List events, oldest first',
      description:
        'A cursor is a sequence, so you can keep the last one you have seen and continue any time with `after`.',
      tags: ['Events'],
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          after: Type.Optional(After),
          type: Type.Optional(EventType),
          object_id: Type.Optional(Type.String({ maxLength: 64 })),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(EventSchema) },
    },
    handler: async (request) => {
      const { limit, cursor, after, type, object_id } = request.query
      if (cursor !== undefined && after !== undefined) throw invalid('?after', 'Give either cursor or after.')
      const query = {
        after: cursor === undefined ? BigInt(after ?? 0) : sequenceOf(cursor, '?cursor'),
        type: type ?? null,
        object_id: object_id ?? null,
        limit: limit + 1,
      }
      const rows = await listEvents(deps.db, callerOf(request).merchantId, query)
      const { data, next_cursor } = page(rows, limit, (row: EventRow) => String(row.seq))
      return { data: data.map(eventView), next_cursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/events/stream',
    config: READ,
    schema: {
      operationId: 'streamEvents',
      summary: 'Follow events live',
      description:
        'Server-sent events: `id` is the sequence, `event` the type, `data` the event. Begins with the next event, behind `after`, ' +
        'or behind the `Last-Event-ID` header. The server ends a stream after 15 minutes; reconnect with the last id.',
      tags: ['Events'],
      querystring: Type.Object(
        { after: Type.Optional(After), type: Type.Optional(EventType) },
        { additionalProperties: false },
      ),
      response: { 200: { content: { 'text/event-stream': { schema: Type.String() } } } },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const asked = lastEventIdOf(request)
      const after =
        asked ??
        (request.query.after === undefined ? await lastSequence(deps.db, merchantId) : BigInt(request.query.after))
      await replyWithStream(reply, deps.eventStreams, { merchantId, after, type: request.query.type ?? null })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/events/:id',
    config: READ,
    schema: {
      operationId: 'getEvent',
      summary: 'Read an event',
      tags: ['Events'],
      params: Type.Object({ id: Id('evt') }),
      response: { 200: EventSchema },
    },
    handler: async (request) => {
      const row = await findEvent(deps.db, callerOf(request).merchantId, request.params.id)
      if (!row) throw new Problem('not-found')
      return eventView(row)
    },
  })
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { detail, errors: [{ pointer, detail }] })
}
