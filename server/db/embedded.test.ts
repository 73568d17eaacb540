// On clusters of its own, with durability on: this is about starting, dying and coming back.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { readPostmasterFile } from './address.ts'
import { findRunning, startEmbedded } from './embedded.ts'
import { openPool } from './pool.ts'

let root: string
let dataDir: string

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'onetill-embedded-test-'))
  // Closed to others, as a home is: root's database runs as another user and must cope.
  await chmod(root, 0o700)
  // Deeper than a unix socket's path may be.
  dataDir = join(root, 'a-folder-with-a-rather-long-name'.repeat(4), 'postgres')
})

after(() => rm(root, { recursive: true, force: true }))

test('a new cluster starts durable, speaks UTF-8 and gives the same data after a stop and a start', async () => {
  const first = await startEmbedded({ dataDir, log: silentLog })
  const pool = openPool(first.url)
  await pool.query("create table note (text text); insert into note values ('smörgås')")
  const settings = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding') order by name`,
  )
  assert.deepEqual(
    settings.rows.map((row) => `${row.name}=${row.setting}`),
    ['fsync=on', 'full_page_writes=on', 'listen_addresses=', 'server_encoding=UTF8', 'synchronous_commit=on'],
  )
  await pool.end()
  await first.stop()

  const second = await startEmbedded({ dataDir, log: silentLog })
  assert.deepEqual(await texts(second.url), ['smörgås'])
  await second.stop()
})

test('the database of a living owner is found, and nobody else may own it', async () => {
  const owner = await startEmbedded({ dataDir, log: silentLog })
  assert.equal(await findRunning(dataDir), owner.url)
  const impatient = { now: systemClock.now, sleep: async () => {} }
  await assert.rejects(
    startEmbedded({ dataDir, log: silentLog, clock: impatient }),
    /Another Onetill process is using the database/,
  )
  assert.deepEqual(await texts(owner.url), ['smörgås'])
  await owner.stop()
  assert.equal(await findRunning(dataDir), undefined)
})

test('a database that is killed comes back at the same address, with what was committed', async () => {
  const embedded = await startEmbedded({ dataDir, log: silentLog })
  const pool = openPool(embedded.url)
  await pool.query("insert into note values ('committed')")
  const killed = embedded.pid
  process.kill(killed, 'SIGKILL')
  await eventually(
    () => pool.query('select 1'),
    () => embedded.pid !== killed,
  )
  await pool.end()
  assert.deepEqual(await texts(embedded.url), ['committed', 'smörgås'])
  await embedded.stop()
})

test('after SIGKILL of its owner the orphaned database is taken over', async () => {
  const owner = await ownerProcess()
  const orphan = await postmasterPid()
  await kill(owner)
  const next = await startEmbedded({ dataDir, log: silentLog })
  assert.notEqual(next.pid, orphan)
  assert.deepEqual(await texts(next.url), ['committed', 'smörgås'])
  await next.stop()
})

test('after SIGKILL of owner and database at once the next start recovers', async () => {
  const owner = await ownerProcess()
  process.kill(await postmasterPid(), 'SIGKILL')
  await kill(owner)
  const next = await startEmbedded({ dataDir, log: silentLog })
  assert.deepEqual(await texts(next.url), ['committed', 'smörgås'])
  await next.stop()
})

test('a stale postmaster.pid whose number now belongs to another process does not stand in the way', {
  skip: process.platform !== 'linux',
}, async () => {
  const content = [process.pid, '/elsewhere', '1', '5432', '/tmp/onetill-socket-gone', '', '', 'ready', ''].join('\n')
  await writeFile(join(dataDir, 'cluster', 'postmaster.pid'), content)
  const next = await startEmbedded({ dataDir, log: silentLog })
  assert.deepEqual(await texts(next.url), ['committed', 'smörgås'])
  await next.stop()
})

test('a cluster that was being made when the power went is made anew', async () => {
  const other = join(root, 'half-made')
  await mkdir(join(other, 'cluster.new', 'base'), { recursive: true })
  const embedded = await startEmbedded({ dataDir: other, log: silentLog })
  await embedded.stop()
})

test('a refusal to start carries the words of PostgreSQL', async () => {
  const settings = { shared_buffers: 'much' }
  await assert.rejects(startEmbedded({ dataDir, log: silentLog, settings }), /did not start.*shared_buffers/)
})

/** A process of its own that starts the database and does nothing more. */
async function ownerProcess(): Promise<ChildProcess> {
  const program = `
    import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))}
    import { silentLog } from ${JSON.stringify(join(import.meta.dirname, '..', 'lib', 'log.ts'))}
    await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: silentLog })
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

async function postmasterPid(): Promise<number> {
  return (await readPostmasterFile(join(dataDir, 'cluster')))?.pid ?? assert.fail('no postmaster.pid')
}

async function texts(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ text: string }>('select text from note order by text')
  await client.end()
  return rows.map((row) => row.text)
}

/** Repeats `attempt` until it succeeds with `condition` true; the pool's own time limits bound it. */
async function eventually(attempt: () => Promise<unknown>, condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100_000; tries++) {
    const succeeded = await attempt().then(
      () => true,
      () => false,
    )
    if (succeeded && condition()) return
  }
  assert.fail('the database did not come back')
}
