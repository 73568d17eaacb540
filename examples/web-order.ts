// From a page to a paid order. The browser makes the cart and places the order, with the publishable key and the secret of its
// own cart; the shop's server takes the money. The order comes first, with its goods reserved, and the money after it.

import { article, asPage, type Cart, call, command, euros, home, type Order, storeNamed, tokenOf } from './client.ts'

const cup = await article('Enamel cup', '14.95', { store_id: storeNamed('Web shop'), quantity: 5 })

// In the browser.
const cart = await asPage<Cart>('POST', '/v1/carts', {
  currency: 'EUR',
  channel: 'web',
  email: 'ada@example.org',
  shipping_address: home,
  lines: [{ variant_id: cup, quantity: 2 }],
})
console.log(`in the cart: ${euros(cart.total)}`)

// `expected_total` is what the customer saw. If it is another by now the order is refused, not changed.
const wish = { cart_id: cart.id, expected_total: cart.total }
const order = await asPage<Order>('POST', '/v1/orders', wish, cart.secret)
const again = await asPage<Order>('POST', '/v1/orders', wish, cart.secret)
console.log(
  `${order.state}, to pay ${euros(order.amount_due)}; sent twice: ${again.id === order.id ? 'one order' : 'two'}`,
)

// On the shop's server.
const payment = {
  amount: order.amount_due,
  currency: 'EUR',
  channel: 'web',
  order_id: order.id,
  tender: { method: 'card', token: await tokenOf('4242 4242 4242 4242') },
}
await command('/v1/payments', payment, `${order.id}-pay`)
const paid = await call<Order>('GET', `/v1/orders/${order.id}`)
console.log(`${paid.state}, ${paid.payment_status}`)
