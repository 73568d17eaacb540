// HTTP for transfers between stores.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, line } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import type { StockDeps } from './deps.ts'
import { Quantity, QuantityOrZero, TRANSFER_STATES, Transfer } from './schema.ts'
import { configOf, type LoadOf } from './sources.ts'
import { cancelTransfer, createTransfer, inTransaction, receiveTransfer, shipTransfer } from './transfer.ts'
import { transferView } from './transfer-event.ts'
import { listTransfers } from './transfer-store.ts'

export interface StockRouteDeps extends StockDeps {
  /** How much stores have to do already. */
  loadOf: LoadOf
  /** Throws reference-not-found at `pointer` unless all are articles of the merchant; the catalogue knows. */
  mustHaveVariants(merchantId: string, variantIds: readonly string[], pointer: string): Promise<void>
  /** The same, and validation-error for a kit: what stands on a shelf are its parts. */
  mustBeStocked(merchantId: string, variantIds: readonly string[], pointer: string): Promise<void>
}

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stock:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'stock:write' } } as const
const TAGS = ['Stock']
const TransferPath = Type.Object({ id: Id('trf') })

/** Registers the routes of transfers. */
export function transferRoutes(app: App, deps: StockRouteDeps): void {
  app.post(
    '/v1/transfers',
    {
      config: WRITE,
      schema: {
        operationId: 'createTransfer',
        summary: 'Plan to send goods from one store to another; they are reserved',
        tags: TAGS,
        body: Type.Object(
          {
            from_store_id: Id('sto'),
            to_store_id: Id('sto'),
            lines: Type.Array(Type.Object({ variant_id: Id('var'), quantity: Quantity }, closed), {
              minItems: 1,
              maxItems: 500,
            }),
            reference: Type.Optional(line(120)),
          },
          closed,
        ),
        response: { 201: Transfer },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { from_store_id, to_store_id, lines, reference } = request.body
      const { stores } = await configOf(deps, merchantId)
      for (const [pointer, id] of [
        ['/from_store_id', from_store_id],
        ['/to_store_id', to_store_id],
      ] as const) {
        if (!stores.has(id))
          throw new Problem('reference-not-found', { errors: [{ pointer, detail: 'names no store' }] })
      }
      const variantIds = lines.map(({ variant_id }) => variant_id)
      if (from_store_id === to_store_id) throw invalid('/to_store_id', 'is where the goods are')
      if (new Set(variantIds).size < variantIds.length) throw invalid('/lines', 'names an article twice')
      await deps.mustBeStocked(merchantId, variantIds, '/lines')
      const row = await inTransaction(deps, (tx, at) =>
        createTransfer(deps, tx, merchantId, {
          ...{ fromStoreId: from_store_id, toStoreId: to_store_id, reference, at },
          lines: lines.map((each) => ({ ...each, quantity: BigInt(each.quantity) })),
        }),
      )
      return reply.code(201).header('etag', etagOf(row.version)).send(transferView(row))
    },
  )

  app.get(
    '/v1/transfers',
    {
      config: READ,
      schema: {
        operationId: 'listTransfers',
        summary: 'List the transfers, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            state: Type.Optional(Type.Enum(TRANSFER_STATES)),
            from_store_id: Type.Optional(Id('sto')),
            to_store_id: Type.Optional(Id('sto')),
            reference: Type.Optional(line(120)),
          },
          closed,
        ),
        response: { 200: PageOf(Transfer) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      const rows = await listTransfers(deps.db, callerOf(request).merchantId, filter, { limit, cursor })
      return page(rows.map(transferView), limit, ({ id }) => id)
    },
  )

  app.get(
    '/v1/transfers/:id',
    {
      config: READ,
      schema: {
        operationId: 'getTransfer',
        summary: 'Read a transfer',
        tags: TAGS,
        params: TransferPath,
        response: { 200: Transfer },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const [row] = await listTransfers(deps.db, merchantId, { id: request.params.id }, { limit: 1 })
      if (!row) throw new Problem('not-found')
      return reply.header('etag', etagOf(row.version)).send(transferView(row))
    },
  )
  moveRoutes(app, deps)
}

function moveRoutes(app: App, deps: StockRouteDeps): void {
  const described = (operationId: string, summary: string) => ({
    operationId,
    summary,
    tags: TAGS,
    params: TransferPath,
    response: { 200: Transfer },
  })

  app.post(
    '/v1/transfers/:id/ship',
    { config: WRITE, schema: described('shipTransfer', 'The goods leave') },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const of = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), actor: keyId }
      const row = await inTransaction(deps, (tx, at) => shipTransfer(deps, tx, merchantId, { ...of, at }))
      return reply.header('etag', etagOf(row.version)).send(transferView(row))
    },
  )

  app.post(
    '/v1/transfers/:id/receive',
    {
      config: WRITE,
      schema: {
        ...described('receiveTransfer', 'Goods arrive, some or all'),
        description:
          '`final`: nothing more will come; what is missing is lost, and a task is opened. `extra`: beyond what was sent; the store that sent it gets a task. The same `reference` with the same content again changes nothing. What was called back is received the same way, in the store it left.',
        body: Type.Object(
          {
            lines: Type.Array(
              Type.Object(
                {
                  variant_id: Id('var'),
                  received: QuantityOrZero,
                  damaged: Type.Optional(QuantityOrZero),
                  extra: Type.Optional(QuantityOrZero),
                },
                closed,
              ),
              { maxItems: 500 },
            ),
            final: Type.Optional(Type.Boolean()),
            reference: Type.Optional(line(120, 'Your own number of the receipt.')),
          },
          closed,
        ),
      },
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { lines, final = false, reference } = request.body
      if (!final && lines.every(({ received, damaged = 0, extra = 0 }) => received + damaged + extra === 0))
        throw invalid('/lines', 'nothing has arrived')
      const arrivals = lines.map(({ variant_id, received, damaged = 0, extra = 0 }) => ({
        variant_id,
        received: BigInt(received),
        damaged: BigInt(damaged),
        extra: BigInt(extra),
      }))
      const of = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), actor: keyId }
      const row = await inTransaction(deps, (tx, at) =>
        receiveTransfer(deps, tx, merchantId, { ...of, arrivals, isFinal: final, reference, at }),
      )
      return reply.header('etag', etagOf(row.version)).send(transferView(row))
    },
  )

  app.post(
    '/v1/transfers/:id/cancel',
    { config: WRITE, schema: described('cancelTransfer', 'Give a transfer up; what is on its way turns round') },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const of = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']) }
      const row = await inTransaction(deps, (tx, at) => cancelTransfer(deps, tx, merchantId, { ...of, at }))
      return reply.header('etag', etagOf(row.version)).send(transferView(row))
    },
  )
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
