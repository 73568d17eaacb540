// A sale in a web shop. The first card has no money on it: that is a payment with status `failed`, not an error, and the
// same payment can be tried again with another card.

import { command, euros, newKey, tokenOf } from './client.ts'

const order = newKey('order')

const first = await command(
  '/v1/payments',
  {
    amount: 4995,
    currency: 'EUR',
    channel: 'web',
    order_id: order,
    tender: { method: 'card', token: await tokenOf('4000 0000 0000 9995') },
  },
  `${order}-pay`,
)
console.log(`${first.status}: ${first.decline?.code}`)

const second = await command(
  `/v1/payments/${first.id}/tenders`,
  { method: 'card', token: await tokenOf('4242 4242 4242 4242') },
  `${order}-pay-again`,
)
console.log(`${second.status}: ${euros(second.amount_captured)}`)
