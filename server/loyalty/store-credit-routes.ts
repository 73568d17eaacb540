// HTTP for store credit.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { once } from '../payments/index.ts'
import type { LoyaltyDeps } from './deps.ts'
import { entryView } from './gift-card-routes.ts'
import { Entry, StoreCredit, StoreCreditAdjustment } from './gift-card-schema.ts'
import { listEntries, readValue } from './store.ts'
import { adjustStoreCredit, storeCreditOf, storeCreditView } from './store-credit.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'gift_cards:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'gift_cards:write' }, idempotent: true } as const
const TAGS = ['Store credit']
const CustomerPath = Type.Object({ id: Id('cus') })

export function storeCreditRoutes(app: App, deps: LoyaltyDeps): void {
  app.get(
    '/v1/customers/:id/store_credit',
    {
      config: READ,
      schema: {
        operationId: 'getStoreCredit',
        summary: 'A customer’s store credit, per currency',
        tags: TAGS,
        params: CustomerPath,
        response: { 200: Type.Object({ data: Type.Array(StoreCredit) }) },
      },
    },
    async (request) => {
      const accounts = await storeCreditOf(deps, callerOf(request).merchantId, request.params.id)
      return { data: accounts.map(storeCreditView) }
    },
  )
  app.post(
    '/v1/customers/:id/store_credit/adjustments',
    {
      config: WRITE,
      schema: {
        operationId: 'adjustStoreCredit',
        summary: 'Give or take away store credit, with a reason',
        tags: TAGS,
        params: CustomerPath,
        body: StoreCreditAdjustment,
        response: { 201: StoreCredit },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const idempotency = idempotencyOf(request)
      const input = { customerId: request.params.id, ...request.body }
      if (input.amount === 0) {
        throw new Problem('amount-invalid', { errors: [{ pointer: '/amount', detail: 'must not be 0' }] })
      }
      const answer = await once(deps, merchantId, idempotency, input.customerId, async () => ({
        status: 201,
        body: JSON.stringify(storeCreditView(await adjustStoreCredit(deps, merchantId, idempotency.key, input))),
      }))
      return reply.code(201).send(JSON.parse(answer.body))
    },
  )
  app.get(
    '/v1/store_credits/:id/entries',
    {
      config: READ,
      schema: {
        operationId: 'listStoreCreditEntries',
        summary: 'What a balance of store credit is made of, newest first',
        tags: TAGS,
        params: Type.Object({ id: Id('scr') }),
        querystring: PageQuery,
        response: { 200: PageOf(Entry) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      if (!(await readValue(deps.db, merchantId, id))) throw new Problem('not-found')
      const entries = await listEntries(deps.db, merchantId, { accountId: id, ...request.query })
      return page(entries.map(entryView), request.query.limit, (entry) => entry.id)
    },
  )
}
