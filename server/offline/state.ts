// What tills say of themselves: how many sales they have not handed in yet, and since when. A shift is not complete while one of its
// register's tills says so; its Z is never kept back for it.

import type { Queryable } from '../db/pool.ts'
import { MAX_AGE_H } from './caps.ts'
import type { OfflineDeps } from './deps.ts'
import { readStates, type StateRow, writeState } from './store.ts'

/** Writes what a till says of itself now. */
export async function tellState(
  deps: Pick<OfflineDeps, 'db' | 'clock'>,
  merchantId: string,
  till: { deviceId: string; registerId: string; queue: number; oldestAt: Date | null },
): Promise<StateRow> {
  const { deviceId, registerId, queue, oldestAt } = till
  const row = { device_id: deviceId, register_id: registerId, queue, oldest_at: oldestAt, told_at: deps.clock.now() }
  await writeState(deps.db, merchantId, row)
  return row
}

/** Sales that the tills of a register have not handed in, as they said last. */
export interface WaitingAt {
  queue: number
  oldest_at: string | null
  told_at: string
}

/** A till that has said nothing for this long is broken, lost or revoked: what it had would be too old to be booked by itself. */
const SILENT_MS = MAX_AGE_H * 3_600_000

/** Null where no till has said of late that it has any. */
export async function waitingAt(
  db: Queryable,
  merchantId: string,
  { registerId, at }: { registerId: string; at: Date },
): Promise<WaitingAt | null> {
  const since = new Date(at.getTime() - SILENT_MS)
  const rows = await readStates(db, merchantId, { registerId, since })
  if (rows.length === 0) return null
  const earliest = (times: readonly (Date | null)[]) => times.filter((at) => at !== null).sort((a, b) => +a - +b)[0]
  return {
    queue: rows.reduce((sum, { queue }) => sum + queue, 0),
    oldest_at: earliest(rows.map(({ oldest_at }) => oldest_at))?.toISOString() ?? null,
    told_at: earliest(rows.map(({ told_at }) => told_at))?.toISOString() ?? '',
  }
}
