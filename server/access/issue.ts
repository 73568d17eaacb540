// Makes, rolls and revokes API keys.

import { type Db, type Queryable, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { Authenticator } from './authenticate.ts'
import { hashOf, newKeyText } from './key.ts'
import { type KeyKind, type Scope, scopesFor } from './scope.ts'
import { type ApiKey, expireKey, insertKey, lockWorkingSecretKeys, readKey, revokeKey } from './store.ts'

export interface KeyDeps {
  clock: Pick<Clock, 'now'>
  newId: NewId
}

/** Whose key it is. The mode is the merchant's and goes into the prefix. */
export interface KeyOwner {
  id: string
  mode: 'test' | 'live'
}

export interface NewKey {
  kind: KeyKind
  name: string
  /** Restricted keys only. */
  scopes?: readonly Scope[] | undefined
  expires_at?: Date | null
}

/** A key just made: the only moment at which its text exists. */
export interface IssuedKey {
  row: ApiKey
  key: string
}

/** Makes a key. Throws `validation-error` for scopes that do not fit the kind. */
export async function issueKey(deps: KeyDeps, db: Queryable, owner: KeyOwner, input: NewKey): Promise<IssuedKey> {
  const id = deps.newId('key')
  const key = newKeyText({ id, kind: input.kind, mode: owner.mode })
  const made = {
    id,
    kind: input.kind,
    scopes: [...scopesFor(input.kind, input.scopes)],
    name: input.name,
    created_at: deps.clock.now(),
    expires_at: input.expires_at ?? null,
  }
  await insertKey(db, owner.id, { ...made, hash: hashOf(key) })
  return { row: { ...made, revoked_at: null, last_used_at: null }, key }
}

/** The two keys a new merchant begins with. */
export async function issueFirstKeys(
  deps: KeyDeps,
  tx: Tx,
  owner: KeyOwner,
): Promise<{ secret_key: string; publishable_key: string }> {
  const secret = await issueKey(deps, tx, owner, { kind: 'secret', name: 'First secret key' })
  const publishable = await issueKey(deps, tx, owner, { kind: 'publishable', name: 'First publishable key' })
  return { secret_key: secret.key, publishable_key: publishable.key }
}

export interface KeyChangeDeps extends KeyDeps {
  db: Db
  authenticator: Pick<Authenticator, 'forget'>
}

/**
 * Replaces a key by one of the same kind, scopes and name. The old one goes on working for `overlapMs` (0 = it ends now),
 * so that programs can be changed over without a gap. Throws `not-found`, or `invalid-state` when the key has ended.
 */
export async function rollKey(
  deps: KeyChangeDeps,
  input: { owner: KeyOwner; id: string; overlapMs: number; mayRoll(key: ApiKey): void },
): Promise<IssuedKey> {
  const { owner, id, overlapMs } = input
  const now = deps.clock.now()
  const issued = await transact(deps.db, async (tx) => {
    const old = await readKey(tx, owner.id, id)
    if (!old) throw new Problem('not-found')
    input.mayRoll(old)
    if (old.revoked_at || (old.expires_at && old.expires_at <= now)) {
      throw new Problem('invalid-state', { detail: 'The key has ended; make a new one.' })
    }
    const scopes = old.kind === 'restricted' ? (old.scopes as Scope[]) : undefined
    const made = await issueKey(deps, tx, owner, { kind: old.kind, name: old.name, scopes })
    if (overlapMs === 0) await revokeKey(tx, owner.id, id, now)
    else await expireKey(tx, owner.id, id, new Date(now.getTime() + overlapMs))
    return made
  })
  deps.authenticator.forget(id)
  return issued
}

/**
 * Ends a key now. Ending an ended key changes nothing. Throws `not-found`, or `invalid-state` for the last working secret
 * key, because nobody could then make another: roll that one instead.
 */
export async function endKey(deps: KeyChangeDeps, merchantId: string, id: string): Promise<ApiKey> {
  const now = deps.clock.now()
  const ended = await transact(deps.db, async (tx) => {
    const working = await lockWorkingSecretKeys(tx, merchantId, now)
    if (working.length === 1 && working[0] === id) {
      throw new Problem('invalid-state', { detail: 'This is the last secret key. Roll it instead, without overlap.' })
    }
    await revokeKey(tx, merchantId, id, now)
    const row = await readKey(tx, merchantId, id)
    if (!row) throw new Problem('not-found')
    return row
  })
  deps.authenticator.forget(id)
  return ended
}
