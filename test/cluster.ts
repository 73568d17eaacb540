// A throw-away PostgreSQL for tests. `npm test` starts one for the whole run; a single test file run by hand shares one
// that a small keeper process (this file, run as a program) starts in the background and takes away when nobody has
// used it for a while. fsync is off here and only here: what a test proves about durability, it proves on a cluster of
// its own (see server/db/embedded.test.ts).

import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import pg from 'pg'
import { findRunning, startEmbedded } from '../server/db/embedded.ts'
import { withLockFile } from '../server/db/lock-file.ts'
import { systemClock } from '../server/lib/clock.ts'
import { silentLog } from '../server/lib/log.ts'

const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  // Every test file has a database of its own with a pool of its own.
  max_connections: '300',
  shared_buffers: '128MB',
  autovacuum_naptime: '600s',
  // What a run writes must fit beside everything else where the cluster lies in memory.
  max_wal_size: '1GB',
}

/** The keeper leaves after this long without a session. */
const IDLE_MS = 60_000
const LOOK_MS = 5_000
const START_PATIENCE_MS = 60_000

const FOLDER = 'onetill-test-cluster-'
const KEEPER = 'onetill test keeper'
/** Tries again: another run may be sweeping the same folder at this moment. */
const GONE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }
const shared = join(tmpdir(), `onetill-test-${process.getuid?.() ?? 0}`)
const addressFile = `${shared}.json`

export interface TestCluster {
  url: string
  /** Stops the cluster and removes its files. */
  remove(): Promise<void>
}

/** Files in memory, on Linux. */
const MEMORY = '/dev/shm'
/** A run takes about a third of it. Containers often have 64 MB there. */
const MEMORY_AT_LEAST = 4 * 1024 ** 3

/**
 * In memory where there is room: a database is some thousand files, and a disk may take a second to make them. A run makes hundreds
 * of databases.
 */
async function clusterFolder(): Promise<string> {
  const free = await statfs(MEMORY).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  )
  const inMemory = free < MEMORY_AT_LEAST ? undefined : await mkdtemp(join(MEMORY, FOLDER)).catch(() => undefined)
  return inMemory ?? mkdtemp(join(tmpdir(), FOLDER))
}

/** Starts a cluster in a folder of its own. */
export async function startTestCluster(): Promise<TestCluster> {
  for (const folder of [tmpdir(), MEMORY]) await sweep(folder)
  const dataDir = await clusterFolder()
  // Root's database runs as another user, who must be able to pass through.
  await chmod(dataDir, 0o711)
  const embedded = await startEmbedded({ dataDir, log: silentLog, settings: SETTINGS })
  return {
    url: embedded.url,
    async remove() {
      await embedded.stop()
      await rm(dataDir, GONE)
    },
  }
}

/** Clears away clusters whose run was killed: they have no owner any more and nobody would ever stop them. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(FOLDER)) continue
    const dataDir = join(folder, name)
    const isOurs = await stat(dataDir).then(
      ({ uid }) => uid === (process.getuid?.() ?? uid),
      () => false,
    )
    if (!isOurs || (await findRunning(dataDir).catch(() => undefined))) continue
    // Taking over stops what is left; a cluster that is just being started by its own run refuses, and is left alone.
    const taken = await startEmbedded({ dataDir, log: silentLog, settings: SETTINGS }).catch(() => undefined)
    if (!taken) continue
    await taken.stop()
    await rm(dataDir, GONE)
  }
}

/** The address of the run's cluster, or of the shared one, which is started when it is not there. */
export async function testClusterUrl(): Promise<string> {
  const given = process.env['ONETILL_TEST_CLUSTER']
  if (given) return given
  return withLockFile(`${shared}.lock`, async () => {
    const known = await answering()
    if (known) return known
    await rm(addressFile, { force: true })
    spawn(process.execPath, [import.meta.filename], { detached: true, stdio: 'ignore' }).unref()
    for (let waited = 0; waited < START_PATIENCE_MS; waited += 50) {
      await systemClock.sleep(50)
      const url = await answering()
      if (url) return url
    }
    throw new Error('The PostgreSQL for tests did not start within a minute.')
  })
}

async function answering(): Promise<string | undefined> {
  const text = await readFile(addressFile, 'utf8').catch(() => undefined)
  if (!text) return undefined
  const client = new pg.Client({ connectionString: text, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  return client.connect().then(
    () => client.end().then(() => text),
    () => undefined,
  )
}

async function keep(): Promise<void> {
  const cluster = await startTestCluster()
  await writeFile(`${addressFile}.new`, cluster.url, { mode: 0o600 })
  await rename(`${addressFile}.new`, addressFile)
  const looker = new pg.Client({ connectionString: cluster.url, application_name: KEEPER })
  await looker.connect()
  let idle = 0
  while (idle < IDLE_MS) {
    await systemClock.sleep(LOOK_MS)
    const { rows } = await looker.query<{ sessions: number }>(
      `select count(*)::int as sessions from pg_stat_activity
       where backend_type = 'client backend' and application_name not in ($1, 'onetill owner')`,
      [KEEPER],
    )
    idle = rows[0]?.sessions === 0 ? idle + LOOK_MS : 0
  }
  await rm(addressFile, { force: true })
  await looker.end()
  await cluster.remove()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) void keep()
