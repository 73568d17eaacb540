// The browser SDK: a card becomes a token without touching the shop's server, a cart is kept on the device, and its order is paid on the
// checkout page. It sends the publishable key, which is for all to read, and stores nothing but the cart's id and secret.

import type { Card, Token } from './answers.ts'
import { type Cart, type CartOptions, createCart } from './cart.ts'
import { Checkout } from './checkout.ts'
import { createSend, type Fetch } from './send.ts'

export * from './answers.ts'
export type { Cart, CartOptions } from './cart.ts'
export type { Checkout } from './checkout.ts'

export interface OnetillOptions {
  /** Where your Onetill is, such as `https://pay.example`. */
  url: string
  /** For tests and for programs that are no browser. */
  fetch?: Fetch
}

export interface OnetillBrowser {
  /** Turns a card into a single-use token. The number goes straight to the Onetill server. Throws OnetillError. */
  tokenise(card: Card): Promise<Token>
  /** The cart of this device. It is made with the first article. */
  cart(options: CartOptions): Cart
  /** The page at `url`, as a checkout session or `cart.checkout()` gives it. Throws TypeError for an address of another server. */
  checkout(url: string): Checkout
}

/** The SDK for a shop's page. Throws TypeError for anything but a publishable key: a secret key must never be in a page. */
export function Onetill(publishableKey: string, options: OnetillOptions): OnetillBrowser {
  if (!/^pk_/.test(publishableKey)) throw new TypeError('Onetill takes a publishable key (pk_…) in a page')
  const url = new URL(options.url).origin
  const send = createSend({ key: publishableKey, url, fetch: options.fetch })
  return {
    tokenise: (card) => send<Token>('POST', '/v1/tokens', { body: { card } }),
    cart: (cartOptions) => createCart({ send, url, name: `onetill.cart.${publishableKey}` }, cartOptions),
    checkout: (page) => new Checkout(page, url),
  }
}
