// What the stories of returns share: an order whose goods were handed over, and the way back.

import assert from 'node:assert/strict'
import type { OrderView } from '../../server/orders/view.ts'
import type { ReturnView } from '../../server/returns/return.ts'
import type { Answer, CallOptions, Refusal } from '../api.ts'
import { type Basket, orderShop } from './order-shop.ts'
import type { Shop } from './shop.ts'

type Returned = Answer<ReturnView & Refusal>

/** The words of these stories, over HTTP. */
export function returnShop(shop: Shop) {
  const orders = orderShop(shop)
  const shopFloor = shop.keys.registers[0]?.store_id as string
  const step = (id: string, verb: string, body: object = {}) =>
    shop.api.call<ReturnView & Refusal>('POST', `/v1/returns/${id}/${verb}`, body)
  return {
    ...orders,
    /** The shop where goods are brought back. */
    shopFloor,
    async stocked(name: string, unit_price: string, quantity: number): Promise<string> {
      const id = await orders.sells(name, unit_price, { track: 'quantity' })
      const lines = [{ variant_id: id, quantity, reason: 'initial' }]
      const put = await shop.api.call('POST', '/v1/stock/adjustments', { store_id: shopFloor, lines })
      assert.equal(put.status, 201, put.text)
      return id
    },
    async onHand(name: string, store = shopFloor): Promise<Record<string, number>> {
      const path = `/v1/stock?variant_id=${orders.variant(name)}&store_id=${store}`
      const { body } = await shop.api.get<{ data: Record<string, number>[] }>(path)
      return body.data[0] ?? {}
    },
    /** An order taken along from the shop, paid by `pay`, and handed over. */
    async bought(basket: Basket, pay: (order: OrderView) => Promise<unknown>, more: object = {}): Promise<OrderView> {
      const cart = await orders.cart(basket, { channel: 'pos', store_id: shopFloor, ...more })
      const placed = await orders.place(cart)
      assert.equal(placed.status, 201, placed.text)
      await pay(placed.body)
      await shop.settle()
      return orders.read(placed.body.id)
    },
    async ask(order: OrderView, wanted: Basket, more: object = {}): Promise<Returned> {
      const lines = Object.entries(wanted).map(([name, quantity]) => ({
        line_id: order.lines.find((line) => line.variant_id === orders.variant(name))?.id,
        quantity,
      }))
      return shop.api.call('POST', '/v1/returns', {
        ...{ order_id: order.id, channel: 'pos', store_id: shopFloor, reason: 'not wanted', lines, ...more },
      })
    },
    step,
    receive: (id: string, lines: { no: number; quantity: number; disposition: string }[], store = shopFloor) =>
      step(id, 'receive', { store_id: store, lines }),
    settle: (id: string, body: object = {}, options: CallOptions = {}) =>
      shop.api.command(`/v1/returns/${id}/settle`, body, options) as unknown as Promise<Returned>,
    /** Asked for, received in good order and settled. */
    async brought(order: OrderView, wanted: Basket, settlement: object = {}): Promise<ReturnView> {
      const asked = await this.ask(order, wanted)
      assert.equal(asked.status, 201, asked.text)
      const lines = asked.body.lines.map(({ no, requested }) => ({ no, quantity: requested, disposition: 'restock' }))
      const received = await this.receive(asked.body.id, lines)
      assert.equal(received.status, 200, received.text)
      const settled = await this.settle(asked.body.id, settlement)
      assert.equal(settled.status, 200, settled.text)
      return settled.body
    },
    async readReturn(id: string): Promise<ReturnView> {
      await shop.settle()
      return (await shop.api.get<ReturnView>(`/v1/returns/${id}`)).body
    },
  }
}
export type ReturnShop = ReturnType<typeof returnShop>
