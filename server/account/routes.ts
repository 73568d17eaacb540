// HTTP for a customer's own account. Open to publishable keys, and in it only what belongs to whoever the session is of: no route takes
// a customer's id.

import Type from 'typebox'
import {
  Address,
  AddressIn,
  addAddress,
  addressesOf,
  changeAddress,
  changeCustomer,
  removeAddress,
} from '../customers/index.ts'
import type { App } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, line, Nullable } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { LANGUAGES } from '../lib/language.ts'
import { signedIn } from '../signin/index.ts'
import type { AccountDeps } from './deps.ts'
import {
  accountView,
  ownBalances,
  ownInstruments,
  ownOrderById,
  ownOrders,
  ownReturns,
  removeInstrument,
} from './own.ts'
import { privacyRoutes } from './privacy-routes.ts'
import { Account, Balances, OwnOrder, OwnReturn, SavedMethod } from './schema.ts'

const READ = { access: { keys: ['publishable'], scope: 'account:read' } } as const
const WRITE = { access: { keys: ['publishable'], scope: 'account:write' } } as const
const TAGS = ['Own account']

/** Registers the module's routes. */
export function routes(app: App, deps: AccountDeps): void {
  profileRoutes(app, deps)
  orderRoutes(app, deps)
  moneyRoutes(app, deps)
  addressRoutes(app, deps)
  privacyRoutes(app, deps)
}

function profileRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account',
    {
      config: READ,
      schema: { operationId: 'getAccount', summary: 'Who is signed in', tags: TAGS, response: { 200: Account } },
    },
    async (request) => accountView(deps, await signedIn(deps, request)),
  )
  app.patch(
    '/v1/account',
    {
      config: WRITE,
      schema: {
        operationId: 'changeAccount',
        summary: 'Change one’s name, phone or language',
        tags: TAGS,
        body: Type.Object(
          {
            name: Type.Optional(Nullable(line(200))),
            phone: Type.Optional(Nullable(Type.String({ minLength: 3, maxLength: 32, pattern: '^\\+?[0-9 ()./-]+$' }))),
            locale: Type.Optional(Type.Enum([...LANGUAGES])),
          },
          { ...closed, minProperties: 1 },
        ),
        response: { 200: Account },
      },
    },
    async (request) => {
      const who = await signedIn(deps, request)
      await changeCustomer(deps, who.merchantId, { id: who.customerId, ifVersion: undefined, fields: request.body })
      return accountView(deps, who)
    },
  )
}

function orderRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account/orders',
    {
      config: READ,
      schema: {
        operationId: 'listOwnOrders',
        summary: 'One’s own orders of all channels, newest first',
        tags: TAGS,
        querystring: PageQuery,
        response: { 200: PageOf(OwnOrder) },
      },
    },
    async (request) => {
      const rows = await ownOrders(deps, await signedIn(deps, request), request.query)
      return page(rows, request.query.limit, ({ id }) => id)
    },
  )
  app.get(
    '/v1/account/orders/:id',
    {
      config: READ,
      schema: {
        operationId: 'getOwnOrder',
        summary: 'An order of one’s own',
        tags: TAGS,
        params: Type.Object({ id: Id('ord') }),
        response: { 200: OwnOrder },
      },
    },
    async (request) => ownOrderById(deps, await signedIn(deps, request), request.params.id),
  )
  app.get(
    '/v1/account/returns',
    {
      config: READ,
      schema: {
        operationId: 'listOwnReturns',
        summary: 'One’s own returns, newest first',
        description: 'A return is asked for on the order’s own page.',
        tags: TAGS,
        querystring: PageQuery,
        response: { 200: PageOf(OwnReturn) },
      },
    },
    async (request) => {
      const rows = await ownReturns(deps, await signedIn(deps, request), request.query)
      return page(rows, request.query.limit, ({ id }) => id)
    },
  )
}

function moneyRoutes(app: App, deps: AccountDeps): void {
  app.get(
    '/v1/account/instruments',
    {
      config: READ,
      schema: {
        operationId: 'listOwnInstruments',
        summary: 'One’s saved cards',
        tags: TAGS,
        response: { 200: Type.Object({ data: Type.Array(SavedMethod) }) },
      },
    },
    async (request) => ({ data: await ownInstruments(deps, await signedIn(deps, request)) }),
  )
  app.delete(
    '/v1/account/instruments/:id',
    {
      config: WRITE,
      schema: {
        operationId: 'removeOwnInstrument',
        summary: 'Forget a saved card',
        tags: TAGS,
        params: Type.Object({ id: Id('ins') }),
        response: { 204: Type.Null({ description: 'Forgotten.' }) },
      },
    },
    async (request, reply) => {
      await removeInstrument(deps, await signedIn(deps, request), request.params.id)
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/v1/account/balances',
    {
      config: READ,
      schema: {
        operationId: 'getOwnBalances',
        summary: 'One’s points and store credit',
        tags: TAGS,
        response: { 200: Balances },
      },
    },
    async (request) => ownBalances(deps, await signedIn(deps, request)),
  )
}

function addressRoutes(app: App, deps: AccountDeps): void {
  const ById = Type.Object({ id: Id('adr') })
  app.get(
    '/v1/account/addresses',
    {
      config: READ,
      schema: {
        operationId: 'listOwnAddresses',
        summary: 'One’s addresses, the default first',
        tags: TAGS,
        response: { 200: Type.Object({ data: Type.Array(Address) }) },
      },
    },
    async (request) => {
      const who = await signedIn(deps, request)
      return { data: await addressesOf(deps, who.merchantId, who.customerId) }
    },
  )
  app.post(
    '/v1/account/addresses',
    {
      config: WRITE,
      schema: {
        operationId: 'addOwnAddress',
        summary: 'Add an address',
        tags: TAGS,
        body: AddressIn,
        response: { 201: Address },
      },
    },
    async (request, reply) => {
      const who = await signedIn(deps, request)
      return reply.code(201).send(await addAddress(deps, who.merchantId, who.customerId, request.body))
    },
  )
  app.put(
    '/v1/account/addresses/:id',
    {
      config: WRITE,
      schema: {
        operationId: 'changeOwnAddress',
        summary: 'Replace an address',
        description: 'With If-Match, only when the address still has that version; else 412.',
        tags: TAGS,
        params: ById,
        body: AddressIn,
        response: { 200: Address },
      },
    },
    async (request, reply) => {
      const who = await signedIn(deps, request)
      const address = await changeAddress(deps, who.merchantId, {
        customerId: who.customerId,
        addressId: request.params.id,
        ifVersion: versionOf(request.headers['if-match']),
        fields: request.body,
      })
      return reply.header('etag', etagOf(address.version)).send(address)
    },
  )
  app.delete(
    '/v1/account/addresses/:id',
    {
      config: WRITE,
      schema: {
        operationId: 'removeOwnAddress',
        summary: 'Remove an address',
        tags: TAGS,
        params: ById,
        response: { 204: Type.Null({ description: 'Removed.' }) },
      },
    },
    async (request, reply) => {
      const who = await signedIn(deps, request)
      await removeAddress(deps, who.merchantId, { customerId: who.customerId, addressId: request.params.id })
      return reply.code(204).send(null)
    },
  )
}
