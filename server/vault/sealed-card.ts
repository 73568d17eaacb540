// A card number as it rests: number and holder name sealed together, bound to merchant, card row and key version.

import type { KeyObject } from 'node:crypto'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import type { KeyStore, MerchantKeys } from './merchant-keys.ts'
import { keyVersionOf, type SealPlace, seal, unseal } from './seal.ts'

/** What is sealed. It exists in clear only between here and a connector, or the request that brought it. */
export interface CardSecrets {
  number: string
  holder?: string
}

/** Seals a card with the merchant's newest data key. */
export function sealCard(keys: MerchantKeys, merchantId: string, cardId: string, card: CardSecrets): Buffer {
  const plain = Buffer.from(JSON.stringify({ number: card.number, holder: card.holder }))
  const sealed = seal(keys.newest.key, keys.newest.version, cardPlace(merchantId, cardId), plain)
  plain.fill(0)
  return sealed
}

/** Opens a sealed card. Throws SealBroken. */
export function unsealCard(key: KeyObject, merchantId: string, cardId: string, sealed: Buffer): CardSecrets {
  const plain = unseal(key, cardPlace(merchantId, cardId), sealed)
  const card = JSON.parse(plain.toString()) as CardSecrets
  plain.fill(0)
  return card
}

/**
 * The data key that opens `sealed`. A version not in memory may come from a rotation in another process, so the keys are
 * read once more before giving up. Throws vault-unavailable.
 */
export async function keyThatOpens(
  deps: { keys: KeyStore; log: Log },
  merchantId: string,
  sealed: Buffer,
): Promise<KeyObject> {
  const version = keyVersionOf(sealed)
  const known = (await deps.keys.keysOf(merchantId)).dataKey(version)
  if (known) return known
  deps.keys.forget(merchantId)
  const fresh = (await deps.keys.keysOf(merchantId)).dataKey(version)
  if (fresh) return fresh
  deps.log.error('a sealed value names a data key that does not exist', { merchant_id: merchantId })
  throw new Problem('vault-unavailable')
}

function cardPlace(merchantId: string, cardId: string): SealPlace {
  return { purpose: 'card', merchantId, id: cardId }
}
