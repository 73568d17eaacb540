// An invoice or credit note on paper: A4, one typeface with the letters of every language we write, embedded. Everything on it is
// drawn; nothing in a name can be more than ink. The same document gives the same page.

import { createRequire } from 'node:module'
import { formatUnitPrice } from '../catalog/index.ts'
import { amountText, dayText, figureText, numberText } from '../lib/language.ts'
import { qrModules } from './epc.ts'
import { amountDue, type Invoice, type InvoiceLine, type Party, type Seller, vatRows } from './invoice.ts'
import { epcOf } from './pay-code.ts'
import { printedReference } from './reference.ts'
import { fill, TEXTS, type Texts } from './texts.ts'
import { quantityText } from './view.ts'

const require = createRequire(import.meta.url)
const FONTS = {
  regular: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  medium: require.resolve('@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf'),
  bold: require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
}
type Font = keyof typeof FONTS

const INK = '#16181d'
const QUIET = '#565b66'
const LINE = '#e3e5ea'
const GROUND = '#f7f8fa'
const ACCENT = '#0b6e4f'

/** Points. A4 is 595.28 × 841.89. */
const LEFT = 48
const RIGHT = 547
const WIDTH = RIGHT - LEFT
const TOP = 48
/** Below this stands the foot of the page. */
const BOTTOM = 772
/** Right edges of the columns of figures, and where the first one begins. */
const COLUMNS = { name: LEFT, nameWidth: 228, quantity: 336, price: 416, vat: 462, amount: RIGHT }
const QR_SIZE = 104

type Doc = PDFKit.PDFDocument
interface Style {
  font?: Font
  size?: number
  color?: string
  width?: number
  align?: 'left' | 'right'
}

/** The document as PDF; `payUrl` is where what is due can be paid online. */
export async function renderPdf(
  invoice: Invoice,
  lines: readonly InvoiceLine[],
  seller: Seller | null,
  payUrl: string | null = null,
): Promise<Buffer> {
  const texts = TEXTS[invoice.language]
  const title = `${titleOf(invoice, texts)} ${invoice.number ?? ''}`.trim()
  // Loaded at its first use, which most starts never come to: a quarter of a second.
  const { default: PDFDocument } = await import('pdfkit')
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    lang: invoice.language,
    displayTitle: true,
    font: FONTS.regular,
    info: { Title: title, Author: seller?.name ?? '', CreationDate: invoice.issued_at ?? invoice.created_at },
  })
  const done = new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = []
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
  for (const [name, path] of Object.entries(FONTS)) doc.registerFont(name, path)
  const page: Page = { doc, invoice, texts, seller, accent: seller?.accent ?? ACCENT, y: TOP }
  head(page, title)
  table(page, lines)
  sums(page, lines)
  notes(page, lines)
  payment(page)
  online(page, payUrl)
  feet(page)
  doc.end()
  return done
}

interface Page {
  doc: Doc
  invoice: Invoice
  texts: Texts
  seller: Seller | null
  accent: string
  /** Where the next thing goes. */
  y: number
}

function titleOf({ kind, state }: Invoice, texts: Texts): string {
  if (state === 'draft') return texts.draft
  return kind === 'invoice' ? texts.invoice : texts.creditNote
}

/** Draws a text and returns its height. With `align: 'right'` x is its right edge. */
function put(doc: Doc, text: string, x: number, y: number, style: Style = {}): number {
  const { font = 'regular', size = 9, color = INK, width = WIDTH, align = 'left' } = style
  // The narrow blank of some locales is missing in many fonts.
  const shown = text.replaceAll('\u202f', '\u00a0')
  doc.font(font).fontSize(size).fillColor(color)
  const options = { width, align, features: ['tnum' as const, 'kern' as const], lineGap: size * 0.2 }
  const height = doc.heightOfString(shown, options)
  doc.text(shown, align === 'right' ? x - width : x, y, options)
  return height
}

function rule(doc: Doc, y: number, from = LEFT, to = RIGHT, color = LINE): void {
  doc.moveTo(from, y).lineTo(to, y).lineWidth(0.75).strokeColor(color).stroke()
}

function room(page: Page, height: number): boolean {
  if (page.y + height <= BOTTOM) return false
  page.doc.addPage()
  page.y = TOP
  return true
}

// ---- Head ----------------------------------------------------------------------------------------------------------

function head(page: Page, title: string): void {
  const { doc, invoice, texts, seller, accent } = page
  const name = seller?.trade_name ?? seller?.name ?? ''
  const nameHeight = put(doc, name, LEFT, TOP, { font: 'bold', size: 16, color: accent, width: 290 })
  put(doc, title, RIGHT, TOP, { font: 'bold', size: 16, width: 200, align: 'right' })
  const from = seller ? [...(seller.trade_name ? [seller.name] : []), ...addressLines(seller)] : []
  const fromHeight = put(doc, from.join('\n'), LEFT, TOP + nameHeight + 4, { color: QUIET, width: 290 })
  const y = Math.max(TOP + nameHeight + fromHeight + 40, 136)
  put(doc, texts.billedTo, LEFT, y, { color: QUIET })
  const buyer = invoice.buyer
  const toHeight = put(doc, buyer.name, LEFT, y + 15, { font: 'bold', size: 11, width: 250 })
  const to = [...(buyer.contact ? [buyer.contact] : []), ...addressLines(buyer), ...idLines(buyer, texts)]
  const toEnd = y + 17 + toHeight + put(doc, to.join('\n'), LEFT, y + 17 + toHeight, { width: 250 })
  page.y = Math.max(toEnd, facts(page, y)) + 32
}

function facts({ doc, invoice, texts }: Page, from: number): number {
  const day = (text: string | null) => (text === null ? '' : dayText(invoice.language, text))
  const isBill = invoice.kind === 'invoice'
  const rows: [string, string][] = [
    [texts.number, invoice.number ?? ''],
    [texts.issued, day(invoice.issued_on)],
    [texts.supplied, invoice.supplied_on === invoice.issued_on ? '' : day(invoice.supplied_on)],
    [texts.due, isBill ? day(invoice.due_on) : ''],
    [texts.yourReference, invoice.buyer_reference ?? ''],
  ]
  let y = from
  for (const [name, value] of rows.filter(([, each]) => each !== '')) {
    put(doc, name, 330, y, { color: QUIET, width: 100 })
    y += put(doc, value, RIGHT, y, { font: 'medium', width: 120, align: 'right' }) + 5
  }
  if (invoice.corrects_number !== null) {
    const text = fill(texts.corrects, { number: invoice.corrects_number, day: day(invoice.corrects_issued_on) })
    y += put(doc, text, 330, y, { color: QUIET, width: RIGHT - 330 })
  }
  return y
}

function addressLines({ address }: Party): string[] {
  const { line1, line2, postal_code, city, region, country } = address
  const place = [postal_code, city].filter(Boolean).join(' ')
  return [line1, line2, place, [region, country].filter(Boolean).join(', ')].filter((line) => line !== undefined)
}

function idLines({ vat_id, company_id }: Party, texts: Texts): string[] {
  return [...(vat_id ? [`${texts.vatId} ${vat_id}`] : []), ...(company_id ? [`${texts.companyId} ${company_id}`] : [])]
}

// ---- Lines and sums ------------------------------------------------------------------------------------------------

function tableHead({ doc, texts }: Page, y: number): number {
  const style = { size: 8, color: QUIET, font: 'medium' as const }
  put(doc, texts.description, COLUMNS.name, y, style)
  put(doc, texts.quantity, COLUMNS.quantity, y, { ...style, width: 70, align: 'right' })
  put(doc, texts.unitPrice, COLUMNS.price, y, { ...style, width: 76, align: 'right' })
  put(doc, texts.vat, COLUMNS.vat, y, { ...style, width: 44, align: 'right' })
  put(doc, texts.amount, COLUMNS.amount, y, { ...style, width: 82, align: 'right' })
  rule(doc, y + 15, LEFT, RIGHT, INK)
  return y + 22
}

function table(page: Page, lines: readonly InvoiceLine[]): void {
  const { doc, invoice, texts } = page
  page.y = tableHead(page, page.y)
  for (const line of lines) {
    const below = [line.detail, line.sku, discountText(page, line)].filter((text) => text !== null).join(' · ')
    doc.font('medium').fontSize(9)
    const nameHeight = doc.heightOfString(line.name, { width: COLUMNS.nameWidth, lineGap: 1.8 })
    doc.font('regular').fontSize(8)
    const belowHeight = below === '' ? 0 : doc.heightOfString(below, { width: COLUMNS.nameWidth, lineGap: 1.6 }) + 2
    if (room(page, nameHeight + belowHeight + 14)) page.y = tableHead(page, page.y)
    const { y } = page
    put(doc, line.name, COLUMNS.name, y, { font: 'medium', width: COLUMNS.nameWidth })
    if (below !== '')
      put(doc, below, COLUMNS.name, y + nameHeight + 2, { size: 8, color: QUIET, width: COLUMNS.nameWidth })
    const unit = line.unit === 'piece' ? '' : ` ${texts.units[line.unit]}`
    put(doc, `${numberText(invoice.language, quantityText(line.quantity_e3))}${unit}`, COLUMNS.quantity, y, {
      width: 70,
      align: 'right',
    })
    put(doc, priceText(invoice, line), COLUMNS.price, y, { width: 76, align: 'right' })
    put(doc, rateText(invoice, line.vat_rate_bp), COLUMNS.vat, y, { width: 44, align: 'right' })
    const amount = invoice.prices_include_tax ? line.total : line.net
    put(doc, figureText(invoice.language, amount, invoice.currency), COLUMNS.amount, y, { width: 82, align: 'right' })
    page.y = y + nameHeight + belowHeight + 7
    rule(doc, page.y)
    page.y += 7
  }
}

function discountText({ invoice, texts }: Page, { discount }: InvoiceLine): string | null {
  if (discount === 0n) return null
  return fill(texts.discount, { amount: amountText(invoice.language, discount, invoice.currency) })
}

/** With at least the decimals of the currency, and more where the price has them. */
function priceText({ language, currency }: Invoice, { unit_price_e4 }: InvoiceLine): string {
  if (unit_price_e4 % 10_000n === 0n) return figureText(language, unit_price_e4 / 10_000n, currency)
  return numberText(language, formatUnitPrice(unit_price_e4, currency), 8)
}

function rateText({ language }: Invoice, rate_bp: number): string {
  return `${numberText(language, String(rate_bp / 100), 2)} %`
}

function sums(page: Page, lines: readonly InvoiceLine[]): void {
  const { doc, invoice, texts } = page
  const rows = vatRows(lines)
  room(page, 60 + rows.length * 16)
  const { language, currency } = invoice
  const top = page.y + 8
  const edges = [LEFT, 168, 226, 300] as const
  const quiet = { size: 8, color: QUIET }
  let y = top
  texts.vatTable.forEach((text, i) => {
    put(doc, text, edges[i] as number, y, { ...quiet, width: 78, align: i === 0 ? 'left' : 'right' })
  })
  y += 14
  for (const row of rows) {
    put(doc, rateText(invoice, row.vat_rate_bp), LEFT, y, { size: 8 })
    ;[row.net, row.tax, row.total].forEach((amount, i) => {
      put(doc, figureText(language, amount, currency), edges[i + 1] as number, y, {
        size: 8,
        width: 78,
        align: 'right',
      })
    })
    y += 14
  }
  const vatEnd = y
  y = top
  for (const [name, amount] of [
    [texts.net, invoice.net],
    [texts.vat, invoice.tax],
  ] as const) {
    put(doc, name, 350, y, { color: QUIET, width: 90 })
    put(doc, figureText(language, amount, currency), RIGHT, y, { width: 110, align: 'right' })
    y += 16
  }
  rule(doc, y + 1, 350, RIGHT, INK)
  y += 9
  put(doc, invoice.kind === 'invoice' ? texts.total : texts.totalCredited, 350, y + 2, {
    font: 'bold',
    size: 11,
    width: 100,
  })
  y += put(doc, amountText(language, invoice.total, currency), RIGHT, y, {
    font: 'bold',
    size: 14,
    color: page.accent,
    width: 130,
    align: 'right',
  })
  page.y = Math.max(vatEnd, y) + 12
}

function notes(page: Page, lines: readonly InvoiceLine[]): void {
  const { doc, invoice, texts } = page
  const categories = new Set(lines.map(({ vat_category }) => vat_category))
  const reasons = lines.flatMap(({ vat_reason }) => (vat_reason === null ? [] : [vat_reason]))
  const said = [
    invoice.prices_include_tax ? texts.inclusive : texts.exclusive,
    ...(categories.has('AE') ? [texts.reverseCharge] : []),
    ...(categories.has('K') ? [texts.intraCommunity] : []),
    ...(categories.has('O') ? [texts.outsideScope] : []),
    ...new Set(reasons),
    ...(invoice.note === null ? [] : [invoice.note]),
    ...(invoice.terms === null ? [] : [invoice.terms]),
  ]
  for (const text of said) {
    room(page, 24)
    page.y += put(doc, text, LEFT, page.y, { size: 8, color: QUIET }) + 2
  }
  page.y += 14
}

// ---- Paying --------------------------------------------------------------------------------------------------------

function payment(page: Page): void {
  const { doc, invoice, texts, seller, accent } = page
  if (invoice.kind !== 'invoice' || invoice.state !== 'issued') return
  const due = amountDue(invoice)
  if (due === 0n) {
    room(page, 20)
    page.y += put(doc, texts.nothingDue, LEFT, page.y, { font: 'bold', size: 11, color: accent })
    return
  }
  const account = seller?.bankgiro && invoice.currency === 'SEK' ? `Bankgiro ${seller.bankgiro}` : seller?.iban
  if (!account || !invoice.reference || !invoice.reference_kind) return
  const height = QR_SIZE + 36
  room(page, height)
  const { y } = page
  doc.roundedRect(LEFT, y, WIDTH, height, 10).fill(GROUND)
  const payload = epcOf(invoice)
  if (payload !== null) drawQr(doc, payload, LEFT + 18, y + 12)
  const x = payload === null ? LEFT + 20 : LEFT + QR_SIZE + 40
  if (payload !== null)
    put(doc, texts.scan, LEFT + 10, y + QR_SIZE + 16, { size: 7, color: QUIET, width: QR_SIZE + 24 })
  put(doc, texts.toPay, x, y + 14, { color: QUIET })
  put(doc, amountText(invoice.language, due, invoice.currency), x, y + 27, { font: 'bold', size: 20 })
  const rows: [string, string][] = [
    [texts.toAccount, account.startsWith('Bankgiro') ? account : account.replaceAll(/(.{4})(?=.)/g, '$1 ')],
    [texts.holder, seller?.name ?? ''],
    [texts.withReference, printedReference(invoice.reference_kind, invoice.reference)],
    [texts.before, invoice.due_on === null ? '' : dayText(invoice.language, invoice.due_on)],
  ]
  let rowY = y + 62
  for (const [name, value] of rows) {
    put(doc, name, x, rowY, { color: QUIET, width: 110 })
    put(doc, value, x + 116, rowY, { font: 'medium', width: RIGHT - x - 130 })
    rowY += 17
  }
  page.y = y + height
}

/** The address in full as well: paper cannot be clicked. */
function online(page: Page, payUrl: string | null): void {
  if (payUrl === null) return
  const { doc, texts, accent } = page
  room(page, 40)
  const y = page.y + 12
  put(doc, texts.payOnline, LEFT, y, { font: 'bold', color: accent })
  const height = put(doc, payUrl, LEFT, y + 13, { size: 7, color: QUIET })
  doc.link(LEFT, y, WIDTH, 13 + height, payUrl)
  page.y = y + 13 + height
}

/** Modules as one path of squares, so that printers and screens draw them sharp. */
function drawQr(doc: Doc, payload: string, x: number, y: number): void {
  const modules = qrModules(payload, 0)
  const size = QR_SIZE / modules.length
  doc.rect(x - 10, y - 6, QR_SIZE + 20, QR_SIZE + 10).fill('#ffffff')
  modules.forEach((row, r) => {
    row.forEach((isDark, c) => {
      if (isDark) doc.rect(x + c * size, y + r * size, size, size)
    })
  })
  doc.fill('#000000')
}

// ---- Foot ----------------------------------------------------------------------------------------------------------

function feet({ doc, texts, seller }: Page): void {
  const { count } = doc.bufferedPageRange()
  const ids = seller ? idLines(seller, texts) : []
  const reach = [seller?.email, seller?.phone, seller?.website].filter((text) => text !== undefined)
  const bank = [seller?.iban ? `IBAN ${seller.iban}` : undefined, seller?.bic ? `BIC ${seller.bic}` : undefined]
  const first = [...ids, ...bank.filter((text) => text !== undefined)].join('  ·  ')
  const second = [...reach, ...(seller?.footer ? [seller.footer] : [])].join('  ·  ')
  for (let i = 0; i < count; i++) {
    doc.switchToPage(i)
    rule(doc, 784)
    const style = { size: 7, color: QUIET, width: 400 }
    put(doc, first, LEFT, 791, style)
    put(doc, second, LEFT, 802, style)
    const text = fill(texts.page, { page: String(i + 1), pages: String(count) })
    put(doc, text, RIGHT, 791, { ...style, width: 90, align: 'right' })
  }
}
