import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { orderShop } from '../../test/scenarios/order-shop.ts'
import { CARDS, DAY, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { BUYER, invoiceDesk } from './invoices.fixture.ts'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
  await desk.settings({ reminder_days: [-3, 0, 7, 14], due_days: 14, time_zone: 'Europe/Amsterdam' })
})
after(() => shop.close())

/** Subjects of the reminders of an invoice, in their order. */
async function reminders(id: string): Promise<string[]> {
  const { rows } = await shop.database.db.query<{ subject: string }>(
    `select subject from mail where object_id = $1 and kind = 'invoice_reminder' order by id`,
    [id],
  )
  return rows.map(({ subject }) => subject)
}

async function sent(more: object = {}) {
  const invoice = await desk.issued({ language: 'en', ...more })
  assert.equal((await desk.post(`/v1/invoices/${invoice.id}/send`)).status, 200)
  return invoice
}

test('an invoice that was sent is reminded of on its days, each once, and no more when it is paid', async () => {
  const invoice = await sent()
  await shop.settle()
  assert.deepEqual(await reminders(invoice.id), [])
  const words: string[] = []
  for (const days of [11, 3, 7]) {
    shop.clock.advance(days * DAY)
    await shop.settle()
    await shop.settle()
    words.push(...(await reminders(invoice.id)).slice(words.length))
  }
  assert.deepEqual(
    words.map((subject) => subject.split(' ')[0] as string),
    ['Invoice', 'Invoice', 'Reminder:'],
  )
  assert.match(words[0] as string, /is due on/)
  assert.match(words[1] as string, /is due today/)
  const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${invoice.id}`)
  assert.equal(body.data.filter(({ type }) => type === 'invoice.reminded').length, 3)
  const paid = await shop.api.pay({
    ...{ amount: invoice.total, currency: 'EUR', channel: 'invoice', order_id: invoice.id },
    tender: { method: 'card', token: await shop.api.token(CARDS.approved) },
  })
  assert.equal(paid.status, 201, paid.text)
  shop.clock.advance(7 * DAY)
  await shop.settle()
  assert.equal((await reminders(invoice.id)).length, 3)
})

test('what was missed is passed over but for the last, by two processes at once', async () => {
  const invoice = await sent()
  const processes = [await shop.another(), await shop.another()]
  shop.clock.advance(40 * DAY)
  const workers = processes.flatMap(({ program }) =>
    program.commerce.workers.filter(({ name }) => name === 'reminders of invoices'),
  )
  assert.equal(workers.length, 2)
  await Promise.all(workers.map((worker) => worker.tick()))
  const subjects = await reminders(invoice.id)
  assert.equal(subjects.length, 1)
  assert.match(subjects[0] as string, /^Last reminder/)
})

test('what was not sent, and a buyer without an address, are not reminded of', async () => {
  const quiet = await desk.issued({ language: 'en' })
  const { email: _, ...nameless } = BUYER
  const mute = await desk.issued({ language: 'en', buyer: nameless })
  await desk.post(`/v1/invoices/${mute.id}/send`, { to: 'once@example.org' })
  shop.clock.advance(40 * DAY)
  await shop.settle()
  assert.deepEqual([...(await reminders(quiet.id)), ...(await reminders(mute.id))], [])
})

test('whoever’s order was cancelled is not reminded of its invoice', async () => {
  const basket = orderShop(shop)
  await basket.sells('stoel', '40.00')
  const order = await basket.order({ stoel: 1 })
  const invoice = await sent({ order_id: order.id, currency: undefined, lines: undefined })
  const cancelled = await basket.cancel(order.id, { reason: 'changed my mind' })
  assert.equal(cancelled.status, 200, cancelled.text)
  shop.clock.advance(40 * DAY)
  await shop.settle()
  assert.deepEqual(await reminders(invoice.id), [])
})
