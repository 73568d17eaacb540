// `/dev/mail`: what was written to people, for a developer's eyes. Registered only where mail goes to a folder and the server's
// address is this machine's own, and answered only to this machine: letters of every merchant stand there, links and all.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import type { App } from '../http/app.ts'
import { Id } from '../http/schema.ts'
import { escapeHtml } from '../lib/inert-text.ts'
import { Problem } from '../lib/problem.ts'
import type { MailText } from './mail.ts'
import { type MailRow, newestMail, readMail } from './store.ts'
import { fileNameOf } from './transport.ts'

const MOST = 200
const CONFIG = { access: { keys: 'public' } } as const
const PreviewPath = Type.Object({ kind: Type.String({ maxLength: 40 }), language: Type.String({ maxLength: 2 }) })
const Path = Type.Object({ merchant: Id('mer'), id: Id('mal') })

const STYLE = `
:root{color-scheme:light dark;--ink:#16181d;--ink-2:#565b66;--line:#e3e5ea;--ground:#f7f8fa;--card:#fff;--accent:#0b6e4f}
@media (prefers-color-scheme:dark){:root{--ink:#eceef2;--ink-2:#a3a9b6;--line:#2c3038;--ground:#121418;--card:#1a1d23;--accent:#3ecf9b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:960px;padding:24px 16px;background:var(--ground);color:var(--ink);font:400 16px/1.4 system-ui,sans-serif}
h1{margin:0 0 16px;font-size:20px;font-weight:650;overflow-wrap:anywhere}
a{color:var(--accent)}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);font-size:14px;font-variant-numeric:tabular-nums}
th,td{padding:10px 12px;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--ink-2);font-weight:500}
iframe{display:block;width:100%;height:70vh;margin:16px 0;border:1px solid var(--line);border-radius:10px;background:#fff}
pre{padding:16px;background:var(--card);border:1px solid var(--line);border-radius:10px;font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.empty{color:var(--ink-2)}
`
const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`
const PAGE_POLICY = `default-src 'none'; style-src ${STYLE_SOURCE}; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
/** The letter itself, inside the page's frame: its own styles and nothing else; `sandbox` holds when it is opened alone, too. */
const LETTER_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/** A letter as it would be, to nobody. */
export interface MailPreview extends MailText {
  kind: string
  language: string
}

/** True where the pages may exist at all. */
export function isForDevelopment(publicUrl: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(publicUrl).hostname)
}

export function devMailRoutes(app: App, deps: { db: Db; folder: string; previews?(): readonly MailPreview[] }): void {
  const { db, folder, previews = () => [] } = deps
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) =>
    done(isFromHere(request) ? undefined : new Problem('not-found'))
  app.get('/dev/mail', { config: CONFIG, schema: { hide: true }, onRequest }, async (_request, reply) =>
    html(reply, listPage(await newestMail(db, MOST)), PAGE_POLICY),
  )
  const preview = ({ kind, language }: { kind: string; language: string }): MailPreview => {
    const found = previews().find((one) => one.kind === kind && one.language === language)
    if (!found) throw new Problem('not-found')
    return found
  }
  app.get('/dev/mail/letters', { config: CONFIG, schema: { hide: true }, onRequest }, async (_request, reply) =>
    html(reply, previewsPage(previews()), PAGE_POLICY),
  )
  app.get(
    '/dev/mail/letters/:kind/:language',
    { config: CONFIG, schema: { hide: true, params: PreviewPath }, onRequest },
    async (request, reply) => html(reply, previewPage(preview(request.params)), PAGE_POLICY),
  )
  app.get(
    '/dev/mail/letters/:kind/:language/html',
    { config: CONFIG, schema: { hide: true, params: PreviewPath }, onRequest },
    async (request, reply) => html(reply, preview(request.params).html, LETTER_POLICY),
  )
  app.get(
    '/dev/mail/:merchant/:id',
    { config: CONFIG, schema: { hide: true, params: Path }, onRequest },
    async (request, reply) => html(reply, mailPage(await found(db, request.params)), PAGE_POLICY),
  )
  app.get(
    '/dev/mail/:merchant/:id/html',
    { config: CONFIG, schema: { hide: true, params: Path }, onRequest },
    async (request, reply) => html(reply, (await found(db, request.params)).html, LETTER_POLICY),
  )
  app.get(
    '/dev/mail/:merchant/:id/eml',
    { config: CONFIG, schema: { hide: true, params: Path }, onRequest },
    async (request, reply) => {
      const { merchant_id, id } = await found(db, request.params)
      const bytes = await readFile(join(folder, fileNameOf(merchant_id, id))).catch(() => undefined)
      if (!bytes) throw new Problem('not-found')
      return reply
        .header('content-type', 'message/rfc822')
        .header('content-disposition', `attachment; filename="${id}.eml"`)
        .send(bytes)
    },
  )
}

/** The other end of the connection is this machine, and no proxy says that somebody else is behind it. */
function isFromHere({ raw }: FastifyRequest): boolean {
  const from = raw.socket.remoteAddress ?? ''
  const isLoopback = from === '::1' || /^(::ffff:)?127\./.test(from)
  return isLoopback && raw.headers['x-forwarded-for'] === undefined && raw.headers['forwarded'] === undefined
}

async function found(db: Db, { merchant, id }: { merchant: string; id: string }): Promise<MailRow> {
  const mail = await readMail(db, merchant, id)
  if (!mail) throw new Problem('not-found')
  return mail
}

function html(reply: FastifyReply, body: string, policy: string): FastifyReply {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', policy)
    .header('referrer-policy', 'no-referrer')
    .send(body)
}

function listPage(mails: readonly MailRow[]): string {
  const rows = mails.map(
    (mail) => `<tr><td>${time(mail.created_at)}</td><td><bdi>${escapeHtml(mail.recipient)}</bdi></td>
<td><a href="/dev/mail/${mail.merchant_id}/${mail.id}"><bdi>${escapeHtml(mail.subject)}</bdi></a></td>
<td>${escapeHtml(mail.kind)}</td><td>${mail.language}</td><td>${mail.status}</td></tr>`,
  )
  const body =
    rows.length === 0
      ? '<p class="empty">No mail yet. What the shop writes to people appears here instead of being sent.</p>'
      : `<table><thead><tr><th>When (UTC)</th><th>To</th><th>Subject</th><th>About</th><th>In</th><th>State</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`
  return page('Mail', `<h1>Mail</h1>\n<p><a href="/dev/mail/letters">What the shop writes by itself</a></p>\n${body}`)
}

function previewsPage(previews: readonly MailPreview[]): string {
  const byKind = Map.groupBy(previews, ({ kind }) => kind)
  const rows = [...byKind].map(
    ([kind, each]) =>
      `<tr><th scope="row">${escapeHtml(kind)}</th><td>${each.map(({ language }) => `<a href="/dev/mail/letters/${kind}/${language}">${language}</a>`).join(' ')}</td></tr>`,
  )
  return page(
    'Letters',
    `<p><a href="/dev/mail">All mail</a></p>\n<h1>What the shop writes by itself</h1>\n<table><tbody>${rows.join('')}</tbody></table>`,
  )
}

function previewPage({ kind, language, subject, text }: MailPreview): string {
  return page(
    subject,
    `<p><a href="/dev/mail/letters">All letters</a></p>
<h1>${escapeHtml(subject)}</h1>
<iframe title="The letter" src="/dev/mail/letters/${kind}/${language}/html" sandbox></iframe>
<pre>${escapeHtml(text)}</pre>`,
  )
}

function mailPage(mail: MailRow): string {
  const at = `/dev/mail/${mail.merchant_id}/${mail.id}`
  const facts: [string, string][] = [
    ['From', mail.from_name],
    ['To', mail.recipient],
    ...(mail.reply_to === null ? [] : ([['Reply to', mail.reply_to]] as [string, string][])),
    ['When (UTC)', time(mail.created_at)],
    ['State', `${mail.status}${mail.last_error === null ? '' : `: ${mail.last_error}`}`],
    ['Attached', mail.attachments.map(({ kind }) => kind).join(', ') || 'nothing'],
  ]
  return page(
    mail.subject,
    `<p><a href="/dev/mail">All mail</a></p>
<h1><bdi>${escapeHtml(mail.subject)}</bdi></h1>
<table><tbody>${facts.map(([name, value]) => `<tr><th scope="row">${name}</th><td><bdi>${escapeHtml(value)}</bdi></td></tr>`).join('')}</tbody></table>
<iframe title="The letter" src="${at}/html" sandbox></iframe>
<pre>${escapeHtml(mail.text)}</pre>
<p><a href="${at}/eml">The message as it would be sent</a></p>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main>${body}</main></body></html>`
}

function time(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ')
}
