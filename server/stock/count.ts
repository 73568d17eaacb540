// Counts: what somebody found on the shelf. What was expected is not shown before the count is handed in, and the difference is
// taken against the stock at that very moment, so that what is sold while people count is not counted away.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import {
  type CountRow,
  endCount,
  expectedLevels,
  insertCount,
  lockCount,
  writeCounted,
  writeExpected,
} from './count-store.ts'
import type { StockDeps } from './deps.ts'
import { move } from './move.ts'
import { configOf } from './sources.ts'

/** Opens a count in a store. Throws reference-not-found. */
export async function openCount(
  deps: StockDeps,
  merchantId: string,
  input: { storeId: string; name: string },
): Promise<CountRow> {
  const merchant = await configOf(deps, merchantId)
  if (!merchant.stores.has(input.storeId))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/store_id', detail: 'names no store' }] })
  const row: CountRow = {
    id: deps.newId('cnt'),
    store_id: input.storeId,
    name: input.name,
    state: 'open',
    version: 1,
    created_at: deps.clock.now(),
    ended_at: null,
    lines: [],
  }
  await insertCount(deps.db, merchantId, row)
  return row
}

/** Writes what was counted of some articles; a second figure for one replaces the first. Throws not-found, invalid-state. */
export async function countLines(
  deps: StockDeps,
  merchantId: string,
  input: { id: string; lines: { variant_id: string; counted: bigint }[] },
): Promise<CountRow> {
  return transact(deps.db, async (tx) => {
    await lockedOpen(tx, merchantId, input.id)
    await writeCounted(tx, merchantId, input.id, input.lines)
    return (await lockCount(tx, merchantId, input.id)) as CountRow
  })
}

/** Hands the count in: differences become movements. Throws not-found, version-conflict, invalid-state. */
export async function submitCount(
  deps: StockDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; actor: string },
): Promise<CountRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const before = await lockedOpen(tx, merchantId, input.id, input.ifVersion)
    const expected = await expectedLevels(tx, merchantId, before)
    const lines = before.lines.map((line) => ({ ...line, expected: expected.get(line.variant_id) ?? 0n }))
    const movements = lines.map(({ variant_id, counted, expected: was }) => ({
      variant_id,
      store_id: before.store_id,
      kind: 'count' as const,
      reason: 'counted',
      quantity: counted - was,
    }))
    await move(deps, tx, merchantId, movements, { at, actor: input.actor, ref: before.id })
    await writeExpected(tx, merchantId, before.id, lines)
    await endCount(tx, merchantId, { id: before.id, state: 'submitted', at })
    const row: CountRow = { ...before, lines, state: 'submitted', version: before.version + 1, ended_at: at }
    const about = { object_type: 'stock_count', object_id: row.id, object_version: row.version }
    await appendEvents(tx, merchantId, at, [
      { id: deps.newId('evt'), type: 'stock.counted', ...about, data: countView(row) },
    ])
    return row
  })
}

/** Gives a count up. Throws not-found, invalid-state. */
export async function cancelCount(deps: StockDeps, merchantId: string, id: string): Promise<CountRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const before = await lockedOpen(tx, merchantId, id)
    await endCount(tx, merchantId, { id, state: 'cancelled', at })
    return { ...before, state: 'cancelled' as const, version: before.version + 1, ended_at: at }
  })
}

async function lockedOpen(
  tx: Parameters<typeof lockCount>[0],
  merchantId: string,
  id: string,
  ifVersion?: number,
): Promise<CountRow> {
  const row = await lockCount(tx, merchantId, id)
  if (!row) throw new Problem('not-found')
  if (ifVersion !== undefined && ifVersion !== row.version) throw new Problem('version-conflict')
  if (row.state !== 'open') throw new Problem('invalid-state', { detail: `The count is ${row.state}.` })
  return row
}

/** A count as the API shows it: blind while it is open. */
export function countView(row: CountRow) {
  return {
    id: row.id,
    object: 'stock_count' as const,
    store_id: row.store_id,
    name: row.name,
    state: row.state,
    lines: row.lines.map(({ variant_id, counted, expected }) => ({
      variant_id,
      counted: Number(counted),
      expected: expected === null ? null : Number(expected),
      difference: expected === null ? null : Number(counted - expected),
    })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
