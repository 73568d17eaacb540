// Uses: held when an order is placed, used when it is confirmed, released when it is given up. Each is one call of SQL in the
// transaction of the order, so that a use and its order stand or fall together.

import type { Tx } from '../db/pool.ts'
import { amountOut } from '../lib/money.ts'
import type { PromotionUse } from '../totals/index.ts'
import { type HoldRefusal, holdRows, settleRows } from './store.ts'

export interface OrderUses {
  order_id: string
  /** Null: nobody known, who can use nothing that is limited per customer. */
  customer_id: string | null
  /** As applyPromotions answered. */
  uses: readonly PromotionUse[]
  at: Date
}

export type HoldOutcome = { ok: true } | { ok: false; promotion_id: string; reason: HoldRefusal['reason'] }

/**
 * Holds all promotions of an order, or none. A repeat for the same order changes nothing and is ok. Refused: `exhausted`, the
 * promotion was used as often as it may be; `per_customer`, by this customer, or nobody is known; `code_used`, the code was,
 * or it opens something else. A refusal has written nothing, and leaves the transaction usable. Takes the locks of the
 * promotions by id, then of the codes; call it before events are appended.
 */
export async function holdUses(tx: Tx, merchantId: string, order: OrderUses): Promise<HoldOutcome> {
  if (order.uses.length === 0) return { ok: true }
  const { order_id, customer_id, at } = order
  const rows = order.uses.map(({ promotion_id, code, amount }) => ({
    order_id,
    promotion_id,
    code,
    customer_id,
    amount: amountOut(amount),
    at,
  }))
  const [refusal] = await holdRows(tx, merchantId, rows)
  return refusal ? { ok: false, promotion_id: refusal.promotion_id, reason: refusal.reason } : { ok: true }
}

/**
 * Ends the holds of orders. `used`: final. `released`: held and used ones count no more, for good. A repeat changes nothing, and
 * an order without promotions is fine. Answers how many uses changed.
 */
export async function settleUses(
  tx: Tx,
  merchantId: string,
  orderIds: readonly string[],
  state: 'used' | 'released',
  at: Date,
): Promise<bigint> {
  return orderIds.length === 0 ? 0n : settleRows(tx, merchantId, { orderIds, state, at })
}
