// What the page of a link shows to one reader, and what previews of it say.

import { settingsOf } from '../checkout/index.ts'
import { amountText, LANGUAGE_NAMES, type Language, timeText } from '../lib/language.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { LinkDeps } from './deps.ts'
import { isPayable, type Link, stateOf } from './link.ts'
import type { AmountProblem, LinkPageView, LinkPhase } from './page-view.ts'
import { fill, TEXTS } from './texts.ts'
import { forTyping } from './typed-amount.ts'
import { dueOf, totalOf } from './view.ts'

export interface LinkPageOptions {
  language: Language
  /** What was typed and cannot be paid. */
  field?: { typed: string; problem: AmountProblem }
  isBusy?: boolean
}

/** The page of a link as it is now. */
export async function linkPageView(
  deps: LinkDeps,
  link: Link,
  { language, field, isBusy = false }: LinkPageOptions,
): Promise<LinkPageView> {
  const config = (await deps.merchantCache.get(link.merchant_id)) as MerchantConfig
  const { display_name, logo, terms_url, privacy_url, support_email } = await settingsOf(deps, link.merchant_id)
  const due = await dueOf(deps, link)
  const total = await totalOf(deps, link)
  const phase = isBusy ? 'busy' : phaseOf(link, due, deps.clock.now())
  const show = (amount: bigint) => amountText(language, amount, link.currency)
  const zone = config.stores.get(link.store_id ?? '')?.timeZone ?? 'UTC'
  const isPart = phase === 'choose' && link.kind !== 'open'
  const isPartPaid = link.max_uses === 1 && link.amount_paid > 0n && phase !== 'paid'
  const isOver = phase === 'expired' || phase === 'canceled' || phase === 'paused'
  const left = total !== null && total > link.amount_paid ? total - link.amount_paid : null
  const wasDue = isPartPaid && isOver ? left : due
  const shown = phase === 'paid' || phase === 'paid_elsewhere' ? (total ?? (link.amount_paid || null)) : wasDue
  return {
    path: `/l/${link.token}`,
    phase,
    merchant: { name: display_name ?? config.name, logo, terms_url, privacy_url, support_email },
    is_test: config.mode === 'test',
    languages: Object.entries(LANGUAGE_NAMES).map(([code, name]) => ({ code, name })),
    description: link.description,
    reference: link.reference,
    amount: shown === null || shown === 0n ? null : show(shown),
    is_part_paid: isPartPaid,
    parts:
      isPartPaid && (isPart || isOver) && left !== null && total !== null
        ? { total: show(total), paid: show(link.amount_paid) }
        : null,
    field:
      phase === 'choose'
        ? {
            value: field?.typed.slice(0, 24) ?? (isPart && due !== null ? forTyping(due, link.currency, language) : ''),
            currency: link.currency,
            least: link.kind === 'open' && (link.min_amount ?? 1n) > 1n ? show(link.min_amount as bigint) : null,
            most:
              link.kind === 'open'
                ? link.max_amount === null
                  ? null
                  : show(link.max_amount)
                : due === null
                  ? null
                  : show(due),
            problem: field?.problem ?? null,
          }
        : null,
    expires_at:
      link.expires_at !== null && (phase === 'pay' || phase === 'choose')
        ? timeText(language, link.expires_at, zone)
        : null,
  }
}

function phaseOf(link: Link, due: bigint | null, now: Date): LinkPhase {
  if (isPayable(link, now)) {
    if (due === 0n) return 'canceled'
    return link.kind === 'open' || link.allows_partial ? 'choose' : 'pay'
  }
  const state = stateOf(link, now)
  if (state === 'paid') return link.max_uses === 1 ? 'paid' : 'used_up'
  if (state === 'paused' || state === 'expired') return state
  return link.reason === 'order_paid_elsewhere' ? 'paid_elsewhere' : 'canceled'
}

/** Holds what was typed to what may be paid. Null amount: the link's own. */
export async function chooseAmount(
  deps: LinkDeps,
  link: Link,
  typed: bigint | undefined,
): Promise<{ amount: bigint | null; problem: AmountProblem | null }> {
  if (link.kind !== 'open' && !link.allows_partial) return { amount: null, problem: null }
  if (!isPayable(link, deps.clock.now())) return { amount: null, problem: null }
  if (typed === undefined || typed <= 0n) return { amount: null, problem: 'missing' }
  const least = link.kind === 'open' ? (link.min_amount ?? 1n) : 1n
  const most = link.kind === 'open' ? (link.max_amount ?? 999_999_999_999n) : ((await dueOf(deps, link)) ?? 0n)
  if (typed < least) return { amount: null, problem: 'too_little' }
  if (typed > most) return { amount: null, problem: 'too_much' }
  return { amount: typed, problem: null }
}

/** Title and description for chats and social networks, in the reader's language. */
export function preview(view: LinkPageView, language: Language): { title: string; description: string } {
  const texts = TEXTS[language]
  const { name } = view.merchant
  const title = view.amount === null ? name : `${name} · ${view.amount}`
  return { title, description: view.description ?? fill(texts.preview, {}) }
}
