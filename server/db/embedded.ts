// Runs the native PostgreSQL that npm brought as a child of this process: the same SQL, locks and durability as a
// production server, without anything to install. One owner per data directory. It must never weaken durability on its
// own (fsync, full_page_writes and synchronous_commit are stated on the command line), never listen beyond this
// machine, and always come back by itself: after SIGKILL of this process, of the database, or of both.

import { type ChildProcess, spawn } from 'node:child_process'
import {
  chown,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import pg from 'pg'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import {
  type Address,
  ask,
  forgetAddress,
  NAME,
  newAddress,
  OWNER_SESSION,
  readPassword,
  readPostmasterFile,
  urlOf,
} from './address.ts'
import { postgresBinaries, type User, unprivilegedUser } from './binaries.ts'
import { isAlive, withLockFile } from './lock-file.ts'

export interface EmbeddedOptions {
  /** Folder for the cluster and its log; made when missing. Use a folder of its own. */
  dataDir: string
  log: Log
  /** Server settings over the defaults below, for tests (`{ fsync: 'off' }`). */
  settings?: Record<string, string>
  clock?: Clock
}

export interface Embedded {
  /** For `openPool`; the same across restarts of the database. Names the superuser `onetill` and the database `onetill`. */
  readonly url: string
  /** Process id of the postmaster; another one after a restart. */
  readonly pid: number
  /** Ends all sessions, writes a checkpoint and waits until the database has gone. */
  stop(): Promise<void>
}

const MAX_LOG_BYTES = 10_000_000
/** After this long a polite stop becomes an immediate one; the write-ahead log makes up for it at the next start. */
const STOP_PATIENCE_MS = 60_000
/** Backends of a killed postmaster notice its death at their next wait; until then their memory blocks a new start. */
const BLOCKED_TRIES = 60
const BLOCKED_REST_MS = 250
const MAX_RESTART_REST_MS = 5_000
/** A server that is just stopping still owns its database while it drains; 4 s of patience make a restart smooth. */
const OWNER_LOOKS = 40
const OWNER_REST_MS = 100

const SETTINGS: Record<string, string> = {
  // Durability: an acknowledged payment survives a power cut. Stated here so that no ALTER SYSTEM can undo it.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Sized for a small machine (2 cores, 4 GB): hot tables stay in memory, and checkpoints are rare enough that
  // full-page images do not dominate the log.
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  min_wal_size: '512MB',
  wal_compression: 'on',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  random_page_cost: '1.1',
  // Short statements only: compiling a plan costs more than running it.
  jit: 'off',
  // Payments and balances are updated many times; small, frequent vacuums keep their pages from growing.
  autovacuum_naptime: '15s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** Everything known about one cluster before it runs. */
interface Place {
  clusterDir: string
  logFile: string
  native: string
  user: User | undefined
  /** What PostgreSQL is told its data directory is. */
  pgData: string
  address: Address
  settings: Record<string, string>
}

/**
 * Starts the cluster in `dataDir`, making it first when it is new, and keeps it running until `stop`. Takes over from a
 * server that was killed: its orphaned database is stopped cleanly. Throws a sentence when another living process owns
 * the data directory, when it belongs to another user, or when PostgreSQL refuses to start (with its own words).
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const clock = options.clock ?? systemClock
  const dataDir = await makeDataDir(options.dataDir)
  const lock = join(dataDir, 'start.lock')
  const { place, first } = await withLockFile(lock, async () => {
    const ready = await prepare(dataDir, options.settings ?? {})
    try {
      await takeOver(ready, options.log, clock)
      if (!(await exists(join(ready.clusterDir, 'PG_VERSION')))) await initialize(ready)
      return { place: ready, first: await launch(ready, options.log, clock) }
    } catch (error) {
      await forgetAddress(ready.address)
      throw error
    }
  })

  let current = first
  let stopping = false
  let watching = Promise.resolve()
  watch()

  /** Starts the database again when it dies, for as long as nobody called `stop`. Pools reconnect to the same address. */
  function watch(): void {
    const { child } = current
    const revive = () => {
      if (stopping) return
      const code = child.signalCode ?? String(child.exitCode)
      options.log.error('the database stopped unexpectedly and is started again', { code })
      watching = restart().then(watch)
    }
    if (isRunning(child)) child.once('exit', revive)
    else revive()
  }

  async function restart(): Promise<void> {
    for (let attempt = 1; !stopping; attempt++) {
      try {
        current = await withLockFile(lock, () => launch(place, options.log, clock))
        options.log.warn('the database is back', { attempt })
        return
      } catch (error) {
        options.log.error('the database could not be started again yet', { attempt, error })
        await clock.sleep(Math.min(100 * 2 ** attempt, MAX_RESTART_REST_MS))
      }
    }
  }

  return {
    url: urlOf(place.address, NAME),
    get pid() {
      return current.child.pid as number
    },
    async stop() {
      stopping = true
      await watching
      await current.owner.end().catch(() => {})
      await stopChild(place, current.child, clock)
      await forgetAddress(place.address)
    },
  }
}

/**
 * The address of the database in `dataDir` when a living server owns one there, else undefined. Lets a command work on
 * the books while the server runs.
 */
export async function findRunning(dataDir: string): Promise<string | undefined> {
  const running = await readPostmasterFile(join(resolve(dataDir), 'cluster'))
  if (!running || !isAlive(running.pid)) return undefined
  const password = await readPassword(resolve(dataDir))
  const address = { ...running.address, password }
  return (await ask(address)) === 'owned' ? urlOf(address, NAME) : undefined
}

async function makeDataDir(path: string): Promise<string> {
  const dataDir = resolve(path)
  try {
    // Root's database runs as another user, who must be able to pass through, though not to look around.
    await mkdir(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
    const probe = join(dataDir, `.probe-${process.pid}`)
    await writeFile(probe, '')
    await rm(probe)
    return dataDir
  } catch (cause) {
    throw new Error(
      `The data directory ${dataDir} cannot be written by this user. Start as its owner, or set ONETILL_DATA.`,
      { cause },
    )
  }
}

async function prepare(dataDir: string, settings: Record<string, string>): Promise<Place> {
  const clusterDir = join(dataDir, 'cluster')
  const user = await unprivilegedUser(clusterDir)
  const owner = await stat(clusterDir).catch(() => undefined)
  if (owner && !user && process.getuid && owner.uid !== process.getuid()) {
    throw new Error(
      `The database in ${clusterDir} belongs to user ${owner.uid}. Start as that user or as root, or set ONETILL_DATA.`,
    )
  }
  return {
    clusterDir,
    logFile: join(dataDir, 'postgres.log'),
    native: await postgresBinaries(dataDir, user),
    user,
    pgData: await nameFor(clusterDir, user),
    address: await newAddress(dataDir, user),
    settings: { ...SETTINGS, ...settings },
  }
}

/**
 * The name by which `user` can reach the cluster. A home closed to others (mode 0700) on the way would stop it, although
 * the cluster is its own; then Linux lets a process name the folder it was started in, whatever lies above.
 */
async function nameFor(clusterDir: string, user: User | undefined): Promise<string> {
  if (!user) return clusterDir
  for (let above = dirname(clusterDir); ; above = dirname(above)) {
    const { mode, uid } = await stat(above)
    if ((mode & 0o001) === 0 && uid !== user.uid) break
    if (above === dirname(above)) return clusterDir
  }
  if (process.platform === 'linux') return '/proc/self/cwd'
  throw new Error(
    `PostgreSQL does not run as root, and no other user can enter ${dirname(clusterDir)}. Set ONETILL_DATA to a folder outside closed homes.`,
  )
}

/** Clears what an earlier owner left: an orphaned database is stopped, a stale pid file is removed. */
async function takeOver(place: Place, log: Log, clock: Clock): Promise<void> {
  const left = await readPostmasterFile(place.clusterDir)
  if (!left) return
  const address = { ...left.address, password: place.address.password }
  if (!isAlive(left.pid)) return forgetAddress(address)
  let answer = await ask(address)
  for (let look = 1; answer === 'owned' && look < OWNER_LOOKS; look++) {
    await clock.sleep(OWNER_REST_MS)
    answer = await ask(address)
  }
  if (answer === 'owned') {
    throw new Error(
      `Another Onetill process is using the database in ${place.clusterDir}. Stop it first, or set ONETILL_DATA.`,
    )
  }
  const isPostmaster = process.platform === 'linux' ? await worksIn(left.pid, place.clusterDir) : answer === 'orphaned'
  if (isPostmaster) {
    log.warn('a database left running by a killed server is stopped first')
    await stopPostmaster(place, left.pid, () => isAlive(left.pid), clock)
  } else if (process.platform === 'linux') {
    // The id was given to some other process since; PostgreSQL itself could not know and would refuse to start.
    await rm(join(place.clusterDir, 'postmaster.pid'), { force: true })
  }
  await forgetAddress(address)
}

/** Whether process `pid` is a PostgreSQL whose working folder is this cluster (it always is, for a postmaster). */
async function worksIn(pid: number, clusterDir: string): Promise<boolean> {
  const [folder, name] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => ''),
    readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
  ])
  return name.trim() === 'postgres' && folder === (await realpath(clusterDir))
}

/** Makes a new cluster, whole or not at all: a kill half-way leaves only a folder that the next start clears away. */
async function initialize(place: Place): Promise<void> {
  const partial = `${place.clusterDir}.new`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { mode: 0o700 })
  if (place.user) await chown(partial, place.user.uid, place.user.gid)
  const password = join(dirname(place.clusterDir), 'password')
  const args = [
    ...[
      '-D',
      place.pgData === place.clusterDir ? partial : place.pgData,
      `--username=${NAME}`,
      '--encoding=UTF8',
      '--locale=C',
    ],
    // The same order as C, and upper and lower case beyond ASCII.
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions'],
    ...(place.address.password ? ['--auth=scram-sha-256', `--pwfile=${password}`] : ['--auth=trust']),
    ...(place.settings['fsync'] === 'off' ? ['--no-sync'] : []),
  ]
  const child = spawn(program(place, 'initdb'), args, {
    cwd: partial,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...place.user,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  if (code !== 0) {
    // Some containers run under a bare number.
    const hint = /could not look up effective user/.test(said)
      ? ' Give this user a line in /etc/passwd, or set DATABASE_URL.'
      : ''
    throw new Error(`PostgreSQL could not make a new cluster in ${place.clusterDir}: ${said.trim()}.${hint}`)
  }
  await rename(partial, place.clusterDir)
}

interface Running {
  child: ChildProcess
  owner: pg.Client
}

/** Starts the postmaster and waits until it takes connections; recovery after a crash may make that long. */
async function launch(place: Place, log: Log, clock: Clock): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    const child = await spawnPostmaster(place)
    const refusal = await untilReady(place, child, log, clock)
    if (refusal === undefined) return { child, owner: await ownOrStop(place, child, clock) }
    const blocked = /shared memory block .* still in use|lock file .* already exists/.test(refusal)
    if (!blocked || attempt === BLOCKED_TRIES)
      throw new Error(`PostgreSQL did not start in ${place.clusterDir}: ${refusal}`)
    await clock.sleep(BLOCKED_REST_MS)
  }
}

async function spawnPostmaster(place: Place): Promise<ChildProcess> {
  const network =
    process.platform === 'win32'
      ? { listen_addresses: '127.0.0.1', unix_socket_directories: '' }
      : { listen_addresses: '', unix_socket_directories: place.address.host, unix_socket_permissions: '0700' }
  const settings = { ...place.settings, ...network, port: String(place.address.port) }
  const args = ['-D', place.pgData, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const size = await stat(place.logFile).then(
    (file) => file.size,
    () => 0,
  )
  if (size > MAX_LOG_BYTES) await truncate(place.logFile)
  // A file and not a pipe: the database must be able to write on when its owner has been killed.
  const log = await open(place.logFile, 'a', 0o600)
  try {
    return spawn(program(place, 'postgres'), args, {
      cwd: place.clusterDir,
      env: environment(),
      // A session of its own: Ctrl-C must reach the server alone, which drains first and stops the database last.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...place.user,
    })
  } finally {
    await log.close()
  }
}

/** Undefined once ready; PostgreSQL's last words when it ended instead. */
async function untilReady(place: Place, child: ChildProcess, log: Log, clock: Clock): Promise<string | undefined> {
  let failure: Error | undefined
  child.once('error', (error) => (failure = error))
  for (let waited = 0; ; waited += 10) {
    if (failure) return failure.message
    if (!isRunning(child)) return lastWords(place.logFile)
    const file = await readPostmasterFile(place.clusterDir)
    if (file?.pid === child.pid && file?.state === 'ready') return undefined
    if (waited > 0 && waited % 5_000 === 0) log.info('the database is recovering', { duration_ms: waited })
    await clock.sleep(10)
  }
}

async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8')
  return text.trimEnd().split('\n').slice(-3).join(' ')
}

/** Opens the session that marks the cluster as owned, and makes the database on first use. */
async function own(place: Place): Promise<pg.Client> {
  const owner = new pg.Client({ connectionString: urlOf(place.address, 'postgres'), application_name: OWNER_SESSION })
  owner.on('error', () => {})
  await owner.connect()
  const { rows } = await owner.query('select 1 from pg_database where datname = $1', [NAME])
  if (rows.length === 0) await owner.query(`create database ${NAME}`)
  return owner
}

async function ownOrStop(place: Place, child: ChildProcess, clock: Clock): Promise<pg.Client> {
  try {
    return await own(place)
  } catch (error) {
    await stopChild(place, child, clock)
    throw error
  }
}

async function stopChild(place: Place, child: ChildProcess, clock: Clock): Promise<void> {
  if (isRunning(child)) await stopPostmaster(place, child.pid as number, () => isRunning(child), clock)
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

/** A fast stop: sessions end, a checkpoint is written. Turns into an immediate one when that takes too long. */
async function stopPostmaster(place: Place, pid: number, isThere: () => boolean, clock: Clock): Promise<void> {
  signal(place, pid, 'fast')
  for (let waited = 0; isThere(); waited += 10) {
    if (waited === STOP_PATIENCE_MS) signal(place, pid, 'immediate')
    await clock.sleep(10)
  }
}

function signal(place: Place, pid: number, mode: 'fast' | 'immediate'): void {
  if (process.platform === 'win32') {
    spawn(program(place, 'pg_ctl'), ['stop', '-D', place.pgData, '-m', mode, '--no-wait'], { stdio: 'ignore' })
    return
  }
  try {
    process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  } catch (error) {
    // Gone between our look and our signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function program(place: Place, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return join(place.native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
}

/** Only what the programs need: the server's own environment may hold secrets, and PG… variables would change defaults. */
function environment(): NodeJS.ProcessEnv {
  const keep = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH']
  const kept = keep.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]])
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' } as NodeJS.ProcessEnv
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
