// HTTP for finding articles: the search box, the scanner, and the rules of codes that hold a price or a weight.

import Type from 'typebox'
import { transact } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageQuery } from '../http/page.ts'
import { Id, Nullable } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { contextOf } from './ask-price.ts'
import type { CatalogDeps } from './draft.ts'
import { type BarcodeRule, EMBEDDED_KINDS, ruleFault } from './embedded.ts'
import { readFound } from './found-store.ts'
import { formatUnitPrice } from './price.ts'
import { isInside, READ, SHOWN, WRITE } from './routes.ts'
import { FOUND_BY, resolveScan, rulesOf } from './scan.ts'
import { replaceBarcodeRules } from './scan-store.ts'
import { Price, priceQuery, Variant } from './schema.ts'
import { MATCHES, search } from './search.ts'
import { priceOf, priceVariants } from './sellable.ts'
import { readProducts, readVariants } from './store.ts'
import { priceView, variantView } from './views.ts'

const TAGS = ['Catalogue']

const SearchQuery = Type.Object(
  {
    q: Type.Optional(
      Type.String({
        maxLength: 200,
        pattern: '^[^\\x00-\\x1f\\x7f]*$',
        description: 'A SKU, a barcode or words, in part or with typing errors. Nothing finds the first articles.',
      }),
    ),
    limit: PageQuery.properties.limit,
    ...priceQuery,
    include_inactive: Type.Optional(
      Type.Boolean({ description: 'Also what is not for sale. Not for publishable keys.' }),
    ),
  },
  { additionalProperties: false },
)

/** What a list shows of the product that a variant is one of. */
const ProductBrief = Type.Object({
  id: Id('prd'),
  name: Type.String(),
  brand: Nullable(Type.String()),
  kind: Type.String(),
  unit: Type.String(),
  image_url: Nullable(Type.String()),
  categories: Type.Array(Type.String()),
  reference: Nullable(Type.String()),
})

const ScanQuery = Type.Object(
  {
    // FNC1 comes as GS, the one control character that scanners send.
    code: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\x00-\\x1c\\x1e\\x1f\\x7f]+$',
      description:
        'What the scanner read: a barcode, a SKU, or a GS1 element string with FNC1 as GS or AIs in parentheses.',
    }),
    ...priceQuery,
  },
  { additionalProperties: false },
)

const Rule = Type.Object(
  {
    prefix: Type.String({ pattern: '^(0?2)\\d{0,5}$', description: 'The first digits, from 2 on (or 02 for UPC-A).' }),
    kind: Type.Enum([...EMBEDDED_KINDS], { description: 'What the digits of the value are.' }),
    item_digits: Type.Integer({ minimum: 1, maximum: 10 }),
    value_digits: Type.Integer({ minimum: 1, maximum: 8 }),
    decimals: Type.Integer({ minimum: 0, maximum: 4, description: 'Of the currency’s major unit, or of a kilogram.' }),
    has_inner_check: Type.Boolean({ description: 'A check digit of GS1 stands between item and value.' }),
  },
  { additionalProperties: false },
)
const Rules = Type.Object({ data: Type.Array(Rule) })

/** Registers the routes that find articles. */
export function findRoutes(app: App, deps: CatalogDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/catalog/search',
    config: SHOWN,
    schema: {
      operationId: 'searchCatalog',
      summary: 'Search articles',
      description:
        'Best first: SKU or barcode, beginnings of codes and names, words, words with typing errors. Each with the price that holds for the channel and store.',
      tags: TAGS,
      querystring: SearchQuery,
      response: {
        200: Type.Object({
          data: Type.Array(
            Type.Object({
              match: Type.Enum([...MATCHES]),
              variant: Variant,
              product: ProductBrief,
              price: Nullable(Price),
            }),
          ),
        }),
      },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { q = '', limit, include_inactive = false } = request.query
      const inside = isInside(request)
      const includesInactive = inside && include_inactive
      const [hits, context] = await Promise.all([
        search(deps.db, merchantId, { text: q, limit, includesInactive }),
        contextOf(deps, merchantId, request.query, inside),
      ])
      if (hits.length === 0) return { data: [] }
      const [variants, lists] = await Promise.all([
        readFound(
          deps.db,
          merchantId,
          hits.map((hit) => hit.variant_id),
        ),
        deps.catalogCache.lists(merchantId),
      ])
      return {
        data: hits.flatMap(({ variant_id, match }) => {
          const found = variants.get(variant_id)
          if (!found) return []
          const price = priceOf(found.facts, lists, context, 1n) ?? undefined
          const { product } = found
          const variant = variantView(product, found.variant, inside)
          return [{ match, variant, product, price: priceView(price, context.currency) }]
        }),
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/scan',
    config: SHOWN,
    schema: {
      operationId: 'scanCode',
      summary: 'Find what a code stands for',
      description:
        'Barcodes in every length, SKUs, GS1 element strings, and codes that hold a price or a weight. 404 when the code is nobody’s.',
      tags: TAGS,
      querystring: ScanQuery,
      response: {
        200: Type.Object({
          found_by: Type.Enum([...FOUND_BY]),
          variant: Variant,
          quantity: Type.Integer({ description: 'Base units: 1, what a box holds, or the weight of the label.' }),
          unit_price: Nullable(
            Type.String({ description: 'Of the label, in major units; null when the price of the shop holds.' }),
          ),
          price: Nullable(Price),
          gtin: Nullable(Type.String()),
          lot: Nullable(Type.String()),
          serial: Nullable(Type.String()),
          expires_on: Nullable(Type.String({ description: 'After this day it may not be sold.' })),
        }),
      },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const inside = isInside(request)
      const context = await contextOf(deps, merchantId, request.query, inside)
      const scanned = await resolveScan(deps, merchantId, request.query.code, context)
      if (!scanned) throw new Problem('not-found', { detail: 'No article has this code.' })
      const found = (await readWithNames(deps, merchantId, [scanned.variant_id])).get(scanned.variant_id)
      const isShown = inside || (found?.variant.is_active && found.product.state === 'active')
      if (!found || !isShown) throw new Problem('not-found', { detail: 'No article has this code.' })
      const { variant_id, quantity, unit_price_e4 } = scanned
      const prices = await priceVariants(deps, merchantId, context, [{ variant_id, quantity }])
      return {
        found_by: scanned.found_by,
        variant: variantView(found.product, found.variant, inside),
        quantity: Number(quantity),
        unit_price: unit_price_e4 === undefined ? null : formatUnitPrice(unit_price_e4, context.currency),
        price: priceView(prices.get(variant_id), context.currency),
        gtin: scanned.gtin ?? null,
        lot: scanned.lot ?? null,
        serial: scanned.serial ?? null,
        expires_on: scanned.expires_on ?? null,
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/barcode_rules',
    config: READ,
    schema: {
      operationId: 'getBarcodeRules',
      summary: 'Read how codes with a price or weight are read',
      description: 'The merchant’s own rules, or those of its country as long as it has none.',
      tags: TAGS,
      response: { 200: Rules },
    },
    handler: async (request) => ({ data: [...(await rulesOf(deps, callerOf(request).merchantId))] }),
  })

  app.route({
    method: 'PUT',
    url: '/v1/catalog/barcode_rules',
    config: WRITE,
    schema: {
      operationId: 'setBarcodeRules',
      summary: 'Set how codes with a price or weight are read',
      description: 'All rules at once. An empty list goes back to those of the country.',
      tags: TAGS,
      body: Type.Object({ data: Type.Array(Rule, { maxItems: 50 }) }, { additionalProperties: false }),
      response: { 200: Rules },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      checkRules(request.body.data)
      await transact(deps.db, (tx) => replaceBarcodeRules(tx, merchantId, request.body.data))
      return { data: [...(await rulesOf(deps, merchantId))] }
    },
  })
}

function checkRules(rules: readonly BarcodeRule[]): void {
  const seen = new Set<string>()
  const errors = rules.flatMap((rule, i) => {
    const fault = seen.has(rule.prefix) ? 'This prefix has a rule already.' : ruleFault(rule)
    seen.add(rule.prefix)
    return fault ? [{ pointer: `/data/${i}`, detail: fault }] : []
  })
  if (errors.length > 0) throw new Problem('validation-error', { errors })
}

async function readWithNames(deps: Pick<CatalogDeps, 'db'>, merchantId: string, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, never>()
  const variants = await readVariants(deps.db, merchantId, ids)
  const products = await readProducts(deps.db, merchantId, [...new Set(variants.map((one) => one.product_id))])
  const byId = new Map(products.map((product) => [product.id, product]))
  return new Map(
    variants.flatMap((variant) => {
      const product = byId.get(variant.product_id)
      return product ? [[variant.id, { variant, product }] as const] : []
    }),
  )
}
