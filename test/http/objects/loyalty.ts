// Gift cards and store credit, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const PROGRAMME = {
  name: 'Friends',
  is_enabled: true,
  pending_days: 30,
  rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
  tiers: [{ code: 'gold', name: 'Gold', from_points: 1000, multiplier: '1.5' }],
  excluded_categories: ['books'],
}

export const loyalty: ModuleObjects = {
  async fill(_shop, api, made) {
    const make = async (path: string, body: unknown) => {
      const answer = await api.command(path, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body as unknown as { id: string; code: string }
    }
    const programme = await api.call('PUT', '/v1/gift_card_programmes/standard', {
      name: 'Standard',
      voucher: 'multi_purpose',
    })
    assert.equal(programme.status, 200, programme.text)
    const card = await make('/v1/gift_cards', { amount: 5000, currency: 'EUR', reason: 'goodwill' })
    const other = await make('/v1/gift_cards', { amount: 2500, currency: 'EUR' })
    const credit = await make(`/v1/customers/${made['customer']}/store_credit/adjustments`, {
      amount: 1500,
      currency: 'EUR',
      reason: 'goodwill',
    })
    const points = await api.call('PUT', '/v1/loyalty/programme', PROGRAMME)
    assert.equal(points.status, 200, points.text)
    await make(`/v1/customers/${made['customer']}/loyalty/adjustments`, {
      points: 100,
      currency: 'EUR',
      reason: 'welcome',
    })
    return { giftCard: card.id, giftCardCode: card.code, otherGiftCard: other.id, storeCredit: credit.id }
  },
  collections: (made) => ({ gift_cards: made['giftCard'], store_credits: made['storeCredit'] }),
  parameters: () => ({ programme: 'standard' }),
  bodies: (made) => ({
    'PUT /v1/loyalty/programme': PROGRAMME,
    'POST /v1/customers/{id}/loyalty/adjustments': { points: 5, currency: 'EUR', reason: 'goodwill' },
    'POST /v1/gift_cards': {
      amount: 900,
      currency: 'EUR',
      programme: 'standard',
      customer_id: made['customer'],
      reason: 'goodwill',
    },
    'POST /v1/gift_cards/{id}/load': { amount: 900, reason: 'goodwill' },
    'POST /v1/gift_cards/{id}/transfer': { to: made['otherGiftCard'] },
    'POST /v1/gift_cards/{id}/block': {},
    'POST /v1/gift_cards/{id}/unblock': {},
    'POST /v1/gift_cards/balance': { code: made['giftCardCode'] },
    'PUT /v1/gift_card_programmes/{programme}': {
      name: 'Standard',
      voucher: 'single_purpose',
      tax_category: 'standard',
      tax_rate_bp: 2100,
      months_valid: 24,
      has_pin: true,
      skus: ['GIFT-25'],
    },
    'POST /v1/customers/{id}/store_credit/adjustments': { amount: 900, currency: 'EUR', reason: 'goodwill' },
  }),
}
