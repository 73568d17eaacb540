// The page of a link over HTTP. A browser that opens a link for one fixed payment is led on to the page it is paid on. Whatever only
// looks (previews of chats, scanners of mail) sees this page and makes nothing. All works without script.

import type { FastifyReply, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { accentProperties, readSession, settingsOf } from '../checkout/index.ts'
import type { App } from '../http/app.ts'
import { isLanguage, type Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { languageFor, sendDocument } from '../pages/index.ts'
import type { LinkDeps } from './deps.ts'
import { isPayable, type Link, linkUrl, sharesPage, TOKEN_FORM } from './link.ts'
import { openPage } from './open.ts'
import { chooseAmount, linkPageView, preview } from './page.ts'
import type { LinkPageView } from './page-view.ts'
import { markViewed, readLinkByToken, usesOf } from './store.ts'
import { readTyped } from './typed-amount.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const FORM = { ...PUBLIC, rawBody: true } as const
const ByToken = Type.Object({ token: Type.String({ maxLength: 64 }) })
/** Mail and social networks add parameters of their own to any address. */
const PageQuery = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })

export function pageRoutes(app: App, deps: LinkDeps): void {
  const hidden = { hide: true, params: ByToken, querystring: PageQuery } as const

  app.route({
    method: 'GET',
    url: '/l/:token',
    config: PUBLIC,
    schema: hidden,
    handler: async (request, reply) => {
      const link = await linkOf(deps, request.params.token)
      const language = languageOf(request, link)
      if (!link) return notFound(deps, reply, language)
      const isOpened = isOpenedByPerson(request)
      if (isOpened && isPayable(link, deps.clock.now())) await markViewed(deps.db, link, deps.clock.now())
      if (isOpened && sharesPage(link) && !link.allows_partial) {
        const opened = await openPage(deps, link, null)
        if (opened.kind === 'page') return lead(reply, opened.session.token, language)
      }
      const receipt = isOpened ? await receiptOf(deps, link) : null
      if (receipt !== null) return lead(reply, receipt, language)
      return draw(deps, reply, link, language, await linkPageView(deps, link, { language }))
    },
  })

  app.route({
    method: 'POST',
    url: '/l/:token',
    config: FORM,
    schema: hidden,
    handler: async (request, reply) => {
      const link = await linkOf(deps, request.params.token)
      const language = languageOf(request, link)
      if (!link) return notFound(deps, reply, language)
      refuseForeign(request)
      await markViewed(deps.db, link, deps.clock.now())
      const typed = (formOf(request).get('amount') ?? '').trim()
      const choice = await chooseAmount(deps, link, readTyped(typed, link.currency))
      if (choice.problem !== null) {
        const field = { typed, problem: choice.problem }
        return draw(deps, reply, link, language, await linkPageView(deps, link, { language, field }))
      }
      const opened = await openPage(deps, link, choice.amount)
      if (opened.kind === 'page') return lead(reply, opened.session.token, language)
      const isBusy = opened.kind === 'busy'
      return draw(deps, reply, link, language, await linkPageView(deps, link, { language, isBusy }))
    },
  })
}

/** The link of an address as it now stands; null for every address that leads nowhere, so that nobody learns which do. */
async function linkOf(deps: LinkDeps, token: string): Promise<Link | null> {
  const link = TOKEN_FORM.test(token) ? await readLinkByToken(deps.db, token) : null
  if (!link) return null
  await deps.consumer.catchUp(link.merchant_id)
  return readLinkByToken(deps.db, token)
}

/** The page of the payment of a link that is paid once: it shows the receipt. */
async function receiptOf(deps: LinkDeps, link: Link): Promise<string | null> {
  if (link.max_uses !== 1 || link.uses === 0) return null
  const paid = (await usesOf(deps.db, link)).find((use) => use.is_paid)
  const session = paid ? await readSession(deps.db, link.merchant_id, paid.session_id) : null
  return session?.token ?? null
}

/**
 * Browsers say that a person goes to a page; fetchers of previews, mail scanners and prefetches do not. Where nobody says, there is a
 * button to press.
 */
function isOpenedByPerson({ headers }: FastifyRequest): boolean {
  return (
    headers['sec-fetch-dest'] === 'document' && headers['sec-purpose'] === undefined && headers['purpose'] === undefined
  )
}

async function draw(
  deps: LinkDeps,
  reply: FastifyReply,
  link: Link,
  language: Language,
  view: LinkPageView,
): Promise<FastifyReply> {
  const { accent } = await settingsOf(deps, link.merchant_id)
  const isOver = ['expired', 'canceled', 'used_up', 'paused'].includes(view.phase)
  return sendDocument(reply, deps.pages, {
    ...{ face: 'link', language, view, status: view.phase === 'busy' ? 429 : isOver ? 410 : 200 },
    preview: { ...preview(view, language), url: linkUrl(deps, link) },
    ...(accent === null ? {} : { properties: accentProperties(accent) }),
  })
}

function notFound(deps: LinkDeps, reply: FastifyReply, language: Language): FastifyReply {
  return sendDocument(reply, deps.pages, { face: 'link', language, view: null, status: 404 })
}

function languageOf(request: FastifyRequest, link: Link | null): Language {
  const { lang } = request.query as { lang?: string }
  return languageFor([isLanguage(lang) ? lang : null, link?.language], request.headers['accept-language'])
}

function lead(reply: FastifyReply, token: string, language: Language): FastifyReply {
  return reply
    .code(303)
    .headers({
      location: `/c/${token}?lang=${language}`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    .send('')
}

/** A page of another site cannot press the button, should it have learned the address. */
function refuseForeign(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem('scope-missing', { detail: 'Another site asks for this.' })
}

/** The posted form; one that is larger than ours means nothing. */
function formOf(request: FastifyRequest): URLSearchParams {
  const bytes = request.rawBody
  return new URLSearchParams(bytes === null || bytes.length > 1024 ? '' : bytes.toString('utf8'))
}
