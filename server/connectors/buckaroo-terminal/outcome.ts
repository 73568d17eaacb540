// What a transaction of Buckaroo means for money.

import { currencyOf } from '../../lib/currency.ts'
import { parseMajor } from '../../lib/money.ts'
import type { Outcome } from '../connector.ts'
import type { Transaction } from './api.ts'

const SUCCESS = 190
const INVALID = 491
/** Says of itself that nobody knows. */
const TECHNICAL_ERROR = 492
const PENDING = new Set([790, 791, 792, 793, 794])

const DECLINES: Record<number, [code: string, message: string, isRetryable: boolean]> = {
  490: ['terminal_refused', 'The payment failed.', true],
  690: ['card_declined', 'The card was declined.', true],
  890: ['canceled', 'Canceled on the terminal.', true],
  891: ['canceled', 'Given up before the card was charged.', true],
}

/** Of a payment (what was debited) or a refund (what was credited). */
export function outcomeOf(transaction: Transaction, { kind, currency }: { kind: string; currency: string }): Outcome {
  const { Key: psp_reference, Status } = transaction
  const code = Status.Code.Code
  if (code === SUCCESS) return succeeded(transaction, { kind, currency })
  if (PENDING.has(code)) return { outcome: 'pending', psp_reference }
  if (code === TECHNICAL_ERROR) return { outcome: 'unknown', reason: 'Buckaroo had a technical error' }
  if (code === INVALID) return { outcome: 'no_effect', reason: `Buckaroo did not take it: ${whyNot(transaction)}` }
  const known = DECLINES[code]
  if (!known) return { outcome: 'unknown', reason: `Buckaroo says ${code}` }
  const [declined, message, is_retryable] = known
  return { outcome: 'declined', code: declined, message, is_retryable, psp_reference }
}

/** Whether the terminal itself has spoken: its slip stands in the parameters of the service, and nothing else does. */
export function isFromTerminal({ Services }: Transaction): boolean {
  return (Services ?? []).some(({ Parameters }) => (Parameters ?? []).length > 0)
}

function succeeded(transaction: Transaction, { kind, currency }: { kind: string; currency: string }): Outcome {
  const major = kind === 'refund' ? transaction.AmountCredit : transaction.AmountDebit
  const amount = parseMajor(String(major), currencyOf(currency)?.exponent ?? 2)
  if (amount === undefined) return { outcome: 'unknown', reason: 'successful, without an amount' }
  if (transaction.Currency !== currency) return { outcome: 'unknown', reason: `successful in ${transaction.Currency}` }
  const told = (transaction.Services ?? []).flatMap(({ Parameters }) => Parameters ?? [])
  return {
    outcome: 'succeeded',
    amount,
    psp_reference: transaction.Key,
    ...(kind !== 'refund' && { instrument: { kind: 'card' } }),
    ...(told.length > 0 && { detail: { told } }),
  }
}

function whyNot({ RequestErrors }: Transaction): string {
  const [first] = Object.values(RequestErrors ?? {}).flatMap((errors) => errors ?? [])
  return first?.ErrorMessage ?? 'no reason'
}
