// HTTP for what happens to a whole cart: merging, handing over, parking, locking, confirming.

import { type App, callerOf } from '../http/app.ts'
import { etagOf } from '../http/version.ts'
import type { CartDeps } from './cart.ts'
import { type Claim, claimCart, handOver } from './handover.ts'
import { invalid } from './lines.ts'
import { mergeCarts } from './merge.ts'
import * as schema from './schema.ts'
import { CartPath, holderOf, STAFF_WRITE, TAGS, targetOf, WRITE } from './shared-routes.ts'
import { confirmCart, lockCart, parkCart, resumeCart, unlockCart } from './states.ts'

export function stateRoutes(app: App, deps: CartDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/carts/:id/merge',
    config: STAFF_WRITE,
    schema: {
      operationId: 'mergeCarts',
      summary: 'Merge two carts into one',
      description:
        'For a guest who signs in. Give `into`, the cart that stays, or `from_cart_id`, the cart that goes; the other is the one in the address. ' +
        'The cart that goes says where it went, and its devices follow. Never one customer’s cart into another’s.',
      tags: TAGS,
      params: CartPath,
      body: schema.Merge,
      response: { 200: schema.MergeSchema },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { into, from_cart_id, policy } = request.body
      if ((into === undefined) === (from_cart_id === undefined))
        throw invalid('/into', 'give either into or from_cart_id')
      const { id, ifVersion } = targetOf(request)
      const answer = await mergeCarts(deps, merchantId, {
        into: into ?? id,
        from: from_cart_id ?? id,
        policy,
        ifVersion,
        named: id,
        pointer: into === undefined ? '/from_cart_id' : '/into',
      })
      return { object: 'cart_merge' as const, ...answer }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/carts/:id/handover',
    config: WRITE,
    schema: {
      operationId: 'handOverCart',
      summary: 'Make a code that hands a cart over',
      description:
        'Six characters and a QR for another device: single use, ten minutes. A new one ends the one before.',
      tags: TAGS,
      params: CartPath,
      response: { 201: schema.HandoverSchema },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await handOver(deps, callerOf(request).merchantId, targetOf(request))),
  })

  app.route({
    method: 'POST',
    url: '/v1/carts/claim',
    config: WRITE,
    schema: {
      operationId: 'claimCart',
      summary: 'Take a cart over with its code',
      description:
        'The same cart, now here too, with its customer; both devices hold it. With a publishable key the answer carries a `secret`.',
      tags: TAGS,
      body: schema.Claim,
      response: { 200: schema.CartWithSecret },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const claim = request.body as Claim
      const caller = holderOf(request)
      // All pages share one key, so the address tells them apart; all tills may share an address, so the register does.
      const from = caller.kind === 'merchant' ? `${request.ip} ${claim.register_id ?? ''}` : request.ip
      const guesser = { kind: caller.kind, name: `${keyId} ${from}` }
      const cart = await claimCart(deps, merchantId, { caller, guesser }, claim)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/carts/:id/park',
    config: STAFF_WRITE,
    schema: {
      operationId: 'parkCart',
      summary: 'Park a cart',
      description: 'Every register of its store finds it, for a week.',
      tags: TAGS,
      params: CartPath,
      body: schema.Park,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const cart = await parkCart(deps, callerOf(request).merchantId, targetOf(request), request.body.name)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/carts/:id/resume',
    config: STAFF_WRITE,
    schema: {
      operationId: 'resumeCart',
      summary: 'Take up a parked cart',
      tags: TAGS,
      params: CartPath,
      body: schema.Resume,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const cart = await resumeCart(deps, callerOf(request).merchantId, targetOf(request), request.body.register_id)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })

  for (const [verb, work, summary] of [
    ['lock', lockCart, 'Lock a cart while it is being paid'],
    ['unlock', unlockCart, 'Unlock a cart'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/v1/carts/:id/${verb}`,
      config: WRITE,
      schema: {
        operationId: `${verb}Cart`,
        summary,
        description: 'A locked cart cannot be changed from any device. The lock ends by itself after 15 minutes.',
        tags: TAGS,
        params: CartPath,
        response: { 200: schema.CartSchema },
      },
      handler: async (request, reply) => {
        const cart = await work(deps, callerOf(request).merchantId, targetOf(request))
        return reply.header('etag', etagOf(cart.version)).send(cart)
      },
    })
  }

  app.route({
    method: 'POST',
    url: '/v1/carts/:id/confirm',
    config: WRITE,
    schema: {
      operationId: 'confirmCart',
      summary: 'Confirm what a cart costs',
      description:
        '`changes` is empty afterwards. When the total is another by now: 409 price-changed, and nothing is done.',
      tags: TAGS,
      params: CartPath,
      body: schema.Confirm,
      response: { 200: schema.CartSchema },
    },
    handler: async (request, reply) => {
      const expected = BigInt(request.body.expected_total)
      const cart = await confirmCart(deps, callerOf(request).merchantId, targetOf(request), expected)
      return reply.header('etag', etagOf(cart.version)).send(cart)
    },
  })
}
