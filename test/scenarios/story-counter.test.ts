// Stories 10, 11 and 13: at the counter, with more than one way to pay.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView, TenderInput } from '../../server/payments/payment.ts'
import type { ReturnView } from '../../server/returns/return.ts'
import type { Answer } from '../api.ts'
import { type CounterShop, counterShop, type IssuedCard } from './counter-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'
import { rest, type Step, tell } from './story.ts'

let shop: Shop
let floor: ReturnShop
let counter: CounterShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  counter = counterShop(shop)
  await counter.rewards()
})
after(() => shop.close())

interface Visit {
  /** Articles by what they are called in this telling. */
  goods: string[]
  customer?: string
  card?: IssuedCard
  cart?: string
  order?: OrderView
  payment?: string
  returned?: string
  exchange?: Exchange
  /** What the customer takes instead. */
  other?: OrderView
}

async function stocked(n: number, prices: Record<string, string>): Promise<string[]> {
  const names: string[] = []
  for (const [name, price] of Object.entries(prices)) {
    names.push(`${name} ${n}`)
    await floor.stocked(`${name} ${n}`, price, 5)
  }
  return names
}

const onHand = ({ goods }: Visit) => Promise.all(goods.map(async (name) => (await floor.onHand(name))['on_hand'] ?? 0))

/** One of each, in a cart of that channel. */
const basket = (channel: 'chat' | 'pos', of: (s: Visit) => string[] = ({ goods }) => goods): Step<Visit> => ({
  says: `a cart, in the channel ${channel}`,
  does: (s) => {
    const fulfilment = { mode: 'take_away', store_id: floor.shopFloor }
    return shop.api.call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel, store_id: floor.shopFloor, customer_id: s.customer },
      lines: of(s).map((name) => ({ variant_id: floor.variant(name), quantity: 1, fulfilment })),
    })
  },
  learns: (s, body: { id: string }) => {
    s.cart = body.id
  },
})

const ordered: Step<Visit> = {
  says: 'is ordered',
  does: ({ cart }) => floor.place(cart as string),
  learns: (s, body: OrderView) => {
    s.order = body
  },
}

/** The first tender of the order's payment. */
const begins = (says: string, tenderOf: (s: Visit) => TenderInput): Step<Visit> => ({
  says,
  does: (s, me) => {
    const { total, id } = s.order as OrderView
    const sale = { amount: total, currency: 'EUR', channel: 'pos', order_id: id, customer_id: s.customer } as const
    return shop.api.pay({ ...sale, tender: tenderOf(s) }, { key: me.key })
  },
  learns: (s, body: PaymentView) => {
    s.payment = body.id
  },
  async finds(s) {
    s.payment = (await floor.read(s.order?.id as string)).payments[0]?.id as string
  },
})

/** A further tender of the payment that `of` names. */
const adds = (
  says: string,
  tenderOf: (s: Visit, me: { once: <T>(what: string, make: () => Promise<T>) => Promise<T> }) => Promise<TenderInput>,
  of: (s: Visit) => string | undefined = ({ payment }) => payment,
): Step<Visit> => ({
  says,
  does: async (s, me) => shop.api.tender(of(s) as string, await tenderOf(s, me), { key: me.key }),
})

const inCash = (tendered: number) => async () => counter.inCash(tendered)

const asked = (wanted: (s: Visit) => string[]): Step<Visit> => ({
  says: 'it is brought back',
  async does(s) {
    await rest(shop)
    const order = await floor.read(s.order?.id as string)
    return floor.ask(order, Object.fromEntries(wanted(s).map((name) => [name, 1])))
  },
  learns: (s, body: ReturnView) => {
    s.returned = body.id
  },
  async finds(s) {
    const { body } = await shop.api.get<{ data: ReturnView[] }>(`/v1/returns?order_id=${s.order?.id}`)
    assert.equal(body.data.length, 1)
    s.returned = body.data[0]?.id as string
  },
})

const received: Step<Visit> = {
  says: 'and is in good order',
  async does({ returned }) {
    const { lines } = await floor.readReturn(returned as string)
    const units = lines.map(({ no }) => ({ no, quantity: 1, disposition: 'restock' }))
    return floor.receive(returned as string, units)
  },
}

interface Exchange {
  id: string
  state: string
  payment_id: string
}

const exchanges = (wanted: object, key: string) =>
  shop.api.command('/v1/exchanges', wanted, { key }) as unknown as Promise<Answer<Exchange>>

/** Method, amount, rounding and what has gone back of each tender that took something, in order. */
async function tendersOf(payment: string | undefined) {
  const { tenders } = await shop.api.payment(payment as string)
  return tenders
    .filter(({ amount_captured }) => amount_captured > 0)
    .map(({ method, amount_captured, rounding, amount_refunded }) => [
      ...[method, amount_captured, rounding, amount_refunded],
    ])
}

tell<Visit>(10, 'a link sent by chat and paid at the counter instead is dead', () => shop, {
  begins: async (n) => ({ goods: await stocked(n, { teapot: '12.50' }) }),
  steps: [
    basket('chat'),
    ordered,
    {
      says: 'a link is sent',
      does: ({ order }, me) =>
        shop.api.pay({ amount: 1250, currency: 'EUR', channel: 'link', order_id: order?.id }, { key: me.key }),
      learns: (s: Visit, body: PaymentView) => {
        s.payment = body.id
      },
    },
    {
      says: 'the customer pays at the counter',
      does: ({ order }, me) =>
        shop.api.pay(
          {
            ...{ amount: 1250, currency: 'EUR', channel: 'pos', order_id: order?.id },
            tender: counter.inCash(2000),
          },
          { key: me.key },
        ),
    },
    {
      says: 'and at home opens the link, which takes nothing',
      async does({ payment }, me) {
        const token = await me.once('card', () => shop.api.token(CARDS.approved))
        const late = await shop.api.tender(payment as string, { method: 'card', token }, { key: me.key })
        assert.deepEqual([late.status, late.body.code], [409, 'order-already-paid'], late.text)
        return undefined
      },
    },
  ],
  async shows(s) {
    const order = await floor.read(s.order?.id as string)
    return {
      order: [order.payment_status, order.fulfilment_status],
      took: order.payments.map(({ amount_captured }) => amount_captured).filter((amount) => amount > 0),
      link: (await shop.api.payment(s.payment as string)).amount_captured,
      onHand: await onHand(s),
    }
  },
  ends: { order: ['paid', 'fulfilled'], took: [1250], link: 0, onHand: [4] },
})

tell<Visit>(11, 'an uneven exchange with points, a gift card and rounded cash', () => shop, {
  begins: async (n) => ({
    goods: await stocked(n, { jacket: '49.97', coat: '79.99' }),
    customer: await counter.withPoints(500),
    card: await counter.giftCard(2000),
  }),
  steps: [
    basket('pos', ({ goods }) => goods.slice(0, 1)),
    ordered,
    begins('a jacket for 49.97: five euros with points', () => ({ method: 'points', amount: 500 })),
    adds('twenty of a gift card', async ({ card }) => ({ ...counter.withCard(card as IssuedCard), amount: 2000 })),
    adds('and the rest in cash', inCash(3000)),
    asked(({ goods }) => goods.slice(0, 1)),
    received,
    {
      ...basket('pos', ({ goods }) => goods.slice(1)),
      says: 'a coat is taken instead',
    },
    {
      ...ordered,
      learns: (s, body: OrderView) => {
        s.other = body
      },
    },
    {
      says: 'the jacket pays its worth',
      async does({ returned, other }, me) {
        const wanted = { return_id: returned, order_id: other?.id }
        const said = await exchanges(wanted, me.key)
        if (said.body.state !== 'settling') return said
        // What it is worth is still on its way; when that is there the till sends it once more.
        shop.clock.advance(MINUTE)
        await rest(shop)
        return exchanges(wanted, `${me.key}-later`)
      },
      learns: (s, body: Exchange) => {
        s.exchange = body
      },
    },
    adds('and cash the difference', inCash(5000), ({ exchange }) => exchange?.payment_id),
  ],
  async shows(s) {
    const { body } = await shop.api.get<{ state: string; amount_due: number }>(`/v1/exchanges/${s.exchange?.id}`)
    const { state, amount_refunded } = await floor.readReturn(s.returned as string)
    return {
      exchange: body.state,
      returned: [state, amount_refunded],
      tenders: await tendersOf(s.payment),
      difference: (await tendersOf(s.exchange?.payment_id)).at(-1),
      order: (await floor.read(s.other?.id as string)).payment_status,
      points: await counter.pointsOf(s.customer as string),
      card: await counter.balanceOf(s.card as IssuedCard),
      onHand: await onHand(s),
    }
  },
  ends: {
    exchange: 'completed',
    returned: ['settled', 4997],
    tenders: [
      ['points', 500, null, 500],
      ['gift_card', 2000, null, 2000],
      ['cash', 2497, -2, 2497],
    ],
    difference: ['cash', 3002, -2, 0],
    order: 'paid',
    points: [0, 79],
    card: 0,
    onHand: [5, 4],
  },
})

tell<Visit>(13, 'a gift card, a card approved in part and rounded cash; what goes back mirrors it', () => shop, {
  begins: async (n) => ({
    goods: await stocked(n, { pan: '40.02', lid: '20.01' }),
    card: await counter.giftCard(1000),
  }),
  steps: [
    basket('pos'),
    ordered,
    begins('ten euros of a gift card', ({ card }) => ({ ...counter.withCard(card as IssuedCard), amount: 1000 })),
    adds('the bank approves half of the rest', async (_s, me) => ({
      method: 'card',
      token: await me.once('card', () => shop.api.token(CARDS.partial)),
    })),
    adds('and the other half is paid in cash', inCash(3000)),
    asked(({ goods }) => goods),
    received,
    {
      says: 'all of it goes back the way it came',
      does: ({ returned }, me) => floor.settle(returned as string, {}, { key: me.key }),
    },
  ],
  async shows(s) {
    const { state, amount_refunded, refunds } = await floor.readReturn(s.returned as string)
    return {
      returned: [state, amount_refunded],
      refunds: refunds.map(({ method, amount, to }) => [method, amount, to]),
      tenders: await tendersOf(s.payment),
      order: (await floor.read(s.order?.id as string)).payment_status,
      card: await counter.balanceOf(s.card as IssuedCard),
      onHand: await onHand(s),
    }
  },
  ends: {
    returned: ['settled', 6003],
    refunds: [
      ['cash', 2502, null],
      ['card', 2501, null],
      ['gift_card', 1000, null],
    ],
    tenders: [
      ['gift_card', 1000, null, 1000],
      ['card', 2501, null, 2501],
      ['cash', 2502, -2, 2502],
    ],
    order: 'refunded',
    card: 1000,
    onHand: [5, 5],
  },
})
