// The SQL of changes after an order was placed.

import type { Queryable, Tx } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'

export interface OrderChange {
  id: string
  order_id: string
  state: 'draft' | 'confirmed' | 'declined'
  /** The order's revision it was made of. */
  revision: number
  /** What was asked for. */
  actions: Record<string, unknown>
  /** The order as it will be, as the API shows it. */
  preview: Record<string, unknown>
  /** What confirming writes. */
  plan: unknown
  created_at: Date
  decided_at: Date | null
}

const CHANGE = 'id, order_id, state, revision, actions, preview, plan, created_at, decided_at'

/** A change, or null. */
export async function readChange(
  db: Queryable,
  merchantId: string,
  orderId: string,
  id: string,
): Promise<OrderChange | null> {
  const { rows } = await db.query<OrderChange>(
    `select ${CHANGE} from order_change where merchant_id = $1 and order_id = $2 and id = $3`,
    [merchantId, orderId, id],
  )
  return rows[0] ?? null
}

/** Changes of an order, newest first, one more than `limit`. */
export async function listChanges(
  db: Queryable,
  merchantId: string,
  orderId: string,
  page: { limit: number; cursor?: string },
): Promise<OrderChange[]> {
  const { rows } = await db.query<OrderChange>(
    `select ${CHANGE} from order_change where merchant_id = $1 and order_id = $2 and ($3::text is null or id < $3)
     order by id desc limit $4`,
    [merchantId, orderId, page.cursor ?? null, page.limit + 1],
  )
  return rows
}

export interface NewChange {
  id: string
  order_id: string
  state: 'draft' | 'confirmed'
  revision: number
  actions: unknown
  preview: unknown
  plan: unknown
  by: string
  key: string | null
  at: Date
}

/** Writes a change: a draft, or one that is confirmed as it is made. */
export async function insertChange(tx: Tx, merchantId: string, change: NewChange): Promise<void> {
  const isDecided = change.state === 'confirmed'
  await tx.query(
    `insert into order_change (merchant_id, order_id, id, state, revision, actions, preview, plan, created_by, created_at,
       decided_by, decided_at, key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      merchantId,
      change.order_id,
      change.id,
      change.state,
      change.revision,
      jsonOf(change.actions),
      jsonOf(change.preview),
      jsonOf(change.plan),
      change.by,
      change.at,
      isDecided ? change.by : null,
      isDecided ? change.at : null,
      change.key,
    ],
  )
}

/** True when a command with this key has changed the order. */
export async function hasChangeOfKey(tx: Tx, merchantId: string, orderId: string, key: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    'select 1 from order_change where merchant_id = $1 and order_id = $2 and key = $3',
    [merchantId, orderId, key],
  )
  return rowCount !== 0
}

/** Decides a draft. False when it was decided before: of two at once, one decides. */
export async function decideChange(
  tx: Tx,
  merchantId: string,
  change: { orderId: string; id: string },
  decision: { state: 'confirmed' | 'declined'; by: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update order_change set state = $4, decided_by = $5, decided_at = $6
     where merchant_id = $1 and order_id = $2 and id = $3 and state = 'draft'`,
    [merchantId, change.orderId, change.id, decision.state, decision.by, decision.at],
  )
  return rowCount === 1
}
