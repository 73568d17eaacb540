// Payment links through the API and through what those who open them send: one payment for a single link however many open it, no more
// uses than there are, parts, orders paid elsewhere, stolen cards.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Refusal, sendInProcess } from '../api.ts'
import { type LinkShop, type LinkView, linkShop } from './link-shop.ts'
import { type OrderShop, orderShop } from './order-shop.ts'
import { CARDS, DAY, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
let links: LinkShop
let orders: OrderShop
before(async () => {
  shop = await openShop()
  links = linkShop(shop)
  orders = orderShop(shop)
  await orders.sells('kettle', '49.95')
})
after(() => shop.close())

const FIXED = { amount: 4995, currency: 'EUR', country: 'NL', description: 'Order 1001' }

test('a link for one payment: all who open it share a page, and it is paid once', async () => {
  const link = await links.link({ ...FIXED, reference: 'R-1' })
  assert.equal(link.state, 'active')
  assert.match(link.url, /\/l\/pl_[\w-]{24}$/)
  const [a, b] = await Promise.all([links.visit(link), links.visit(link)])
  const path = links.leadsTo(a)
  assert.equal(links.leadsTo(b), path)
  assert.equal((await links.read(link)).state, 'viewed')
  const [one, two] = await Promise.all([links.tryCard(path), links.tryCard(path, CARDS.mastercard)])
  assert.ok([one.phase, two.phase].includes('paid'))
  const paid = await links.read(link)
  assert.deepEqual([paid.state, paid.uses, paid.amount_paid, paid.amount_due], ['paid', 1, 4995, 0])
  assert.equal(links.leadsTo(await links.visit(link)), path, 'opened again it shows the receipt')
  assert.equal((await links.page(path)).phase, 'paid')
  assert.equal((await links.move(link, 'cancel')).body.code, 'invalid-state')
  assert.deepEqual((await links.events()).slice(-2), ['payment_link.created', 'payment_link.paid'])
})

test('whoever only looks makes nothing, and sees what the link is', async () => {
  const link = await links.link({ ...FIXED, amount: 123456 })
  const before = await links.pages()
  const lookers: Record<string, string>[] = [
    { 'user-agent': 'WhatsApp/2' },
    { 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' },
  ]
  for (const headers of lookers) {
    const { status, text } = await links.visit(link, headers)
    assert.equal(status, 200)
    assert.ok(text.includes('<meta property="og:title" content="Story Retail · €1,234.56">'), text.slice(0, 900))
    assert.ok(text.includes('<meta property="og:description" content="Order 1001">'))
    assert.ok(text.includes(`<meta property="og:url" content="${link.url}">`))
  }
  assert.equal(await links.pages(), before)
  assert.equal((await links.read(link)).state, 'active')
  assert.match(links.leadsTo(await links.press(link)), /^\/c\/cs_/)
})

test('what is shared is a message in the customer’s language, every part encoded', async () => {
  const link = await links.link({ ...FIXED, language: 'nl', description: 'Fiets & bel? #1', email: 'ada@example.org' })
  const { share } = link
  assert.equal(share.text, `Fiets & bel? #1\nBetaal €\u00a049,95 aan Story Retail: ${link.url}`)
  assert.equal(new URL(share.whatsapp).searchParams.get('text'), share.text)
  assert.equal(new URL(share.telegram).searchParams.get('url'), link.url)
  assert.equal(
    new URL(share.telegram).searchParams.get('text'),
    'Fiets & bel? #1\nBetaal €\u00a049,95 aan Story Retail',
  )
  const mail = new URL(share.mail)
  assert.equal(decodeURIComponent(mail.pathname), 'ada@example.org')
  assert.equal(mail.searchParams.get('body'), share.text)
  assert.equal(new URL(share.sms).searchParams.get('body'), share.text)
})

test('a link for many is paid by each on a page of their own', async () => {
  const link = await links.link({ ...FIXED, usage: 'multi' })
  const first = links.leadsTo(await links.press(link))
  const second = links.leadsTo(await links.press(link))
  assert.notEqual(first, second)
  assert.equal((await links.tryCard(first)).phase, 'paid')
  assert.equal((await links.tryCard(second)).phase, 'paid')
  const { state, uses, amount_paid } = await links.read(link)
  assert.deepEqual({ state, uses, amount_paid }, { state: 'viewed', uses: 2, amount_paid: 9990 })
})

test('fifty who pay at once, at two processes, use a link for ten ten times', async () => {
  const other = await shop.another()
  const link = await links.link({ ...FIXED, usage: 'multi', max_uses: 10 })
  const sends = Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? shop.send : sendInProcess(other.program.app)))
  const paths = await Promise.all(sends.map(async (send) => links.leadsTo(await links.press(link, '', send))))
  const pages = await Promise.all(paths.map((path, i) => links.tryCard(path, CARDS.approved, { send: sends[i] })))
  assert.equal(pages.filter(({ phase }) => phase === 'paid').length, 10)
  const { state, uses, amount_paid } = await links.read(link)
  assert.deepEqual({ state, uses, amount_paid }, { state: 'paid', uses: 10, amount_paid: 49950 })
  assert.equal((await links.visit(link)).status, 410)
  const late = await links.page(paths[pages.findIndex(({ phase }) => phase !== 'paid')] as string)
  assert.equal(late.phase, 'expired')
})

test('the place of a declined payer is free for the next', async () => {
  const link = await links.link({ currency: 'EUR', open_amount: { min_amount: 500, max_amount: 10_000 } })
  const one = links.leadsTo(await links.press(link, '12,50'))
  const two = links.leadsTo(await links.press(link, '€ 20'))
  assert.equal((await links.tryCard(one, CARDS.declined)).notice?.code, 'declined')
  const paid = await links.tryCard(two)
  assert.deepEqual([paid.phase, paid.total], ['paid', '€20.00'])
  assert.equal((await links.page(one)).phase, 'paid_elsewhere')
  assert.equal(links.leadsTo(await links.visit(link)), two)
})

test('of an open amount only what is between its bounds is taken', async () => {
  const link = await links.link({
    currency: 'EUR',
    usage: 'multi',
    open_amount: { min_amount: 500, max_amount: 10_000 },
  })
  const before = await links.pages()
  for (const typed of ['', 'free', '4.99', '100,01', '-5', '1e3', '0', '5.000', '1,2,3', '١٢']) {
    const { status, text } = await links.press(link, typed)
    assert.equal(status, 200, typed)
    assert.ok(text.includes('aria-invalid="true"'), typed)
  }
  assert.equal(await links.pages(), before)
  const path = links.leadsTo(await links.press(link, '7,5'))
  assert.equal((await links.page(path)).due_minor, 750)
})

test('a link that may be paid in parts counts them, and ends with the last', async () => {
  const link = await links.link({ ...FIXED, amount: 10_000, allows_partial: true })
  assert.equal((await links.visit(link)).status, 200, 'it asks how much')
  const path = links.leadsTo(await links.press(link, '40'))
  assert.equal((await links.page(path)).due_minor, 4000)
  const part = await links.tryCard(path)
  assert.deepEqual([part.phase, part.due_minor, part.notice?.code], ['pay', 6000, 'partly_paid'])
  const half = await links.read(link)
  assert.deepEqual([half.state, half.amount_paid, half.amount_due], ['partly_paid', 4000, 6000])
  assert.ok((await links.visit(link)).text.includes('€60.00'))
  assert.equal((await links.press(link, '60.01')).status, 200)
  assert.equal(links.leadsTo(await links.press(link, '25')), path)
  const other = await links.tryCard(path, CARDS.approved, { seen: 6000 })
  assert.equal(other.notice?.code, 'amount_changed', 'another device chose another part')
  assert.equal((await links.tryCard(path)).due_minor, 3500)
  assert.equal((await links.change(link, { amount: 9000 })).body.code, 'invalid-state')
  links.leadsTo(await links.press(link, '35'))
  assert.equal((await links.tryCard(path)).phase, 'paid')
  assert.deepEqual([(await links.read(link)).state, (await links.read(link)).amount_paid], ['paid', 10_000])
})

test('one part that is pressed in two tabs at once, at two processes, is paid once', async () => {
  const other = await shop.another()
  for (let round = 0; round < 3; round++) {
    const link = await links.link({ ...FIXED, amount: 10_000, allows_partial: true })
    const path = links.leadsTo(await links.press(link, '40'))
    const tabs = [shop.send, sendInProcess(other.program.app)]
    const shown = await Promise.all(tabs.map((send) => links.tryCard(path, CARDS.approved, { send, seen: 4000 })))
    assert.equal((await links.read(link)).amount_paid, 4000)
    const notices = shown.map(({ notice }) => notice?.code)
    assert.ok(
      notices.some((code) => code === 'busy' || code === 'amount_changed'),
      notices.join(),
    )
    assert.equal((await links.tryCard(path, CARDS.approved, { seen: 6000 })).phase, 'paid')
  }
})

test('a new amount ends the page of the old one', async () => {
  const link = await links.link(FIXED)
  const old = links.leadsTo(await links.visit(link))
  await links.tryCard(old, CARDS.declined)
  const changed = await links.change(link, { amount: 5995 }, { 'if-match': String((await links.read(link)).version) })
  assert.equal(changed.body.amount_due, 5995, changed.text)
  assert.equal((await links.change(link, { amount: 1 }, { 'if-match': '"1"' })).body.code, 'version-conflict')
  const charges = await links.charges()
  await links.tryCard(links.leadsTo(await links.visit(link)), CARDS.declined)
  assert.equal((await links.page(old)).phase, 'canceled')
  assert.equal((await links.charges()) - charges, 1)
  assert.equal((await links.tryCard(links.leadsTo(await links.visit(link)))).total, '€59.95')
})

test('a link of an order is for what is due then, and an order paid at the counter ends it', async () => {
  const order = await orders.order({ kettle: 1 })
  const link = await links.link({ order_id: order.id, channel: 'chat' })
  assert.equal(link.amount_due, order.total)
  const path = links.leadsTo(await links.visit(link))
  assert.equal((await links.page(path)).due_minor, order.total)
  const cash = await shop.api.pay({
    ...{ amount: order.total, currency: 'EUR', channel: 'pos', order_id: order.id },
    tender: { method: 'cash', cash: { register_id: shop.till, tendered: order.total } },
  })
  assert.equal(cash.status, 201, cash.text)
  const dead = await links.read(link)
  assert.deepEqual([dead.state, dead.reason, dead.amount_due], ['canceled', 'order_paid_elsewhere', 0])
  const page = await links.page(path)
  assert.equal(page.phase, 'paid_elsewhere')
  const charges = await links.charges()
  assert.equal((await links.visit(link)).status, 200)
  assert.ok((await links.visit(link)).text.includes('Already paid'))
  assert.equal(await links.charges(), charges)
  assert.equal((await links.events()).at(-1), 'payment_link.canceled')
})

test('an edited order changes what its link is for, a cancelled one ends it', async () => {
  const order = await orders.order({ kettle: 1 })
  const link = await links.link({ order_id: order.id })
  const path = links.leadsTo(await links.visit(link))
  await links.tryCard(path, CARDS.declined)
  const [line] = order.lines
  const draft = await orders.draft(order.id, { quantities: [{ line_id: line?.id, quantity: 2 }] })
  assert.equal(draft.status, 201, draft.text)
  assert.equal((await orders.confirm(order.id, draft.body.id)).status, 200)
  const total = (await orders.read(order.id)).total
  assert.ok(total > order.total)
  assert.equal((await links.read(link)).amount_due, total)
  assert.equal((await links.page(path)).due_minor, total)
  assert.equal((await orders.cancel(order.id, { reason: 'customer' })).status, 200)
  assert.deepEqual([(await links.read(link)).state, (await links.read(link)).reason], ['canceled', 'order_canceled'])
  assert.equal((await links.page(path)).phase, 'canceled')
})

test('a paid order of a link is paid by the link', async () => {
  const order = await orders.order({ kettle: 1 })
  const link = await links.link({ order_id: order.id, allows_partial: true })
  const second = await links.link({ order_id: order.id })
  const path = links.leadsTo(await links.press(link, '10'))
  assert.equal((await links.tryCard(path)).phase, 'pay')
  links.leadsTo(await links.press(link, String(order.total / 100 - 10)))
  assert.equal((await links.tryCard(path)).phase, 'paid')
  assert.equal((await links.read(link)).state, 'paid')
  assert.deepEqual(
    [(await links.read(second)).state, (await links.read(second)).reason],
    ['canceled', 'order_paid_elsewhere'],
  )
  assert.equal((await orders.read(order.id)).state, 'confirmed')
})

test('cancelled, paused and expired links take no money, and a resumed one does', async () => {
  for (const end of ['cancel', 'pause', 'expire'] as const) {
    const link = await links.link({ ...FIXED, expires_in: 3600 })
    const path = links.leadsTo(await links.visit(link))
    if (end === 'expire') shop.clock.advance(61 * MINUTE)
    else assert.equal((await links.move(link, end)).status, 200)
    const before = await links.charges()
    const phase = { cancel: 'canceled', pause: 'paused', expire: 'expired' }[end]
    if (end !== 'expire') assert.equal((await links.tryCard(path)).phase, phase)
    assert.equal((await links.page(path)).phase, phase)
    assert.equal((await links.visit(link)).status, 410)
    assert.equal((await links.press(link)).status, 410)
    assert.equal(await links.charges(), before)
    if (end === 'pause') {
      assert.equal((await links.move(link, 'resume')).body.state, 'viewed')
      assert.equal((await links.tryCard(path)).phase, 'paid')
    }
    if (end === 'expire') {
      assert.ok((await links.worker('expired payment links')) > 0)
      assert.equal(await links.worker('expired payment links'), 0)
      assert.equal((await links.events()).at(-1), 'payment_link.expired')
      assert.equal((await links.change(link, { expires_in: 3600 })).body.state, 'viewed')
      assert.equal((await links.tryCard(links.leadsTo(await links.visit(link)))).phase, 'paid')
    }
  }
})

test('a link that ends when a part of it is paid says so, and never that nothing was charged', async () => {
  for (const end of ['cancel', 'pause', 'expire'] as const) {
    const link = await links.link({ ...FIXED, amount: 10_000, allows_partial: true, expires_in: 3600 })
    const path = links.leadsTo(await links.press(link, '40'))
    assert.equal((await links.tryCard(path)).notice?.code, 'partly_paid')
    if (end === 'expire') shop.clock.advance(61 * MINUTE)
    else assert.equal((await links.move(link, end)).status, 200)
    const { phase, paid } = await links.page(path)
    assert.deepEqual(
      [phase, paid.map(({ amount }) => amount)],
      [{ cancel: 'canceled', pause: 'paused', expire: 'expired' }[end], ['€40.00']],
    )
    const page = await shop.send({ method: 'GET', path: `${path}?lang=en`, headers: { host: '127.0.0.1' } })
    for (const { text } of [page, await links.visit(link)]) {
      assert.match(text, /A part of it is paid already\. Ask Story Retail about the rest/)
      assert.equal(text.split('<script')[0]?.includes('Nothing was charged'), false, end)
    }
    const payment = (await shop.api.get<{ data: { id: string }[] }>('/v1/payments?limit=1')).body.data[0]
    assert.ok((await shop.api.refund(payment?.id as string, { amount: 4000 })).status < 300)
    assert.deepEqual((await links.page(path)).paid, [], 'what went back is not paid')
  }
})

/** All that the simulated issuer declines at once. */
const DECLINED = ['4000000000000002', '4000000000009995', '4000000000000069', '4000000000000127', '4000000000000119']

test('stolen cards that are tried on a link pause it, and of many at once no more than that reach the provider', async () => {
  const link = await links.link({ amount: 100, currency: 'EUR', usage: 'multi' })
  const page = async () => links.leadsTo(await links.press(link))
  const at = await page()
  for (let i = 0; i < 9; i++) await links.tryCard(i % 2 === 0 ? at : await page(), DECLINED[i % 4])
  assert.equal((await links.read(link)).state, 'viewed')
  const before = await links.charges()
  const paths = await Promise.all(Array.from({ length: 20 }, page))
  const tried = await Promise.all(paths.map((path) => links.tryCard(path, DECLINED[4])))
  assert.equal((await links.charges()) - before, 1)
  assert.ok(tried.every(({ phase, notice }) => phase === 'paused' || notice?.code === 'too_many'))
  assert.deepEqual([(await links.read(link)).state, (await links.read(link)).reason], ['paused', 'card_testing'])
  assert.equal((await links.tryCard(at)).phase, 'paused', 'a good card is refused, too')
  assert.equal((await links.charges()) - before, 1)
  assert.equal((await links.visit(link)).status, 410)
  assert.equal((await links.events()).at(-1), 'payment_link.paused')
  assert.equal((await links.move(link, 'resume')).body.state, 'viewed')
  assert.equal((await links.tryCard(at)).phase, 'paid')
})

test('one customer with two cards that are declined again and again pauses nothing', async () => {
  const link = await links.link(FIXED)
  const path = links.leadsTo(await links.visit(link))
  for (let i = 0; i < 12; i++) await links.tryCard(path, DECLINED[i % 2])
  assert.equal((await links.read(link)).state, 'viewed')
  assert.equal((await links.tryCard(path)).phase, 'paid')
})

test('a link is mailed in the customer’s language and reminded of, each time once, until it is paid', async () => {
  const link = await links.link({
    ...FIXED,
    email: 'ada@example.org',
    language: 'sv',
    reminders: [3, 7],
    expires_in: null,
  })
  const mails = async () =>
    (await links.mails()).filter(({ to, body }) => to === 'ada@example.org' && body.includes(link.url))
  assert.deepEqual(
    (await mails()).map(({ kind, language, subject }) => [kind, language, subject]),
    [['payment_link', 'sv', 'Story Retail: 49,95 € att betala']],
  )
  const remind = () => links.worker('reminders of payment links')
  await remind()
  assert.equal((await mails()).length, 1)
  shop.clock.advance(3 * DAY)
  await Promise.all([remind(), remind()])
  await remind()
  assert.equal((await mails()).length, 2)
  assert.equal((await links.read(link)).reminders_sent, 1)
  assert.equal((await links.tryCard(links.leadsTo(await links.visit(link)))).phase, 'paid')
  shop.clock.advance(5 * DAY)
  await remind()
  assert.equal((await mails()).length, 2)
  assert.equal((await links.read(link)).next_reminder_at, null)
})

test('a link whose answer was lost is made, and mailed, once; also when two ask at once, or it could not be made now', async () => {
  const order = await orders.order({ kettle: 1 })
  const input = { order_id: order.id, email: 'once@example.org' }
  const other = await shop.another()
  const make = (api: Pick<typeof shop.api, 'call'>, more: object = {}) =>
    api.call<LinkView & Refusal>('POST', '/v1/payment_links', { ...input, ...more }, { key: 'link-of-kettle' })
  const made = await Promise.all([make(shop.api), make(other)])
  assert.deepEqual([made[0].status, made[1].status, made[0].body.url], [201, 201, made[1].body.url])
  await orders.pay(order)
  const again = await make(shop.api)
  assert.deepEqual([again.status, again.body.id], [201, made[0].body.id])
  assert.equal((await make(shop.api, { description: 'x' })).body.code, 'idempotency-key-reused')
  assert.equal((await links.mails()).filter(({ to }) => to === input.email).length, 1)
  const refused = await shop.api.call<Refusal>('POST', '/v1/payment_links', input, { key: 'link-of-nothing' })
  assert.equal(refused.body.code, 'order-not-payable')
})

test('a customer who told their language is written to in it', async () => {
  const { body } = await shop.api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ola', locale: 'pl-PL' })
  await links.link({ ...FIXED, email: 'ola@example.org', customer_id: body.id })
  assert.equal((await links.mails()).find(({ to }) => to === 'ola@example.org')?.language, 'pl')
})

test('QR codes hold the address, as SVG and as PNG', async () => {
  const link = await links.link(FIXED)
  const svg = await shop.api.call('GET', new URL(link.qr.svg).pathname)
  assert.match(svg.headers['content-type'] ?? '', /^image\/svg\+xml/)
  assert.match(svg.text, /^<svg /)
  const png = await shop.app.inject({
    method: 'GET',
    url: `${new URL(link.qr.png).pathname}?size=400`,
    headers: { host: '127.0.0.1', authorization: `Bearer ${shop.keys.secret_key}` },
  })
  assert.equal(png.headers['content-type'], 'image/png')
  assert.equal(png.rawPayload.subarray(1, 4).toString(), 'PNG')
  const width = png.rawPayload.readUInt32BE(16)
  assert.ok(width <= 400 && width > 200, String(width))
})

test('what cannot be is refused, with the field that is wrong', async () => {
  const order = await orders.order({ kettle: 1 })
  for (const [input, expected] of [
    [{ currency: 'EUR' }, 'validation-error /amount'],
    [{ amount: 100 }, 'validation-error /currency'],
    [{ ...FIXED, order_id: order.id }, 'validation-error /amount'],
    [{ ...FIXED, open_amount: {} }, 'validation-error /amount'],
    [{ ...FIXED, max_uses: 3 }, 'validation-error /max_uses'],
    [{ order_id: order.id, usage: 'multi' }, 'validation-error /usage'],
    [{ order_id: order.id, currency: 'SEK' }, 'currency-mismatch'],
    [{ ...FIXED, usage: 'multi', allows_partial: true }, 'validation-error /allows_partial'],
    [{ ...FIXED, reminders: [1] }, 'validation-error /reminders'],
    [{ currency: 'EUR', open_amount: { min_amount: 5, max_amount: 4 } }, 'validation-error /open_amount/max_amount'],
    [{ ...FIXED, customer_id: `cus_${'0'.repeat(26)}` }, 'reference-not-found /customer_id'],
    [{ order_id: `ord_${'0'.repeat(26)}` }, 'reference-not-found /order_id'],
    [{ ...FIXED, success_url: 'https://elsewhere.example/x' }, 'url-not-allowed /success_url'],
    [{ ...FIXED, success_url: 'javascript:alert(1)' }, 'url-not-allowed /success_url'],
    [{ ...FIXED, email: 'a@example.org\r\nBcc: b@example.org' }, 'validation-error /email'],
    [{ ...FIXED, email: 'a@example.org, b@example.org' }, 'validation-error /email'],
    [{ ...FIXED, description: 'x\r\nBcc: b@example.org' }, 'validation-error /description'],
    [{ ...FIXED, description: 'x'.repeat(1_000_000) }, 'validation-error /description'],
  ] as const)
    assert.equal(await links.refused(input), expected, JSON.stringify(input))
})

test('an address that leads nowhere says so, and names in previews stay text', async () => {
  const unknown = await links.visit({ url: `http://127.0.0.1/l/pl_${'x'.repeat(24)}` })
  assert.equal(unknown.status, 404)
  // What whoever opens it says about the amount is not asked.
  const fixed = await links.link(FIXED)
  const path = links.leadsTo(await links.press({ url: fixed.url }, '0.01'))
  const said = `${path}/state?lang=en&amount=1&seen=1&pay_up_to=1`
  const { text: page } = await shop.send({ method: 'GET', path: said, headers: { host: '127.0.0.1' } })
  assert.ok(page.includes('€49.95') && !page.includes('0.01'), page.slice(0, 300))
  const evil = '"><script>alert(1)</script><meta property="og:title" content="x'
  const link = await links.link({ ...FIXED, description: evil })
  const { text } = await links.visit(link, {})
  assert.ok(!text.includes('<script>alert(1)'))
  assert.equal([...text.matchAll(/property="og:title"/g)].length, 1)
  assert.match(text, /og:description" content="&#34;&#62;&#60;script|og:description" content="&quot;&gt;&lt;script/)
})

test('a counter lists the links of its store that may still be paid', async () => {
  const opened = { name: 'Delft', country: 'NL', currency: 'EUR', kind: 'shop' }
  const store = (await shop.api.call<{ id: string }>('POST', '/v1/stores', opened)).body
  const made = { ...FIXED, store_id: store.id }
  const paid = await links.link(made)
  await links.tryCard(links.leadsTo(await links.press(paid)))
  const short = await links.link({ ...made, expires_in: 300 })
  const paused = await links.link(made)
  await links.move(paused, 'pause')
  const ended = await links.link(made)
  await links.move(ended, 'cancel')
  const many = await links.link({ ...made, usage: 'multi' })
  await links.tryCard(links.leadsTo(await links.press(many)))
  shop.clock.advance(6 * MINUTE)
  const listed = async (query: string) => {
    const path = `/v1/payment_links?store_id=${store.id}&${query}`
    return (await shop.api.get<{ data: { id: string }[] }>(path)).body.data.map(({ id }) => id)
  }
  assert.deepEqual(await listed('is_open=true'), [many.id, paused.id])
  assert.deepEqual(await listed('is_open=false'), [ended.id, short.id, paid.id])
  assert.equal((await listed('limit=10')).length, 5)
})
