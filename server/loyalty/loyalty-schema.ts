// What the API takes and shows of the loyalty programme. Rates are decimal strings: points per major unit, and major units
// per point; inside they are whole numbers times 10^4.

import Type, { type Static } from 'typebox'
import { AmountOrZero, Currency, closed, Id, line, Nullable, SignedAmount } from '../http/schema.ts'
import { currencyOf } from '../lib/currency.ts'
import { parseMajor, toMajor } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import { Reason } from './gift-card-schema.ts'
import type { ProgrammeOfPoints, Rate, Tier } from './programme-store.ts'

const Decimal = (description: string, examples: string[]) =>
  Type.String({ pattern: '^[0-9]{1,7}(\\.[0-9]{1,8})?$', maxLength: 16, description, examples })

const RateInput = Type.Object(
  {
    currency: Currency,
    earn: Decimal('Points for one major unit of the currency, up to 4 decimals.', ['1', '0.5']),
    point_value: Decimal('What one point is worth, in major units.', ['0.01', '0.005']),
  },
  closed,
)
const TierInput = Type.Object(
  {
    code: Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,39}$' }),
    name: line(120),
    from_points: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Confirmed within a year.' }),
    multiplier: Decimal('How many times the rate it earns, up to 4 decimals.', ['1', '1.5']),
  },
  closed,
)

export const ProgrammeInput = Type.Object(
  {
    name: line(120),
    is_enabled: Type.Boolean({ description: 'Off: nothing is earned or spent; returns still take back.' }),
    pending_days: Type.Integer({
      minimum: 0,
      maximum: 366,
      description:
        'Days after the order until its points can be spent, and not before its goods can no longer be returned.',
    }),
    rates: Type.Array(RateInput, { minItems: 1, maxItems: 40, description: 'One per currency.' }),
    tiers: Type.Array(TierInput, { maxItems: 20, description: 'Lowest first.' }),
    excluded_categories: Type.Array(line(120), { maxItems: 200, description: 'Goods in these earn nothing.' }),
    months_valid: Type.Optional(
      Nullable(
        Type.Integer({
          minimum: 1,
          maximum: 1200,
          description:
            'Points end this many months after they could be spent, the oldest first. Without it they never do.',
        }),
      ),
    ),
  },
  closed,
)
export type ProgrammeInput = Static<typeof ProgrammeInput>

export const ProgrammeView = Type.Object(
  {
    object: Type.Literal('loyalty_programme'),
    ...ProgrammeInput.properties,
    months_valid: Nullable(Type.Integer()),
    version: Type.Integer(),
    updated_at: Type.String(),
  },
  { title: 'LoyaltyProgramme' },
)

const TierName = Type.Object({ code: Type.String(), name: Type.String() })
export const LoyaltyAccount = Type.Object(
  {
    id: Nullable(Id('loy')),
    object: Type.Literal('loyalty_account'),
    customer_id: Type.String(),
    points: SignedAmount,
    held: Type.Integer(),
    available: SignedAmount,
    pending: Type.Integer({ description: 'Earned, and waiting for the return window to close.' }),
    next_to_end: Nullable(
      Type.Object(
        { points: Type.Integer(), ends_at: Type.String() },
        { description: 'The oldest points, and when they end. Null when none do.' },
      ),
    ),
    points_of_year: Type.Integer(),
    tier: Nullable(TierName),
    next_tier: Nullable(Type.Object({ ...TierName.properties, missing_points: Type.Integer() })),
    worth: Type.Array(Type.Object({ currency: Type.String(), amount: AmountOrZero })),
    version: Type.Integer(),
  },
  { title: 'LoyaltyAccount' },
)

export const PointsAdjustment = Type.Object(
  {
    points: Type.Integer({
      minimum: -1_000_000_000,
      maximum: 1_000_000_000,
      description: 'Negative takes away. Not 0.',
    }),
    currency: Currency,
    reason: Reason,
  },
  closed,
)

const DECIMALS = 4

/** The programme of a request in whole numbers. Throws currency-precision, validation-error. */
export function programmeOf(input: ProgrammeInput, updatedAt: Date): Omit<ProgrammeOfPoints, 'version'> {
  const { name, is_enabled, pending_days, excluded_categories, months_valid = null } = input
  const rates = input.rates.map((rate, i): Rate => {
    const exponent = currencyOf(rate.currency)?.exponent ?? 2
    const earn_e4 = scaled(rate.earn, DECIMALS, `/rates/${i}/earn`)
    const point_value_e4 = scaled(rate.point_value, exponent + DECIMALS, `/rates/${i}/point_value`)
    if (point_value_e4 === 0) throw invalid(`/rates/${i}/point_value`, 'must be more than 0')
    if (input.rates.findIndex((other) => other.currency === rate.currency) < i)
      throw invalid(`/rates/${i}/currency`, 'is given twice')
    return { currency: rate.currency, earn_e4, point_value_e4 }
  })
  const tiers = input.tiers.map((tier, i): Tier => {
    const before = input.tiers[i - 1]
    if (before && tier.from_points <= before.from_points)
      throw invalid(`/tiers/${i}/from_points`, 'must be more than that of the tier before')
    if (input.tiers.findIndex((other) => other.code === tier.code) < i)
      throw invalid(`/tiers/${i}/code`, 'is given twice')
    const { code, name: tierName, from_points } = tier
    return {
      code,
      name: tierName,
      from_points,
      multiplier_bp: scaled(tier.multiplier, DECIMALS, `/tiers/${i}/multiplier`),
    }
  })
  return { name, is_enabled, pending_days, rates, tiers, excluded_categories, months_valid, updated_at: updatedAt }
}

function scaled(text: string, decimals: number, pointer: string): number {
  const whole = parseMajor(text, decimals)
  if (whole === undefined) {
    throw new Problem('currency-precision', { errors: [{ pointer, detail: `has more than ${decimals} decimals` }] })
  }
  return Number(whole)
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

/** The programme as the API shows it. */
export function programmeOut(row: ProgrammeOfPoints): Static<typeof ProgrammeView> {
  const { name, is_enabled, pending_days, excluded_categories, months_valid, version, updated_at } = row
  return {
    object: 'loyalty_programme',
    name,
    is_enabled,
    pending_days,
    rates: row.rates.map(({ currency, earn_e4, point_value_e4 }) => ({
      currency,
      earn: decimal(earn_e4, DECIMALS),
      point_value: decimal(point_value_e4, (currencyOf(currency)?.exponent ?? 2) + DECIMALS),
    })),
    tiers: row.tiers.map(({ code, name: tierName, from_points, multiplier_bp }) => ({
      code,
      name: tierName,
      from_points,
      multiplier: decimal(multiplier_bp, DECIMALS),
    })),
    excluded_categories,
    months_valid,
    version,
    updated_at: updated_at.toISOString(),
  }
}

/** Without zeros at the end: 10000 over 4 decimals is `1`. */
function decimal(whole: number, decimals: number): string {
  return toMajor(BigInt(whole), decimals).replace(/\.?0+$/, '')
}
