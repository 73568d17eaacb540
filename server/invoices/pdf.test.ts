import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { extractText, getDocumentProxy } from 'unpdf'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { silentLog } from '../lib/log.ts'
import { type OutgoingMail, sendDue } from '../mail/index.ts'
import { BUYER, invoiceDesk, LINES } from './invoices.fixture.ts'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
  await desk.settings()
})
after(() => shop.close())

async function pdf(id: string): Promise<Buffer> {
  const { rawPayload, statusCode, headers } = await shop.app.inject({
    url: `/v1/invoices/${id}/pdf`,
    headers: { host: '127.0.0.1', authorization: `Bearer ${shop.keys.secret_key}` },
  })
  assert.deepEqual([statusCode, headers['content-type']], [200, 'application/pdf'])
  return rawPayload
}

/** The text of each page, with plain blanks. */
async function textOf(bytes: Buffer): Promise<string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: false })
  return text.map((page) => page.replaceAll(/\s+/g, ' '))
}

const WORDS = {
  en: ['Invoice', '€279.16', '22 Nov 2026', '22 Dec 2026', '1.5 h', 'VAT rate'],
  nl: ['Factuur', '€ 279,16', '22 nov 2026', '22 dec 2026', '1,5 uur', 'Btw-tarief'],
  sv: ['Faktura', '279,16 €', '22 nov. 2026', '22 dec. 2026', '1,5 h', 'Momssats'],
  pl: ['Faktura', '279,16 €', '22 lis 2026', '22 gru 2026', '1,5 godz.', 'Stawka VAT'],
  fr: ['Facture', '279,16 €', '22 nov. 2026', '22 déc. 2026', '1,5 h', 'Taux de TVA'],
  de: ['Rechnung', '279,16 €', '22. Nov. 2026', '22. Dez. 2026', '1,5 Std.', 'Steuersatz'],
}
for (const [language, words] of Object.entries(WORDS))
  test(`in ${language} the page says who, what, VAT by rate, how much and how to pay it`, async () => {
    const { id, number, printed_reference } = await desk.issued({ language })
    const [text = '', ...more] = await textOf(await pdf(id))
    assert.equal(more.length, 0)
    const same = ['Wereldwinkel B.V.', 'Zażółć Sp. z o.o.', 'Łucja Świątek', 'NL123456789B01', 'NL91 ABNA 0417 1643 00']
    for (const word of [...same, ...words, number ?? '', printed_reference ?? '', '21 %', '9 %'])
      assert.ok(text.includes(word), `${word} in: ${text}`)
    const decimal = language === 'en' ? '.' : ','
    for (const figure of ['219 90', '46 18', '12 00', '1 08', '231 90', '47 26'])
      assert.ok(text.includes(figure.replace(' ', decimal)), `${figure} in: ${text}`)
  })

test('a long invoice goes on over pages, each with the head of the table and its number', async () => {
  const lines = Array.from({ length: 60 }, (_, i) => ({ ...LINES[i % 3], name: `Artikel ${i + 1}` }))
  const pages = await textOf(await pdf((await desk.issued({ language: 'en', lines })).id))
  assert.ok(pages.length >= 3)
  assert.ok(pages.every((text, i) => text.includes(`Page ${i + 1} of ${pages.length}`)))
  for (let i = 1; i <= 60; i++) assert.equal(pages.filter((text) => text.includes(`Artikel ${i} `)).length, 1, `${i}`)
})

test('markup and marks of direction are ink, the longest names stay on the page, and nothing in it runs', async () => {
  const name = `<script>alert(1)</script> ${'W'.repeat(90)}`
  const bytes = await pdf(
    (await desk.issued({ buyer: { ...BUYER, name }, lines: [{ ...LINES[0], name: `\u202e(/JS) ${'M'.repeat(180)}` }] }))
      .id,
  )
  const text = (await textOf(bytes)).join(' ')
  assert.ok(text.includes('<script>alert(1)</script>'))
  assert.equal(text.includes('\u202e'), false)
  assert.equal(/\/(JavaScript|JS|OpenAction|Launch|EmbeddedFile)\b/.test(bytes.toString('latin1')), false)
})

test('a credit note names what it corrects and asks for nothing; a paid invoice says so', async () => {
  const invoice = await desk.issued({ language: 'en' })
  const note = await desk.credit(invoice.id)
  const [text = ''] = await textOf(await pdf(note.id))
  assert.ok(text.includes(`Corrects ${invoice.number} of 22 Nov 2026`))
  assert.equal(text.includes('To pay'), false)
  assert.ok((await textOf(await pdf(invoice.id)))[0]?.includes('Nothing is due'))
})

test('the code to pay by is for what is due, and there is none for a draft', async () => {
  const { id, total } = await desk.issued()
  const { body } = await shop.api.get<{ payload: string; svg: string }>(`/v1/invoices/${id}/qr`)
  const lines = body.payload.split('\n')
  assert.deepEqual([lines[0], lines[6], lines[7]], ['BCD', 'NL91ABNA0417164300', `EUR${total / 100}`])
  assert.ok(body.svg.startsWith('<svg'))
  assert.equal((await shop.api.get(`/v1/invoices/${(await desk.draft()).id}/qr`)).status, 409)
})

test('it is mailed with its PDF in the buyer’s language, once for each request', async () => {
  const { id, number } = await desk.issued({ language: 'nl' })
  const key = 'send-once-00001'
  const answers = [
    await desk.post(`/v1/invoices/${id}/send`, {}, key),
    await desk.post(`/v1/invoices/${id}/send`, {}, key),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  )
  const sent: OutgoingMail[] = []
  const transport = {
    folder: null,
    async send(mail: OutgoingMail) {
      sent.push(mail)
      return { result: 'sent' as const, error: null }
    },
  }
  const { db, clock } = shop.payments
  await sendDue({ db, clock, log: silentLog, transport, attachments: shop.wired.commerce.attachments })
  assert.deepEqual(
    sent.map((mail) => [mail.to, mail.subject, mail.fromName, mail.replyTo, mail.attachments[0]?.filename]),
    [
      [
        BUYER.email,
        `Factuur ${number} van Wereldwinkel B.V.`,
        'Wereldwinkel B.V.',
        'boekhouding@wereldwinkel.example',
        `${number}.pdf`,
      ],
    ],
  )
  assert.equal(
    Buffer.from(sent[0]?.attachments[0]?.content ?? [])
      .subarray(0, 5)
      .toString(),
    '%PDF-',
  )
  assert.equal((await desk.post(`/v1/invoices/${(await desk.draft()).id}/send`)).body.code, 'invalid-state')
})
