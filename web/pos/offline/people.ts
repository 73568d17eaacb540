// Who may unlock this till while the server is away: those who signed in here with it in the last day. Of a PIN only a slow, salted hash
// is kept, and tries are counted before they are looked at, so that neither a killed browser nor a second tab gives more of them.

import type { Session } from '../till.tsx'
import type { Boxes } from './boxes.ts'
import { tryOf } from './tries.ts'

/** How long somebody is known after they signed in with the server. */
const KNOWN_MS = 24 * 3_600_000
/** OWASP, 2023, for PBKDF2 with SHA-256. A PIN has few digits: this and the waits make trying them all slow, not impossible. */
const ROUNDS = 600_000

export interface Person {
  id: string
  session: Omit<Session, 'token'>
  salt: Uint8Array<ArrayBuffer>
  hash: Uint8Array<ArrayBuffer>
  rounds: number
  known_until: number
  tries: number
  wait_until: number
}

export type Unlocked =
  | { is: 'known'; session: Session }
  | { is: 'unknown' }
  | { is: 'wrong' }
  | { is: 'waits'; seconds: number }

/** A PIN that the server has just taken. */
export async function remember(boxes: Boxes, session: Session, pin: string, now: number): Promise<void> {
  const { token: _, ...known } = session
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const hash = await hashOf(pin, salt, ROUNDS)
  const person: Person = {
    ...{ id: session.staff.id, session: known, salt, hash, rounds: ROUNDS },
    ...{ known_until: now + KNOWN_MS, tries: 0, wait_until: 0 },
  }
  await boxes.write(['people'], (tx) => tx.put('people', person))
}

/** Who is known here now. */
export async function knownHere(boxes: Boxes, now: number): Promise<Set<string>> {
  const people = await boxes.all<Person>('people')
  return new Set(people.filter(({ known_until }) => known_until > now).map(({ id }) => id))
}

/** Forgets whoever no longer works here. */
export async function forgetOthers(boxes: Boxes, staffIds: readonly string[]): Promise<void> {
  const gone = (await boxes.all<Person>('people')).filter(({ id }) => !staffIds.includes(id))
  if (gone.length === 0) return
  await boxes.write(['people'], (tx) => {
    for (const { id } of gone) tx.delete('people', id)
  })
}

/** Looks whether a PIN is somebody's, without the server. The session it gives is good for this device alone. */
export async function unlock(boxes: Boxes, staffId: string, pin: string, now: number): Promise<Unlocked> {
  let person: Person | undefined
  let waitMs = 0
  await boxes.write(['people'], (tx) => {
    tx.read<Person>('people', staffId, (kept) => {
      if (!kept || kept.known_until <= now) return
      person = kept
      const next = tryOf(kept, now)
      if ('waitMs' in next) waitMs = next.waitMs
      else tx.put('people', { ...kept, ...next })
    })
  })
  if (!person) return { is: 'unknown' }
  if (waitMs > 0) return { is: 'waits', seconds: Math.ceil(waitMs / 1000) }
  const { salt, hash, rounds, session } = person
  const typed = await hashOf(pin, salt, rounds)
  if (typed.some((byte, i) => byte !== hash[i])) return { is: 'wrong' }
  const right = { ...person, tries: 0, wait_until: 0 }
  await boxes.write(['people'], (tx) => tx.put('people', right))
  return { is: 'known', session: { ...session, token: '' } }
}

async function hashOf(
  pin: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits'])
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256))
}
