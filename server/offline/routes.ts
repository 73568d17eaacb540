// HTTP for offline sales: what a till sends when it is back, and what people read and decide.

import Type from 'typebox'
import { type App, type Caller, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { acceptSale, type Decider, rejectSale, resolve, saleFor } from './decide.ts'
import type { OfflineDeps } from './deps.ts'
import { feedRoutes } from './feed-routes.ts'
import { makeKeyKnown } from './key.ts'
import { listSales, REVIEW_CODES, STATUSES } from './sale-store.ts'
import {
  DecisionIn,
  Key,
  KeyIn,
  OfflineSale,
  OfflineSaleWhole,
  ResolutionIn,
  State,
  StateIn,
  Upload,
  UploadIn,
} from './schema.ts'
import { tellState } from './state.ts'
import { tillOf } from './till-of.ts'
import { upload } from './upload.ts'
import { resultView, saleView, seen, wholeView } from './view.ts'

const USE = { access: { keys: ['restricted'], scope: 'tills:use' } } as const
const READ = { access: { keys: ['secret', 'restricted'], scope: 'offline_sales:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'offline_sales:write' } } as const
const TAGS = ['Offline sales']
const SalePath = Type.Object({ id: Id('ofs') })

/** Registers the routes of offline selling. */
export function routes(app: App, deps: OfflineDeps): void {
  tillRoutes(app, deps)
  stateRoutes(app, deps)
  readRoutes(app, deps)
  decisionRoutes(app, deps)
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

function stateRoutes(app: App, deps: OfflineDeps): void {
  app.route({
    method: 'PUT',
    url: '/v1/till/offline_state',
    config: USE,
    schema: {
      operationId: 'putOfflineState',
      summary: 'Say how many sales this till has not handed in yet',
      description: 'Shown with the shift of its register and on the X report, until the till says that there are none.',
      tags: TAGS,
      body: StateIn,
      response: { 200: State },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const { deviceId, registerId } = tillOf(caller)
      const { queue, oldest_at = null } = request.body
      if ((queue === 0) !== (oldest_at === null))
        throw new Problem('validation-error', {
          errors: [{ pointer: '/oldest_at', detail: 'is needed with a queue, and with a queue alone' }],
        })
      const oldestAt = oldest_at === null ? null : new Date(oldest_at)
      const told = await tellState(deps, caller.merchantId, { deviceId, registerId, queue, oldestAt })
      return { object: 'offline_state' as const, queue, oldest_at, told_at: told.told_at.toISOString() }
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

function decisionRoutes(app: App, deps: OfflineDeps): void {
  for (const [verb, decide, summary, description] of DECISIONS)
    app.route({
      method: 'POST',
      url: `/v1/offline_sales/:id/${verb}`,
      config: WRITE,
      schema: {
        operationId: `${verb}OfflineSale`,
        summary,
        description,
        tags: TAGS,
        params: SalePath,
        body: DecisionIn,
        response: { 200: OfflineSaleWhole },
      },
      handler: async (request) => {
        const caller = callerOf(request)
        const { id } = request.params
        await decide(deps, caller.merchantId, { id, reason: request.body.reason, by: deciderOf(caller) })
        return show(deps, caller, id)
      },
    })

  app.route({
    method: 'POST',
    url: '/v1/offline_sales/:id/reviews/:review/resolution',
    config: WRITE,
    schema: {
      operationId: 'resolveOfflineReview',
      summary: 'Say what became of something there was to look at',
      description: 'The first word stays.',
      tags: TAGS,
      params: Type.Object({ id: Id('ofs'), review: Type.Enum([...REVIEW_CODES]) }),
      body: ResolutionIn,
      response: { 200: OfflineSaleWhole },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const { id, review: code } = request.params
      await resolve(deps, caller.merchantId, { id, code, note: request.body.note, by: deciderOf(caller) })
      return show(deps, caller, id)
    },
  })
}

const DECISIONS = [
  [
    'accept',
    acceptSale,
    'Book a sale that was set apart, as it stands',
    'What cannot be read, or does not add up, cannot be booked by anybody: reject it, and enter the sale by hand.',
  ],
  ['reject', rejectSale, 'Say that a sale that was set apart is never booked', 'Its document stays.'],
] as const

function deciderOf({ keyId, till }: Caller): Decider {
  return { id: keyId, till }
}

/** As its caller may see it. Throws not-found, other-till. */
async function show(deps: OfflineDeps, caller: Caller, id: string) {
  const sale = await saleFor(deps, caller.merchantId, id, caller.till)
  const [whole] = await seen(deps.db, caller.merchantId, [sale])
  if (!whole) throw new Error('a sale that was just read is not there')
  return wholeView(deps.db, caller.merchantId, whole)
}
