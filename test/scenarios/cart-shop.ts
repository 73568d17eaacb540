// A shop for stories about carts: articles with prices, tills, and pages that hold a cart by its secret.

import assert from 'node:assert/strict'
import type { CartView } from '../../server/carts/view.ts'
import { transact } from '../../server/db/pool.ts'
import { move } from '../../server/stock/index.ts'
import { type Api, type CallOptions, createApi, type HttpMethod, type Refusal } from '../api.ts'
import { openShop, type Shop } from './shop.ts'

/** A cart, or the refusal that came instead of it. */
export type CartAnswer = CartView & Refusal & { secret?: string }

export type CartShop = Awaited<ReturnType<typeof openCartShop>>

export async function openCartShop(shop?: Shop) {
  const base = shop ?? (await openShop())
  const { api, keys } = base
  const page = createApi(base.send, keys.publishable_key, 'page')
  const store = keys.registers[0]?.store_id as string
  let made = 0

  /** An article whose stock nobody counts, unless `variant` says otherwise; `price` in major units. */
  async function article(price: string, more: object = {}, variant: object = { track: 'none' }): Promise<string> {
    const n = ++made
    const answer = await api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
      name: `Article ${n}`,
      variants: [{ sku: `A-${n}`, prices: [{ currency: 'EUR', unit_price: price }], ...variant }],
      ...more,
    })
    assert.equal(answer.status, 201, answer.text)
    return answer.body.variants[0]?.id as string
  }

  return {
    ...base,
    page,
    store,
    article,
    async setPrice(variant: string, price: string): Promise<void> {
      const answer = await api.call('PATCH', `/v1/variants/${variant}`, {
        prices: [{ currency: 'EUR', unit_price: price }],
      })
      assert.equal(answer.status, 200, answer.text)
    },
    /** Goods come into the store, or leave it when the quantity is negative. */
    async stock(variant_id: string, quantity: number): Promise<void> {
      const movement = { variant_id, store_id: store, quantity: BigInt(quantity), reason: 'story' }
      const deps = { newId: base.payments.newId }
      await transact(base.database.db, (tx) =>
        move(deps, tx, keys.merchant_id, [{ ...movement, kind: quantity > 0 ? 'receive' : 'adjust' }], {
          at: base.clock.now(),
        }),
      )
    },
    /** An offer that `code` opens. */
    async offer(code: string, rule: object, more: object = {}): Promise<string> {
      const made = await api.call<{ id: string }>('POST', '/v1/promotions', {
        name: code,
        rule,
        needs_code: true,
        ...more,
      })
      assert.equal(made.status, 201, made.text)
      const codes = await api.call('POST', `/v1/promotions/${made.body.id}/codes`, { codes: [code], max_uses: null })
      assert.equal(codes.status, 201, codes.text)
      return made.body.id
    },
    /** Takes an article off sale. */
    async withdraw(variant: string): Promise<void> {
      const answer = await api.call('PATCH', `/v1/variants/${variant}`, { is_active: false })
      assert.equal(answer.status, 200, answer.text)
    },
    /** A cart of the merchant's, with quantities by article. */
    async cart(articles: Record<string, number>, more: object = {}, by: Api = api): Promise<CartAnswer> {
      const lines = Object.entries(articles).map(([variant_id, quantity]) => ({ variant_id, quantity }))
      const answer = await by.call<CartAnswer>('POST', '/v1/carts', { currency: 'EUR', channel: 'web', lines, ...more })
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    },
    /** Calls that a device makes which holds a cart by its secret. */
    device: (secret: string | undefined) => ({
      call: (method: HttpMethod, path: string, body?: unknown, options: CallOptions = {}) =>
        page.call<CartAnswer>(method, path, body, {
          ...options,
          headers: { ...options.headers, ...(secret === undefined ? {} : { 'cart-secret': secret }) },
        }),
    }),
    till_id: base.till,
    till: (method: HttpMethod, path: string, body?: unknown, options?: CallOptions) =>
      api.call<CartAnswer>(method, path, body, options),
    async read(id: string): Promise<CartAnswer> {
      const answer = await api.call<CartAnswer>('GET', `/v1/carts/${id}`)
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
    /** Types of what happened to an object, oldest first. */
    async events(id: string): Promise<string[]> {
      const { body } = await api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${id}&limit=100`)
      return body.data.map(({ type }) => type)
    },
  }
}

/** Quantities by article. */
export function quantities(cart: CartView): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { variant_id, quantity } of cart.lines) sums[variant_id] = (sums[variant_id] ?? 0) + quantity
  return sums
}
