// Modules learn of each other's changes through the event log. A consumer reads a merchant's events in their order and does
// what they ask for in the transaction that moves its cursor: each event takes effect exactly once, however often a
// process dies. It must never call a provider: that would hold the transaction open. It writes an intent instead.
//
// An event that cannot be handled is set aside with what follows about the same subject, and tried again later and later; all
// others go on. So a bad event never makes a read fail that catches up first.

import { type Db, type Tx, transact } from '../db/pool.ts'
import { createWorker, type Hints, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import {
  advanceCursor,
  type FollowedEvent,
  isBehind,
  lockCursor,
  merchantsBehind,
  moveCursors,
  moveWindow,
  takeWindows,
} from './consumer-store.ts'
import type { EventRow } from './event.ts'
import { lastSequence } from './event-store.ts'
import { type AsideKey, dueAside, endAside, eventsAside, postponeAside, setAside } from './set-aside-store.ts'

export interface ConsumerDeps {
  db: Db
  /** Connections for the windows of consumers alone, which keep their plans; without it those of `db`. */
  followers?: Db | undefined
  clock: Clock
  log: Log
  hints: Pick<Hints, 'onAny'>
}

export interface ConsumerOptions {
  /** Kept with the cursor: renaming a consumer makes it read everything again. */
  name: string
  /** Families of events to read, each ending with a dot: `['payment.']`; a type is a family of its own. */
  families: readonly string[]
  /** Types of these families that tell it nothing: they are not read. */
  but?: readonly string[]
  /**
   * What it writes is worked out from the log alone and told to nobody. Then its transactions need not wait for the disk: after a
   * crash cursor and effect are both older, and the same events are read again.
   */
  isRebuildable?: boolean
  /** False: it works with the numbers of the events in SQL alone, and their `data` is null. */
  withData?: boolean
  /** Carries out what the events ask for, inside the transaction. What throws for one event alone is set aside. */
  handle(tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void>
  /** Called after the commit with the merchant; for waking others. */
  afterwards?(merchantId: string): void
}

export interface Consumer {
  readonly worker: Worker
  /**
   * Handles everything that this merchant's log holds now, so that a read that follows sees its effect; but for what cannot be
   * handled, which is set aside and does not throw.
   */
  catchUp(merchantId: string): Promise<void>
}

/** Events looked at in one transaction: large enough for a sale day, small enough to keep locks short. */
const WINDOW = 500n
/** Merchants looked at in one step; the next step takes the others. */
const MERCHANTS = 50
/** A merchant with more to read than this has a transaction of its own; those with less share one. */
const FEW = 50n
/** A shared transaction takes no further merchant after this: what is locked for one of them is locked for as long. */
const SHARED_MS = 10
/** How soon an event is seen without a hint. */
const EVERY_MS = 500
/**
 * On a busy day events come one by one and without end. A transaction for each would be a wait for the disk for each, with the
 * merchant's counter locked: what came in a quarter of a second is one, and on a machine that has more to do than it can, what came
 * in two seconds. Whoever must see their own writes calls catchUp.
 */
const PACE_MS = 250
const PACE_AT_MOST_MS = 2_000

/** What was set aside is tried again after this, then after twice as long, and so on up to the most. Nothing is given up. */
const AGAIN_MS = 1_000
const AGAIN_AT_MOST_MS = 10 * 60_000
/** Subjects tried again in one step. */
const AGAIN = 20

/** The handler threw. Tells it from a database that is away, which is nobody's event. */
class NotHandled extends Error {
  readonly after: bigint
  readonly event: EventRow & Partial<Pick<FollowedEvent, 'subject'>>
  constructor(after: bigint, event: NotHandled['event'], cause: unknown) {
    super('an event could not be handled', { cause })
    this.after = after
    this.event = event
  }
}

export function createConsumer(deps: ConsumerDeps, options: ConsumerOptions): Consumer {
  const consumer = options.name
  const db = deps.followers ?? deps.db
  const { families, but = [], isRebuildable = false, withData = true } = options
  const of = { consumer, families, but, isRebuildable, withData }
  /** Merchants of whom a window failed: how many events to take next. Halved with each failure, doubled with each success. */
  const careful = new Map<string, bigint>()

  async function handle(tx: Tx, merchantId: string, after: bigint, events: readonly EventRow[]): Promise<void> {
    const [first] = events
    if (!first) return
    try {
      await options.handle(tx, merchantId, events)
    } catch (error) {
      throw new NotHandled(after, first, error)
    }
  }

  /** One window. Returns how far the cursor moved; `null` when another process holds it and we do not wait. */
  async function window(merchantId: string, wait: boolean, size: bigint): Promise<bigint | null> {
    const moved = await transact(db, async (tx) => {
      const moved = await moveWindow(tx, merchantId, { ...of, size, wait })
      if (moved === null) return null
      const { from, to, events } = moved
      const waiting = Map.groupBy(
        events.filter(({ must_wait }) => must_wait),
        ({ subject }) => subject,
      )
      for (const [subject, later] of waiting) await putAside(tx, { merchantId, consumer, subject }, later)
      await handle(
        tx,
        merchantId,
        from,
        events.filter(({ must_wait }) => !must_wait),
      )
      return to - from
    })
    if (moved) options.afterwards?.(merchantId)
    return moved
  }

  /**
   * One window of several merchants each, as many as are through in a moment. Returns how far each cursor moved; those that are held, or
   * have something set aside, are left out, and all when anything goes wrong: what it is shows when each has its own.
   */
  async function windows(merchantIds: readonly string[]): Promise<Map<string, bigint>> {
    const moved = new Map<string, bigint>()
    const touched: string[] = []
    try {
      await transact(db, async (tx) => {
        const until = deps.clock.now().getTime() + SHARED_MS
        const to = new Map<string, bigint>()
        for (const [merchantId, window] of await takeWindows(tx, merchantIds, { ...of, size: FEW })) {
          if (window.events.some(({ must_wait }) => must_wait)) continue
          await handle(tx, merchantId, window.from, window.events)
          if (window.events.length > 0) touched.push(merchantId)
          to.set(merchantId, window.to)
          moved.set(merchantId, window.to - window.from)
          if (deps.clock.now().getTime() >= until) break
        }
        if (to.size > 0) await moveCursors(tx, consumer, to, touched.length > 0 && !isRebuildable)
      })
    } catch {
      return new Map()
    }
    for (const merchantId of touched) options.afterwards?.(merchantId)
    return moved
  }

  /** As `window`, narrowed until it holds what can be handled, or the one event that cannot, which is set aside. */
  async function step(merchantId: string, wait: boolean): Promise<bigint | null> {
    let size = careful.get(merchantId) ?? WINDOW
    while (true) {
      try {
        const moved = await window(merchantId, wait, size)
        if (size * 2n < WINDOW) careful.set(merchantId, size * 2n)
        else careful.delete(merchantId)
        return moved
      } catch (error) {
        if (!(error instanceof NotHandled)) throw error
        if (size === 1n) return await skip(merchantId, error)
        size /= 2n
        careful.set(merchantId, size)
      }
    }
  }

  /** Sets the one event aside and moves on, unless another process has moved on meanwhile. */
  async function skip(merchantId: string, failed: NotHandled): Promise<bigint> {
    const { after, event, cause } = failed
    const moved = await transact(db, async (tx) => {
      const cursor = (await lockCursor(tx, { merchantId, consumer, wait: true })) ?? after
      if (cursor !== after) return cursor - after
      await putAside(tx, { merchantId, consumer, subject: event.subject ?? event.object_id }, [event])
      await advanceCursor(tx, { merchantId, consumer, seq: event.seq })
      return event.seq - after
    })
    tellFailure(merchantId, event, { attempt: 1, error: cause })
    return moved
  }

  async function putAside(tx: Tx, key: AsideKey, events: readonly EventRow[]): Promise<void> {
    const at = deps.clock.now()
    await setAside(tx, key, { seqs: events.map(({ seq }) => seq), at, nextAt: new Date(at.getTime() + AGAIN_MS) })
  }

  function tellFailure(merchantId: string, event: EventRow, more: { attempt: number; error: unknown }): void {
    deps.log.error(`${consumer}: an event could not be handled and will be tried again`, {
      merchant_id: merchantId,
      object_id: event.object_id,
      kind: event.type,
      ...more,
    })
  }

  /** Tries what is aside about one subject again. True when it is handled now. */
  async function again(key: AsideKey, attempts: number): Promise<boolean> {
    const { merchantId } = key
    try {
      const isDone = await transact(db, async (tx) => {
        const cursor = await lockCursor(tx, { merchantId, consumer, wait: false })
        if (cursor === null) return false
        const events = await eventsAside(tx, key)
        if (events.length === 0) return false
        await handle(tx, merchantId, cursor, events)
        await endAside(tx, key)
        return true
      })
      if (isDone) options.afterwards?.(merchantId)
      return isDone
    } catch (error) {
      if (!(error instanceof NotHandled)) throw error
      const rest = Math.min(AGAIN_MS * 2 ** attempts, AGAIN_AT_MOST_MS)
      await postponeAside(db, key, { attempts, nextAt: new Date(deps.clock.now().getTime() + rest) })
      tellFailure(merchantId, error.event, { attempt: attempts + 1, error: error.cause })
      return false
    }
  }

  /** Whatever is in the way of one merchant must not hold up the others. */
  async function apart(merchantId: string, work: () => Promise<number>): Promise<number> {
    try {
      return await work()
    } catch (error) {
      deps.log.error(`${consumer}: a merchant's events could not be read and will be tried again`, {
        merchant_id: merchantId,
        error,
      })
      return 0
    }
  }

  const worker = createWorker({
    name: consumer,
    clock: deps.clock,
    log: deps.log,
    everyMs: EVERY_MS,
    paceMs: PACE_MS,
    paceAtMostMs: PACE_AT_MOST_MS,
    async tick() {
      let did = 0
      const behind = await merchantsBehind(db, consumer, MERCHANTS)
      // In one order everywhere, so that two who hold what belongs to one merchant and want what belongs to the next never wait for each other.
      let few = behind
        .filter(({ merchantId, by }) => by <= FEW && !careful.has(merchantId))
        .map((each) => each.merchantId)
      few.sort()
      const done = new Set<string>()
      while (few.length > 1) {
        const moved = await windows(few)
        if (moved.size === 0) break
        for (const [merchantId, by] of moved) {
          done.add(merchantId)
          did += Number(by)
        }
        few = few.filter((merchantId) => !moved.has(merchantId))
      }
      for (const { merchantId } of behind)
        if (!done.has(merchantId))
          did += await apart(merchantId, async () => Number((await step(merchantId, false)) ?? 0n))
      for (const { attempts, merchantId, subject } of await dueAside(db, consumer, deps.clock.now(), AGAIN))
        did += await apart(merchantId, async () => Number(await again({ merchantId, consumer, subject }, attempts)))
      return did
    },
  })
  deps.hints.onAny(() => worker.wake())

  async function readAll(merchantId: string): Promise<void> {
    if (!(await isBehind(db, consumer, merchantId))) return
    // Bounded by what is there now: what others write meanwhile is not waited for.
    const goal = await lastSequence(db, merchantId)
    for (let read = 0n; read < goal; ) {
      const moved = (await step(merchantId, true)) ?? 0n
      if (moved === 0n) return
      read += moved
    }
  }

  return { worker, catchUp: shared(readAll) }
}

/**
 * Runs `work` once at a time for each merchant: whoever asks while it runs shares the run after it, which begins later than they
 * asked and so sees what they wrote. A crowd of readers would otherwise hold all connections waiting for one cursor.
 */
function shared(work: (merchantId: string) => Promise<void>): (merchantId: string) => Promise<void> {
  const running = new Map<string, { now: Promise<void>; next: Promise<void> | undefined }>()

  function begin(merchantId: string): Promise<void> {
    const one: { now: Promise<void>; next: Promise<void> | undefined } = { now: work(merchantId), next: undefined }
    running.set(merchantId, one)
    const end = (): void => {
      if (running.get(merchantId) === one && one.next === undefined) running.delete(merchantId)
    }
    one.now.then(end, end)
    return one.now
  }

  return (merchantId) => {
    const one = running.get(merchantId)
    if (!one) return begin(merchantId)
    // What befell the run before is told to those who asked for that one.
    one.next ??= one.now.then(
      () => begin(merchantId),
      () => begin(merchantId),
    )
    return one.next
  }
}
