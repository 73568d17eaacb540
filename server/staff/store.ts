// The SQL of staff. Everything is found by the primary key.

import type { Queryable } from '../db/pool.ts'
import type { Role } from './rights.ts'

export interface StaffRow {
  id: string
  name: string
  role: Role
  pin_hash: string
  store_ids: string[]
  language: string | null
  is_active: boolean
  version: number
  created_at: Date
  updated_at: Date
}

const COLUMNS = 'id, name, role, pin_hash, store_ids, language, is_active, version, created_at, updated_at'

export async function insertStaff(db: Queryable, merchantId: string, row: StaffRow): Promise<void> {
  await db.query(
    `insert into staff_member (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      merchantId,
      row.id,
      row.name,
      row.role,
      row.pin_hash,
      row.store_ids,
      row.language,
      row.is_active,
      row.version,
      row.created_at,
      row.updated_at,
    ],
  )
}

export async function readStaff(db: Queryable, merchantId: string, id: string): Promise<StaffRow | null> {
  const { rows } = await db.query<StaffRow>(`select ${COLUMNS} from staff_member where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** In order of id, one more than `limit`. */
export async function listStaff(
  db: Queryable,
  merchantId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<StaffRow[]> {
  const { rows } = await db.query<StaffRow>(
    `select ${COLUMNS} from staff_member where merchant_id = $1 and id > $2 order by id limit $3`,
    [merchantId, page.cursor ?? '', page.limit + 1],
  )
  return rows
}

/** Those who work in a store now, by name. At most 500, more than a store has. */
export async function staffOfStore(db: Queryable, merchantId: string, storeId: string): Promise<StaffRow[]> {
  const { rows } = await db.query<StaffRow>(
    `select ${COLUMNS} from staff_member
     where merchant_id = $1 and is_active and (cardinality(store_ids) = 0 or $2 = any (store_ids))
     order by name, id limit 500`,
    [merchantId, storeId],
  )
  return rows
}

export type StaffChange = Partial<Pick<StaffRow, 'name' | 'role' | 'pin_hash' | 'store_ids' | 'language' | 'is_active'>>

/** Column names come from this list, never from a request. */
const CHANGEABLE = ['name', 'role', 'pin_hash', 'store_ids', 'language', 'is_active'] as const

/** Changes what is given, and answers the row as it is then; null when the merchant has nobody of this id. */
export async function updateStaff(
  db: Queryable,
  merchantId: string,
  { id, at, change }: { id: string; at: Date; change: StaffChange },
): Promise<StaffRow | null> {
  const values: unknown[] = [merchantId, id, at]
  const sets = CHANGEABLE.filter((column) => change[column] !== undefined).map(
    (column) => `${column} = $${values.push(change[column])}`,
  )
  const { rows } = await db.query<StaffRow>(
    `update staff_member set ${[...sets, 'version = version + 1', 'updated_at = $3'].join(', ')}
     where merchant_id = $1 and id = $2 returning ${COLUMNS}`,
    values,
  )
  return rows[0] ?? null
}

/** Names of these people, also of those who have left. */
export async function namesOfStaff(
  db: Queryable,
  merchantId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; name: string }>(
    'select id, name from staff_member where merchant_id = $1 and id = any ($2)',
    [merchantId, ids],
  )
  return new Map(rows.map(({ id, name }) => [id, name]))
}
