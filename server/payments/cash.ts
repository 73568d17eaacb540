// Cash where the small coins are gone. A tender of 10.02 covers 10.02 of what is owed and puts 10.00 into the drawer; the
// difference is the tender's `rounding`, and a line of its own in the books. Rules are data: countries.

import type { CashRounding } from '../lib/money.ts'
import { cashRuleOf, type MerchantConfig } from '../merchants/index.ts'
import { roundCash } from '../totals/index.ts'
import type { PaymentDeps } from './deps.ts'
import type { TenderInput } from './payment.ts'
import { invalid } from './problems.ts'

/** How cash is rounded at a drawer now; null where it is not. */
export function ruleAtDrawer(
  deps: Pick<PaymentDeps, 'clock'>,
  merchant: MerchantConfig,
  registerId: string | null | undefined,
  currency: string,
): CashRounding | null {
  const store = merchant.stores.get(merchant.registers.get(registerId ?? '')?.storeId ?? '')
  return store ? cashRuleOf(store, currency, deps.clock.now()) : null
}

/** Cash that goes in: how it is rounded, and what was handed over. */
export interface CashIn {
  rounding: bigint | undefined
  cash_tendered: bigint
}

/** Cash that a till took while it was cut off: as the till says, by whichever rule it had then. */
export interface CashTold {
  rounding: bigint
}

/**
 * Only the cash that settles the rest of what is due is rounded; a part before it is what it is. Throws validation-error when
 * less was handed over, or `exact` was asked for where rounding is no choice.
 */
export function cashIn(
  rule: CashRounding | null,
  cash: NonNullable<TenderInput['cash']>,
  amount: bigint,
  isRest: boolean,
  told?: CashTold,
): CashIn {
  if (told) {
    const rounding = told.rounding === 0n ? undefined : told.rounding
    return { rounding, cash_tendered: BigInt(cash.tendered ?? amount + told.rounding) }
  }
  if (cash.exact && rule && !rule.is_optional)
    throw invalid('/tender/cash/exact', 'is not allowed where cash has to be rounded')
  const rounding = rule && isRest && !cash.exact ? roundCash(amount, rule).rounding : undefined
  const due = amount + (rounding ?? 0n)
  const tendered = cash.tendered === undefined ? due : BigInt(cash.tendered)
  if (tendered < due)
    throw invalid('/tender/cash/tendered', `is less than what has to be paid in cash: at least ${due}`)
  return { rounding, cash_tendered: tendered }
}
