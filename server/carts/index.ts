// The public face of carts: making them, reading them for an order, and what wiring starts.

export { type Arrangement, arrangeCart, isArranged, previewArranged } from './arrange.ts'
export { CART_SECRET_HEADER, cartCaller } from './caller.ts'
export type { Address, Cart, CartCaller, CartDeps, CartLine, FulfilmentMode } from './cart.ts'
export { FULFILMENT_MODES, MAX_LINES } from './cart.ts'
export { readCart } from './change.ts'
export { changeLine, patchCart, removeLine, type Target } from './change-lines.ts'
export { MIXED_FUNCTIONS } from './create.ts'
export type { Evaluated, PricedLine } from './evaluate.ts'
export { createExpiry } from './expire.ts'
export { type CartForOrder, type ReadForOrder, readCartForOrder } from './for-order.ts'
export type { Goods, PriceContext, Wanted } from './goods.ts'
export { createGuessLimit } from './guess-limit.ts'
export { isAttended, isCounted } from './place.ts'
export { type ItemsToPrice, priceItems } from './price-items.ts'
export { type CartRouteDeps, routes } from './routes.ts'
export { admit } from './secret.ts'
export { confirmCart } from './states.ts'
export {
  createCartLoader,
  forgetShoppers,
  goodsInCarts,
  listCarts,
  lockForOrder,
  type OrderLockOutcome,
} from './store.ts'
export type { CartView } from './view.ts'
