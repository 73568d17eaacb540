// HTTP for stores: the places where goods are sold, collected, sent from and taken back.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { CountryCode, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { cashRuleOf } from './cash-rule.ts'
import { isTimeZone, timeZoneOf } from './place.ts'
import { found, invalid, type MerchantRouteDeps, Name } from './request.ts'
import * as rows from './store.ts'
import { CAPABILITIES, type OpeningHours, STORE_KINDS, WEEKDAYS } from './store-place.ts'

const TimeOfDay = Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$', examples: ['09:00'] })

const Opening = Type.Object({ from: TimeOfDay, to: TimeOfDay }, closed)

const Address = Type.Object(
  {
    lines: Type.Array(line(120), { minItems: 1, maxItems: 4 }),
    postal_code: Type.Optional(line(20)),
    city: line(120),
    country: CountryCode,
  },
  closed,
)
const Hours = Type.Object(
  Object.fromEntries(WEEKDAYS.map((day) => [day, Type.Optional(Type.Array(Opening, { maxItems: 4 }))])),
  { ...closed, description: 'Per day, from and to in the store’s time zone. A day that is missing is closed.' },
)
const Kind = Type.Enum([...STORE_KINDS])
const Capabilities = Type.Array(Type.Enum([...CAPABILITIES]), {
  maxItems: CAPABILITIES.length,
  uniqueItems: true,
  description: 'What can be done there. Unless told, what its kind usually can.',
})

const Store = Type.Object(
  {
    id: Id('sto'),
    object: Type.Literal('store'),
    name: Name,
    country: CountryCode,
    currency: Currency,
    time_zone: Type.String(),
    kind: Kind,
    address: Nullable(Address),
    latitude: Nullable(Type.Number()),
    longitude: Nullable(Type.Number()),
    opening_hours: Nullable(Type.Unsafe<OpeningHours>(Hours)),
    capabilities: Capabilities,
    pickup_lead_minutes: Type.Integer(),
    pickup_hold_days: Type.Integer(),
    pickup_capacity: Nullable(Type.Integer()),
    parcel_cost: Type.Integer(),
    rounds_cash: Type.Boolean(),
    cash_rounding: Nullable(
      Type.Object(
        {
          increment: Type.Integer({ description: 'The smallest coin, in minor units.' }),
          mode: Type.Enum(['half_up', 'half_down', 'always_down']),
          is_optional: Type.Boolean({ description: 'A customer who has the small coins may pay exactly.' }),
        },
        { description: 'How what is due in cash of its currency is rounded there today. Null: not at all.' },
      ),
    ),
    created_at: Timestamp,
  },
  { title: 'Store' },
)

const NewStore = Type.Object(
  {
    name: Name,
    country: CountryCode,
    currency: Currency,
    time_zone: Type.Optional(Type.String({ maxLength: 64, description: 'IANA name. Default: that of the capital.' })),
    kind: Kind,
  },
  closed,
)

const Degrees = (limit: number) => Type.Number({ minimum: -limit, maximum: limit })
const StorePatch = Type.Object(
  {
    name: Type.Optional(Name),
    address: Type.Optional(Nullable(Address)),
    latitude: Type.Optional(Nullable(Degrees(90))),
    longitude: Type.Optional(Nullable(Degrees(180))),
    opening_hours: Type.Optional(Nullable(Type.Unsafe<OpeningHours>(Hours))),
    capabilities: Type.Optional(Nullable(Capabilities)),
    pickup_lead_minutes: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 40_320, description: 'From the order to the goods lying ready.' }),
    ),
    pickup_hold_days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 60, description: 'How long goods wait for their customer.' }),
    ),
    pickup_capacity: Type.Optional(
      Nullable(
        Type.Integer({
          minimum: 1,
          maximum: 10_000,
          description: 'Orders it can get ready in an hour; further ones are promised for the next hour with room.',
        }),
      ),
    ),
    parcel_cost: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'What a parcel costs that leaves from here, in minor units. Of two stores the cheaper one sends.',
      }),
    ),
    rounds_cash: Type.Optional(
      Type.Boolean({
        description: 'Whether what is due in cash is rounded to the smallest coin, where the law leaves that to you.',
      }),
    ),
  },
  { ...closed, minProperties: 1 },
)

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stores:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'stores:write' } } as const
const TAGS = ['Merchant']

/** What a store's own website would say of it: no costs, no capacities. */
const PickupStore = Type.Object(
  {
    id: Id('sto'),
    object: Type.Literal('pickup_store'),
    name: Name,
    country: CountryCode,
    currency: Currency,
    time_zone: Type.String(),
    address: Nullable(Address),
    latitude: Nullable(Type.Number()),
    longitude: Nullable(Type.Number()),
    opening_hours: Nullable(Type.Unsafe<OpeningHours>(Hours)),
    takes_returns: Type.Boolean(),
    pickup_lead_minutes: Type.Integer({
      description: 'From the order to the goods lying ready, within opening hours.',
    }),
    pickup_hold_days: Type.Integer({ description: 'How long they wait.' }),
  },
  { title: 'PickupStore' },
)

/** Registers the routes of stores. */
export function storeRoutes(app: App, deps: MerchantRouteDeps): void {
  const show = (row: rows.StoreRow) => showStore(row, deps.clock.now())
  app.route({
    method: 'POST',
    url: '/v1/stores',
    config: WRITE,
    schema: {
      operationId: 'createStore',
      summary: 'Open a store',
      tags: TAGS,
      body: NewStore,
      response: { 201: Store },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { time_zone, ...body } = request.body
      if (time_zone !== undefined && !isTimeZone(time_zone)) {
        throw invalid('/time_zone', 'Must be an IANA name.')
      }
      const store = { id: deps.newId('sto'), ...body, timeZone: time_zone ?? timeZoneOf(body.country) }
      await rows.insertStore(deps.db, merchantId, store, deps.clock.now())
      deps.merchantCache.forget(merchantId)
      return reply.code(201).send(show(found(await rows.readStore(deps.db, merchantId, store.id))))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/stores',
    config: READ,
    schema: {
      operationId: 'listStores',
      summary: 'List the stores',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Store) },
    },
    handler: async (request) => {
      const list = await rows.listStores(deps.db, callerOf(request).merchantId, request.query)
      return page(list.map(show), request.query.limit, (store) => store.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/pickup_stores',
    config: { access: { keys: ['publishable', 'secret', 'restricted'], scope: 'stores:read' } },
    schema: {
      operationId: 'listPickupStores',
      summary: 'Stores where an order can be collected',
      description: 'For pages, with the publishable key: what customers may know of your stores. By name.',
      tags: TAGS,
      response: { 200: Type.Object({ data: Type.Array(PickupStore) }) },
    },
    handler: async (request) => {
      const merchant = found(await deps.merchantCache.get(callerOf(request).merchantId))
      const stores = [...merchant.stores.values()].filter(({ capabilities }) => capabilities.includes('pickup'))
      return { data: stores.sort((a, b) => (a.name < b.name ? -1 : 1)).map(pickupStore) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/stores/:id',
    config: READ,
    schema: {
      operationId: 'getStore',
      summary: 'Read a store',
      tags: TAGS,
      params: Type.Object({ id: Id('sto') }),
      response: { 200: Store },
    },
    handler: async (request) =>
      show(found(await rows.readStore(deps.db, callerOf(request).merchantId, request.params.id))),
  })

  app.route({
    method: 'PATCH',
    url: '/v1/stores/:id',
    config: WRITE,
    schema: {
      operationId: 'updateStore',
      summary: 'Tell where a store is, when it is open and what it can do',
      description: 'null goes back to what is usual.',
      tags: TAGS,
      params: Type.Object({ id: Id('sto') }),
      body: StorePatch,
      response: { 200: Store },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { id } = request.params
      const before = found(await rows.readStore(deps.db, merchantId, id))
      const change = request.body
      checkPlace({ ...before, ...change })
      checkHours(change.opening_hours ?? {})
      await rows.updateStore(deps.db, merchantId, id, change)
      deps.merchantCache.forget(merchantId)
      return show(found(await rows.readStore(deps.db, merchantId, id)))
    },
  })
}

/** Half a place is none. */
function checkPlace(store: { latitude: number | null; longitude: number | null }): void {
  if ((store.latitude === null) !== (store.longitude === null))
    throw invalid(store.latitude === null ? '/latitude' : '/longitude', 'Latitude and longitude go together.')
}

/** Each opening ends after it begins, and before the next one of the day. */
function checkHours(hours: OpeningHours): void {
  for (const [day, openings] of Object.entries(hours)) {
    const times = openings.flatMap(({ from, to }) => [from, to])
    if (times.some((time, i) => i > 0 && time <= (times[i - 1] as string)))
      throw invalid(`/opening_hours/${day}`, 'Each time must be later than the one before it.')
  }
}

function showStore(row: rows.StoreRow, at: Date) {
  const { country, time_zone, rounds_cash, currency } = row
  const rule = cashRuleOf({ country, timeZone: time_zone, roundsCash: rounds_cash }, currency, at)
  return {
    ...row,
    object: 'store' as const,
    cash_rounding: rule && {
      increment: Number(rule.increment_minor),
      mode: rule.mode,
      is_optional: rule.is_optional,
    },
    created_at: row.created_at.toISOString(),
  }
}

function pickupStore(store: rows.Store) {
  const { id, name, country, currency, address, latitude, longitude } = store
  return {
    ...{ id, object: 'pickup_store' as const, name, country, currency, time_zone: store.timeZone },
    ...{ address, latitude, longitude, opening_hours: store.openingHours },
    takes_returns: store.capabilities.includes('return'),
    pickup_lead_minutes: store.pickupLeadMinutes,
    pickup_hold_days: store.pickupHoldDays,
  }
}
