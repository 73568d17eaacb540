// Time is passed in, never reached for, so that a test can own it. `Date.now` and `setTimeout` are banned elsewhere by tidy.

/** Gives the present moment and waits. The real one is `systemClock`; tests bring one they can move. */
export interface Clock {
  /** The present, as a Date in UTC. */
  now(): Date
  /** Resolves after `ms` milliseconds of this clock, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(done, ms)
      function done() {
        signal?.removeEventListener('abort', done)
        clearTimeout(timer)
        resolve()
      }
      signal?.addEventListener('abort', done, { once: true })
    }),
}
