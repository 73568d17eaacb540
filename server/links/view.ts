// The link as the API shows it.

import { settingsOf } from '../checkout/index.ts'
import { amountText, isLanguage, type Language } from '../lib/language.ts'
import type { LinkDeps } from './deps.ts'
import { type Link, linkUrl, stateOf } from './link.ts'
import { shareLinks } from './share.ts'

/** What a link is, without its address. */
export function linkFacts(link: Link, now: Date) {
  const { id, reason, kind, currency, order_id, customer_id, store_id, max_uses, channel, country, language } = link
  const big = (amount: bigint | null) => (amount === null ? null : Number(amount))
  return {
    id,
    object: 'payment_link' as const,
    state: stateOf(link, now),
    reason,
    kind,
    amount: big(link.amount),
    currency,
    min_amount: big(link.min_amount),
    max_amount: big(link.max_amount),
    allows_partial: link.allows_partial,
    usage: max_uses === 1 ? ('single' as const) : ('multi' as const),
    ...{ max_uses, uses: link.uses, amount_paid: Number(link.amount_paid) },
    ...{ channel, order_id, customer_id, store_id, country, language },
    email: link.email,
    description: link.description,
    reference: link.reference,
    methods: link.methods,
    success_url: link.success_url,
    reminders: link.reminders,
    reminders_sent: link.reminders_sent,
    next_reminder_at: link.next_reminder_at?.toISOString() ?? null,
    metadata: link.metadata,
    version: Number(link.version),
    viewed_at: link.viewed_at?.toISOString() ?? null,
    expires_at: link.expires_at?.toISOString() ?? null,
    created_at: link.created_at.toISOString(),
  }
}

/** With its address, what is still due, and how to share it. */
export async function linkView(deps: Omit<LinkDeps, 'consumer'>, link: Link) {
  const due = await dueOf(deps, link)
  const language = await languageOf(deps, link)
  const url = linkUrl(deps, link)
  return {
    ...linkFacts(link, deps.clock.now()),
    url,
    amount_due: due === null ? null : Number(due),
    qr: {
      svg: `${deps.publicUrl}/v1/payment_links/${link.id}/qr.svg`,
      png: `${deps.publicUrl}/v1/payment_links/${link.id}/qr.png`,
    },
    share: shareLinks({
      ...{ language, url, email: link.email, merchant: await merchantName(deps, link.merchant_id) },
      amount: due === null || due === 0n ? null : amountText(language, due, link.currency),
      what: link.description,
    }),
  }
}

/** All of what one payment of the link is for, before anything is paid; null where the payer says. */
export async function totalOf({ payments }: Pick<LinkDeps, 'payments'>, link: Link): Promise<bigint | null> {
  if (link.kind !== 'order') return link.amount
  const order = await payments.orders?.due(link.merchant_id, link.order_id as string)
  return order?.isPayable ? order.limit : 0n
}

/** What is still to be paid; null where the payer says. */
export async function dueOf(deps: Pick<LinkDeps, 'payments' | 'clock'>, link: Link): Promise<bigint | null> {
  const state = stateOf(link, deps.clock.now())
  if (state === 'paid' || state === 'canceled' || state === 'expired') return 0n
  const total = await totalOf(deps, link)
  if (total === null || link.max_uses !== 1) return total
  return total > link.amount_paid ? total - link.amount_paid : 0n
}

export async function merchantName(deps: Pick<LinkDeps, 'db' | 'merchantCache'>, merchantId: string): Promise<string> {
  const { display_name } = await settingsOf(deps, merchantId)
  return display_name ?? (await deps.merchantCache.get(merchantId))?.name ?? ''
}

/** The language to write to the customer in: the link's, their own, English. */
export async function languageOf(deps: Pick<LinkDeps, 'languageOf'>, link: Link): Promise<Language> {
  if (link.language !== null) return link.language
  const own = link.customer_id === null ? null : await deps.languageOf(link.merchant_id, link.customer_id)
  const short = own?.slice(0, 2).toLowerCase()
  return isLanguage(short) ? short : 'en'
}
