// Which database a command works on: the one named by DATABASE_URL; else that of the server running on the same data
// folder; else the embedded one, started for as long as the command runs. So `onetill verify` and its siblings do the
// same whether the server is up or not.

import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../lib/log.ts'
import { findRunning, startEmbedded } from './embedded.ts'

export interface DatabaseChoice {
  /** DATABASE_URL, when set. */
  databaseUrl?: string | undefined
  /** ONETILL_DATA. The embedded cluster lives in its folder `postgres`. */
  dataDir: string
  log: Log
  /** For commands that only look: throws where no database was ever made, and makes none. */
  mustExist?: boolean
}

export interface OpenDatabase {
  url: string
  /** Stops the embedded database if this call started it; otherwise leaves everything as it is. */
  stop(): Promise<void>
}

/** What a running server tells about itself in `$ONETILL_DATA/run.json`. */
export interface RunFile {
  pid: number
  databaseUrl: string
  port: number
}

/** Finds or starts the database for a command. Throws a sentence when neither is possible. */
export async function openDatabase(choice: DatabaseChoice): Promise<OpenDatabase> {
  if (choice.databaseUrl) return { url: choice.databaseUrl, async stop() {} }
  const dataDir = join(choice.dataDir, 'postgres')
  if (choice.mustExist && !(await isThere(join(dataDir, 'cluster', 'PG_VERSION'))))
    throw new Error(`There is no database in ${choice.dataDir}. Set ONETILL_DATA or DATABASE_URL to where it is.`)
  const running = await findRunning(dataDir)
  if (running) return { url: running, async stop() {} }
  const embedded = await startEmbedded({ dataDir, log: choice.log })
  return { url: embedded.url, stop: () => embedded.stop() }
}

/** False only where there is certainly nothing: what may not be looked at is told by whoever opens it. */
function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  )
}

/** DATABASE_URL as given, or undefined for none. Throws a sentence for what is no address of a PostgreSQL. */
export function checkedDatabaseUrl(url: string | undefined): string | undefined {
  if (!url) return undefined
  // Not repeated, because it may hold a password.
  if (!(/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)))
    throw new Error('DATABASE_URL must be an address such as postgres://user:password@host:5432/database.')
  return url
}

/** The same choice from the environment: DATABASE_URL and ONETILL_DATA (default ./data). For command-line programs. */
export async function openDatabaseFromEnv(
  log: Log,
  options: { mustExist?: boolean } = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<OpenDatabase> {
  return openDatabase({
    ...options,
    databaseUrl: checkedDatabaseUrl(env['DATABASE_URL']),
    dataDir: env['ONETILL_DATA'] || './data',
    log,
  })
}

/** Written by the server once it listens; readable by its owner only, for a database address may carry a password. */
export async function writeRunFile(dataDir: string, run: RunFile): Promise<void> {
  const path = join(dataDir, 'run.json')
  await writeFile(`${path}.new`, `${JSON.stringify(run)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** What the last server wrote, also when it has died since: ask its port before trusting it. Undefined when none did. */
export async function readRunFile(dataDir: string): Promise<RunFile | undefined> {
  const text = await readFile(join(dataDir, 'run.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as RunFile)
}

/** Called as the server stops. */
export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'run.json'), { force: true })
}
