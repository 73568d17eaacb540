// Virtual terminals as a server of their own, with TLS, at the addresses at which real ones and their host are reached. So a
// program that drives real terminals meets them as it would in a shop, with whatever client it has.

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { App } from '../http/app.ts'
import type { Clock } from '../lib/clock.ts'
import { parseJson } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import {
  eventNotification,
  isSealed,
  open,
  readMessage,
  SealBroken,
  type SharedKey,
  seal,
  type Wire,
} from '../nexo/index.ts'
import { type Pages, routes as pageRoutes } from '../pages/index.ts'
import { selfMadeCertificate } from './certificate.ts'
import type { VirtualTerminals } from './index.ts'
import { routes, send } from './routes.ts'
import type { Exchanged } from './terminal.ts'

export interface TerminalServerOptions {
  virtualTerminals: VirtualTerminals
  /** The terminal that stands behind the local address. */
  poiId: string
  /** The present, for the certificate. */
  now: Date
  /** What till and terminal share; without it nothing sealed can be opened. */
  key?: SharedKey
  /** Takes messages that are not sealed at the local address too. */
  takesPlain: boolean
  /** Asked for at the addresses of the host. */
  apiKey: string
  /** For people: the page, and what it loads. */
  pages?: { pages: Pages; clock: Clock }
  /** Takes answers of what was asked asynchronously, and what terminals send by themselves. */
  notify(wire: Wire): void
}

export interface TerminalServer {
  app: FastifyInstance
  /** PEM of the certificate, for clients that pin it. */
  certificate: string
}

const MAX_BODY = 256 * 1024
const HIDDEN = { config: { access: { keys: 'public' as const } } }

/** Makes the server, without listening. */
export async function terminalServer(options: TerminalServerOptions): Promise<TerminalServer> {
  const { virtualTerminals, poiId, apiKey } = options
  const { key, cert } = await selfMadeCertificate(poiId, options.now)
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY,
    https: { key, cert },
    routerOptions: { ignoreTrailingSlash: true },
  }) as unknown as FastifyInstance
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes))
  virtualTerminals.terminal(poiId).listen((wire) => options.notify(wire))

  app.post('/nexo', HIDDEN, async (request, reply) => {
    const wire = parsed(request)
    if (!isSealed(wire) && !options.takesPlain) return text(reply, 400, 'Only sealed messages are taken here.')
    return answer(reply, options, wire, poiId)
  })

  const guarded = { ...HIDDEN, onRequest: keyCheck(apiKey) }
  app.post('/sync', guarded, async (request, reply) => atHost(reply, options, parsed(request)))
  app.post('/async', guarded, async (request, reply) => later(reply, options, parsed(request)))
  app.post('/v1/merchants/:merchant/devices/:device/:how', guarded, async (request, reply) => {
    const { device, how } = request.params as { device: string; how: string }
    const wire = parsed(request)
    if (how !== 'sync' && how !== 'async') return text(reply, 404, 'Not found.')
    if (poiOf(wire) !== device) return text(reply, 422, 'The device is another than the POIID of the message.')
    return how === 'sync' ? atHost(reply, options, wire) : later(reply, options, wire)
  })
  app.get('/v1/merchants/:merchant/connectedDevices', guarded, async () => ({
    uniqueDeviceIds: virtualTerminals
      .all()
      .filter((each) => each.view().screen.kind !== 'off')
      .map((each) => each.poiId),
  }))
  app.get('/v1/merchants/:merchant/devices/:device/status', guarded, async (request, reply) => {
    const { device } = request.params as { device: string }
    const known = virtualTerminals.all().find((each) => each.poiId === device)
    if (!known) return text(reply, 404, 'There is no such device.')
    return { deviceId: device, status: known.view().screen.kind === 'off' ? 'OFFLINE' : 'ONLINE' }
  })
  if (options.pages) pagesOn(app, virtualTerminals, options.pages)
  return { app, certificate: cert }
}

/** The page speaks JSON and problems, as on the product's server. */
function pagesOn(
  app: FastifyInstance,
  virtualTerminals: VirtualTerminals,
  { pages, clock }: { pages: Pages; clock: Clock },
): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
      try {
        done(null, parseJson(bytes as Buffer, { takesCards: true }))
      } catch (error) {
        done(error as Error)
      }
    })
    scope.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
      const { code, status, detail } =
        error instanceof Problem
          ? error
          : { code: 'validation-error', status: error.statusCode ?? 500, detail: error.message }
      return reply.code(status).header('content-type', 'application/problem+json').send({ status, code, detail })
    })
    const taker = scope as unknown as App
    pageRoutes(taker, pages)
    routes(taker, { virtualTerminals, pages, clock })
  })
}

/** Through the host: what it could not deliver comes back as an event in place of the answer. */
async function atHost(reply: FastifyReply, options: TerminalServerOptions, wire: unknown): Promise<FastifyReply> {
  const undelivered = undeliverable(options, wire)
  return undelivered ? reply.send(undelivered) : answer(reply, options, wire, poiOf(wire))
}

/** Answered at once; what became of it is told afterwards. */
async function later(reply: FastifyReply, options: TerminalServerOptions, wire: unknown): Promise<FastifyReply> {
  const undelivered = undeliverable(options, wire)
  if (undelivered) return reply.send(undelivered)
  const opened = openedWith(options, wire)
  if (opened === undefined) return text(reply, 400, 'The message could not be opened.')
  void options.virtualTerminals.exchange(poiOf(wire), opened).then((exchanged) => {
    const sealed = answerFor(options, wire, exchanged)
    if (sealed.kind === 'message') options.notify(sealed.wire)
  })
  return reply.header('content-type', 'text/plain').send('ok')
}

async function answer(
  reply: FastifyReply,
  options: TerminalServerOptions,
  wire: unknown,
  poiId: string,
): Promise<FastifyReply> {
  const opened = openedWith(options, wire)
  if (opened === undefined) return text(reply, 400, 'The message could not be opened.')
  return send(reply, answerFor(options, wire, await options.virtualTerminals.exchange(poiId, opened)))
}

/** The message itself; undefined when it was sealed for somebody else. */
function openedWith({ key }: TerminalServerOptions, wire: unknown): unknown {
  if (!isSealed(wire)) return wire
  try {
    return key && open(wire, key)
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}

/** Sealed when the question was, and then perhaps changed on its way. */
function answerFor({ key }: TerminalServerOptions, asked: unknown, exchanged: Exchanged): Exchanged {
  if (exchanged.kind !== 'message' || !key || !isSealed(asked)) return exchanged
  const sealed = seal(exchanged.wire, key)
  if (exchanged.isSpoilt)
    for (const body of Object.values(sealed)) {
      const trailer = body['SecurityTrailer'] as { Hmac: string }
      trailer.Hmac = Buffer.from(trailer.Hmac, 'base64').reverse().toString('base64')
    }
  return { ...exchanged, wire: sealed }
}

/** What a host says of a terminal that is not there. Undefined when it is. */
function undeliverable({ virtualTerminals, now }: TerminalServerOptions, wire: unknown): Wire | undefined {
  const poiId = poiOf(wire)
  const isThere = virtualTerminals.all().some((each) => each.poiId === poiId && each.view().screen.kind !== 'off')
  if (isThere) return undefined
  const why =
    poiId === '' ? 'Input is not a JSONObject' : 'Failed to send message to POI over its websocket connection.'
  return eventNotification({
    ...{ event: 'Reject', at: now, deviceId: 'host', saleId: 'N/A', poiId: poiId || 'N/A' },
    details: [['message', why]],
    rejected: Buffer.from(typeof wire === 'string' ? wire : JSON.stringify(wire), 'utf8'),
  })
}

function parsed(request: FastifyRequest): unknown {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    // Text that is no message comes back in the event that refuses it.
    return bytes.toString('utf8')
  }
}

function poiOf(wire: unknown): string {
  try {
    return readMessage(wire).header.POIID
  } catch {
    return ''
  }
}

function keyCheck(apiKey: string) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (request.headers['x-api-key'] !== apiKey) return text(reply, 401, 'Unauthorized')
    return undefined
  }
}

function text(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header('content-type', 'text/plain').send(body)
}
