// A checkout session: one page that somebody is sent to, to pay one amount. The amount is the server's; what the page shows and
// sends decides how it is paid, never how much.

import { randomBytes } from 'node:crypto'
import type { CheckoutDeps } from './deps.ts'

export const SESSION_STATES = ['open', 'complete', 'expired', 'canceled'] as const
export type SessionState = (typeof SESSION_STATES)[number]

/** What is paid for, in the merchant's words; amounts in minor units. */
export interface SessionLine {
  name: string
  quantity: number
  amount: number
}

/** A row of checkout_session. */
export interface Session {
  merchant_id: string
  id: string
  token: string
  state: 'open' | 'complete' | 'canceled'
  amount: bigint
  currency: string
  channel: string
  capture: 'automatic' | 'manual'
  country: string | null
  language: string | null
  /** What is ordered on the page; `amount` follows it until it is an order. */
  cart_id: string | null
  order_id: string | null
  payment_link_id: string | null
  /** How much of it is to be covered when the next part is paid; null: all of it. */
  pay_up_to: bigint | null
  customer_id: string | null
  store_id: string | null
  reference: string | null
  description: string | null
  lines: SessionLine[]
  methods: string[] | null
  success_url: string | null
  cancel_url: string | null
  metadata: Record<string, string>
  payment_id: string | null
  payment_seq: number
  version: bigint
  expires_at: Date
  created_at: Date
  completed_at: Date | null
  /**
   * The customer who has signed in on the page, in the browser that asks. Never kept with the session: its address may be in other hands
   * too, and they are not to have what is this customer's.
   */
  signed_in?: string
}

/** The session as the browser sees it whose customer has signed in there; one that has a customer already stays theirs. */
export function seenBy(session: Session, customerId: string | undefined): Session {
  if (customerId === undefined || session.customer_id !== null) return session
  return { ...session, customer_id: customerId, signed_in: customerId }
}

/** Expiry is a matter of the clock: nothing has to run for a session to end. */
export function stateOf(session: Session, now: Date): SessionState {
  return session.state === 'open' && session.expires_at <= now ? 'expired' : session.state
}

/** A payment that was begun is of whoever began it. */
export function canSignIn(session: Session, now: Date): boolean {
  return session.customer_id === null && session.payment_id === null && stateOf(session, now) === 'open'
}

/** 192 random bits; a prefix, so that leaked ones are found by scanners. */
export function newToken(): string {
  return `cs_${randomBytes(24).toString('base64url')}`
}

export const TOKEN_FORM = /^cs_[\w-]{32}$/

/** Where the customer is sent. */
export function sessionUrl(deps: Pick<CheckoutDeps, 'publicUrl'>, session: Pick<Session, 'token'>): string {
  return `${deps.publicUrl}/c/${session.token}`
}

/** The session as the API shows it. */
export function sessionView(deps: Pick<CheckoutDeps, 'publicUrl' | 'clock'>, session: Session) {
  const { id, amount, currency, channel, capture, country, language, cart_id, order_id, customer_id, store_id } =
    session
  return {
    id,
    object: 'checkout_session' as const,
    url: sessionUrl(deps, session),
    state: stateOf(session, deps.clock.now()),
    amount: Number(amount),
    ...{ currency, channel, capture, country, language, cart_id, order_id, customer_id, store_id },
    payment_id: session.payment_id,
    payment_link_id: session.payment_link_id,
    reference: session.reference,
    description: session.description,
    lines: session.lines,
    methods: session.methods,
    success_url: session.success_url,
    cancel_url: session.cancel_url,
    metadata: session.metadata,
    version: Number(session.version),
    expires_at: session.expires_at.toISOString(),
    created_at: session.created_at.toISOString(),
    completed_at: session.completed_at?.toISOString() ?? null,
  }
}
