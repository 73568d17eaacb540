// Who is asking about a cart, read from a request: the merchant's keys open every cart of the merchant, a publishable key only
// the one whose secret comes with it.

import type { CartCaller } from './cart.ts'

/** The header that carries a cart's secret. */
export const CART_SECRET_HEADER = 'cart-secret'

/** `kind` is that of the API key; `secret` the value of the header. A header given twice is none. */
export function cartCaller(kind: string, secret: string | string[] | undefined): CartCaller {
  if (kind !== 'publishable') return { kind: 'merchant' }
  return { kind: 'holder', secret: typeof secret === 'string' ? secret : undefined }
}
