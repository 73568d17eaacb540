// What lies in the demo retailer's stores when it opens: enough of nearly everything, the last few of some, and some that a store
// does not have, so that looking nearby and sending from elsewhere have something to show.

import { type Adjustment, adjust } from './adjust.ts'
import type { StockDeps } from './deps.ts'
import { configOf } from './sources.ts'
import { hasMovements } from './store.ts'

/** An article whose stock is counted. */
export interface DemoGoods {
  id: string
  sku: string | null
  unit: string
}

/** Only these are in the web shop alone, so few that a reader can sell them out. */
const LAST_FEW: Record<string, bigint> = { 'KP-BASKET': 3n }

/** Brings the first goods into the stores of a merchant whose stock never moved; else does nothing. Answers how many levels it made. */
export async function seedDemoStock(
  deps: StockDeps,
  merchantId: string,
  /** Asked only when they are needed: a second start is to be quick. */
  readGoods: () => Promise<readonly DemoGoods[]>,
): Promise<number> {
  if (await hasMovements(deps.db, merchantId)) return 0
  const goods = await readGoods()
  const { stores } = await configOf(deps, merchantId)
  let made = 0
  for (const [nth, store] of [...stores.values()].entries()) {
    const lines = goods.flatMap((one, i): Adjustment[] => {
      const quantity = openingStock(one, { isWeb: store.kind === 'web', turn: nth + i })
      return quantity === 0n ? [] : [{ variant_id: one.id, quantity, reason: 'initial' }]
    })
    if (lines.length === 0) continue
    await adjust(deps, merchantId, { storeId: store.id, lines, reference: `opening stock ${store.id}`, actor: 'demo' })
    made += lines.length
  }
  return made
}

/** In shops 2 to 12 of an article, and every seventh time none; in the web shop 40. What is weighed comes by the kilogram. */
function openingStock({ sku, unit }: DemoGoods, { isWeb, turn }: { isWeb: boolean; turn: number }): bigint {
  const last = LAST_FEW[sku ?? '']
  if (last !== undefined) return isWeb ? last : 0n
  const pieces = isWeb ? 40 : turn % 7 === 3 ? 0 : 2 + ((turn * 5) % 11)
  return BigInt(unit === 'piece' ? pieces : pieces * 1000)
}
