// The catalogue as a file that an import takes back without a change: one line per variant, page by page.

import type { Queryable } from '../db/pool.ts'
import { headerLine, lineOf, priceColumnFor } from './columns.ts'
import { baseTiers, skusOf, variantsAfter } from './import-store.ts'
import { readProducts } from './store.ts'

/** Variants read at once. */
const PAGE = 500
/** Price columns; a catalogue with more different quantities and currencies exports the first. */
const MAX_PRICE_COLUMNS = 100
/** Without it spreadsheets take UTF-8 for something else. */
const BYTE_ORDER_MARK = '\ufeff'

/** The lines of the export, the header first. Base prices only: lists have routes of their own. */
export async function* exportLines(db: Queryable, merchantId: string): AsyncGenerator<string> {
  const columns = (await baseTiers(db, merchantId, MAX_PRICE_COLUMNS)).map(priceColumnFor)
  yield BYTE_ORDER_MARK + headerLine(columns)
  for (let after = ''; ; ) {
    const variants = await variantsAfter(db, merchantId, after, PAGE)
    if (variants.length === 0) return
    const products = await readProducts(db, merchantId, [...new Set(variants.map((one) => one.product_id))])
    const byId = new Map(products.map((product) => [product.id, product]))
    const parts = variants.flatMap(({ components }) => components.map((one) => one.variant_id))
    const skus = await skusOf(db, merchantId, [...new Set(parts)])
    yield variants
      .map((variant) => {
        const product = byId.get(variant.product_id)
        return product ? lineOf(product, variant, columns, (id) => skus.get(id) ?? null) : ''
      })
      .join('')
    after = variants.at(-1)?.id as string
  }
}
