// The people who stand at tills: taken on, changed, let go. Nobody is ever deleted, because what they did keeps their name.

import { type Db, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Language } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantCache } from '../merchants/index.ts'
import { appendEvents } from '../notify/index.ts'
import { hashPin, type KeyedHash } from './pin.ts'
import type { Role } from './rights.ts'
import { insertStaff, type StaffRow, updateStaff } from './store.ts'

export interface StaffDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  merchantCache: MerchantCache
  keyedHash: KeyedHash
}

export interface StaffInput {
  name: string
  role: Role
  pin: string
  store_ids?: string[]
  language?: Language | null
}

/** Takes somebody on. Throws reference-not-found for a store that is not the merchant's. */
export async function createStaff(deps: StaffDeps, merchantId: string, input: StaffInput): Promise<StaffRow> {
  await mustHaveStores(deps, merchantId, input.store_ids ?? [])
  const at = deps.clock.now()
  const row: StaffRow = {
    id: deps.newId('stf'),
    name: input.name,
    role: input.role,
    pin_hash: await hashPin(deps, merchantId, input.pin),
    store_ids: [...new Set(input.store_ids ?? [])],
    language: input.language ?? null,
    is_active: true,
    version: 1,
    created_at: at,
    updated_at: at,
  }
  return transact(deps.db, async (tx) => {
    await insertStaff(tx, merchantId, row)
    await appendEvents(tx, merchantId, at, [event(deps, row, 'staff.created')])
    return row
  })
}

export type StaffPatch = Partial<StaffInput> & { is_active?: boolean }

/**
 * Changes what is given. Who is no longer active, or no longer works in a store, is signed out there at once: sessions look at
 * this row each time. Throws not-found, reference-not-found.
 */
export async function changeStaff(
  deps: StaffDeps,
  merchantId: string,
  id: string,
  patch: StaffPatch,
): Promise<StaffRow> {
  await mustHaveStores(deps, merchantId, patch.store_ids ?? [])
  const { pin, ...rest } = patch
  const change = { ...rest, ...(pin === undefined ? {} : { pin_hash: await hashPin(deps, merchantId, pin) }) }
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const row = await updateStaff(tx, merchantId, { id, at, change })
    if (!row) throw new Problem('not-found')
    await appendEvents(tx, merchantId, at, [event(deps, row, 'staff.updated')])
    return row
  })
}

/** True when this person works in the store now. */
export function worksIn({ is_active, store_ids }: Pick<StaffRow, 'is_active' | 'store_ids'>, storeId: string): boolean {
  return is_active && (store_ids.length === 0 || store_ids.includes(storeId))
}

/** Two letters for a till's list: of the first and the last name, or the first two of a single one. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/)
  const [first = '', last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  const letters = last === undefined ? [...first].slice(0, 2) : [[...first][0] ?? '', [...last][0] ?? '']
  return letters.join('').toLocaleUpperCase('en')
}

async function mustHaveStores(deps: StaffDeps, merchantId: string, storeIds: readonly string[]): Promise<void> {
  const merchant = await deps.merchantCache.get(merchantId)
  const unknown = storeIds.findIndex((id) => !merchant?.stores.has(id))
  if (unknown === -1) return
  throw new Problem('reference-not-found', {
    errors: [{ pointer: `/store_ids/${unknown}`, detail: 'names no store of yours' }],
  })
}

function event(deps: Pick<StaffDeps, 'newId'>, row: StaffRow, type: string) {
  return {
    id: deps.newId('evt'),
    type,
    object_type: 'staff',
    object_id: row.id,
    object_version: row.version,
    data: { role: row.role, is_active: row.is_active, store_ids: row.store_ids },
  }
}
