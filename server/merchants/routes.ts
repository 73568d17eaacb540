// HTTP for the merchant, its stores and registers, and for setting up terminals; what happens at one is in server/terminals. Accounts and methods have files of their own.

import Type from 'typebox'
import { isMemberState } from '../countries/index.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, CountryCode, Currency, Id, Nullable, Timestamp } from '../http/schema.ts'
import { accountRoutes } from './account-routes.ts'
import type { MerchantConfig } from './config.ts'
import { methodRoutes } from './method-routes.ts'
import { found, invalid, type MerchantRouteDeps, Name, referred } from './request.ts'
import * as rows from './store.ts'
import { storeRoutes } from './store-routes.ts'

const Merchant = Type.Object(
  {
    id: Id('mer'),
    object: Type.Literal('merchant'),
    name: Name,
    currency: Currency,
    country: CountryCode,
    mode: Type.Enum(['test', 'live']),
    channels: Type.Array(Channel),
    distance_sales: Type.Enum([...rows.DISTANCE_SALES], {
      description:
        'Whose VAT parcels to consumers in other member states of the EU bear. `origin` is for sellers established in one of them whose such sales stay below 10,000 EUR a year.',
    }),
  },
  { title: 'Merchant' },
)

const MerchantPatch = Type.Object(
  { distance_sales: Merchant.properties.distance_sales },
  { additionalProperties: false },
)

const Register = Type.Object(
  { id: Id('reg'), object: Type.Literal('register'), store_id: Id('sto'), name: Name, created_at: Timestamp },
  { title: 'Register' },
)

/** What is set up of a terminal. */
export const TerminalShape = Type.Object(
  {
    id: Id('ter'),
    object: Type.Literal('terminal'),
    store_id: Id('sto'),
    register_id: Nullable(Id('reg')),
    connector_account_id: Id('cac'),
    name: Name,
    serial: Type.String(),
    created_at: Timestamp,
  },
  { title: 'Terminal' },
)

const NewRegister = Type.Object({ store_id: Id('sto'), name: Name }, { additionalProperties: false })

const NewTerminal = Type.Object(
  {
    store_id: Id('sto'),
    register_id: Type.Optional(Id('reg')),
    connector_account_id: Id('cac'),
    name: Name,
    serial: Type.String({ minLength: 1, maxLength: 64, pattern: '^[\\x21-\\x7e]+$' }),
  },
  { additionalProperties: false },
)

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stores:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'stores:write' } } as const
const TAGS = ['Merchant']

/** Registers the module's routes. */
export function routes(app: App, deps: MerchantRouteDeps): void {
  merchantRoute(app, deps)
  storeRoutes(app, deps)
  registerRoutes(app, deps)
  terminalRoutes(app, deps)
  accountRoutes(app, deps)
  methodRoutes(app, deps)
}

function merchantRoute(app: App, deps: MerchantRouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/merchant',
    config: READ,
    schema: { operationId: 'getMerchant', summary: 'Read the merchant', tags: TAGS, response: { 200: Merchant } },
    handler: async (request) => showMerchant(found(await deps.merchantCache.get(callerOf(request).merchantId))),
  })

  app.route({
    method: 'PATCH',
    url: '/v1/merchant',
    config: WRITE,
    schema: {
      operationId: 'updateMerchant',
      summary: 'Choose whose VAT parcels across borders bear',
      description: 'Holds from the next cart on; an order keeps the tax it was placed with.',
      tags: TAGS,
      body: MerchantPatch,
      response: { 200: Merchant },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { country } = found(await deps.merchantCache.get(merchantId))
      const { distance_sales } = request.body
      if (distance_sales === 'origin' && !isMemberState(country))
        throw invalid('/distance_sales', 'Is for sellers established in the EU.')
      await rows.updateMerchant(deps.db, merchantId, { distance_sales })
      deps.merchantCache.forget(merchantId)
      return showMerchant(found(await deps.merchantCache.get(merchantId)))
    },
  })
}

function showMerchant(config: MerchantConfig) {
  const { id, name, currency, country, mode, channels, distanceSales } = config
  const shown = { id, object: 'merchant' as const, name, currency, country, mode }
  return { ...shown, channels: [...channels], distance_sales: distanceSales }
}

function registerRoutes(app: App, deps: MerchantRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/registers',
    config: WRITE,
    schema: {
      operationId: 'createRegister',
      summary: 'Set up a register in a store',
      tags: TAGS,
      body: NewRegister,
      response: { 201: Register },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { store_id, name } = request.body
      referred('/store_id', await rows.readStore(deps.db, merchantId, store_id))
      const at = deps.clock.now()
      const id = deps.newId('reg')
      await rows.insertRegister(deps.db, merchantId, { id, storeId: store_id, name }, at)
      deps.merchantCache.forget(merchantId)
      return reply.code(201).send(showRegister({ id, store_id, name, created_at: at }))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/registers',
    config: READ,
    schema: {
      operationId: 'listRegisters',
      summary: 'List the registers',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Register) },
    },
    handler: async (request) => {
      const list = await rows.listRegisters(deps.db, callerOf(request).merchantId, request.query)
      return page(list.map(showRegister), request.query.limit, (register) => register.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/registers/:id',
    config: READ,
    schema: {
      operationId: 'getRegister',
      summary: 'Read a register',
      tags: TAGS,
      params: Type.Object({ id: Id('reg') }),
      response: { 200: Register },
    },
    handler: async (request) =>
      showRegister(found(await rows.readRegister(deps.db, callerOf(request).merchantId, request.params.id))),
  })
}

function terminalRoutes(app: App, deps: MerchantRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/terminals',
    config: WRITE,
    schema: {
      operationId: 'createTerminal',
      summary: 'Add a card terminal to a store',
      tags: TAGS,
      body: NewTerminal,
      response: { 201: TerminalShape },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { store_id, register_id = null, connector_account_id, name, serial } = request.body
      referred('/store_id', await rows.readStore(deps.db, merchantId, store_id))
      referred('/connector_account_id', await rows.readAccount(deps.db, merchantId, connector_account_id))
      if (register_id !== null) {
        const register = referred('/register_id', await rows.readRegister(deps.db, merchantId, register_id))
        if (register.store_id !== store_id) throw invalid('/register_id', 'Stands in another store.')
      }
      const at = deps.clock.now()
      const row = { id: deps.newId('ter'), store_id, register_id, connector_account_id, name, serial, created_at: at }
      const terminal = { ...row, storeId: store_id, registerId: register_id, connectorAccountId: connector_account_id }
      if (!(await rows.insertTerminal(deps.db, merchantId, terminal, at))) {
        throw invalid('/serial', 'Is the serial of another terminal of this account.')
      }
      deps.merchantCache.forget(merchantId)
      return reply.code(201).send(showTerminal(row))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/terminals',
    config: READ,
    schema: {
      operationId: 'listTerminals',
      summary: 'List the terminals',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(TerminalShape) },
    },
    handler: async (request) => {
      const list = await rows.listTerminals(deps.db, callerOf(request).merchantId, request.query)
      return page(list.map(showTerminal), request.query.limit, (terminal) => terminal.id)
    },
  })
}

function showRegister(row: rows.RegisterRow) {
  return { ...row, object: 'register' as const, created_at: row.created_at.toISOString() }
}

/** A terminal as the API shows it, without what happens there: that is for server/terminals. */
export function showTerminal(row: rows.TerminalRow) {
  return { ...row, object: 'terminal' as const, created_at: row.created_at.toISOString() }
}
