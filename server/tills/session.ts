// Who is signed in at a till. A PIN is short, so what protects it is that wrong ones are counted, before anybody looks whether
// they are right: of each person wherever they are tried, and of each device whoever is tried there.

import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { isPin, readStaff, type StaffRow, worksIn } from '../staff/index.ts'
import type { TillDeps } from './deps.ts'
import { hashOf, newSessionToken } from './secret.ts'
import { countGuess, endSessions, forgetGuesses, replaceSession, type SessionRow } from './store.ts'

/** A long day at the till; the till itself locks much sooner. */
const SESSION_MS = 12 * 3_600_000
/** Wrong PINs of one person in a row, after which each makes them wait: a minute, two, four, … an hour. */
export const FREE_TRIES = 5
const LOCK_S = 60
/** Of a device, over all people: a shop has some ten of them, who all mistype on the same day. */
const DEVICE_FREE = 20

export interface SignedIn {
  session: SessionRow
  staff: StaffRow
  /** Shown this once. */
  token: string
}

/**
 * Signs somebody in at a device, and whoever was there out. Throws reference-not-found for somebody who does not work there,
 * pin-wrong, pin-locked.
 */
export async function signIn(
  deps: TillDeps,
  merchantId: string,
  { device, staffId, pin }: { device: { id: string; storeId: string }; staffId: string; pin: string },
): Promise<SignedIn> {
  const staff = await readStaff(deps.db, merchantId, staffId)
  if (!staff || !worksIn(staff, device.storeId))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/staff_id', detail: 'does not work here' }] })
  const at = deps.clock.now()
  const guessers = [
    { subject: staff.id, free: FREE_TRIES, lockS: LOCK_S },
    { subject: device.id, free: DEVICE_FREE, lockS: LOCK_S },
  ]
  const { waitS, guess } = await countGuess(deps.db, merchantId, { at, guessers })
  if (waitS > 0) throw new Problem('pin-locked', { detail: `Wait ${waitS} seconds.`, retryAfterS: waitS })
  if (!(await isPin(deps, merchantId, { pin, kept: staff.pin_hash }))) {
    const detail = guess < FREE_TRIES ? `Try ${guess} of ${FREE_TRIES}.` : `Try ${guess}: the next one has to wait.`
    throw new Problem('pin-wrong', { detail, errors: [{ pointer: '/pin', detail: 'is wrong' }] })
  }
  const token = newSessionToken()
  const session: SessionRow = {
    ...{ id: deps.newId('tss'), device_id: device.id, staff_id: staff.id },
    ...{ created_at: at, expires_at: new Date(at.getTime() + SESSION_MS) },
  }
  await transact(deps.db, async (tx) => {
    await forgetGuesses(tx, merchantId, [staff.id, device.id])
    await replaceSession(tx, merchantId, { ...session, token_hash: hashOf(token) })
  })
  return { session, staff, token }
}

/** Locks a till: whoever is signed in there is out. */
export async function signOut(deps: TillDeps, merchantId: string, deviceId: string): Promise<void> {
  await endSessions(deps.db, merchantId, { device_id: deviceId, at: deps.clock.now() })
}
