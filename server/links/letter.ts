// The mail that brings a link, and those that remind of it.

import { settingsOf } from '../checkout/index.ts'
import { amountText, dateText } from '../lib/language.ts'
import { type Block, composeMail, type NewMail } from '../mail/index.ts'
import type { LinkDeps } from './deps.ts'
import { type Link, linkUrl } from './link.ts'
import { fill, TEXTS } from './texts.ts'
import { dueOf, languageOf, merchantName } from './view.ts'

/**
 * The mail of a link, to be queued in the transaction that it tells of; each occasion is one mail, however often it is queued. It reads:
 * call it before that transaction.
 */
export async function linkMail(
  deps: Omit<LinkDeps, 'consumer'>,
  link: Link,
  occasion: 'sent' | 'reminder',
): Promise<NewMail> {
  const language = await languageOf(deps, link)
  const texts = TEXTS[language]
  const merchant = await merchantName(deps, link.merchant_id)
  const due = await dueOf(deps, link)
  const amount = due === null ? null : amountText(language, due, link.currency)
  const isReminder = occasion === 'reminder'
  const [named, open] = isReminder
    ? [texts.reminderSubject, texts.reminderSubjectOpen]
    : [texts.subject, texts.subjectOpen]
  const subject = fill(amount === null ? open : named, { merchant, amount: amount ?? '' })
  const facts: [string, string][] = [
    ...(link.reference === null ? [] : [[texts.reference, link.reference] as [string, string]]),
    ...(link.expires_at === null
      ? []
      : [[texts.until, dateText(language, link.expires_at, 'UTC')] as [string, string]]),
  ]
  const blocks: Block[] = [
    { kind: 'paragraph', text: isReminder ? texts.reminderLead : fill(texts.lead, { merchant }) },
    ...(link.description === null ? [] : [{ kind: 'paragraph' as const, text: link.description }]),
    ...(amount === null ? [] : [{ kind: 'amount' as const, text: amount, label: texts.amount }]),
    { kind: 'button', label: texts.button, url: linkUrl(deps, link) },
    ...(facts.length === 0 ? [] : [{ kind: 'facts' as const, rows: facts }]),
    { kind: 'small', text: texts.ignore },
  ]
  const { accent, support_email } = await settingsOf(deps, link.merchant_id)
  return {
    id: deps.newId('mal'),
    at: deps.clock.now(),
    kind: isReminder ? 'payment_link_reminder' : 'payment_link',
    language,
    to: link.email as string,
    fromName: merchant,
    replyTo: support_email,
    ...composeMail({ language, from: merchant, subject, blocks, ...(accent === null ? {} : { accent }) }),
    objectId: link.id,
    onceKey: `${link.id} ${isReminder ? `reminder ${link.reminders_sent + 1}` : `to ${link.email}`}`,
  }
}
