// What the stories of fulfilments share: stock that came in, and the words of a stock room and a counter over HTTP.

import assert from 'node:assert/strict'
import { transact } from '../../server/db/pool.ts'
import type { ShownFulfilment as FulfilmentView } from '../../server/fulfilments/show.ts'
import { move } from '../../server/stock/index.ts'
import type { Answer, Refusal } from '../api.ts'
import { orderShop } from './order-shop.ts'
import type { Shop } from './shop.ts'

export type Told = FulfilmentView & Refusal & { code?: string }
type Options = { key?: string | null }

export function fulfilmentShop(shop: Shop) {
  const orders = orderShop(shop)
  const web = shop.keys.stores[0]?.id as string
  const till = shop.keys.registers[0]?.store_id as string
  const command = (id: string, verb: string, body: object, options: Options = {}) =>
    shop.api.command(`/v1/fulfilments/${id}/${verb}`, body, options as never) as unknown as Promise<Answer<Told>>
  /** Gives the web shop's place a counter, for stories that need two. */
  async function openCounter(): Promise<void> {
    const capabilities = ['sell', 'endless_aisle', 'pickup', 'ship_from', 'return']
    const { status, text } = await shop.api.call('PATCH', `/v1/stores/${web}`, { capabilities })
    assert.equal(status, 200, text)
  }
  return {
    openCounter,
    ...orders,
    web,
    till,
    /** Goods come in at a store. */
    async receive(name: string, store_id: string, quantity: bigint): Promise<void> {
      const movement = {
        variant_id: orders.variant(name),
        store_id,
        kind: 'receive' as const,
        reason: 'received',
        quantity,
      }
      await transact(shop.database.db, (tx) =>
        move(shop.payments, tx, shop.keys.merchant_id, [movement], { at: shop.clock.now() }),
      )
    },
    /** On hand, and of it reserved. */
    async level(name: string, store_id: string): Promise<[number, number]> {
      const { rows } = await shop.database.db.query<{ on_hand: bigint; reserved: bigint }>(
        'select on_hand, reserved from stock_level where variant_id = $1 and store_id = $2',
        [orders.variant(name), store_id],
      )
      return [Number(rows[0]?.on_hand ?? 0n), Number(rows[0]?.reserved ?? 0n)]
    },
    async fulfilments(order: string): Promise<FulfilmentView[]> {
      const { status, text, body } = await shop.api.get<{ data: FulfilmentView[] }>(`/v1/orders/${order}/fulfilments`)
      assert.equal(status, 200, text)
      return body.data
    },
    async fulfilment(id: string): Promise<FulfilmentView> {
      const { status, text, body } = await shop.api.get<FulfilmentView>(`/v1/fulfilments/${id}`)
      assert.equal(status, 200, text)
      return body
    },
    /** Any verb, whatever it answers. */
    tell: (id: string, verb: string, body: object = {}, headers: Record<string, string> = {}) =>
      shop.api.call<Told>('POST', `/v1/fulfilments/${id}/${verb}`, body, { headers } as never),
    /** The verbs in their order; answers what the last one said. */
    async does(id: string, ...verbs: string[]): Promise<Told> {
      let last: Told | undefined
      for (const verb of verbs) {
        const { status, text, body } = await shop.api.call<Told>('POST', `/v1/fulfilments/${id}/${verb}`, {})
        assert.equal(status, 200, text)
        last = body
      }
      return last as Told
    },
    collect: (id: string, body: object, options?: Options) => command(id, 'collect', body, options),
    ship: (id: string, options?: Options) =>
      command(id, 'ship', { tracking: { carrier: 'PostNL', number: `3S${id.slice(-6)}` } }, options),
    async paymentsOf(order: string) {
      const { body } = await shop.api.get<{ data: { id: string; amount_captured: number; status: string }[] }>(
        `/v1/payments?order_id=${order}`,
      )
      return body.data
    },
  }
}
