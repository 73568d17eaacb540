// How a browser becomes a till: a code from the office, typed in at the counter, is exchanged for a key that only this device
// holds. A code works once and for a quarter of an hour; wrong ones make their address wait.

import { type Db, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { TillDeps } from './deps.ts'
import { hashOf, newDeviceKey, newPairingCode, plainCode } from './secret.ts'
import {
  countGuess,
  type DeviceRow,
  forgetGuesses,
  forgetOldAddresses,
  insertDevice,
  insertPairingCode,
  NO_MERCHANT,
  readDevice,
  revokeDevice,
  usePairingCode,
} from './store.ts'

const CODE_MS = 15 * 60_000
/** Somebody who mistypes does it two or three times. */
const FREE_GUESSES = 10
const LOCK_S = 60

export interface NewCode {
  code: string
  register_id: string
  expires_at: Date
}

/** A code for one device of a register. Throws not-found for a register that is not the merchant's. */
export async function makePairingCode(deps: TillDeps, merchantId: string, registerId: string): Promise<NewCode> {
  const merchant = await deps.merchantCache.get(merchantId)
  if (!merchant?.registers.has(registerId)) throw new Problem('not-found')
  const at = deps.clock.now()
  await forgetOldAddresses(deps.db, at)
  const code = newPairingCode()
  const expires_at = new Date(at.getTime() + CODE_MS)
  await insertPairingCode(deps.db, merchantId, {
    ...{ id: deps.newId('ppc'), register_id: registerId, code_hash: hashOf(plainCode(code)) },
    ...{ created_at: at, expires_at },
  })
  return { code, register_id: registerId, expires_at }
}

export interface Paired {
  merchantId: string
  device: DeviceRow
  /** Shown this once. */
  key: string
}

/**
 * Makes the caller a till. `from` is the address it asks from. Throws code-invalid for a code that is wrong, used or expired, and
 * rate-limited for an address that guesses.
 */
export async function pair(
  deps: TillDeps,
  { code, name, from }: { code: string; name: string | undefined; from: string },
): Promise<Paired> {
  const at = deps.clock.now()
  const subject = hashOf(from).toString('base64url')
  const { waitS } = await countGuess(deps.db, NO_MERCHANT, {
    at,
    guessers: [{ subject, free: FREE_GUESSES, lockS: LOCK_S }],
  })
  if (waitS > 0)
    throw new Problem('rate-limited', { detail: 'Too many wrong pairing codes from here.', retryAfterS: waitS })
  return transact(deps.db, async (tx) => {
    const used = await usePairingCode(tx, { codeHash: hashOf(plainCode(code)), at })
    if (!used)
      throw new Problem('code-invalid', { errors: [{ pointer: '/code', detail: 'is wrong, used or expired' }] })
    await forgetGuesses(tx, NO_MERCHANT, [subject])
    const { merchant_id: merchantId, register_id } = used
    const key = newDeviceKey()
    const registerName = (await deps.merchantCache.get(merchantId))?.registers.get(register_id)?.name
    const device: DeviceRow = {
      ...{ id: deps.newId('tdv'), register_id, name: name ?? registerName ?? 'Till' },
      ...{ paired_at: at, revoked_at: null },
    }
    await insertDevice(tx, merchantId, { ...device, key_hash: hashOf(key) })
    await appendEvents(tx, merchantId, at, [event(deps, device, 'till.paired')])
    return { merchantId, device, key }
  })
}

/** Makes a device nobody's till any more, from this moment on. Throws not-found. */
export async function revoke(deps: TillDeps, merchantId: string, id: string): Promise<DeviceRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const before = await readDevice(tx, merchantId, id)
    if (!before || !(await revokeDevice(tx, merchantId, { id, at }))) throw new Problem('not-found')
    if (before.revoked_at === null) await appendEvents(tx, merchantId, at, [event(deps, before, 'till.revoked')])
    return { ...before, revoked_at: before.revoked_at ?? at }
  })
}

function event(deps: { newId: TillDeps['newId']; db: Db }, device: DeviceRow, type: 'till.paired' | 'till.revoked') {
  return {
    ...{ id: deps.newId('evt'), type, object_type: 'till_device', object_id: device.id },
    object_version: type === 'till.paired' ? 1 : 2,
    data: { register_id: device.register_id, name: device.name },
  }
}
