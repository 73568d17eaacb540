// What the account's pages ask the API for, and how they say what went wrong.

import { Refused } from '../api.ts'
import type { Shop } from '../shop.ts'

export interface Account {
  customer_id: string
  name: string | null
  email: string | null
  phone: string | null
  locale: string | null
}
export interface OwnOrder {
  id: string
  number: string
  state: string
  channel: string
  currency: string
  total: number
  amount_due: number
  fulfilment_status: string
  return_status: string
  lines: { id: string; name: string; kind: string; quantity: number }[]
  page_url: string
  placed_at: string
}
export interface OwnReturn {
  id: string
  order_number: string | null
  page_url: string | null
  state: string
  currency: string
  amount_refund: number
  lines: { name: string; requested: number }[]
  created_at: string
}
export interface SavedCard {
  id: string
  card: { brand: string; last4: string; exp_month: number; exp_year: number }
}
export interface Balances {
  points: {
    available: number
    pending: number
    tier: { name: string } | null
    next_tier: { name: string; missing_points: number } | null
    next_to_end: { points: number; ends_at: string } | null
    worth: { currency: string; amount: number }[]
  }
  store_credit: { currency: string; available: number }[]
}
export interface OwnAddress {
  id: string
  name: string | null
  lines: string[]
  postal_code: string | null
  city: string
  country: string
  is_default: boolean
}
export interface Passkey {
  id: string
  name: string
  created_at: string
  last_used_at: string | null
}
export interface Consent {
  purpose: string
  is_granted: boolean
}
export interface Look {
  id: string
  kind: 'product' | 'search' | 'wishlist'
  query: string | null
  product_id: string | null
  seen_at: string
}
export type Blocker =
  | { kind: 'order'; id: string; number: string }
  | { kind: 'return'; id: string }
  | { kind: 'store_credit'; currency: string; amount: number }
  | { kind: 'points'; points: number }

/** An order's own page, at the address at which the shop is open. */
export function pageOf({ page_url }: { page_url: string }, language: string): string {
  return `${new URL(page_url).pathname}?lang=${language}`
}

/** Where an order is, in one word. */
export function standingOf(order: OwnOrder): 'unpaid' | 'preparing' | 'partly' | 'done' | 'returned' | 'cancelled' {
  if (order.state === 'cancelled') return 'cancelled'
  if (order.amount_due > 0) return 'unpaid'
  if (order.return_status === 'returned') return 'returned'
  if (order.fulfilment_status === 'partly_fulfilled') return 'partly'
  return order.fulfilment_status === 'unfulfilled' ? 'preparing' : 'done'
}

/** The sentence for a refusal. */
export function wordsFor(error: unknown, { texts, own }: Pick<Shop, 'texts' | 'own'>): string {
  const code = error instanceof Refused ? error.code : ''
  if (code === 'code-invalid') return own.wrongCode
  if (code === 'rate-limited') return own.tooOften
  if (code === 'passkey-invalid') return own.passkeyFailed
  if (code === 'validation-error') return own.emailWrong
  return code === 'no-answer' ? texts.noAnswer : texts.retry
}

/** A day as the reader writes it. */
export function dayOf(at: string, language: string): string {
  return new Date(at).toLocaleDateString(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium' })
}
