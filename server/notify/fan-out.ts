// From events to deliveries: moves an endpoint's cursor over the event log and leaves a delivery for each event it asked for,
// in one transaction. Exact, because the log has no gaps and shows its events in order: nothing appears behind the cursor.

import { type Db, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { countPending, eventsFrom, insertDeliveries, lockEndpoint, updateEndpoint } from './store.ts'

export interface FanOutDeps {
  db: Db
  clock: Clock
  newId: NewId
}

/** Events per step: large enough to keep up with thousands a second, small enough for one short transaction. */
const EVENTS_PER_STEP = 500

/**
 * With this many deliveries waiting the cursor stands still: an endpoint that is down for days must cost its place in the log
 * and not a table of rows. Large enough that a few objects it refuses do not hold up the others.
 */
const MAX_PENDING = 2_000

/** Makes the next deliveries of one endpoint. Returns how many events the cursor passed. */
export function fanOut(deps: FanOutDeps, merchantId: string, endpointId: string): Promise<number> {
  return transact(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, merchantId, endpointId)
    if (!endpoint?.is_enabled) return 0
    const pending = await countPending(tx, merchantId, endpointId, MAX_PENDING)
    const room = Math.min(EVENTS_PER_STEP, MAX_PENDING - pending)
    if (room <= 0) return 0
    const events = await eventsFrom(tx, endpoint, room)
    const last = events.at(-1)
    if (!last) return 0
    const wanted = events.filter((event) => event.is_wanted)
    const rows = wanted.map((event) => ({
      id: deps.newId('whd'),
      event_seq: String(event.seq),
      object_id: event.object_id,
    }))
    if (rows.length > 0) await insertDeliveries(tx, merchantId, endpointId, deps.clock.now(), rows)
    await updateEndpoint(tx, { ...endpoint, next_seq: last.seq + 1n })
    return events.length
  })
}
