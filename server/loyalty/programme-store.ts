// The SQL of the loyalty programme: one row per merchant.

import type { Queryable } from '../db/pool.ts'

/** Points per major unit of a currency, and what one point is worth in minor units; both times 10^4. */
export interface Rate {
  currency: string
  earn_e4: number
  point_value_e4: number
}

/** `multiplier_bp`: 10000 earns what the rate says. */
export interface Tier {
  code: string
  name: string
  from_points: number
  multiplier_bp: number
}

export interface ProgrammeOfPoints {
  name: string
  is_enabled: boolean
  pending_days: number
  rates: Rate[]
  tiers: Tier[]
  excluded_categories: string[]
  /** Points end this many months after they came; null: never. */
  months_valid: number | null
  version: number
  updated_at: Date
}

const COLUMNS = 'name, is_enabled, pending_days, rates, tiers, excluded_categories, months_valid, version, updated_at'

export async function readLoyaltyProgramme(db: Queryable, merchantId: string): Promise<ProgrammeOfPoints | null> {
  const { rows } = await db.query<ProgrammeOfPoints>(
    `select ${COLUMNS} from loyalty_programme where merchant_id = $1`,
    [merchantId],
  )
  return rows[0] ?? null
}

/** Writes the programme whole; the next version when there is one. */
export async function writeLoyaltyProgramme(
  db: Queryable,
  merchantId: string,
  programme: Omit<ProgrammeOfPoints, 'version'>,
): Promise<ProgrammeOfPoints> {
  const { name, is_enabled, pending_days, rates, tiers, excluded_categories, months_valid, updated_at } = programme
  const { rows } = await db.query<ProgrammeOfPoints>(
    `insert into loyalty_programme as p (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $9, 1, $8)
    on conflict (merchant_id) do update set name = $2, is_enabled = $3, pending_days = $4, rates = $5, tiers = $6,
      excluded_categories = $7, months_valid = $9, version = p.version + 1, updated_at = $8
    returning ${COLUMNS}`,
    [
      merchantId,
      name,
      is_enabled,
      pending_days,
      JSON.stringify(rates),
      JSON.stringify(tiers),
      excluded_categories,
      updated_at,
      months_valid,
    ],
  )
  return rows[0] as ProgrammeOfPoints
}

/** Whether points can be spent in a currency. */
export async function hasPointValue(db: Queryable, merchantId: string, currency: string): Promise<boolean> {
  const programme = await readLoyaltyProgramme(db, merchantId)
  return programme?.is_enabled === true && programme.rates.some((rate) => rate.currency === currency)
}
