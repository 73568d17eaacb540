// The secret that opens one cart to whoever has no key of the merchant: a browser, an app. Shown once; kept as a hash.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Problem } from '../lib/problem.ts'
import type { Cart, CartCaller } from './cart.ts'

/** 192 bits: nobody guesses it, so a plain hash protects it. */
const SECRET_BYTES = 24

/** `cs_` and 32 characters, and the hash of it that is kept. */
export function newCartSecret(): { secret: string; hash: string } {
  const secret = `cs_${randomBytes(SECRET_BYTES).toString('base64url')}`
  return { secret, hash: hashOf(secret) }
}

/** Throws not-found unless the caller may see the cart: the same answer as for a cart that does not exist. */
export function admit(cart: Cart | null | undefined, caller: CartCaller): asserts cart is Cart {
  if (!cart) throw new Problem('not-found')
  if (caller.kind === 'merchant') return
  if (caller.secret === undefined || caller.secret.length > 100) throw new Problem('not-found')
  const shown = Buffer.from(hashOf(caller.secret), 'hex')
  if (!cart.secret_hashes.some((hash) => timingSafeEqual(Buffer.from(hash, 'hex'), shown)))
    throw new Problem('not-found')
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
