// The demo retailer's shop. The server sends the shell with the publishable key; everything else the pages do is the public API, so
// that a developer can copy web/shop and change one line.

import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { App } from '../http/app.ts'
import { isLanguage, LANGUAGE_NAMES } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { languageFor, sendDocument } from '../pages/index.ts'
import type { StorefrontDeps } from './deps.ts'
import type { ShopView } from './shop-view.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const Query = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })

export function shopRoutes(app: App, deps: StorefrontDeps): void {
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const door = deps.shop.open
    const merchant = door && (await deps.merchantCache.get(door.merchantId))
    if (!door || !merchant) throw new Problem('not-found')
    const { lang } = request.query as { lang?: string }
    const language = languageFor([isLanguage(lang) ? lang : null], request.headers['accept-language'])
    const view: ShopView = {
      key: door.publishableKey,
      merchant: merchant.name,
      is_test: merchant.mode === 'test',
      country: merchant.country,
      currency: merchant.currency,
      languages: Object.entries(LANGUAGE_NAMES).map(([code, name]) => ({ code, name })),
    }
    return sendDocument(reply, deps.pages, { face: 'shop', language, view })
  }
  app.route({
    method: 'GET',
    url: '/shop',
    config: PUBLIC,
    schema: { hide: true, querystring: Query },
    handler: show,
  })
  app.route({
    method: 'GET',
    url: '/shop/*',
    config: PUBLIC,
    schema: { hide: true, querystring: Query },
    handler: show,
  })
  // What the QR of a hand-over holds, opened on a phone: the shop takes the cart over.
  app.route({
    method: 'GET',
    url: '/c/:code(^[34679ACDEFGHJKMNPQRTWXY]{6}$)',
    config: PUBLIC,
    schema: { hide: true, params: Type.Object({ code: Type.String() }) },
    handler: async (request, reply) => {
      if (!deps.shop.open) throw new Problem('not-found')
      const { code } = request.params as { code: string }
      return reply.code(303).header('location', `/shop/join/${code}`).send('')
    },
  })
}
