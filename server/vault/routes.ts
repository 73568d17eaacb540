// HTTP for tokens and instruments. Only POST /v1/tokens takes a card number; every other route of the product refuses one.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id, Nullable, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import {
  getInstrument,
  type InstrumentOwner,
  type InstrumentView,
  listInstruments,
  revokeInstrument,
  saveInstrument,
} from './instruments.ts'
import { createToken, getToken } from './tokens.ts'
import type { VaultDeps } from './vault.ts'

const CardIn = Type.Object(
  {
    number: Type.String({ minLength: 1, maxLength: 40, description: 'Card number; spaces and hyphens are ignored.' }),
    exp_month: expiryPart('Month, 1 to 12.'),
    exp_year: expiryPart('Year, with four digits or two.'),
    cvc: Type.Optional(
      Type.String({ maxLength: 8, description: 'Kept in memory until the first authorisation, at most 15 minutes.' }),
    ),
    holder: Type.Optional(Type.String({ minLength: 1, maxLength: 120, description: 'Name on the card.' })),
  },
  { additionalProperties: false },
)

const CardFacts = Type.Object({
  brand: Type.String({ examples: ['visa'] }),
  bin: Type.String({ description: 'First 8 digits, or 6 for numbers shorter than 16.' }),
  last4: Type.String(),
  exp_month: Type.Integer(),
  exp_year: Type.Integer(),
  fingerprint: Type.String({ description: 'The same for the same card number at one merchant, in every channel.' }),
})

const Token = Type.Object(
  {
    id: Id('tok'),
    object: Type.Literal('token'),
    card: CardFacts,
    used: Type.Boolean({ description: 'It has paid or has been saved, and is good for nothing more.' }),
    expires_at: Timestamp,
    created_at: Timestamp,
  },
  { title: 'Token' },
)

const Instrument = Type.Object(
  {
    id: Id('ins'),
    object: Type.Literal('instrument'),
    customer_id: Nullable(Id('cus')),
    order_id: Nullable(Type.String()),
    card: CardFacts,
    created_at: Timestamp,
  },
  { title: 'Instrument' },
)

const CustomerPath = Type.Object({ id: Id('cus') })
const CustomerInstrumentPath = Type.Object({ id: Id('cus'), instrument_id: Id('ins') })
const OrderId = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: '^[\\x21-\\x7e]+$',
  description: 'Your order number.',
})

const READ = { access: { keys: ['secret', 'restricted'], scope: 'instruments:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'instruments:write' } } as const

/** Registers the vault's routes. */
export function routes(app: App, deps: VaultDeps): void {
  tokenRoutes(app, deps)
  customerInstrumentRoutes(app, deps)
  instrumentRoutes(app, deps)
}

function tokenRoutes(app: App, deps: VaultDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tokens',
    config: {
      access: { keys: ['publishable', 'secret', 'restricted'], scope: 'tokens:write' },
      takesCards: true,
    },
    schema: {
      operationId: 'createToken',
      summary: 'Turn a card into a single-use token',
      tags: ['Tokens and instruments'],
      body: Type.Object({ card: CardIn }, { additionalProperties: false }),
      response: { 201: Token },
    },
    handler: async (request, reply) => {
      const token = await createToken(deps, callerOf(request).merchantId, request.body.card)
      return reply.code(201).send(token)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/tokens/:id',
    config: { access: { keys: ['secret', 'restricted'], scope: 'tokens:read' } },
    schema: {
      operationId: 'getToken',
      summary: 'Read a token',
      tags: ['Tokens and instruments'],
      params: Type.Object({ id: Id('tok') }),
      response: { 200: Token },
    },
    handler: async (request) => found(await getToken(deps, callerOf(request).merchantId, request.params.id)),
  })
}

function customerInstrumentRoutes(app: App, deps: VaultDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/customers/:id/instruments',
    config: WRITE,
    schema: {
      operationId: 'saveCustomerInstrument',
      summary: 'Save a card for a customer',
      tags: ['Tokens and instruments'],
      params: CustomerPath,
      body: Type.Object({ token: Id('tok') }, { additionalProperties: false }),
      response: { 201: Instrument },
    },
    handler: async (request, reply) => {
      const owner = { customer_id: request.params.id }
      const onUnknown = () => new Problem('not-found')
      const instrument = await save(deps, callerOf(request).merchantId, request.body.token, owner, onUnknown)
      return reply.code(201).send(instrument)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/customers/:id/instruments',
    config: READ,
    schema: {
      operationId: 'listCustomerInstruments',
      summary: 'List the cards of a customer',
      tags: ['Tokens and instruments'],
      params: CustomerPath,
      querystring: PageQuery,
      response: { 200: PageOf(Instrument) },
    },
    handler: async (request) => {
      const { limit, cursor } = request.query
      const rows = found(
        await listInstruments(deps, callerOf(request).merchantId, request.params.id, {
          before: cursor ?? null,
          limit: limit + 1,
        }),
      )
      return page(rows, limit, (instrument) => instrument.id)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/customers/:id/instruments/:instrument_id',
    config: WRITE,
    schema: {
      operationId: 'revokeCustomerInstrument',
      summary: 'Remove a saved card',
      tags: ['Tokens and instruments'],
      params: CustomerInstrumentPath,
      response: { 204: Type.Null({ description: 'Removed.' }) },
    },
    handler: async (request, reply) => {
      const instrument = { id: request.params.instrument_id, customerId: request.params.id }
      if (!(await revokeInstrument(deps, callerOf(request).merchantId, instrument))) throw new Problem('not-found')
      return reply.code(204).send(null)
    },
  })
}

function instrumentRoutes(app: App, deps: VaultDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/instruments',
    config: WRITE,
    schema: {
      operationId: 'saveInstrument',
      summary: 'Save a card for a customer or for one order',
      tags: ['Tokens and instruments'],
      body: Type.Object(
        { token: Id('tok'), customer_id: Type.Optional(Id('cus')), order_id: Type.Optional(OrderId) },
        { additionalProperties: false },
      ),
      response: { 201: Instrument },
    },
    handler: async (request, reply) => {
      const owner = ownerOf(request.body)
      const onUnknown = () => new Problem('reference-not-found', { errors: [unknownReference('/customer_id')] })
      const instrument = await save(deps, callerOf(request).merchantId, request.body.token, owner, onUnknown)
      return reply.code(201).send(instrument)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/instruments/:id',
    config: READ,
    schema: {
      operationId: 'getInstrument',
      summary: 'Read a saved card',
      tags: ['Tokens and instruments'],
      params: Type.Object({ id: Id('ins') }),
      response: { 200: Instrument },
    },
    handler: async (request) => found(await getInstrument(deps, callerOf(request).merchantId, request.params.id)),
  })
}

/** Text is taken besides numbers, so that "01" works and every wrong form gets card-invalid. */
function expiryPart(description: string) {
  return Type.Union([Type.Integer(), Type.String({ maxLength: 8 })], { description })
}

function ownerOf(body: { customer_id?: string; order_id?: string }): InstrumentOwner {
  const { customer_id, order_id } = body
  if (customer_id !== undefined && order_id === undefined) return { customer_id }
  if (order_id !== undefined && customer_id === undefined) return { order_id }
  const detail = 'Exactly one of customer_id and order_id is needed.'
  throw new Problem('validation-error', {
    errors: [
      { pointer: '/customer_id', detail },
      { pointer: '/order_id', detail },
    ],
  })
}

/** An unknown customer is 404 when it stood in the path and 422 when it stood in the body; the caller knows which. */
async function save(
  deps: VaultDeps,
  merchantId: string,
  token: string,
  owner: InstrumentOwner,
  onUnknownCustomer: () => Problem,
): Promise<InstrumentView> {
  const result = await saveInstrument(deps, merchantId, { token_id: token, ...owner })
  if (result.outcome === 'saved') return result.instrument
  if (result.outcome === 'customer_unknown') throw onUnknownCustomer()
  if (result.outcome === 'token_unknown') {
    throw new Problem('reference-not-found', { errors: [unknownReference('/token')] })
  }
  throw new Problem('token-used', { errors: [{ pointer: '/token', detail: 'Is used or expired.' }] })
}

function unknownReference(pointer: string): { pointer: string; detail: string } {
  return { pointer, detail: 'Names nothing of this merchant.' }
}

function found<T>(value: T | null): T {
  if (value === null) throw new Problem('not-found')
  return value
}
