// HTTP for what belongs to a customer: consents, addresses, what they looked at, their timeline, merges.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, CountryCode, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import type { Consumer } from '../notify/index.ts'
import { addAddress, addressesOf, changeAddress, removeAddress } from './address.ts'
import { recordViews, viewsOf } from './browsing.ts'
import { consentsOf, PURPOSES, sayConsent } from './consent.ts'
import type { IdentityDeps } from './identity.ts'
import { identityRoutes } from './identity-routes.ts'
import { type MergeDeps, mergeCustomers, mergesOf, undoMerge } from './merge.ts'
import { timelineOf } from './timeline.ts'

export type ProfileDeps = IdentityDeps & MergeDeps & { timeline: Consumer }

const READ = { access: { keys: ['secret', 'restricted'], scope: 'customers:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'customers:write' } } as const
const TAGS = ['Customers']
const CustomerPath = Type.Object({ id: Id('cus') })
const Purpose = Type.Enum([...PURPOSES])
export const Consent = Type.Object(
  {
    object: Type.Literal('consent'),
    purpose: Purpose,
    is_granted: Type.Boolean(),
    channel: Type.String(),
    proof: Nullable(Type.String()),
    said_at: Timestamp,
  },
  { title: 'Consent' },
)
export const AddressIn = Type.Object(
  {
    name: Type.Optional(Nullable(line(200))),
    lines: Type.Array(line(120), { minItems: 1, maxItems: 4 }),
    postal_code: Type.Optional(Nullable(line(20))),
    city: line(120),
    region: Type.Optional(Nullable(line(120))),
    country: CountryCode,
    phone: Type.Optional(Nullable(Type.String({ minLength: 3, maxLength: 32, pattern: '^\\+?[0-9 ()./-]+$' }))),
    is_default: Type.Optional(Type.Boolean({ description: 'Offered first. The first address is, unless told.' })),
  },
  closed,
)
export const Address = Type.Object(
  {
    id: Id('adr'),
    object: Type.Literal('address'),
    customer_id: Id('cus'),
    name: Nullable(Type.String()),
    lines: Type.Array(Type.String()),
    postal_code: Nullable(Type.String()),
    city: Type.String(),
    region: Nullable(Type.String()),
    country: Type.String(),
    phone: Nullable(Type.String()),
    is_default: Type.Boolean(),
    version: Type.Integer(),
    created_at: Timestamp,
  },
  { title: 'Address' },
)
export const View = Type.Object(
  {
    id: Id('brw'),
    object: Type.Literal('view'),
    kind: Type.String(),
    product_id: Nullable(Type.String()),
    variant_id: Nullable(Type.String()),
    query: Nullable(Type.String()),
    channel: Type.String(),
    seen_at: Timestamp,
  },
  { title: 'View' },
)
export const ViewIn = Type.Object(
  {
    kind: Type.Enum(['product', 'search', 'wishlist']),
    product_id: Type.Optional(Id('prd')),
    variant_id: Type.Optional(Id('var')),
    query: Type.Optional(line(200)),
  },
  closed,
)
const Moment = Type.Object(
  {
    object: Type.Literal('moment'),
    sequence: Type.Integer({ description: 'The event’s place in the log.' }),
    type: Type.String({ examples: ['payment.captured'] }),
    object_type: Type.String(),
    object_id: Type.String(),
    channel: Nullable(Type.String()),
    store_id: Nullable(Type.String()),
    order_id: Nullable(Type.String()),
    data: Type.Unknown({ description: 'What the event carried.' }),
    happened_at: Timestamp,
  },
  { title: 'Moment' },
)
const Merge = Type.Object(
  {
    id: Id('mrg'),
    object: Type.Literal('customer_merge'),
    customer_id: Id('cus'),
    merged_customer_id: Id('cus'),
    reason: Nullable(Type.String()),
    merged_at: Timestamp,
    undone_at: Nullable(Timestamp),
  },
  { title: 'Merge of two customers' },
)

/** Registers the routes of what belongs to a customer. */
export function profileRoutes(app: App, deps: ProfileDeps): void {
  identityRoutes(app, deps)
  consentRoutes(app, deps)
  addressRoutes(app, deps)
  historyRoutes(app, deps)
  mergeRoutes(app, deps)
}

function consentRoutes(app: App, deps: ProfileDeps): void {
  app.post(
    '/v1/customers/:id/consents',
    {
      config: WRITE,
      schema: {
        operationId: 'sayConsent',
        summary: 'Record a customer’s yes or no',
        tags: TAGS,
        params: CustomerPath,
        body: Type.Object(
          {
            purpose: Purpose,
            is_granted: Type.Boolean(),
            channel: Channel,
            proof: Type.Optional(line(500, 'How it can be shown: a form’s version, a recording.')),
          },
          closed,
        ),
        response: { 201: Consent },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await sayConsent(deps, callerOf(request).merchantId, request.params.id, request.body)),
  )
  app.get(
    '/v1/customers/:id/consents',
    {
      config: READ,
      schema: {
        operationId: 'listConsents',
        summary: 'What a customer has agreed to',
        tags: TAGS,
        params: CustomerPath,
        querystring: Type.Object(
          { history: Type.Optional(Type.Boolean({ description: 'Every word, newest first.' })) },
          closed,
        ),
        response: { 200: Type.Object({ data: Type.Array(Consent) }) },
      },
    },
    async (request) => {
      const { history = false } = request.query
      return { data: await consentsOf(deps, callerOf(request).merchantId, request.params.id, history) }
    },
  )
}

function addressRoutes(app: App, deps: ProfileDeps): void {
  const AddressPath = Type.Object({ id: Id('cus'), address_id: Id('adr') })
  app.post(
    '/v1/customers/:id/addresses',
    {
      config: WRITE,
      schema: {
        operationId: 'addAddress',
        summary: 'Add an address',
        tags: TAGS,
        params: CustomerPath,
        body: AddressIn,
        response: { 201: Address },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await addAddress(deps, callerOf(request).merchantId, request.params.id, request.body)),
  )
  app.get(
    '/v1/customers/:id/addresses',
    {
      config: READ,
      schema: {
        operationId: 'listAddresses',
        summary: 'The addresses of a customer',
        tags: TAGS,
        params: CustomerPath,
        response: { 200: Type.Object({ data: Type.Array(Address) }) },
      },
    },
    async (request) => ({ data: await addressesOf(deps, callerOf(request).merchantId, request.params.id) }),
  )
  app.put(
    '/v1/customers/:id/addresses/:address_id',
    {
      config: WRITE,
      schema: {
        operationId: 'changeAddress',
        summary: 'Replace an address',
        description: 'With If-Match, only when the address still has that version; else 412.',
        tags: TAGS,
        params: AddressPath,
        body: AddressIn,
        response: { 200: Address },
      },
    },
    async (request, reply) => {
      const input = {
        customerId: request.params.id,
        addressId: request.params.address_id,
        ifVersion: versionOf(request.headers['if-match']),
        fields: request.body,
      }
      const address = await changeAddress(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(address.version)).send(address)
    },
  )
  app.delete(
    '/v1/customers/:id/addresses/:address_id',
    {
      config: WRITE,
      schema: {
        operationId: 'removeAddress',
        summary: 'Remove an address',
        tags: TAGS,
        params: AddressPath,
        response: { 204: Type.Null({ description: 'Removed.' }) },
      },
    },
    async (request, reply) => {
      const { id, address_id } = request.params
      await removeAddress(deps, callerOf(request).merchantId, { customerId: id, addressId: address_id })
      return reply.code(204).send(null)
    },
  )
}

function historyRoutes(app: App, deps: ProfileDeps): void {
  app.post(
    '/v1/customers/:id/views',
    {
      config: WRITE,
      schema: {
        operationId: 'recordViews',
        summary: 'Record what a customer looked at',
        description: 'Recorded only for those who agreed to `browsing_history`; kept for 90 days.',
        tags: TAGS,
        params: CustomerPath,
        body: Type.Object({ channel: Channel, views: Type.Array(ViewIn, { minItems: 1, maxItems: 50 }) }, closed),
        response: { 200: Type.Object({ recorded: Type.Integer() }) },
      },
    },
    async (request) => ({
      recorded: await recordViews(deps, callerOf(request).merchantId, request.params.id, request.body),
    }),
  )
  app.get(
    '/v1/customers/:id/views',
    {
      config: READ,
      schema: {
        operationId: 'listViews',
        summary: 'What a customer looked at in the last 90 days',
        tags: TAGS,
        params: CustomerPath,
        querystring: PageQuery,
        response: { 200: PageOf(View) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query
      const of = { customerId: request.params.id, limit, cursor }
      return page(await viewsOf(deps, callerOf(request).merchantId, of), limit, ({ id }) => id)
    },
  )
  app.get(
    '/v1/customers/:id/timeline',
    {
      config: READ,
      schema: {
        operationId: 'customerTimeline',
        summary: 'Everything that happened with a customer, in every channel',
        tags: TAGS,
        params: CustomerPath,
        querystring: PageQuery,
        response: { 200: PageOf(Moment) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query
      // A cursor of another kind of list stands for no place in this one.
      const before = cursor !== undefined && /^\d+$/.test(cursor) ? BigInt(cursor) : undefined
      const of = { customerId: request.params.id, limit, before }
      const moments = await timelineOf(deps, callerOf(request).merchantId, of)
      return page(moments, limit, ({ sequence }) => String(sequence))
    },
  )
}

function mergeRoutes(app: App, deps: ProfileDeps): void {
  app.post(
    '/v1/customers/:id/merges',
    {
      config: WRITE,
      schema: {
        operationId: 'mergeCustomers',
        summary: 'Merge another profile into this one',
        tags: TAGS,
        params: CustomerPath,
        body: Type.Object({ from: Id('cus'), reason: Type.Optional(line(200)) }, closed),
        response: { 201: Merge },
      },
    },
    async (request, reply) => {
      const input = { into: request.params.id, ...request.body }
      return reply.code(201).send(await mergeCustomers(deps, callerOf(request).merchantId, input))
    },
  )
  app.get(
    '/v1/customers/:id/merges',
    {
      config: READ,
      schema: {
        operationId: 'listMerges',
        summary: 'The profiles that were merged into this one',
        tags: TAGS,
        params: CustomerPath,
        response: { 200: Type.Object({ data: Type.Array(Merge) }) },
      },
    },
    async (request) => ({ data: await mergesOf(deps, callerOf(request).merchantId, request.params.id) }),
  )
  app.post(
    '/v1/customer_merges/:id/undo',
    {
      config: WRITE,
      schema: {
        operationId: 'undoMerge',
        summary: 'Undo a merge',
        tags: TAGS,
        params: Type.Object({ id: Id('mrg') }),
        response: { 200: Merge },
      },
    },
    async (request) => undoMerge(deps, callerOf(request).merchantId, request.params.id),
  )
}
