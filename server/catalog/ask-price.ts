// The price of one variant as a question of the API puts it: what is left out is filled in from the store and the merchant.

import { Problem } from '../lib/problem.ts'
import type { CatalogDeps } from './draft.ts'
import type { PriceContext } from './pricing.ts'

export interface PriceQuestion {
  currency?: string | undefined
  channel?: string | undefined
  store_id?: string | undefined
  customer_group?: string | undefined
  at?: string | undefined
}

/**
 * The context of a question. Currency: the store's, else the merchant's. Channel: web, unless a shop is named. Groups and
 * other times are for the inside only: `scope-missing` when the public names them.
 */
export async function contextOf(
  deps: Pick<CatalogDeps, 'merchantCache' | 'clock'>,
  merchantId: string,
  question: PriceQuestion,
  isInside: boolean,
): Promise<PriceContext> {
  if (!isInside && (question.customer_group !== undefined || question.at !== undefined))
    throw new Problem('scope-missing', { detail: 'A publishable key sees the prices of everybody, as they are now.' })
  const merchant = await deps.merchantCache.get(merchantId)
  const store = question.store_id === undefined ? undefined : merchant?.stores.get(question.store_id)
  return {
    currency: question.currency ?? store?.currency ?? merchant?.currency ?? '',
    channel: question.channel ?? (store && store.kind !== 'web' ? 'pos' : 'web'),
    store_id: store?.id,
    customer_groups: question.customer_group === undefined ? [] : [question.customer_group],
    at: question.at === undefined ? deps.clock.now() : new Date(question.at),
  }
}
