// A customer fills a cart on the phone and pays in the shop. The code on the phone's screen gives the till the same cart, and it
// stays live on both.

import { article, asPage, type Cart, call, command, demo, euros, type Order, storeNamed } from './client.ts'

const store_id = storeNamed('Amsterdam')
const register = demo.registers.find((one) => one.store_id === store_id)
const terminal = demo.terminals.find((one) => one.store_id === store_id)
if (!register || !terminal) throw new Error('the demo retailer’s shop in Amsterdam has a register and a terminal')
const lamp = await article('Lantern', '39.00', { store_id, quantity: 4 })
const wick = await article('Wick', '4.50', { store_id, quantity: 50 })

// On the phone.
const phone = await asPage<Cart>('POST', '/v1/carts', {
  currency: 'EUR',
  channel: 'app',
  country: 'NL',
  lines: [{ variant_id: lamp, quantity: 1 }],
})
const { code } = await asPage<{ code: string }>('POST', `/v1/carts/${phone.id}/handover`, {}, phone.secret)

// At the till, which has a key of its own.
const claimed = await call<Cart>('POST', '/v1/carts/claim', {
  code,
  channel: 'pos',
  store_id,
  register_id: register.id,
})
console.log(`the till has ${claimed.id === phone.id ? 'the same cart' : 'another'}: ${euros(claimed.total)}`)
await call('POST', `/v1/carts/${claimed.id}/lines`, { lines: [{ variant_id: wick, quantity: 2 }] })
const shown = await asPage<Cart>('GET', `/v1/carts/${phone.id}`, undefined, phone.secret)
console.log(`the phone shows ${shown.lines.length} lines: ${euros(shown.total)}`)

const order = await call<Order>('POST', '/v1/orders', { cart_id: claimed.id, expected_total: shown.total })
const payment = {
  amount: order.amount_due,
  currency: 'EUR',
  channel: 'pos',
  order_id: order.id,
  tender: { method: 'card', terminal_id: terminal.id },
}
await command('/v1/payments', payment, `${order.id}-pay`)
const paid = await call<Order>('GET', `/v1/orders/${order.id}`)
console.log(`${paid.payment_status}: ${euros(paid.total)}`)
