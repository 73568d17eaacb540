// `onetill migrate`: brings the database to this version and says what it did. `onetill start` does the same first;
// this is for those who migrate apart from starting.

import { openDatabaseFromEnv } from '../db/locate.ts'
import { migrate } from '../db/migrate.ts'
import type { Log } from '../lib/log.ts'

const log: Log = {
  debug() {},
  info: (message, fields) => console.log([message, fields?.kind].filter(Boolean).join(' ')),
  warn: (message) => console.error(`Note: ${message}`),
  error: (message) => console.error(message),
}

try {
  const database = await openDatabaseFromEnv(log)
  try {
    const { applied } = await migrate(database.url, { log })
    console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.length} migrations.`)
  } finally {
    await database.stop()
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
