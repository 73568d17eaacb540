// HTTP for payment methods: what can be used for a purchase, and the merchant's own word on a method.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { AmountMinor, amountOut, Channel, CountryCode, Currency, Id, Nullable } from '../http/schema.ts'
import { currencyOf } from '../lib/currency.ts'
import { Problem } from '../lib/problem.ts'
import { CATALOGUE } from './catalogue.ts'
import {
  availableMethods,
  type Channel as ChannelCode,
  effectiveMethods,
  flowIn,
  isComplete,
  METHOD_FLOWS,
  METHOD_KINDS,
  METHOD_NEEDS,
  type Method,
  type MethodOverride,
  needOf,
} from './method.ts'
import { found, invalid, type MerchantRouteDeps, Name } from './request.ts'
import { putMethod } from './store.ts'

const Kind = Type.Enum([...METHOD_KINDS])
const Flow = Type.Enum([...METHOD_FLOWS], { description: 'How the customer pays with it.' })

const CODE_FORM = /^[a-z][a-z0-9_]{1,39}$/

const Abilities = Type.Object({
  authorize: Type.Boolean(),
  partial_capture: Type.Boolean(),
  multi_capture: Type.Boolean(),
  refund: Type.Boolean(),
  partial_refund: Type.Boolean(),
  refund_window_days: Nullable(Type.Integer({ minimum: 1, maximum: 3650 })),
  instalments: Type.Boolean(),
  recurring: Type.Boolean(),
})

const Available = Type.Object(
  {
    object: Type.Literal('payment_method'),
    code: Type.String({ description: 'Send it as tender.method.' }),
    name: Type.String(),
    kind: Kind,
    flow: Flow,
    requires: Type.Array(Type.Enum([...METHOD_NEEDS]), {
      description:
        'Members that the tender must have. `token`: of a card, or of what the wallet hands over, made with POST /v1/tokens; an instrument_id does as well. `customer`: the payment’s customer_id.',
    }),
    can: Abilities,
    min_amount: Nullable(Type.Integer()),
    max_amount: Nullable(Type.Integer()),
  },
  { title: 'PaymentMethod' },
)

const Wanted = Type.Object(
  {
    amount: AmountMinor,
    currency: Currency,
    country: Type.Optional(CountryCode),
    channel: Type.Optional(Channel),
    customer_id: Type.Optional(Id('cus')),
  },
  { additionalProperties: false },
)

const Override = Type.Object(
  {
    is_enabled: Type.Boolean(),
    name: Type.Optional(Name),
    kind: Type.Optional(Kind),
    flow: Type.Optional(Flow),
    counter_flow: Type.Optional(Flow),
    countries: Type.Optional(Type.Array(CountryCode, { maxItems: 300 })),
    home_countries: Type.Optional(Type.Array(CountryCode, { maxItems: 300 })),
    currencies: Type.Optional(Type.Array(Currency, { maxItems: 200 })),
    channels: Type.Optional(Type.Array(Channel, { maxItems: 20 })),
    can: Type.Optional(Type.Partial(Abilities, { additionalProperties: false })),
    limits: Type.Optional(
      Type.Unsafe<NonNullable<MethodOverride['limits']>>({
        type: 'object',
        maxProperties: 200,
        propertyNames: { pattern: '^[A-Z]{3}$' },
        additionalProperties: Type.Object(
          { min: Type.Optional(AmountMinor), max: Type.Optional(AmountMinor) },
          { additionalProperties: false },
        ),
        description: 'Smallest and largest amount by currency.',
      }),
    ),
  },
  { additionalProperties: false },
)

const Configured = Type.Object(
  {
    object: Type.Literal('payment_method_setting'),
    code: Type.String(),
    is_enabled: Type.Boolean(),
    name: Type.String(),
    kind: Kind,
    flow: Flow,
    counter_flow: Flow,
    countries: Type.Array(Type.String()),
    home_countries: Type.Array(Type.String()),
    currencies: Type.Array(Type.String()),
    channels: Type.Array(Channel),
    can: Abilities,
    limits: Type.Unsafe<Record<string, { min?: number; max?: number }>>({ type: 'object' }),
  },
  { title: 'PaymentMethodSetting' },
)

const TAGS = ['Payment methods']

export function methodRoutes(app: App, deps: MerchantRouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/payment_methods',
    config: { access: { keys: ['publishable', 'secret', 'restricted'], scope: 'methods:read' } },
    schema: {
      operationId: 'listPaymentMethods',
      summary: 'What a purchase can be paid with, best first',
      tags: TAGS,
      querystring: Wanted,
      response: { 200: Type.Object({ data: Type.Array(Available) }) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { amount, currency, country, channel = 'web', customer_id } = request.query
      const config = found(await deps.merchantCache.get(merchantId))
      const familiar = customer_id === undefined ? [] : found(await deps.familiarMethods(merchantId, customer_id))
      const purchase = { amount: BigInt(amount), currency, country, channel, familiar }
      const methods = availableMethods(config, deps.methodsOf, purchase)
      return { data: methods.map((method) => showAvailable(method, currency, channel)) }
    },
  })

  app.route({
    method: 'PUT',
    url: '/v1/payment_methods/:code',
    config: { access: { keys: ['secret', 'restricted'], scope: 'methods:write' } },
    schema: {
      operationId: 'putPaymentMethod',
      summary: 'Add, change or switch off a method',
      description:
        'Replaces what was said before. A code of the catalogue takes single fields; a new code needs name, kind and flow.',
      tags: TAGS,
      params: Type.Object({ code: Type.String() }),
      body: Override,
      response: { 200: Configured },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { code } = request.params
      const { is_enabled, ...override } = request.body
      check(code, override)
      await putMethod(deps.db, merchantId, { code, is_enabled, override })
      deps.merchantCache.forget(merchantId)
      // Shown as it would be if it were on, so that one sees what switching it on will mean.
      const method = effectiveMethods([{ code, is_enabled: true, override }]).get(code) as Method
      return showConfigured(method, is_enabled)
    },
  })
}

function check(code: string, override: MethodOverride): void {
  if (!CODE_FORM.test(code)) throw invalid('', 'A method code has 2 to 40 small letters, digits and underscores.')
  if (!CATALOGUE.some((method) => method.code === code) && !isComplete(override)) {
    throw invalid('', 'A method that is not in the catalogue needs name, kind and flow.')
  }
  for (const [currency, { min, max }] of Object.entries(override.limits ?? {})) {
    if (!currencyOf(currency))
      throw new Problem('currency-unknown', {
        errors: [{ pointer: `/limits/${currency}`, detail: 'Is not a currency.' }],
      })
    if (min !== undefined && max !== undefined && min > max) throw invalid(`/limits/${currency}`, 'min is above max.')
  }
}

function showAvailable(method: Method, currency: string, channel: ChannelCode) {
  const { code, name, kind, can } = method
  const flow = flowIn(method, channel)
  const need = needOf(method, flow)
  const { min, max } = method.limits[currency] ?? {}
  return {
    object: 'payment_method' as const,
    code,
    name,
    kind,
    flow,
    requires: need === undefined ? [] : [need],
    can,
    min_amount: min === undefined ? null : amountOut(min),
    max_amount: max === undefined ? null : amountOut(max),
  }
}

function showConfigured(method: Method, isEnabled: boolean) {
  const limits = Object.entries(method.limits).map(
    ([currency, { min, max }]): [string, { min?: number; max?: number }] => [
      currency,
      { ...(min === undefined ? {} : { min: amountOut(min) }), ...(max === undefined ? {} : { max: amountOut(max) }) },
    ],
  )
  return {
    object: 'payment_method_setting' as const,
    ...method,
    is_enabled: isEnabled,
    countries: [...method.countries],
    home_countries: [...method.home_countries],
    currencies: [...method.currencies],
    channels: [...method.channels],
    limits: Object.fromEntries(limits),
  }
}
