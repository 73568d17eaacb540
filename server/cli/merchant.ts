// `onetill merchant create --name N --currency EUR [--country NL] [--live]`: makes a further merchant and prints its ids
// and keys as JSON, the only thing on stdout, so that a script can read it. Works while the server runs.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { issueFirstKeys } from '../access/index.ts'
import { openDatabaseFromEnv } from '../db/locate.ts'
import { migrate } from '../db/migrate.ts'
import { openPool } from '../db/pool.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { createMerchant, type NewMerchant, type NewMerchantKeys } from '../merchants/index.ts'
import { openVault, sealConfig, unsealConfig } from '../vault/index.ts'

const USAGE = 'Usage: onetill merchant create --name NAME --currency EUR [--country NL] [--live]'

/** Exit code for a command that was not understood, as shells use it. */
const MISUSED = 2

// Everything but the result goes to stderr.
const log: Log = {
  debug() {},
  info() {},
  warn: (message) => console.error(`Note: ${message}`),
  error: (message) => console.error(message),
}

/** What the words of the command ask for; null when they make no sense. */
function parse(words: string[]): NewMerchant | null {
  try {
    const { positionals, values } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        currency: { type: 'string' },
        country: { type: 'string' },
        live: { type: 'boolean' },
      },
    })
    const { name, currency, country, live } = values
    if (positionals.join(' ') !== 'create' || name === undefined || currency === undefined) return null
    return { name, currency, ...(country === undefined ? {} : { country }), mode: live ? 'live' : 'test' }
  } catch {
    return null
  }
}

async function create(input: NewMerchant): Promise<NewMerchantKeys> {
  const database = await openDatabaseFromEnv(log)
  try {
    await migrate(database.url, { log })
    const db = openPool(database.url, { max: 2, applicationName: 'onetill merchant' })
    try {
      const clock = systemClock
      const newId = createIds(clock)
      const keysFolder = join(process.env['ONETILL_DATA'] || './data', 'keys')
      const sealing = { log, vault: await openVault({ db, clock, log, keysFolder }) }
      return await createMerchant(
        {
          db,
          clock,
          newId,
          configSeal: {
            seal: (merchantId, id, config) => sealConfig(sealing, merchantId, id, config),
            unseal: (merchantId, id, sealed) => unsealConfig(sealing, merchantId, id, sealed),
          },
          issueFirstKeys: (tx, merchant) => issueFirstKeys({ clock, newId }, tx, merchant),
        },
        input,
      )
    } finally {
      await db.end()
    }
  } finally {
    await database.stop()
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Problem)) return (error as Error).message
  const remarks = error.errors.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`)
  return [error.detail, ...remarks].join(': ')
}

const input = parse(process.argv.slice(2))
if (input === null) {
  console.error(USAGE)
  process.exitCode = MISUSED
} else {
  try {
    console.log(JSON.stringify(await create(input), null, 2))
  } catch (error) {
    console.error(sentenceOf(error))
    process.exitCode = 1
  }
}
