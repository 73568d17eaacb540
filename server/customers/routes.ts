// HTTP for customers.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Email, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { type CustomerDeps, changeCustomer, createCustomer, viewOf } from './customer.ts'
import { findCustomers, listCustomers, readCustomer } from './store.ts'

const Reference = line(120, 'Your own number for this person; unique.')
const PersonName = line(200)
const Phone = Type.String({
  minLength: 3,
  maxLength: 32,
  pattern: '^\\+?[0-9 ()./-]+$',
  description: 'Best with country code.',
})
const Locale = Type.String({
  pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$',
  description: 'BCP 47, for example `nl-NL`.',
})
const Groups = Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$' }), {
  maxItems: 20,
  uniqueItems: true,
  description: 'Names of customer groups, for prices and promotions.',
})

export const Customer = Type.Object(
  {
    id: Id('cus'),
    object: Type.Literal('customer'),
    reference: Nullable(Type.String()),
    email: Nullable(Type.String()),
    name: Nullable(Type.String()),
    phone: Nullable(Type.String()),
    locale: Nullable(Type.String()),
    groups: Type.Array(Type.String()),
    merged_into: Nullable(Type.String({ description: 'The profile this one was merged into.' })),
    version: Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' }),
    created_at: Timestamp,
  },
  { title: 'Customer' },
)

const NewCustomer = Type.Object(
  {
    reference: Type.Optional(Reference),
    email: Type.Optional(Email),
    name: Type.Optional(PersonName),
    phone: Type.Optional(Phone),
    locale: Type.Optional(Locale),
    groups: Type.Optional(Groups),
  },
  { additionalProperties: false },
)

const CustomerPatch = Type.Object(
  {
    reference: Type.Optional(Nullable(Reference)),
    email: Type.Optional(Nullable(Email)),
    name: Type.Optional(Nullable(PersonName)),
    phone: Type.Optional(Nullable(Phone)),
    locale: Type.Optional(Nullable(Locale)),
    groups: Type.Optional(Groups),
  },
  { additionalProperties: false, minProperties: 1 },
)

const CustomerQuery = Type.Object(
  {
    ...PageQuery.properties,
    reference: Type.Optional(Reference),
    email: Type.Optional(Email),
    q: Type.Optional({
      ...line(120),
      minLength: 2,
      description:
        'What somebody says: beginnings of a name, or a telephone number. Alone; answers one page: whole words first, then names that begin so, then all others; the newest first among equals.',
    }),
  },
  { additionalProperties: false },
)

const CustomerPath = Type.Object({ id: Id('cus') })
const READ = { access: { keys: ['secret', 'restricted'], scope: 'customers:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'customers:write' } } as const
const TAGS = ['Customers']

/** Registers the module's routes. */
export function routes(app: App, deps: CustomerDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/customers',
    config: WRITE,
    schema: {
      operationId: 'createCustomer',
      summary: 'Add a customer',
      tags: TAGS,
      body: NewCustomer,
      response: { 201: Customer },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await createCustomer(deps, callerOf(request).merchantId, request.body)),
  })

  app.route({
    method: 'GET',
    url: '/v1/customers',
    config: READ,
    schema: {
      operationId: 'listCustomers',
      summary: 'List the customers',
      tags: TAGS,
      querystring: CustomerQuery,
      response: { 200: PageOf(Customer) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { q, limit, cursor, ...filter } = request.query
      if (q !== undefined) {
        if (cursor !== undefined || Object.keys(filter).length > 0)
          throw new Problem('validation-error', { errors: [{ pointer: '?q', detail: 'is asked for alone' }] })
        return { data: (await findCustomers(deps.db, merchantId, q, limit)).map(viewOf), next_cursor: null }
      }
      const rows = await listCustomers(deps.db, merchantId, request.query)
      return page(rows.map(viewOf), request.query.limit, (customer) => customer.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/customers/:id',
    config: READ,
    schema: {
      operationId: 'getCustomer',
      summary: 'Read a customer',
      tags: TAGS,
      params: CustomerPath,
      response: { 200: Customer },
    },
    handler: async (request, reply) => {
      const customer = await readCustomer(deps.db, callerOf(request).merchantId, request.params.id)
      if (!customer) throw new Problem('not-found')
      return reply.header('etag', etagOf(customer.version)).send(viewOf(customer))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/customers/:id',
    config: WRITE,
    schema: {
      operationId: 'updateCustomer',
      summary: 'Change a customer',
      description: 'With If-Match, only when the customer still has that version; else 412.',
      tags: TAGS,
      params: CustomerPath,
      body: CustomerPatch,
      response: { 200: Customer },
    },
    handler: async (request, reply) => {
      const input = {
        id: request.params.id,
        ifVersion: versionOf(request.headers['if-match']),
        fields: request.body,
      }
      const customer = await changeCustomer(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(customer.version)).send(customer)
    },
  })
}
