// Whoever comes to a counter says a name, an address, a number of some kind: the order is found by it, whatever the channel it came by.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ADDRESS, orderShop } from './order-shop.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let at: ReturnType<typeof orderShop>
before(async () => {
  shop = await openShop()
  at = orderShop(shop)
  await at.sells('lamp', '30.00')
})
after(() => shop.close())

interface Listed {
  data: { id: string; number: string; email: string | null; name: string | null }[]
  next_cursor: string | null
}
const ask = async (path: string, q: string, more = '') => {
  const answer = await shop.api.get<Listed>(`${path}?q=${encodeURIComponent(q)}${more}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.body.data.map(({ id }) => id)
}
const orders = (q: string, more = '') => ask('/v1/orders', q, more)
const customers = (q: string) => ask('/v1/customers', q)

test('a guest’s order is found by name, address, number and telephone, in whatever way they are written', async () => {
  const shipping_address = { ...ADDRESS, name: 'Zoë van der Łęcki', phone: '+31 6 1234 5678' }
  const { id, number } = await at.order({ lamp: 1 }, { shipping_address, email: 'zoe.lecki@example.org' })
  await at.order({ lamp: 1 }, { shipping_address: { ...ADDRESS, name: 'Bo Berg' }, email: 'bo@example.org' })
  const said = [
    'zoe',
    'LECKI',
    'van zo',
    'Łęcki Zoë',
    'ZOE.LECKI@example.org',
    'zoe.lecki',
    '06-12345678',
    '0031612345678',
  ]
  for (const q of [...said, number, `#${number}`]) assert.deepEqual(await orders(q), [id], q)
  for (const q of ['zoe berg', 'oe', 'example', '06-12345679', 'lecki@example.org'])
    assert.deepEqual(await orders(q), [], q)
})

test('a customer’s orders are found by the name on their profile, newest first and page by page', async () => {
  const { body: customer } = await shop.api.call<{ id: string }>('POST', '/v1/customers', {
    ...{ name: 'Grace Hopper', phone: '+46701234567', email: 'grace@example.org' },
  })
  const placed: string[] = []
  for (let i = 0; i < 3; i++) placed.unshift((await at.order({ lamp: 1 }, { customer_id: customer.id })).id)
  for (const q of ['hop gra', '070-123 45 67', 'grace@example.org']) assert.deepEqual(await orders(q), placed, q)
  const first = await shop.api.get<Listed>('/v1/orders?q=hopper&limit=2')
  assert.deepEqual(
    first.body.data.map(({ id }) => id),
    placed.slice(0, 2),
  )
  assert.deepEqual(await orders('hopper', `&limit=2&cursor=${first.body.next_cursor}`), placed.slice(2))
  assert.deepEqual(await customers('hopper'), [customer.id])
  assert.deepEqual(await customers('0701234567'), [customer.id])
})

test('signs of a query find nobody and break nothing, and another merchant’s people are not found', async () => {
  for (const q of ["' | 'x", '\\:* &', '!!', "o'neill & co", '(a:*', '%%']) {
    await orders(q)
    await customers(q)
  }
  const other = await openShop()
  try {
    assert.deepEqual((await other.api.get<Listed>('/v1/orders?q=zoe')).body.data, [])
    assert.deepEqual((await other.api.get<Listed>('/v1/customers?q=hopper')).body.data, [])
  } finally {
    await other.close()
  }
  const both = await shop.api.get('/v1/customers?q=hopper&email=grace@example.org')
  assert.equal(both.status, 422)
  const short = await shop.api.get('/v1/orders?q=a')
  assert.equal(short.status, 422)
})

test('of many the likeliest come first: the name in whole, then names that begin so, then later words', async () => {
  const add = async (name: string) => (await shop.api.call<{ id: string }>('POST', '/v1/customers', { name })).body.id
  const [whole, begins, later, second] = [
    await add('Anne Anders'),
    await add('Anderson Bo'),
    await add('Karl Andersson'),
    await add('Andersen Åsa'),
  ]
  assert.deepEqual(await customers('anders'), [whole, second, begins, later])
  assert.deepEqual(await ask('/v1/customers', 'ANDERS', '&limit=2'), [whole, second])
})

test('whoever changes their name is found by the new one alone', async () => {
  const { body } = await shop.api.call<{ id: string }>('POST', '/v1/customers', { name: 'Mary Shelley' })
  await shop.api.call('PATCH', `/v1/customers/${body.id}`, { name: 'Mary Godwin' })
  assert.deepEqual(await customers('shelley'), [])
  assert.deepEqual(await customers('godwin'), [body.id])
})
