// One HTML document for every face, under the strictest policy it can work with: nothing inline, nothing from elsewhere, scripts
// only by a nonce and with their hash.

import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import type { Language } from '../lib/language.ts'
import type { Pages } from './assets.ts'

export interface DocumentOptions {
  face: string
  language: Language
  /** What the face draws; of a type of its own. */
  view: unknown
  status?: number
  /** Origins that forms may lead to besides ours: a browser holds redirects after a form to this too. */
  formTargets?: readonly string[]
  /** Origins that may show the page in a frame. None by default. */
  framedBy?: readonly string[]
  /** A colour of the merchant, as custom properties of the root; checked by the caller. */
  properties?: Readonly<Record<string, string>>
  /** For chats and social networks: `og:` properties and the description. */
  preview?: { title: string; description: string; image?: string; url: string }
  /** Asks a browser without script to look again after so many seconds. */
  refreshS?: number
  /** A page that is kept on the device: its manifest, and the one Trusted Types policy through which it starts its worker. */
  app?: { manifest: string; trustedTypes: string }
}

/** Sends a face's page. Throws where the face was not built or is not drawn by the server. */
export function sendDocument(reply: FastifyReply, pages: Pages, options: DocumentOptions): FastifyReply {
  const { face: name, language, view, status = 200, properties = {} } = options
  const face = pages.faces.get(name)
  if (!face?.draw) throw new Error(`the face ${name} has no page`)
  const nonce = randomBytes(16).toString('base64')
  const { title, html, state } = face.draw(view, language)
  const styles = face.styles.map((file) => `<link rel="stylesheet" href="/assets/${file}"${integrityOf(pages, file)}>`)
  const scripts = face.scripts.map((file, i) =>
    i === 0
      ? `<script type="module" src="/assets/${file}" nonce="${nonce}"${integrityOf(pages, file)}></script>`
      : `<link rel="modulepreload" href="/assets/${file}"${integrityOf(pages, file)}>`,
  )
  const own = Object.entries(properties)
    .map(([property, value]) => `${property}:${value}`)
    .join(';')
  // The address holds a token, so nobody is told it. In the page and not in a header: Lighthouse 13 with Chromium 147 gives up
  // (ERR_ABORTED) on every page that has a Referrer-Policy header.
  const body = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${options.app ? `<link rel="manifest" href="${escapeHtml(options.app.manifest)}">\n` : ''}${previewTags(options)}${own === '' ? '' : `<style nonce="${nonce}">:root{${own}}</style>\n`}${styles.join('\n')}
${scripts.join('\n')}
${options.refreshS === undefined ? '' : `<noscript><meta http-equiv="refresh" content="${options.refreshS}"></noscript>\n`}</head>
<body>
<div id="face">${html}</div>
<script type="application/json" id="state" nonce="${nonce}">${inScript(state)}</script>
</body>
</html>
`
  return reply
    .code(status)
    .headers({ ...headersFor(options, nonce), 'content-language': language, vary: 'accept-language' })
    .send(body)
}

function headersFor({ formTargets = [], framedBy = [], app }: DocumentOptions, nonce: string): Record<string, string> {
  const policy = {
    'default-src': "'none'",
    'script-src': `'nonce-${nonce}' 'strict-dynamic'`,
    'style-src': `'self' 'nonce-${nonce}'`,
    'img-src': "'self' data:",
    'connect-src': "'self'",
    'form-action': ["'self'", ...formTargets].join(' '),
    'frame-ancestors': framedBy.length === 0 ? "'none'" : framedBy.join(' '),
    'base-uri': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': app?.trustedTypes ?? "'none'",
    ...(app && { 'manifest-src': "'self'", 'worker-src': "'self'" }),
  }
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': Object.entries(policy)
      .map((directive) => directive.join(' '))
      .join('; '),
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy':
      'camera=(), microphone=(), geolocation=(self), payment=(self), publickey-credentials-get=(self)',
    'x-content-type-options': 'nosniff',
  }
}

function integrityOf(pages: Pages, file: string): string {
  return ` integrity="${pages.assets.get(file)?.integrity ?? ''}"`
}

function previewTags({ preview }: DocumentOptions): string {
  if (!preview) return ''
  const { title, description, image, url } = preview
  const properties = {
    'og:type': 'website',
    'og:title': title,
    'og:description': description,
    'og:url': url,
    ...(image && { 'og:image': image }),
  }
  const tags = Object.entries(properties).map(
    ([property, content]) => `<meta property="${property}" content="${escapeHtml(content)}">`,
  )
  return `${[`<meta name="description" content="${escapeHtml(description)}">`, '<meta name="twitter:card" content="summary">', ...tags].join('\n')}\n`
}

/** Text as HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** JSON that cannot end the element it stands in. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
