// What the stories at a counter share: the drawer and the books about it, gift cards, points, and a server that dies.

import assert from 'node:assert/strict'
import { createLimit, type GiftCardView, revealGiftCard } from '../../server/loyalty/index.ts'
import type { TenderInput } from '../../server/payments/payment.ts'
import { keyedHash } from '../../server/vault/index.ts'
import type { Api } from '../api.ts'
import type { Shop } from './shop.ts'

export interface IssuedCard extends GiftCardView {
  code: string
}

/** What lies in the drawers, and what rounding has cost, by the books. */
export async function drawerOf(api: Api): Promise<{ drawer: number; rounding: number }> {
  const { body } = await api.get<{ data: { account: string; debit: number; credit: number }[] }>(
    '/v1/ledger/trial_balance',
  )
  const of = (begin: string) =>
    body.data.filter(({ account }) => account.startsWith(begin)).reduce((sum, row) => sum + row.debit - row.credit, 0)
  return { drawer: of('cash:'), rounding: of('rounding') }
}

/** The words of these stories, over HTTP. */
export function counterShop(shop: Shop) {
  return {
    inCash: (tendered?: number): TenderInput => ({ method: 'cash', cash: { register_id: shop.till, tendered } }),
    /** What `story` changes in the drawer and on the rounding account. */
    async changeOf(story: () => Promise<unknown>): Promise<[number, number]> {
      const before = await drawerOf(shop.api)
      await story()
      const now = await drawerOf(shop.api)
      return [now.drawer - before.drawer, now.rounding - before.rounding]
    },
    async giftCard(amount: number): Promise<IssuedCard> {
      const answer = await shop.api.command('/v1/gift_cards', { amount, currency: 'EUR' })
      assert.equal(answer.status, 201, answer.text)
      return answer.body as unknown as IssuedCard
    },
    /** What stands on a card that came with an order. */
    async codeOf(card: GiftCardView): Promise<string> {
      const limit = createLimit(shop.clock, { windowMs: 1, perCaller: 1, perMerchant: 1 })
      const deps = {
        ...{ db: shop.database.db, clock: shop.clock, newId: shop.payments.newId },
        keyedHash: (merchantId: string, of: { purpose: string; text: string }) =>
          keyedHash(shop.payments, merchantId, of),
        limits: { checks: limit, misses: limit },
      }
      return (await revealGiftCard(deps, shop.keys.merchant_id, card)).code
    },
    withCard: (card: IssuedCard): TenderInput => ({ method: 'gift_card', gift_card: { code: card.code } }),
    balanceOf: async (card: IssuedCard) => (await shop.api.get<GiftCardView>(`/v1/gift_cards/${card.id}`)).body.balance,
    /** A point for every euro, worth a cent. */
    async rewards(): Promise<void> {
      const programme = await shop.api.call('PUT', '/v1/loyalty/programme', {
        ...{ name: 'Friends', is_enabled: true, pending_days: 30, tiers: [], excluded_categories: [] },
        rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
      })
      assert.equal(programme.status, 200, programme.text)
    },
    async withPoints(points: number): Promise<string> {
      const customer = await shop.customer()
      const welcome = { points, currency: 'EUR', reason: 'welcome' }
      await shop.api.command(`/v1/customers/${customer}/loyalty/adjustments`, welcome)
      return customer
    },
    /** To spend, and pending. */
    async pointsOf(customer: string): Promise<[number, number]> {
      await shop.settle()
      const path = `/v1/customers/${customer}/loyalty`
      const { body } = await shop.api.get<{ points: number; pending: number }>(path)
      return [body.points, body.pending]
    },
    /** The server dies once, when it is about to book the `nth` answer from now on. */
    diesBooking(nth = 1): void {
      const { lanes } = shop.payments
      let answers = 0
      shop.payments.lanes = {
        ...lanes,
        commit(fn, merchantId, row, exclusive) {
          if (fn !== 'payment_apply' || ++answers < nth) return lanes.commit(fn, merchantId, row, exclusive)
          shop.payments.lanes = lanes
          return Promise.reject(new Error('the process died'))
        },
      }
    },
  }
}
export type CounterShop = ReturnType<typeof counterShop>
