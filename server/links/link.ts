// A payment link: an address that is sent, shown or printed, and at which somebody pays. It takes no money itself: each payment goes
// over a page of checkout.

import { randomBytes } from 'node:crypto'
import type { Language } from '../lib/language.ts'

export const LINK_KINDS = ['fixed', 'open', 'order'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** How a link gets to people. */
export const LINK_CHANNELS = ['link', 'mail', 'sms', 'chat', 'social', 'qr', 'invoice'] as const
export type LinkChannel = (typeof LINK_CHANNELS)[number]

export const LINK_STATES = ['active', 'viewed', 'partly_paid', 'paid', 'paused', 'expired', 'canceled'] as const
export type LinkState = (typeof LINK_STATES)[number]

export const LINK_REASONS = ['merchant', 'card_testing', 'order_paid_elsewhere', 'order_canceled'] as const
export type LinkReason = (typeof LINK_REASONS)[number]

/** A row of payment_link. */
export interface Link {
  merchant_id: string
  id: string
  token: string
  state: 'active' | 'paused' | 'canceled'
  reason: LinkReason | null
  kind: LinkKind
  amount: bigint | null
  currency: string
  min_amount: bigint | null
  max_amount: bigint | null
  allows_partial: boolean
  order_id: string | null
  customer_id: string | null
  store_id: string | null
  max_uses: number | null
  channel: LinkChannel
  country: string | null
  language: Language | null
  email: string | null
  description: string | null
  reference: string | null
  methods: string[] | null
  success_url: string | null
  metadata: Record<string, string>
  session_id: string | null
  uses: number
  amount_paid: bigint
  viewed_at: Date | null
  reminders: number[]
  reminders_sent: number
  next_reminder_at: Date | null
  watched_from: Date
  expires_at: Date | null
  version: bigint
  created_at: Date
}

/** How the link stands. What is paid comes first, and what its merchant ended before the clock. */
export function stateOf(link: Link, now: Date): LinkState {
  if (link.max_uses !== null && link.uses >= link.max_uses) return 'paid'
  if (link.state !== 'active') return link.state
  if (link.expires_at !== null && link.expires_at <= now) return 'expired'
  if (link.max_uses === 1 && link.amount_paid > 0n) return 'partly_paid'
  return link.viewed_at === null ? 'active' : 'viewed'
}

const PAYABLE: ReadonlySet<LinkState> = new Set(['active', 'viewed', 'partly_paid'])

export function isPayable(link: Link, now: Date): boolean {
  return PAYABLE.has(stateOf(link, now))
}

/** All who open it share one page, so that two who pay make one payment. */
export function sharesPage({ max_uses, kind }: Pick<Link, 'max_uses' | 'kind'>): boolean {
  return max_uses === 1 && kind !== 'open'
}

/** 144 random bits: short enough for a QR code that a cheap printer prints. A prefix, so that leaked ones are found by scanners. */
export function newToken(): string {
  return `pl_${randomBytes(18).toString('base64url')}`
}

export const TOKEN_FORM = /^pl_[\w-]{24}$/

export function linkUrl(deps: { publicUrl: string }, { token }: Pick<Link, 'token'>): string {
  return `${deps.publicUrl}/l/${token}`
}

const DAY_MS = 86_400_000
/** How long a page of a link that never expires can be paid at a time. */
const PAGE_MS = 30 * DAY_MS

/** Until when the page that all share can be paid: as long as the link, and prolonged with it. */
export function pageEnd({ expires_at }: Pick<Link, 'expires_at'>, now: Date): Date {
  const latest = new Date(now.getTime() + PAGE_MS)
  return expires_at !== null && expires_at < latest ? expires_at : latest
}

/** When the next reminder is due, of the days still to come. A day that is over by now is left out. */
export function nextReminder(
  { reminders, created_at, email }: Pick<Link, 'reminders' | 'created_at' | 'email'>,
  after: Date,
): Date | null {
  if (email === null) return null
  const due = reminders.map((days) => created_at.getTime() + days * DAY_MS).filter((at) => at > after.getTime())
  return due.length === 0 ? null : new Date(Math.min(...due))
}
