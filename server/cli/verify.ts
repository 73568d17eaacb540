// `onetill verify`: checks every invariant in the books of every merchant and prints a table. Exit code 1 when one fails, or
// when there are no books to check: it makes none.

import { join } from 'node:path'
import { openDatabaseFromEnv } from '../db/locate.ts'
import { openPool, type Queryable } from '../db/pool.ts'
import { checkJournals, type JournalFault, listKeys, readJournalKey } from '../journal/index.ts'
import type { Log } from '../lib/log.ts'
import { type CheckResult, verifyBooks } from '../verify/index.ts'

type Finding = Omit<CheckResult, 'sql'>

const log: Log = {
  debug() {},
  info() {},
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
}

/** How each fault of a journal is told. */
const FAULTS: Readonly<Record<JournalFault['fault'], string>> = {
  changed: 'was changed',
  missing: 'is missing',
  misplaced: 'does not follow the one before it',
  unsigned: 'is not signed with our key',
  cut_off: 'is missing: the end was cut off',
}
const EXAMPLES = 5

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

async function verify(db: Queryable): Promise<Finding[]> {
  // The whole of a large database is read; the ordinary limit on a statement is for requests.
  await db.query('set statement_timeout = 0')
  const { rows } = await db.query<{ is_set_up: boolean }>("select to_regclass('ledger_line') is not null as is_set_up")
  if (!rows[0]?.is_set_up)
    throw new Error('This database has no books yet. Start the server once, or run: onetill migrate')
  return [...(await verifyBooks(db)), await verifyJournals(db)]
}

/**
 * Reads every journal. Signatures are checked with the key of the keys folder; on a machine without it, with the keys that the database
 * names, which whoever can write the database could have put there: then that is said.
 */
async function verifyJournals(db: Queryable): Promise<Finding> {
  const key = await readJournalKey(join(process.env['ONETILL_DATA'] || './data', 'keys'))
  const named = new Map((await listKeys(db)).map(({ key_id, public_key }) => [key_id, public_key]))
  const publicKeyOf = (id: string) => (key ? (id === key.id ? key.publicKey : null) : (named.get(id) ?? null))
  const { faults } = await checkJournals(db, { merchantId: null, publicKeyOf })
  const examples = faults
    .slice(0, EXAMPLES)
    .map(({ register_id, seq, fault }) => `entry ${seq} of ${register_id} ${FAULTS[fault]}`)
  const trust = key || named.size === 0 ? '' : ' (by the keys in the database: the keys folder is not here)'
  const holds = `Journals of registers are whole, chained and signed${trust}`
  return { id: 'I-18', holds, broken: faults.length, examples }
}

/** Prints the table and answers the exit code. */
function report(results: readonly Finding[]): number {
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
