// A word of thanks for what was paid without an order: a payment link, or an invoice of free lines.

import { settingsOf } from '../checkout/index.ts'
import type { Tx } from '../db/pool.ts'
import { readInvoice } from '../invoices/index.ts'
import { amountText, type Language, languageOfCountry, languageOfTag } from '../lib/language.ts'
import { linkUrl, readLink } from '../links/index.ts'
import { type Block, composeMail, isMailAddress, queueMail } from '../mail/index.ts'
import type { EventRow } from '../notify/index.ts'
import type { LetterDeps } from './deps.ts'
import { fill, TEXTS } from './texts/index.ts'

/** What was paid, and by whom. */
interface Paid {
  id: string
  to: string
  language: Language
  amount: bigint
  currency: string
  what: string | null
  fact: readonly [name: 'reference' | 'invoice', value: string] | null
  url: string | null
}

/** The events that `thankFor` may write about. */
export const PAID: readonly string[] = ['payment_link.paid', 'invoice.paid']

export function isPaid({ type }: EventRow): boolean {
  return PAID.includes(type)
}

/** Writes to whoever paid, once for each link or invoice. Links for many have no one address, and those of orders tell of the order. */
export async function thankFor(deps: LetterDeps, tx: Tx, merchantId: string, event: EventRow): Promise<void> {
  const isLink = event.type === 'payment_link.paid'
  const paid = await (isLink ? paidLink : paidInvoice)(deps, tx, merchantId, event.object_id)
  const merchant = paid === null ? null : await deps.merchantCache.get(merchantId)
  if (!paid || !merchant || !isMailAddress(paid.to)) return
  const { display_name, accent, support_email } = await settingsOf(deps, merchantId)
  const name = display_name ?? merchant.name
  const texts = TEXTS[paid.language]
  const amount = amountText(paid.language, paid.amount, paid.currency)
  const { subject, title } = texts.letters.payment_received
  const blocks: Block[] = [
    { kind: 'paragraph', text: texts.thanks },
    ...(paid.what === null ? [] : [{ kind: 'paragraph' as const, text: paid.what }]),
    { kind: 'amount', text: amount },
    ...(paid.fact === null ? [] : [{ kind: 'facts' as const, rows: [[texts[paid.fact[0]], paid.fact[1]] as const] }]),
    ...(paid.url === null ? [] : [{ kind: 'button' as const, label: texts.lookPayment, url: paid.url }]),
  ]
  await queueMail(tx, merchantId, {
    ...{ id: deps.newId('mal'), at: deps.clock.now(), kind: 'payment_received', to: paid.to, language: paid.language },
    ...{ fromName: name, replyTo: support_email !== null && isMailAddress(support_email) ? support_email : null },
    ...{ objectId: paid.id, onceKey: `${paid.id} paid` },
    ...composeMail({
      ...{ language: paid.language, from: name, subject: fill(subject, { merchant: name, amount }), title, blocks },
      footer: [fill(texts.whyPaid, { merchant: name })],
      ...(accent === null ? {} : { accent }),
    }),
  })
}

async function paidLink(deps: LetterDeps, tx: Tx, merchantId: string, id: string): Promise<Paid | null> {
  const link = await readLink(tx, merchantId, id)
  if (!link || link.order_id !== null || link.email === null || link.max_uses !== 1) return null
  const told = link.customer_id === null ? null : await deps.languageOf(tx, merchantId, link.customer_id)
  return {
    ...{ id, to: link.email, amount: link.amount_paid, currency: link.currency, what: link.description },
    language: link.language ?? languageOfTag(told) ?? languageOfCountry(link.country),
    fact: link.reference === null ? null : ['reference', link.reference],
    url: linkUrl(deps, link),
  }
}

async function paidInvoice(_deps: LetterDeps, tx: Tx, merchantId: string, id: string): Promise<Paid | null> {
  const invoice = await readInvoice(tx, merchantId, id)
  if (!invoice || invoice.order_id !== null || invoice.buyer.email === undefined || invoice.number === null) return null
  return {
    ...{ id, to: invoice.buyer.email, language: invoice.language, currency: invoice.currency, what: null, url: null },
    amount: invoice.amount_paid,
    fact: ['invoice', invoice.number],
  }
}
