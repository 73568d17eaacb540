// Stories 4, 5 and 12: what was bought in one channel comes back in another, and the money goes back the way it came.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import type { ReturnView } from '../../server/returns/return.ts'
import { type CounterShop, counterShop } from './counter-shop.ts'
import { fulfilmentShop } from './fulfilment-shop.ts'
import { ADDRESS } from './order-shop.ts'
import { type ReturnShop, returnShop } from './return-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'
import { rest, type Step, tell } from './story.ts'

let shop: Shop
let floor: ReturnShop
let stock: ReturnType<typeof fulfilmentShop>
let counter: CounterShop
let web: string
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  stock = fulfilmentShop(shop)
  counter = counterShop(shop)
  web = stock.web
  await counter.rewards()
})
after(() => shop.close())

interface Back {
  /** What is bought, and in how many pieces. */
  goods: string
  quantity: number
  customer?: string
  cart?: string
  order?: OrderView
  payment?: PaymentView
  parcel?: string
  returned?: string
}

async function goods(n: number, name: string, price: string, quantity = 1): Promise<Back> {
  const own = `${name} ${n}`
  await floor.stocked(own, price, 5)
  return { goods: own, quantity }
}

/** On hand in the shop and in the web shop. */
const onHand = async ({ goods: name }: Back) =>
  Promise.all([floor.shopFloor, web].map(async (store) => (await floor.onHand(name, store))['on_hand'] ?? 0))

const basket = (channel: 'web' | 'pos'): Step<Back> => ({
  says: channel === 'web' ? 'the customer fills a cart on the web' : 'the till rings it up',
  does: ({ goods: name, quantity, customer }) => {
    const mode = channel === 'web' ? 'ship' : 'take_away'
    const fulfilment = { mode, store_id: floor.shopFloor }
    return shop.api.call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel, customer_id: customer },
      ...(channel === 'web' ? { shipping_address: ADDRESS } : { store_id: floor.shopFloor }),
      lines: [{ variant_id: floor.variant(name), quantity, fulfilment }],
    })
  },
  learns: (s, body: { id: string }) => {
    s.cart = body.id
  },
})

const ordered: Step<Back> = {
  says: 'it is ordered',
  does: ({ cart }) => floor.place(cart as string),
  learns: (s, body: OrderView) => {
    s.order = body
  },
}

/** The payment of the order, for who did not hear what became of it. */
async function findsPayment(s: Back): Promise<void> {
  const [payment] = await stock.paymentsOf(s.order?.id as string)
  s.payment = await shop.api.payment(payment?.id as string)
}

/** The order as it stands now, which a return is asked of. */
async function readsOrder(s: Back): Promise<void> {
  await rest(shop)
  s.order = await floor.read(s.order?.id as string)
}

const takesPayment = (s: Back, body: PaymentView) => {
  s.payment = body
}

const asked = (from: 'pos' | 'web', store_id?: string): Step<Back> => ({
  says: 'all of it is to go back',
  does: ({ order, goods: name, quantity }) =>
    floor.ask(order as OrderView, { [name]: quantity }, from === 'pos' ? {} : { channel: 'web', store_id }),
  learns: (s, body: ReturnView) => {
    s.returned = body.id
  },
  async finds(s) {
    const { body } = await shop.api.get<{ data: ReturnView[] }>(`/v1/returns?order_id=${s.order?.id}`)
    assert.equal(body.data.length, 1)
    s.returned = body.data[0]?.id as string
  },
})

const received = (store: () => string): Step<Back> => ({
  says: 'it is received in good order',
  does: ({ returned, quantity }) =>
    floor.receive(returned as string, [{ no: 1, quantity, disposition: 'restock' }], store()),
})

const settled: Step<Back> = {
  says: 'the money goes back',
  does: ({ returned }, me) => floor.settle(returned as string, {}, { key: me.key }),
}

/**
 * The card is held to the terminal. Nothing is sent to a terminal twice by itself; when no answer comes and the terminal shows
 * that it was never asked, the cashier says so, and the card is held to it again.
 */
async function atTheTerminal(order: OrderView, key: string) {
  const sale = { amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id } as const
  const tender = { method: 'card', terminal_id: shop.terminal }
  const said = await shop.api.pay({ ...sale, tender }, { key })
  if (said.status !== 202 || shop.journal(said.body.id).length > 0) return said
  const [operation] = said.body.operations ?? []
  const path = `/v1/payments/${said.body.id}/operations/${operation?.id}/resolution`
  await shop.api.call('POST', path, { outcome: 'declined', note: 'the terminal was never asked' })
  return shop.api.pay({ ...sale, tender }, { key: `${key}-again` })
}

async function whatCameBack(s: Back) {
  const { state, amount_refunded, refunds } = await floor.readReturn(s.returned as string)
  const order = await floor.read(s.order?.id as string)
  return {
    returned: [state, amount_refunded],
    refunds: refunds.map(({ method, amount, to, state }) => [method, amount, to, state]),
    order: [order.total, order.payment_status],
    onHand: await onHand(s),
  }
}

tell(
  4,
  'bought online with iDEAL and returned in a store: refunded by reference, and in that store’s stock',
  () => shop,
  {
    begins: (n) => goods(n, 'tent', '189.00'),
    steps: [
      basket('web'),
      ordered,
      {
        says: 'the customer chooses iDEAL',
        does: ({ order }, me) =>
          shop.api.pay(
            {
              ...{ amount: 18900, currency: 'EUR', channel: 'web', order_id: order?.id, country: 'NL' },
              ...{ return_url: 'https://shop.example/thanks', tender: { method: 'ideal' } },
            },
            { key: me.key },
          ),
        learns: takesPayment,
        finds: findsPayment,
      },
      {
        says: 'and says yes at the bank',
        async does({ payment }) {
          const path = `/v1/payments/${payment?.id}/timeline`
          const { body } = await shop.api.get<{ data: { operation_id: string }[] }>(path)
          shop.simulator.act(shop.accounts.a, body.data[0]?.operation_id as string, 'approve')
          await rest(shop)
          return undefined
        },
        async holds(s) {
          await readsOrder(s)
          assert.equal(s.order?.payment_status, 'paid')
          s.parcel = (await stock.fulfilments(s.order?.id as string))[0]?.id as string
        },
      },
      ...['accept', 'pick', 'ready'].map(
        (verb): Step<Back> => ({
          says: `the parcel: ${verb}`,
          does: ({ parcel }) => stock.tell(parcel as string, verb),
        }),
      ),
      {
        says: 'it is sent',
        does: ({ parcel }, me) => stock.ship(parcel as string, { key: me.key }),
        holds: readsOrder,
      },
      asked('pos'),
      received(() => floor.shopFloor),
      settled,
    ],
    shows: whatCameBack,
    ends: {
      returned: ['settled', 18900],
      refunds: [['ideal', 18900, null, 'done']],
      order: [18900, 'refunded'],
      onHand: [5, 0],
    },
  },
)

tell(5, 'bought in a store by card and returned by post: refunded without the card', () => shop, {
  begins: (n) => goods(n, 'mug', '12.50'),
  steps: [
    basket('pos'),
    ordered,
    {
      says: 'paid by card at the terminal',
      does: ({ order }, me) => atTheTerminal(order as OrderView, me.key),
      holds: readsOrder,
    },
    asked('web'),
    {
      says: 'it is sent back',
      does: ({ returned }) =>
        floor.step(returned as string, 'send', { tracking: { carrier: 'PostNL', number: '3SKAB0001' } }),
    },
    received(() => web),
    settled,
  ],
  shows: whatCameBack,
  ends: {
    returned: ['settled', 1250],
    refunds: [['card', 1250, null, 'done']],
    order: [1250, 'refunded'],
    onHand: [4, 1],
  },
})

tell(12, 'an order partly paid with points gives exactly those back when all of it returns', () => shop, {
  async begins(n) {
    const customer = await counter.withPoints(500)
    return { ...(await goods(n, 'cup', '12.50', 2)), customer }
  },
  steps: [
    basket('pos'),
    ordered,
    {
      says: 'five euros are paid with points',
      does: ({ order, customer }, me) =>
        shop.api.pay(
          {
            ...{ amount: 2500, currency: 'EUR', channel: 'pos', order_id: order?.id, customer_id: customer },
            tender: { method: 'points', amount: 500 },
          },
          { key: me.key },
        ),
      learns: takesPayment,
      finds: findsPayment,
    },
    {
      says: 'and the rest by card',
      does: async ({ payment }, me) => {
        const token = await me.once('card', () => shop.api.token(CARDS.approved))
        return shop.api.tender(payment?.id as string, { method: 'card', token }, { key: me.key })
      },
      holds: readsOrder,
    },
    asked('pos'),
    received(() => floor.shopFloor),
    settled,
  ],
  async shows(s) {
    return { ...(await whatCameBack(s)), points: await counter.pointsOf(s.customer as string) }
  },
  ends: {
    returned: ['settled', 2500],
    refunds: [
      ['card', 2000, null, 'done'],
      ['points', 500, null, 'done'],
    ],
    order: [2500, 'refunded'],
    onHand: [5, 0],
    points: [500, 0],
  },
})
