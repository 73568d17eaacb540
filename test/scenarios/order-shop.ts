// What the stories of orders share: articles, and the way from a cart to an order that is paid.

import assert from 'node:assert/strict'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentInput, TenderInput } from '../../server/payments/payment.ts'
import type { Answer, Refusal } from '../api.ts'
import { CARDS, type Shop } from './shop.ts'

export const ADDRESS = {
  name: 'Ada',
  line1: 'Prinsengracht 1',
  postal_code: '1015 DK',
  city: 'Amsterdam',
  country: 'NL',
}

export interface ChangeView {
  id: string
  state: string
  preview: Pick<OrderView, 'lines' | 'taxes' | 'list' | 'discount' | 'net' | 'tax' | 'total'> & {
    difference: number
    amount_to_pay: number
    amount_to_refund: number
  }
}

/** An article's line in a cart: `{kettle: 2}` by the name that `sells` was given. */
export type Basket = Record<string, number>

/** The words of these stories, over HTTP. */
export function orderShop(shop: Shop) {
  const variants = new Map<string, string>()
  return {
    /** Puts an article on sale; its stock is not counted unless `more` of its variant says so. */
    async sells(name: string, unit_price: string, more: object = {}, product: object = {}): Promise<string> {
      const variant = { sku: name.toUpperCase(), track: 'none', prices: [{ currency: 'EUR', unit_price }], ...more }
      const { status, text, body } = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
        name,
        ...product,
        variants: [variant],
      })
      assert.equal(status, 201, text)
      const id = body.variants[0]?.id as string
      variants.set(name, id)
      return id
    },
    variant: (name: string) => variants.get(name) as string,
    async cart(basket: Basket, more: object = {}): Promise<string> {
      const { status, text, body } = await shop.api.call<{ id: string }>('POST', '/v1/carts', {
        currency: 'EUR',
        channel: 'web',
        shipping_address: ADDRESS,
        lines: Object.entries(basket).map(([name, quantity]) => ({ variant_id: variants.get(name), quantity })),
        ...more,
      })
      assert.equal(status, 201, text)
      return body.id
    },
    place: (cart_id: string, more: object = {}) =>
      shop.api.call<OrderView & Refusal>('POST', '/v1/orders', { cart_id, ...more }),
    async order(basket: Basket, more: object = {}): Promise<OrderView> {
      const { status, text, body } = await this.place(await this.cart(basket), more)
      assert.equal(status, 201, text)
      return body
    },
    async read(id: string): Promise<OrderView> {
      const { status, text, body } = await shop.api.get<OrderView>(`/v1/orders/${id}`)
      assert.equal(status, 200, text)
      return body
    },
    /** Pays all of an order with a card of that kind; `more` changes the payment. */
    async pay(order: Pick<OrderView, 'id' | 'total'>, card: string = CARDS.approved, more: Partial<PaymentInput> = {}) {
      const tender: TenderInput = { method: 'card', token: await shop.api.token(card) }
      return shop.api.pay({ amount: order.total, currency: 'EUR', channel: 'web', order_id: order.id, tender, ...more })
    },
    cancel: (id: string, body: object, options = {}) =>
      shop.api.command(`/v1/orders/${id}/cancel`, body, options) as unknown as Promise<Answer<OrderView & Refusal>>,
    draft: (id: string, body: object) => shop.api.call<ChangeView & Refusal>('POST', `/v1/orders/${id}/changes`, body),
    confirm: (id: string, change: string, options = {}) =>
      shop.api.command(`/v1/orders/${id}/changes/${change}/confirm`, {}, options) as unknown as Promise<
        Answer<ChangeView & Refusal>
      >,
    async history(id: string): Promise<string[]> {
      const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/orders/${id}/history?limit=100`)
      return body.data.map(({ type }) => type)
    },
    async tasks(id: string): Promise<string[]> {
      const { body } = await shop.api.get<{ data: { kind: string }[] }>(`/v1/order_tasks?order_id=${id}`)
      return body.data.map(({ kind }) => kind)
    },
  }
}
export type OrderShop = ReturnType<typeof orderShop>
