// A whole cart through the checkout page, without a browser: what the page takes and refuses, that the server alone says what it comes
// to, and that however often and wherever it is pressed, one cart is one order and one payment.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api } from '../api.ts'
import { ADA, type BagCart, type BagPage, type BagSession, bagOf, bagPages } from '../bag-pages.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'

let shop: ServedShop
let pages: ReturnType<typeof bagPages>
let api: Api
before(async () => {
  shop = await servedShop()
  pages = bagPages(shop)
  api = pages.api
})
after(() => shop.close())

test('who may make a page for a cart, and what they may say of it', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE')
  const make = (caller: Api, input: object, headers: Record<string, string> = {}) =>
    caller.call<BagSession>('POST', '/v1/checkout_sessions', input, { headers })
  const own = { 'cart-secret': cart.secret }
  const refused: [Api, object, Record<string, string>, number, string][] = [
    [pages.page, { cart_id: cart.id }, {}, 404, 'not-found'],
    [pages.page, { cart_id: cart.id }, { 'cart-secret': 'cs_of_somebody_else' }, 404, 'not-found'],
    [pages.page, { amount: 100, currency: 'EUR' }, own, 403, 'scope-missing'],
    [
      pages.page,
      { cart_id: cart.id, delivery_options: [{ id: 'a', name: 'Free', amount: 0 }] },
      own,
      403,
      'scope-missing',
    ],
    [pages.page, { cart_id: cart.id, metadata: { a: 'b' } }, own, 403, 'scope-missing'],
    [pages.page, { cart_id: cart.id, success_url: 'https://elsewhere.example/' }, own, 422, 'url-not-allowed'],
    [api, { cart_id: cart.id, amount: 100 }, {}, 422, 'validation-error'],
    [api, { cart_id: 'crt_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S' }, {}, 404, 'not-found'],
    [api, { amount: 100, currency: 'EUR', delivery_options: [] }, {}, 422, 'validation-error'],
    [
      api,
      {
        cart_id: cart.id,
        delivery_options: [{ id: 'x', name: 'Mug', variant_id: await pages.variant('KP-MUG-PINE') }],
      },
      ...([{}, 422, 'validation-error'] as const),
    ],
    [
      api,
      { cart_id: cart.id, delivery_options: [{ id: 'x', name: 'Far', countries: ['ZW'] }] },
      {},
      422,
      'validation-error',
    ],
  ]
  for (const [caller, input, headers, status, code] of refused) {
    const answer = await make(caller, input, headers)
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${JSON.stringify(input)} ${answer.text}`)
  }
  const made = await make(pages.page, { cart_id: cart.id, language: 'nl' }, own)
  assert.equal(made.status, 201, made.text)
  assert.equal(made.body.amount, 1495 + 495, 'with the delivery it is shown with')
  const empty = await pages.page.call<BagCart>('POST', '/v1/carts', { currency: 'EUR', channel: 'web' })
  assert.equal((await make(api, { cart_id: empty.body.id })).body.code, 'validation-error')
})

test('delivered: the total is the server’s after each choice, the order is as shown, and its one payment ends the session', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE', 2)
  const session = await pages.sessionFor(cart)
  let view = await pages.look(session)
  assert.equal(view.phase, 'details')
  view = await pages.step(session, { act: 'continue', typed: { email: 'no address', way: 'ship' } })
  assert.equal(view.phase, 'details')
  const { errors } = bagOf(view)
  assert.deepEqual(
    [errors['email'], errors['name'], errors['line1'], errors['postal_code']],
    ['form', 'missing', 'missing', 'missing'],
  )
  view = await pages.step(session, { act: 'update', typed: { ...ADA, postal_code: '10' } })
  assert.equal(bagOf(view).errors['postal_code'], 'form')
  assert.equal(view.due_minor, 2 * 1495 + 495)
  const express = bagOf(view).options.find(({ name }) => name === 'Next day')
  view = await pages.step(session, { act: 'continue', typed: { ...ADA, option: express?.id } })
  assert.equal(view.phase, 'pay', JSON.stringify(bagOf(view).errors))
  assert.equal(view.due_minor, 2 * 1495 + 995)
  assert.match(bagOf(view).chosen?.where ?? '', /1015 AB Amsterdam/)
  const paid = await pages.payByCard(session, view)
  assert.equal(paid.phase, 'paid')
  const [order, ...others] = await pages.ordersOf(cart)
  assert.equal(others.length, 0)
  const { body: full } = await api.call<Record<string, never>>('GET', `/v1/orders/${order?.id}`)
  assert.deepEqual([full['total'], full['amount_paid'], full['email']], [3985, 3985, 'ada@example.org'])
  assert.deepEqual(full['shipping_address'], {
    ...{ name: 'Ada de Vries', line1: 'Prinsengracht 1', postal_code: '1015 AB', city: 'Amsterdam', country: 'NL' },
  })
  const ended = await pages.read(session)
  assert.deepEqual([ended.state, ended.order_id, ended.amount], ['complete', order?.id, 3985])
  const { rows } = await shop.database.db.query('select typed from checkout_bag where session_id = $1', [session.id])
  assert.deepEqual(rows, [{ typed: {} }], 'who it is for is the order’s alone')
})

test('tax follows the destination', async () => {
  const session = await pages.sessionFor(await pages.cartOf('KP-MUG-PINE'))
  const taxOf = async (typed: object) =>
    bagOf(await pages.step(session, { act: 'update', typed })).sums.filter(({ kind }) => kind === 'tax')
  const dutch = await taxOf(ADA)
  const french = await taxOf({ ...ADA, country: 'FR', postal_code: '75001', city: 'Paris' })
  assert.notDeepEqual(french, dutch)
  // The Canary Islands stand outside the VAT of Spain, and only the postal code tells.
  assert.equal((await taxOf({ ...ADA, country: 'ES', postal_code: '28001', city: 'Madrid' })).length, 1)
  assert.equal((await taxOf({ ...ADA, country: 'ES', postal_code: '35001', city: 'Las Palmas' })).length, 0)
  // A country without data is not offered, and what is said of it is not believed.
  const nowhere = await pages.step(session, { act: 'update', typed: { ...ADA, country: 'ZW' } })
  assert.equal(bagOf(nowhere).typed['country'], 'NL')
})

test('options of the merchant: price, countries, and an article’s tax', async () => {
  const session = await pages.sessionFor(await pages.cartOf('KP-MUG-PINE'), {
    delivery_options: [
      { id: 'bike', name: 'Bicycle', amount: 700, countries: ['NL'], days: { min: 0, max: 1 } },
      { id: 'post', name: 'Post', amount: 0 },
    ],
  })
  let view = await pages.step(session, { act: 'update', typed: { ...ADA, option: 'bike' } })
  assert.deepEqual(
    bagOf(view).options.map(({ id, is_free, is_chosen }) => [id, is_free, is_chosen]),
    [
      ['bike', false, true],
      ['post', true, false],
    ],
  )
  assert.equal(view.due_minor, 1495 + 700)
  // What does not go there is not offered, and another takes its place.
  view = await pages.step(session, { act: 'update', typed: { country: 'BE', postal_code: '1000', city: 'Brussel' } })
  assert.deepEqual(
    bagOf(view).options.map(({ id, is_chosen }) => [id, is_chosen]),
    [['post', true]],
  )
  assert.equal(view.due_minor, 1495)
  const only = await pages.sessionFor(await pages.cartOf('KP-MUG-PINE'), { delivery_options: [] })
  const collected = await pages.look(only)
  assert.ok(bagOf(collected).stores.length > 0, 'without a way of delivery it can be collected')
})

test('collected: stores by distance, what lies there, hours and a time; delivery is not charged', async () => {
  const session = await pages.sessionFor(await pages.cartOf('KP-MUG-PINE'))
  let view = await pages.step(session, { act: 'update', typed: { ...ADA, way: 'collect', lat: '48.86', lon: '2.35' } })
  const stores = bagOf(view).stores
  assert.deepEqual(
    stores.map(({ name }) => name),
    ['Paris', 'Amsterdam'],
    'in the currency of the cart, the nearest first',
  )
  assert.match(stores[0]?.distance ?? '', /km/)
  assert.ok((stores[0]?.hours.length ?? 0) > 0, 'the demo’s stores say when they are open')
  assert.equal(view.due_minor, 1495)
  const amsterdam = stores.find(({ name }) => name === 'Amsterdam')
  view = await pages.step(session, { act: 'continue', typed: { store: '' } })
  assert.equal(bagOf(view).errors['store'], 'missing')
  view = await pages.step(session, { act: 'update', typed: { store: amsterdam?.id } })
  const slot = bagOf(view).stores.find(({ id }) => id === amsterdam?.id)?.slots[3]?.value
  assert.ok(slot)
  view = await pages.step(session, { act: 'continue', typed: { slot: '2020-01-01T10:00:00.000Z' } })
  assert.equal(bagOf(view).errors['slot'], 'gone')
  view = await pages.step(session, { act: 'continue', typed: { slot } })
  assert.equal(view.phase, 'pay')
  const paid = await pages.payByCard(session, view)
  assert.equal(paid.phase, 'paid')
  const { order_id } = await pages.read(session)
  const { body: order } = await api.call<{ total: number; metadata: object }>('GET', `/v1/orders/${order_id}`)
  assert.equal(order.total, 1495)
  assert.deepEqual(order.metadata, { contact_name: 'Ada de Vries', collect_from: slot })
  const { body } = await api.call<{ data: { mode: string; store_id: string }[] }>(
    'GET',
    `/v1/orders/${order_id}/fulfilments`,
  )
  assert.deepEqual(
    body.data.map(({ mode }) => mode),
    ['collect'],
  )
})

test('what another device changes, and a new price, are looked at before anything is ordered', async () => {
  const cart = await pages.cartOf('KP-LAMP')
  const session = await pages.sessionFor(cart)
  const shown = await pages.step(session, { act: 'continue', typed: ADA })
  assert.equal(shown.phase, 'pay')
  const more = await pages.page.call(
    'POST',
    `/v1/carts/${cart.id}/lines`,
    { lines: [{ variant_id: await pages.variant('KP-MUG-PINE'), quantity: 1 }] },
    {
      headers: { 'cart-secret': cart.secret },
    },
  )
  assert.equal(more.status, 200, more.text)
  const stale = await pages.payByCard(session, shown)
  assert.equal(stale.notice?.code, 'bag_changed')
  assert.equal((await pages.ordersOf(cart)).length, 0, 'nothing was ordered')
  // A forged amount, and a forged version: neither is believed.
  const now = await pages.look(session)
  assert.equal((await pages.payByCard(session, now, { seen: 1 })).notice?.code, 'amount_changed')
  assert.equal((await pages.payByCard(session, now, { bag_version: 1 })).notice?.code, 'bag_changed')
  assert.equal((await pages.ordersOf(cart)).length, 0)

  const lamp = await pages.variant('KP-LAMP')
  const { body: article } = await api.call<{ product_id: string }>('GET', `/v1/variants/${lamp}`)
  const dearer = await api.call('PATCH', `/v1/variants/${lamp}`, { prices: [{ currency: 'EUR', unit_price: '49.95' }] })
  assert.equal(dearer.status, 200, `${article.product_id} ${dearer.text}`)
  const changed = await pages.look(session)
  assert.equal(changed.phase, 'details')
  assert.equal(bagOf(changed).changes.length, 1, 'the new price is told')
  assert.equal((await pages.payByCard(session, changed)).notice?.code, 'bag_changed')
  const accepted = await pages.step(session, { act: 'accept', seen: changed.due_minor })
  assert.equal(accepted.phase, 'pay')
  assert.equal((await pages.payByCard(session, accepted)).phase, 'paid')
  const [order] = await pages.ordersOf(cart)
  assert.equal(order?.total, accepted.due_minor)
})

test('sold out meanwhile: nothing is ordered, and what is left can be had', async () => {
  const tent = await api.call<{ id: string }>('POST', '/v1/products', {
    ...{ name: 'Last tents', variants: [{ sku: 'LAST-TENT', prices: [{ currency: 'EUR', unit_price: '99' }] }] },
  })
  assert.equal(tent.status, 201, tent.text)
  const id = await pages.variant('LAST-TENT')
  const store_id = shop.demo.stores[0]?.id as string
  const put = async (quantity: number) => {
    const done = await api.call('POST', '/v1/stock/adjustments', {
      ...{ reference: `tents-${quantity}`, store_id },
      lines: [{ variant_id: id, quantity: Math.abs(quantity), reason: quantity > 0 ? 'found' : 'damaged' }],
    })
    assert.ok(done.status < 300, done.text)
  }
  await put(3)
  const cart = await pages.cartOf('LAST-TENT', 2)
  const session = await pages.sessionFor(cart)
  const shown = await pages.step(session, { act: 'continue', typed: ADA })
  assert.equal(shown.phase, 'pay')
  await put(-2)
  const late = await pages.payByCard(session, shown)
  assert.ok(['sold_out', 'bag_changed'].includes(late.notice?.code ?? ''), JSON.stringify(late.notice))
  assert.equal((await pages.ordersOf(cart)).length, 0)
  const short = await pages.look(session)
  assert.equal(short.phase, 'details')
  const [line] = bagOf(short).lines
  assert.equal(line?.left, 1)
  const taken = await pages.step(session, { act: 'take', line: line?.id })
  assert.equal(bagOf(taken).lines[0]?.left, null)
  assert.equal((await pages.payByCard(session, taken)).phase, 'paid')
})

test('two tabs, a double click and another page of the same cart: one order, one payment', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE')
  const [first, second] = [await pages.sessionFor(cart), await pages.sessionFor(cart)]
  await pages.step(first, { act: 'continue', typed: ADA })
  const views = [await pages.look(first), await pages.look(first)]
  await pages.step(second, { act: 'continue', typed: ADA })
  const other = await pages.look(second)
  const answers = await Promise.all([
    pages.payByCard(first, views[0] as BagPage),
    pages.payByCard(first, views[1] as BagPage),
    pages.payByCard(second, other),
    pages.payByCard(second, other),
  ])
  assert.ok(
    answers.every(({ phase }) => phase !== 'details'),
    JSON.stringify(answers.map(({ phase, notice }) => [phase, notice])),
  )
  const orders = await pages.ordersOf(cart)
  assert.equal(orders.length, 1)
  const { body } = await api.call<{ payments: { amount_captured: number }[]; amount_paid: number }>(
    'GET',
    `/v1/orders/${orders[0]?.id}`,
  )
  assert.equal(body.amount_paid, 1495 + 495)
  assert.equal(body.payments.filter(({ amount_captured }) => amount_captured > 0).length, 1)
  for (const session of [first, second])
    assert.ok(['paid', 'paid_elsewhere'].includes((await pages.look(session)).phase))
})

test('a code makes it free: ordered without a payment', async () => {
  const made = await api.call<{ id: string }>('POST', '/v1/promotions', {
    ...{ name: 'All of it', rule: { kind: 'percent_off', percent_bp: 10_000, applies_to: 'lines' }, needs_code: true },
  })
  assert.equal(made.status, 201, made.text)
  await api.call('POST', `/v1/promotions/${made.body.id}/codes`, { codes: ['GRATIS'], max_uses: null })
  const cart = await pages.cartOf('KP-MUG-PINE')
  const session = await pages.sessionFor(cart, { delivery_options: [] })
  const unknown = await pages.step(session, { act: 'code', code: 'NOTHING' })
  assert.equal(unknown.notice?.code, 'code_refused')
  assert.deepEqual(bagOf(unknown).codes, [{ code: 'NOTHING', is_used: false }])
  await pages.step(session, { act: 'uncode', code: 'NOTHING' })
  const used = await pages.step(session, { act: 'code', code: 'gratis' })
  assert.equal(used.notice?.code, 'code_used')
  const { stores } = bagOf(used)
  const ready = await pages.step(session, { act: 'continue', typed: { ...ADA, way: 'collect', store: stores[0]?.id } })
  assert.deepEqual([ready.phase, ready.due_minor, ready.methods.length], ['pay', 0, 0])
  const done = await pages.onPage(session, 'pay', {
    attempt: 'free-of-charge',
    method: 'none',
    seen: 0,
    bag_version: bagOf(ready).version,
  })
  assert.equal(done.phase, 'paid')
  const ended = await pages.read(session)
  assert.deepEqual([ended.state, ended.payment_id, ended.amount], ['complete', null, 0])
  assert.equal((await pages.ordersOf(cart))[0]?.state, 'confirmed')
})

test('without script: each form posts itself, and the page shows what came of it', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE')
  const session = await pages.sessionFor(cart)
  const post = async (fields: Record<string, string>) => {
    const answer = await fetch(session.url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
    return {
      status: answer.status,
      html: answer.status === 303 ? await (await fetch(session.url)).text() : await answer.text(),
    }
  }
  const asked = await post({ act: 'continue', email: 'x', name: '<b>Ada</b>\u202e' })
  assert.equal(asked.status, 303)
  assert.match(asked.html, /Check the e-mail address/)
  assert.ok(!asked.html.includes('<b>Ada</b>') && !asked.html.includes('\u202e'), 'a name is text')
  const shown = await post({ act: 'continue', ...ADA })
  assert.match(shown.html, /name="method"/)
  const view = await pages.look(session)
  assert.equal(view.phase, 'pay')
  const leads = await fetch(session.url, {
    ...{ method: 'POST', redirect: 'manual' },
    body: new URLSearchParams({
      ...{ method: 'ideal', attempt: 'without-script', seen: String(view.due_minor) },
      bag_version: String(view.bag?.version),
    }),
  })
  assert.equal(leads.status, 303)
  assert.match(leads.headers.get('location') ?? '', /\/simulator\//)
  assert.equal((await pages.ordersOf(cart)).length, 1)
})

test('an empty, a merged and a held cart, and a page that is over, are told as what they are', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE')
  const session = await pages.sessionFor(cart)
  const headers = { 'cart-secret': cart.secret }
  const locked = await pages.page.call('POST', `/v1/carts/${cart.id}/lock`, {}, { headers })
  assert.equal(locked.status, 200, locked.text)
  assert.equal((await pages.look(session)).phase, 'bag_held')
  await pages.page.call('POST', `/v1/carts/${cart.id}/unlock`, {}, { headers })
  const { lines } = bagOf(await pages.look(session))
  assert.equal((await pages.step(session, { act: 'remove', line: lines[0]?.id })).phase, 'bag_empty')
  const other = await pages.cartOf('KP-MUG-PINE')
  const gone = await pages.sessionFor(other)
  const into = await pages.cartOf('KP-LAMP')
  const merged = await api.call('POST', `/v1/carts/${other.id}/merge`, { into: into.id, policy: 'sum_capped' })
  assert.ok(merged.status < 300, merged.text)
  assert.equal((await pages.look(gone)).phase, 'bag_moved')
  const ended = await pages.sessionFor(into)
  await api.call('POST', `/v1/checkout_sessions/${ended.id}/cancel`, {})
  assert.equal((await pages.look(ended)).phase, 'canceled')
  const late = await pages.sessionFor(into)
  await shop.database.db.query('update checkout_session set expires_at = created_at where id = $1', [late.id])
  assert.equal((await pages.look(late)).phase, 'expired')
  assert.equal((await pages.step(late, { act: 'continue', typed: ADA })).phase, 'expired')
})

test('what was typed on a page that nobody finished is forgotten after a month', async () => {
  const session = await pages.sessionFor(await pages.cartOf('KP-MUG-PINE'))
  await pages.step(session, { act: 'update', typed: { ...ADA, lat: '52.370216', lon: '4.895168' } })
  const typed = async () => {
    const { rows } = await shop.database.db.query<{ typed: Record<string, string> }>(
      'select typed from checkout_bag where session_id = $1',
      [session.id],
    )
    return rows[0]?.typed ?? {}
  }
  assert.deepEqual([(await typed())['lat'], (await typed())['lon']], ['52.37', '4.90'], 'a place is kept roughly')
  await shop.database.db.query(
    `update checkout_bag set updated_at = updated_at - interval '32 days' where session_id = $1`,
    [session.id],
  )
  const worker = shop.program.workers.find(({ name }) => name === 'unfinished checkouts')
  assert.ok(worker)
  worker.wake()
  for (let look = 0; look < 50 && Object.keys(await typed()).length > 0; look++)
    await new Promise((resolve) => setTimeout(resolve, 100))
  assert.deepEqual(await typed(), {})
})

test('declined: the order waits for another way to pay; given up, the page says so and takes nothing', async () => {
  const cart = await pages.cartOf('KP-MUG-PINE')
  const session = await pages.sessionFor(cart)
  const shown = await pages.step(session, { act: 'continue', typed: ADA })
  const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4000000000000002', exp_month: 12, exp_year: 2030, cvc: '123' },
  })
  const declined = await pages.onPage(session, 'pay', {
    ...{ attempt: 'declined-card', method: 'card', token: token.body.id },
    ...{ seen: shown.due_minor, bag_version: shown.bag?.version },
  })
  assert.deepEqual([declined.phase, declined.notice?.code, declined.bag], ['pay', 'declined', null])
  assert.ok(declined.reference, 'the order’s number is shown')
  const [order] = await pages.ordersOf(cart)
  // The cart is an order by now: what would still change it changes nothing.
  const late = await pages.step(session, { act: 'continue', typed: { ...ADA, name: 'Somebody else' } })
  assert.deepEqual([late.phase, late.due_minor], ['pay', 1990])
  const ended = await api.call(
    'POST',
    `/v1/orders/${order?.id}/cancel`,
    { reason: 'Not paid' },
    { key: 'give-up-the-order' },
  )
  assert.ok(ended.status < 300, ended.text)
  assert.equal((await pages.look(session)).phase, 'expired')
  assert.equal((await pages.payByCard(session, declined)).phase, 'expired')
  assert.equal((await pages.ordersOf(cart))[0]?.amount_paid, 0)
})
