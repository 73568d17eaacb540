// HTTP for counts.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, line, Timestamp } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { cancelCount, countLines, countView, openCount, submitCount } from './count.ts'
import { listCounts } from './count-store.ts'
import { Count, QuantityOrZero } from './schema.ts'
import type { StockRouteDeps } from './transfer-routes.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stock:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'stock:write' } } as const
const TAGS = ['Stock']
const CountPath = Type.Object({ id: Id('cnt') })

/** Registers the routes of counts. */
export function countRoutes(app: App, deps: StockRouteDeps): void {
  const described = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tags: TAGS,
    params: CountPath,
    response: { 200: Count },
  })

  app.post(
    '/v1/stock/counts',
    {
      config: WRITE,
      schema: {
        operationId: 'openStockCount',
        summary: 'Begin to count in a store',
        tags: TAGS,
        body: Type.Object({ store_id: Id('sto'), name: line(120) }, closed),
        response: { 201: Count },
      },
    },
    async (request, reply) => {
      const { store_id, name } = request.body
      const row = await openCount(deps, callerOf(request).merchantId, { storeId: store_id, name })
      return reply.code(201).header('etag', etagOf(row.version)).send(countView(row))
    },
  )

  app.get(
    '/v1/stock/counts',
    {
      config: READ,
      schema: {
        operationId: 'listStockCounts',
        summary: 'List the counts, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            store_id: Type.Optional(Id('sto')),
            state: Type.Optional(Type.Enum(['open', 'submitted', 'cancelled'])),
          },
          closed,
        ),
        response: { 200: PageOf(Count) },
      },
    },
    async (request) => {
      const rows = await listCounts(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(countView), request.query.limit, ({ id }) => id)
    },
  )

  app.get(
    '/v1/stock/counts/:id',
    { config: READ, schema: described('getStockCount', 'Read a count; what was expected is hidden while it is open') },
    async (request, reply) => {
      const [row] = await listCounts(deps.db, callerOf(request).merchantId, { id: request.params.id, limit: 1 })
      if (!row) throw new Problem('not-found')
      return reply.header('etag', etagOf(row.version)).send(countView(row))
    },
  )

  app.put(
    '/v1/stock/counts/:id/lines',
    {
      config: WRITE,
      schema: {
        ...described('countStock', 'Write down what was counted; a second figure replaces the first'),
        description:
          'Where figures are sent later than they were counted, `counted_at` says when: what was sold since is not brought back.',
        body: Type.Object(
          {
            lines: Type.Array(
              Type.Object(
                {
                  variant_id: Id('var'),
                  counted: QuantityOrZero,
                  counted_at: Type.Optional(Timestamp),
                },
                closed,
              ),
              { minItems: 1, maxItems: 500 },
            ),
          },
          closed,
        ),
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const lines = request.body.lines.map(({ variant_id, counted, counted_at }) => ({
        ...{ variant_id, counted: BigInt(counted) },
        ...(counted_at === undefined ? {} : { counted_at: new Date(counted_at) }),
      }))
      await deps.mustBeStocked(
        merchantId,
        lines.map(({ variant_id }) => variant_id),
        '/lines',
      )
      const row = await countLines(deps, merchantId, { id: request.params.id, lines })
      return reply.header('etag', etagOf(row.version)).send(countView(row))
    },
  )

  app.post(
    '/v1/stock/counts/:id/submit',
    {
      config: WRITE,
      schema: described(
        'submitStockCount',
        'Hand the count in: what was found too much or too little becomes movements',
      ),
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const of = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), actor: keyId }
      const row = await submitCount(deps, merchantId, of)
      return reply.header('etag', etagOf(row.version)).send(countView(row))
    },
  )

  app.post(
    '/v1/stock/counts/:id/cancel',
    { config: WRITE, schema: described('cancelStockCount', 'Give a count up') },
    async (request, reply) => {
      const row = await cancelCount(deps, callerOf(request).merchantId, request.params.id)
      return reply.header('etag', etagOf(row.version)).send(countView(row))
    },
  )
}
