// What an operator's tools ask: does the process live, can it take money, how is it doing.

import Type from 'typebox'
import type { App, AppOptions } from './app.ts'
import type { HttpMetrics } from './metrics.ts'

const PUBLIC = { access: { keys: 'public' }, whileDraining: true } as const

const Live = Type.Object({ status: Type.Literal('live') }, { description: 'The process runs.' })
const Ready = Type.Object(
  { status: Type.Enum(['ready', 'not-ready', 'stopping']), checks: Type.Record(Type.String(), Type.String()) },
  { description: 'Whether money can be taken, with a word on each check.' },
)

type HealthOptions = Pick<AppOptions, 'isReady' | 'isDraining' | 'registry'>

export function healthRoutes(app: App, options: HealthOptions, http: HttpMetrics): void {
  app.get(
    '/health/live',
    {
      config: PUBLIC,
      schema: {
        tags: ['Operation'],
        summary: 'Is the process alive?',
        operationId: 'getLiveness',
        response: { 200: Live },
      },
    },
    () => ({
      status: 'live' as const,
    }),
  )
  app.get(
    '/health/ready',
    {
      config: PUBLIC,
      schema: {
        tags: ['Operation'],
        summary: 'Can it take money?',
        operationId: 'getReadiness',
        response: { 200: Ready, 503: Ready },
      },
    },
    async (_request, reply) => {
      const { ok, checks } = await options.isReady()
      const isStopping = options.isDraining()
      reply.code(ok && !isStopping ? 200 : 503)
      return { status: isStopping ? ('stopping' as const) : ok ? ('ready' as const) : ('not-ready' as const), checks }
    },
  )
  app.get('/metrics', { config: PUBLIC, schema: { hide: true } }, async (_request, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return `${(await options.registry?.metrics()) ?? ''}${http.render()}`
  })
}
