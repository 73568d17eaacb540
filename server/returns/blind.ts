// Returns without a receipt: worth what the article costs today at the least, to a known customer's store credit, and only so
// often. The limits are counted in the transaction that makes the return, by an upsert that refuses beyond them.

import { currentProfile, hasCustomer, personOf } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { takesBack } from './counter.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { policyOf } from './policy.ts'
import { countBlind } from './policy-store.ts'
import { type ReturnLine, type ReturnRow, type ReturnView, returnView } from './return.ts'
import { insertReturn } from './store.ts'

export interface BlindRequest {
  customerId: string
  storeId: string
  channel: string
  reason: string
  note?: string
  lines: { variant_id: string; quantity: bigint }[]
  by: string
}

/**
 * Makes a return without a receipt. Throws reference-not-found (customer, store, article), not-returnable (not allowed, article
 * excluded, a limit is reached).
 */
export async function requestBlind(deps: ReturnDeps, merchantId: string, input: BlindRequest): Promise<ReturnView> {
  const at = deps.clock.now()
  const { rules } = await policyOf(deps, merchantId)
  if (!rules.blind.is_allowed)
    throw new Problem('not-returnable', { detail: 'Nothing is taken back without a receipt.' })
  const store = takesBack((await deps.merchantCache.get(merchantId))?.stores.get(input.storeId))
  if (!(await hasCustomer(deps.db, merchantId, input.customerId)))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/customer_id', detail: 'names no customer' }] })
  // A person has one limit and one balance, however many profiles were theirs.
  const customerId = await currentProfile(deps.db, merchantId, input.customerId)
  const others = (await personOf(deps.db, merchantId, customerId)).filter((id) => id !== customerId)
  const lines = await linesOf(deps, merchantId, input, store.currency, rules.excluded_categories)
  const amount = lines.reduce((sum, line) => sum + (line.unit_amount ?? 0n) * line.requested, 0n)
  const row: ReturnRow = {
    id: deps.newId('rtn'),
    ...{ order_id: null, customer_id: customerId, state: 'approved' },
    ...{ channel: input.channel, store_id: input.storeId, currency: store.currency, reason: input.reason },
    ...{ note: input.note ?? null, tracking: null, shipping_fee: 0n, shipping_fee_override: null },
    ...{ amount_goods: 0n, amount_tax: 0n, amount_delivery: 0n, amount_planned: 0n },
    ...{ amount_given_before: 0n, amount_unpaid: 0n, exchange_id: null },
    ...{ created_by: input.by, version: 1, created_at: at, updated_at: at, settled_at: null },
    lines,
  }
  return transact(deps.db, async (tx) => {
    const iso = at.toISOString()
    const { blind } = rules
    const maxAmount = blind.amount_per_month[store.currency]
    const isWithin =
      (await countBlind(tx, merchantId, {
        ...{ subject: customerId, others, period: iso.slice(0, 7), currency: store.currency, amount },
        ...{ maxCount: blind.per_month, maxAmount: BigInt(maxAmount ?? 0) },
      })) &&
      (await countBlind(tx, merchantId, {
        ...{ subject: input.by, period: iso.slice(0, 10), currency: store.currency, amount },
        ...{ maxCount: blind.per_day_and_key, maxAmount: null },
      }))
    if (!isWithin)
      throw new Problem('not-returnable', { detail: 'The limit for returns without a receipt is reached.' })
    await insertReturn(tx, merchantId, row)
    await announce(deps, tx, { merchantId, row, refunds: [], type: 'return.approved', by: input.by })
    return returnView(row, [])
  })
}

async function linesOf(
  deps: ReturnDeps,
  merchantId: string,
  input: BlindRequest,
  currency: string,
  excluded: readonly string[],
): Promise<ReturnLine[]> {
  const variantIds = [...new Set(input.lines.map(({ variant_id }) => variant_id))]
  const of = { variantIds, storeId: input.storeId, currency, channel: input.channel }
  const articles = await deps.priced(merchantId, of)
  return input.lines.map(({ variant_id, quantity }, i) => {
    const article = articles.get(variant_id)
    if (!article)
      throw new Problem('reference-not-found', {
        errors: [{ pointer: `/lines/${i}/variant_id`, detail: 'names no article with a price here' }],
      })
    if (!article.is_returnable || article.categories.some((category) => excluded.includes(category)))
      throw new Problem('not-returnable', { detail: `${article.name} is not taken back.` })
    return {
      ...{ no: i + 1, line_id: null, variant_id, name: article.name, components: article.components },
      ...{ unit_amount: article.unit_amount, requested: quantity },
      ...{ restock: 0n, quality: 0n, damaged: 0n, vendor: 0n, discard: 0n, withdrawn: 0n, amount: 0n, tax: 0n },
    }
  })
}
