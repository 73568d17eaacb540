// The public face of the storefront: the demo shop, and the page of every order.

export type { ShopDoor, StorefrontDeps } from './deps.ts'
export { routes } from './routes.ts'
