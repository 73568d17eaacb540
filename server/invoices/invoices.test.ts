import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { orderShop } from '../../test/scenarios/order-shop.ts'
import { CARDS, DAY, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { transact } from '../db/pool.ts'
import { type Answer, BUYER, invoiceDesk, SELLER } from './invoices.fixture.ts'
import { issueDraft } from './issue.ts'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
})
after(() => shop.close())

/** A merchant of its own, whose numbers nobody else takes. */
async function freshDesk() {
  const { api, keys } = await shop.neighbour()
  const fresh = invoiceDesk(api)
  await fresh.settings()
  return { ...fresh, api, keys }
}

test('nothing is issued before the merchant has said who it is', async () => {
  const { api } = await shop.neighbour()
  const nameless = invoiceDesk(api)
  const draft = await nameless.draft()
  assert.equal(draft.status, 'draft')
  const refused = await nameless.post(`/v1/invoices/${draft.id}/issue`)
  assert.deepEqual([refused.status, refused.body.code], [422, 'invoice-incomplete'])
  await nameless.settings({}, { vat_id: undefined })
  const again = await nameless.post(`/v1/invoices/${draft.id}/issue`)
  assert.deepEqual(
    again.body.errors?.map(({ pointer }) => pointer),
    ['/seller/vat_id'],
  )
})

test('an invoice of free lines has its VAT once for each rate, its number, its day and its reference', async () => {
  const own = await freshDesk()
  const { number, net, tax, total, vat, lines, issued_on, due_on, reference, printed_reference, seller, status } =
    await own.issued()
  // 21 % of 99.90 + 120.00 = 46.179, 9 % of 12.00 = 1.08.
  assert.deepEqual({ net, tax, total }, { net: 23_190, tax: 4_726, total: 27_916 })
  assert.deepEqual(
    vat.map((row) => [row.vat_category, row.vat_rate_bp, row.net, row.tax]),
    [
      ['standard', 2100, 21_990, 4_618],
      ['standard', 900, 1_200, 108],
    ],
  )
  assert.deepEqual(
    lines.map((line) => [line.quantity, line.unit, line.net]),
    [
      ['2', 'piece', 9_990],
      ['1.5', 'hour', 12_000],
      ['3', 'piece', 1_200],
    ],
  )
  assert.deepEqual([number, status, issued_on, due_on], ['2026-00001', 'issued', '2026-11-22', '2026-12-22'])
  assert.equal(seller?.iban, 'NL91ABNA0417164300')
  assert.match(reference ?? '', /^\d{16}$/)
  assert.equal(printed_reference?.replaceAll(' ', ''), reference)
})

test('prices with VAT in them: the lines add up to what was asked', async () => {
  const own = await freshDesk()
  const lines = [1, 2, 3].map((n) => ({ name: `Artikel ${n}`, unit_price: '0.33', vat_rate_bp: 2100 }))
  const { total, net, tax, lines: shown } = await own.draft({ prices_include_tax: true, lines })
  // 99 cents: VAT 17.18 → 17.
  assert.deepEqual({ total, net, tax }, { total: 99, net: 82, tax: 17 })
  assert.equal(
    shown.reduce((sum, line) => sum + line.tax, 0),
    17,
  )
})

describe('numbers', () => {
  test('fifty at once over two processes are fifty numbers without a gap, and fifty references', async () => {
    const own = await freshDesk()
    const other = await shop.another()
    const drafts = await Promise.all(Array.from({ length: 50 }, () => own.draft()))
    const issued = await Promise.all(
      drafts.map(({ id }, i) =>
        transact((i % 2 === 0 ? shop.wired : other.program).payments.db, (tx) =>
          issueDraft(
            { ...shop.payments, payUrlOf: async () => null, consumer: { catchUp: async () => {} } },
            tx,
            own.keys.merchant_id,
            id,
          ),
        ),
      ),
    )
    const numbers = issued.map(({ number }) => number).sort()
    assert.deepEqual(
      numbers,
      Array.from({ length: 50 }, (_, i) => `2026-${String(i + 1).padStart(5, '0')}`),
    )
    assert.equal(new Set(issued.map(({ reference }) => reference)).size, 50)
  })

  test('a transaction that fails or dies after taking a number gives it back', async () => {
    const own = await freshDesk()
    const [first, second, third] = [await own.draft(), await own.draft(), await own.draft()]
    const deps = { ...shop.payments, payUrlOf: async () => null, consumer: { catchUp: async () => {} } }
    await assert.rejects(
      transact(shop.payments.db, async (tx) => {
        await issueDraft(deps, tx, own.keys.merchant_id, first.id)
        throw new Error('no')
      }),
      /no/,
    )
    // A connection that ends in the middle, as when its process is killed.
    const dying = new pg.Client(shop.database.url)
    await dying.connect()
    await dying.query('begin')
    await dying.query(
      `insert into invoice_counter as c (merchant_id, series, year, last) values ($1, '', 2026, 1)
       on conflict (merchant_id, series, year) do update set last = c.last + 1`,
      [own.keys.merchant_id],
    )
    const waiting = own.issue(second.id)
    await dying.end()
    assert.equal((await waiting).number, '2026-00001')
    assert.equal((await own.issue(third.id)).number, '2026-00002')
    assert.equal((await own.issue(first.id)).number, '2026-00003')
  })

  test('the same draft issued twice at once has one number', async () => {
    const own = await freshDesk()
    const { id } = await own.draft()
    const answers = await Promise.all([own.post(`/v1/invoices/${id}/issue`), own.post(`/v1/invoices/${id}/issue`)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
    assert.equal((await own.issued()).number, '2026-00002')
  })

  test('each year begins at one, by the day where the seller is', async () => {
    const own = await freshDesk()
    assert.equal((await own.issued()).number, '2026-00001')
    // 31 December, 23:30 in London, is the new year in Amsterdam.
    const until = Date.parse('2026-12-31T23:30:00Z') - shop.clock.now().getTime()
    shop.clock.advance(until)
    const { number, issued_on } = await own.issued()
    assert.deepEqual([number, issued_on], ['2027-00001', '2027-01-01'])
    shop.clock.advance(-until)
  })

  test('each prefix counts by itself, and goes on where it was', async () => {
    const own = await freshDesk()
    assert.equal((await own.issued()).number, '2026-00001')
    await own.settings({ invoice_prefix: 'WEB' })
    assert.equal((await own.issued()).number, 'WEB2026-00001')
    await own.settings()
    assert.equal((await own.issued()).number, '2026-00002')
    const clash = await own.api.call('PUT', '/v1/invoice_settings', {
      ...{ seller: SELLER, invoice_prefix: 'A', credit_prefix: 'A' },
    })
    assert.equal(clash.status, 422)
  })
})

describe('what was issued stands', () => {
  test('no statement changes it, its lines or its number', async () => {
    await desk.settings()
    const { id } = await desk.issued()
    const { merchant_id } = shop.keys
    const { db } = shop.database
    for (const statement of [
      `update invoice set note = 'x' where merchant_id = $1 and id = $2`,
      `update invoice set state = 'draft' where merchant_id = $1 and id = $2`,
      'delete from invoice where merchant_id = $1 and id = $2',
      `update invoice_line set name = 'x' where merchant_id = $1 and invoice_id = $2`,
      'delete from invoice_line where merchant_id = $1 and invoice_id = $2',
      `insert into invoice_line select merchant_id, invoice_id, no + 100, order_line_id, corrects_no, name, detail, sku,
         quantity_e3, unit, unit_price_e4, vat_category, vat_rate_bp, vat_reason, discount, net, tax, total
       from invoice_line where merchant_id = $1 and invoice_id = $2`,
    ])
      await assert.rejects(db.query(statement, [merchant_id, id]), /never changes|only a draft/, statement)
    await assert.rejects(db.query('truncate invoice cascade'))
    // Not even the owner of the tables does it by mistake.
    const admin = new pg.Client(shop.database.adminUrl)
    await admin.connect()
    await assert.rejects(admin.query('truncate invoice cascade'), /never changes/)
    await admin.end()
  })

  test('only a draft is cancelled, and what is cancelled stays so', async () => {
    await desk.settings()
    const issued = await desk.issued()
    assert.equal((await desk.post(`/v1/invoices/${issued.id}/cancel`)).body.code, 'invalid-state')
    const draft = await desk.draft()
    assert.equal((await desk.post(`/v1/invoices/${draft.id}/cancel`)).body.status, 'cancelled')
    assert.equal((await desk.post(`/v1/invoices/${draft.id}/issue`)).body.code, 'invalid-state')
  })

  test('new settings change no invoice that was issued', async () => {
    const own = await freshDesk()
    const { id, seller } = await own.issued()
    await own.settings({}, { name: 'Another B.V.' })
    assert.deepEqual((await own.read(id)).seller, seller)
  })
})

describe('credit notes', () => {
  test('lines and units of lines, in a series of their own, with the VAT of the invoice; the parts add up to it', async () => {
    const own = await freshDesk()
    const invoice = await own.issued()
    const parts = [
      await own.credit(invoice.id, { lines: [{ no: 1, quantity: '1' }], reason: 'Kapot' }),
      await own.credit(invoice.id, { lines: [{ no: 1 }, { no: 2, quantity: '0.333' }] }),
      await own.credit(invoice.id),
    ]
    assert.deepEqual(
      parts.map(({ number }) => number),
      ['C2026-00001', 'C2026-00002', 'C2026-00003'],
    )
    for (const name of ['net', 'tax', 'total'] as const)
      assert.equal(
        parts.reduce((sum, part) => sum + part[name], 0),
        invoice[name],
        name,
      )
    assert.ok(parts.every(({ object, corrects_id }) => object === 'credit_note' && corrects_id === invoice.id))
    const after = await own.read(invoice.id)
    assert.deepEqual([after.status, after.amount_due, after.amount_credited], ['credited', 0, invoice.total])
    const more = await own.post(`/v1/invoices/${invoice.id}/credit`)
    assert.equal(more.body.code, 'quantity-exceeds-available')
  })

  test('no more than is left of a line, no line twice, none that is not there', async () => {
    const own = await freshDesk()
    const { id } = await own.issued()
    const refused = async (lines: object[]) => (await own.post(`/v1/invoices/${id}/credit`, { lines })).body.code
    assert.equal(await refused([{ no: 1, quantity: '2.001' }]), 'quantity-exceeds-available')
    assert.equal(await refused([{ no: 1 }, { no: 1 }]), 'validation-error')
    assert.equal(await refused([{ no: 9 }]), 'validation-error')
    assert.equal(await refused([{ no: 1, quantity: '0' }]), 'validation-error')
    const draft = await own.draft()
    assert.equal((await own.post(`/v1/invoices/${draft.id}/credit`)).body.code, 'invalid-state')
    const note = await own.credit(id)
    assert.equal((await own.post(`/v1/invoices/${note.id}/credit`)).body.code, 'invalid-state')
  })

  test('a repeat of the request gets the same answer and takes nothing back again', async () => {
    const own = await freshDesk()
    const { id } = await own.issued()
    const body = { lines: [{ no: 1, quantity: '1' }] }
    const answers = [
      await own.post(`/v1/invoices/${id}/credit`, body, 'credit-once-0001'),
      await own.post(`/v1/invoices/${id}/credit`, body, 'credit-once-0001'),
    ]
    assert.equal(answers[1]?.text, answers[0]?.text)
    assert.equal((await own.read(id)).amount_credited, answers[0]?.body.total)
  })

  test('two at once take back no more than there is', async () => {
    const own = await freshDesk()
    const { id, total } = await own.issued()
    const answers = await Promise.all(Array.from({ length: 4 }, () => own.post(`/v1/invoices/${id}/credit`)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422, 422, 422])
    assert.equal((await own.read(id)).amount_credited, total)
  })
})

describe('paying', () => {
  const card = async (number: string = CARDS.approved) => ({ method: 'card', token: await shop.api.token(number) })
  before(() => desk.settings())

  test('a payment that names the invoice pays it, once', async () => {
    const { id, total } = await desk.issued()
    const payment = { currency: 'EUR', channel: 'invoice', order_id: id } as const
    const less = await shop.api.pay({ ...payment, amount: total - 1, tender: await card() })
    assert.equal((less.body as unknown as Answer).code, 'totals-mismatch')
    const paid = await shop.api.pay({ ...payment, amount: total, tender: await card() })
    assert.equal(paid.body.status, 'captured')
    const invoice = await desk.read(id)
    assert.deepEqual([invoice.status, invoice.amount_paid, invoice.amount_due], ['paid', total, 0])
    const twice = await shop.api.pay({ ...payment, amount: total, tender: await card() })
    assert.equal(twice.status, 409)
  })

  test('a part is a tender, a credit note lowers the rest, and with the rest it is paid', async () => {
    const { id, total } = await desk.issued()
    const begun = await shop.api.pay({
      ...{ currency: 'EUR', channel: 'invoice', order_id: id, amount: total },
      tender: { ...(await card()), amount: 10_000 },
    })
    assert.equal(begun.status, 201, begun.text)
    assert.equal((await desk.read(id)).status, 'partly_paid')
    const note = await desk.credit(id, { lines: [{ no: 3 }] })
    const { amount_due } = await desk.read(id)
    assert.equal(amount_due, total - 10_000 - note.total)
    const over = await shop.api.command(`/v1/payments/${begun.body.id}/tenders`, {
      ...(await card()),
      amount: amount_due + 1,
    })
    assert.equal(over.status, 422)
    const rest = await shop.api.command(`/v1/payments/${begun.body.id}/tenders`, await card())
    assert.equal(rest.status, 201, rest.text)
    const invoice = await desk.read(id)
    assert.deepEqual([invoice.status, invoice.amount_paid], ['paid', total - note.total])
    assert.equal((await shop.api.get<{ status: string }>(`/v1/payments/${begun.body.id}`)).body.status, 'captured')
  })

  test('a credit note for what was left to pay makes it paid, and tells so', async () => {
    const { id, total } = await desk.issued()
    const due = await desk.read(id)
    const rest = due.lines.find(({ no }) => no === 3)?.total as number
    const part = { ...(await card()), amount: total - rest }
    await shop.api.pay({ currency: 'EUR', channel: 'invoice', order_id: id, amount: total, tender: part })
    assert.equal((await desk.read(id)).status, 'partly_paid')
    await desk.credit(id, { lines: [{ no: 3 }] })
    const { status, paid_at } = await desk.read(id)
    assert.deepEqual([status, paid_at === null], ['paid', false])
    const { body } = await shop.api.get<{ data: { type: string }[] }>(`/v1/events?object_id=${id}`)
    assert.equal(body.data.at(-1)?.type, 'invoice.paid')
  })

  test('money given back is not owed again; what was paid too much shows', async () => {
    const { id, total } = await desk.issued()
    const paid = await shop.api.pay({
      ...{ currency: 'EUR', channel: 'invoice', order_id: id, amount: total },
      tender: await card(),
    })
    const note = await desk.credit(id, { lines: [{ no: 1 }] })
    assert.equal((await desk.read(id)).amount_to_refund, note.total)
    await shop.api.command(`/v1/payments/${paid.body.id}/refunds`, { amount: note.total })
    const { status, amount_due, amount_to_refund, amount_refunded } = await desk.read(id)
    assert.deepEqual(
      { status, amount_due, amount_to_refund, amount_refunded },
      { status: 'paid', amount_due: 0, amount_to_refund: 0, amount_refunded: note.total },
    )
  })

  test('a draft, and an invoice that is nobody’s, cannot be paid', async () => {
    const draft = await desk.draft()
    const payment = { currency: 'EUR', channel: 'invoice', amount: draft.total } as const
    const early = await shop.api.pay({ ...payment, order_id: draft.id, tender: await card() })
    assert.equal((early.body as unknown as Answer).code, 'order-not-payable')
    const theirs = await (await freshDesk()).issued()
    const foreign = await shop.api.pay({ ...payment, order_id: theirs.id, tender: await card() })
    assert.equal((foreign.body as unknown as Answer).code, 'reference-not-found')
  })

  test('an invoice is overdue the day after its due day, and found as open and by what a bank wrote', async () => {
    const own = await freshDesk()
    const { id, printed_reference } = await own.issued({ due_days: 1 })
    shop.clock.advance(DAY)
    assert.equal((await own.read(id)).status, 'issued')
    shop.clock.advance(DAY)
    assert.equal((await own.read(id)).status, 'overdue')
    const found = async (query: object) => {
      const search = new URLSearchParams(query as Record<string, string>)
      return (await own.api.get<{ data: { id: string }[] }>(`/v1/invoices?${search}`)).body.data.map((row) => row.id)
    }
    assert.deepEqual(await found({ is_open: 'true' }), [id])
    assert.deepEqual(await found({ reference: `betaling ${printed_reference} dank` }), [id])
    assert.deepEqual(await found({ reference: 'RF18 5390 0754 7034' }), [])
    assert.deepEqual(await found({ number: '2026-00001' }), [id])
    shop.clock.advance(-2 * DAY)
  })
})

describe('an order', () => {
  const goods = () => orderShop(shop)
  before(() => desk.settings())

  test('is billed as it stands, to its address, and is paid as the order', async () => {
    const basket = goods()
    await basket.sells('ketel', '24.95')
    const order = await basket.order({ ketel: 2 }, { email: 'ada@example.org' })
    const draft = await desk.draft({ order_id: order.id, currency: undefined, lines: undefined, buyer: undefined })
    assert.deepEqual(
      [draft.total, draft.tax, draft.buyer.name, draft.buyer.email, draft.language],
      [order.total, order.tax, 'Ada', draft.buyer.email, 'nl'],
    )
    assert.equal(draft.pays_as, order.id)
    const again = await desk.post('/v1/invoices', { order_id: order.id })
    assert.equal(again.body.code, 'reference-taken')
    await basket.pay(order)
    // Paid between draft and issue.
    const invoice = await desk.issue(draft.id)
    assert.deepEqual([invoice.status, invoice.amount_paid], ['paid', order.total])
  })

  test('that changed after the draft is not billed as it was; credited in full it may be billed again', async () => {
    const basket = goods()
    await basket.sells('lamp', '10.00')
    const order = await basket.order({ lamp: 3 })
    const bill = { order_id: order.id, currency: undefined, lines: undefined, buyer: BUYER }
    const draft = await desk.draft(bill)
    const cancelled = await basket.cancel(order.id, {
      reason: 'one too many',
      lines: [{ line_id: order.lines[0]?.id, quantity: 1 }],
    })
    assert.equal(cancelled.status, 200, cancelled.text)
    assert.equal((await desk.post(`/v1/invoices/${draft.id}/issue`)).body.code, 'order-changed')
    await desk.post(`/v1/invoices/${draft.id}/cancel`)
    const second = await desk.issued(bill)
    assert.deepEqual([second.total, second.lines[0]?.quantity], [2_000, '2'])
    await desk.credit(second.id)
    const third = await desk.issued(bill)
    assert.deepEqual([third.total, third.status], [2_000, 'issued'])
    await basket.pay({ ...order, total: 2_000 })
    // The money is for the one that stands: the credited one does not ask for it back.
    const money = ({ status, amount_paid, amount_to_refund }: Answer) => ({ status, amount_paid, amount_to_refund })
    assert.deepEqual(money(await desk.read(third.id)), { status: 'paid', amount_paid: 2_000, amount_to_refund: 0 })
    assert.deepEqual(money(await desk.read(second.id)), { status: 'credited', amount_paid: 0, amount_to_refund: 0 })
    // Credited once paid: there is money to give back, until it is billed anew.
    await desk.credit(third.id)
    assert.deepEqual(money(await desk.read(third.id)), {
      status: 'credited',
      amount_paid: 2_000,
      amount_to_refund: 2_000,
    })
    const fourth = await desk.issued(bill)
    const { paid_at } = await desk.read(fourth.id)
    assert.notEqual(paid_at, null)
    assert.deepEqual(money(await desk.read(fourth.id)), { status: 'paid', amount_paid: 2_000, amount_to_refund: 0 })
    assert.deepEqual(money(await desk.read(third.id)), { status: 'credited', amount_paid: 0, amount_to_refund: 0 })
  })
})

test('the events of an invoice count its versions with none left out', async () => {
  const own = await freshDesk()
  const { id } = await own.issued()
  const note = await own.credit(id, { lines: [{ no: 1 }] })
  const { amount_due } = await own.read(id)
  const pay = { amount: amount_due, currency: 'EUR', channel: 'invoice', order_id: id } as const
  const begun = await own.api.pay({
    ...pay,
    tender: { method: 'card', token: await own.api.token(CARDS.approved), amount: 1 },
  })
  await own.read(id)
  await own.api.command(`/v1/payments/${begun.body.id}/tenders`, {
    method: 'card',
    token: await own.api.token(CARDS.approved),
  })
  const { version } = await own.read(id)
  const { body } = await own.api.get<{ data: { type: string; object_version: number }[] }>(`/v1/events?object_id=${id}`)
  assert.deepEqual(
    body.data.map((event) => `${event.type} ${event.object_version}`),
    ['invoice.created 1', 'invoice.issued 2', 'invoice.credited 3', 'invoice.paid 4'],
  )
  assert.deepEqual([version, note.version], [4, 1])
})
