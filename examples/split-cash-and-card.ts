// At the till. The customer pays €20.00 of €35.00 in cash with a fifty, gets the change, and taps a card for the rest. It is
// one payment with two tenders; the drawer and the card are in the same books.

import { command, demo, euros, newKey } from './client.ts'

const [store] = demo.stores
const register = demo.registers.find((one) => one.store_id === store?.id)
const terminal = demo.terminals.find((one) => one.store_id === store?.id)
if (!register || !terminal) throw new Error('the first shop of the demo retailer has a register and a terminal')
const ticket = newKey('ticket')

const cash = await command(
  '/v1/payments',
  {
    amount: 3500,
    currency: 'EUR',
    channel: 'pos',
    order_id: ticket,
    tender: { method: 'cash', amount: 2000, cash: { register_id: register.id, tendered: 5000 } },
  },
  `${ticket}-cash`,
)
console.log(`${cash.status}: change ${euros(cash.tenders[0]?.cash?.change ?? 0)}`)

const done = await command(
  `/v1/payments/${cash.id}/tenders`,
  { method: 'card', terminal_id: terminal.id },
  `${ticket}-card`,
)
console.log(`${done.status}: ${done.tenders.map(({ method, amount }) => `${method} ${euros(amount)}`).join(', ')}`)
