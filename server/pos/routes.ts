// HTTP for the page of the till: the shell, its manifest and icon, and the worker that keeps them on the device. No data: the page asks
// the public API with the key of its device.

import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { App } from '../http/app.ts'
import { isLanguage, LANGUAGE_NAMES, type Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { languageFor, type Pages, sendDocument } from '../pages/index.ts'
import type { PosView } from './pos-view.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const Query = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })

/** What the till is written in. */
const LANGUAGES: readonly Language[] = ['en', 'nl', 'sv', 'pl', 'fr']
/** The page may start this one worker, and make no other script address. */
const TRUSTED_TYPES = 'onetill-pos'

/** What a worker may fetch is said where it comes from. */
const WORKER_POLICY = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"

const MANIFEST = {
  name: 'Onetill',
  short_name: 'Till',
  start_url: '/pos',
  scope: '/pos',
  display: 'standalone',
  background_color: '#121418',
  theme_color: '#0b6e4f',
  icons: [{ src: '/pos/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any maskable' }],
}
/** A drawer with a slip above it, within the circle that every platform's mask leaves. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512"><path fill="#0b6e4f" d="M0 0h512v512H0z"/><path fill="#fff" d="M180 116h152v150H180z"/><path fill="#0b6e4f" d="M206 150h100v18H206zm0 40h100v18H206zm0 40h64v18h-64z"/><path fill="#3ecf9b" d="M116 258h280v122H116z"/><path fill="#06251a" d="M220 306h72v22h-72z"/></svg>`

export function routes(app: App, { pages }: { pages: Pages }): void {
  const hidden = (url: string) => ({ method: 'GET', url, config: PUBLIC, schema: { hide: true } }) as const

  app.route({
    ...hidden('/pos'),
    schema: { hide: true, querystring: Query },
    handler: async (request, reply) => {
      const view: PosView = { languages: LANGUAGES.map((code) => ({ code, name: LANGUAGE_NAMES[code] })) }
      return sendDocument(reply, pages, {
        face: 'pos',
        language: languageOf(request),
        view,
        app: { manifest: '/pos/manifest.webmanifest', trustedTypes: TRUSTED_TYPES },
      })
    },
  })

  app.route({
    ...hidden('/pos/manifest.webmanifest'),
    handler: async (_request, reply) => reply.header('content-type', 'application/manifest+json').send(MANIFEST),
  })

  app.route({
    ...hidden('/pos/icon.svg'),
    handler: async (_request, reply) => reply.header('content-type', 'image/svg+xml').send(ICON),
  })

  // At the root, because a worker governs only what lies below its own address, and /pos does not lie below /pos/.
  app.route({
    ...hidden('/pos-worker.js'),
    handler: async (_request, reply) => {
      const asset = pages.assets.get(pages.faces.get('pos-worker')?.scripts[0] ?? '')
      if (!asset) throw new Problem('not-found')
      return reply
        .headers({ 'content-type': asset.type, 'cache-control': 'no-cache', 'content-security-policy': WORKER_POLICY })
        .send(asset.bytes)
    },
  })
}

/** Asked for, or the browser's; English where the till is not written in it. */
function languageOf(request: FastifyRequest): Language {
  const { lang } = request.query as { lang?: string }
  const language = languageFor([isLanguage(lang) ? lang : null], request.headers['accept-language'])
  return LANGUAGES.includes(language) ? language : 'en'
}
