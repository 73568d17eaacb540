import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fulfilmentShop } from '../../test/scenarios/fulfilment-shop.ts'
import { linkShop } from '../../test/scenarios/link-shop.ts'
import { CARDS, DAY, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { invoiceDesk } from '../invoices/invoices.fixture.ts'
import { LANGUAGES } from '../lib/language.ts'
import { listMailAbout, type MailRow } from '../mail/index.ts'
import { LETTER_KINDS } from './occasion.ts'
import { letterPreviews } from './preview.ts'

let shop: Shop
let at: ReturnType<typeof fulfilmentShop>
before(async () => {
  shop = await openShop()
  at = fulfilmentShop(shop)
  await at.sells('lamp', '30.00', { track: 'quantity' })
  await at.receive('lamp', at.till, 50n)
  await at.receive('lamp', at.web, 50n)
})
after(() => shop.close())

/** What was written about an order, oldest first. */
async function lettersOf(orderId: string): Promise<MailRow[]> {
  await shop.settle()
  return (await listMailAbout(shop.database.db, shop.keys.merchant_id, orderId, 20)).reverse()
}
const kindsOf = async (orderId: string) => (await lettersOf(orderId)).map(({ kind }) => kind)

const to = { email: 'ada@example.org' }

async function toCollect(more: object = to) {
  const lines = [{ variant_id: at.variant('lamp'), quantity: 2, fulfilment: { mode: 'collect', store_id: at.till } }]
  const { body, status, text } = await at.place(await at.cart({}, { lines }), {
    ...{ charge: 'on_collection', token: await shop.api.token(CARDS.approved) },
    ...more,
  })
  assert.equal(status, 201, text)
  await shop.settle()
  const [fulfilment] = await at.fulfilments(body.id)
  return { order: body, id: fulfilment?.id as string }
}

test('an order that was paid is confirmed in one letter, in the language of its country, with what it costs', async () => {
  const order = await at.order({ lamp: 2 }, to)
  assert.deepEqual(await kindsOf(order.id), [], 'nothing is written before it is paid')
  await at.pay(order)
  const [letter, ...others] = await lettersOf(order.id)
  assert.deepEqual(others, [])
  assert.equal(letter?.kind, 'order_confirmed')
  assert.equal(letter?.language, 'nl')
  assert.equal(letter?.recipient, 'ada@example.org')
  assert.match(letter?.text ?? '', /2 × lamp {2}€ 60,00/)
  assert.match(letter?.text ?? '', /\/o\/[\w-]{67}/)
})

test('the customer’s own language comes before that of the country', async () => {
  const made = await shop.api.call<{ id: string }>('POST', '/v1/customers', { name: 'Zosia', locale: 'pl-PL' })
  const cart = await at.cart({ lamp: 1 }, { customer_id: made.body.id })
  const { body: order } = await at.place(cart, to)
  await at.pay(order)
  assert.equal((await lettersOf(order.id))[0]?.language, 'pl')
})

test('goods to be collected: ready with the code, a reminder, and a word when the time is over', async () => {
  const { order, id } = await toCollect()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  const [confirmed, ready] = await lettersOf(order.id)
  assert.deepEqual([confirmed?.kind, ready?.kind], ['order_confirmed', 'pickup_ready'])
  assert.ok(code && ready?.text.includes(code) && ready.html.includes(code))
  assert.match(ready?.html ?? '', /bgcolor="#000000"/)
  const { expires_at } = await at.fulfilment(id)
  const left = Date.parse(expires_at as string) - shop.clock.now().getTime()
  shop.clock.advance(left - DAY / 2)
  assert.deepEqual((await kindsOf(order.id)).slice(2), ['pickup_reminder'])
  shop.clock.advance(DAY)
  assert.deepEqual((await kindsOf(order.id)).slice(2), ['pickup_reminder', 'pickup_expired'])
})

test('money taken at the hand-over is told of, and what goes back is', async () => {
  const { order, id } = await toCollect()
  const { code } = await at.does(id, 'accept', 'pick', 'ready')
  await at.collect(id, { code })
  const letters = await lettersOf(order.id)
  assert.deepEqual(letters.map(({ kind }) => kind).slice(2), ['payment_received'])
  assert.match(letters[2]?.subject ?? '', /€ 60,00/)
  const [payment] = await at.paymentsOf(order.id)
  await shop.api.command(`/v1/payments/${payment?.id}/refunds`, { amount: 1_250 })
  await shop.news()
  const refund = (await lettersOf(order.id))[3]
  assert.equal(refund?.kind, 'refund')
  assert.match(refund?.text ?? '', /€ 12,50/)
})

test('a parcel is told of with its number', async () => {
  const order = await at.order({ lamp: 1 }, to)
  await at.pay(order)
  await shop.settle()
  const [parcel] = await at.fulfilments(order.id)
  await at.does(parcel?.id as string, 'accept', 'pick', 'ready')
  const shipped = await at.ship(parcel?.id as string)
  assert.equal(shipped.status, 200, shipped.text)
  const letter = (await lettersOf(order.id)).at(-1)
  assert.equal(letter?.kind, 'shipped')
  assert.ok(letter?.text.includes(`3S${parcel?.id.slice(-6)}`))
})

test('at the counter the letter is the receipt, with its VAT', async () => {
  const cart = await at.cart({ lamp: 1 }, { channel: 'pos', store_id: at.till, shipping_address: undefined })
  const { body: order, text } = await at.place(cart, to)
  const paid = await at.pay(order, CARDS.approved, { channel: 'pos', store_id: at.till })
  assert.equal(paid.status, 201, `${text} ${paid.text}`)
  const letters = await lettersOf(order.id)
  assert.deepEqual(
    letters.map(({ kind }) => kind),
    ['receipt'],
  )
  assert.match(letters[0]?.text ?? '', /Btw 21%: € 5,21/)
})

test('without an address, with one that is none, and for what is switched off nobody is written to', async () => {
  const put = (off: string[], ifMatch?: string) =>
    shop.api.call<{ off: string[]; version: number; code?: string }>(
      'PUT',
      '/v1/letter_settings',
      { off },
      ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } },
    )
  const silent = await at.order({ lamp: 1 })
  await at.pay(silent)
  assert.deepEqual(await kindsOf(silent.id), [])
  const off = await put(['order_confirmed'])
  assert.deepEqual([off.status, off.body.off], [200, ['order_confirmed']])
  const order = await at.order({ lamp: 1 }, to)
  await at.pay(order)
  assert.deepEqual(await kindsOf(order.id), [])
  assert.equal((await put([], '7')).status, 412)
  assert.equal((await put(['nonsense'])).status, 422)
  assert.deepEqual((await put([], String(off.body.version))).body.off, [])
  const later = await at.order({ lamp: 1 }, to)
  await at.pay(later)
  assert.deepEqual(await kindsOf(later.id), ['order_confirmed'])
})

test('names of strangers are text in a letter, and no header', async () => {
  const name = '<img src=x onerror=alert(1)>"\'&'
  await at.sells('evil', '1.00')
  await shop.api.call('PATCH', '/v1/checkout_settings', { display_name: 'Shop <b>\u202eevil' })
  const cart = await at.cart({ evil: 1 }, { shipping_address: { name, line1: name, city: name, country: 'NL' } })
  const { body: order } = await at.place(cart, to)
  await at.pay(order)
  const [letter] = await lettersOf(order.id)
  assert.ok(letter?.html.includes('&lt;img src=x onerror=alert(1)&gt;'))
  assert.equal(/<img|<b>/.test(letter?.html ?? ''), false)
  assert.equal(/[\u202e\r\n]/.test(`${letter?.from_name}${letter?.subject}`), false)
  await shop.api.call('PATCH', '/v1/checkout_settings', { display_name: null })
})

test('what is paid without an order is told of once: by a link, and as an invoice', async () => {
  const links = linkShop(shop)
  const link = await links.link({
    ...{ amount: 4_995, currency: 'EUR', country: 'NL', description: 'Deposit <b>', reference: 'R-9' },
    ...{ email: 'payer@example.org', language: 'de' },
  })
  await links.tryCard(links.leadsTo(await links.visit(link)))
  const [sent, thanks, ...more] = await lettersOf(link.id)
  assert.deepEqual([sent?.kind, thanks?.kind, more], ['payment_link', 'payment_received', []])
  assert.deepEqual([thanks?.recipient, thanks?.language], ['payer@example.org', 'de'])
  assert.ok(thanks?.text.includes(link.url) && thanks.text.includes('R-9'))
  assert.ok(thanks?.html.includes('Deposit &lt;b&gt;'))
  const desk = invoiceDesk(shop.api)
  await desk.settings()
  const { id, number, total } = await desk.issued({ language: 'sv' })
  const token = await shop.api.token(CARDS.approved)
  const payment = { amount: total, currency: 'EUR', channel: 'invoice', order_id: id } as const
  await shop.api.pay({ ...payment, tender: { method: 'card', token } })
  const [paid, ...others] = await lettersOf(id)
  assert.deepEqual([paid?.kind, paid?.language, others], ['payment_received', 'sv', []])
  assert.ok(paid?.text.includes(`Faktura: ${number}`))
})

test('two processes that read the same log write one letter', async () => {
  const order = await at.order({ lamp: 1 }, to)
  await at.pay(order)
  const other = await shop.another()
  const letters = (program: Shop['wired']) =>
    program.commerce.consumers.find(({ worker }) => worker.name === 'letters') as (typeof program.commerce.consumers)[0]
  await Promise.all(
    [shop.wired, other.program].map(async (program) => {
      for (const { catchUp } of program.commerce.consumers) await catchUp(shop.keys.merchant_id)
      await letters(program).catchUp(shop.keys.merchant_id)
    }),
  )
  assert.deepEqual(await kindsOf(order.id), ['order_confirmed'])
})

test('every letter has its words in every language, with nothing left to fill in', () => {
  const previews = letterPreviews()
  assert.equal(previews.length, LETTER_KINDS.length * LANGUAGES.length)
  for (const { subject, text, html } of previews) {
    assert.equal(/[{}]/.test(subject + text), false, subject)
    assert.ok(Buffer.byteLength(html) < 100_000)
    assert.equal(html.includes('<b>'), false)
  }
  for (const kind of LETTER_KINDS) {
    const subjects = previews.filter((preview) => preview.kind === kind).map(({ subject }) => subject)
    assert.equal(new Set(subjects).size, LANGUAGES.length, `${kind} is translated`)
  }
})
