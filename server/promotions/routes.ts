// HTTP for promotions and their codes.

import Type, { type Static } from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { amountOut } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { currencyOf } from '../lib/currency.ts'
import { parseMajor } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import { codeKey } from '../totals/index.ts'
import { addCodes, changePromotion, createPromotion, type PromotionDeps, viewOf } from './change.ts'
import { preview } from './preview.ts'
import type { CodeRow, ConditionsJson, PromotionFields, RuleJson } from './promotion.ts'
import { isRule, type RuleForm, ruleFaults } from './rule-form.ts'
import {
  Basket,
  Code,
  CodeSchema,
  NewCodes,
  type NewConditions,
  NewPromotion,
  Preview,
  PromotionPatch,
  PromotionPath,
  PromotionSchema,
} from './schema.ts'
import { listCodes, listPromotions, readPromotion } from './store.ts'

/** A unit price has so many more than its currency (ADR 19). */
const EXTRA_DECIMALS = 4
const CodeQuery = Type.Object({ ...PageQuery.properties, code: Type.Optional(Code) }, { additionalProperties: false })
const READ = { access: { keys: ['secret', 'restricted'], scope: 'promotions:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'promotions:write' } } as const
const TAGS = ['Promotions']
/** In the middle, so that later ones can come before as well as after. */
const DEFAULT_PRIORITY = 100

/** Registers the module's routes. */
export function routes(app: App, deps: PromotionDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/promotions',
    config: WRITE,
    schema: {
      operationId: 'createPromotion',
      summary: 'Offer a promotion',
      tags: TAGS,
      body: NewPromotion,
      response: { 201: PromotionSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const fields = newFieldsOf(request.body)
      await checkStores(deps, merchantId, fields.conditions.store_ids)
      return reply.code(201).send(await createPromotion(deps, merchantId, fields))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/promotions',
    config: READ,
    schema: {
      operationId: 'listPromotions',
      summary: 'List the promotions',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(PromotionSchema) },
    },
    handler: async (request) => {
      const rows = await listPromotions(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(viewOf), request.query.limit, (promotion) => promotion.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/promotions/:id',
    config: READ,
    schema: {
      operationId: 'getPromotion',
      summary: 'Read a promotion',
      tags: TAGS,
      params: PromotionPath,
      response: { 200: PromotionSchema },
    },
    handler: async (request, reply) => {
      const promotion = await readPromotion(deps.db, callerOf(request).merchantId, request.params.id)
      if (!promotion) throw new Problem('not-found')
      return reply.header('etag', etagOf(promotion.version)).send(viewOf(promotion))
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/promotions/:id',
    config: WRITE,
    schema: {
      operationId: 'updatePromotion',
      summary: 'Change a promotion',
      description:
        'With If-Match, only when the promotion still has that version; else 412. Other processes follow within a second. ' +
        'Orders that have it keep what they got.',
      tags: TAGS,
      params: PromotionPath,
      body: PromotionPatch,
      response: { 200: PromotionSchema },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      const input = {
        id: request.params.id,
        ifVersion: versionOf(request.headers['if-match']),
        fields: fieldsOf(request.body),
      }
      await checkStores(deps, merchantId, input.fields.conditions?.store_ids ?? [])
      const promotion = await changePromotion(deps, merchantId, input)
      return reply.header('etag', etagOf(promotion.version)).send(promotion)
    },
  })

  codeRoutes(app, deps)

  app.route({
    method: 'POST',
    url: '/v1/promotions/preview',
    config: READ,
    schema: {
      operationId: 'previewPromotions',
      summary: 'What would a basket get?',
      description: 'Computes and keeps nothing. `refused` says of everything that was not applied why not.',
      tags: TAGS,
      body: Basket,
      response: { 200: Preview },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { store_id, customer_id } = request.body
      if (store_id !== undefined && !(await hasStore(deps, merchantId, store_id))) throw unknownAt('/store_id')
      if (customer_id !== undefined && !(await deps.hasCustomer(merchantId, customer_id)))
        throw unknownAt('/customer_id')
      return previewOut(request.body.currency, await preview(deps, merchantId, basketOf(request.body, deps)))
    },
  })
}

function codeRoutes(app: App, deps: PromotionDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/promotions/:id/codes',
    config: WRITE,
    schema: {
      operationId: 'createPromotionCodes',
      summary: 'Add codes to a promotion',
      description: 'Your own, or up to 1000 made here: all or none.',
      tags: TAGS,
      params: PromotionPath,
      body: NewCodes,
      response: { 201: Type.Object({ data: Type.Array(CodeSchema) }) },
    },
    handler: async (request, reply) => {
      const { body } = request
      const rows = await addCodes(deps, callerOf(request).merchantId, {
        promotionId: request.params.id,
        codes: 'codes' in body ? body.codes : { count: body.count, prefix: body.prefix ?? '' },
        maxUses: bigOrNull(body.max_uses),
      })
      return reply.code(201).send({ data: rows.map(codeOut) })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/promotions/:id/codes',
    config: READ,
    schema: {
      operationId: 'listPromotionCodes',
      summary: 'List the codes of a promotion',
      tags: TAGS,
      params: PromotionPath,
      querystring: CodeQuery,
      response: { 200: PageOf(CodeSchema) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor = '0', code } = request.query
      if (!/^\d+$/.test(cursor)) {
        throw new Problem('validation-error', { errors: [{ pointer: '?cursor', detail: 'Is of another list.' }] })
      }
      const promotion = await readPromotion(deps.db, merchantId, request.params.id)
      if (!promotion) throw new Problem('not-found')
      const wanted = { promotionId: promotion.id, after: BigInt(cursor), code: code ? codeKey(code) : null, limit }
      const { data, next_cursor } = page(await listCodes(deps.db, merchantId, wanted), limit, (row) => String(row.seq))
      return { data: data.map(codeOut), next_cursor }
    },
  })
}

// ---- In ------------------------------------------------------------------------------------------------------------

function newFieldsOf(body: Static<typeof NewPromotion>): PromotionFields & { needs_code: boolean } {
  return {
    name: body.name,
    rule: ruleOf(body.rule),
    conditions: conditionsOf(body.conditions ?? {}),
    priority: body.priority ?? DEFAULT_PRIORITY,
    is_exclusive: body.is_exclusive ?? false,
    stacks_with: body.stacks_with ?? 'all',
    currency: body.currency ?? null,
    needs_code: body.needs_code ?? false,
    starts_at: dateOrNull(body.starts_at),
    ends_at: dateOrNull(body.ends_at),
    max_uses: bigOrNull(body.max_uses),
    max_uses_per_customer: body.max_uses_per_customer ?? null,
    is_active: body.is_active ?? true,
  }
}

/** Only what is there: what is not stays as it was. */
function fieldsOf(body: Static<typeof PromotionPatch>): Partial<PromotionFields> {
  const { rule, conditions, starts_at, ends_at, max_uses, ...same } = body
  return {
    ...same,
    ...(rule === undefined ? {} : { rule: ruleOf(rule) }),
    ...(conditions === undefined ? {} : { conditions: conditionsOf(conditions) }),
    ...(starts_at === undefined ? {} : { starts_at: dateOrNull(starts_at) }),
    ...(ends_at === undefined ? {} : { ends_at: dateOrNull(ends_at) }),
    ...(max_uses === undefined ? {} : { max_uses: bigOrNull(max_uses) }),
  }
}

function ruleOf(form: RuleForm): RuleJson {
  if (isRule(form)) return form
  throw new Problem('validation-error', { errors: ruleFaults(form) })
}

async function hasStore(deps: PromotionDeps, merchantId: string, id: string): Promise<boolean> {
  return (await deps.merchantCache.get(merchantId))?.stores.has(id) ?? false
}

async function checkStores(deps: PromotionDeps, merchantId: string, ids: readonly string[]): Promise<void> {
  for (const [i, id] of ids.entries())
    if (!(await hasStore(deps, merchantId, id))) throw unknownAt(`/conditions/store_ids/${i}`)
}

function unknownAt(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'Names nothing of yours.' }] })
}

function conditionsOf(given: Static<typeof NewConditions>): ConditionsJson {
  return {
    variant_ids: [],
    product_ids: [],
    categories: [],
    min_quantity: null,
    min_subtotal: null,
    channels: [],
    store_ids: [],
    customer_groups: [],
    ...given,
  }
}

/** Throws currency-precision. */
function unitPriceE4(text: string, currency: string, pointer: string): bigint {
  const decimals = (currencyOf(currency)?.exponent ?? 2) + EXTRA_DECIMALS
  const price = parseMajor(text, decimals)
  if (price !== undefined) return price
  throw new Problem('currency-precision', { errors: [{ pointer, detail: `has more than ${decimals} decimals` }] })
}

function basketOf(body: Static<typeof Basket>, deps: PromotionDeps): Parameters<typeof preview>[2] {
  const { channel, currency, codes = [], store_id, customer_id, customer_groups = [] } = body
  return {
    lines: body.lines.map(({ categories = [], kind = 'goods', quantity, unit_price, ...line }, seq) => ({
      ...line,
      seq,
      categories,
      kind,
      quantity: BigInt(quantity),
      unit_price_e4: unitPriceE4(unit_price, currency, `/lines/${seq}/unit_price`),
    })),
    context: {
      channel,
      currency,
      codes,
      store_id: store_id ?? null,
      customer_id: customer_id ?? null,
      customer_groups,
      at: body.at === undefined ? deps.clock.now() : new Date(body.at),
    },
  }
}

function dateOrNull(text: string | null | undefined): Date | null {
  return text ? new Date(text) : null
}

function bigOrNull(count: number | null | undefined): bigint | null {
  return count === null || count === undefined ? null : BigInt(count)
}

// ---- Out -----------------------------------------------------------------------------------------------------------

function codeOut({ code, promotion_id, max_uses, uses, created_at }: CodeRow): Static<typeof CodeSchema> {
  return {
    object: 'promotion_code',
    code,
    promotion_id,
    max_uses: max_uses === null ? null : amountOut(max_uses),
    uses: amountOut(uses),
    created_at: created_at.toISOString(),
  }
}

function previewOut(
  currency: string,
  { totals, used, refused }: Awaited<ReturnType<typeof preview>>,
): Static<typeof Preview> {
  return {
    object: 'promotion_preview',
    currency,
    list: amountOut(totals.list),
    discount: amountOut(totals.discount),
    lines: totals.lines.map(({ list, discount, adjustments }) => ({
      list: amountOut(list),
      discount: amountOut(discount),
      adjustments: adjustments.map(({ source, label, amount }) => ({
        promotion_id: source,
        label,
        amount: amountOut(amount),
      })),
    })),
    used: used.map((use) => ({ ...use, amount: amountOut(use.amount) })),
    refused,
  }
}
