// Click and collect. The card is kept for this order, and nothing is charged before the customer stands at the counter: then what
// is taken along, and no more.

import { article, asPage, type Cart, call, command, euros, type Order, storeNamed, tokenOf } from './client.ts'

interface Fulfilment {
  id: string
  state: string
  code?: string
  charge: { state: string; amount: number } | null
}

const store_id = storeNamed('Amsterdam')
const boots = await article('Boots', '120.00', { store_id, quantity: 2 })
const socks = await article('Socks', '14.00', { store_id, quantity: 9 })

// In the browser: a token, and the lines with the shop where they will be collected.
const cart = await asPage<Cart>('POST', '/v1/carts', {
  currency: 'EUR',
  channel: 'web',
  lines: [boots, socks].map((variant_id) => ({ variant_id, quantity: 1, fulfilment: { mode: 'collect', store_id } })),
})
const order = await asPage<Order>(
  'POST',
  '/v1/orders',
  {
    cart_id: cart.id,
    expected_total: cart.total,
    charge: 'on_collection',
    token: await tokenOf('4242 4242 4242 4242'),
  },
  cart.secret,
)
console.log(`${order.state}: ${euros(order.total)} ordered`)

// In the shop: on the board of its store stands what is to be made ready. `ready` tells the code for the customer.
const { data: board } = await call<{ data: [Fulfilment] }>('GET', `/v1/orders/${order.id}/fulfilments`)
const [{ id }] = board
await call('POST', `/v1/fulfilments/${id}/accept`, {})
await call('POST', `/v1/fulfilments/${id}/pick`, {})
const { code } = await call<Fulfilment>('POST', `/v1/fulfilments/${id}/ready`, {})
const before = await call<Order>('GET', `/v1/orders/${order.id}`)
console.log(`ready: ${euros(before.amount_paid)} charged`)

// At the counter: the customer shows the code, and leaves the boots.
const line_id = order.lines.find(({ variant_id }) => variant_id === boots)?.id
const refuse = [{ line_id, quantity: 1, reason: 'too small' }]
const collected = await command<Fulfilment>(`/v1/fulfilments/${id}/collect`, { code, refuse }, `${order.id}-collect`)
const after = await call<Order>('GET', `/v1/orders/${order.id}`)
console.log(`${collected.state}: ${euros(after.amount_paid)} charged`)
