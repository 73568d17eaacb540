// A page for a whole cart as its script speaks to it, for tests: carts made with the publishable key, pages, steps and payments.

import assert from 'node:assert/strict'
import { createApi, sendOverHttp } from './api.ts'
import type { ServedShop } from './served-shop.ts'

export interface Bag {
  state: string
  is_ready: boolean
  version: number
  total_minor: number
  lines: { id: string; name: string; left: number | null; is_gone: boolean }[]
  sums: { kind: string; amount: string }[]
  changes: { name: string; was: string; is: string }[]
  options: { id: string; name: string; amount: string; is_free: boolean; is_chosen: boolean }[]
  stores: {
    id: string
    name: string
    distance: string | null
    stock: string
    hours: unknown[]
    slots: { value: string }[]
  }[]
  errors: Record<string, string>
  typed: Record<string, string>
  codes: { code: string; is_used: boolean }[]
  chosen: { contact: string; where: string; when: string | null } | null
}
export interface BagPage {
  phase: string
  notice: { code: string } | null
  bag: Bag | null
  due_minor: number
  reference: string | null
  methods: { value: string }[]
  action: { type: string; url: string } | null
}
export interface BagSession {
  id: string
  url: string
  state: string
  amount: number
  order_id: string | null
  payment_id: string | null
  customer_id: string | null
  code?: string
}

/** Everything the page asks for. */
export const ADA = {
  ...{ email: 'ada@example.org', name: 'Ada de Vries', line1: 'Prinsengracht 1', postal_code: '1015ab' },
  ...{ city: 'Amsterdam', country: 'NL', way: 'ship' },
}

export interface BagCart {
  id: string
  secret: string
  total: number
  version: number
}

/** What tests do with the pages of one served shop. */
export function bagPages(shop: ServedShop) {
  const api = createApi(sendOverHttp(shop.url), shop.demo.secret_key, `bags-${process.pid}-${Date.now()}`)
  const page = createApi(sendOverHttp(shop.url), shop.demo.publishable_key, `bag-page-${process.pid}-${Date.now()}`)
  let tries = 0

  async function variant(sku: string): Promise<string> {
    const { body } = await api.call<{ data: { id: string }[] }>('GET', `/v1/variants?sku=${sku}`)
    return body.data[0]?.id as string
  }

  async function cartOf(sku: string, quantity = 1, more: object = {}): Promise<BagCart> {
    const { status, body, text } = await page.call<BagCart>('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel: 'web', lines: [{ variant_id: await variant(sku), quantity }], ...more },
    })
    assert.equal(status, 201, text)
    return body
  }

  async function sessionFor(cart: BagCart, input: object = {}): Promise<BagSession> {
    const made = await api.call<BagSession>('POST', '/v1/checkout_sessions', { cart_id: cart.id, ...input })
    assert.equal(made.status, 201, made.text)
    return made.body
  }

  const read = async (session: BagSession) =>
    (await api.call<BagSession>('GET', `/v1/checkout_sessions/${session.id}`)).body

  async function onPage(session: BagSession, step: string, body?: object): Promise<BagPage> {
    const answer = await fetch(`${session.url}/${step}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    })
    assert.equal(answer.status, 200, await answer.clone().text())
    return (await answer.json()) as BagPage
  }
  const look = (session: BagSession) => onPage(session, 'state')
  const step = (session: BagSession, body: object) => onPage(session, 'bag', body)
  async function payByCard(session: BagSession, view: BagPage, more: object = {}): Promise<BagPage> {
    const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
      card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
    })
    return onPage(session, 'pay', {
      ...{ attempt: `bag-try-${++tries}`, method: 'card', token: token.body.id },
      ...{ seen: view.due_minor, bag_version: view.bag?.version, ...more },
    })
  }

  async function ordersOf(cart: BagCart): Promise<{ id: string; total: number; amount_paid: number; state: string }[]> {
    const { body } = await api.call<{ data: never[] }>('GET', `/v1/orders?cart_id=${cart.id}`)
    return body.data
  }

  return { api, page, variant, cartOf, sessionFor, read, look, step, onPage, payByCard, ordersOf }
}

/** The cart of a page that shows one. */
export function bagOf(view: BagPage): Bag {
  assert.ok(view.bag, 'the cart is shown')
  return view.bag
}
