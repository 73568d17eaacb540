// "Something may have happened for this key": wakes waiters early. A hint is never needed for correctness: whoever waits also
// polls, so a lost, doubled or late hint changes only how soon work is seen.
//
// Between processes hints travel by NOTIFY, sent in a statement of its own and collected for a moment first. It never rides
// in a money transaction, because PostgreSQL serialises the commits of transactions that notify.

import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export interface Hints {
  /** Says that something may have happened for `key` (a merchant's id). Cheap; returns at once; never throws. */
  poke(key: string): void
  /** Resolves at the next hint for `key`, after `ms`, or when `signal` aborts, whichever is first. */
  wait(key: string, ms: number, signal: AbortSignal): Promise<void>
  /** Calls `listener` at each hint, whatever its key. Returns the way to stop. */
  onAny(listener: () => void): () => void
}

/** Hints that also reach the other processes on the same database. */
export interface SharedHints extends Hints {
  /** Opens the listening connection, and keeps reopening it when it breaks. */
  start(): void
  stop(): Promise<void>
}

/** Collecting this long turns a burst of sales into one NOTIFY, and is well below the polling interval it shortens. */
const COLLECT_MS = 50
/** After a broken connection; polling carries on meanwhile. */
const RECONNECT_MS = 2_000
const CHANNEL = 'onetill_hint'
/** NOTIFY takes a payload below 8,000 bytes: 200 merchant ids of 30 characters and a comma each stay below it. */
const MAX_KEYS = 200

/** Hints inside this process only. Enough for one process and for tests. */
export function createLocalHints(clock: Clock): Hints {
  const waiters = new Map<string, Set<() => void>>()
  const listeners = new Set<() => void>()
  return {
    poke(key) {
      for (const wake of waiters.get(key) ?? []) wake()
      for (const listener of listeners) listener()
    },
    async wait(key, ms, signal) {
      const woken = new AbortController()
      const wake = () => woken.abort('woken')
      const set = waiters.get(key) ?? new Set()
      waiters.set(key, set.add(wake))
      try {
        await clock.sleep(ms, AbortSignal.any([signal, woken.signal]))
      } finally {
        set.delete(wake)
        // A new set may have taken the place of one that was emptied meanwhile.
        if (set.size === 0 && waiters.get(key) === set) waiters.delete(key)
      }
    },
    onAny(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Hints shared over the database's LISTEN and NOTIFY. Holds one connection of the pool while started. */
export function createSharedHints(deps: { db: Db; clock: Clock; log: Log }): SharedHints {
  const local = createLocalHints(deps.clock)
  const stopping = new AbortController()
  let collected = new Set<string>()
  let sending: Promise<void> | undefined
  let listening: Promise<void> = Promise.resolve()

  async function sendCollected(): Promise<void> {
    await deps.clock.sleep(COLLECT_MS, stopping.signal)
    const keys = [...collected]
    collected = new Set()
    sending = undefined
    for (let i = 0; i < keys.length && !stopping.signal.aborted; i += MAX_KEYS) {
      await deps.db.query('select pg_notify($1, $2)', [CHANNEL, keys.slice(i, i + MAX_KEYS).join(',')])
    }
  }

  async function listenOnce(): Promise<void> {
    const client = await deps.db.connect()
    let broken: Error | undefined
    try {
      const ended = new Promise<void>((resolve) => {
        client.once('error', (error) => {
          broken = error
          resolve()
        })
        client.once('end', resolve)
        if (stopping.signal.aborted) resolve()
        stopping.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      client.on('notification', (message) => {
        for (const key of (message.payload ?? '').split(',')) local.poke(key)
      })
      await client.query(`listen ${CHANNEL}`)
      await ended
    } finally {
      // Never back into the pool: the next user would receive our notifications.
      client.release(broken ?? true)
    }
  }

  async function keepListening(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await listenOnce()
      } catch (error) {
        deps.log.warn('the hint connection broke; polling carries on', { error })
      }
      await deps.clock.sleep(RECONNECT_MS, stopping.signal)
    }
  }

  return {
    ...local,
    poke(key) {
      local.poke(key)
      if (stopping.signal.aborted) return
      collected.add(key)
      sending ??= sendCollected().catch((error) => {
        deps.log.debug('a hint was not sent; polling carries on', { error })
      })
    },
    start() {
      listening = keepListening()
    },
    async stop() {
      stopping.abort()
      await Promise.all([listening, sending])
    },
  }
}
