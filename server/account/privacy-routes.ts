// HTTP for what a customer has a say in: consents, what they looked at, taking everything along, and being forgotten.

import Type from 'typebox'
import { Consent, consentsOf, PURPOSES, recordViews, sayConsent, View, ViewIn, viewsOf } from '../customers/index.ts'
import type { App } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed } from '../http/schema.ts'
import { signedIn, signedInLately } from '../signin/index.ts'
import type { AccountDeps } from './deps.ts'
import { deleteAccount, deletionView } from './erase.ts'
import { exportAccount } from './export.ts'
import { Deletion } from './schema.ts'

const READ = { access: { keys: ['publishable'], scope: 'account:read' } } as const
const WRITE = { access: { keys: ['publishable'], scope: 'account:write' } } as const
const TAGS = ['Own account']
const Purpose = Type.Enum([...PURPOSES])

export function privacyRoutes(app: App, deps: AccountDeps): void {
  consentRoutes(app, deps)
  viewRoutes(app, deps)
  leavingRoutes(app, deps)
}

function consentRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account/consents',
    {
      config: READ,
      schema: {
        operationId: 'listOwnConsents',
        summary: 'What one has agreed to; a purpose that is not there was never answered',
        tags: TAGS,
        response: { 200: Type.Object({ data: Type.Array(Consent) }) },
      },
    },
    async (request) => {
      const who = await signedIn(deps, request)
      return { data: await consentsOf(deps, who.merchantId, who.customerId, false) }
    },
  )
  app.post(
    '/v1/account/consents',
    {
      config: WRITE,
      schema: {
        operationId: 'sayOwnConsent',
        summary: 'Agree to a purpose, or take it back',
        description: 'Taking back `browsing_history` deletes what was looked at.',
        tags: TAGS,
        body: Type.Object({ purpose: Purpose, is_granted: Type.Boolean() }, closed),
        response: { 201: Consent },
      },
    },
    async (request, reply) => {
      const who = await signedIn(deps, request)
      const word = { ...request.body, channel: 'web', proof: `own account, session ${who.sessionId}` }
      return reply.code(201).send(await sayConsent(deps, who.merchantId, who.customerId, word))
    },
  )
}

function viewRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account/views',
    {
      config: READ,
      schema: {
        operationId: 'listOwnViews',
        summary: 'What one has looked at in the last 90 days',
        tags: TAGS,
        querystring: PageQuery,
        response: { 200: PageOf(View) },
      },
    },
    async (request) => {
      const who = await signedIn(deps, request)
      const { limit, cursor } = request.query
      return page(
        await viewsOf(deps, who.merchantId, { customerId: who.customerId, limit, cursor }),
        limit,
        ({ id }) => id,
      )
    },
  )
  app.post(
    '/v1/account/views',
    {
      config: WRITE,
      schema: {
        operationId: 'recordOwnViews',
        summary: 'Record what one looks at',
        description: 'Recorded only for those who agreed to `browsing_history`; kept for 90 days.',
        tags: TAGS,
        body: Type.Object({ views: Type.Array(ViewIn, { minItems: 1, maxItems: 50 }) }, closed),
        response: { 200: Type.Object({ recorded: Type.Integer() }) },
      },
    },
    async (request) => {
      const who = await signedIn(deps, request)
      const input = { channel: 'web', views: request.body.views }
      return { recorded: await recordViews(deps, who.merchantId, who.customerId, input) }
    },
  )
}

function leavingRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account/export',
    {
      config: READ,
      schema: {
        operationId: 'exportAccount',
        summary: 'Everything that is held about oneself',
        description: 'Asks for a sign-in of the last hour.',
        tags: TAGS,
        response: { 200: Type.Object({ object: Type.Literal('account_export') }, { title: 'Export of an account' }) },
      },
    },
    async (request, reply) => {
      const who = await signedInLately(deps, request)
      return reply
        .header('content-disposition', 'attachment; filename="my-account.json"')
        .send(await exportAccount(deps, who))
    },
  )
  app.get(
    '/v1/account/deletion',
    {
      config: READ,
      schema: {
        operationId: 'previewDeletion',
        summary: 'What stands in the way of deleting one’s account, and what would stay',
        tags: TAGS,
        response: { 200: Deletion },
      },
    },
    async (request) => deletionView(deps, await signedIn(deps, request)),
  )
  app.post(
    '/v1/account/deletion',
    {
      config: WRITE,
      schema: {
        operationId: 'deleteAccount',
        summary: 'Delete one’s account',
        description:
          'Name, addresses, identities, saved cards, passkeys, mails and browsing history go; orders, payments and invoices stay without a name. Refused while an order or return is open. Asks for a sign-in of the last hour.',
        tags: TAGS,
        body: Type.Object(
          {
            gives_up_balances: Type.Optional(
              Type.Boolean({
                description: 'Points and store credit that are left are given up. Without it they stand in the way.',
              }),
            ),
          },
          closed,
        ),
        response: { 204: Type.Null({ description: 'Deleted; every session of it has ended.' }) },
      },
    },
    async (request, reply) => {
      const { gives_up_balances = false } = request.body
      await deleteAccount(deps, await signedInLately(deps, request), { gives_up_balances })
      return reply.code(204).send(null)
    },
  )
}
