// A fresh, migrated database for one test file: cloned from a template that is migrated once per set of migrations, so
// that a file of tests pays some 50 ms for it and may leave behind whatever it likes.

import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { APP_ROLE, migrate, migrationsHash } from '../server/db/migrate.ts'
import { type Db, openPool } from '../server/db/pool.ts'
import { silentLog } from '../server/lib/log.ts'
import { testClusterUrl } from './cluster.ts'

export interface TestDatabase {
  /** Connects with the application's rights, as a running server does. */
  url: string
  /** Connects as the owner of everything; for looking and tampering where the application may not. */
  adminUrl: string
  /** A pool with the application's rights; closed by `close`. */
  db: Db
  /** Closes the pool and drops the database, with whatever sessions are left in it. */
  close(): Promise<void>
}

/** Any fixed number: one process at a time makes the template. */
const TEMPLATE_LOCK = 7_201

/** Makes an empty migrated database of its own. Starts the shared test cluster when there is none. */
export async function testDatabase(): Promise<TestDatabase> {
  const cluster = await testClusterUrl()
  const template = await migratedTemplate(cluster)
  const name = `test_${randomBytes(8).toString('hex')}`
  // Copying the files is a tenth of the work of writing every page to the log first.
  await administer(cluster, (client) => client.query(`create database ${name} template ${template} strategy file_copy`))
  const adminUrl = inDatabase(cluster, name)
  const url = `${adminUrl}&${new URLSearchParams({ options: `-c role=${APP_ROLE}` })}`
  const db = openPool(url)
  return {
    url,
    adminUrl,
    db,
    async close() {
      await db.end()
      await administer(cluster, (client) => client.query(`drop database ${name} with (force)`))
    },
  }
}

/** An empty database without any table, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<{ url: string; close(): Promise<void> }> {
  const cluster = await testClusterUrl()
  const name = `empty_${randomBytes(8).toString('hex')}`
  await administer(cluster, (client) => client.query(`create database ${name}`))
  return {
    url: inDatabase(cluster, name),
    close: () => administer(cluster, (client) => client.query(`drop database ${name} with (force)`)),
  }
}

/** By cluster. Files share a process, and the migrations do not change under them. */
const templates = new Map<string, Promise<string>>()

function migratedTemplate(cluster: string): Promise<string> {
  const known = templates.get(cluster)
  if (known) return known
  const made = makeTemplate(cluster)
  templates.set(cluster, made)
  made.catch(() => templates.delete(cluster))
  return made
}

async function makeTemplate(cluster: string): Promise<string> {
  const name = `template_${(await migrationsHash()).slice(0, 16)}`
  await administer(cluster, async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK])
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [name])
    if (rows.length > 0) return
    // Named at the end, so that a template that failed half-way is never cloned.
    const draft = `draft_${randomBytes(8).toString('hex')}`
    await client.query(`create database ${draft}`)
    await migrate(inDatabase(cluster, draft), { log: silentLog })
    await client.query(`alter database ${draft} rename to ${name}`)
  })
  return name
}

async function administer(cluster: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: inDatabase(cluster, 'postgres') })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function inDatabase(cluster: string, name: string): string {
  const url = new URL(cluster)
  url.pathname = `/${name}`
  return url.href
}
