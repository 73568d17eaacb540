// One sale, typed on both sides: the page puts goods into a cart and makes a token of the card, the shop's server pays for the order.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Onetill } from '../../web/sdk/sdk.ts'
import { createServerClient, must, OnetillError } from '../../web/sdk/server.ts'
import type { paths } from './onetill.d.ts'

const url = process.env['ONETILL_URL'] ?? 'http://127.0.0.1:4000'
const demoFile = join(process.env['ONETILL_DATA'] ?? 'data', 'demo.json')
const keys = JSON.parse(await readFile(demoFile, 'utf8')) as { secret_key: string; publishable_key: string }

// The server's part: an article that is not counted.
const server = createServerClient<paths>({ url, secretKey: keys.secret_key })
const product = must(
  await server.POST('/v1/products', {
    body: { name: 'Poster', variants: [{ track: 'none', prices: [{ currency: 'EUR', unit_price: '12.50' }] }] },
  }),
)
const variant = product.variants[0]?.id ?? ''

// The page's part. It has the publishable key only.
const page = Onetill(keys.publishable_key, { url })
const cart = page.cart({ currency: 'EUR', country: 'NL', storage: null })
const first = await cart.add(variant)
await cart.changeLine(first.lines[0]?.id ?? '', { quantity: 2 })
const address = { name: 'Ada', line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }
const filled = await cart.change({ shipping_address: address, email: 'ada@example.org' })
console.log(
  `in the cart: ${filled.lines[0]?.quantity} × ${filled.lines[0]?.name}, ${filled.total / 100} ${filled.currency}`,
)
const order = await cart.place()
const token = await page.tokenise({ number: '4242 4242 4242 4242', exp_month: 12, exp_year: 2034, cvc: '123' })
console.log(`the page has a token for a ${token.card.brand} that ends in ${token.card.last4}`)

// The server again: it pays with the token, twice with one key, and reads the order.
const pay = () =>
  server.POST('/v1/payments', {
    params: { header: { 'Idempotency-Key': `order-${order.id}` } },
    body: {
      ...{ amount: order.total, currency: 'EUR', channel: 'web', order_id: order.id },
      tender: { method: 'card', token: token.id },
    },
  })
const [paid, again] = [must(await pay()), must(await pay())]
console.log(`paid: ${paid.status}; sent twice: ${paid.id === again.id ? 'one payment' : 'two payments'}`)
const seen = must(await server.GET('/v1/orders/{id}', { params: { path: { id: order.id } } }))
console.log(`the order is ${seen.state}, due ${seen.amount_due}`)

try {
  must(await server.GET('/v1/orders/{id}', { params: { path: { id: 'ord_00000000000000000000000000' } } }))
} catch (error) {
  if (!(error instanceof OnetillError)) throw error
  console.log(`another order: ${error.code}`)
}
