// Brings a database to the form this program expects: the files of migrations/ in order, each once, each whole. It must
// never run a file twice, never go on over a file that was edited after its release, and never touch a database that a
// newer program has already changed.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Log } from '../lib/log.ts'

/** The role that running servers work as: it owns nothing and cannot rewrite history. */
export const APP_ROLE = 'onetill_app'

/** Facts that are only ever added. The application may not update or delete them, whatever its code says. */
const APPEND_ONLY = [
  ...['ledger_entry', 'ledger_line', 'evidence', 'event', 'price_history', 'stock_movement'],
  ...['offline_document', 'offline_link'],
]

/** Any fixed number: one migration at a time per database. */
const ADVISORY_LOCK = 6_638_455_001

/** insufficient_privilege, duplicate_object */
const NOT_ALLOWED = '42501'
const ALREADY_THERE = new Set(['42710', '23505'])

export interface MigrateOptions {
  log: Log
  /** Folder of NNNN_name.sql files; tests bring their own. */
  folder?: string
}

export interface Migrated {
  /** Names of the files applied by this call, in order. */
  applied: string[]
  /** False when the database user may not make roles: servers then work with that user's own rights. */
  hasAppRole: boolean
}

interface Migration {
  version: number
  name: string
  sql: string
  sha256: string
}

/**
 * Applies what is missing, one transaction per file, and sets the rights of the application role. Safe to call from
 * several processes at once: the others wait. Throws a sentence when an applied file has changed since, when the
 * database is newer than the program, or when a file fails (which then left nothing behind).
 */
export async function migrate(url: string, options: MigrateOptions): Promise<Migrated> {
  const migrations = await readMigrations(options.folder ?? join(import.meta.dirname, 'migrations'))
  const client = new pg.Client({ connectionString: url, application_name: 'onetill migrate' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK])
    const hasAppRole = await makeAppRole(client, options.log)
    await makeRecord(client)
    const missing = await compare(client, migrations)
    for (const migration of missing) {
      await apply(client, migration)
      options.log.info('migrated', { kind: migration.name })
    }
    if (hasAppRole) await grant(client)
    return { applied: missing.map((migration) => migration.name), hasAppRole }
  } finally {
    // Ending the session gives the advisory lock back.
    await client.end()
  }
}

/** One hash over all migration files: equal hashes make equal databases. */
export async function migrationsHash(folder = join(import.meta.dirname, 'migrations')): Promise<string> {
  const hash = createHash('sha256')
  for (const { name, sha256 } of await readMigrations(folder)) hash.update(`${name} ${sha256}\n`)
  return hash.digest('hex')
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    files.map(async (file): Promise<Migration> => {
      const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)
      if (!match) throw new Error(`${file} in ${folder} is not named like 0001_what_it_makes.sql.`)
      const sql = await readFile(join(folder, file), 'utf8')
      const sha256 = createHash('sha256').update(sql).digest('hex')
      return { version: Number(match[1]), name: file.slice(0, -'.sql'.length), sql, sha256 }
    }),
  )
  for (const [i, { version, name }] of migrations.entries()) {
    if (migrations[i - 1]?.version === version) throw new Error(`Two migrations have the number of ${name}.`)
  }
  return migrations
}

/** The one table without a merchant: it describes the database itself, which all merchants share. */
async function makeRecord(client: pg.Client): Promise<void> {
  // Asked first: "create table if not exists" would need the right to create even when there is nothing to do.
  const { rows } = await client.query<{ found: string | null }>(`select to_regclass('schema_migration')::text as found`)
  if (rows[0]?.found) return
  await client.query(`
    create table schema_migration (
      version int primary key,
      name text not null,
      sha256 text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`)
}

/** The files not yet applied, after checking that those applied are these. */
async function compare(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ version: number; name: string; sha256: string }>(
    'select version, name, sha256 from schema_migration order by version',
  )
  const known = new Map(migrations.map((migration) => [migration.version, migration]))
  for (const row of rows) {
    const file = known.get(row.version)
    if (!file) {
      throw new Error(
        `The database has migration ${row.name}, which this program does not know: it was changed by a newer Onetill. Start that version, or restore a backup made before it.`,
      )
    }
    if (file.sha256 !== row.sha256) {
      throw new Error(
        `Migration ${row.name} was applied to this database and its file has changed since. A released migration is never edited: restore the file and put the change into a new one.`,
      )
    }
  }
  const applied = new Set(rows.map((row) => row.version))
  return migrations.filter((migration) => !applied.has(migration.version))
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('begin')
    await client.query(migration.sql)
    await client.query('insert into schema_migration (version, name, sha256) values ($1, $2, $3)', [
      migration.version,
      migration.name,
      migration.sha256,
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    const { message, position } = cause as { message: string; position?: string }
    const line = position ? `, line ${migration.sql.slice(0, Number(position)).split('\n').length}` : ''
    throw new Error(`Migration ${migration.name} failed and was undone${line}: ${message}`, { cause })
  }
}

/** Makes the role and lets the present user take it on. False when this user may not. */
async function makeAppRole(client: pg.Client, log: Log): Promise<boolean> {
  try {
    const { rows } = await client.query('select 1 from pg_roles where rolname = $1', [APP_ROLE])
    if (rows.length === 0) await createRole(client)
    const member = await client.query<{ yes: boolean }>(`select pg_has_role(current_user, $1, 'member') as yes`, [
      APP_ROLE,
    ])
    if (!member.rows[0]?.yes) await client.query(`grant ${APP_ROLE} to current_user`)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== NOT_ALLOWED) throw error
    log.warn(
      `the database user may not make the role ${APP_ROLE}, so books are append-only by trigger but not by rights; see server/db/README.md`,
    )
    return false
  }
}

async function createRole(client: pg.Client): Promise<void> {
  try {
    await client.query(`create role ${APP_ROLE} nologin`)
  } catch (error) {
    // Roles are shared by all databases of a server: the migration of another one may have been faster.
    if (!ALREADY_THERE.has((error as { code?: string }).code ?? '')) throw error
  }
}

/** Rights follow the tables, so they are set anew after every migration run. No table may ever be truncated. */
async function grant(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select quote_ident(tablename) as name from pg_tables where schemaname = current_schema() and tablename = any($1)',
    [APPEND_ONLY],
  )
  const schema = (await client.query<{ name: string }>('select quote_ident(current_schema()) as name')).rows[0]?.name
  const statements = [
    `grant usage on schema ${schema} to ${APP_ROLE}`,
    `grant select, insert, update, delete on all tables in schema ${schema} to ${APP_ROLE}`,
    `grant execute on all functions in schema ${schema} to ${APP_ROLE}`,
    ...rows.map(({ name }) => `revoke update, delete, truncate on ${name} from ${APP_ROLE}`),
    `revoke insert, update, delete, truncate on schema_migration from ${APP_ROLE}`,
  ]
  // One transaction: a running server must never see the moment between grant and revoke.
  await client.query(`begin; ${statements.join('; ')}; commit`)
}
