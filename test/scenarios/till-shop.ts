// What the stories at a till share: somebody signed in at it, a drawer that is opened, and sales in cash.

import assert from 'node:assert/strict'
import { type Api, createApi, type Refusal } from '../api.ts'
import { orderShop } from './order-shop.ts'
import type { Shop } from './shop.ts'

export interface ShiftView {
  id: string
  store_id: string
  no: number
  state: string
  float: number
  counted: number | null
  expected: number | null
  variance: number | null
  is_overdrawn: boolean
  needs_reason: boolean
  counts: number
  movements: { type: string; amount: number; reason: string | null; by_name: string | null }[]
}

interface Sum {
  count: number
  amount: number
}
interface TenderOfReport {
  method: string
  sales: Sum
  refunds: Sum
  reversals: number
  net: number
  rounding: number
}
export interface ReportView {
  id: string
  no: number
  original_id?: string
  sales: Sum
  returns: Sum
  net: number
  discounts: Sum
  vat: { rate_bp: number | null; net: number; tax: number; gross: number }[]
  vat_returned: { rate_bp: number | null; net: number; tax: number; gross: number }[]
  tenders: TenderOfReport[]
  other_currencies: { currency: string; sales: Sum; returns: Sum; net: number; tenders: TenderOfReport[] }[]
  held: Sum
  unfinished: Sum
  copies: Sum
  no_sales: number
  receipts: { first: number; last: number } | null
  drawer: Record<string, number | null>
  exceptions: { operation_id: string; payment_id: string; amount: number | null; fault: string }[]
  totals: { sales: number; returns: number; net: number }
  journal: { sequence: number; hash: string }
  supplements: ReportView[]
}

/** The words of these stories, over HTTP. */
export function tillShop(shop: Shop) {
  const goods = orderShop(shop)
  return {
    goods,
    /** Pairs a device with a register and signs somebody new in at it. */
    async signIn(
      role: 'cashier' | 'supervisor' | 'manager',
      name = 'Sanne de Vries',
      register = shop.till,
    ): Promise<Api & { key: string; staff: string }> {
      const pin = '4711'
      const staff = await shop.api.call<{ id: string }>('POST', '/v1/staff', { name, role, pin })
      const code = await shop.api.call<{ code: string }>('POST', `/v1/registers/${register}/pairing_codes`, {})
      const device = createApi(shop.send, undefined)
      const paired = await device.call<{ key: string }>('POST', '/v1/till/pair', { code: code.body.code })
      const at = createApi(shop.send, paired.body.key)
      const signed = await at.call<{ token: string }>('POST', '/v1/till/sessions', { staff_id: staff.body.id, pin })
      assert.equal(signed.status, 201, signed.text)
      return { ...createApi(shop.send, signed.body.token, staff.body.id), key: paired.body.key, staff: staff.body.id }
    },
    async open(api: Api, float: number, more: object = {}): Promise<ShiftView> {
      const answer = await api.call<ShiftView & Refusal>('POST', '/v1/shifts', {
        register_id: shop.till,
        float,
        ...more,
      })
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    },
    /** Sells for cash, exactly paid. Answers the order and the payment. */
    async sell(api: Api, basket: Record<string, number>): Promise<{ order: string; payment: string; total: number }> {
      const lines = Object.entries(basket).map(([name, quantity]) => ({ variant_id: goods.variant(name), quantity }))
      const cart = { currency: 'EUR', channel: 'pos', register_id: shop.till, lines }
      const made = await api.call<{ id: string }>('POST', '/v1/carts', cart)
      assert.equal(made.status, 201, made.text)
      const order = await api.command('/v1/orders', { cart_id: made.body.id })
      assert.equal(order.status, 201, order.text)
      const { id, total } = order.body as unknown as { id: string; total: number }
      const paid = await api.pay({
        ...{ amount: total, currency: 'EUR', channel: 'pos', order_id: id },
        tender: { method: 'cash', cash: { register_id: shop.till } },
      })
      assert.equal(paid.body.status, 'captured', paid.text)
      return { order: id, payment: paid.body.id, total }
    },
    async count(api: Api, shift: string, counted: number, more: object = {}): Promise<ShiftView> {
      const answer = await api.call<ShiftView>('POST', `/v1/shifts/${shift}/counts`, { counted, ...more })
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
    async close(api: Api, shift: string, more: object = {}): Promise<ReportView> {
      const answer = await api.call<ReportView>('POST', `/v1/shifts/${shift}/close`, more)
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
    /** What the books say of the accounts that begin like this. */
    async booked(account: string): Promise<number> {
      const { body } = await shop.api.get<{ data: { balance: number }[] }>(`/v1/ledger/accounts?account=${account}`)
      return body.data.reduce((sum, { balance }) => sum + balance, 0)
    },
  }
}
export type TillShop = ReturnType<typeof tillShop>
