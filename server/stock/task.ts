// Tasks of the shop floor, and from which stores channels sell.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { StockDeps } from './deps.ts'
import { releaseReservations } from './reserve.ts'
import { expiredCartReservations, type TaskRow, writePool } from './store.ts'

/** Closes a task with what was found. Throws not-found, also for one that is closed. */
export async function endTask(
  deps: StockDeps,
  merchantId: string,
  input: { id: string; note: string },
  close: (tx: Tx, merchantId: string, end: { id: string; note: string; at: Date }) => Promise<TaskRow | null>,
): Promise<TaskRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const task = await close(tx, merchantId, { ...input, at })
    if (!task) throw new Problem('not-found')
    const data = { task_id: task.id, kind: task.kind, variant_id: task.variant_id, store_id: task.store_id }
    await appendEvents(tx, merchantId, at, [
      {
        ...{ id: deps.newId('evt'), type: 'stock.task_closed', object_type: 'stock_task', object_id: task.id },
        object_version: 2,
        data,
      },
    ])
    return task
  })
}

/** Says from which stores a channel sells; none: from every store that can send. */
export async function setPool(
  deps: StockDeps,
  merchantId: string,
  pool: { channel: string; storeIds: string[] },
): Promise<void> {
  await transact(deps.db, (tx) => writePool(tx, merchantId, pool))
}

/** References given back in one step. */
const EXPIRE_BATCH = 200

/** Gives back what carts have reserved for too long; answers how many references, for the worker. Orders expire by themselves. */
export async function expireCartReservations(deps: StockDeps): Promise<number> {
  let did = 0
  for (const { merchant_id, refs } of await expiredCartReservations(deps.db, deps.clock.now(), EXPIRE_BATCH)) {
    await releaseReservations(deps.db, merchant_id, refs)
    did += refs.length
  }
  return did
}
