// `onetill verify`: checks every invariant in the books of every merchant and prints a table. Exit code 1 when one fails, or
// when there are no books to check: it makes none.

import { openDatabaseFromEnv } from '../db/locate.ts'
import { openPool, type Queryable } from '../db/pool.ts'
import type { Log } from '../lib/log.ts'
import { type CheckResult, verifyBooks } from '../verify/index.ts'

const log: Log = {
  debug() {},
  info() {},
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
}

try {
  const database = await openDatabaseFromEnv(log, { mustExist: true })
  const db = openPool(database.url, { max: 1, applicationName: 'onetill verify' })
  try {
    process.exitCode = report(await verify(db))
  } finally {
    await db.end()
    await database.stop()
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function verify(db: Queryable): Promise<CheckResult[]> {
  // The whole of a large database is read; the ordinary limit on a statement is for requests.
  await db.query('set statement_timeout = 0')
  const { rows } = await db.query<{ is_set_up: boolean }>("select to_regclass('ledger_line') is not null as is_set_up")
  if (!rows[0]?.is_set_up)
    throw new Error('This database has no books yet. Start the server once, or run: onetill migrate')
  return verifyBooks(db)
}

/** Prints the table and answers the exit code. */
function report(results: readonly CheckResult[]): number {
  for (const { id, holds, broken, examples } of results) {
    const finding = broken === 0 ? '' : `: ${broken}, for example ${examples.join(', ')}`
    console.log(`${broken === 0 ? 'ok    ' : 'BROKEN'}  ${id.padEnd(6)} ${holds}${finding}`)
  }
  const failed = results.filter((result) => result.broken > 0).length
  console.log(
    failed === 0
      ? `\nAll ${results.length} invariants hold.`
      : `\n${failed} of ${results.length} invariants are broken.`,
  )
  return failed === 0 ? 0 : 1
}
