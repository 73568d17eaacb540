// HTTP for quotes.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { Id } from '../http/schema.ts'
import { etagOf } from '../http/version.ts'
import type { CartDeps } from './cart.ts'
import { acceptQuote, declineQuote, quoteCart, sendQuote, showQuote } from './quote.ts'
import * as schema from './schema.ts'
import { CartPath, holderOf, READ, STAFF_WRITE, TAGS, targetOf, WRITE } from './shared-routes.ts'

const QuotePath = Type.Object({ id: Id('quo') })

export function quoteRoutes(app: App, deps: CartDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/carts/:id/quotes',
    config: STAFF_WRITE,
    schema: {
      operationId: 'createQuote',
      summary: 'Quote a cart',
      description: 'Freezes what this version of the cart costs now, until `valid_until`.',
      tags: TAGS,
      params: CartPath,
      body: schema.NewQuote,
      response: { 201: schema.QuoteSchema },
    },
    handler: async (request, reply) => {
      const until = new Date(request.body.valid_until)
      const quote = await quoteCart(deps, callerOf(request).merchantId, targetOf(request), until)
      return reply.code(201).header('etag', etagOf(quote.version)).send(quote)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/quotes/:id',
    config: READ,
    schema: {
      operationId: 'getQuote',
      summary: 'Read a quote',
      description: 'Open to the merchant’s keys, and to the secret of the cart it is of.',
      tags: TAGS,
      params: QuotePath,
      response: { 200: schema.QuoteSchema },
    },
    handler: async (request, reply) => {
      const { id } = request.params
      const quote = await showQuote(deps, callerOf(request).merchantId, { id, caller: holderOf(request) })
      return reply.header('etag', etagOf(quote.version)).send(quote)
    },
  })

  for (const [verb, work, config, summary] of [
    ['send', sendQuote, STAFF_WRITE, 'Note that a quote was sent'],
    ['accept', acceptQuote, WRITE, 'Accept a quote, which makes a cart with its prices'],
    ['decline', declineQuote, WRITE, 'Decline a quote'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/v1/quotes/:id/${verb}`,
      config,
      schema: {
        operationId: `${verb}Quote`,
        summary,
        tags: TAGS,
        params: QuotePath,
        response: { 200: schema.QuoteSchema },
      },
      handler: async (request, reply) => {
        const quote = await work(deps, callerOf(request).merchantId, targetOf(request))
        return reply.header('etag', etagOf(quote.version)).send(quote)
      },
    })
  }
}
