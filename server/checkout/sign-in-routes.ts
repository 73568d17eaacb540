// Signing in on the checkout page itself, by a mailed code or a passkey. What is opened is a customer's session like any other; it stays in
// the browser, which sends it along with each step. The page's address opens nothing of it, because others may know that too:
// whoever made it, and whoever passed it on.

import Type from 'typebox'
import type { App } from '../http/app.ts'
import { refuseForeign } from '../http/same-site.ts'
import { closed, Email, Id } from '../http/schema.ts'
import { isLanguage } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { askToSignIn, beginSignIn, confirmSignIn, PasskeyAnswer, signInWithPasskey } from '../signin/index.ts'
import type { CheckoutRouteDeps } from './routes.ts'
import { canSignIn } from './session.ts'
import { readByToken } from './store.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const ByToken = Type.Object({ token: Type.String({ maxLength: 64 }) })
const PageQuery = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })

export function signInRoutes(app: App, deps: CheckoutRouteDeps): void {
  const hidden = { hide: true, params: ByToken, querystring: PageQuery } as const

  /** The merchant of a page on which somebody may sign in. Throws not-found, invalid-state. */
  const merchantOf = async (token: string): Promise<string> => {
    const session = await readByToken(deps.db, token)
    if (!session) throw new Problem('not-found')
    if (!canSignIn(session, deps.clock.now())) throw new Problem('invalid-state')
    return session.merchant_id
  }

  app.route({
    method: 'POST',
    url: '/c/:token/sign_in',
    config: PUBLIC,
    schema: { ...hidden, body: Type.Object({ email: Email }, closed) },
    handler: async (request, reply) => {
      refuseForeign(request)
      const merchantId = await merchantOf(request.params.token)
      const { lang } = request.query
      const language = isLanguage(lang) ? lang : undefined
      return reply
        .code(202)
        .send(await beginSignIn(deps.signIn, merchantId, { email: request.body.email, language, place: request.ip }))
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/sign_in/confirm',
    config: PUBLIC,
    schema: { ...hidden, body: Type.Object({ id: Id('sgn'), code: Type.String({ pattern: '^[0-9]{6}$' }) }, closed) },
    handler: async (request, reply) => {
      refuseForeign(request)
      const merchantId = await merchantOf(request.params.token)
      return reply.code(201).send(await confirmSignIn(deps.signIn, merchantId, request.body))
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/passkey',
    config: PUBLIC,
    schema: hidden,
    handler: async (request, reply) => {
      refuseForeign(request)
      return reply.code(201).send(await askToSignIn(deps.signIn, await merchantOf(request.params.token)))
    },
  })

  app.route({
    method: 'POST',
    url: '/c/:token/passkey/confirm',
    config: PUBLIC,
    schema: { ...hidden, body: Type.Object({ id: Id('pkc'), response: PasskeyAnswer }, closed) },
    handler: async (request, reply) => {
      refuseForeign(request)
      const merchantId = await merchantOf(request.params.token)
      return reply.code(201).send(await signInWithPasskey(deps.signIn, merchantId, request.body))
    },
  })
}
