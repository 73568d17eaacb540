// Bought online, brought back to a shop. The goods go into that shop's stock, the money back onto the card that paid, which the
// customer need not have with them.

import { article, call, command, euros, home, type Order, storeNamed, tokenOf } from './client.ts'

interface Return {
  id: string
  state: string
  amount_refunded: number
  lines: { no: number }[]
  refunds: { method: string; amount: number }[]
}

const shop = storeNamed('Amsterdam')
const mug = await article('Mug', '3.33', { store_id: storeNamed('Web shop'), quantity: 10 })

// Three mugs in one line, bought in the web shop, paid and sent.
const lines = [{ variant_id: mug, quantity: 3 }]
const cart = await call('POST', '/v1/carts', { currency: 'EUR', channel: 'web', shipping_address: home, lines })
const order = await call<Order>('POST', '/v1/orders', { cart_id: cart.id })
const tender = { method: 'card', token: await tokenOf('4242 4242 4242 4242') }
const payment = { amount: order.amount_due, currency: 'EUR', channel: 'web', order_id: order.id, tender }
await command('/v1/payments', payment, `${order.id}-pay`)
const { data: parcels } = await call<{ data: [{ id: string }] }>('GET', `/v1/orders/${order.id}/fulfilments`)
const [parcel] = parcels
for (const step of ['accept', 'pick', 'ready']) await call('POST', `/v1/fulfilments/${parcel.id}/${step}`, {})
await command(
  `/v1/fulfilments/${parcel.id}/ship`,
  { tracking: { carrier: 'PostNL', number: '3SABCD123' } },
  `${parcel.id}-ship`,
)

// At the counter: the number on the receipt finds the order; two mugs are fine to be sold again.
const { data: found } = await call<{ data: [{ lines: [{ line_id: string; returnable: number }] }] }>(
  'GET',
  `/v1/returns/lookup?number=${order.number}`,
)
const [{ lines: bought }] = found
const asked = await call<Return>('POST', '/v1/returns', {
  order_id: order.id,
  channel: 'pos',
  store_id: shop,
  reason: 'too many',
  lines: [{ line_id: bought[0].line_id, quantity: 2 }],
})
await call('POST', `/v1/returns/${asked.id}/receive`, {
  store_id: shop,
  lines: [{ no: asked.lines[0]?.no, quantity: 2, disposition: 'restock' }],
})
const settled = await command<Return>(`/v1/returns/${asked.id}/settle`, {}, `${asked.id}-settle`)
console.log(`${settled.state}: ${euros(settled.amount_refunded)} of ${euros(order.total)} back on the card`)

const { data: levels } = await call<{ data: { store_id: string; on_hand: number }[] }>(
  'GET',
  `/v1/stock?variant_id=${mug}`,
)
const here = levels.find(({ store_id }) => store_id === shop)
console.log(`in the shop now: ${here?.on_hand}`)
