// Turns many single look-ups into few set-based queries. Calls are collected per scope (a merchant); while one query of a
// scope runs, what is asked meanwhile forms the next, so that batches grow with load by themselves and no timer is needed.
// It keeps nothing: every call is answered by a query that began after the call, never from a cache.

/** Loads many keys of one scope with one query. Keys it finds nothing for are simply absent from the map. */
export type LoadMany<V> = (scope: string, keys: string[]) => Promise<Map<string, V>>

/**
 * Loads many keys of many scopes with one query: `scopes[i]` is the scope of `keys[i]`. What it finds is under `scopedKey`; keys it
 * finds nothing for are absent.
 */
export type LoadScoped<V> = (scopes: string[], keys: string[]) => Promise<Map<string, V>>

export interface Loader<V> {
  /** Resolves with the value, or null when there is none. Rejects with whatever the query of its batch threw. */
  load(scope: string, key: string): Promise<V | null>
}

interface Waiting<V> {
  key: string
  resolve: (value: V | null) => void
  reject: (error: unknown) => void
}

/** Past this many keys a larger query only makes its first caller wait longer. */
const MAX_BATCH = 256

/** How a `LoadScoped` names what it found. Neither ids nor the names of channels hold a slash. */
export function scopedKey(scope: string, key: string): string {
  return `${scope}/${key}`
}

/** As `createLoader`, but all scopes share a query: with many merchants at once, one each would be most of the work. */
export function createScopedLoader<V>(loadScoped: LoadScoped<V>): Loader<V> {
  const all = createLoader<V>((_, named) => {
    const cuts = named.map((name) => name.indexOf('/'))
    return loadScoped(
      named.map((name, i) => name.slice(0, cuts[i])),
      named.map((name, i) => name.slice((cuts[i] as number) + 1)),
    )
  })
  return { load: (scope, key) => all.load('', scopedKey(scope, key)) }
}

export function createLoader<V>(loadMany: LoadMany<V>): Loader<V> {
  // A scope is in the map exactly while its runner is at work, so the map is bounded by the calls in flight.
  const queues = new Map<string, Waiting<V>[]>()

  async function run(scope: string, queue: Waiting<V>[]): Promise<void> {
    // Calls made in the same turn of the event loop join the first batch.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (queue.length > 0) await settle(scope, queue.splice(0, MAX_BATCH))
    queues.delete(scope)
  }

  async function settle(scope: string, batch: Waiting<V>[]): Promise<void> {
    try {
      const values = await loadMany(scope, [...new Set(batch.map((waiting) => waiting.key))])
      for (const waiting of batch) waiting.resolve(values.get(waiting.key) ?? null)
    } catch (error) {
      for (const waiting of batch) waiting.reject(error)
    }
  }

  return {
    load(scope, key) {
      return new Promise((resolve, reject) => {
        const waiting = { key, resolve, reject }
        const queue = queues.get(scope)
        if (queue) {
          queue.push(waiting)
          return
        }
        const fresh = [waiting]
        queues.set(scope, fresh)
        void run(scope, fresh)
      })
    },
  }
}
