// The files that pages load, and the list of them with their hashes: what PCI DSS 6.4.3 calls the inventory of scripts.

import Type from 'typebox'
import type { App } from '../http/app.ts'
import { Problem } from '../lib/problem.ts'
import type { Pages } from './assets.ts'

const PUBLIC = { access: { keys: 'public' } } as const
/** A name changes with its content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

export function routes(app: App, pages: Pages): void {
  app.route({
    method: 'GET',
    url: '/assets/:file',
    config: PUBLIC,
    schema: { hide: true, params: Type.Object({ file: Type.String() }) },
    handler: async (request, reply) => {
      const asset = pages.assets.get(request.params.file)
      if (!asset) throw new Problem('not-found')
      const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
      reply.headers({
        'content-type': asset.type,
        'cache-control': FOR_EVER,
        vary: 'accept-encoding',
        // Another origin's page may show our component (script), and never read anything by it.
        'cross-origin-resource-policy': 'cross-origin',
        'access-control-allow-origin': '*',
      })
      if (!takesGzip) return reply.send(asset.bytes)
      return reply.header('content-encoding', 'gzip').send(asset.gzipped)
    },
  })

  // The names that do not change: shops write them into their pages. They are looked at again every five minutes.
  for (const name of ['embed', 'sdk'])
    app.route({
      method: 'GET',
      url: `/${name}.js`,
      config: PUBLIC,
      schema: { hide: true },
      handler: async (_request, reply) => {
        const asset = pages.assets.get(pages.faces.get(name)?.scripts[0] ?? '')
        if (!asset) throw new Problem('not-found')
        return reply
          .headers({
            'content-type': asset.type,
            'cache-control': 'public, max-age=300',
            'cross-origin-resource-policy': 'cross-origin',
            'access-control-allow-origin': '*',
          })
          .send(asset.bytes)
      },
    })

  app.route({
    method: 'GET',
    url: '/assets/inventory.json',
    config: PUBLIC,
    schema: { hide: true },
    handler: async (_request, reply) => {
      reply.header('cache-control', 'no-store')
      return {
        faces: Object.fromEntries([...pages.faces].map(([name, { scripts, styles }]) => [name, { scripts, styles }])),
        files: Object.fromEntries(
          [...pages.assets].map(([name, { bytes, gzipped, integrity }]) => [
            name,
            { bytes: bytes.length, gzip: gzipped.length, integrity },
          ]),
        ),
      }
    },
  })
}
