// Modules learn of each other's changes through the event log. A consumer reads a merchant's events in their order and does
// what they ask for in the transaction that moves its cursor: each event takes effect exactly once, however often a
// process dies. It must never call a provider: that would hold the transaction open. It writes an intent instead.

import { type Db, type Tx, transact } from '../db/pool.ts'
import { createWorker, type Hints, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { advanceCursor, doNotWaitForDisk, listEventsBetween, lockCursor, merchantsBehind } from './consumer-store.ts'
import type { EventRow } from './event.ts'
import { lastSequence } from './event-store.ts'

export interface ConsumerDeps {
  db: Db
  clock: Clock
  log: Log
  hints: Pick<Hints, 'onAny'>
}

export interface ConsumerOptions {
  /** Kept with the cursor: renaming a consumer makes it read everything again. */
  name: string
  /** Families of events to read, each ending with a dot: `['payment.']`. */
  families: readonly string[]
  /**
   * What it writes is worked out from the log alone and told to nobody. Then its transactions need not wait for the disk: after a
   * crash cursor and effect are both older, and the same events are read again.
   */
  isRebuildable?: boolean
  /** Carries out what the events ask for, inside the transaction. Throwing leaves the cursor where it was. */
  handle(tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void>
  /** Called after the commit with the merchant; for waking others. */
  afterwards?(merchantId: string): void
}

export interface Consumer {
  readonly worker: Worker
  /** Handles everything that this merchant's log holds now, so that a read that follows sees its effect. */
  catchUp(merchantId: string): Promise<void>
}

/** Events looked at in one transaction: large enough for a sale day, small enough to keep locks short. */
const WINDOW = 500n
/** Merchants looked at in one step; the next step takes the others. */
const MERCHANTS = 50
/** How soon an event is seen without a hint. */
const EVERY_MS = 500
/**
 * On a busy day events come one by one and without end. A transaction for each would be a wait for the disk for each, with the
 * merchant's counter locked: what came in a quarter of a second is one. Whoever must see their own writes calls catchUp.
 */
const PACE_MS = 250

export function createConsumer(deps: ConsumerDeps, options: ConsumerOptions): Consumer {
  /** One window. Returns how far the cursor moved; `null` when another process holds it and we do not wait. */
  async function step(merchantId: string, wait: boolean): Promise<bigint | null> {
    const moved = await transact(deps.db, async (tx) => {
      const cursor = await lockCursor(tx, { merchantId, consumer: options.name, wait })
      if (cursor === null) return null
      const last = await lastSequence(tx, merchantId)
      const until = last - cursor > WINDOW ? cursor + WINDOW : last
      if (until === cursor) return 0n
      const events = await listEventsBetween(tx, merchantId, {
        after: cursor,
        until,
        families: options.families,
      })
      if (events.length > 0) await options.handle(tx, merchantId, events)
      if (events.length === 0 || options.isRebuildable) await doNotWaitForDisk(tx)
      await advanceCursor(tx, { merchantId, consumer: options.name, seq: until })
      return until - cursor
    })
    if (moved) options.afterwards?.(merchantId)
    return moved
  }

  const worker = createWorker({
    name: options.name,
    clock: deps.clock,
    log: deps.log,
    everyMs: EVERY_MS,
    paceMs: PACE_MS,
    async tick() {
      let did = 0
      for (const merchantId of await merchantsBehind(deps.db, options.name, MERCHANTS)) {
        // One merchant's poisoned event must not hold up the others.
        try {
          did += Number((await step(merchantId, false)) ?? 0n)
        } catch (error) {
          deps.log.error(`${options.name}: a merchant's events could not be handled and will be tried again`, {
            merchant_id: merchantId,
            error,
          })
        }
      }
      return did
    },
  })
  deps.hints.onAny(() => worker.wake())

  return {
    worker,
    async catchUp(merchantId) {
      // Bounded by what is there now: what others write meanwhile is not waited for.
      const goal = await lastSequence(deps.db, merchantId)
      for (let read = 0n; read < goal; ) {
        const moved = (await step(merchantId, true)) ?? 0n
        if (moved === 0n) return
        read += moved
      }
    },
  }
}
