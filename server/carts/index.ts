// The public face of carts: making them, reading them for an order, and what wiring starts.

export { CART_SECRET_HEADER, cartCaller } from './caller.ts'
export type { Address, Cart, CartCaller, CartDeps, CartLine, FulfilmentMode } from './cart.ts'
export { FULFILMENT_MODES, MAX_LINES } from './cart.ts'
export { MIXED_FUNCTIONS } from './create.ts'
export type { Evaluated, PricedLine } from './evaluate.ts'
export { createExpiry } from './expire.ts'
export { type CartForOrder, type ReadForOrder, readCartForOrder } from './for-order.ts'
export type { Goods, PriceContext, Wanted } from './goods.ts'
export { createGuessLimit } from './guess-limit.ts'
export { type ItemsToPrice, priceItems } from './price-items.ts'
export { type CartRouteDeps, routes } from './routes.ts'
export { createCartLoader, lockForOrder, type OrderLockOutcome } from './store.ts'
