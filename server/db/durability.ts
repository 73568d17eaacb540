// Whether an acknowledged commit survives a power cut. Three settings decide; one of them off is invisible until the day
// it matters, so it is read at boot and live money is refused.

import type { Queryable } from './pool.ts'

const NEEDED = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'remote_write', 'remote_apply'],
} as const

/** Empty when commits are durable; else a sentence that names the settings that are off. */
export async function readDurability(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ name: keyof typeof NEEDED; setting: string }>(
    `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name`,
  )
  const off = rows.filter(({ name, setting }) => !(NEEDED[name] as readonly string[]).includes(setting))
  return off.length === 0 ? '' : `the database has ${off.map(({ name, setting }) => `${name}=${setting}`).join(', ')}`
}
