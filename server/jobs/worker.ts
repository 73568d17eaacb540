// The loop of background work. A worker does one bounded step at a time; when a step did something the next follows at once,
// otherwise it rests. Tests call `tick` and never start the loop, so no test waits for a timer.

import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'

export interface WorkerOptions {
  /** Shown in logs. */
  name: string
  clock: Clock
  log: Log
  /** The rest after a step that found nothing to do, in milliseconds. */
  everyMs: number
  /**
   * The least time from the end of a step to the next, so that what comes in meanwhile is done together. Default 0: after a step
   * that did something the next follows at once. No wake cuts it.
   */
  paceMs?: number
  /**
   * With it the pace is four times as long as the step took, from `paceMs` to this: a fifth of the time at most goes into steps, and on
   * a busy machine more is done in each.
   */
  paceAtMostMs?: number
  /** One bounded step. Returns how many things it did; 0 means "nothing to do". `signal` aborts when the worker stops. */
  tick: (signal: AbortSignal) => Promise<number>
}

export interface Worker {
  readonly name: string
  /** Starts the loop. A second start changes nothing. */
  start(): void
  /** Ends the loop: aborts the signal of the running step, waits for that step, then resolves. */
  stop(): Promise<void>
  /** Runs one step now and returns what it did; errors reach the caller. For tests and tools. */
  tick(): Promise<number>
  /** Ends the present rest early. A hint: losing it costs at most `everyMs`. */
  wake(): void
}

/** How long a paced worker rests for each millisecond of work. */
const REST_PER_WORK = 4

/** A failing step is repeated after everyMs, 2 × everyMs, … at most this. */
const MAX_BACKOFF_MS = 60_000

/** Said when a rest is cut. Without a reason of ours each cut would make an exception with its stack, at each sale for each worker. */
const WOKEN = 'woken'

export function createWorker(options: WorkerOptions): Worker {
  const { name, clock, log, everyMs, paceMs = 0, paceAtMostMs = paceMs } = options
  const stopping = new AbortController()
  let rest = new AbortController()
  let loop: Promise<void> | undefined

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      // Made before the step, so that a wake during the step is not lost: it cuts the rest that follows.
      rest = new AbortController()
      try {
        const begunAt = clock.now().getTime()
        const did = await options.tick(stopping.signal)
        failures = 0
        const tookMs = clock.now().getTime() - begunAt
        const pace = Math.max(paceMs, Math.min(paceAtMostMs, REST_PER_WORK * tookMs))
        if (pace > 0) await clock.sleep(pace, stopping.signal)
        if (did === 0 && everyMs > pace)
          await clock.sleep(everyMs - pace, AbortSignal.any([stopping.signal, rest.signal]))
      } catch (error) {
        failures++
        log.error(`${name}: a step failed and will be repeated`, { attempt: failures, error })
        // No wake cuts this rest: hints must not drive a worker against a database that is down.
        await clock.sleep(Math.min(everyMs * 2 ** (failures - 1), MAX_BACKOFF_MS), stopping.signal)
      }
    }
  }

  return {
    name,
    start() {
      loop ??= run()
    },
    async stop() {
      stopping.abort()
      await loop
    },
    tick: () => options.tick(stopping.signal),
    wake: () => rest.abort(WOKEN),
  }
}
