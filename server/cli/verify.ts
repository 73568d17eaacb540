// `onetill verify`: checks every invariant in the books of every merchant and prints a table. Exit code 1 when one fails.

import { openDatabaseFromEnv } from '../db/locate.ts'
import { openPool } from '../db/pool.ts'
import type { Log } from '../lib/log.ts'
import { verifyBooks } from '../verify/index.ts'

const log: Log = {
  debug() {},
  info() {},
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
}

const database = await openDatabaseFromEnv(log)
const db = openPool(database.url, { max: 1, applicationName: 'onetill verify' })
try {
  // The whole of a large database is read; the ordinary limit on a statement is for requests.
  await db.query('set statement_timeout = 0')
  const { rows } = await db.query<{ is_set_up: boolean }>("select to_regclass('ledger_line') is not null as is_set_up")
  if (!rows[0]?.is_set_up)
    throw new Error('This database has no books yet. Start the server once, or run: onetill migrate')
  const results = await verifyBooks(db)
  for (const { id, holds, broken, examples } of results) {
    console.log(
      `${broken === 0 ? 'ok    ' : 'BROKEN'}  ${id.padEnd(6)} ${holds}${broken === 0 ? '' : `: ${broken}, for example ${examples.join(', ')}`}`,
    )
  }
  const failed = results.filter((result) => result.broken > 0).length
  console.log(
    failed === 0
      ? `\nAll ${results.length} invariants hold.`
      : `\n${failed} of ${results.length} invariants are broken.`,
  )
  process.exitCode = failed === 0 ? 0 : 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await db.end()
  await database.stop()
}
