// A receipt as bytes for an ESC/POS printer: 32, 42 or 48 columns, a QR code of the order's page, the paper cut, the drawer opened where
// that is asked for. Texts come in from articles and people: nothing of them may become a command.

import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder'
import { oneLine } from '../lib/inert-text.ts'
import { amountText, figureText, type Language, languageOfCountry, timeText } from '../lib/language.ts'
import { TEXTS } from './texts.ts'
import type { ReceiptView } from './view.ts'

export const COLUMNS = [32, 42, 48] as const

export interface Paper {
  columns: (typeof COLUMNS)[number]
  /** Default: that of the store's country. */
  language?: Language | undefined
  opensDrawer: boolean
}

/** Lines that the paper moves on before it is cut, from the head to the knife. */
const FEED = 4
const AMOUNT_COLUMNS = 12

/** The bytes to send to the printer as they are. */
export function paperOf(view: ReceiptView, { columns, language, opensDrawer }: Paper): Uint8Array {
  const chosen = language ?? languageOfCountry(view.store?.country)
  const texts = TEXTS[chosen]
  const paper = new ReceiptPrinterEncoder({
    ...{ columns, language: 'esc-pos', codepageMapping: 'epson', feedBeforeCut: FEED, createCanvas: null },
  })
  const figure = (amount: number) => plain(figureText(chosen, BigInt(amount), view.currency))
  const rows = (pairs: readonly (readonly [string, string])[]) => {
    const widths = [
      { width: columns - AMOUNT_COLUMNS - 1, align: 'left' },
      { width: AMOUNT_COLUMNS, align: 'right', marginLeft: 1 },
    ] as const
    if (pairs.length > 0)
      paper.table(
        [...widths],
        pairs.map(([name, amount]) => [plain(name), amount]),
      )
  }

  paper.initialize().codepage('auto')
  // A pulse first: the drawer opens while the paper is still being printed.
  if (opensDrawer) paper.pulse()
  paper.align('center').bold(true).line(plain(view.seller.name)).bold(false)
  for (const line of headOf(view)) paper.line(line)
  const marks = [
    view.copy !== null && view.copy > 0 ? `${texts.copy} ${view.copy}` : '',
    view.is_gift ? texts.gift : '',
  ]
  // At least twice as large as the total, so that no copy passes for the original.
  for (const mark of marks.filter((text) => text !== '')) paper.size(2, 2).line(plain(mark)).size(1, 1)
  paper.align('left').rule()
  for (const line of factsOf(view, chosen)) paper.line(line)
  paper.rule()
  rows(
    view.lines.map(({ name, quantity, unit, total }) => [
      named(name, quantity, unit),
      total === undefined ? '' : figure(total),
    ]),
  )
  if (view.total !== null) {
    paper.rule().bold(true)
    const total = plain(amountText(chosen, BigInt(view.total), view.currency))
    paper.line(leftRight(view.kind === 'sale' ? texts.total : texts.givenBack, total, columns)).bold(false)
  }
  rows(paidOf(view, chosen, figure))
  if (view.vat.length > 0) {
    paper.rule()
    rows(
      view.vat
        .filter(({ rate_bp }) => rate_bp !== null)
        .map(({ rate_bp, tax }) => [texts.vat.replace('{rate}', () => percent(chosen, rate_bp ?? 0)), figure(tax)]),
    )
  }
  paper.newline().align('center')
  if (view.fiscal) paper.line(plain(`${view.fiscal.journal_sequence} ${view.fiscal.mark}`))
  if (view.url !== null) paper.qrcode(view.url, { model: 2, size: 5, errorlevel: 'm' })
  return paper.line(plain(texts.thanks)).cut('partial').encode()
}

/** One line without anything that a printer takes for a command, and with spaces that its character tables have. */
function plain(text: string): string {
  return oneLine(text, 200)
    .replaceAll(/[\u00a0\u2007\u202f]/g, ' ')
    .replaceAll('\u2212', '-')
}

function leftRight(left: string, right: string, columns: number): string {
  const name = plain(left).slice(0, columns - right.length - 1)
  return `${name}${' '.repeat(Math.max(1, columns - name.length - right.length))}${right}`
}

function headOf({ seller, store }: ReceiptView): string[] {
  const at = store?.address
  const place = at && [...at.lines, [at.postal_code, at.city].filter((part) => part !== undefined).join(' ')]
  const numbers = [seller.organisation_number, seller.vat_number].filter((text) => text !== null)
  return [...(place ?? seller.address), ...numbers].map(plain).filter((line) => line !== '')
}

function factsOf(view: ReceiptView, language: Language): string[] {
  const texts = TEXTS[language]
  const number = view.number === null ? view.order?.number : `${view.number} · ${view.register?.name ?? ''}`
  return [
    `${texts.number} ${number ?? ''}`,
    timeText(language, new Date(view.offline?.sold_at ?? view.issued_at), view.store?.time_zone ?? 'UTC'),
    ...(view.offline === null ? [] : [view.offline.code]),
    ...(view.cashier === null ? [] : [`${texts.cashier} ${view.cashier}`]),
  ].map(plain)
}

function paidOf(view: ReceiptView, language: Language, figure: (amount: number) => string): [string, string][] {
  const texts = TEXTS[language]
  const back = view.given_back
  return [
    ...view.tenders.flatMap(
      ({ method, name: own, amount, rounding, tip, tendered, change, card }): [string, string][] => [
        [
          card?.last4
            ? `${texts.methods[method] ?? own} ${card.brand ?? ''} ${card.last4}`
            : (texts.methods[method] ?? own),
          figure(tendered ?? amount + rounding + tip),
        ],
        ...(rounding === 0 ? [] : [[texts.rounding, figure(rounding)] as [string, string]]),
        ...(change ? [[texts.change, figure(-change)] as [string, string]] : []),
      ],
    ),
    ...(back ? [[texts.methods[back.method] ?? back.name, figure(-back.amount)] as [string, string]] : []),
  ]
}

function named(name: string, quantity: number, unit: string): string {
  if (unit === 'gram') return `${quantity} g ${name}`
  return quantity === 1 ? name : `${quantity} x ${name}`
}

function percent(language: Language, basisPoints: number): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(basisPoints / 10_000)
}
