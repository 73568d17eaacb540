// A gift card pays a part of an order, a card the rest. It is one payment with two tenders; what is refunded goes back to where
// it came from, newest first.

import { article, type Cart, call, command, euros, home, type Order, storeNamed, tokenOf } from './client.ts'

const pan = await article('Skillet', '64.00', { store_id: storeNamed('Web shop'), quantity: 3 })
const goodwill = { amount: 2500, currency: 'EUR', reason: 'sorry for the wait' }
const { code } = await call<{ code: string }>('POST', '/v1/gift_cards', goodwill, `gift-card-${crypto.randomUUID()}`)

const cart = await call<Cart>('POST', '/v1/carts', {
  currency: 'EUR',
  channel: 'web',
  shipping_address: home,
  lines: [{ variant_id: pan, quantity: 1 }],
})
const order = await call<Order>('POST', '/v1/orders', { cart_id: cart.id, expected_total: cart.total })

// How much is on it? Ask, then take that much: nothing is taken in part unasked.
const { balance } = await call<{ balance: number }>('POST', '/v1/gift_cards/balance', { code })
const first = await command(
  '/v1/payments',
  {
    amount: order.amount_due,
    currency: 'EUR',
    channel: 'web',
    order_id: order.id,
    tender: { method: 'gift_card', amount: balance, gift_card: { code } },
  },
  `${order.id}-gift-card`,
)
const both = await command(
  `/v1/payments/${first.id}/tenders`,
  { method: 'card', token: await tokenOf('4242 4242 4242 4242') },
  `${order.id}-card`,
)
console.log(`${both.status}: ${both.tenders.map(({ method, amount }) => `${method} ${euros(amount)}`).join(', ')}`)

// The order is cancelled before it is sent. Both get back what they gave.
await call('POST', `/v1/orders/${order.id}/cancel`, { reason: 'bought by mistake' }, `${order.id}-cancel`)
const after = await call<Order>('GET', `/v1/orders/${order.id}`)
const left = await call<{ balance: number }>('POST', '/v1/gift_cards/balance', { code })
console.log(`${after.state}: ${euros(after.amount_refunded)} back, ${euros(left.balance)} of it on the gift card`)
