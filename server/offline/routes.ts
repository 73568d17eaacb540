// HTTP for offline sales: what a till sends when it is back, and what people read and decide.

import Type from 'typebox'
import { type App, type Caller, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import type { OfflineDeps } from './deps.ts'
import { feedRoutes } from './feed-routes.ts'
import { makeKeyKnown } from './key.ts'
import { listSales, readSale, STATUSES } from './sale-store.ts'
import { Key, KeyIn, OfflineSale, OfflineSaleWhole, Upload, UploadIn } from './schema.ts'
import { tillOf } from './till-of.ts'
import { upload } from './upload.ts'
import { resultView, saleView, seen, wholeView } from './view.ts'

const USE = { access: { keys: ['restricted'], scope: 'tills:use' } } as const
const READ = { access: { keys: ['secret', 'restricted'], scope: 'offline_sales:read' } } as const
const TAGS = ['Offline sales']
const SalePath = Type.Object({ id: Id('ofs') })

/** Registers the routes of offline selling. */
export function routes(app: App, deps: OfflineDeps): void {
  tillRoutes(app, deps)
  readRoutes(app, deps)
  feedRoutes(app, deps)
}

function tillRoutes(app: App, deps: OfflineDeps): void {
  app.route({
    method: 'PUT',
    url: '/v1/till/offline_key',
    config: USE,
    schema: {
      operationId: 'putOfflineKey',
      summary: 'Make the key known that this till signs its offline sales with',
      description:
        'The same key again is the same answer. Another one, of a till that was installed anew, begins a chain of its own.',
      tags: TAGS,
      body: KeyIn,
      response: { 200: Key },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const { deviceId } = tillOf(caller)
      const { public_key: publicKey } = request.body
      const { id, device_id, next_sequence, last_hash } = await makeKeyKnown(deps, caller.merchantId, {
        ...{ deviceId, publicKey },
      })
      return { object: 'offline_key' as const, id, device_id, next_sequence, last_hash }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/offline_sales',
    config: USE,
    schema: {
      operationId: 'uploadOfflineSales',
      summary: 'Hand in what was sold while the till was cut off',
      description:
        'Documents in the order of their chain. Each is taken by itself: one that is right is booked as it was sold, anything else is kept and set apart with its reason. The same document again answers what it answered. One whose predecessor is missing is refused (`offline-gap`), with all after it.',
      tags: TAGS,
      body: UploadIn,
      response: { 200: Upload },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const { deviceId } = tillOf(caller)
      const { documents } = request.body
      const { sales, end } = await upload(deps, caller.merchantId, { documents, deviceId })
      return {
        object: 'offline_upload' as const,
        results: sales.map((each, i) => resultView(each, documents[i]?.hash ?? '')),
        ...{ next_sequence: end?.next_sequence ?? null, last_hash: end?.last_hash ?? null },
      }
    },
  })
}

function readRoutes(app: App, deps: OfflineDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/offline_sales',
    config: READ,
    schema: {
      operationId: 'listOfflineSales',
      summary: 'List offline sales, the newest first',
      description: 'At a till, those of its register.',
      tags: TAGS,
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          status: Type.Optional(Type.Enum([...STATUSES])),
          register_id: Type.Optional(Id('reg')),
          has_reviews: Type.Optional(
            Type.Enum(['yes', 'no'], { description: 'Whether something is left to look at.' }),
          ),
        },
        closed,
      ),
      response: { 200: PageOf(OfflineSale) },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const { limit, cursor, status, has_reviews } = request.query
      const register_id = caller.till?.registerId ?? request.query.register_id
      if (request.query.register_id !== undefined && request.query.register_id !== register_id)
        throw new Problem('other-till', { errors: [{ pointer: '?register_id', detail: 'is another register' }] })
      const reviewed = has_reviews === undefined ? undefined : has_reviews === 'yes'
      const of = { limit, cursor, status, register_id, has_reviews: reviewed }
      const rows = await seen(deps.db, caller.merchantId, await listSales(deps.db, caller.merchantId, of))
      return page(rows.map(saleView), limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/offline_sales/:id',
    config: READ,
    schema: {
      operationId: 'getOfflineSale',
      summary: 'Read an offline sale with its document as it came',
      tags: TAGS,
      params: SalePath,
      response: { 200: OfflineSaleWhole },
    },
    handler: async (request) => show(deps, callerOf(request), request.params.id),
  })
}

/** A sale of the merchant, and at a till of its register. Throws not-found, other-till. */
async function show(deps: OfflineDeps, caller: Caller, id: string) {
  const sale = await readSale(deps.db, caller.merchantId, id)
  if (!sale) throw new Problem('not-found')
  if (caller.till && caller.till.registerId !== sale.register_id) throw new Problem('other-till')
  const [whole] = await seen(deps.db, caller.merchantId, [sale])
  if (!whole) throw new Error('a sale that was just read is not there')
  return wholeView(deps.db, caller.merchantId, whole)
}
