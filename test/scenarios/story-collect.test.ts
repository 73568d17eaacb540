// Stories 2, 3 and 6: ordered online or in another store, and collected at a counter.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { CARDS, DAY, openShop, type Shop } from './shop.ts'
import { rest, type Step, tell } from './story.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
  // Story 6 needs two.
  await at.openCounter()
})
after(() => shop.close())

interface Collecting {
  /** Articles by what they are called in this telling. */
  wares: Record<'lamp' | 'bulb' | 'shade', string>
  cart?: string
  order?: OrderView
  fulfilment?: string
  code?: string
}

async function threeWares(n: number, pieces = 5n): Promise<Collecting> {
  const wares = { lamp: `lamp ${n}`, bulb: `bulb ${n}`, shade: `shade ${n}` }
  for (const [name, price] of [
    [wares.lamp, '30.00'],
    [wares.bulb, '2.50'],
    [wares.shade, '12.99'],
  ] as const) {
    await at.sells(name, price, { track: 'quantity' })
    if (pieces > 0n) await at.receive(name, at.till, pieces)
  }
  return { wares }
}

const levels = ({ wares }: Collecting) => Promise.all(Object.values(wares).map((name) => at.level(name, at.till)))

const theCart: Step<Collecting> = {
  says: 'the customer puts three articles into a cart, to be collected',
  does: ({ wares }) =>
    shop.api.call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel: 'web' },
      lines: Object.values(wares).map((name) => ({
        ...{ variant_id: at.variant(name), quantity: 1, fulfilment: { mode: 'collect', store_id: at.till } },
      })),
    }),
  learns: (s, body: { id: string }) => {
    s.cart = body.id
  },
}

const theOrder: Step<Collecting> = {
  says: 'the order keeps the card, and charges nothing',
  does: async ({ cart }, me) => {
    const token = await me.once('card', () => shop.api.token(CARDS.approved))
    return at.place(cart as string, { charge: 'on_collection', token })
  },
  learns: (s, body: OrderView) => {
    s.order = body
  },
  async holds(s) {
    const [fulfilment, ...others] = await at.fulfilments(s.order?.id as string)
    s.fulfilment = fulfilment?.id as string
    assert.deepEqual([others.length, await at.paymentsOf(s.order?.id as string)], [0, []])
  },
}

/** A verb of the stock room. */
function verb(says: string, name: string): Step<Collecting> {
  return {
    says,
    does: ({ fulfilment }) => at.tell(fulfilment as string, name),
    learns: (s, body: { code?: string }) => {
      s.code = body.code ?? s.code
    },
  }
}

const untilReady = [
  theCart,
  theOrder,
  verb('the store accepts', 'accept'),
  verb('picks', 'pick'),
  verb('and has it ready', 'ready'),
]

tell(2, 'three articles are ordered to be collected, one is refused at the counter, two are charged', () => shop, {
  begins: threeWares,
  steps: [
    ...untilReady,
    verb('the customer is there', 'arrive'),
    {
      says: 'and takes two of the three',
      does: ({ fulfilment, code, order, wares }, me) => {
        const shade = order?.lines.find(({ sku }) => sku === wares.shade.toUpperCase())?.id
        const refuse = [{ line_id: shade, quantity: 1, reason: 'another colour than on the picture' }]
        return at.collect(fulfilment as string, { code, refuse }, { key: me.key })
      },
    },
  ],
  async shows(s) {
    const { state, charge } = await at.fulfilment(s.fulfilment as string)
    const payments = await at.paymentsOf(s.order?.id as string)
    return {
      fulfilment: [state, charge.state, charge.amount],
      ordered: s.order?.total,
      total: (await at.read(s.order?.id as string)).total,
      captured: payments.map(({ amount_captured }) => amount_captured),
      levels: await levels(s),
    }
  },
  ends: {
    fulfilment: ['collected', 'charged', 3250],
    ordered: 4549,
    total: 3250,
    captured: [3250],
    levels: [
      [4, 0],
      [4, 0],
      [5, 0],
    ],
  },
})

/** Nobody comes, and what goes on by itself goes on. */
const nothing = async (): Promise<undefined> => {
  await shop.settle()
}

async function toldAbout({ fulfilment }: Collecting): Promise<string[]> {
  const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${fulfilment}&limit=100`)
  return body.data.map(({ type }) => type)
}

/** Milliseconds until half a day before the goods are given up. */
async function untilReminded({ fulfilment }: Collecting): Promise<number> {
  const { expires_at } = await at.fulfilment(fulfilment as string)
  return Date.parse(expires_at as string) - shop.clock.now().getTime() - DAY / 2
}

tell(3, 'nobody collects: the goods are free again, the card is forgotten, the customer is told', () => shop, {
  begins: threeWares,
  steps: [
    ...untilReady,
    { says: 'nobody comes, and the customer is reminded', after: untilReminded, does: nothing },
    { says: 'nobody comes', after: DAY, does: nothing },
    {
      says: 'somebody comes too late, and gets nothing',
      does: async ({ fulfilment, code }) => {
        const late = await at.collect(fulfilment as string, { code })
        assert.equal(late.status, 409, late.text)
        return undefined
      },
    },
  ],
  async shows(s) {
    const order = await at.read(s.order?.id as string)
    const told = await toldAbout(s)
    const { rows } = await shop.database.db.query(
      'select 1 from instrument where order_id = $1 and revoked_at is null',
      [order.id],
    )
    return {
      fulfilment: (await at.fulfilment(s.fulfilment as string)).state,
      order: [order.state, order.total],
      payments: await at.paymentsOf(order.id),
      kept: rows,
      told: ['fulfilment.reminded', 'fulfilment.expired'].map((type) => told.filter((one) => one === type).length),
      levels: await levels(s),
    }
  },
  ends: {
    fulfilment: 'expired',
    order: ['cancelled', 0],
    payments: [],
    kept: [],
    told: [1, 1],
    levels: [
      [5, 0],
      [5, 0],
      [5, 0],
    ],
  },
})

interface Between extends Collecting {
  payment?: string
  transfer?: string
}

/** There is none in the store where they are to be collected, and five where they are bought. */
async function lampsElsewhere(n: number): Promise<Between> {
  const s = await threeWares(n, 0n)
  await at.receive(s.wares.lamp, at.web, 5n)
  return s
}

tell(6, 'bought in one store and collected in another, where the goods come by transfer', () => shop, {
  begins: lampsElsewhere,
  steps: [
    {
      says: 'at the counter of one store two lamps are asked for, to be collected in another',
      does: ({ wares }) =>
        shop.api.call('POST', '/v1/carts', {
          ...{ currency: 'EUR', channel: 'pos', store_id: at.web },
          lines: [
            {
              ...{ variant_id: at.variant(wares.lamp), quantity: 2 },
              fulfilment: { mode: 'collect', store_id: at.till },
            },
          ],
        }),
      learns: (s: Between, body: { id: string }) => {
        s.cart = body.id
      },
    },
    {
      says: 'they are ordered',
      does: ({ cart }) => at.place(cart as string),
      learns: (s, body: OrderView) => {
        s.order = body
      },
    },
    {
      says: 'and paid there and then',
      does: async ({ order }, me) => {
        const token = await me.once('card', () => shop.api.token(CARDS.approved))
        const sale = { amount: 6000, currency: 'EUR', channel: 'web', order_id: order?.id } as const
        return shop.api.pay({ ...sale, tender: { method: 'card', token } }, { key: me.key })
      },
      async holds(s) {
        await rest(shop)
        const [fulfilment, ...others] = await at.fulfilments(s.order?.id as string)
        assert.equal(others.length, 0)
        s.fulfilment = fulfilment?.id as string
        s.transfer = fulfilment?.transfer_id as string
        assert.equal((await at.tell(s.fulfilment, 'accept')).status, 409, 'the goods are not there yet')
      },
    },
    {
      says: 'the transfer leaves',
      does: ({ transfer }) => shop.api.call('POST', `/v1/transfers/${transfer}/ship`, {}),
    },
    {
      says: 'and arrives',
      does: ({ transfer, wares }) =>
        shop.api.call('POST', `/v1/transfers/${transfer}/receive`, {
          ...{ lines: [{ variant_id: at.variant(wares.lamp), received: 2 }], final: true },
        }),
    },
    verb('the store accepts', 'accept'),
    verb('picks', 'pick'),
    verb('and has it ready', 'ready'),
    {
      says: 'the customer collects both',
      does: ({ fulfilment, code }, me) => at.collect(fulfilment as string, { code }, { key: me.key }),
    },
  ],
  async shows(s) {
    const order = await at.read(s.order?.id as string)
    const payments = await at.paymentsOf(order.id)
    return {
      fulfilment: (await at.fulfilment(s.fulfilment as string)).state,
      order: [order.payment_status, order.fulfilment_status],
      captured: payments.filter(({ amount_captured }) => amount_captured > 0).map((one) => one.amount_captured),
      levels: [await at.level(s.wares.lamp, at.web), await at.level(s.wares.lamp, at.till)],
    }
  },
  ends: {
    fulfilment: 'collected',
    order: ['paid', 'fulfilled'],
    captured: [6000],
    levels: [
      [3, 0],
      [0, 0],
    ],
  },
})
