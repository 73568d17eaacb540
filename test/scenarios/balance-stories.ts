// Stories that move gift cards, store credit and points in every way that is told: given, held, captured in parts, let go, spent,
// refunded, blocked, moved, sold, taken back, merged, ended.

import assert from 'node:assert/strict'
import type { GiftCardView } from '../../server/loyalty/index.ts'
import type { ReturnShop } from './return-shop.ts'
import { CARDS, DAY, type Shop } from './shop.ts'

type Card = GiftCardView & { code: string }
/** Opened before the first story runs. */
type Places = () => { shop: Shop; floor: ReturnShop }

export function balanceStories(places: Places): Record<string, () => Promise<undefined>> {
  const post = async <T = { id: string }>(path: string, body: object = {}): Promise<T> => {
    const answer = await places().shop.api.command(path, body)
    assert.ok(answer.status < 300, `${path}: ${answer.text}`)
    return answer.body as T
  }
  const put = async (path: string, body: object): Promise<void> => {
    const answer = await places().shop.api.call('PUT', path, body)
    assert.ok(answer.status < 300, `${path}: ${answer.text}`)
  }
  const issue = (amount?: number, more: object = {}) =>
    post<Card>('/v1/gift_cards', { amount, currency: 'EUR', ...more })
  const adjust = (customer: string, of: 'store_credit' | 'loyalty', more: object) =>
    post(`/v1/customers/${customer}/${of}/adjustments`, { currency: 'EUR', reason: 'welcome', ...more })

  /** Charged and refunded; held, captured in parts and let go; held and cancelled. */
  async function used(tender: object, more: object = {}): Promise<void> {
    const { api } = places().shop
    const sale = { amount: 1000, currency: 'EUR', channel: 'web', ...more } as const
    const charge = async (capture: 'automatic' | 'manual') => {
      const paid = await api.pay({ ...sale, capture, tender: tender as { method: string } })
      assert.equal(paid.body.status, capture === 'manual' ? 'authorized' : 'captured', paid.text)
      return paid.body.id
    }
    const spent = await charge('automatic')
    assert.equal((await api.refund(spent, { amount: 400 })).body.amount_refunded, 400)
    const held = await charge('manual')
    assert.equal((await api.capture(held, { amount: 300 })).body.amount_captured, 300)
    assert.equal((await api.capture(held, { amount: 200, final: true })).body.amount_captured, 500)
    const given_up = await charge('manual')
    assert.equal((await api.cancel(given_up)).body.status, 'canceled')
    const short = await api.pay({ ...sale, amount: 900_000, tender: tender as { method: string } })
    assert.equal(short.body.decline?.code, 'insufficient_balance')
  }

  return {
    'gift cards are issued, used, loaded, blocked and moved to another': async () => {
      const card = await issue(9000)
      const withCard = (one: Card) => ({ method: 'gift_card', gift_card: { code: one.code } })
      await used(withCard(card))
      await post(`/v1/gift_cards/${card.id}/load`, { amount: 500, reason: 'sorry' })
      for (const step of ['block', 'block', 'unblock']) await post(`/v1/gift_cards/${card.id}/${step}`)
      const fresh = await post<Card>(`/v1/gift_cards/${card.id}/transfer`)
      await post(`/v1/gift_cards/${fresh.id}/transfer`, { to: (await issue()).id })
      await post(`/v1/gift_cards/${(await issue()).id}/transfer`)
      return undefined
    },
    'gift cards are sold on offer, taken back, and end': async () => {
      const { shop, floor } = places()
      await put('/v1/gift_card_programmes/brief', {
        name: 'Brief',
        voucher: 'multi_purpose',
        months_valid: 1,
        skus: ['BRIEF'],
      })
      const prices = [{ currency: 'EUR', unit_price: '25.00' }]
      const variants = [{ sku: 'BRIEF', track: 'none', prices }]
      const article = { name: 'Card', kind: 'gift_card', is_returnable: true, variants }
      const made = await post<{ variants: { id: string }[] }>('/v1/products', article)
      const lines = [{ variant_id: made.variants[0]?.id, quantity: 3 }]
      const pay = (placed: { id: string; total: number }) => floor.pay(placed, undefined, { channel: 'pos' })
      const order = await floor.bought({}, pay, { lines })
      await shop.settle()
      const back = [{ line_id: order.lines[0]?.id, quantity: 1 }]
      const asked = await floor.ask(order, {}, { lines: back, override_reason: 'a good customer' })
      assert.equal((await floor.receive(asked.body.id, [{ no: 1, quantity: 1, disposition: 'discard' }])).status, 200)
      await issue(700, { programme: 'brief' })
      shop.clock.advance(40 * DAY)
      return undefined
    },
    'store credit is given, taken away, used, refunded to, merged, and taken apart': async () => {
      const { shop } = places()
      const [goes, stays] = [await shop.customer(), await shop.customer()]
      await adjust(goes, 'store_credit', { amount: 9000 })
      await adjust(goes, 'store_credit', { amount: -100 })
      await used({ method: 'store_credit' }, { customer_id: goes })
      const token = await shop.api.token(CARDS.approved)
      const paid = await shop.api.pay({
        ...{ amount: 2000, currency: 'EUR', channel: 'web', customer_id: stays },
        tender: { method: 'card', token },
      })
      await shop.api.refund(paid.body.id, { amount: 2000, to: { method: 'store_credit' } })
      const merge = await post(`/v1/customers/${stays}/merges`, { from: goes })
      await used({ method: 'store_credit' }, { customer_id: goes })
      await post(`/v1/customer_merges/${merge.id}/undo`)
      return undefined
    },
    'points are given, used, earned, confirmed, taken back, merged, and end': async () => {
      const { shop, floor } = places()
      await put('/v1/loyalty/programme', {
        ...{
          name: 'Friends',
          is_enabled: true,
          pending_days: 10,
          months_valid: 12,
          tiers: [],
          excluded_categories: [],
        },
        rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
      })
      const [goes, stays] = [await shop.customer(), await shop.customer()]
      await adjust(goes, 'loyalty', { points: 9000 })
      await used({ method: 'points' }, { customer_id: goes })
      const order = await floor.bought({ coat: 2 }, (placed) => floor.pay(placed), { customer_id: stays })
      await shop.settle()
      await floor.brought(order, { coat: 1 })
      await shop.settle()
      shop.clock.advance(60 * DAY)
      await shop.settle()
      const merge = await post(`/v1/customers/${stays}/merges`, { from: goes })
      await used({ method: 'points' }, { customer_id: goes })
      await post(`/v1/customer_merges/${merge.id}/undo`)
      shop.clock.advance(400 * DAY)
      return undefined
    },
  }
}
