// What the stories of exchanges share: a jacket that was paid in three ways comes back, and something else is taken instead.

import assert from 'node:assert/strict'
import type { OrderView } from '../../server/orders/view.ts'
import type { CounterShop, IssuedCard } from './counter-shop.ts'
import type { ReturnShop } from './return-shop.ts'
import type { Shop } from './shop.ts'

export interface Exchange {
  id: string
  state: string
  payment_id: string
  amount_returned: number
  amount_credited: number
  amount_due: number
  amount_back: number
  code?: string
}

export interface Visit {
  customer: string
  card: IssuedCard
  order: OrderView
  returned: string
}

/** The words of these stories. The jacket, the coat and the scarf must be in the shop, and points worth something. */
export function exchangeShop(shop: Shop, floor: ReturnShop, counter: CounterShop) {
  /** Ada buys the jacket with 500 points, 20.00 of a gift card and 24.95 in cash, and some days later brings it back. */
  async function broughtBack(): Promise<Visit> {
    const customer = await counter.withPoints(500)
    const card = await counter.giftCard(2000)
    const buy = async (placed: OrderView) => {
      const first = await shop.api.pay({
        ...{ amount: placed.total, currency: 'EUR', channel: 'pos', order_id: placed.id, customer_id: customer },
        tender: { method: 'points', amount: 500 },
      })
      await shop.api.tender(first.body.id, { ...counter.withCard(card), amount: 2000 })
      const paid = await shop.api.tender(first.body.id, counter.inCash(3000))
      assert.deepEqual([paid.body.status, paid.body.tenders[2]?.cash], ['captured', { tendered: 3000, change: 505 }])
    }
    const order = await floor.bought({ jacket: 1 }, buy, { customer_id: customer })
    assert.deepEqual([await counter.pointsOf(customer), await counter.balanceOf(card)], [[0, 44], 0])
    const asked = await floor.ask(order, { jacket: 1 })
    await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'restock' }])
    return { customer, card, order, returned: asked.body.id }
  }

  async function wanted(name: string, { customer }: Visit): Promise<OrderView> {
    const cart = await floor.cart({ [name]: 1 }, { channel: 'pos', store_id: floor.shopFloor, customer_id: customer })
    return (await floor.place(cart)).body
  }

  const exchange = (return_id: string, order_id: string) =>
    shop.api.command('/v1/exchanges', { return_id, order_id }) as unknown as Promise<{
      status: number
      text: string
      body: Exchange
    }>
  const readExchange = async (id: string) => (await shop.api.get<Exchange>(`/v1/exchanges/${id}`)).body
  return { broughtBack, wanted, exchange, readExchange }
}
export type ExchangeShop = ReturnType<typeof exchangeShop>
