// Hashes of texts that could be guessed from a stolen database if they were hashed without a key: gift card codes, pickup
// codes, e-mail addresses, card aliases. The key is the merchant's and never leaves the vault.

import type { Vault } from './vault.ts'

/**
 * HMAC-SHA-256 of `text` in base64url: equal for equal texts of one merchant and purpose, different for any other. It cannot
 * be undone. Throws vault-unavailable.
 */
export async function keyedHash(
  deps: { vault: Vault },
  merchantId: string,
  of: { purpose: string; text: string },
): Promise<string> {
  return (await deps.vault.keys.keysOf(merchantId)).keyedHash(of.purpose, of.text)
}
