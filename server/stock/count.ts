// Counts: what somebody found on the shelf. What was expected is not shown before the count is handed in. The difference is taken
// against the stock of the moment an article was counted, so that what is sold before the count is handed in stays sold, and what a
// till writes later of a time before the count is not taken off twice.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import {
  type Counted,
  type CountLine,
  type CountRow,
  endCount,
  expectCounted,
  insertCount,
  lockCount,
  writeCounted,
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

/**
 * Writes what was counted of some articles, now or when `counted_at` says; a second figure for one replaces the first. A clock that is
 * fast counts as now. Throws not-found, invalid-state, validation-error (counted before the count was opened).
 */
export async function countLines(
  deps: StockDeps,
  merchantId: string,
  input: { id: string; lines: { variant_id: string; counted: bigint; counted_at?: Date }[] },
): Promise<CountRow> {
  const now = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const count = await lockedOpen(tx, merchantId, input.id)
    const lines = input.lines.map(({ counted_at = now, ...line }, i): Counted => {
      if (counted_at < count.created_at)
        throw new Problem('validation-error', {
          errors: [{ pointer: `/lines/${i}/counted_at`, detail: 'is before the count was opened' }],
        })
      return { ...line, counted_at: counted_at > now ? now : counted_at }
    })
    await writeCounted(tx, merchantId, count, lines)
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
    const lines = await expectCounted(tx, merchantId, before)
    const movements = lines.map((line) => ({
      variant_id: line.variant_id,
      store_id: before.store_id,
      kind: 'count' as const,
      reason: 'counted',
      quantity: differenceOf(line) ?? 0n,
      // Of the time the article was counted: what is counted later builds on it.
      occurredAt: line.counted_at,
    }))
    await move(deps, tx, merchantId, movements, { at, actor: input.actor, ref: before.id })
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

/** What the count changes; null while it is open. */
function differenceOf({ counted, expected, is_overtaken }: CountLine): bigint | null {
  if (expected === null) return null
  return is_overtaken ? 0n : counted - expected
}

/** A count as the API shows it: blind while it is open. */
export function countView(row: CountRow) {
  return {
    id: row.id,
    object: 'stock_count' as const,
    store_id: row.store_id,
    name: row.name,
    state: row.state,
    lines: row.lines.map((line) => {
      const difference = differenceOf(line)
      return {
        variant_id: line.variant_id,
        counted: Number(line.counted),
        counted_at: line.counted_at.toISOString(),
        expected: line.expected === null ? null : Number(line.expected),
        difference: difference === null ? null : Number(difference),
        is_overtaken: line.is_overtaken,
      }
    }),
    version: row.version,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  }
}
