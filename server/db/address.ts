// Where an embedded cluster answers, and who answers there. On unix that is a socket in a folder closed to other users,
// always short and fresh (a socket's path may have about a hundred bytes, and data directories can be deep); on Windows
// a port of the loopback address behind a password.

import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import pg from 'pg'
import type { User } from './binaries.ts'

/** Name of the superuser and of the database. */
export const NAME = 'onetill'
/** The session every owner holds for as long as it lives; it tells a running server from an orphaned database. */
export const OWNER_SESSION = 'onetill owner'
const SOCKET_PORT = 5432
/** A unix socket's path has at most 103 bytes on macOS, 107 on Linux; the file name takes 18, its folder 22. */
const MAX_TMPDIR = 62
const FOLDER = 'onetill-socket-'

/** Where a cluster answers. `host` is a socket folder, or an address on Windows. */
export interface Address {
  host: string
  port: number
  password?: string
}

/** A fresh place to answer, reachable by this user and by `user`, who will run the database. */
export async function newAddress(dataDir: string, user: User | undefined): Promise<Address> {
  if (process.platform === 'win32') {
    return { host: '127.0.0.1', port: await freePort(), password: await makePassword(dataDir) }
  }
  const base = tmpdir().length <= MAX_TMPDIR ? tmpdir() : '/tmp'
  const host = await mkdtemp(join(base, FOLDER))
  if (user) await chown(host, user.uid, user.gid)
  return { host, port: SOCKET_PORT }
}

/** Removes a socket folder that `newAddress` made, and nothing else: the path may have been read from a file. */
export async function forgetAddress(address: Address): Promise<void> {
  if (basename(address.host).startsWith(FOLDER)) await rm(address.host, { recursive: true, force: true })
}

/** The form that `pg` understands for sockets and ports alike. */
export function urlOf(address: Address, database: string): string {
  const query = new URLSearchParams({ host: address.host, port: String(address.port), user: NAME })
  if (address.password) query.set('password', address.password)
  return `postgres:///${database}?${query}`
}

/** 'owned': a living server holds it. 'orphaned': a database answers, without an owner. 'silent': nothing answers. */
export async function ask(address: Address): Promise<'owned' | 'orphaned' | 'silent'> {
  const client = new pg.Client({ connectionString: urlOf(address, 'postgres'), connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    const owners = await client.query('select 1 from pg_stat_activity where application_name = $1', [OWNER_SESSION])
    return owners.rows.length > 0 ? 'owned' : 'orphaned'
  } catch (error) {
    // 57P03: it is starting or stopping.
    return (error as { code?: string }).code === '57P03' ? 'orphaned' : 'silent'
  } finally {
    await client.end().catch(() => {})
  }
}

/** The facts PostgreSQL keeps in postmaster.pid: line 1 process id, 4 port, 5 socket folder, 6 address, 8 state. */
export async function readPostmasterFile(
  clusterDir: string,
): Promise<{ pid: number; address: Address; state: string } | undefined> {
  const text = await readFile(join(clusterDir, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!(pid > 0)) return undefined
  return {
    pid,
    address: { host: lines[4] || lines[5] || '127.0.0.1', port: Number.parseInt(lines[3] ?? '', 10) || SOCKET_PORT },
    state: lines[7] ?? '',
  }
}

/** Windows has no socket folder to close to others, so there the address needs a password. */
async function makePassword(dataDir: string): Promise<string> {
  const known = await readPassword(dataDir)
  if (known) return known
  const password = randomBytes(24).toString('hex')
  await writeFile(join(dataDir, 'password'), password, { mode: 0o600 })
  return password
}

/** The password of an earlier start; only Windows has one. */
export async function readPassword(dataDir: string): Promise<string | undefined> {
  if (process.platform !== 'win32') return undefined
  return readFile(join(dataDir, 'password'), 'utf8').catch(() => undefined)
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}
