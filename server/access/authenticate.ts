// Who holds this key? Asked on every request, so the answer is kept for a second; a key revoked in this process is
// refused at once, one revoked in another within that second. The cache is keyed by hash: no secret stays in memory.

import type { Queryable } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { hashOf, isKeyText, modeOf } from './key.ts'
import type { KeyKind } from './scope.ts'
import { findByHash, noteUse } from './store.ts'

/** The holder of a valid key, as the HTTP layer hands it to routes. */
export interface Caller {
  merchantId: string
  keyId: string
  kind: KeyKind
  scopes: string[]
  mode: 'test' | 'live'
}

export interface AuthenticatorDeps {
  db: Queryable
  clock: Pick<Clock, 'now'>
  log: Log
}

export interface Authenticator {
  /**
   * The caller, or null for every reason there can be: unknown, malformed, expired, revoked. Answers without a promise
   * when it knows. Rejects only when the database does not answer.
   */
  authenticate(bearer: string): Caller | null | Promise<Caller | null>
  /** Makes this process ask again for the key. Called when it is revoked or rolled here. */
  forget(keyId: string): void
}

/** How long an answer is kept, good or bad. It bounds how long a key revoked elsewhere still works here. */
const MAX_AGE_MS = 1000
/** Valid keys kept. One entry is a few hundred bytes. */
const MAX_KNOWN = 10_000
/** Refused keys kept. Counted apart, so that a flood of guesses cannot push out the valid ones. */
const MAX_REFUSED = 1000
/** `last_used_at` is a sign of life: a write a minute tells as much as one per sale. */
const NOTE_EVERY_MS = 60_000

interface Known {
  caller: Caller
  readAt: number
  expiresAt: number
  notedAt: number
}

/** Makes the authenticator. One per process. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const known = new Map<string, Known>()
  const refused = new Map<string, number>()
  const reading = new Map<string, Promise<Caller | null>>()
  // Counts `forget` calls: a read that began before one may have seen the key as it was, and is not kept.
  let forgotten = 0

  async function read(bearer: string, hash: Buffer, hashText: string, now: number): Promise<Caller | null> {
    const begunAt = forgotten
    const row = await findByHash(deps.db, hash)
    const expiresAt = row?.expires_at?.getTime() ?? Number.POSITIVE_INFINITY
    if (!row || row.revoked_at || expiresAt <= now) {
      known.delete(hashText)
      keep(refused, hashText, now, MAX_REFUSED)
      return null
    }
    const caller: Caller = {
      merchantId: row.merchant_id,
      keyId: row.id,
      kind: row.kind,
      scopes: row.scopes,
      mode: modeOf(bearer),
    }
    const notedAt = row.last_used_at?.getTime() ?? Number.NEGATIVE_INFINITY
    const entry = { caller, readAt: now, expiresAt, notedAt }
    if (begunAt === forgotten) keep(known, hashText, entry, MAX_KNOWN)
    note(entry, now)
    return caller
  }

  function note(entry: Known, now: number): void {
    if (now - entry.notedAt < NOTE_EVERY_MS) return
    entry.notedAt = now
    const { merchantId, keyId } = entry.caller
    // Nobody waits for it, and a request that was served is not failed because its note could not be written.
    noteUse(deps.db, merchantId, keyId, new Date(now)).catch((error: unknown) => {
      deps.log.warn('the use of an API key could not be noted', { merchant_id: merchantId, object_id: keyId, error })
    })
  }

  return {
    authenticate(bearer) {
      if (!isKeyText(bearer)) return null
      const hash = hashOf(bearer)
      const hashText = hash.toString('base64')
      const now = deps.clock.now().getTime()
      const entry = known.get(hashText)
      if (entry && now - entry.readAt < MAX_AGE_MS) {
        if (entry.expiresAt <= now) return null
        note(entry, now)
        return entry.caller
      }
      const refusedAt = refused.get(hashText)
      if (refusedAt !== undefined && now - refusedAt < MAX_AGE_MS) return null
      const running = reading.get(hashText)
      if (running) return running
      const answer = read(bearer, hash, hashText, now).finally(() => {
        if (reading.get(hashText) === answer) reading.delete(hashText)
      })
      reading.set(hashText, answer)
      return answer
    },
    forget(keyId) {
      forgotten++
      for (const [hashText, { caller }] of known) if (caller.keyId === keyId) known.delete(hashText)
      // A read in flight may still answer those who wait for it; nobody who comes after may join it.
      reading.clear()
    },
  }
}

/** Keeps a value; past `max` the one that was written longest ago goes (a Map keeps insertion order). */
function keep<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value as string)
}
