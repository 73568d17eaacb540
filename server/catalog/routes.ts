// HTTP for products and variants, and the sum of the module's routes.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { barcodeKey } from './barcode.ts'
import type { CatalogDeps } from './draft.ts'
import { changeProduct, createProduct, readProduct, withVariants } from './product.ts'
import {
  Category,
  Code,
  NewProduct,
  NewVariant,
  Product,
  ProductPatch,
  Reference,
  Sku,
  Variant,
  VariantPatch,
} from './schema.ts'
import { listProducts, listVariants, readProducts, STATES } from './store.ts'
import { changeVariant, createVariant, readVariant } from './variant.ts'
import { variantView } from './views.ts'

/** The shop window: open to publishable keys, which see what is for sale and no costs. */
export const SHOWN = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'catalog:read' } } as const
export const READ = { access: { keys: ['secret', 'restricted'], scope: 'catalog:read' } } as const
export const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'catalog:write' } } as const
const TAGS = ['Catalogue']
const ProductPath = Type.Object({ id: Id('prd') })
const VariantPath = Type.Object({ id: Id('var') })

const ProductQuery = Type.Object(
  {
    ...PageQuery.properties,
    reference: Type.Optional(Reference),
    category: Type.Optional(Category),
    state: Type.Optional(Type.Enum([...STATES])),
  },
  { additionalProperties: false },
)

const VariantQuery = Type.Object(
  {
    ...PageQuery.properties,
    sku: Type.Optional(Sku),
    barcode: Type.Optional(Code),
    category: Type.Optional(Category),
  },
  { additionalProperties: false },
)

/** True for keys that stay inside the shop. */
export function isInside(request: Parameters<typeof callerOf>[0]): boolean {
  return callerOf(request).kind !== 'publishable'
}

/** Registers the routes of products and variants. */
export function productRoutes(app: App, deps: CatalogDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/products',
    config: WRITE,
    schema: {
      operationId: 'createProduct',
      summary: 'Add a product with its variants',
      description: 'Variants, barcodes, kits and base prices come in the same call: all of it is written, or nothing.',
      tags: TAGS,
      body: NewProduct,
      response: { 201: Product },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await createProduct(deps, callerOf(request).merchantId, request.body)),
  })

  app.route({
    method: 'GET',
    url: '/v1/products',
    config: SHOWN,
    schema: {
      operationId: 'listProducts',
      summary: 'List the products',
      description: 'A publishable key sees what is for sale.',
      tags: TAGS,
      querystring: ProductQuery,
      response: { 200: PageOf(Product) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const inside = isInside(request)
      const wanted = inside ? request.query : { ...request.query, state: 'active' as const }
      const rows = await listProducts(deps.db, merchantId, wanted)
      const { data, next_cursor } = page(rows, request.query.limit, ({ id }) => id)
      return { data: await withVariants(deps, merchantId, data, inside), next_cursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/products/:id',
    config: SHOWN,
    schema: {
      operationId: 'getProduct',
      summary: 'Read a product with its variants',
      tags: TAGS,
      params: ProductPath,
      response: { 200: Product },
    },
    handler: async (request, reply) => {
      const product = await readProduct(deps, callerOf(request).merchantId, request.params.id, isInside(request))
      if (!product) throw new Problem('not-found')
      return reply.header('etag', etagOf(product.version)).send(product)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/products/:id',
    config: WRITE,
    schema: {
      operationId: 'updateProduct',
      summary: 'Change a product',
      description: 'With If-Match, only when the product still has that version; else 412.',
      tags: TAGS,
      params: ProductPath,
      body: ProductPatch,
      response: { 200: Product },
    },
    handler: async (request, reply) => {
      const input = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), fields: request.body }
      const product = await changeProduct(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(product.version)).send(product)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/products/:id/variants',
    config: WRITE,
    schema: {
      operationId: 'createVariant',
      summary: 'Add a variant to a product',
      tags: TAGS,
      params: ProductPath,
      body: NewVariant,
      response: { 201: Variant },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await createVariant(deps, callerOf(request).merchantId, request.params.id, request.body)),
  })

  app.route({
    method: 'GET',
    url: '/v1/variants',
    config: SHOWN,
    schema: {
      operationId: 'listVariants',
      summary: 'List the variants',
      tags: TAGS,
      querystring: VariantQuery,
      response: { 200: PageOf(Variant) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { barcode, ...query } = request.query
      const inside = isInside(request)
      const rows = await listVariants(deps.db, merchantId, {
        ...query,
        barcodeKey: barcode === undefined ? undefined : barcodeKey(barcode),
        activeOnly: !inside,
      })
      const { data, next_cursor } = page(rows, query.limit, ({ id }) => id)
      const products = await readProducts(deps.db, merchantId, [...new Set(data.map((one) => one.product_id))])
      const names = new Map(products.map((product) => [product.id, product]))
      return {
        data: data.flatMap((variant) => {
          const product = names.get(variant.product_id)
          return product ? [variantView(product, variant, inside)] : []
        }),
        next_cursor,
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/variants/:id',
    config: SHOWN,
    schema: {
      operationId: 'getVariant',
      summary: 'Read a variant',
      tags: TAGS,
      params: VariantPath,
      response: { 200: Variant },
    },
    handler: async (request, reply) => {
      const variant = await readVariant(deps, callerOf(request).merchantId, request.params.id, isInside(request))
      if (!variant) throw new Problem('not-found')
      return reply.header('etag', etagOf(variant.version)).send(variant)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/variants/:id',
    config: WRITE,
    schema: {
      operationId: 'updateVariant',
      summary: 'Change a variant',
      description:
        'Lists (barcodes, components, prices) take the place of the ones before. With If-Match, only when the variant still has that version; else 412.',
      tags: TAGS,
      params: VariantPath,
      body: VariantPatch,
      response: { 200: Variant },
    },
    handler: async (request, reply) => {
      const input = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), fields: request.body }
      const variant = await changeVariant(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(variant.version)).send(variant)
    },
  })
}
