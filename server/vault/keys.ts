// The master key, which wraps every merchant's keys and lives outside the database: a dump or backup of the database alone
// opens nothing. The default keeps it in a file beside the data; a KMS takes its place by implementing KeyRing.
// Never: a master key in the database, in a log, in an error, or readable by other users of the machine.

import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { keyVersionOf, SealBroken, type SealPlace, seal, unseal } from './seal.ts'

/** A merchant's key, wrapped, and the version of the master key that wrapped it. */
export interface WrappedKey {
  masterVersion: number
  bytes: Buffer
}

/** Wraps and unwraps merchants' keys. Anything thrown means "cannot be reached now": the vault answers 503. */
export interface KeyRing {
  /** Wraps 32 bytes under the newest master key, bound to `place`. */
  wrap(key: Uint8Array, place: SealPlace): Promise<WrappedKey>
  /** Gives the key back. Throws SealBroken when the bytes do not belong to this place or this ring. */
  unwrap(wrapped: WrappedKey, place: SealPlace): Promise<Buffer>
  /** The version that `wrap` uses now. */
  currentVersion(): Promise<number>
  /** Adds a master key and makes it current; older ones stay, to unwrap. Returns its version. */
  addVersion(): Promise<number>
}

/** The key file cannot be used; the message says what to do. The server must not start. */
export class KeyFileUnusable extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'KeyFileUnusable'
  }
}

export interface KeyFileOptions {
  clock: Pick<Clock, 'now'>
  /**
   * Whether a missing file may be created. False once the database holds wrapped keys: a fresh master key could not open
   * them, and quietly making one would hide that the real one is lost.
   */
  mayCreate: boolean
}

interface KeyFile {
  current: number
  versions: { version: number; key: string; created_at: string }[]
}

const KEY_BYTES = 32
/** Owner may read and write, nobody else anything. */
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Opens (or, where allowed, creates) the master key file. Throws KeyFileUnusable. */
export async function openKeyFile(path: string, options: KeyFileOptions): Promise<KeyRing> {
  let file = await readKeyFile(path)
  if (!file) {
    if (!options.mayCreate) {
      throw new KeyFileUnusable(
        `${path} is missing, but the database holds keys wrapped by it. Restore it from its backup.`,
      )
    }
    await createKeyFile(path, withNewVersion({ current: 0, versions: [] }, options.clock.now()))
    file = await readKeyFile(path)
  }
  if (!file) throw new KeyFileUnusable(`${path} could not be created.`)
  let keys = keysOf(path, file)

  // Another process may have added a version since; the file is read again when that can matter, which is seldom:
  // once per new merchant and once per rotation, never per card.
  async function reread(): Promise<KeyFile> {
    const fresh = await readKeyFile(path)
    if (!fresh) throw new KeyFileUnusable(`${path} has disappeared. Restore it from its backup.`)
    keys = keysOf(path, fresh)
    return fresh
  }

  return {
    async wrap(key, place) {
      const { current } = await reread()
      return { masterVersion: current, bytes: seal(keys.get(current) as KeyObject, current, place, key) }
    },
    async unwrap(wrapped, place) {
      if (!keys.has(wrapped.masterVersion)) await reread()
      const key = keys.get(wrapped.masterVersion)
      if (!key || keyVersionOf(wrapped.bytes) !== wrapped.masterVersion) throw new SealBroken()
      return unseal(key, place, wrapped.bytes)
    },
    async currentVersion() {
      return (await reread()).current
    },
    async addVersion() {
      return withLock(path, async () => {
        const next = withNewVersion(await reread(), options.clock.now())
        await replaceKeyFile(path, next)
        await reread()
        return next.current
      })
    },
  }
}

function withNewVersion(file: KeyFile, now: Date): KeyFile {
  const version = file.current + 1
  const key = randomBytes(KEY_BYTES).toString('base64')
  return { current: version, versions: [...file.versions, { version, key, created_at: now.toISOString() }] }
}

async function readKeyFile(path: string): Promise<KeyFile | null> {
  let text: string
  try {
    // Windows has no such mode bits; there the folder's access list is the deployer's.
    if (process.platform !== 'win32' && ((await stat(path)).mode & OTHERS) !== 0) {
      throw new KeyFileUnusable(`${path} can be read by other users. Run: chmod 600 ${path}`)
    }
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as KeyFile
  } catch {
    // The parser's message quotes the text, which holds keys.
    throw new KeyFileUnusable(`${path} is not JSON. Restore it from its backup.`)
  }
}

function keysOf(path: string, file: KeyFile): Map<number, KeyObject> {
  const keys = new Map<number, KeyObject>()
  for (const { version, key } of Array.isArray(file.versions) ? file.versions : []) {
    const bytes = Buffer.from(String(key), 'base64')
    if (!Number.isInteger(version) || bytes.length !== KEY_BYTES) {
      throw new KeyFileUnusable(`${path} holds a key that is not ${KEY_BYTES} bytes. Restore it from its backup.`)
    }
    keys.set(version, createSecretKey(bytes))
  }
  if (!keys.has(file.current)) throw new KeyFileUnusable(`${path} lacks its current key. Restore it from its backup.`)
  return keys
}

/** Creates the file whole or not at all; when two processes start at once, the first wins and both read its file. */
async function createKeyFile(path: string, file: KeyFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = await writeDraft(path, file)
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft)
  }
  await syncFolder(dirname(path))
}

async function replaceKeyFile(path: string, file: KeyFile): Promise<void> {
  await rename(await writeDraft(path, file), path)
  await syncFolder(dirname(path))
}

/** Two rotations at once would overwrite each other's key, and with it whatever the lost one had wrapped. */
async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  try {
    await (await open(lock, 'wx', OWNER_ONLY)).close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new KeyFileUnusable(`${path} is being rotated. If no rotation is running, remove ${lock} and try again.`)
  }
  try {
    return await work()
  } finally {
    await rm(lock)
  }
}

/** Writes beside the file and waits for the disk: a key that wrapped something must survive a power cut. */
async function writeDraft(path: string, file: KeyFile): Promise<string> {
  const draft = join(dirname(path), `.vault.key.${randomBytes(8).toString('hex')}`)
  const handle = await open(draft, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return draft
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder for syncing; NTFS journals the rename itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
