// The retailer that a first start finds: four shops in four countries and currencies' worth of payment habits, and a web
// shop. Its ids and keys are in one file, for scripts, the demo shop and the reader's first curl.

import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type CreateMerchantDeps, createMerchant, type NewMerchant, type NewMerchantKeys } from './create.ts'
import { hasMerchant } from './store.ts'
import type { OpeningHours } from './store-place.ts'

export type SeedDemoDeps = CreateMerchantDeps

/** Six days of shopping, and a shorter Sunday. */
const HOURS: OpeningHours = {
  ...Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((day) => [day, [{ from: '09:00', to: '19:00' }]]),
  ),
  sun: [{ from: '12:00', to: '18:00' }],
}

const DEMO: NewMerchant = {
  name: 'Kestrel & Pine',
  currency: 'EUR',
  country: 'NL',
  stores: [
    {
      name: 'Amsterdam',
      country: 'NL',
      currency: 'EUR',
      kind: 'shop',
      registers: 2,
      address: { lines: ['Haarlemmerstraat 12'], postal_code: '1013 ER', city: 'Amsterdam', country: 'NL' },
      opening_hours: HOURS,
      latitude: 52.3702,
      longitude: 4.8952,
    },
    {
      name: 'Stockholm',
      country: 'SE',
      currency: 'SEK',
      kind: 'shop',
      registers: 1,
      address: { lines: ['Götgatan 31'], postal_code: '116 21', city: 'Stockholm', country: 'SE' },
      opening_hours: HOURS,
      latitude: 59.3293,
      longitude: 18.0686,
    },
    {
      name: 'Warsaw',
      country: 'PL',
      currency: 'PLN',
      kind: 'shop',
      registers: 1,
      address: { lines: ['Nowy Świat 20'], postal_code: '00-373', city: 'Warszawa', country: 'PL' },
      opening_hours: HOURS,
      latitude: 52.2297,
      longitude: 21.0122,
    },
    {
      name: 'Paris',
      country: 'FR',
      currency: 'EUR',
      kind: 'shop',
      registers: 1,
      address: { lines: ['Rue de Turenne 40'], postal_code: '75003', city: 'Paris', country: 'FR' },
      opening_hours: HOURS,
      latitude: 48.8566,
      longitude: 2.3522,
    },
    { name: 'Web shop', country: 'NL', currency: 'EUR', kind: 'web', registers: 0 },
  ],
}

/** Owner may read and write, nobody else anything: the file holds a secret key. */
const OWNER_ONLY = 0o600

/**
 * Makes the demo retailer unless `path` names one that exists, and answers the file's content either way. A file that was
 * deleted, or that belongs to another database, gives a new retailer: keys are kept as hashes and cannot be shown again.
 */
export async function seedDemo(deps: SeedDemoDeps, path: string): Promise<NewMerchantKeys> {
  const kept = await readDemo(path)
  if (kept && (await hasMerchant(deps.db, kept.merchant_id))) return kept
  const created = await createMerchant(deps, DEMO)
  await writeWhole(path, `${JSON.stringify(created, null, 2)}\n`)
  return created
}

async function readDemo(path: string): Promise<NewMerchantKeys | null> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isDemo(content) ? content : null
  } catch (error) {
    // Missing, or cut off by hand: both mean that there is no demo to go on with.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null
    throw error
  }
}

/** Enough to tell our file from another; its merchant is then looked up. */
function isDemo(content: unknown): content is NewMerchantKeys {
  return (
    typeof content === 'object' &&
    content !== null &&
    'merchant_id' in content &&
    typeof content.merchant_id === 'string'
  )
}

/** Writes beside the file, then renames: a reader sees the old content or the new, never half. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.demo.${randomBytes(8).toString('hex')}`)
  const handle = await open(draft, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  try {
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
