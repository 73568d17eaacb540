// Stories 17 and 18: a customer who is known by the card, and a provider that is not there.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { FaultName } from '../../server/connectors/simulator/index.ts'
import type { OrderView } from '../../server/orders/view.ts'
import type { PaymentView } from '../../server/payments/payment.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, openShop, type Shop } from './shop.ts'
import { type Me, type Step, tell } from './story.ts'

let shop: Shop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  orders = orderShop(shop)
  await orders.sells('cup', '12.50')
})
after(() => shop.close())

interface Known {
  customer: string
  /** A card number of this telling's own; its alias is what a terminal tells of it. */
  card: string
  alias?: string
  recognised?: string | null
  order?: OrderView
}

/** A card number that nobody else in the shop has. */
function ownCard(n: number): string {
  const body = `424242${String(n).padStart(9, '0')}`
  const sum = [...body].reverse().reduce((total, digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 2 : 1)
    return total + (twice > 9 ? twice - 9 : twice)
  }, 0)
  return `${body}${(10 - (sum % 10)) % 10}`
}

const pays = async (card: string, me: Me, order?: OrderView) => {
  const token = await me.once('card', () => shop.api.token(card))
  const sale = { amount: 1250, currency: 'EUR', channel: 'pos', order_id: order?.id } as const
  const customer_id = order?.customer_id ?? undefined
  return shop.api.pay({ ...sale, customer_id, tender: { method: 'card', token } }, { key: me.key })
}

/** A cup is rung up, for whom the till knows. */
const ringsUp = (customerOf: (s: Known) => string): Step<Known> => ({
  says: 'a cup is rung up',
  does: async (s, me) => {
    const customer_id = customerOf(s)
    const at = { channel: 'pos', store_id: shop.keys.registers[0]?.store_id }
    return orders.place(await me.once('cart', () => orders.cart({ cup: 1 }, { customer_id, ...at })))
  },
  learns: (s, body: OrderView) => {
    s.order = body
  },
})

const taps: Step<Known> = {
  says: 'the card is held to the terminal',
  does: ({ alias }) => shop.api.call('POST', '/v1/customers/recognise', { type: 'card_alias', value: alias }),
  learns: (s, body: { customer: { id: string } | null }) => {
    s.recognised = body.customer?.id ?? null
  },
}

tell<Known>(17, 'a customer is recognised by the card before paying, once she has agreed to it', () => shop, {
  begins: async (n) => ({ customer: await shop.customer('Ada'), card: ownCard(n) }),
  steps: [
    ringsUp(({ customer }) => customer),
    {
      says: 'Ada pays by card',
      does: ({ card, order }, me) => pays(card, me, order),
      async holds(s: Known) {
        const { body } = await shop.api.get<{ data: PaymentView[] }>(`/v1/payments?customer_id=${s.customer}`)
        s.alias = (body.data[0]?.tenders[0]?.instrument as { alias?: string } | null)?.alias as string
      },
    },
    {
      ...taps,
      async holds({ recognised }) {
        assert.equal(recognised, null, 'a stranger’s card tells nothing')
      },
    },
    {
      says: 'she agrees to be known by it',
      does: ({ customer }) =>
        shop.api.call('POST', `/v1/customers/${customer}/consents`, {
          ...{ purpose: 'card_recognition', is_granted: true, channel: 'pos', proof: 'asked at the till' },
        }),
    },
    {
      says: 'and the card becomes hers',
      does: ({ customer, alias }) =>
        shop.api.call('POST', `/v1/customers/${customer}/identities`, {
          ...{ type: 'card_alias', value: alias, is_verified: true, source: 'terminal' },
        }),
    },
    {
      ...taps,
      async holds({ recognised, customer }) {
        assert.equal(recognised, customer, 'staff see who it is before anything is paid')
      },
    },
    ringsUp(({ recognised }) => recognised as string),
    { says: 'she pays, as herself', does: ({ card, order }, me) => pays(card, me, order) },
  ],
  async shows({ customer }) {
    const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/customers/${customer}/timeline`)
    const identities = await shop.api.get<{ data: { type: string }[] }>(`/v1/customers/${customer}/identities`)
    return {
      captured: body.data.filter(({ type }) => type === 'payment.captured').length,
      identities: identities.body.data.map(({ type }) => type),
    }
  },
  ends: { captured: 2, identities: ['card_alias'] },
})

interface TwoOrders {
  first?: OrderView
  second?: OrderView
}

const places = (takes: (s: TwoOrders, order: OrderView) => void): Step<TwoOrders> => ({
  says: 'a cup is ordered',
  async does(_s, me) {
    return orders.place(await me.once('cart', () => orders.cart({ cup: 1 })))
  },
  learns: (s, body: OrderView) => takes(s, body),
})

/** Pays while account A is in trouble, whatever else is. */
async function paysWhile(fault: FaultName, order: OrderView | undefined, me: Me) {
  const sale = { amount: 1250, currency: 'EUR', channel: 'web', order_id: order?.id } as const
  const pay = async (nth: string) => {
    const token = await me.once(`card ${nth}`, () => shop.api.token(CARDS.approved))
    shop.simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault }] }, shop.accounts.a)
    return shop.api.pay({ ...sale, tender: { method: 'card', token } }, { key: `${me.key}-${nth}` })
  }
  const said = await pay('first')
  // The server died after A had refused and before B was asked: nobody was paid, and the customer tries again.
  return said.body.status === 'failed' ? pay('second') : said
}

/** Status of the order, and the accounts that were asked for money for it, A before B. */
async function paidAt(order: OrderView | undefined) {
  const read = await orders.read(order?.id as string)
  const asked = new Set<string | null>()
  for (const { id } of read.payments) {
    for (const tender of (await shop.api.payment(id)).tenders) {
      if (tender.amount_captured > 0) asked.add(tender.connector_account)
    }
  }
  const names = [...asked].map((account) => (account === shop.accounts.b ? 'B' : 'A'))
  return [read.state, read.payment_status, ...names]
}

tell<TwoOrders>(18, 'while A is down B is paid; what A may have taken is never tried at B', () => shop, {
  begins: async () => ({}),
  steps: [
    places((s, order) => {
      s.first = order
    }),
    { says: 'A is down', does: ({ first }, me) => paysWhile('down', first, me) },
    places((s, order) => {
      s.second = order
    }),
    { says: 'what A answers is lost', does: ({ second }, me) => paysWhile('lost_after', second, me) },
  ],
  async shows({ first, second }) {
    return { first: await paidAt(first), second: await paidAt(second) }
  },
  ends: { first: ['confirmed', 'paid', 'B'], second: ['confirmed', 'paid', 'A'] },
})
