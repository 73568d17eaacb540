// Sales that were made without the server, on their way to it: in order, by one tab at a time, as often as it takes. A sale that the
// server has is told it again without harm, so nothing here ever decides that something was not sent. What is sent stays for a while:
// a server that was set back to yesterday's backup asks for it again.

import { type Api, isRefused, Refused } from '../api.ts'
import type { Boxes, Writing } from './boxes.ts'
import type { KeptDocument, Verdict } from './chain.ts'
import type { Waiting } from './document.ts'
import { shouting, unlessTaken } from './locks.ts'

/** In one request: the server takes a hundred, and a body of a mebibyte; a ticket of a thousand lines is a third of it. */
const MOST_AT_ONCE = 50
const MOST_CHARACTERS = 500_000
/** How long between two tries while something waits, growing from the first to the second. */
const AGAIN_MS = 3_000
const SLOWEST_MS = 60_000
/** Sent sales that are kept for the list, and for a server that lost them. */
const KEPT_MS = 14 * 86_400_000
/** Requests for one chain: more than any queue needs, fewer than for ever. */
const MOST = 1_000

export interface QueueState {
  waiting: Waiting
  isSending: boolean
  /** Why the last try failed, other than for want of an answer. */
  trouble: { code: string; detail: string } | null
  /** Sent and with something to look at, newest first. */
  noted: KeptDocument[]
  sent: number
  lastSentAt: number | null
}

export interface Queue {
  state(): QueueState
  watch(told: () => void): () => void
  /** Something was written. */
  changed(): Promise<void>
  /** Sends what waits. Answers whether nothing is left. */
  push(): Promise<boolean>
  documents(): Promise<KeptDocument[]>
  /** Somebody has looked at it. */
  see(document: KeptDocument): Promise<void>
  stop(): void
}

interface Answer {
  /** Told apart by the hash they were sent with; the server may know one by another id. */
  results: ({ hash: string } & Verdict)[]
}

const NOTHING: QueueState = {
  waiting: { count: 0, total: 0, oldest: null },
  ...{ isSending: false, trouble: null, noted: [], sent: 0, lastSentAt: null },
}

export async function createQueue(boxes: Boxes, api: Api): Promise<Queue> {
  let shown = NOTHING
  let timer = 0
  let pauseMs = AGAIN_MS
  /** What the server was last told of our queue; it is told again when that changes. */
  let toldCount = 0
  const watchers = new Set<() => void>()
  const shout = shouting('queue', () => void look())

  function show(next: Partial<QueueState>): void {
    shown = { ...shown, ...next }
    for (const told of watchers) told()
  }

  async function look(): Promise<void> {
    const all = await boxes.all<KeptDocument>('documents')
    const waiting = all.filter(({ state }) => state === 'waiting')
    show({
      waiting: {
        count: waiting.length,
        total: waiting.reduce((sum, { total }) => sum + total, 0),
        oldest: waiting.length === 0 ? null : Math.min(...waiting.map(({ sold_at }) => sold_at)),
      },
      noted: all.filter(isNoted).sort((a, b) => b.sold_at - a.sold_at),
      sent: all.length - waiting.length,
    })
    // After a while, so that a queue that cannot be sent does not hammer the server.
    clearTimeout(timer)
    if (waiting.length > 0) timer = setTimeout(() => void queue.push(), pauseMs) as unknown as number
  }

  async function send(): Promise<void> {
    const waiting = await boxes.all<KeptDocument>('documents')
    const keys = [...new Set(waiting.filter(({ state }) => state === 'waiting').map(({ key_id }) => key_id))]
    for (const key of keys) {
      const first = waiting.find((each) => each.key_id === key && each.state === 'waiting')
      if (first) await sendChain(key, first.sequence)
    }
  }

  async function sendChain(key: string, from: number): Promise<void> {
    let next = from
    let isSetBack = false
    for (let no = 0; no < MOST; no++) {
      const some = fitting(await boxes.all<KeptDocument>('documents', onwards(key, next), MOST_AT_ONCE))
      const last = some.at(-1)
      if (!last) return
      const documents = some.map(({ text, hash, signature }) => ({ document: text, hash, signature }))
      try {
        const { results } = await api.call<Answer>('POST', '/offline_sales', { as: 'device', body: { documents } })
        await note(some, results)
        next = last.sequence + 1
      } catch (error) {
        // The server has fewer than it once told: it goes on from where it is.
        const wanted = isRefused(error, 'offline-gap') ? error.more['next_sequence'] : undefined
        if (typeof wanted !== 'number' || wanted >= next || isSetBack) throw error
        isSetBack = true
        next = wanted
      }
    }
  }

  async function note(sent: readonly KeptDocument[], results: Answer['results']): Promise<void> {
    const told = new Map(results.map((result) => [result.hash, result]))
    await boxes.write(['documents'], (tx) => {
      for (const document of sent) {
        const result = told.get(document.hash)
        if (!result) continue
        const { status, order_id, receipt_id, reviews, reason } = result
        const verdict: Verdict = { status, order_id, receipt_id, reviews, reason }
        change(tx, document, { state: 'sent', verdict })
      }
    })
    if (sent.some(({ hash }) => !told.has(hash)))
      throw new Refused('failed', 0, 'The server did not answer for each sale.')
    show({ lastSentAt: Date.now() })
  }

  /** Tells how many wait, so that nobody takes a shift for complete; at most once a change. */
  async function report(): Promise<void> {
    const { count, oldest } = shown.waiting
    if (count === toldCount) return
    await api.call('PUT', '/till/offline_state', {
      as: 'device',
      body: { queue: count, oldest_at: oldest === null ? null : new Date(oldest).toISOString() },
    })
    toldCount = count
  }

  async function forgetOld(): Promise<void> {
    const all = await boxes.all<KeptDocument>('documents')
    const old = all.filter((each) => each.state === 'sent' && !isNoted(each) && each.sold_at < Date.now() - KEPT_MS)
    if (old.length === 0) return
    await boxes.write(['documents'], (tx) => {
      for (const { key_id, sequence } of old) tx.delete('documents', [key_id, sequence])
    })
  }

  const queue: Queue = {
    state: () => shown,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    async changed() {
      await look()
      shout.tell()
    },
    async push() {
      if (!api.link.isOn) return shown.waiting.count === 0
      if (shown.waiting.count === 0) {
        await report().catch(() => {})
        return true
      }
      await unlessTaken('push', async () => {
        show({ isSending: true })
        try {
          // Told first, so that nobody counts a shift as complete meanwhile; sales go even where that fails.
          await report().catch(() => {})
          await send()
          pauseMs = AGAIN_MS
          show({ trouble: null })
        } catch (error) {
          pauseMs = Math.min(SLOWEST_MS, pauseMs * 2)
          if (!isRefused(error, 'no-answer', 'unauthenticated')) show({ trouble: troubleOf(error) })
        } finally {
          show({ isSending: false })
        }
      })
      await queue.changed()
      if (shown.waiting.count === 0) {
        await report().catch(() => {})
        await forgetOld()
      }
      return shown.waiting.count === 0
    },
    documents: () => boxes.all<KeptDocument>('documents'),
    async see(document) {
      await boxes.write(['documents'], (tx) => change(tx, document, { is_seen: true }))
      await queue.changed()
    },
    stop() {
      clearTimeout(timer)
      shout.stop()
    },
  }
  await look()
  // After a reload the server may still believe what it was told before.
  toldCount = -1
  return queue
}

/** The server said something of it that a person should read. */
const isNoted = ({ verdict, is_seen }: KeptDocument): boolean =>
  verdict !== null && !is_seen && (verdict.status !== 'accepted' || verdict.reviews.length > 0)

/** The first, and as many after it as fit in a body. */
function fitting(documents: readonly KeptDocument[]): KeptDocument[] {
  let characters = 0
  return documents.filter(({ text }, i) => {
    characters += text.length
    return i === 0 || characters <= MOST_CHARACTERS
  })
}

/** As it is now, since others of its facts may have changed meanwhile. */
function change(tx: Writing, { key_id, sequence }: KeptDocument, next: Partial<KeptDocument>): void {
  tx.read<KeptDocument>('documents', [key_id, sequence], (now) => {
    if (now) tx.put('documents', { ...now, ...next })
  })
}

const onwards = (key: string, from: number): IDBKeyRange =>
  IDBKeyRange.bound([key, from], [key, Number.MAX_SAFE_INTEGER])

function troubleOf(error: unknown): { code: string; detail: string } {
  if (error instanceof Refused) return { code: error.code, detail: error.detail }
  return { code: 'failed', detail: error instanceof Error ? error.message : String(error) }
}
