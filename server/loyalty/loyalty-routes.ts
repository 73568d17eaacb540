// HTTP for points.

import Type from 'typebox'
import { currentProfile, hasCustomer } from '../customers/index.ts'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { once } from '../payments/index.ts'
import type { LoyaltyDeps } from './deps.ts'
import { listPointEntries } from './earning-store.ts'
import { entryView } from './gift-card-routes.ts'
import { Entry } from './gift-card-schema.ts'
import { adjustPoints, loyaltyOf } from './loyalty.ts'
import {
  LoyaltyAccount,
  PointsAdjustment,
  ProgrammeInput,
  ProgrammeView,
  programmeOf,
  programmeOut,
} from './loyalty-schema.ts'
import { readLoyaltyProgramme, writeLoyaltyProgramme } from './programme-store.ts'
import { valuesOf } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'loyalty:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'loyalty:write' } } as const
const TAGS = ['Loyalty']
const CustomerPath = Type.Object({ id: Id('cus') })

export interface LoyaltyRouteDeps extends LoyaltyDeps {
  /** Books what orders and returns have done so far, so that clients read their own writes. */
  catchUp(merchantId: string): Promise<void>
}

export function loyaltyRoutes(app: App, deps: LoyaltyRouteDeps): void {
  app.put(
    '/v1/loyalty/programme',
    {
      config: WRITE,
      schema: {
        operationId: 'setLoyaltyProgramme',
        summary: 'Say how points are earned, what they are worth, and which tiers there are',
        description: 'Counts for what is earned from now on; points that were earned stay as many.',
        tags: TAGS,
        body: ProgrammeInput,
        response: { 200: ProgrammeView },
      },
    },
    async (request) => {
      const programme = programmeOf(request.body, deps.clock.now())
      return programmeOut(await writeLoyaltyProgramme(deps.db, callerOf(request).merchantId, programme))
    },
  )
  app.get(
    '/v1/loyalty/programme',
    {
      config: READ,
      schema: {
        operationId: 'getLoyaltyProgramme',
        summary: 'Read the loyalty programme',
        tags: TAGS,
        response: { 200: ProgrammeView },
      },
    },
    async (request) => {
      const row = await readLoyaltyProgramme(deps.db, callerOf(request).merchantId)
      if (!row) throw new Problem('not-found')
      return programmeOut(row)
    },
  )
  app.get(
    '/v1/customers/:id/loyalty',
    {
      config: READ,
      schema: {
        operationId: 'getLoyalty',
        summary: 'A customer’s points and tier',
        tags: TAGS,
        params: CustomerPath,
        response: { 200: LoyaltyAccount },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      if (!(await hasCustomer(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      await deps.catchUp(merchantId)
      return loyaltyOf(deps, merchantId, request.params.id)
    },
  )
  app.post(
    '/v1/customers/:id/loyalty/adjustments',
    {
      config: { ...WRITE, idempotent: true },
      schema: {
        operationId: 'adjustLoyalty',
        summary: 'Give or take away points, with a reason',
        tags: TAGS,
        params: CustomerPath,
        body: PointsAdjustment,
        response: { 201: LoyaltyAccount },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const idempotency = idempotencyOf(request)
      const input = { customerId: request.params.id, ...request.body }
      if (input.points === 0) {
        throw new Problem('validation-error', { errors: [{ pointer: '/points', detail: 'must not be 0' }] })
      }
      const answer = await once(deps, merchantId, idempotency, input.customerId, async () => ({
        status: 201,
        body: JSON.stringify(await adjustPoints(deps, merchantId, idempotency.key, input)),
      }))
      return reply.code(201).send(JSON.parse(answer.body))
    },
  )
  app.get(
    '/v1/loyalty/entries',
    {
      config: READ,
      schema: {
        operationId: 'listLoyaltyEntries',
        summary: 'Points earned, spent and taken back, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            customer_id: Type.Optional(Id('cus')),
            order_id: Type.Optional(Type.String({ maxLength: 64, pattern: '^[A-Za-z0-9_.:-]+$' })),
          },
          closed,
        ),
        response: { 200: PageOf(Entry) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { customer_id, order_id, limit, cursor } = request.query
      await deps.catchUp(merchantId)
      let accountId: string | undefined
      if (customer_id !== undefined) {
        const isKnown = await hasCustomer(deps.db, merchantId, customer_id)
        const customerId = await currentProfile(deps.db, merchantId, customer_id)
        accountId = isKnown ? (await valuesOf(deps.db, merchantId, { customerId, kind: 'points' }))[0]?.id : undefined
        if (accountId === undefined) return { data: [], next_cursor: null }
      }
      const entries = await listPointEntries(deps.db, merchantId, { accountId, orderId: order_id, limit, cursor })
      return page(entries.map(entryView), limit, (entry) => entry.id)
    },
  )
}
