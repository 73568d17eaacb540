// Live events as server-sent events. Each reader has its own cursor into the event log and is fed from the database, so nothing
// is buffered for it beyond one page, and a reader that went away resumes with Last-Event-ID without a gap.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Queryable } from '../db/pool.ts'
import type { Hints } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { eventView } from './event.ts'
import { listEvents } from './event-store.ts'

export interface StreamDeps {
  db: Queryable
  clock: Clock
  log: Log
  hints: Hints
}

/** Who reads what. */
export interface StreamReader {
  merchantId: string
  /** Only events with a higher sequence. */
  after: bigint
  /** An exact type, a family (`payment.*`), or null for all. */
  type: string | null
  /** Only events of this object; its own hints wake the reader, not every hint of its merchant. */
  objectId?: string
}

/** Places for readers of one sort, counted apart from all others. */
export interface StreamRoom {
  name: string
  places: number
}

/** Feeds readers until they leave or the server stops. */
export interface EventStreams {
  /**
   * Reserves a place for a reader, in a room of its own when one is named; call the answer to give it back. Throws `rate-limited`
   * when the merchant has none left there.
   */
  admit(merchantId: string, room?: StreamRoom): () => void
  /** Writes events after `after` to `response` until the reader leaves, is too slow, or the stream's time is over. */
  feed(response: ServerResponse, reader: StreamReader): Promise<void>
  /** Ends all streams and waits for them. Readers reconnect, elsewhere or after the restart. */
  stop(): Promise<void>
}

/** Open streams per merchant in this process: every till and back office of a large retailer's region. */
const READERS_PER_MERCHANT = 50
const EVENTS_PER_PAGE = 100
/** How soon an event is seen without a hint. */
const POLL_MS = 1_000
/** After a hint: a burst of sales becomes one read per reader and not one per sale. */
const GATHER_MS = 100
/** Proxies cut connections that are silent for a minute or half of one. */
const HEARTBEAT_MS = 15_000
/** A reader that takes nothing for this long is dropped; it resumes where it was. */
const SLOW_READER_MS = 10_000
/** After this the reader must come back with its key, so that a revoked key ends a stream too. */
const STREAM_MS = 15 * 60_000

export function createEventStreams(deps: StreamDeps): EventStreams {
  const stopping = new AbortController()
  const readers = new Map<string, number>()
  const feeding = new Set<Promise<void>>()

  async function run(response: ServerResponse, reader: StreamReader): Promise<void> {
    const left = new AbortController()
    response.once('close', () => left.abort())
    // A broken connection shows as an error too; the close that follows is enough for us.
    response.on('error', () => left.abort())
    const signal = AbortSignal.any([stopping.signal, left.signal])
    const endAt = deps.clock.now().getTime() + STREAM_MS
    let cursor = reader.after
    let lastWriteAt = deps.clock.now().getTime()
    let isOpen = await write(deps.clock, response, 'retry: 2000\n\n', signal)
    while (isOpen && !signal.aborted && deps.clock.now().getTime() < endAt) {
      const rows = await listEvents(deps.db, reader.merchantId, {
        after: cursor,
        type: reader.type,
        object_id: reader.objectId ?? null,
        limit: EVENTS_PER_PAGE,
      })
      const now = deps.clock.now().getTime()
      const last = rows.at(-1)
      if (last) {
        const text = rows
          .map((row) => `id: ${row.seq}\nevent: ${row.type}\ndata: ${JSON.stringify(eventView(row))}\n\n`)
          .join('')
        isOpen = await write(deps.clock, response, text, signal)
        cursor = last.seq
        lastWriteAt = now
        continue
      }
      if (now - lastWriteAt >= HEARTBEAT_MS) {
        isOpen = await write(deps.clock, response, ': still here\n\n', signal)
        lastWriteAt = now
      }
      await deps.hints.wait(reader.objectId ?? reader.merchantId, POLL_MS, signal)
      await deps.clock.sleep(GATHER_MS, signal)
    }
    if (isOpen && !left.signal.aborted) response.end()
    else response.destroy()
  }

  return {
    admit(merchantId, room = { name: '', places: READERS_PER_MERCHANT }) {
      const key = `${merchantId} ${room.name}`
      const count = readers.get(key) ?? 0
      if (stopping.signal.aborted) throw new Problem('shutting-down')
      if (count >= room.places) throw new Problem('rate-limited', { detail: 'Too many open event streams.' })
      readers.set(key, count + 1)
      return () => {
        const left = (readers.get(key) ?? 1) - 1
        if (left > 0) readers.set(key, left)
        else readers.delete(key)
      }
    },
    async feed(response, reader) {
      const feed = run(response, reader).catch((error) => {
        deps.log.warn('an event stream broke off', { merchant_id: reader.merchantId, error })
        response.destroy()
      })
      feeding.add(feed)
      await feed
      feeding.delete(feed)
    },
    async stop() {
      stopping.abort()
      await Promise.all(feeding)
    },
  }
}

/** Writes and waits until the socket has room again. False when the reader is gone or took too long. */
async function write(clock: Clock, response: ServerResponse, text: string, signal: AbortSignal): Promise<boolean> {
  if (response.destroyed) return false
  if (response.write(text)) return true
  const done = new AbortController()
  const ended = AbortSignal.any([signal, done.signal])
  const drained = once(response, 'drain', { signal: ended }).then(
    () => true,
    () => false,
  )
  const tooSlow = clock.sleep(SLOW_READER_MS, ended).then(() => false)
  const isDrained = await Promise.race([drained, tooSlow])
  done.abort()
  return isDrained
}
