// How a store rounds cash: the rule of its country on its present day, unless it has chosen to keep its small coins.

import { cashRoundingOf } from '../countries/index.ts'
import { dayIn } from '../lib/day.ts'
import type { CashRounding } from '../lib/money.ts'
import type { Store } from './store.ts'

/** For roundCash of totals; null where cash of this currency is not rounded there. */
export function cashRuleOf(
  store: Pick<Store, 'country' | 'timeZone' | 'roundsCash'>,
  currency: string,
  at: Date,
): CashRounding | null {
  const rule = cashRoundingOf({ country: store.country, currency, on: dayIn(store.timeZone, at) })
  return rule?.is_optional && !store.roundsCash ? null : rule
}
