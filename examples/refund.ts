// Two returns of one order. Each command has a key that names its purpose, so the one that was sent twice, perhaps because
// the connection broke, gives money back once. More than was paid is never given back.

import { command, euros, newKey, Refused, tokenOf } from './client.ts'

const order = newKey('order')
const paid = await command(
  '/v1/payments',
  {
    amount: 6000,
    currency: 'EUR',
    channel: 'web',
    order_id: order,
    tender: { method: 'card', token: await tokenOf('5555 5555 5555 4444') },
  },
  `${order}-pay`,
)
const refund = (amount: number, purpose: string) =>
  command(`/v1/payments/${paid.id}/refunds`, { amount, reason: purpose }, `${order}-${purpose}`)

await refund(2000, 'return-1')
const again = await refund(2000, 'return-1')
console.log(`after one return, sent twice: ${euros(again.amount_refunded)} refunded`)

const second = await refund(1500, 'return-2')
console.log(`after two returns: ${euros(second.amount_refunded)} refunded, ${euros(second.amount_refundable)} left`)

try {
  await refund(3000, 'return-3')
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.log(`a third of €30.00: ${error.status} ${error.code}`)
}
