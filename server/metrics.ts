// The figures of the program beyond HTTP: how providers answer, how batches fill, and what waits to be resolved.

import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CallDeps } from './connectors/call.ts'
import type { Lanes } from './db/lanes.ts'
import type { Queryable } from './db/pool.ts'

/** Seconds: a card network answers in tenths, a terminal waits for a person. */
const CALL_BUCKETS_S = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150]

/** Counts calls to providers by connector, verb and outcome. */
export function connectorMetrics(registry: Registry): NonNullable<CallDeps['metrics']> {
  const calls = new Counter({
    name: 'connector_calls_total',
    help: 'Calls to payment providers by outcome.',
    labelNames: ['connector', 'verb', 'outcome'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'connector_call_seconds',
    help: 'Time providers took to answer.',
    labelNames: ['connector', 'verb'],
    buckets: CALL_BUCKETS_S,
    registers: [registry],
  })
  return {
    connectorCall(connector, verb, outcome, durationMs) {
      calls.inc({ connector, verb, outcome })
      seconds.observe({ connector, verb }, durationMs / 1000)
    },
  }
}

/** Batches, rows and the queue of the lanes, read when asked for. */
export function laneMetrics(registry: Registry, lanes: Lanes): void {
  const figures = {
    lane_batches: 'Batches committed since start.',
    lane_rows: 'Rows committed in them.',
    lane_queued: 'Rows waiting for a batch now.',
  } as const
  for (const [name, help] of Object.entries(figures)) {
    const field = name.replace('lane_', '') as 'batches' | 'rows' | 'queued'
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(lanes.stats()[field])
      },
    })
  }
}

/** Operations without a final state: the figure to alert on when it grows or ages. Reads one small table per scrape. */
export function openOperationMetrics(
  registry: Registry,
  readOpen: (db: Queryable) => Promise<OpenOperations>,
  db: Queryable,
): void {
  const oldest = new Gauge({
    name: 'open_operations_most_asked',
    help: 'The most often any open operation has been asked about.',
    registers: [registry],
  })
  new Gauge({
    name: 'open_operations',
    help: 'Operations whose outcome is not final, with those that wait for customers.',
    registers: [registry],
    async collect() {
      const open = await readOpen(db).catch(() => undefined)
      if (!open) return
      this.set(open.count)
      oldest.set(open.mostAsked)
    },
  })
}

/** How far the readers of the event log are, and what they fail at. Reads a row per merchant and reader per scrape. */
export function consumerMetrics(
  registry: Registry,
  read: () => Promise<{ consumer: string; behind: bigint; failing: bigint }[]>,
): void {
  const figures = [
    { name: 'event_consumer_behind', field: 'behind', help: 'Events of the log that a reader has not come to.' },
    { name: 'event_consumer_failing', field: 'failing', help: 'Objects whose events a reader could not handle.' },
  ] as const
  for (const { name, field, help } of figures) {
    new Gauge({
      ...{ name, help, labelNames: ['consumer'], registers: [registry] },
      async collect() {
        for (const row of await read().catch(() => [])) this.set({ consumer: row.consumer }, Number(row[field]))
      },
    })
  }
}

export interface OpenOperations {
  count: number
  /** Times the longest-open operation has been asked about. */
  mostAsked: number
}
