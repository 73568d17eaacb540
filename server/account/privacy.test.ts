// Taking everything along, and being forgotten: what goes, what stays, and when it is refused.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ReturnShop, returnShop } from '../../test/scenarios/return-shop.ts'
import { CARDS, HOUR, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { BUYER, invoiceDesk } from '../invoices/invoices.fixture.ts'
import type { OrderView } from '../orders/view.ts'
import { openPage } from '../signin/page.fixture.ts'

let shop: Shop
let floor: ReturnShop
before(async () => {
  shop = await openShop()
  floor = returnShop(shop)
  await floor.stocked('kettle', '30.00', 100)
})
after(() => shop.close())

const { as, signIn } = openPage(() => shop)
const inStore = (order: OrderView) => floor.pay(order, CARDS.approved, { channel: 'pos', store_id: floor.shopFloor })
const home = (word: string) => ({
  ...{ name: `Adaline ${word}`, line1: `${word}gracht 1`, postal_code: '1015 DK', city: `${word}dam`, country: 'NL' },
})

/** Adaline, of whom everything there can be is kept. */
async function adaline(email: string, word = 'Other') {
  const who = await signIn(email)
  const call = as(who.token)
  await call('PATCH', '/v1/account', {
    name: `Adaline ${word}`,
    phone: word === 'Quux' ? '+31699999999' : '+31600000000',
  })
  await call('POST', '/v1/account/addresses', {
    ...{
      name: `Adaline ${word}`,
      lines: [`${word}gracht 1`],
      postal_code: '1015 DK',
      city: `${word}dam`,
      country: 'NL',
    },
  })
  await call('POST', '/v1/account/consents', { purpose: 'browsing_history', is_granted: true })
  await call('POST', '/v1/account/views', { views: [{ kind: 'search', query: `${word} kettle` }] })
  const token = await shop.api.token(CARDS.approved)
  await shop.api.call('POST', `/v1/customers/${who.customer}/instruments`, { token })
  const amount = { amount: 500, currency: 'EUR', description: `For ${word}` }
  const link = await shop.api.call('POST', '/v1/payment_links', { ...amount, email, reminders: [3] })
  assert.equal(link.status, 201, link.text)
  return { ...who, email, call }
}

const buys = (customer: string, email: string, word = 'Other') =>
  floor.bought({ kettle: 1 }, inStore, { customer_id: customer, email, shipping_address: home(word) })

/** Every row of every table that says a word. */
async function tablesWith(word: string): Promise<string[]> {
  const { db } = shop.database
  const { rows } = await db.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )
  const found: string[] = []
  for (const { name } of rows) {
    const { rows: hits } = await db.query<{ n: number }>(
      `select count(*)::int as n from "${name}" t where t::text ilike '%' || $1 || '%'`,
      [word],
    )
    if ((hits[0]?.n ?? 0) > 0) found.push(name)
  }
  return found.sort()
}

describe('an export', () => {
  it('holds everything that is known, and no secret', async () => {
    const ada = await adaline('export@example.org')
    const order = await buys(ada.customer, ada.email)
    const cart = await shop.api.call('POST', '/v1/carts', {
      ...{ currency: 'EUR', channel: 'web', customer_id: ada.customer },
      lines: [{ variant_id: order.lines[0]?.variant_id, quantity: 2 }],
    })
    assert.equal(cart.status, 201, cart.text)
    const given = { currency: 'EUR', amount: 700, reason: 'sorry' }
    await shop.api.command(`/v1/customers/${ada.customer}/store_credit/adjustments`, given)
    const desk = invoiceDesk(shop.api)
    await desk.settings()
    await desk.issued({ customer_id: ada.customer, buyer: { ...BUYER, name: 'Adaline Other' } })
    const answer = await ada.call('GET', '/v1/account/export')
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.headers['content-disposition'] ?? '', /^attachment; filename="my-account\.json"$/)
    const { body } = answer
    assert.equal((body['account'] as { name: string }).name, 'Adaline Other')
    const [exported] = body['orders'] as { id: string; shipping_address: { city: string }; payments: unknown[] }[]
    assert.deepEqual(
      [exported?.id, exported?.shipping_address.city, exported?.payments.length],
      [order.id, 'Otherdam', 1],
    )
    const lists = Object.entries(body).filter(([, value]) => Array.isArray(value))
    // A return and a passkey this customer has not; nothing else may be empty.
    assert.deepEqual(
      lists.filter(([, value]) => (value as unknown[]).length === 0).map(([name]) => name),
      ['returns', 'passkeys'],
    )
    assert.equal(lists.length, 16)
    assert.ok(!answer.text.includes(ada.token) && !answer.text.includes('_hash'), 'no token, no hash')
  })

  it('asks for a sign-in of the last hour, as deletion does', async () => {
    const ada = await adaline('late@example.org')
    shop.clock.advance(HOUR)
    for (const [method, path, body] of [
      ['GET', '/v1/account/export', undefined],
      ['POST', '/v1/account/deletion', {}],
    ] as const) {
      const refused = await ada.call(method, path, body)
      assert.deepEqual([refused.status, refused.body['code']], [403, 'sign-in-too-old'], path)
    }
    assert.equal((await ada.call('GET', '/v1/account')).status, 200)
    const again = await signIn(ada.email)
    assert.equal((await as(again.token)('GET', '/v1/account/export')).status, 200)
  })
})

describe('deletion', () => {
  it('leaves no name, address or e-mail anywhere, and the books whole', async () => {
    const ada = await adaline('quux@example.org', 'Quux')
    const order = await buys(ada.customer, ada.email, 'Quux')
    await shop.settle()
    assert.notDeepEqual(await tablesWith('quux'), [])
    const preview = await ada.call('GET', '/v1/account/deletion')
    const { blockers, kept: stays, kept_years, country } = preview.body
    assert.deepEqual([blockers, kept_years, country], [[], 7, 'NL'])
    assert.deepEqual(stays, ['orders', 'payments', 'returns', 'invoices', 'consents'])
    const gone = await ada.call('POST', '/v1/account/deletion', {})
    assert.equal(gone.status, 204, gone.text)
    await shop.settle()
    assert.deepEqual(await tablesWith('quux'), [])
    assert.deepEqual(await tablesWith('31699999999'), [])
    assert.equal((await ada.call('GET', '/v1/account')).body['code'], 'sign-in-required', 'the session has ended')

    const kept = (await shop.api.get<Record<string, unknown>>(`/v1/orders/${order.id}`)).body
    assert.deepEqual(
      [kept['total'], kept['amount_paid'], kept['email'], kept['shipping_address']],
      [3000, 3000, null, null],
    )
    const cards = await shop.api.get<{ data: unknown[] }>(`/v1/customers/${ada.customer}/instruments`)
    assert.deepEqual(cards.body.data, [])
    const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${ada.customer}&limit=100`)
    assert.equal(body.data.at(-1)?.type, 'customer.erased')
  })

  it('makes somebody new of whoever signs in with the address again', async () => {
    const ada = await adaline('again@example.org')
    assert.equal((await ada.call('POST', '/v1/account/deletion', {})).status, 204)
    const again = await signIn('again@example.org')
    assert.notEqual(again.customer, ada.customer)
    assert.deepEqual((await as(again.token)('GET', '/v1/account/orders')).body.data, [])
  })

  it('is refused while an order is open or a return under way, and says which', async () => {
    const ada = await adaline('busy@example.org')
    const open = await floor.order({ kettle: 1 }, { customer_id: ada.customer })
    const done = await buys(ada.customer, ada.email)
    const asked = await shop.api.call<{ id: string }>('POST', '/v1/returns', {
      order_id: done.id,
      channel: 'web',
      reason: 'changed_mind',
      lines: [{ line_id: done.lines[0]?.id, quantity: 1 }],
    })
    assert.equal(asked.status, 201, asked.text)
    const preview = await ada.call('GET', '/v1/account/deletion')
    assert.deepEqual(preview.body['blockers'], [
      { kind: 'order', id: open.id, number: open.number },
      { kind: 'return', id: asked.body.id },
    ])
    const refused = await ada.call('POST', '/v1/account/deletion', {})
    assert.deepEqual([refused.status, refused.body['code']], [409, 'account-in-use'])
    assert.deepEqual(
      (refused.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer),
      [`/orders/${open.id}`, `/returns/${asked.body.id}`],
    )
    assert.equal((await ada.call('GET', '/v1/account')).body['name'], 'Adaline Other')
  })

  it('gives up store credit only when told to', async () => {
    const ada = await adaline('rich@example.org')
    const given = await shop.api.command(`/v1/customers/${ada.customer}/store_credit/adjustments`, {
      ...{ currency: 'EUR', amount: 700, reason: 'sorry' },
    })
    assert.equal(given.status, 201, given.text)
    const refused = await ada.call('POST', '/v1/account/deletion', {})
    assert.equal(refused.body['code'], 'account-in-use')
    const preview = await ada.call('GET', '/v1/account/deletion')
    assert.deepEqual(preview.body['blockers'], [{ kind: 'store_credit', currency: 'EUR', amount: 700 }])
    assert.equal((await ada.call('POST', '/v1/account/deletion', { gives_up_balances: true })).status, 204)
  })
})
