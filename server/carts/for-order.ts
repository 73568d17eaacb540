// What placing an order needs of a cart: everything worked out once, for exactly one version. The order then takes that
// version with SQL `cart_lock_for_order`, in its own transaction, or learns that it has changed.

import { isDeepStrictEqual } from 'node:util'
import { Problem } from '../lib/problem.ts'
import { standsOutside } from '../totals/index.ts'
import type { Address, Cart, CartCaller, CartDeps } from './cart.ts'
import { configOf, TAX_UNKNOWN } from './create.ts'
import { type Evaluated, evaluate, type PricedLine } from './evaluate.ts'
import { promiseOf } from './quote.ts'
import { admit } from './secret.ts'

/** A priced, promoted, taxed snapshot of one version of a cart. */
export interface CartForOrder
  extends Pick<
    Cart,
    | 'version'
    | 'currency'
    | 'channel'
    | 'channels_seen'
    | 'store_id'
    | 'register_id'
    | 'customer_id'
    | 'email'
    | 'country'
    | 'shipping_address'
    | 'codes'
    | 'quote_id'
  > {
  cart_id: string
  /** When it was worked out: prices, promotions and tax are of this moment. */
  at: Date
  prices_include_tax: boolean
  lines: PricedLine[]
  promotions: Evaluated['promotions']
  /** `computeTotals(totals_in)` gives `totals` again, for ever. */
  totals_in: Evaluated['totals_in']
  totals: Evaluated['totals']
}

/** A cart that has become an order, or is to become one. */
export type ReadForOrder = { order_id: string; cart: null } | { order_id: null; cart: CartForOrder }

/**
 * Reads and works out a cart for an order. When it became an order before, answers that order's id. With `expectedTotal`, only
 * when that is still what it costs. An `address` that the order names itself must come to the same prices and tax. Throws not-found,
 * cart-closed (merged, expired, parked), invalid-state (the quote it holds the prices of is over), validation-error (no lines, or
 * another address than the cart was worked out for), out-of-stock (an article is no longer sold), tax-unknown, price-changed,
 * promotion-exhausted (a code of it is used up, and nobody says that it may cost more without).
 */
export async function readCartForOrder(
  deps: CartDeps,
  merchantId: string,
  cartId: string,
  options: { caller?: CartCaller; expectedTotal?: bigint | undefined; address?: Address | undefined } = {},
): Promise<ReadForOrder> {
  const cart = await deps.carts.load(merchantId, cartId)
  admit(cart, options.caller ?? { kind: 'merchant' })
  if (cart.state === 'converted') return { order_id: cart.moved_to as string, cart: null }
  const at = deps.clock.now()
  if ((cart.state !== 'open' && cart.state !== 'locked') || cart.expires_at <= at) throw new Problem('cart-closed')
  if (cart.lines.length === 0)
    throw new Problem('validation-error', {
      detail: 'The cart is empty.',
      errors: [{ pointer: '/cart_id', detail: 'has no lines' }],
    })
  const config = await configOf(deps, merchantId)
  const evaluated = await evaluate(deps, config, cart, at)
  refuseGone(evaluated)
  if (options.address && !isSamePlace(options.address, cart.shipping_address))
    refuseOtherTax(evaluated, await evaluate(deps, config, { ...cart, shipping_address: options.address }, at))
  refuseOtherTotal(evaluated, options.expectedTotal)
  if (options.expectedTotal === undefined && isUsedUp(evaluated)) {
    // Perhaps by the order that this very cart has become meanwhile.
    const now = await deps.carts.load(merchantId, cartId)
    if (now?.state === 'converted') return { order_id: now.moved_to as string, cart: null }
    throw new Problem('promotion-exhausted')
  }
  const { id, lines: _lines, ...kept } = cart
  const { prices_include_tax, priced, totals_in, totals } = evaluated
  const { quote_id: quoteId } = cart
  const promotions =
    quoteId === null
      ? evaluated.promotions
      : { ...evaluated.promotions, used: await promiseOf(deps, merchantId, { quoteId, at }) }
  return {
    order_id: null,
    cart: { ...kept, cart_id: id, at, prices_include_tax, lines: priced, promotions, totals_in, totals },
  }
}

function refuseGone({ gone }: Evaluated): void {
  if (gone.length === 0) return
  const untaxed = gone.filter(({ why }) => why === 'tax_unknown')
  if (untaxed.length > 0)
    throw new Problem('tax-unknown', {
      errors: untaxed.map(({ line }) => ({ pointer: `/lines/${line.id}`, detail: TAX_UNKNOWN })),
    })
  throw new Problem('out-of-stock', {
    detail: 'An article of the cart cannot be sold any more.',
    errors: gone.map(({ line }) => ({ pointer: `/lines/${line.id}`, detail: 'cannot be sold; remove it' })),
  })
}

function isSamePlace(a: Address, b: Address | null): boolean {
  return a.country === b?.country && a.postal_code === b.postal_code
}

/**
 * Prices and tax depend on where it goes. What was shown is of the cart's address, so one under other rules belongs to the cart first:
 * else goods would leave under the tax of another country, or cost what nobody was shown.
 */
function refuseOtherTax(shown: Evaluated, there: Evaluated): void {
  const taxes = ({ priced, totals }: Evaluated) => [
    String(totals.total),
    // What bears no tax anywhere may go anywhere.
    ...priced
      .filter(({ variant }) => !standsOutside(variant.kind))
      .map(({ line, ...each }) => [line.id, each.tax_country, each.tax_code, each.is_export, each.out.net].join()),
  ]
  if (isDeepStrictEqual(taxes(shown), taxes(there))) return
  throw new Problem('validation-error', {
    detail: 'The cart costs something else there, or bears another tax.',
    errors: [
      { pointer: '/shipping_address', detail: 'set it on the cart and show its new total: the tax depends on it' },
    ],
  })
}

/** A code that somebody typed takes nothing off any more, as when it is used up at the moment of the order. */
function isUsedUp({ promotions }: Evaluated): boolean {
  return promotions.refused.some(({ code, reason }) => code !== null && reason === 'exhausted')
}

/** Throws price-changed when the cart no longer costs what was shown; nothing is done then. */
export function refuseOtherTotal({ totals }: Evaluated, expected: bigint | undefined): void {
  if (expected === undefined || expected === totals.total) return
  throw new Problem('price-changed', {
    detail: `The total is ${totals.total}, not ${expected}.`,
    errors: [{ pointer: '/expected_total', detail: `is ${totals.total} now` }],
  })
}
