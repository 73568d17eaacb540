// What routes that answer with a live stream share: where a reader left off, and the reply that stays open.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../lib/problem.ts'
import type { EventStreams, StreamReader, StreamRoom } from './stream.ts'

/** The sequence a reader saw last, from its Last-Event-ID; undefined for one that begins. Throws validation-error. */
export function lastEventIdOf(request: FastifyRequest): bigint | undefined {
  const lastId = request.headers['last-event-id']
  return typeof lastId === 'string' && lastId !== '' ? sequenceOf(lastId, 'Last-Event-ID') : undefined
}

/** Answers with server-sent events until the reader leaves. Throws rate-limited and shutting-down before it has begun. */
export async function replyWithStream(
  reply: FastifyReply,
  streams: EventStreams,
  reader: StreamReader,
  room?: StreamRoom,
): Promise<void> {
  const leave = streams.admit(reader.merchantId, room)
  // From here on the reply is ours: Fastify would buffer it and close it.
  reply.hijack()
  try {
    const response = reply.raw
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value)
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Asks nginx not to collect the stream before passing it on.
      'x-accel-buffering': 'no',
    })
    await streams.feed(response, reader)
  } finally {
    leave()
  }
}

/** Reads a sequence that came as text; 18 digits always fit into a bigint column. */
export function sequenceOf(text: string, pointer: string): bigint {
  if (/^(0|[1-9]\d{0,17})$/.test(text)) return BigInt(text)
  const detail = 'Is not a sequence.'
  throw new Problem('validation-error', { detail, errors: [{ pointer, detail }] })
}
