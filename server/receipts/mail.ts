// A receipt by mail, in the customer's language. The address is used for this one letter and kept nowhere but in the queue of mail.

import { amountText, type Language, languageOfCountry, languageOfTag, timeText } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { type Block, composeMail, isMailAddress, type NewMail } from '../mail/index.ts'
import type { ReceiptDeps } from './deps.ts'
import type { Found } from './find.ts'
import { TEXTS } from './texts.ts'
import type { ReceiptView } from './view.ts'

export interface Addressed {
  to: string
  language?: Language | undefined
}

/** The mail of a receipt. Throws validation-error for an address that mail cannot be sent to. */
export async function receiptMail(
  deps: ReceiptDeps,
  merchantId: string,
  { found, view, to, language }: { found: Found; view: ReceiptView } & Addressed,
): Promise<NewMail> {
  if (!isMailAddress(to))
    throw new Problem('validation-error', {
      errors: [{ pointer: '/to', detail: 'is no address that mail can be sent to' }],
    })
  const customerId = found.payment.customer_id
  const told = customerId === null ? null : await deps.languageOf(deps.db, merchantId, customerId)
  const chosen = language ?? languageOfTag(told) ?? languageOfCountry(view.store?.country ?? found.order?.country)
  const shop = view.seller.name
  const texts = TEXTS[chosen]
  const subject = (view.kind === 'sale' ? texts.subject : texts.refundSubject).replace('{shop}', () => shop)
  const letter = composeMail({
    ...{ language: chosen, from: shop, subject, blocks: blocksOf(chosen, view) },
    footer: [...sellerLines(view), texts.footer],
  })
  return {
    ...{ ...letter, id: deps.newId('mal'), at: deps.clock.now(), kind: 'receipt', language: chosen, to },
    ...{ fromName: shop, objectId: found.order?.id ?? found.payment.id },
  }
}

function blocksOf(language: Language, view: ReceiptView): Block[] {
  const texts = TEXTS[language]
  const money = (amount: number) => amountText(language, BigInt(amount), view.currency)
  const at = timeText(language, new Date(view.offline?.sold_at ?? view.issued_at), view.store?.time_zone ?? 'UTC')
  const facts: [string, string | null][] = [
    [texts.number, view.number === null ? (view.order?.number ?? null) : `${view.number}${mark(view)}`],
    [texts.date, at],
    [texts.store, view.store?.name ?? null],
    [texts.cashier, view.cashier],
  ]
  const sums: [string, string | null][] = [
    ...view.vat.map(({ rate_bp, tax }): [string, string | null] => [
      texts.vat.replace('{rate}', () => percent(language, rate_bp ?? 0)),
      rate_bp === null ? null : money(tax),
    ]),
    ...view.tenders.flatMap(({ method, name, amount, rounding, change, card }): [string, string | null][] => [
      [
        `${texts.paidWith}: ${texts.methods[method] ?? name}${card?.last4 ? ` •••• ${card.last4}` : ''}`,
        money(amount + rounding),
      ],
      [texts.rounding, rounding === 0 ? null : money(rounding)],
      [texts.change, change ? money(change) : null],
    ]),
    ...(view.given_back
      ? [
          [
            `${texts.givenBack}: ${texts.methods[view.given_back.method] ?? view.given_back.name}`,
            money(view.given_back.amount),
          ] as [string, string],
        ]
      : []),
  ]
  return [
    { kind: 'paragraph', text: texts.thanks },
    { kind: 'facts', rows: known(facts) },
    {
      kind: 'lines',
      rows: view.lines.map(
        ({ name, quantity, unit, total }) => [named(name, quantity, unit), money(total ?? 0)] as const,
      ),
      total: [view.kind === 'sale' ? texts.total : texts.givenBack, money(view.total ?? 0)],
    },
    { kind: 'facts', rows: known(sums) },
    ...(view.url === null ? [] : [{ kind: 'button' as const, label: texts.look, url: view.url }]),
  ]
}

function known(rows: readonly [string, string | null][]): [string, string][] {
  return rows.filter((row): row is [string, string] => row[1] !== null)
}

function named(name: string, quantity: number, unit: string): string {
  if (unit === 'gram') return `${quantity} g ${name}`
  return quantity === 1 ? name : `${quantity} × ${name}`
}

function mark({ fiscal }: ReceiptView): string {
  return fiscal === null ? '' : ` · ${fiscal.mark}`
}

function sellerLines({ seller }: ReceiptView): string[] {
  const numbers = [seller.organisation_number, seller.vat_number].filter((text) => text !== null).join(' · ')
  return [[seller.name, ...seller.address].join(', '), numbers].filter((text) => text !== '')
}

function percent(language: Language, basisPoints: number): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(basisPoints / 10_000)
}
