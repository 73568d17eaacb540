// Seals small records of text for other modules, today the credentials of connector accounts, with the merchant's data key
// and bound to the merchant and the owning row, exactly like cards.

import { Problem } from '../lib/problem.ts'
import { SealBroken, seal, unseal } from './seal.ts'
import { keyThatOpens } from './sealed-card.ts'
import type { VaultDeps } from './vault.ts'

export type SealDeps = Pick<VaultDeps, 'vault' | 'log'>

/** Seals `record` for the row `id` of a merchant. The bytes open only for the same merchant and id. Throws vault-unavailable. */
export async function sealConfig(
  deps: SealDeps,
  merchantId: string,
  id: string,
  record: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const { newest } = await deps.vault.keys.keysOf(merchantId)
  const plain = Buffer.from(JSON.stringify(record))
  const sealed = seal(newest.key, newest.version, { purpose: 'config', merchantId, id }, plain)
  plain.fill(0)
  return sealed
}

/** Opens what `sealConfig` made. Throws vault-unavailable when it does not open, and logs which row it was. */
export async function unsealConfig(
  deps: SealDeps,
  merchantId: string,
  id: string,
  sealed: Buffer,
): Promise<Readonly<Record<string, string>>> {
  try {
    const key = await keyThatOpens({ keys: deps.vault.keys, log: deps.log }, merchantId, sealed)
    return JSON.parse(unseal(key, { purpose: 'config', merchantId, id }, sealed).toString()) as Record<string, string>
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error
    deps.log.error('a sealed configuration does not open', { merchant_id: merchantId, object_id: id })
    throw new Problem('vault-unavailable')
  }
}
