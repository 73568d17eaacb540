// HTTP for connector accounts. Credentials go in and never come out: they are sealed before the row is written, and no
// answer has a member for them.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id, Timestamp } from '../http/schema.ts'
import { found, invalid, type MerchantRouteDeps, Name } from './request.ts'
import { checkSimulator, newWebhookSecret } from './simulator-config.ts'
import * as rows from './store.ts'
import { TERMINAL_CONFIGS } from './terminal-configs.ts'

const MethodCodes = Type.Array(Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' }), {
  maxItems: 100,
  description: 'Narrows what the account is used for. Empty: everything its connector carries.',
})
const Priority = Type.Integer({ minimum: 1, maximum: 1000, description: 'Lower is tried first.' })

const Account = Type.Object(
  {
    id: Id('cac'),
    object: Type.Literal('connector_account'),
    connector: Type.String(),
    name: Name,
    methods: MethodCodes,
    priority: Priority,
    is_enabled: Type.Boolean(),
    created_at: Timestamp,
  },
  { title: 'ConnectorAccount' },
)

const NewAccount = Type.Object(
  {
    connector: Type.String({ minLength: 1, maxLength: 40 }),
    name: Name,
    methods: Type.Optional(MethodCodes),
    priority: Type.Optional(Priority),
    is_enabled: Type.Optional(Type.Boolean()),
    config: Type.Unsafe<Record<string, string>>({
      type: 'object',
      maxProperties: 30,
      propertyNames: { pattern: '^[a-z][a-z0-9_]{0,39}$' },
      additionalProperties: { type: 'string', maxLength: 8192 },
      description: 'The credentials and settings the connector asks for. Sealed; never shown again.',
    }),
  },
  { additionalProperties: false },
)

const AccountPatch = Type.Object(
  {
    name: Type.Optional(Name),
    methods: Type.Optional(MethodCodes),
    priority: Type.Optional(Priority),
    is_enabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)

const AccountPath = Type.Object({ id: Id('cac') })
const READ = { access: { keys: ['secret', 'restricted'], scope: 'accounts:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'accounts:write' } } as const
const TAGS = ['Connector accounts']

/** Where an account stands that names no priority: after all that do. */
const LAST_PRIORITY = 1000

export function accountRoutes(app: App, deps: MerchantRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/connector_accounts',
    config: WRITE,
    schema: {
      operationId: 'createConnectorAccount',
      summary: 'Add a contract with a payment provider',
      tags: TAGS,
      body: NewAccount,
      response: { 201: Account },
    },
    handler: async (request, reply) => {
      const { merchantId, mode } = callerOf(request)
      const { connector, name, config, methods = [], priority = LAST_PRIORITY, is_enabled = true } = request.body
      if (!deps.connectorNames().includes(connector)) {
        throw invalid('/connector', `Must be one of: ${deps.connectorNames().join(', ')}.`)
      }
      if (connector === 'simulator' && mode === 'live') {
        throw invalid('/connector', 'The simulator moves no money; it is for test merchants.')
      }
      if (connector === 'simulator') checkSimulator(config, deps.allowedHosts)
      TERMINAL_CONFIGS[connector]?.(config, { mode, allowed: deps.allowedHosts })
      checkMethods(deps, connector, methods)
      const at = deps.clock.now()
      const id = deps.newId('cac')
      const shown = { id, connector, name, methods, priority, is_enabled }
      // Without a secret the simulator could tell us nothing, and whatever it decides later would stay unknown here.
      const whole = connector === 'simulator' ? { webhook_secret: newWebhookSecret(), ...config } : config
      const sealedConfig = await deps.configSeal.seal(merchantId, id, whole)
      await rows.insertAccount(deps.db, merchantId, { ...shown, sealedConfig }, at)
      deps.merchantCache.forget(merchantId)
      return reply.code(201).send(show({ ...shown, created_at: at }))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/connector_accounts',
    config: READ,
    schema: {
      operationId: 'listConnectorAccounts',
      summary: 'List the connector accounts',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Account) },
    },
    handler: async (request) => {
      const list = await rows.listAccounts(deps.db, callerOf(request).merchantId, request.query)
      return page(list.map(show), request.query.limit, (account) => account.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/connector_accounts/:id',
    config: READ,
    schema: {
      operationId: 'getConnectorAccount',
      summary: 'Read a connector account',
      tags: TAGS,
      params: AccountPath,
      response: { 200: Account },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      return show(found(await rows.readAccount(deps.db, merchantId, request.params.id)))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/connector_accounts/:id',
    config: WRITE,
    schema: {
      operationId: 'updateConnectorAccount',
      summary: 'Rename, narrow, rank or switch off an account',
      tags: TAGS,
      params: AccountPath,
      body: AccountPatch,
      response: { 200: Account },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      const account = found(await rows.readAccount(deps.db, merchantId, id))
      checkMethods(deps, account.connector, request.body.methods ?? [])
      await rows.updateAccount(deps.db, merchantId, id, request.body)
      deps.merchantCache.forget(merchantId)
      return show({ ...account, ...request.body })
    },
  })
}

function show(row: rows.ShownAccount) {
  return { ...row, object: 'connector_account' as const, created_at: row.created_at.toISOString() }
}

function checkMethods(deps: MerchantRouteDeps, connector: string, methods: readonly string[]): void {
  const carried = deps.methodsOf(connector)
  const strange = methods.findIndex((code) => !carried.includes(code))
  if (strange >= 0) throw invalid(`/methods/${strange}`, `Is not carried by ${connector}.`)
}
