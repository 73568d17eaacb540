// What is asked of stores, against what they can: a store that hands out no orders is no place to collect one, and a till that sells
// only what stands on its shelf sends nothing from elsewhere. Capabilities are read as they stand when the order is placed or edited.

import { Problem } from '../lib/problem.ts'
import type { Capability, Store } from '../merchants/index.ts'
import { poolOf } from '../stock/index.ts'
import type { OrderDeps } from './deps.ts'
import type { Wanted } from './source.ts'

/** Who sells. */
export interface Seller {
  channel: string
  store_id: string | null
}

/** Channels whose store is the one the customer stands in. */
const AT_THE_COUNTER: ReadonlySet<string> = new Set(['pos', 'kiosk'])

/**
 * Refuses lines that a store cannot serve, and answers the one store that the rest must come from: that of a till without
 * `endless_aisle`. Throws validation-error.
 */
export async function checkStores(
  deps: OrderDeps,
  merchantId: string,
  seller: Seller,
  goods: readonly Wanted[],
): Promise<string | undefined> {
  const merchant = await deps.merchantCache.get(merchantId)
  if (!merchant) throw new Error('an order of a merchant that does not exist')
  const storeOf = (id: string | null) => (id === null ? undefined : merchant.stores.get(id))
  const till = AT_THE_COUNTER.has(seller.channel) ? storeOf(seller.store_id) : undefined
  const sellsAll = till === undefined || can(till, 'endless_aisle')
  for (const each of goods) {
    const store = storeOf(each.store_id)
    if (till && !can(till, 'sell')) throw cannot(each, `is sold at a till in ${till.name}, which does not sell`)
    if (each.mode === 'take_away' && store && !can(store, 'sell'))
      throw cannot(each, `is taken along in ${store.name}, which does not sell`)
    if (each.mode !== 'collect' && each.mode !== 'ship_to_store') continue
    if (store && !can(store, 'pickup'))
      throw cannot(each, `is collected in ${store.name}, where no orders are collected`)
    if (!sellsAll && store?.id !== till?.id)
      throw cannot(each, `is collected elsewhere, and the till in ${till?.name} sells only what is there`)
  }
  const sent = goods.filter(({ mode, store_id }) => mode === 'ship' && store_id !== null)
  if (sent.length > 0) {
    const pool = await poolOf(deps, merchant, seller.channel)
    for (const each of sent) {
      if (!pool.some(({ id }) => id === each.store_id))
        throw cannot(each, 'is to be sent by a store from which this channel sends nothing')
      if (!sellsAll && each.store_id !== till?.id)
        throw cannot(each, `is sent from elsewhere, and the till in ${till?.name} sells only what is there`)
    }
  }
  return sellsAll ? undefined : till?.id
}

function can({ capabilities }: Pick<Store, 'capabilities'>, what: Capability): boolean {
  return capabilities.includes(what)
}

function cannot({ named }: Wanted, what: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer: named.way, detail: `${named.name} ${what}.` }] })
}
