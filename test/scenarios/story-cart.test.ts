// Stories 1 and 7: one cart on three devices, and the last unit wanted in two channels.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { type CartShop, openCartShop } from './cart-shop.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'
import { type Step, tell } from './story.ts'

let shop: Shop
let carts: CartShop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  carts = await openCartShop(shop)
  orders = orderShop(shop)
})
after(() => shop.close())

/** On hand in the shop, and of it promised. */
async function level(variant: string): Promise<number[]> {
  const path = `/v1/stock?variant_id=${variant}&store_id=${carts.store}`
  const [row] = (await shop.api.get<{ data: Record<string, number>[] }>(path)).body.data
  return [row?.['on_hand'] ?? 0, row?.['reserved'] ?? 0]
}

interface OneCart {
  axe: string
  rope: string
  ada: string
  /** The cart's id and the secret that phone and laptop hold. */
  cart?: string
  secret?: string
  version?: number
  code?: string
  order?: OrderView
}

async function seen(s: OneCart): Promise<void> {
  s.version = (await carts.read(s.cart as string)).version
}

/** Of who saw the last change: a second try changes nothing more. */
const ifSeen = ({ version }: OneCart) => ({ headers: { 'if-match': `"${version}"` } })

const handsOver: Step<OneCart> = {
  says: 'the phone shows a code',
  does: ({ cart, secret }) => carts.device(secret).call('POST', `/v1/carts/${cart}/handover`),
  learns: (s, body: { code: string }) => {
    s.code = body.code
  },
}

/** The till scans a code. */
const claims = (code: string | undefined) =>
  carts.till('POST', '/v1/carts/claim', { code, channel: 'pos', store_id: carts.store, register_id: shop.till })

tell<OneCart>(1, 'a cart begun on a phone goes on on a laptop and is finished at the till by its code', () => shop, {
  async begins() {
    const [axe, rope] = [await carts.article('49.95', {}, {}), await carts.article('9.50', {}, {})]
    for (const variant of [axe, rope]) await carts.stock(variant, 5)
    return { axe, rope, ada: await shop.customer('Ada') }
  },
  steps: [
    {
      says: 'on the phone an axe is put into a cart',
      does: ({ axe }) =>
        carts.page.call('POST', '/v1/carts', {
          ...{ currency: 'EUR', channel: 'app', lines: [{ variant_id: axe, quantity: 1 }] },
        }),
      learns: (s: OneCart, body: { id: string; secret: string }) => {
        s.cart = body.id
        s.secret = body.secret
      },
      holds: seen,
    },
    {
      says: 'Ada signs in',
      does: (s) => shop.api.call('PATCH', `/v1/carts/${s.cart}`, { customer_id: s.ada }, ifSeen(s)),
      holds: seen,
    },
    {
      says: 'and on the laptop finds it and puts two ropes beside',
      async does(s) {
        const { body } = await shop.api.get<{ data: { id: string }[] }>(`/v1/carts?customer_id=${s.ada}`)
        assert.deepEqual(
          body.data?.map(({ id }) => id),
          [s.cart],
        )
        const lines = [{ variant_id: s.rope, quantity: 2 }]
        return carts.device(s.secret).call('POST', `/v1/carts/${s.cart}/lines`, { lines }, ifSeen(s))
      },
      holds: seen,
    },
    handsOver,
    {
      says: 'and the till takes it, by another code where that one does not hold any more',
      async does({ cart, secret, code }) {
        const said = await claims(code)
        if (said.body.code !== 'code-invalid') return said
        const { body } = await carts.device(secret).call('POST', `/v1/carts/${cart}/handover`)
        return claims((body as { code?: string }).code)
      },
      async holds(s) {
        const { channel, customer_id, total } = await carts.read(s.cart as string)
        assert.deepEqual([channel, customer_id, total], ['pos', s.ada, 6895])
      },
    },
    {
      says: 'it is ordered there',
      does: ({ cart }) => orders.place(cart as string, { expected_total: 6895 }),
      learns: (s, body: OrderView) => {
        s.order = body
      },
    },
    {
      says: 'and paid in cash',
      does: ({ order }, me) =>
        shop.api.pay(
          {
            ...{ amount: 6895, currency: 'EUR', channel: 'pos', order_id: order?.id },
            tender: { method: 'cash', cash: { register_id: shop.till, tendered: 7000 } },
          },
          { key: me.key },
        ),
    },
  ],
  async shows(s) {
    const order = await orders.read(s.order?.id as string)
    const { body } = await shop.api.get<{ data: unknown[] }>(`/v1/orders?customer_id=${s.ada}`)
    return {
      cart: (await carts.read(s.cart as string)).state,
      orders: body.data.length,
      order: [order.total, order.payment_status, order.fulfilment_status],
      lines: order.lines.map(({ quantity, total }) => [quantity, total]),
      levels: [await level(s.axe), await level(s.rope)],
    }
  },
  ends: {
    cart: 'converted',
    orders: 1,
    order: [6895, 'paid', 'fulfilled'],
    lines: [
      [1, 4995],
      [2, 1900],
    ],
    levels: [
      [4, 0],
      [3, 0],
    ],
  },
})

interface LastUnit {
  last: string
  web?: string
  till?: string
  order?: OrderView
}

/** The last one, to be sent: nobody holds it in their hands. */
const wants = (channel: 'web' | 'pos', learns: (s: LastUnit, id: string) => void): Step<LastUnit> => ({
  says: `somebody wants it, in the channel ${channel}`,
  does: ({ last }) =>
    shop.api.call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel, ...(channel === 'pos' ? { store_id: carts.store } : {}) },
      shipping_address: { name: 'Ada', line1: 'Damrak 1', postal_code: '1012 LG', city: 'Amsterdam', country: 'NL' },
      lines: [{ variant_id: last, quantity: 1, fulfilment: { mode: 'ship', store_id: carts.store } }],
    }),
  learns: (s, body: { id: string }) => learns(s, body.id),
})

tell<LastUnit>(7, 'the last unit is raced by till and web: one wins, before money moves', () => shop, {
  async begins() {
    const last = await carts.article('99.00', {}, {})
    await carts.stock(last, 1)
    return { last }
  },
  steps: [
    wants('web', (s, id) => {
      s.web = id
    }),
    wants('pos', (s, id) => {
      s.till = id
    }),
    {
      says: 'both order at the same moment',
      async does({ web, till }) {
        const answers = await Promise.all([orders.place(web as string), orders.place(till as string)])
        const placed = answers.filter(({ status }) => status < 300)
        assert.ok(placed.length <= 1, 'one wins')
        const others = answers.filter(({ status }) => status >= 300 && status < 500)
        assert.ok(others.every(({ body }) => body.code === 'out-of-stock'))
        return placed[0] ?? answers[0]
      },
      learns: (s, body: OrderView) => {
        s.order = body
      },
    },
    {
      says: 'who won pays',
      async does({ order }, me) {
        const token = await me.once('card', () => shop.api.token(CARDS.approved))
        const sale = { amount: 9900, currency: 'EUR', channel: 'web', order_id: order?.id } as const
        return shop.api.pay({ ...sale, tender: { method: 'card', token } }, { key: me.key })
      },
    },
  ],
  async shows({ order, web, till, last }) {
    const states = [await carts.read(web as string), await carts.read(till as string)].map(({ state }) => state)
    return {
      order: (await orders.read(order?.id as string)).payment_status,
      carts: states.sort(),
      level: await level(last),
    }
  },
  ends: { order: 'paid', carts: ['converted', 'open'], level: [1, 1] },
})
