// Whoever follows an object by its events knows when one is missing: they tell versions 1, 2, 3, … with none left out.

import type { Queryable } from '../server/db/pool.ts'

/** Of a count only its result is told. */
const OTHERS = ['stock_count']

/** The events that do not follow the one before of their object, in order. */
export async function skippedVersions(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ skipped: string }>(
    `select object_type || ' ' || object_id || ': ' || type || ' ' || before || ' -> ' || object_version as skipped from (
       select *, coalesce(lag(object_version) over (partition by merchant_id, object_type, object_id order by seq), 0) as before
       from event) e
     where object_version <> before + 1 and object_type <> all ($1) order by merchant_id, seq`,
    [OTHERS],
  )
  return rows.map(({ skipped }) => skipped)
}
