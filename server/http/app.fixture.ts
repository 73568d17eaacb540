// A small app for the tests of this folder: one money route that only counts, so that a test can show that a refused
// request never reached it.

import Type from 'typebox'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { silentLog } from '../lib/log.ts'
import { type App, type AppOptions, type Caller, callerOf, createApp } from './app.ts'
import { idempotencyOf } from './idempotency.ts'
import { createRegistry } from './metrics.ts'
import { PageOf, PageQuery, page } from './page.ts'
import { AmountMinor, AmountOrZero, Channel, CountryCode, Currency, Id, Metadata, Timestamp } from './schema.ts'

const MERCHANT = { merchantId: 'mer_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S', mode: 'test' } as const

export const CALLERS: Record<string, Caller> = {
  sk_test_demo: { ...MERCHANT, keyId: 'key_1', kind: 'secret', scopes: [] },
  pk_test_demo: { ...MERCHANT, keyId: 'key_2', kind: 'publishable', scopes: [] },
  rk_test_payer: { ...MERCHANT, keyId: 'key_3', kind: 'restricted', scopes: ['payments:write'] },
  rk_test_reader: { ...MERCHANT, keyId: 'key_4', kind: 'restricted', scopes: ['payments:read'] },
}

export interface DemoApp {
  app: App
  /** How often any handler of the demo was reached. */
  calls(): number
  drain(): void
  breakWith(error: unknown): void
}

const strict = { additionalProperties: false } as const

export const DemoPayment = Type.Object(
  {
    amount: AmountMinor,
    currency: Currency,
    channel: Channel,
    country: Type.Optional(CountryCode),
    due_at: Type.Optional(Timestamp),
    reference: Type.Optional(Type.String({ maxLength: 100 })),
    lines: Type.Optional(Type.Array(Type.Object({ amount: AmountOrZero }, strict), { maxItems: 100 })),
    metadata: Type.Optional(Metadata),
  },
  strict,
)

/** The demo app, not listening. `overrides` replace options of the real one. */
export async function demoApp(overrides: Partial<AppOptions> = {}): Promise<DemoApp> {
  let calls = 0
  let isDraining = false
  let failure: unknown
  const app = await createApp({
    authenticate: async (bearer) => CALLERS[bearer] ?? null,
    log: silentLog,
    clock: systemClock,
    newId: createIds(systemClock),
    isReady: async () => ({ ok: true, checks: { database: 'ok' } }),
    isDraining: () => isDraining,
    registry: createRegistry(),
    ...overrides,
  })
  const doc = (operationId: string, summary: string) => ({ operationId, summary, tags: ['demo'] })
  app.post(
    '/v1/demo_payments',
    {
      config: { access: { keys: ['secret', 'restricted'], scope: 'payments:write' }, idempotent: true },
      schema: {
        ...doc('createDemoPayment', 'Pays nothing.'),
        body: DemoPayment,
        response: {
          201: Type.Object({ fingerprint: Type.String(), merchant_id: Type.String() }, { description: 'Counted.' }),
        },
      },
    },
    (request, reply) => {
      const { fingerprint } = idempotencyOf(request)
      calls++
      if (failure !== undefined) throw failure
      reply.code(201)
      return { fingerprint, merchant_id: callerOf(request).merchantId }
    },
  )
  app.get(
    '/v1/demo_payments',
    {
      config: { access: { keys: ['secret', 'restricted'], scope: 'payments:read' } },
      schema: {
        ...doc('listDemoPayments', 'Lists three rows.'),
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            amount: Type.Optional(AmountMinor),
            state: Type.Optional(Type.Enum(['open', 'paid'])),
          },
          strict,
        ),
        response: { 200: PageOf(Type.String()) },
      },
    },
    (request) => {
      calls++
      return page(['a', 'b', 'c'].slice(0, request.query.limit + 1), request.query.limit, (row) => row)
    },
  )
  app.get(
    '/v1/demo_payments/:id',
    {
      config: { access: { keys: ['secret'], scope: 'payments:read' } },
      schema: {
        ...doc('getDemoPayment', 'Shows one.'),
        params: Type.Object({ id: Id('pay') }),
        response: { 200: Type.Object({ id: Type.String() }) },
      },
    },
    (request) => {
      calls++
      return { id: request.params.id }
    },
  )
  app.post(
    '/v1/demo_payments/:id/cancel',
    {
      config: { access: { keys: ['secret'], scope: 'payments:write' } },
      schema: {
        ...doc('cancelDemoPayment', 'Takes no body.'),
        params: Type.Object({ id: Id('pay') }),
        response: { 200: Type.Object({}) },
      },
    },
    () => {
      calls++
      return {}
    },
  )
  app.post(
    '/v1/demo_tokens',
    {
      config: { access: { keys: ['publishable'], scope: 'tokens:write' }, takesCards: true },
      schema: {
        ...doc('createDemoToken', 'Stands for the vault.'),
        body: Type.Object({ number: Type.String({ maxLength: 40 }) }, strict),
        response: { 200: Type.Object({ length: Type.Integer() }) },
      },
    },
    (request) => {
      calls++
      return { length: request.body.number.length }
    },
  )
  app.post(
    '/v1/demo_webhooks',
    {
      config: { access: { keys: 'public' }, rawBody: true },
      schema: {
        ...doc('receiveDemoWebhook', 'Takes bytes.'),
        response: { 200: Type.Object({ bytes: Type.Integer() }) },
      },
    },
    (request) => {
      calls++
      return { bytes: request.rawBody?.length ?? 0 }
    },
  )
  return {
    app,
    calls: () => calls,
    drain: () => {
      isDraining = true
    },
    breakWith: (error) => {
      failure = error
    },
  }
}
