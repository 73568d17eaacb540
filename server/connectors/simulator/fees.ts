// What the simulated provider charges, so that expected and charged fees can be compared. The schedule is made up, close
// to European prices, and documented in docs/guides/simulator.md. Parts are rounded half-up, each for itself.

import { currencyOf } from '../../lib/currency.ts'
import { divideHalfUp } from '../../lib/money.ts'
import type { Fee, InstrumentFacts } from '../connector.ts'

/** Basis points per part, and a fixed part in hundredths of the major unit. */
const SCHEDULE: Record<
  InstrumentFacts['kind'],
  { interchange: bigint; scheme: bigint; markup: bigint; fixed: bigint }
> = {
  card: { interchange: 25n, scheme: 12n, markup: 40n, fixed: 10n },
  wallet: { interchange: 25n, scheme: 12n, markup: 50n, fixed: 10n },
  bank: { interchange: 0n, scheme: 0n, markup: 0n, fixed: 29n },
  pay_later: { interchange: 0n, scheme: 0n, markup: 299n, fixed: 35n },
  cash: { interchange: 0n, scheme: 0n, markup: 0n, fixed: 0n },
  stored_value: { interchange: 0n, scheme: 0n, markup: 0n, fixed: 0n },
  other: { interchange: 0n, scheme: 0n, markup: 150n, fixed: 10n },
}

const BASIS_POINTS = 10_000n

/** The fee of a captured `amount` (minor units, > 0) by its parts; parts of zero are left out. Authorisations cost nothing. */
export function feesOf(kind: InstrumentFacts['kind'], amount: bigint, currency: string): Fee[] {
  const schedule = SCHEDULE[kind]
  const fees: Fee[] = [
    { kind: 'interchange', amount: divideHalfUp(amount * schedule.interchange, BASIS_POINTS) },
    { kind: 'scheme', amount: divideHalfUp(amount * schedule.scheme, BASIS_POINTS) },
    { kind: 'markup', amount: divideHalfUp(amount * schedule.markup, BASIS_POINTS) },
    { kind: 'gateway', amount: fixedIn(currency, schedule.fixed) },
  ]
  return fees.filter((fee) => fee.amount > 0n)
}

/** Hundredths of a major unit in the currency's own minor unit: 29 is 29 EUR cents, 0 JPY, 290 KWD fils. */
function fixedIn(currency: string, hundredths: bigint): bigint {
  const exponent = currencyOf(currency)?.exponent ?? 2
  return divideHalfUp(hundredths * 10n ** BigInt(exponent), 100n)
}
