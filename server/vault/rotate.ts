// Changing keys while the shop is open. Three steps that can be run apart, stopped at any point and run again:
// a new master key re-wraps merchants' keys; a new data key seals what comes; re-sealing moves old cards over to it.
// Old keys stay, so nothing that was sealed before becomes unreadable half-way.

import { keyPlace, makeKey } from './merchant-keys.ts'
import { keyThatOpens, sealCard, unsealCard } from './sealed-card.ts'
import { readStaleCards, readStaleKeys, replaceSeals, replaceWrapping } from './store.ts'
import type { VaultDeps } from './vault.ts'

/** What a bounded piece of rotation did. `is_done`: nothing older was left when it looked. */
export interface RotationStep {
  changed: number
  is_done: boolean
}

/** Makes a new master key; from now on it wraps. Follow with rewrapKeys until done. Returns its version. */
export async function rotateMasterKey(deps: VaultDeps): Promise<number> {
  return deps.vault.ring.addVersion()
}

/** Wraps at most `batch` merchants' keys again under the current master key. Throws what the key ring throws. */
export async function rewrapKeys(deps: VaultDeps, batch: number): Promise<RotationStep> {
  const current = await deps.vault.ring.currentVersion()
  const stale = await readStaleKeys(deps.db, current, batch)
  for (const row of stale) {
    const place = keyPlace(row.merchant_id, row.purpose, row.version)
    const key = await deps.vault.ring.unwrap({ masterVersion: row.master_version, bytes: row.wrapped_key }, place)
    await replaceWrapping(deps.db, row, await deps.vault.ring.wrap(key, place))
    key.fill(0)
  }
  return { changed: stale.length, is_done: stale.length < batch }
}

/** Makes a new data key for a merchant; it seals from now on. Follow with rewrapCards until done. Returns its version. */
export async function rotateDataKey(deps: VaultDeps, merchantId: string): Promise<number> {
  const { version } = (await deps.vault.keys.keysOf(merchantId)).newest
  await makeKey({ ...deps, ring: deps.vault.ring }, merchantId, 'data', version + 1)
  deps.vault.keys.forget(merchantId)
  return (await deps.vault.keys.keysOf(merchantId)).newest.version
}

/**
 * Seals at most `batch` of a merchant's cards again with its newest data key, in one statement. A card that is sealed
 * anew by somebody else meanwhile is left to the next call. Throws SealBroken for a card that does not open.
 */
export async function rewrapCards(deps: VaultDeps, merchantId: string, batch: number): Promise<RotationStep> {
  deps.vault.keys.forget(merchantId)
  const keys = await deps.vault.keys.keysOf(merchantId)
  const stale = await readStaleCards(deps.db, merchantId, keys.newest.version, batch)
  const resealed: { id: string; before: Buffer; after: Buffer }[] = []
  for (const { id, ciphertext } of stale) {
    const key = await keyThatOpens({ keys: deps.vault.keys, log: deps.log }, merchantId, ciphertext)
    const card = unsealCard(key, merchantId, id, ciphertext)
    resealed.push({ id, before: ciphertext, after: sealCard(keys, merchantId, id, card) })
  }
  const changed = await replaceSeals(deps.db, merchantId, keys.newest.version, resealed)
  return { changed, is_done: stale.length < batch }
}
