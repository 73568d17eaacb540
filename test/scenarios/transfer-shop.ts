// What the stories share of goods that are brought from another store: one article, the lamp, of which none is anywhere.

import assert from 'node:assert/strict'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import type { Shop } from './shop.ts'

interface TransferView {
  id: string
  from_store_id: string
  to_store_id: string
  state: string
  lines: { variant_id: string; quantity: number; received: number; promised: number }[]
}

export function transferShop(shop: Shop) {
  const at = fulfilmentShop(shop)
  const transfers = async (order: string): Promise<TransferView[]> =>
    (await shop.api.get<{ data: TransferView[] }>(`/v1/transfers?reference=${order}`)).body.data
  const askTransfer = (id: string, verb: string, body: object = {}) =>
    shop.api.call<TransferView>('POST', `/v1/transfers/${id}/${verb}`, body)
  /** A cart of lamps that are handed over in the till's store. */
  const collected = (quantity: number, mode = 'collect') => ({
    lines: [{ variant_id: at.variant('lamp'), quantity, fulfilment: { mode, store_id: at.till } }],
  })
  async function ordered(cart: object, more: object = {}): Promise<OrderView> {
    const placed = await at.place(await at.cart({}, cart), more)
    assert.equal(placed.status, 201, placed.text)
    return placed.body
  }
  return {
    ...at,
    transfers,
    askTransfer,
    collected,
    ordered,
    arrival: (received: number, more: object = {}) => ({
      lines: [{ variant_id: at.variant('lamp'), received, ...more }],
      final: true,
    }),
    async moveTransfer(id: string, verb: string, body: object = {}): Promise<TransferView> {
      const answer = await askTransfer(id, verb, body)
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
    /** Lamps on hand and reserved, in the store of the till and in the web shop's. */
    shelves: async (): Promise<unknown> => [await at.level('lamp', at.till), await at.level('lamp', at.web)],
    /** The fulfilments of an order: state, units, and the state of the transfer they wait for. */
    waits: async (order: string): Promise<unknown> =>
      (await at.fulfilments(order)).map(({ state, transfer_state, lines }) => [
        state,
        lines.reduce((sum, line) => sum + line.quantity - line.dropped, 0),
        transfer_state,
      ]),
    /** Paid on the web, to be collected at the till's store; answers the order, its waiting fulfilment and the transfer. */
    async paid(quantity: number): Promise<{ order: OrderView; id: string; transfer: string }> {
      const order = await ordered(collected(quantity))
      assert.equal((await at.pay(order)).status, 201)
      const waiting = (await at.fulfilments(order.id)).find(({ transfer_id }) => transfer_id !== null)
      return { order, id: waiting?.id as string, transfer: waiting?.transfer_id as string }
    },
  }
}
export type TransferShop = ReturnType<typeof transferShop>
