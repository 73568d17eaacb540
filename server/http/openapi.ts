// The API description (OpenAPI 3.1, made from the routes themselves, so it cannot lag behind) and the pages for readers:
// the reference at /docs and the table of problems at /docs/errors. Everything is served from here: the pages' policy
// forbids the browser to fetch anything from elsewhere.

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import swagger from '@fastify/swagger'
import type { FastifyReply } from 'fastify'
import Fastify from 'fastify'
import type { TSchema } from 'typebox'
import { PROBLEMS } from '../lib/problem.ts'
import type { App } from './app.ts'
import type { Access } from './auth.ts'
import { errorsPage } from './errors-page.ts'
import { IDEMPOTENCY_HEADER } from './idempotency.ts'
import { type Description, typesOf } from './openapi-types.ts'
import { NO_BODY, NO_QUERY } from './route.ts'
import { ProblemSchema } from './schema.ts'

const VERSION = '0.1.0'
const PUBLIC = { access: { keys: 'public' } } as const

const INTRODUCTION = `One API for payments in every channel: till, terminal, web, link, phone.

Amounts are whole numbers of minor units beside an ISO 4217 currency. Times are RFC 3339 in UTC. Lists come page by page:
pass \`next_cursor\` as \`cursor\`. Members and parameters that are not documented are refused. Wherever money can move an
\`Idempotency-Key\` header is required: the same key never has a second effect. Refusals are RFC 9457 problems; see
[every code](/docs/errors).`

/** Registers the description and its pages. Routes registered later are in it, too. */
export async function describeApi(app: App, publicUrl: URL): Promise<void> {
  app.addSchema(ProblemSchema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Onetill API',
        version: VERSION,
        description: INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl.origin, description: 'This server' }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer sk_…`.' },
          basic: { type: 'http', scheme: 'basic', description: 'An API key as user name, with an empty password.' },
        },
      },
    },
    refResolver: {
      buildLocalReference: (schema, _baseUri, _fragment, i) =>
        typeof schema.$id === 'string' ? schema.$id : `schema-${i}`,
    },
    transform: ({ schema, url, route }) => ({
      schema: describeRoute(schema as RouteSchema, route.config as RouteConfig | undefined),
      url,
    }),
  })
  app.get('/openapi.json', { config: PUBLIC, schema: { hide: true } }, async (_request, reply) => {
    reply.type('application/json')
    return JSON.stringify(app.swagger())
  })
  let types: string | undefined
  // The same as types, for a client that is written in TypeScript.
  app.get('/openapi.d.ts', { config: PUBLIC, schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/plain; charset=utf-8')
    types ??= typesOf(app.swagger() as Description)
    return types
  })
  referencePages(app)
}

interface RouteConfig {
  access?: Access
  idempotent?: boolean
}

type RouteSchema = Record<string, unknown> & { response?: Record<string, unknown>; headers?: TSchema }

/** Adds what the guards do for every route: security, the key header, and the problem answers. */
function describeRoute(schema: RouteSchema, config: RouteConfig | undefined): Record<string, unknown> {
  const { body, querystring, response, ...rest } = schema
  const isPublic = config?.access?.keys === 'public'
  return {
    ...rest,
    ...(body === undefined || body === NO_BODY ? {} : { body }),
    ...(querystring === undefined || querystring === NO_QUERY ? {} : { querystring }),
    ...(config?.idempotent ? { headers: IDEMPOTENCY_SCHEMA } : {}),
    security: isPublic ? [] : [{ bearer: [] }, { basic: [] }],
    response: {
      ...response,
      '4xx': problemAnswer('Refused; `code` says why.'),
      '5xx': problemAnswer('Not carried out, or its outcome is not known here; `retry` says how to repeat.'),
    },
  }
}

const IDEMPOTENCY_SCHEMA = {
  type: 'object',
  required: [IDEMPOTENCY_HEADER],
  properties: {
    [IDEMPOTENCY_HEADER]: {
      type: 'string',
      minLength: 8,
      maxLength: 255,
      description: 'Names the intended effect; repeat it with the same value and it still happens once.',
    },
  },
}

function problemAnswer(description: string): Record<string, unknown> {
  return { description, content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } } }
}

const START_SCRIPT = `Scalar.createApiReference('#app', ${JSON.stringify({
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
})})`
const START_HASH = createHash('sha256').update(START_SCRIPT).digest('base64')

const REFERENCE_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Onetill API</title></head>
<body><div id="app"></div><script src="/docs/reference.js"></script><script>${START_SCRIPT}</script></body>
</html>`

/** The reference needs inline styles; scripts, calls, fonts and images come from this server alone. */
const REFERENCE_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${START_HASH}'`,
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TEXT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What a browser showing a page must know besides the policy. */
const PAGE_HEADERS = { 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin' }

function referencePages(app: App): void {
  let script: Promise<Buffer> | undefined
  const page = (reply: FastifyReply, policy: string) =>
    reply.type('text/html; charset=utf-8').headers({ ...PAGE_HEADERS, 'content-security-policy': policy })
  const hidden = { config: PUBLIC, schema: { hide: true } }
  app.get('/docs', hidden, async (_request, reply) => {
    page(reply, REFERENCE_POLICY)
    return REFERENCE_PAGE
  })
  app.get('/docs/errors', hidden, async (_request, reply) => {
    page(reply, TEXT_POLICY)
    return errorsPage(PROBLEMS)
  })
  app.get('/docs/reference.js', hidden, async (_request, reply) => {
    script ??= referenceScript()
    reply
      .type('text/javascript; charset=utf-8')
      .header('content-encoding', 'gzip')
      .header('cache-control', 'public, max-age=3600')
    return script
  })
}

/**
 * The reference's script, compressed. Its package gives it away only as a Fastify route, so it is asked for once, of an
 * instance nobody can reach; four megabytes that most processes never load.
 */
async function referenceScript(): Promise<Buffer> {
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const inner = Fastify({ logger: false })
  await inner.register(reference, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
  const answer = await inner.inject('/docs/js/scalar.js')
  await inner.close()
  return promisify(gzip)(answer.rawPayload)
}
