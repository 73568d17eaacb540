// HTTP for checkout sessions and settings. No decisions. The page itself: page-routes.ts.

import Type from 'typebox'
import { transact } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { type SignInDeps, signedInIfAny } from '../signin/index.ts'
import { createSession } from './create.ts'
import type { CheckoutDeps } from './deps.ts'
import { endSession } from './end.ts'
import { OfferBody, offerOf } from './offer.ts'
import { pageRoutes } from './page-routes.ts'
import { NewSession, SessionBody, SettingsBody, SettingsInput } from './schema.ts'
import { sessionView } from './session.ts'
import { changeSettings, settingsOf } from './settings.ts'
import { listSessions, readSession } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'checkout:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'checkout:write' } } as const
/** A page of the shop opens the checkout of its own cart. */
const MAKE = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'checkout:write' } } as const
const TAGS = ['Checkout']
const ById = Type.Object({ id: Id('chs') })

/** What the routes need besides the verbs. */
export interface CheckoutRouteDeps extends CheckoutDeps {
  /** Reads all news of payments, so that a session is shown as it stands. */
  consumer: { catchUp(merchantId: string): Promise<void> }
  /** How a customer signs in on the page. */
  signIn: SignInDeps
}

/** Registers the module's routes, and its pages. */
export function routes(app: App, deps: CheckoutRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/checkout_sessions',
    config: MAKE,
    schema: {
      operationId: 'createCheckoutSession',
      summary: 'Make a page on which an amount, an order or a whole cart is paid',
      description:
        'Send the customer to its `url`. No money is asked for before they choose how to pay. With a publishable key for a cart, whose secret is sent as Cart-Secret; with Customer-Session besides, it is that customer’s page, with their saved cards.',
      tags: TAGS,
      body: NewSession,
      response: { 201: SessionBody },
    },
    handler: async (request, reply) => {
      const { merchantId, kind } = callerOf(request)
      // A page's key proves nobody's identity; a session beside it does.
      const who = kind === 'publishable' ? await signedInIfAny(deps, request) : null
      const caller = { kind, headers: request.headers, ...(who === null ? {} : { signedIn: who.customerId }) }
      const session = await createSession(deps, merchantId, request.body, { caller })
      return reply.code(201).send(sessionView(deps, session))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/checkout_sessions',
    config: READ,
    schema: {
      operationId: 'listCheckoutSessions',
      summary: 'List checkout sessions, newest first',
      tags: TAGS,
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          order_id: Type.Optional(Id('ord')),
          customer_id: Type.Optional(Id('cus')),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(SessionBody) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const rows = await listSessions(deps.db, merchantId, request.query)
      return page(
        rows.map((row) => sessionView(deps, row)),
        request.query.limit,
        ({ id }) => id,
      )
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/checkout_sessions/:id',
    config: READ,
    schema: {
      operationId: 'getCheckoutSession',
      summary: 'Read a checkout session',
      description:
        '`complete` means that its payment is made; nothing else does, least of all a customer who comes back.',
      tags: TAGS,
      params: ById,
      response: { 200: SessionBody },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const session = await readSession(deps.db, merchantId, request.params.id)
      if (!session) throw new Problem('not-found')
      return sessionView(deps, session)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/checkout_sessions/:id/methods',
    config: READ,
    schema: {
      operationId: 'explainCheckoutMethods',
      summary: 'Why a page offers these ways to pay, in this order',
      description:
        'As they would be shown now, each with the reason for its place; and the others, with the reason against them.',
      tags: TAGS,
      params: ById,
      response: { 200: OfferBody },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const session = await readSession(deps.db, merchantId, request.params.id)
      if (!session) throw new Problem('not-found')
      return offerOf(deps, session)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/checkout_sessions/:id/cancel',
    config: WRITE,
    schema: {
      operationId: 'cancelCheckoutSession',
      summary: 'End a checkout session before it is paid',
      description: 'Its page can no longer be paid. A payment that is under way stays as it is.',
      tags: TAGS,
      params: ById,
      response: { 200: SessionBody },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      await deps.consumer.catchUp(merchantId)
      const session = await transact(deps.db, async (tx) => {
        const ended = await endSession(deps, tx, merchantId, id)
        return ended ?? (await readSession(tx, merchantId, id))
      })
      if (!session) throw new Problem('not-found')
      if (session.state === 'complete') throw new Problem('invalid-state', { detail: 'It is paid.' })
      return sessionView(deps, session)
    },
  })

  settingsRoutes(app, deps)
  pageRoutes(app, deps)
}

function settingsRoutes(app: App, deps: CheckoutDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/checkout_settings',
    config: READ,
    schema: {
      operationId: 'getCheckoutSettings',
      summary: 'What your pages look like and where they may lead',
      tags: TAGS,
      response: { 200: SettingsBody },
    },
    handler: async (request, reply) => {
      const { version, ...settings } = await settingsOf(deps, callerOf(request).merchantId)
      reply.header('etag', etagOf(Number(version)))
      return { object: 'checkout_settings' as const, ...settings, version: Number(version) }
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/checkout_settings',
    config: WRITE,
    schema: {
      operationId: 'changeCheckoutSettings',
      summary: 'Change what your pages look like and where they may lead',
      tags: TAGS,
      body: SettingsInput,
      response: { 200: SettingsBody },
    },
    handler: async (request, reply) => {
      const { version, ...settings } = await changeSettings(deps, callerOf(request).merchantId, request.body)
      reply.header('etag', etagOf(Number(version)))
      return { object: 'checkout_settings' as const, ...settings, version: Number(version) }
    },
  })
}
