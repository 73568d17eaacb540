// The SQL of customers. Each statement is served by the primary key or by (merchant_id, reference).

import type { Queryable } from '../db/pool.ts'

export interface Customer {
  id: string
  reference: string | null
  email: string | null
  name: string | null
  created_at: Date
  /** Counts the changes, from 1. */
  version: number
}

const COLUMNS = 'id, reference, email, name, created_at, version'

/** False when the merchant has a customer with this reference already. */
export async function insertCustomer(db: Queryable, merchantId: string, customer: Customer): Promise<boolean> {
  const { id, reference, email, name, created_at, version } = customer
  const { rowCount } = await db.query(
    `insert into customer (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (merchant_id, reference) do nothing`,
    [merchantId, id, reference, email, name, created_at, version],
  )
  return rowCount === 1
}

export async function readCustomer(db: Queryable, merchantId: string, id: string): Promise<Customer | null> {
  const { rows } = await db.query<Customer>(`select ${COLUMNS} from customer where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0] ?? null
}

/** Reads the row and locks it against other changes until the transaction ends. */
export async function lockCustomer(db: Queryable, merchantId: string, id: string): Promise<Customer | null> {
  const { rows } = await db.query<Customer>(
    `select ${COLUMNS} from customer where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes every field of a locked row. Throws SQLSTATE 23505 when the reference is another customer's. */
export async function updateCustomer(db: Queryable, merchantId: string, customer: Customer): Promise<void> {
  const { id, reference, email, name, version } = customer
  await db.query(
    `update customer set reference = $3, email = $4, name = $5, version = $6 where merchant_id = $1 and id = $2`,
    [merchantId, id, reference, email, name, version],
  )
}

/** Customers after `cursor` in order of id, one more than `limit`; of one reference when that is given. */
export async function listCustomers(
  db: Queryable,
  merchantId: string,
  wanted: { limit: number; cursor?: string | undefined; reference?: string | undefined },
): Promise<Customer[]> {
  const { rows } = await db.query<Customer>(
    `select ${COLUMNS} from customer
    where merchant_id = $1 and id > $2 and ($3::text is null or reference = $3)
    order by id limit $4`,
    [merchantId, wanted.cursor ?? '', wanted.reference ?? null, wanted.limit + 1],
  )
  return rows
}

/** Appends the event of a change, in the transaction that makes it. */
export async function appendEvent(
  tx: Queryable,
  merchantId: string,
  at: Date,
  event: { id: string; type: string; customer: Customer; data: unknown },
): Promise<void> {
  const { id, type, customer, data } = event
  const row = { id, type, object_type: 'customer', object_id: customer.id, object_version: customer.version, data }
  await tx.query('select event_append($1, $2, $3)', [merchantId, at, JSON.stringify([row])])
}
