// HTTP for price lists, prices and their history.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, Currency, Id, Nullable, Timestamp } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { contextOf } from './ask-price.ts'
import type { CatalogDeps } from './draft.ts'
import { formatUnitPrice } from './price.ts'
import { changePriceList, createPriceList, listPriceView, listView, setListPrices } from './price-list.ts'
import { listHistory, listPriceLists, pricesOfList, readPriceList } from './price-store.ts'
import { isInside, READ, SHOWN, WRITE } from './routes.ts'
import { CustomerGroup, Line, Price, priceQuery, UnitPrice } from './schema.ts'
import { loadVariants, priceVariants } from './sellable.ts'
import { priceView } from './views.ts'

const TAGS = ['Prices']
const ListPath = Type.Object({ id: Id('prl') })
const VariantPath = Type.Object({ id: Id('var') })
const VARIANT = 'var_[0-9A-HJKMNP-TV-Z]{26}'
const VariantIds = Type.String({
  maxLength: 31 * 100,
  pattern: `^${VARIANT}(,${VARIANT}){0,99}$`,
  description: 'Ids of articles, with commas between them.',
})

const listFields = {
  valid_from: Type.Optional(Timestamp),
  valid_to: Type.Optional(Nullable(Timestamp)),
  priority: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'Among equals the lower is asked first. Default 100.' }),
  ),
  lowest_wins: Type.Optional(
    Type.Boolean({ description: 'Undercuts what would be the price otherwise, and never raises it. Default false.' }),
  ),
}

const NewPriceList = Type.Object(
  {
    name: Line(120),
    currency: Currency,
    tax_included: Type.Optional(Type.Boolean({ description: 'Default true.' })),
    channel: Type.Optional(Channel),
    store_id: Type.Optional(Id('sto')),
    customer_group: Type.Optional(CustomerGroup),
    ...listFields,
  },
  { additionalProperties: false },
)
const PriceListPatch = Type.Object(
  {
    name: Type.Optional(Line(120)),
    channel: Type.Optional(Nullable(Channel)),
    store_id: Type.Optional(Nullable(Id('sto'))),
    customer_group: Type.Optional(Nullable(CustomerGroup)),
    ...listFields,
  },
  { additionalProperties: false, minProperties: 1 },
)

const PriceList = Type.Object(
  {
    id: Id('prl'),
    object: Type.Literal('price_list'),
    name: Type.String(),
    currency: Type.String(),
    tax_included: Type.Boolean(),
    channel: Nullable(Type.String()),
    store_id: Nullable(Type.String()),
    customer_group: Nullable(Type.String()),
    valid_from: Timestamp,
    valid_to: Nullable(Timestamp),
    priority: Type.Integer(),
    lowest_wins: Type.Boolean(),
    version: Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' }),
    created_at: Timestamp,
  },
  { title: 'Price list' },
)

const MinQty = Type.Integer({ minimum: 1, maximum: 1_000_000_000 })
const ListPrices = Type.Object(
  {
    prices: Type.Array(
      Type.Object(
        {
          variant_id: Id('var'),
          unit_price: Nullable(UnitPrice),
          min_qty: Type.Optional(MinQty),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 1000 },
    ),
  },
  { additionalProperties: false },
)

const ListPrice = Type.Object({ variant_id: Id('var'), min_qty: Type.Integer(), unit_price: Type.String() })

const PriceQuery = Type.Object(
  {
    ...priceQuery,
    customer_group: Type.Optional(CustomerGroup),
    quantity: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Base units.' }),
    at: Type.Optional(Timestamp),
  },
  { additionalProperties: false },
)

const HistoryQuery = Type.Object(
  { currency: Type.Optional(Currency), limit: PageQuery.properties.limit },
  { additionalProperties: false },
)

/** Registers the routes of price lists and prices. */
export function priceRoutes(app: App, deps: CatalogDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/price_lists',
    config: WRITE,
    schema: {
      operationId: 'createPriceList',
      summary: 'Add a price list',
      description:
        'A list holds for its channel, store and group of customers, or for everybody, from valid_from to valid_to. Lists are asked in the order customer group, store, channel, everybody; then comes the base price.',
      tags: TAGS,
      body: NewPriceList,
      response: { 201: PriceList },
    },
    handler: async (request, reply) =>
      reply.code(201).send(await createPriceList(deps, callerOf(request).merchantId, request.body)),
  })

  app.route({
    method: 'GET',
    url: '/v1/price_lists',
    config: READ,
    schema: {
      operationId: 'listPriceLists',
      summary: 'List the price lists',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(PriceList) },
    },
    handler: async (request) => {
      const rows = await listPriceLists(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(listView), request.query.limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/price_lists/:id',
    config: READ,
    schema: {
      operationId: 'getPriceList',
      summary: 'Read a price list',
      tags: TAGS,
      params: ListPath,
      response: { 200: PriceList },
    },
    handler: async (request, reply) => {
      const list = await readPriceList(deps.db, callerOf(request).merchantId, request.params.id)
      if (!list) throw new Problem('not-found')
      return reply.header('etag', etagOf(list.version)).send(listView(list))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/price_lists/:id',
    config: WRITE,
    schema: {
      operationId: 'updatePriceList',
      summary: 'Change or end a price list',
      description: 'Once a list has begun only its name and its end can change. To end it now, set valid_to to now.',
      tags: TAGS,
      params: ListPath,
      body: PriceListPatch,
      response: { 200: PriceList },
    },
    handler: async (request, reply) => {
      const input = { id: request.params.id, ifVersion: versionOf(request.headers['if-match']), fields: request.body }
      const list = await changePriceList(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(list.version)).send(list)
    },
  })

  app.route({
    method: 'PUT',
    url: '/v1/price_lists/:id/prices',
    config: WRITE,
    schema: {
      operationId: 'setListPrices',
      summary: 'Set prices of a list',
      description: 'Sets the prices that are named, up to 1,000; null takes one away; the others stay.',
      tags: TAGS,
      params: ListPath,
      body: ListPrices,
      response: { 200: Type.Object({ ...PriceList.properties, changed: Type.Integer() }) },
    },
    handler: async (request) =>
      setListPrices(deps, callerOf(request).merchantId, request.params.id, request.body.prices),
  })

  app.route({
    method: 'GET',
    url: '/v1/price_lists/:id/prices',
    config: READ,
    schema: {
      operationId: 'listListPrices',
      summary: 'List the prices of a list',
      description: 'A page holds the prices of `limit` variants; the cursor is a variant.',
      tags: TAGS,
      params: ListPath,
      querystring: PageQuery,
      response: { 200: PageOf(ListPrice) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor = '' } = request.query
      const list = await readPriceList(deps.db, merchantId, request.params.id)
      if (!list) throw new Problem('not-found')
      const rows = await pricesOfList(deps.db, merchantId, { listId: list.id, after: cursor, limit: limit + 1 })
      const ids = [...new Set(rows.map((row) => row.variant_id))]
      const last = ids[limit - 1]
      const hasMore = ids.length > limit
      return {
        data: rows.filter((row) => !hasMore || row.variant_id <= (last as string)).map(listPriceView),
        next_cursor: hasMore ? (last as string) : null,
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/variants/:id/price',
    config: SHOWN,
    schema: {
      operationId: 'getVariantPrice',
      summary: 'Read the price that holds',
      description:
        'For a channel, store, quantity, and (not for publishable keys) a customer group and a time. 404 also when there is no price.',
      tags: TAGS,
      params: VariantPath,
      querystring: PriceQuery,
      response: { 200: Price },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      const inside = isInside(request)
      const context = await contextOf(deps, merchantId, request.query, inside)
      const variant = (await loadVariants(deps, merchantId, [id])).get(id)
      if (!variant || (!inside && !variant.is_sellable)) throw new Problem('not-found')
      const items = [{ variant_id: id, quantity: BigInt(request.query.quantity) }]
      const price = (await priceVariants(deps, merchantId, context, items)).get(id)
      if (!price) throw new Problem('not-found', { detail: `There is no price in ${context.currency}.` })
      return priceView(price, context.currency) as NonNullable<ReturnType<typeof priceView>>
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/prices',
    config: SHOWN,
    schema: {
      operationId: 'listPrices',
      summary: 'Read the prices that hold, of up to 100 articles',
      description: 'As they are now for one piece. An article that is not for sale, or has no price here, is left out.',
      tags: TAGS,
      querystring: Type.Object({ variant_ids: VariantIds, ...priceQuery }, { additionalProperties: false }),
      response: {
        200: Type.Object({ data: Type.Array(Type.Object({ variant_id: Id('var'), price: Price })) }),
      },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { variant_ids, ...question } = request.query
      const inside = isInside(request)
      const context = await contextOf(deps, merchantId, question, inside)
      const wanted = [...new Set(variant_ids.split(','))]
      const variants = await loadVariants(deps, merchantId, wanted)
      const ids = wanted.filter((id) => variants.has(id) && (inside || variants.get(id)?.is_sellable))
      const items = ids.map((variant_id) => ({ variant_id, quantity: 1n }))
      const prices = await priceVariants(deps, merchantId, context, items)
      return {
        data: ids.flatMap((variant_id) => {
          const price = priceView(prices.get(variant_id), context.currency)
          return price ? [{ variant_id, price }] : []
        }),
      }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/variants/:id/price_history',
    config: READ,
    schema: {
      operationId: 'listPriceHistory',
      summary: 'Read how prices changed',
      description: 'Newest first: from when each price held; null where it was taken away.',
      tags: TAGS,
      params: VariantPath,
      querystring: HistoryQuery,
      response: {
        200: Type.Object({
          data: Type.Array(
            Type.Object({
              at: Timestamp,
              currency: Type.String(),
              price_list_id: Nullable(Type.String()),
              min_qty: Type.Integer(),
              unit_price: Nullable(Type.String()),
              tax_included: Type.Boolean(),
            }),
          ),
        }),
      },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      if (!(await loadVariants(deps, merchantId, [id])).has(id)) throw new Problem('not-found')
      const { currency = null, limit } = request.query
      const rows = await listHistory(deps.db, merchantId, { variantId: id, currency, limit })
      return {
        data: rows.map((row) => ({
          at: row.at.toISOString(),
          currency: row.currency,
          price_list_id: row.price_list_id === '' ? null : row.price_list_id,
          min_qty: Number(row.min_qty),
          unit_price: row.unit_price_e4 === null ? null : formatUnitPrice(row.unit_price_e4, row.currency),
          tax_included: row.tax_included,
        })),
      }
    },
  })
}
