// Where an invoice is paid online: the page of its order, or a payment link that was made for it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { extractText, getDocumentProxy } from 'unpdf'
import { type LinkShop, linkShop } from '../../test/scenarios/link-shop.ts'
import { orderShop } from '../../test/scenarios/order-shop.ts'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { listMailAbout } from '../mail/index.ts'
import { BUYER, invoiceDesk } from './invoices.fixture.ts'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
let links: LinkShop
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
  links = linkShop(shop)
  await desk.settings()
})
after(() => shop.close())

const fetched = (url: string, headers: Record<string, string> = {}) =>
  shop.app.inject({ url, headers: { host: '127.0.0.1', ...headers } })

async function textOf(bytes: Uint8Array): Promise<string> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true })
  return text.replaceAll(/\s+/g, ' ')
}

async function pdfText(id: string): Promise<string> {
  const { rawPayload } = await fetched(`/v1/invoices/${id}/pdf`, { authorization: `Bearer ${shop.keys.secret_key}` })
  return textOf(rawPayload)
}

async function mailed(id: string): Promise<string> {
  assert.equal((await desk.post(`/v1/invoices/${id}/send`)).status, 200)
  return (await listMailAbout(shop.database.db, shop.keys.merchant_id, id, 1))[0]?.text ?? ''
}

test('an invoice of lines is paid by the link that was made for it, which stands on the PDF and in the mail', async () => {
  const { id, total } = await desk.issued({ language: 'en' })
  assert.equal(/Pay online/.test(await pdfText(id)), false, 'there is no link yet')
  const link = await links.link({ order_id: id })
  assert.equal(link.amount_due, total)
  const text = await pdfText(id)
  assert.ok(text.includes('Pay online') && text.includes(link.url), text)
  assert.ok((await mailed(id)).includes(link.url))
  const path = links.leadsTo(await links.visit(link))
  assert.equal((await links.tryCard(path)).phase, 'paid')
  const { status, amount_due } = await desk.read(id)
  assert.deepEqual([status, amount_due], ['paid', 0])
  assert.equal((await pdfText(id)).includes(link.url), false, 'what is paid asks for nothing')
})

test('a credit note for all of it ends the link', async () => {
  const { id } = await desk.issued()
  const link = await links.link({ order_id: id })
  await desk.credit(id)
  await shop.settle()
  const { state, reason } = await links.read(link)
  assert.deepEqual([state, reason], ['canceled', 'order_canceled'])
})

test('the invoice of an order is paid on the order’s page, and is downloaded there', async () => {
  const basket = orderShop(shop)
  await basket.sells('kan', '20.00')
  const order = await basket.order({ kan: 1 })
  const page = new URL((order as unknown as { page_url: string }).page_url)
  const nothing = await fetched(`${page.pathname}/invoice`)
  assert.equal(nothing.statusCode, 404)
  const bill = { order_id: order.id, currency: undefined, lines: undefined, buyer: BUYER, language: 'en' }
  const { id, number } = await desk.issued(bill)
  assert.ok((await pdfText(id)).includes(page.href))
  const { body } = await fetched(`${page.pathname}?lang=en`)
  assert.ok(body.includes(`Invoice ${number}`), 'the page names it')
  const download = await fetched(`${page.pathname}/invoice`)
  assert.equal(download.headers['content-type'], 'application/pdf')
  assert.equal(download.headers['content-disposition'], `attachment; filename="${number}.pdf"`)
  assert.equal(download.headers['cache-control'], 'no-store')
  assert.ok((await textOf(download.rawPayload)).includes(number as string))
  assert.equal((await fetched(`${page.pathname.slice(0, -1)}x/invoice`)).statusCode, 404)
  await desk.credit(id)
  assert.equal((await fetched(`${page.pathname}/invoice`)).statusCode, 404, 'credited in full it is gone')
})
