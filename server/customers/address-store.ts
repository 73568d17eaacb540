// The SQL of customers' addresses.

import type { Queryable } from '../db/pool.ts'

export interface AddressRow {
  id: string
  customer_id: string
  name: string | null
  lines: string[]
  postal_code: string | null
  city: string
  region: string | null
  country: string
  phone: string | null
  is_default: boolean
  version: number
  created_at: Date
}

const COLUMNS =
  'id, customer_id, name, lines, postal_code, city, region, country, phone, is_default, version, created_at'

export async function insertAddress(db: Queryable, merchantId: string, row: AddressRow): Promise<void> {
  await db.query(
    `insert into customer_address (merchant_id, ${COLUMNS})
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [merchantId, ...valuesOf(row)],
  )
}

export async function updateAddress(db: Queryable, merchantId: string, row: AddressRow): Promise<void> {
  await db.query(
    `update customer_address set customer_id = $3, name = $4, lines = $5, postal_code = $6, city = $7, region = $8,
       country = $9, phone = $10, is_default = $11, version = $12, created_at = $13
     where merchant_id = $1 and id = $2`,
    [merchantId, ...valuesOf(row)],
  )
}

export async function listAddresses(db: Queryable, merchantId: string, customerIds: string[]): Promise<AddressRow[]> {
  const { rows } = await db.query<AddressRow>(
    `select ${COLUMNS} from customer_address where customer_id = any ($2) and merchant_id = $1
     order by is_default desc, id`,
    [merchantId, customerIds],
  )
  return rows
}

export async function lockAddress(
  db: Queryable,
  merchantId: string,
  of: { customerId: string; addressId: string },
): Promise<AddressRow | null> {
  const { rows } = await db.query<AddressRow>(
    `select ${COLUMNS} from customer_address where merchant_id = $1 and id = $2 and customer_id = $3 for update`,
    [merchantId, of.addressId, of.customerId],
  )
  return rows[0] ?? null
}

export async function clearDefault(db: Queryable, merchantId: string, customerId: string): Promise<void> {
  await db.query(
    'update customer_address set is_default = false where customer_id = $2 and merchant_id = $1 and is_default',
    [merchantId, customerId],
  )
}

export async function deleteAddress(db: Queryable, merchantId: string, id: string): Promise<void> {
  await db.query('delete from customer_address where merchant_id = $1 and id = $2', [merchantId, id])
}

function valuesOf(row: AddressRow): unknown[] {
  return [
    row.id,
    row.customer_id,
    row.name,
    row.lines,
    row.postal_code,
    row.city,
    row.region,
    row.country,
    row.phone,
    row.is_default,
    row.version,
    row.created_at,
  ]
}

/** Gives the addresses of one profile to another; none of them is the other's default. Answers which. */
export async function moveAddresses(
  db: Queryable,
  merchantId: string,
  move: { ids?: string[]; from: string; to: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `update customer_address set customer_id = $3, is_default = false
     where customer_id = $2 and merchant_id = $1 and ($4::text[] is null or id = any ($4)) returning id`,
    [merchantId, move.from, move.to, move.ids ?? null],
  )
  return rows.map(({ id }) => id)
}
