// Stories 8 and 9: what leaves at different times is charged when it leaves, and the shares add up to the cent.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { ADDRESS } from './order-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'
import { rest, type Step, tell } from './story.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
})
after(() => shop.close())

interface Sending {
  cup: string
  cart?: string
  order?: OrderView
  payment?: string
  /** Fulfilments in the order in which they leave. */
  parcels: string[]
  /** Of the first of them, as it was seen last. */
  version?: number
}

async function cups(n: number): Promise<Sending> {
  const cup = `cup ${n}`
  await at.sells(cup, '3.33', { track: 'quantity' })
  await at.receive(cup, at.web, 10n)
  return { cup, parcels: [] }
}

const takesCart = (s: Sending, body: { id: string }) => {
  s.cart = body.id
}

const ordered: Step<Sending> = {
  says: 'they are ordered, to be charged when they leave',
  does: ({ cart }) => at.place(cart as string, { charge: 'on_shipment' }),
  learns: (s, body: OrderView) => {
    s.order = body
  },
}

/** The card is asked to hold 9.99. */
const held: Step<Sending> = {
  says: 'the card holds the whole amount',
  does: async ({ order }, me) => {
    const token = await me.once('card', () => shop.api.token(CARDS.approved))
    const tender = { method: 'card', token, save: 'order' as const }
    const sale = { amount: 999, currency: 'EUR', order_id: order?.id, capture: 'manual' } as const
    return shop.api.pay({ ...sale, channel: 'web', tender }, { key: me.key })
  },
  learns: (s, body: PaymentView) => {
    s.payment = body.id
  },
  async finds(s) {
    s.payment = (await at.paymentsOf(s.order?.id as string))[0]?.id as string
  },
  holds: readParcels,
}

async function readParcels(s: Sending): Promise<void> {
  await shop.settle()
  const parcels = await at.fulfilments(s.order?.id as string)
  s.parcels = parcels.map(({ id }) => id)
  s.version = parcels[0]?.version
}

const packs = (no: number): Step<Sending>[] =>
  ['accept', 'pick', 'ready'].map((verb) => ({
    says: `parcel ${no}: ${verb}`,
    does: ({ parcels }) => at.tell(parcels[no - 1] as string, verb),
  }))

const leaves = (no: number): Step<Sending> => ({
  says: `parcel ${no} leaves`,
  does: ({ parcels }, me) => at.ship(parcels[no - 1] as string, { key: me.key }),
})

async function whatLeft(s: Sending) {
  const order = await at.read(s.order?.id as string)
  const { amount_captured, amount_capturable, tenders } = await shop.api.payment(s.payment as string)
  const parcels = await at.fulfilments(order.id)
  return {
    parcels: parcels.map(({ state, charge }) => [state, charge.state, charge.amount]),
    order: [order.total, order.payment_status, order.fulfilment_status],
    payment: [amount_captured, amount_capturable],
    tenders: tenders.map((tender) => tender.amount_captured),
    levels: [await at.level(s.cup, at.till), await at.level(s.cup, at.web)],
  }
}

tell(8, 'in one ticket a cup is taken along and two are sent: two captures', () => shop, {
  async begins(n) {
    const s = await cups(n)
    await at.receive(s.cup, at.till, 1n)
    return s
  },
  steps: [
    {
      says: 'one of three cups stands on the shelf, two are sent from elsewhere',
      does: ({ cup }) => {
        const variant_id = at.variant(cup)
        return shop.api.call('POST', '/v1/carts', {
          ...{ currency: 'EUR', channel: 'pos', store_id: at.till, shipping_address: ADDRESS },
          lines: [
            { variant_id, quantity: 1, fulfilment: { mode: 'take_away', store_id: at.till } },
            { variant_id, quantity: 2, fulfilment: { mode: 'ship', store_id: at.web } },
          ],
        })
      },
      learns: takesCart,
    },
    ordered,
    {
      ...held,
      async holds(s) {
        await readParcels(s)
        const gone = s.parcels.shift()
        assert.equal((await at.fulfilment(gone as string)).state, 'collected')
      },
    },
    ...packs(1),
    leaves(1),
  ],
  shows: whatLeft,
  ends: {
    parcels: [
      ['collected', 'charged', 333],
      ['shipped', 'charged', 666],
    ],
    order: [999, 'paid', 'fulfilled'],
    payment: [999, 0],
    tenders: [999],
    levels: [
      [0, 0],
      [8, 0],
    ],
  },
})

/** A unit of the first parcel becomes a parcel of its own. */
const splitOff = (no: number): Step<Sending> => ({
  says: `parcel ${no} is made`,
  does: ({ order, parcels, version }) => {
    const split = { fulfilment_id: parcels[0], lines: [{ line_id: order?.lines[0]?.id, quantity: 1 }] }
    const headers = { 'if-match': `"${version}"` }
    return shop.api.call('POST', `/v1/orders/${order?.id}/fulfilments`, split, { headers })
  },
  async holds(s) {
    await readParcels(s)
    assert.equal(s.parcels.length, no)
  },
})

tell(9, 'three parcels are three captures, the last by token when the hold has ended', () => shop, {
  begins: cups,
  steps: [
    {
      says: 'three cups are put into a cart',
      does: ({ cup }) =>
        shop.api.call('POST', '/v1/carts', {
          ...{ currency: 'EUR', channel: 'web', shipping_address: ADDRESS },
          lines: [{ variant_id: at.variant(cup), quantity: 3 }],
        }),
      learns: takesCart,
    },
    ordered,
    held,
    splitOff(2),
    splitOff(3),
    ...[1, 2, 3].flatMap(packs),
    leaves(1),
    leaves(2),
    {
      says: 'a week passes, and the hold ends',
      after: 8 * DAY,
      does: async () => {
        await shop.expire()
        await rest(shop)
        return undefined
      },
    },
    leaves(3),
  ],
  shows: whatLeft,
  ends: {
    parcels: [
      ['shipped', 'charged', 333],
      ['shipped', 'charged', 333],
      ['shipped', 'charged', 333],
    ],
    order: [999, 'paid', 'fulfilled'],
    payment: [999, 0],
    tenders: [666, 333],
    levels: [
      [0, 0],
      [7, 0],
    ],
  },
})
