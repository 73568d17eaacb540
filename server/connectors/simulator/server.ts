// The simulator as a server of its own, so that a test can kill ours and still ask what really happened. Loopback only.

import Fastify, { type FastifyInstance } from 'fastify'
import { PROBLEMS, Problem } from '../../lib/problem.ts'
import { simulatorApi, simulatorControls } from './control-routes.ts'
import type { Simulator } from './index.ts'
import { simulatorPages } from './page-routes.ts'

/** Makes the server, without listening. Pages, the provider's interface, the controls, and `GET /health`. */
export function simulatorServer(simulator: Simulator, options: { apiKey?: string } = {}): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: 65_536 })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Problem)) throw error
    const { code, status, detail } = error
    const { title, retry } = PROBLEMS[code]
    reply.code(status).header('content-type', 'application/problem+json')
    return reply.send(JSON.stringify({ type: 'about:blank', title, status, code, detail, retry }))
  })
  simulatorPages(app, simulator)
  simulatorApi(app, simulator, { prefix: '', ...options })
  simulatorControls(app, simulator, { prefix: '', ...options })
  app.get('/health', { config: { access: { keys: 'public' } } }, async () => ({ ok: true }))
  return app
}
