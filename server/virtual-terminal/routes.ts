// The virtual terminals over HTTP, on the product's own server: a page for people, what the page asks, and the same messages that real
// terminals take, in plain JSON. Registered only where the server is for development.

import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import type { App } from '../http/app.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { languageFor, type Pages, sendDocument } from '../pages/index.ts'
import { CARDS } from './cards.ts'
import type { VirtualTerminals } from './index.ts'
import { ByPoi, JournalQuery, SettingsBody, TouchBody } from './schema.ts'
import type { Exchanged, VirtualTerminal } from './terminal.ts'
import type { TerminalFace } from './view.ts'

export interface TerminalRoutesDeps {
  virtualTerminals: VirtualTerminals
  pages: Pages
  clock: Clock
}

const PUBLIC = { access: { keys: 'public' } } as const
/** A terminal's references are rows of letters and digits that may look like a card number by chance. */
const WIRE = { access: { keys: 'public' }, takesCards: true } as const
const PageQuery = Type.Object({ lang: Type.Optional(Type.String({ maxLength: 5 })) }, { additionalProperties: true })
/** The terminal that is there when nobody has made one. */
const FIRST_POI = 'V400m-100000001'
/** Pages that look at terminals at once; a demonstration has a few. */
const MAX_WATCHERS = 50
const HEARTBEAT_MS = 15_000

export function routes(app: App, deps: TerminalRoutesDeps): void {
  const { virtualTerminals } = deps
  const terminalOf = ({ poi }: { poi: string }): VirtualTerminal => {
    if (!virtualTerminals.isPoiId(poi)) throw new Problem('not-found', { detail: 'No terminal has such an id.' })
    try {
      return virtualTerminals.terminal(poi)
    } catch {
      throw new Problem('rate-limited', { detail: 'There are too many virtual terminals.' })
    }
  }
  const draw = (
    terminal: VirtualTerminal,
    lang: string | undefined,
    accept: string | undefined,
    reply: FastifyReply,
  ) => {
    const view: TerminalFace = {
      terminal: terminal.view(),
      terminals: listOf(virtualTerminals),
      cards: CARDS.map(({ id, name, last4 }) => ({ id, name, last4 })),
    }
    return sendDocument(reply, deps.pages, { face: 'terminal', language: languageFor([lang], accept), view })
  }

  app.route({
    method: 'GET',
    url: '/terminal',
    config: PUBLIC,
    schema: { hide: true, querystring: PageQuery },
    handler: async (request, reply) =>
      draw(
        virtualTerminals.all()[0] ?? virtualTerminals.add(FIRST_POI, 'Terminal 1'),
        request.query.lang,
        request.headers['accept-language'],
        reply,
      ),
  })
  app.route({
    method: 'GET',
    url: '/terminal/:poi',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi, querystring: PageQuery },
    handler: async (request, reply) =>
      draw(terminalOf(request.params), request.query.lang, request.headers['accept-language'], reply),
  })
  app.route({
    method: 'GET',
    url: '/terminal/:poi/state',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi },
    handler: async (request) => terminalOf(request.params).view(),
  })
  app.route({
    method: 'POST',
    url: '/terminal/:poi/touch',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi, body: TouchBody },
    handler: async (request) => ({ taken: terminalOf(request.params).touch(request.body) }),
  })
  app.route({
    method: 'POST',
    url: '/terminal/:poi/settings',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi, body: SettingsBody },
    handler: async (request) => {
      const { is_on, ...settings } = request.body
      const terminal = terminalOf(request.params)
      terminal.set(settings)
      if (is_on !== undefined) terminal.plug(is_on)
      return terminal.view()
    },
  })
  app.route({
    method: 'GET',
    url: '/terminal/:poi/journal',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi, querystring: JournalQuery },
    handler: async (request) => {
      const { after, limit } = request.query
      const { poiId } = terminalOf(request.params)
      return { data: virtualTerminals.journal({ poiId, after: Number(after ?? 0), limit: Number(limit ?? 1000) }) }
    },
  })
  app.route({
    method: 'POST',
    url: '/terminal/:poi/nexo',
    config: WIRE,
    schema: { hide: true, params: ByPoi, body: Type.Unknown() },
    handler: async (request, reply) => send(reply, await terminalOf(request.params).exchange(request.body)),
  })
  liveRoute(app, deps, terminalOf)
}

/** Sends what became of a message, as a connection shows it. */
export function send(reply: FastifyReply, exchanged: Exchanged): FastifyReply {
  switch (exchanged.kind) {
    case 'message':
      return reply.header('content-type', 'application/json; charset=utf-8').send(exchanged.wire)
    case 'empty':
      return reply.code(200).header('content-length', '0').send('')
    case 'broken':
      return reply.code(500).header('content-type', 'text/html').send('<h1>Internal Server Error</h1>')
    case 'lost':
    case 'unreachable':
      // The line goes dead, which is all that anybody on the other end can know.
      reply.hijack()
      reply.raw.destroy()
      return reply
  }
}

export function listOf(virtualTerminals: VirtualTerminals): TerminalFace['terminals'] {
  return virtualTerminals.all().map((each) => {
    const { poi_id, label } = each.view()
    return { poi_id, label }
  })
}

/** Every change of a terminal, as server-sent events, until the reader leaves or the server stops. */
function liveRoute(
  app: App,
  { clock }: TerminalRoutesDeps,
  terminalOf: (at: { poi: string }) => VirtualTerminal,
): void {
  const stopping = new AbortController()
  let watchers = 0
  app.addHook('preClose', (done) => {
    stopping.abort()
    done()
  })
  app.route({
    method: 'GET',
    url: '/terminal/:poi/live',
    config: PUBLIC,
    schema: { hide: true, params: ByPoi },
    handler: async (request, reply) => {
      const terminal = terminalOf(request.params)
      if (watchers >= MAX_WATCHERS) throw new Problem('rate-limited', { detail: 'Too many pages look at terminals.' })
      watchers++
      const left = new AbortController()
      const signal = AbortSignal.any([left.signal, stopping.signal])
      reply.hijack()
      const response = reply.raw
      response.once('close', () => left.abort())
      response.on('error', () => left.abort())
      try {
        response.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        })
        await follow(terminal, clock, signal, (text) => response.write(text))
      } finally {
        watchers--
        response.end()
      }
    },
  })
}

/** Changes of one turn are one event; a reader who is behind sees the latest state and none between. */
async function follow(
  terminal: VirtualTerminal,
  clock: Clock,
  signal: AbortSignal,
  write: (text: string) => void,
): Promise<void> {
  let wake = new AbortController()
  const leave = terminal.watch(() => wake.abort())
  try {
    write(`retry: 1000\n\n`)
    let seen = -1
    while (!signal.aborted) {
      wake = new AbortController()
      const view = terminal.view()
      write(view.version === seen ? ': still here\n\n' : `data: ${JSON.stringify(view)}\n\n`)
      seen = view.version
      await clock.sleep(HEARTBEAT_MS, AbortSignal.any([wake.signal, signal]))
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    leave()
  }
}
