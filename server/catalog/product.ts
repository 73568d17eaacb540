// Making and changing products. A product comes with its variants, their codes and base prices, in one call or not at all.

import type { TaxCategory } from '../countries/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { type CatalogDeps, type Draft, finish, newDraft, takenAt } from './draft.ts'
import {
  insertProduct,
  lockProduct,
  type Product,
  type ProductKind,
  type ProductState,
  readProducts,
  type Unit,
  updateProduct,
  type Variant,
  variantsOfProducts,
} from './store.ts'
import { addVariant, refreshVariants, type VariantFields } from './variant.ts'
import { type ProductView, productView } from './views.ts'

/** Fields of a product that a caller may set; null clears one. */
export interface ProductFields {
  reference?: string | null
  name?: string
  description?: string | null
  brand?: string | null
  image_url?: string | null
  state?: ProductState
  tax_category?: TaxCategory
  categories?: string[]
  is_returnable?: boolean
}

/** What cannot be changed later: quantities, prices and stock are counted in the unit, and the kind decides how it is booked. */
export interface NewProduct extends ProductFields {
  name: string
  kind?: ProductKind
  unit?: Unit
  /** Default: one without options. */
  variants?: VariantFields[]
}

/** Makes a product with its variants. Throws reference-taken, reference-not-found, validation-error, currency-precision. */
export async function createProduct(deps: CatalogDeps, merchantId: string, input: NewProduct): Promise<ProductView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const { product, variants } = await addProduct(draft, input)
    await finish(draft)
    return productView(product, variants, true)
  })
}

/** The same as a part of a larger change. */
export async function addProduct(draft: Draft, input: NewProduct): Promise<{ product: Product; variants: Variant[] }> {
  const kind = input.kind ?? 'goods'
  const product: Product = {
    id: draft.newId('prd'),
    reference: input.reference ?? null,
    name: input.name,
    description: input.description ?? null,
    brand: input.brand ?? null,
    image_url: input.image_url ?? null,
    state: input.state ?? 'active',
    kind,
    tax_category: input.tax_category ?? 'standard',
    categories: input.categories ?? [],
    unit: input.unit ?? 'piece',
    is_returnable: input.is_returnable ?? kind === 'goods',
    version: 1,
    created_at: draft.at,
  }
  if (!(await insertProduct(draft.tx, draft.merchantId, product))) throw referenceTaken()
  tellProduct(draft, product, 'product.created')
  const variants: Variant[] = []
  for (const [i, fields] of (input.variants ?? [{}]).entries()) {
    variants.push(await addVariant(draft, product, { fields, position: i, pointer: `/variants/${i}` }))
  }
  return { product, variants }
}

/** Changes the fields that are given. Throws not-found, version-conflict or reference-taken. */
export async function changeProduct(
  deps: CatalogDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; fields: ProductFields },
): Promise<ProductView> {
  const at = deps.clock.now()
  const draft = await transact(deps.db, async (tx) => {
    const draft = newDraft(deps, tx, merchantId, at)
    const before = await lockProduct(tx, merchantId, input.id)
    if (!before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    await editProduct(draft, before, input.fields)
    await finish(draft)
    return draft
  })
  deps.catalogCache.forget(merchantId, draft.touched)
  const view = await readProduct(deps, merchantId, input.id, true)
  if (!view) throw new Problem('not-found')
  return view
}

/** Changes a locked product as a part of a larger change. Answers it as it is then, and whether anything changed. */
export async function editProduct(draft: Draft, before: Product, fields: ProductFields) {
  const product: Product = { ...before, ...fields, version: before.version + 1 }
  if (isSame(before, product)) return { product: before, isChanged: false }
  await updateProduct(draft.tx, draft.merchantId, product).catch(takenAt('/reference', 'Is another product’s.'))
  const variants = await variantsOfProducts(draft.tx, draft.merchantId, [product.id])
  for (const { id } of variants) draft.touched.add(id)
  if (product.name !== before.name || product.brand !== before.brand || product.state !== before.state)
    await refreshVariants(draft, before, product, variants)
  tellProduct(draft, product, 'product.updated')
  return { product, isChanged: true }
}

/** A product with its variants; null when there is none, or when it is not shown to the public and the public asks. */
export async function readProduct(
  deps: Pick<CatalogDeps, 'db'>,
  merchantId: string,
  id: string,
  isInside: boolean,
): Promise<ProductView | null> {
  const [product] = await readProducts(deps.db, merchantId, [id])
  if (!product || (!isInside && product.state !== 'active')) return null
  const [view] = await withVariants(deps, merchantId, [product], isInside)
  return view ?? null
}

/** Products as the API shows them, each with its variants; to the public without costs and without what is not for sale. */
export async function withVariants(
  deps: Pick<CatalogDeps, 'db'>,
  merchantId: string,
  products: readonly Product[],
  isInside: boolean,
): Promise<ProductView[]> {
  const variants = await variantsOfProducts(
    deps.db,
    merchantId,
    products.map(({ id }) => id),
  )
  const shown = Map.groupBy(
    variants.filter(({ is_active }) => isInside || is_active),
    ({ product_id }) => product_id,
  )
  return products.map((product) => productView(product, shown.get(product.id) ?? [], isInside))
}

function tellProduct(draft: Draft, product: Product, type: 'product.created' | 'product.updated'): void {
  // Its variants have events of their own.
  const { variants: _, ...data } = productView(product, [], true)
  draft.events.push({ type, object_type: 'product', object_id: product.id, object_version: product.version, data })
}

function isSame(a: Product, b: Product): boolean {
  return JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 })
}

function referenceTaken(): Problem {
  return new Problem('reference-taken', { errors: [{ pointer: '/reference', detail: 'Is another product’s.' }] })
}
