// What Stripe's objects mean for money.

import type { InstrumentFacts, Outcome } from '../connector.ts'
import type { Charge, Intent, Refund } from './api.ts'

/** Of an intent that has succeeded; the tip is part of what Stripe calls received. */
export function succeeded(intent: Intent): Outcome {
  const tip = BigInt(intent.amount_details?.tip?.amount ?? 0)
  if (intent.amount_received === undefined) return { outcome: 'unknown', reason: 'approved, without an amount' }
  const charge = typeof intent.latest_charge === 'object' ? (intent.latest_charge ?? undefined) : undefined
  const instrument = charge && instrumentOf(charge)
  return {
    outcome: 'succeeded',
    amount: BigInt(intent.amount_received) - tip,
    ...(tip > 0n && { tip }),
    psp_reference: intent.id,
    ...(charge?.created !== undefined && { occurred_at: new Date(charge.created * 1000).toISOString() }),
    ...(instrument && { instrument }),
  }
}

const ENTRIES: Record<string, string> = {
  ...{ contactless_emv: 'contactless', contactless_magstripe_mode: 'contactless', contact_emv: 'chip' },
  magnetic_stripe_track2: 'swipe',
}

function instrumentOf(charge: Charge): InstrumentFacts | undefined {
  const card = charge.payment_method_details?.card_present
  if (!card) return undefined
  const { brand, last4, exp_month, exp_year, fingerprint, read_method } = card
  const approval_code = card.receipt?.authorization_code
  return {
    kind: 'card',
    ...(brand !== undefined && { brand }),
    ...(last4 !== undefined && { last4 }),
    ...(exp_month !== undefined && { exp_month }),
    ...(exp_year !== undefined && { exp_year }),
    ...(fingerprint !== undefined && { alias: fingerprint }),
    ...(read_method !== undefined && { entry: ENTRIES[read_method] ?? read_method }),
    ...(approval_code !== undefined && { approval_code }),
  }
}

const DECLINES: Record<string, [code: string, message: string, isRetryable: boolean]> = {
  insufficient_funds: ['insufficient_funds', 'The account has too little money.', true],
  expired_card: ['expired_card', 'The card has expired.', false],
  incorrect_pin: ['wrong_pin', 'The PIN was wrong.', true],
  card_declined: ['card_declined', 'The issuer declined the card.', true],
  customer_canceled: ['canceled', 'Canceled on the terminal.', true],
  terminal_reader_busy: ['terminal_busy', 'The terminal is doing something else.', true],
  terminal_reader_offline: ['terminal_unavailable', 'The terminal cannot be reached.', true],
  terminal_reader_timeout: ['terminal_unavailable', 'The terminal did not answer.', true],
  terminal_reader_hardware_fault: ['terminal_unavailable', 'The terminal is out of order.', true],
}

/** By the most telling of the words that Stripe has for it. */
export function declined(intent: Intent, words: readonly (string | null | undefined)[], said?: string | null): Outcome {
  const known = words.map((word) => DECLINES[word ?? '']).find((found) => found !== undefined)
  const [code, message, is_retryable] = known ?? ['terminal_refused', said ?? 'The terminal refused it.', true]
  return { outcome: 'declined', code, message, is_retryable, psp_reference: intent.id }
}

export function refunded(refund: Refund): Outcome {
  const psp_reference = refund.id
  switch (refund.status) {
    case 'succeeded':
      return { outcome: 'succeeded', amount: BigInt(refund.amount), psp_reference }
    case 'pending':
    case 'requires_action':
      return { outcome: 'pending', psp_reference }
    case 'failed':
    case 'canceled':
      return {
        outcome: 'declined',
        code: 'refund_failed',
        message: 'The refund failed.',
        is_retryable: true,
        psp_reference,
      }
    default:
      return { outcome: 'unknown', reason: `the refund is ${refund.status}` }
  }
}
