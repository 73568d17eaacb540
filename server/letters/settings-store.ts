// Which letters a merchant has switched off.

import type { Queryable } from '../db/pool.ts'
import type { LetterKind } from './occasion.ts'

export async function readLetterSettings(
  db: Queryable,
  merchantId: string,
): Promise<{ off: LetterKind[]; version: number }> {
  const { rows } = await db.query<{ off: LetterKind[]; version: bigint }>(
    'select off, version from letter_settings where merchant_id = $1',
    [merchantId],
  )
  return rows[0] ? { off: rows[0].off, version: Number(rows[0].version) } : { off: [], version: 0 }
}

export async function readOff(db: Queryable, merchantId: string): Promise<ReadonlySet<LetterKind>> {
  return new Set((await readLetterSettings(db, merchantId)).off)
}

/** Replaces them; null when `ifVersion` is not the version that stands there. */
export async function writeLetterSettings(
  db: Queryable,
  merchantId: string,
  { off, ifVersion, at }: { off: readonly LetterKind[]; ifVersion: number | undefined; at: Date },
): Promise<number | null> {
  const { rows } = await db.query<{ version: bigint }>(
    `insert into letter_settings as s (merchant_id, off, version, updated_at)
       select $1, $2, 1, $4 where coalesce($3::bigint, 0) = 0 or exists (select from letter_settings where merchant_id = $1)
     on conflict (merchant_id) do update set off = excluded.off, version = s.version + 1, updated_at = excluded.updated_at
       where $3::bigint is null or s.version = $3
     returning version`,
    [merchantId, [...new Set(off)], ifVersion ?? null, at],
  )
  return rows[0] ? Number(rows[0].version) : null
}
