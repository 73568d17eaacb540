// The SQL of customers. Each statement is served by the primary key, by (merchant_id, reference) or by customer_by_email.

import { scopedKey } from '../db/load-many.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'

export interface Customer {
  id: string
  reference: string | null
  email: string | null
  name: string | null
  phone: string | null
  locale: string | null
  groups: string[]
  merged_into: string | null
  created_at: Date
  /** Counts the changes, from 1. */
  version: number
}

const COLUMNS = 'id, reference, email, name, phone, locale, groups, merged_into, created_at, version'

/** False when the merchant has a customer with this reference already. */
export async function insertCustomer(db: Queryable, merchantId: string, customer: Customer): Promise<boolean> {
  const { id, reference, email, name, phone, locale, groups, created_at, version } = customer
  const { rowCount } = await db.query(
    `insert into customer (merchant_id, id, reference, email, name, phone, locale, groups, created_at, version)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (merchant_id, reference) do nothing`,
    [merchantId, id, reference, email, name, phone, locale, groups, created_at, version],
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

/** The groups of each customer that is there; one that was merged has those of the profile that remained. */
export async function readGroups(
  db: Queryable,
  merchantIds: readonly string[],
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ merchant_id: string; id: string; groups: string[] }>(
    `select k.merchant_id, k.id, c.groups from unnest($1::text[], $2::text[]) k (merchant_id, id)
     join customer asked on asked.merchant_id = k.merchant_id and asked.id = k.id
     join customer c on c.merchant_id = k.merchant_id
       and c.id = case when asked.merged_into is null then asked.id else customer_now(k.merchant_id, asked.id) end`,
    [merchantIds, ids],
  )
  return new Map(rows.map(({ merchant_id, id, groups }) => [scopedKey(merchant_id, id), groups]))
}

/** Reads the row and locks it against other changes until the transaction ends. */
export async function lockCustomer(db: Queryable, merchantId: string, id: string): Promise<Customer | null> {
  const { rows } = await db.query<Customer>(
    `select ${COLUMNS} from customer where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** As lockCustomer, but others may hold it at the same time: it keeps the profile from being merged. */
export async function holdCustomer(tx: Tx, merchantId: string, id: string): Promise<Customer | null> {
  const { rows } = await tx.query<Customer>(
    `select ${COLUMNS} from customer where merchant_id = $1 and id = $2 for share`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Writes every field of a locked row. Throws SQLSTATE 23505 when the reference is another customer's. */
export async function updateCustomer(db: Queryable, merchantId: string, customer: Customer): Promise<void> {
  const { id, reference, email, name, phone, locale, groups, merged_into, version } = customer
  await db.query(
    `update customer set reference = $3, email = $4, name = $5, phone = $6, locale = $7, groups = $8, merged_into = $9,
       version = $10
     where merchant_id = $1 and id = $2`,
    [merchantId, id, reference, email, name, phone, locale, groups, merged_into, version],
  )
}

export interface CustomerFilter {
  limit: number
  cursor?: string | undefined
  reference?: string | undefined
  email?: string | undefined
}

/** Customers after `cursor` in order of id, one more than `limit`; of one reference or e-mail address when that is given. */
export async function listCustomers(db: Queryable, merchantId: string, wanted: CustomerFilter): Promise<Customer[]> {
  const values: unknown[] = [merchantId, wanted.cursor ?? '', wanted.limit + 1]
  const where = ['merchant_id = $1', 'id > $2']
  if (wanted.reference !== undefined) where.push(`reference = $${values.push(wanted.reference)}`)
  if (wanted.email !== undefined) where.push(`lower(email) = lower($${values.push(wanted.email)})`)
  const { rows } = await db.query<Customer>(
    `select ${COLUMNS} from customer where ${where.join(' and ')} order by id limit $3`,
    values,
  )
  return rows
}

/** More people whose names begin so than anybody looks through: then more of the name must be said. */
const MOST_BEGINNINGS = 2_000
/** People who bear one name in whole. Beyond them, which of them are the newest is not looked for. */
const MOST_NAMESAKES = 20_000

/**
 * Customers by their names, the part of their address before the @, or their telephone number, at most `limit`: first those of whom every
 * word is said in whole, then those whose name begins with what is said, in order of the alphabet, then those with words that begin with
 * it; else the newest first. Served by customer_by_words and customer_by_name, and each way stops by itself, whatever the number of customers.
 */
export async function findCustomers(
  db: Queryable,
  merchantId: string,
  said: string,
  limit: number,
): Promise<Customer[]> {
  const isThere = 'merchant_id = $1 and merged_into is null'
  const words = `select id from customer where ${isThere} and coalesce(name, email, phone) is not null
    and person_words(merchant_id, name, email, phone) @@`
  const name = 'left(person_fold(name), 80) collate "C"'
  const { rows } = await db.query<Customer>(
    `with
     namesake as materialized (
       ${words} replace(person_query($1, $2)::text, ':*', '')::tsquery limit ${MOST_NAMESAKES}),
     beginning as materialized (
       ${words} person_query($1, $2) limit ${MOST_BEGINNINGS}),
     found as (
       (select id, 0 as rank from namesake order by id desc limit $3)
       union all
       (select id, 1 from customer where ${isThere} and name is not null
          and ${name} >= person_fold($4) and ${name} < person_fold($4) || chr(1114111)
        order by ${name}, id limit $3)
       union all
       (select id, 2 from beginning order by id desc limit $3)),
     best as (select id, min(rank) as rank from found group by id)
     select ${COLUMNS} from customer join best using (id) where merchant_id = $1
     order by rank, case when rank = 1 then ${name} end, id desc limit $3`,
    [merchantId, said, limit, said.trim().slice(0, MOST_SAID)],
  )
  return rows
}

/** As much of a name as customer_by_name holds. */
const MOST_SAID = 80

/** The profile and all that was merged into it. */
export async function personOf(db: Queryable, merchantId: string, id: string): Promise<string[]> {
  const { rows } = await db.query<{ ids: string[] }>('select customer_person($1, $2) as ids', [merchantId, id])
  return rows[0]?.ids ?? [id]
}

/** The profile that an id stands for today: the one it was merged into, or itself. */
export async function currentProfile(db: Queryable, merchantId: string, id: string): Promise<string> {
  const { rows } = await db.query<{ id: string }>('select customer_now($1, $2) as id', [merchantId, id])
  return rows[0]?.id ?? id
}

/** The profile and those it was merged into, from it up to the one that it stands for today. */
export async function profilesUpFrom(db: Queryable, merchantId: string, id: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `with recursive up (id, depth) as (
       select $2::text collate "C", 0
       union all
       select c.merged_into, up.depth + 1 from up join customer c on c.merchant_id = $1 and c.id = up.id
         where c.merged_into is not null and up.depth < 100
     ) select id from up order by depth`,
    [merchantId, id],
  )
  return rows.map((row) => row.id)
}

/** Counts a change to something that belongs to the customer. The caller holds the row's lock. */
export async function bumpVersion(tx: Queryable, merchantId: string, customer: Customer): Promise<Customer> {
  const version = customer.version + 1
  await tx.query('update customer set version = $3 where merchant_id = $1 and id = $2', [
    merchantId,
    customer.id,
    version,
  ])
  return { ...customer, version }
}

/** Appends the event of a change, in the transaction that makes it. */
export async function appendEvent(
  tx: Tx,
  merchantId: string,
  at: Date,
  event: { id: string; type: string; customer: Pick<Customer, 'id' | 'version'>; data: unknown },
): Promise<void> {
  const { id, type, customer, data } = event
  const row = { id, type, object_type: 'customer', object_id: customer.id, object_version: customer.version, data }
  await appendEvents(tx, merchantId, at, [row])
}
