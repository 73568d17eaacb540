// The public face of the catalogue: what is sold, under which codes, and at which price.

import type { App } from '../http/app.ts'
import type { CatalogDeps } from './draft.ts'
import { findRoutes } from './find-routes.ts'
import { importRoutes } from './import-routes.ts'
import { priceRoutes } from './price-routes.ts'
import { productRoutes } from './routes.ts'

export { seedDemoCatalog } from './demo.ts'
export type { CatalogDeps } from './draft.ts'
export { type BarcodeRule, EMBEDDED_KINDS } from './embedded.ts'
export { catalogueFeed, type FeedPage, type ForSale, forSaleAt } from './feed.ts'
export { runImports } from './import.ts'
export { formatUnitPrice, type PriceFault, parseUnitPrice } from './price.ts'

export type { PriceContext } from './pricing.ts'
export { createProduct, type NewProduct } from './product.ts'
export { resolveScan, rulesOf, type ScanDeps, type Scanned } from './scan.ts'
export {
  type CatalogCache,
  createCatalogCache,
  explodeKits,
  loadVariants,
  type PricedItem,
  priceVariants,
  type SellableDeps,
  type SellableVariant,
} from './sellable.ts'
export { listShipping } from './sellable-store.ts'
export { listCounted } from './store.ts'

/** Registers the module's routes. */
export function routes(app: App, deps: CatalogDeps & { wakeImports(): void }): void {
  productRoutes(app, deps)
  priceRoutes(app, deps)
  findRoutes(app, deps)
  importRoutes(app, deps)
}
