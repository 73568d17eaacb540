// Three articles are ordered and the whole amount is held. At the counter one is not wanted: the other two are charged, and the
// rest of the hold is released with the same command. Here with an order number of your own and payments alone.

import { command, euros, newKey, tokenOf } from './client.ts'

const order = newKey('order')
const articles = { cup: 1495, plate: 1795, bowl: 1705 }

const ordered = await command(
  '/v1/payments',
  {
    amount: articles.cup + articles.plate + articles.bowl,
    currency: 'EUR',
    channel: 'web',
    capture: 'manual',
    order_id: order,
    tender: { method: 'card', token: await tokenOf('4242 4242 4242 4242') },
  },
  `${order}-hold`,
)
console.log(`${ordered.status}: ${euros(ordered.amount_capturable)} held`)

const collected = await command(
  `/v1/payments/${ordered.id}/captures`,
  { amount: articles.cup + articles.plate, final: true },
  `${order}-collected`,
)
console.log(
  `${collected.status}: ${euros(collected.amount_captured)} charged, ${euros(collected.amount_capturable)} held`,
)
