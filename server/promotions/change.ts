// Making and changing promotions and their codes. Every change by the owner is an event in the same transaction, and carries
// the version that If-Match compares with.

import { isDeepStrictEqual } from 'node:util'
import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { amountOut } from '../lib/money.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import type { MerchantCache } from '../merchants/index.ts'
import { appendEvents } from '../notify/index.ts'
import { codeKey } from '../totals/index.ts'
import type { PromotionCache } from './active.ts'
import { type CodeRow, namesAmounts, type PromotionFields, type PromotionRow } from './promotion.ts'
import { insertCodes, insertPromotion, lockPromotion, updatePromotion } from './store.ts'

export interface PromotionDeps {
  db: Db
  clock: Pick<Clock, 'now'>
  newId: NewId
  promotionCache: PromotionCache
  /** Knows the merchant's stores. */
  merchantCache: MerchantCache
  /** Given by wiring: whether the merchant has such a customer. */
  hasCustomer(merchantId: string, id: string): Promise<boolean>
}

/** What the API answers and what events carry. */
export type PromotionView = ReturnType<typeof viewOf>

/** Makes a promotion. Throws `validation-error` when its figures do not fit together. */
export async function createPromotion(
  deps: PromotionDeps,
  merchantId: string,
  fields: PromotionFields & { needs_code: boolean },
): Promise<PromotionView> {
  const at = deps.clock.now()
  const row = { ...fields, id: deps.newId('prm'), uses: 0n, code_count: 0n, version: 1, created_at: at }
  check(row)
  const view = await transact(deps.db, async (tx) => {
    await insertPromotion(tx, merchantId, row)
    return announce(deps, tx, { merchantId, at, type: 'promotion.created', row })
  })
  deps.promotionCache.forget(merchantId)
  return view
}

/**
 * Changes the fields that are given; orders placed already keep what they got. With `ifVersion`, only when the promotion still
 * has that version. A change that changes nothing is no event. Throws `not-found`, `version-conflict`, `validation-error`.
 */
export async function changePromotion(
  deps: PromotionDeps,
  merchantId: string,
  input: { id: string; ifVersion: number | undefined; fields: Partial<PromotionFields> },
): Promise<PromotionView> {
  const at = deps.clock.now()
  const view = await transact(deps.db, async (tx) => {
    const before = await lockPromotion(tx, merchantId, input.id)
    if (!before) throw new Problem('not-found')
    if (input.ifVersion !== undefined && input.ifVersion !== before.version) throw new Problem('version-conflict')
    const row = { ...before, ...input.fields }
    check(row)
    if (isDeepStrictEqual(row, before)) return viewOf(before)
    row.version = before.version + 1
    await updatePromotion(tx, merchantId, row)
    return announce(deps, tx, { merchantId, at, type: 'promotion.updated', row })
  })
  deps.promotionCache.forget(merchantId)
  return view
}

export interface NewCodes {
  promotionId: string
  /** Codes to take as they are, or how many to make, each beginning with `prefix`. */
  codes: readonly string[] | { count: number; prefix: string }
  /** 1: single use. Null: shared. */
  maxUses: bigint | null
}

/**
 * Adds codes, all or none. Throws `not-found`, `validation-error` for a promotion that needs none or a code given twice, and
 * `reference-taken` for one that exists, whichever promotion it opens.
 */
export async function addCodes(deps: PromotionDeps, merchantId: string, input: NewCodes): Promise<CodeRow[]> {
  const given = 'count' in input.codes ? null : input.codes
  const codes = ('count' in input.codes ? makeCodes(deps, input.codes) : input.codes).map(codeKey)
  const twice = codes.flatMap((code, i) => (codes.indexOf(code) === i ? [] : [i]))
  if (twice.length > 0) throw invalid(twice.map((i) => [`/codes/${i}`, 'Is there already, but for its capitals.']))
  return transact(deps.db, async (tx) => {
    const promotion = await lockPromotion(tx, merchantId, input.promotionId)
    if (!promotion) throw new Problem('not-found')
    if (!promotion.needs_code) throw invalid([['/codes', 'This promotion needs no code.']])
    const at = deps.clock.now()
    const rows = await insertCodes(tx, merchantId, { promotion, codes, maxUses: input.maxUses, at })
    const added = new Set(rows.map((row) => row.code))
    const taken = codes.flatMap((code, i) => (added.has(code) ? [] : [i]))
    if (taken.length === 0) return rows
    const pointers = given ? taken.map((i) => `/codes/${i}`) : ['/prefix']
    throw new Problem('reference-taken', { errors: pointers.map((pointer) => ({ pointer, detail: 'Is in use.' })) })
  })
}

/** Of the 16 random characters of an id these are 60 bits: not to be guessed, and read to somebody in three groups of four. */
const RANDOM_CHARS = 12

function makeCodes(deps: PromotionDeps, { count, prefix }: { count: number; prefix: string }): string[] {
  return Array.from({ length: count }, () => {
    const random = deps.newId('prm').slice(-RANDOM_CHARS)
    return `${prefix}${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`
  })
}

/** What the schema cannot say. */
function check(row: PromotionRow): void {
  const faults: [string, string][] = []
  const { starts_at, ends_at, max_uses } = row
  if (row.currency === null && namesAmounts(row)) faults.push(['/currency', 'Is required where amounts are named.'])
  if (starts_at && ends_at && ends_at <= starts_at) faults.push(['/ends_at', 'Must be after starts_at.'])
  if (max_uses !== null && max_uses < row.uses) faults.push(['/max_uses', `Was used ${row.uses} times already.`])
  if (faults.length > 0) throw invalid(faults)
}

function invalid(faults: [string, string][]): Problem {
  const errors: FieldProblem[] = faults.map(([pointer, detail]) => ({ pointer, detail }))
  return new Problem('validation-error', { errors })
}

async function announce(
  deps: PromotionDeps,
  tx: Tx,
  change: { merchantId: string; at: Date; type: 'promotion.created' | 'promotion.updated'; row: PromotionRow },
): Promise<PromotionView> {
  const { merchantId, at, type, row } = change
  const data = viewOf(row)
  const event = {
    id: deps.newId('evt'),
    type,
    object_type: 'promotion',
    object_id: row.id,
    object_version: row.version,
  }
  await appendEvents(tx, merchantId, at, [{ ...event, data }])
  return data
}

/** In the words of the API. `uses` is as of this moment; it rises without a change of version. */
export function viewOf(row: PromotionRow) {
  const { id, name, rule, conditions, priority, is_exclusive, stacks_with, currency, needs_code } = row
  return {
    id,
    object: 'promotion' as const,
    name,
    rule,
    conditions,
    priority,
    is_exclusive,
    stacks_with,
    currency,
    needs_code,
    starts_at: row.starts_at?.toISOString() ?? null,
    ends_at: row.ends_at?.toISOString() ?? null,
    max_uses: row.max_uses === null ? null : amountOut(row.max_uses),
    max_uses_per_customer: row.max_uses_per_customer,
    is_active: row.is_active,
    uses: amountOut(row.uses),
    version: row.version,
    created_at: row.created_at.toISOString(),
  }
}
