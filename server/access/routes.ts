// HTTP for API keys. A key's text is in the answer that makes it, and nowhere else.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import { type App, type Caller, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id, Nullable, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import type { Authenticator } from './authenticate.ts'
import { endKey, issueKey, type KeyDeps, rollKey } from './issue.ts'
import { KEY_KINDS, type KeyKind, mayGrant, SCOPES, scopesFor } from './scope.ts'
import { type ApiKey, listKeys, readKey } from './store.ts'

export interface AccessRouteDeps extends KeyDeps {
  db: Db
  authenticator: Pick<Authenticator, 'forget'>
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const ScopeSchema = Type.Enum([...SCOPES])

const KEY_FIELDS = {
  id: Id('key'),
  object: Type.Literal('api_key'),
  kind: Type.Enum([...KEY_KINDS]),
  mode: Type.Enum(['test', 'live']),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp),
  revoked_at: Nullable(Timestamp),
  last_used_at: Nullable(Timestamp),
}
const Key = Type.Object(KEY_FIELDS, { title: 'ApiKey' })
const IssuedKey = Type.Object(
  { ...KEY_FIELDS, key: Type.String({ description: 'The key itself. Shown this once.' }) },
  { title: 'IssuedApiKey' },
)

const NewKey = Type.Object(
  {
    kind: Type.Enum([...KEY_KINDS]),
    name: Type.String({ minLength: 1, maxLength: 120 }),
    scopes: Type.Optional(Type.Array(ScopeSchema, { maxItems: SCOPES.length, description: 'For restricted keys.' })),
    expires_in_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3650, description: 'Default: never.' })),
  },
  { additionalProperties: false },
)

const Roll = Type.Object(
  {
    overlap_hours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 168,
        description: 'How long the old key goes on working. Default 24; 0 ends it now.',
      }),
    ),
  },
  { additionalProperties: false },
)

const KeyPath = Type.Object({ id: Id('key') })
const READ = { access: { keys: ['secret', 'restricted'], scope: 'keys:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'keys:write' } } as const
const TAGS = ['API keys']

/** Registers the module's routes. */
export function routes(app: App, deps: AccessRouteDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/api_keys',
    config: WRITE,
    schema: {
      operationId: 'createApiKey',
      summary: 'Make an API key',
      tags: TAGS,
      body: NewKey,
      response: { 201: IssuedKey },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const { kind, name, scopes, expires_in_days } = request.body
      checkGrant(caller, { kind, scopes: scopesFor(kind, scopes) })
      const now = deps.clock.now().getTime()
      const expires_at = expires_in_days === undefined ? null : new Date(now + expires_in_days * DAY_MS)
      const issued = await issueKey(deps, deps.db, ownerOf(caller), { kind, name, scopes, expires_at })
      return reply.code(201).send({ ...show(caller, issued.row), key: issued.key })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/api_keys',
    config: READ,
    schema: {
      operationId: 'listApiKeys',
      summary: 'List the API keys',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Key) },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const rows = await listKeys(deps.db, caller.merchantId, request.query)
      return page(
        rows.map((row) => show(caller, row)),
        request.query.limit,
        (key) => key.id,
      )
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/api_keys/:id',
    config: READ,
    schema: {
      operationId: 'getApiKey',
      summary: 'Read an API key',
      tags: TAGS,
      params: KeyPath,
      response: { 200: Key },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const row = await readKey(deps.db, caller.merchantId, request.params.id)
      if (!row) throw new Problem('not-found')
      return show(caller, row)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/api_keys/:id',
    config: WRITE,
    schema: {
      operationId: 'revokeApiKey',
      summary: 'Revoke an API key',
      description:
        'Takes effect at once here and within a second in other processes. The last secret key cannot be revoked; roll it.',
      tags: TAGS,
      params: KeyPath,
      response: { 200: Key },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      return show(caller, await endKey(deps, caller.merchantId, request.params.id))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/api_keys/:id/roll',
    config: WRITE,
    schema: {
      operationId: 'rollApiKey',
      summary: 'Replace an API key',
      description: 'Makes a key of the same kind and scopes; the old one works on for the overlap.',
      tags: TAGS,
      params: KeyPath,
      body: Roll,
      response: { 201: IssuedKey },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const issued = await rollKey(deps, {
        owner: ownerOf(caller),
        id: request.params.id,
        overlapMs: (request.body.overlap_hours ?? 24) * HOUR_MS,
        mayRoll: (key) => checkGrant(caller, key),
      })
      return reply.code(201).send({ ...show(caller, issued.row), key: issued.key })
    },
  })
}

function ownerOf(caller: Caller) {
  return { id: caller.merchantId, mode: caller.mode }
}

function checkGrant(caller: Caller, granted: { kind: KeyKind; scopes: readonly string[] }): void {
  if (!mayGrant(caller, granted)) {
    throw new Problem('scope-missing', { detail: 'A restricted key hands out restricted keys within its own scopes.' })
  }
}

function show(caller: Caller, row: ApiKey) {
  return {
    id: row.id,
    object: 'api_key' as const,
    kind: row.kind,
    mode: caller.mode,
    name: row.name,
    scopes: row.scopes,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    last_used_at: row.last_used_at?.toISOString() ?? null,
  }
}
