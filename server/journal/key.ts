// The key that signs journals. It lies beside the vault's master key, outside the database: whoever can write the database, but not
// the keys folder, cannot make a journal that passes. Ed25519: small, fast, no chance in signing that could go wrong, and every
// platform can check it.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { chmod, link, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../lib/make-folder.ts'

export interface JournalKey {
  /** The first 16 hexadecimal digits of the SHA-256 of the public key (SPKI, DER). */
  id: string
  publicKey: Buffer
  sign(hash: Buffer): Buffer
}

const FILE = 'journal.key'
/** Owner may read and write, nobody else anything. */
const OWNER_ONLY = 0o600
const ID_DIGITS = 16

/**
 * Opens the key of this folder, or makes it: two processes that start at once end up with the same. `mayCreate`: false once there are
 * journals, because quietly making another key would hide that the real one is lost.
 */
export async function openJournalKey(folder: string, { mayCreate }: { mayCreate: boolean }): Promise<JournalKey> {
  const path = join(folder, FILE)
  const kept = await readKey(path)
  if (kept) return kept
  if (!mayCreate)
    throw new Error(`${path} is missing, but the database holds journals signed with it. Restore it from its backup.`)
  await makeFolder(folder, 0o700)
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeOnce(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const made = await readKey(path)
  if (!made) throw new Error(`${path} could not be made.`)
  return made
}

/** The key of this folder; null where there is none. */
export async function readJournalKey(folder: string): Promise<JournalKey | null> {
  return readKey(join(folder, FILE))
}

/** The name of a public key. */
export function keyIdOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, ID_DIGITS)
}

/** True when `signature` was made over `hash` with the private half of `publicKey` (SPKI, DER). */
export function isSigned(publicKey: Buffer, hash: Buffer, signature: Buffer): boolean {
  return verify(null, hash, createPublicKey({ key: publicKey, format: 'der', type: 'spki' }), signature)
}

async function readKey(path: string): Promise<JournalKey | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  let privateKey: KeyObject
  try {
    privateKey = createPrivateKey(text)
  } catch {
    // The reader's message may quote the text, which is a key.
    throw new Error(`${path} is no private key. Restore it from its backup.`)
  }
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { id: keyIdOf(publicKey), publicKey, sign: (hash) => sign(null, hash, privateKey) }
}

/** Writes beside the file, then links: the file is there whole or not at all, and the first one stays. */
async function writeOnce(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}`
  const handle = await open(draft, 'w', OWNER_ONLY)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await chmod(draft, OWNER_ONLY)
  try {
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
}
