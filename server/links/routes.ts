// HTTP for payment links. No decisions. The page itself: page-routes.ts.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { changeLink, moveLink } from './change.ts'
import { createLink } from './create.ts'
import type { LinkDeps } from './deps.ts'
import { linkUrl } from './link.ts'
import { pageRoutes } from './page-routes.ts'
import { qrPng, qrSvg } from './qr.ts'
import { LinkBody, LinkPatch, NewLink, Payable } from './schema.ts'
import { listLinks, readLink } from './store.ts'
import { linkView } from './view.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'payment_links:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'payment_links:write' } } as const
const TAGS = ['Payment links']
const ById = Type.Object({ id: Id('lnk') })

/** Registers the module's routes, and its page. */
export function routes(app: App, deps: LinkDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/payment_links',
    config: WRITE,
    schema: {
      operationId: 'createPaymentLink',
      summary: 'Make an address at which somebody pays',
      description:
        'Over an amount, over what the payer says, or over what is due for an order. Send, show or print its `url`; `share` holds it ready for chats and mail. With an `Idempotency-Key`, the same key again answers the same link, and mails it once.',
      tags: TAGS,
      body: NewLink,
      response: { 201: LinkBody },
    },
    handler: async (request, reply) => {
      const idempotency = request.headers['idempotency-key'] === undefined ? null : idempotencyOf(request)
      const link = await createLink(deps, callerOf(request).merchantId, request.body, idempotency)
      return reply
        .code(201)
        .header('etag', etagOf(Number(link.version)))
        .send(await linkView(deps, link))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/payment_links',
    config: READ,
    schema: {
      operationId: 'listPaymentLinks',
      summary: 'List payment links, newest first',
      tags: TAGS,
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          order_id: Type.Optional(Payable),
          store_id: Type.Optional(Id('sto')),
          is_open: Type.Optional(
            Type.Boolean({ description: 'Only those that may still be paid or resumed, or only the others.' }),
          ),
        },
        { additionalProperties: false },
      ),
      response: { 200: PageOf(LinkBody) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const rows = await listLinks(deps.db, merchantId, request.query, deps.clock.now())
      return page(await Promise.all(rows.map((row) => linkView(deps, row))), request.query.limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/payment_links/:id',
    config: READ,
    schema: {
      operationId: 'getPaymentLink',
      summary: 'Read a payment link',
      tags: TAGS,
      params: ById,
      response: { 200: LinkBody },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const link = await found(deps, merchantId, request.params.id)
      return reply.header('etag', etagOf(Number(link.version))).send(await linkView(deps, link))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/payment_links/:id',
    config: WRITE,
    schema: {
      operationId: 'changePaymentLink',
      summary: 'Change a payment link',
      description:
        'A new amount ends the page that was open for the old one, and is refused while money is under way for that. `If-Match` holds the change to a version.',
      tags: TAGS,
      params: ById,
      body: LinkPatch,
      response: { 200: LinkBody },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const version = versionOf(request.headers['if-match'])
      const link = await changeLink(deps, merchantId, request.params.id, request.body, version)
      return reply.header('etag', etagOf(Number(link.version))).send(await linkView(deps, link))
    },
  })

  moveRoutes(app, deps)
  qrRoutes(app, deps)
  pageRoutes(app, deps)
}

function moveRoutes(app: App, deps: LinkDeps): void {
  for (const [move, summary, description] of [
    ['cancel', 'End a payment link', 'It can never be paid again. A payment that is under way stays as it is.'],
    ['pause', 'Pause a payment link', 'Until it is resumed every try to pay is refused before a provider is called.'],
    [
      'resume',
      'Resume a paused payment link',
      'Also one that was paused because cards were tested: declined tries are counted anew from now on.',
    ],
  ] as const)
    app.route({
      method: 'POST',
      url: `/v1/payment_links/:id/${move}`,
      config: WRITE,
      schema: {
        operationId: `${move}PaymentLink`,
        ...{ summary, description },
        tags: TAGS,
        params: ById,
        response: { 200: LinkBody },
      },
      handler: async (request) =>
        linkView(deps, await moveLink(deps, callerOf(request).merchantId, request.params.id, move)),
    })
}

function qrRoutes(app: App, deps: LinkDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/payment_links/:id/qr.svg',
    config: READ,
    schema: {
      operationId: 'getPaymentLinkQrSvg',
      summary: 'The address of a payment link as a QR code, for print',
      tags: TAGS,
      params: ById,
      response: { 200: { content: { 'image/svg+xml': { schema: Type.String() } } } },
    },
    handler: async (request, reply) => {
      const link = await found(deps, callerOf(request).merchantId, request.params.id)
      return reply.type('image/svg+xml').send(qrSvg(linkUrl(deps, link)))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/payment_links/:id/qr.png',
    config: READ,
    schema: {
      operationId: 'getPaymentLinkQrPng',
      summary: 'The address of a payment link as a QR code, as a picture',
      tags: TAGS,
      params: ById,
      querystring: Type.Object(
        {
          size: Type.Integer({
            minimum: 64,
            maximum: 2000,
            default: 512,
            description: 'Pixels at most; modules are whole pixels.',
          }),
        },
        { additionalProperties: false },
      ),
      response: {
        200: { content: { 'image/png': { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) } } },
      },
    },
    handler: async (request, reply) => {
      const link = await found(deps, callerOf(request).merchantId, request.params.id)
      return reply.type('image/png').send(await qrPng(linkUrl(deps, link), request.query.size))
    },
  })
}

async function found(deps: LinkDeps, merchantId: string, id: string) {
  const link = await readLink(deps.db, merchantId, id)
  if (!link) throw new Problem('not-found')
  return link
}
