// HTTP for what a till has to know beforehand to sell alone: its articles, and the rules of its store.

import Type from 'typebox'
import { catalogueFeed, EMBEDDED_KINDS, rulesOf } from '../catalog/index.ts'
import { countryProfile } from '../countries/index.ts'
import { type App, callerOf, type TillPlace } from '../http/app.ts'
import { AmountOrZero, CountryCode, Currency, closed, Id, Nullable, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { cashRuleOf, takes } from '../merchants/index.ts'
import { capsOf } from './caps.ts'
import type { OfflineDeps } from './deps.ts'
import { tillOf } from './till-of.ts'

/** Articles in one page: some 600 KB, which a tablet reads without anybody noticing. */
const MOST_ITEMS = 2_000

const Price = Nullable(Type.String({ description: 'Major units, with or without tax as `prices_include_tax` says.' }))
const Item = Type.Object({
  variant_id: Id('var'),
  deleted: Type.Literal(false),
  product_id: Id('prd'),
  product_name: Type.String(),
  name: Type.String(),
  reference: Nullable(Type.String()),
  kind: Type.String(),
  sku: Nullable(Type.String()),
  barcodes: Type.Array(Type.Object({ code: Type.String(), quantity: Type.Integer() })),
  unit: Type.String(),
  options: Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
  categories: Type.Array(Type.String()),
  image_url: Nullable(Type.String()),
  price: Price,
  list_price: Nullable(Type.String({ description: 'Without price lists.' })),
  price_changes: Type.Array(Type.Object({ at: Timestamp, price: Price }), {
    description: 'Prices that begin within seven days, the earliest first.',
  }),
  prices_include_tax: Type.Boolean(),
  tax_category: Type.String(),
  tax_code: Type.String(),
  tax_rate_bp: Type.Integer(),
})
const Gone = Type.Object({ variant_id: Id('var'), deleted: Type.Literal(true) })

const Settings = Type.Object({
  currency: Currency,
  country: CountryCode,
  prices_include_tax: Type.Boolean(),
  tax_rounding: Type.Enum(['per_rate_group', 'per_line']),
  cash_rounding: Nullable(
    Type.Object({
      increment: Type.Integer(),
      mode: Type.Enum(['half_up', 'half_down', 'always_down']),
      is_optional: Type.Boolean(),
    }),
  ),
  caps: Type.Object({
    per_sale: AmountOrZero,
    per_device: AmountOrZero,
    max_age_h: Type.Integer(),
    max_documents: Type.Integer(),
  }),
  barcode_rules: Type.Array(
    Type.Object({
      prefix: Type.String(),
      kind: Type.Enum([...EMBEDDED_KINDS]),
      item_digits: Type.Integer(),
      value_digits: Type.Integer(),
      decimals: Type.Integer(),
      has_inner_check: Type.Boolean(),
    }),
  ),
  seller: Type.Object({
    name: Type.String(),
    organisation_number: Nullable(Type.String()),
    vat_number: Nullable(Type.String()),
    address: Type.Array(Type.String()),
  }),
  terminals: Type.Array(Type.Object({ id: Id('ter'), name: Type.String(), method: Type.String() }), {
    description: 'Those that stand alone, each once for every method it takes.',
  }),
})

const Feed = Type.Object(
  {
    object: Type.Literal('list'),
    data: Type.Array(Type.Union([Item, Gone])),
    cursor: Type.String({ description: 'Pass as `after` next time.' }),
    has_more: Type.Boolean(),
    reset: Type.Boolean({ description: 'Forget what you have: this is the first page of everything.' }),
    settings: Type.Optional(Settings),
  },
  { title: 'TillCatalogue' },
)

export function feedRoutes(app: App, deps: OfflineDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/till/catalogue',
    config: { access: { keys: ['restricted'], scope: 'tills:use' } },
    schema: {
      operationId: 'getTillCatalogue',
      summary: 'What a till has to know to sell alone, or what of it has changed',
      description:
        'Articles of the till’s store with price and tax, for customers without a group. Without `after` everything, page by page; with the cursor of the last page what has changed since. When a rule has changed that touches every article, everything comes anew (`reset`).',
      tags: ['Offline sales'],
      querystring: Type.Object(
        {
          after: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
          limit: Type.Integer({ minimum: 1, maximum: MOST_ITEMS, default: MOST_ITEMS }),
        },
        closed,
      ),
      response: { 200: Feed },
    },
    handler: async (request) => {
      const { merchantId, ...caller } = callerOf(request)
      const till = tillOf({ merchantId, ...caller })
      const store = (await deps.merchantCache.get(merchantId))?.stores.get(till.storeId)
      if (!store) throw new Problem('not-found')
      const { after, limit } = request.query
      const { is_first, ...page } = await catalogueFeed(deps.catalog, merchantId, { store, after, limit })
      const settings = is_first ? { settings: await settingsFor(deps, merchantId, till) } : {}
      return { object: 'list' as const, ...page, ...settings }
    },
  })
}

/** What the sale is worth that methods are asked about: none has a minimum above it. */
const TYPICAL = 1_000n

async function settingsFor(deps: OfflineDeps, merchantId: string, till: TillPlace) {
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(till.storeId)
  if (!merchant || !store) throw new Problem('not-found')
  const { currency, country } = store
  const profile = countryProfile(country)
  const rule = cashRuleOf(store, currency, deps.clock.now())
  const { per_sale, per_device, max_age_h, max_documents } = capsOf(currency)
  const terminals = [...merchant.terminals.values()].filter(
    ({ storeId, registerId }) => storeId === store.id && (registerId === null || registerId === till.registerId),
  )
  const offered = await Promise.all(
    terminals.map(async ({ id, name }) =>
      (await deps.takenOnWord(merchantId, id))
        .filter((code) => {
          const method = merchant.methods.get(code)
          return method !== undefined && takes(method, { amount: TYPICAL, currency, channel: 'pos', country })
        })
        .map((method) => ({ id, name, method })),
    ),
  )
  return {
    ...{ currency, country, prices_include_tax: profile?.prices_include_tax ?? true },
    tax_rounding: profile?.tax_rounding ?? ('per_rate_group' as const),
    cash_rounding: rule && {
      ...{ increment: Number(rule.increment_minor), mode: rule.mode, is_optional: rule.is_optional },
    },
    caps: { per_sale: Number(per_sale), per_device: Number(per_device), max_age_h, max_documents },
    barcode_rules: [...(await rulesOf(deps.catalog, merchantId))],
    seller: await deps.sellerOf(merchantId),
    terminals: offered.flat(),
  }
}
