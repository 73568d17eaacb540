// What an answer of a terminal means for money.

import type { InstrumentFacts, Lookup, Outcome } from '../connector.ts'
import { type Frame, read } from './frame.ts'

export interface Asked {
  operation_id: string
  currency: string
  /** The records that the terminal must send back as they were. */
  echoed: Readonly<Record<string, string>>
}

const PERFORMED = '10'
const NOT_PERFORMED = '01'
/** Not taken up at all: a message that is malformed, an action or a currency that the terminal does not have. */
const NEVER_BEGUN = new Set(['09', '10', '12', '13'])

const DECLINES: Record<string, [code: string, message: string, isRetryable: boolean]> = {
  '02': ['call_issuer', 'The issuer wants to be called.', true],
  '04': ['card_declined', 'The card was declined.', true],
  '05': ['card_declined', 'The card must not be used.', false],
  '06': ['canceled', 'Canceled on the terminal.', true],
  '07': ['terminal_refused', 'The payment was not completed.', true],
  '08': ['expired', 'Nobody used the terminal in time.', true],
  '11': ['canceled', 'Canceled on the terminal.', true],
}

/** Of a debit or a credit. What the answer does not say clearly is unknown; a success is for what the answer says. */
export function outcomeOf(frame: Frame, asked: Asked): Outcome {
  for (const [tag, value] of Object.entries(asked.echoed)) {
    const said = frame.get(tag)
    if (said !== value) return { outcome: 'unknown', reason: `the answer is to another question: ${tag} ${said}` }
  }
  const mine = frame.get('CF')
  if (mine !== undefined && mine !== asked.operation_id)
    return { outcome: 'unknown', reason: 'the answer is to another question: CF' }
  const status = frame.get('AE')
  const why = frame.get('AF') ?? ''
  if (status === PERFORMED) return performed(frame, asked)
  if (status !== NOT_PERFORMED) return { outcome: 'unknown', reason: `the action stands at ${status}` }
  // Approved, and not performed: it cannot be both.
  if (why === '01' || why === '03') return { outcome: 'unknown', reason: 'not performed, and approved' }
  if (NEVER_BEGUN.has(why)) return { outcome: 'no_effect', reason: `the terminal did not take it up: ${why}` }
  const [code, message, is_retryable] = DECLINES[why] ?? [
    'terminal_unavailable',
    'The terminal cannot do it now.',
    true,
  ]
  return { outcome: 'declined', code, message, is_retryable }
}

/** Of a duplicate, which is of the last transaction, whichever that was. Only one that names ours and has been approved proves anything. */
export function outcomeOfDuplicate(frame: Frame, asked: Asked): Lookup {
  const status = frame.get('AE')
  if (status !== PERFORMED)
    return { outcome: 'unknown', reason: `the terminal does not say: ${status} ${frame.get('AF')}` }
  if (frame.get('CH') !== asked.operation_id && frame.get('CF') !== asked.operation_id) return { outcome: 'not_found' }
  if (!frame.has('AC') && !frame.has('ID')) return { outcome: 'unknown', reason: 'the slip has no approval' }
  return performed(frame, asked)
}

function performed(frame: Frame, { operation_id }: Asked): Outcome {
  const amount = frame.get('CB') ?? ''
  if (!/^\d{1,12}$/.test(amount)) return { outcome: 'unknown', reason: 'performed, without an amount' }
  const slip = slipIn(frame)
  return {
    outcome: 'succeeded',
    amount: BigInt(amount),
    // A linked refund names the payment by it.
    psp_reference: frame.get('ID') ?? operation_id,
    instrument: instrumentOf(frame),
    ...(slip !== undefined && { detail: { slip } }),
  }
}

/** By the application that was chosen. */
const BRANDS: Record<string, string> = {
  ...{ '1': 'cartes_bancaires', B: 'cartes_bancaires', '3': 'cartes_bancaires', '2': 'amex', D: 'amex' },
  ...{ '6': 'diners', '9': 'jcb', U: 'unionpay' },
}
const ENTRIES: Record<string, string> = { '1': 'chip', '2': 'contactless', '3': 'swipe', '4': 'keyed' }

function instrumentOf(frame: Frame): InstrumentFacts {
  const brand = BRANDS[(frame.get('CC') ?? '').replace(/^0+/, '')]
  const masked = /^(\d{6})?\D+\d{0,3}?(\d{4})$/.exec(frame.get('AA') ?? '')
  const [, year, month] = /^(\d\d)(0[1-9]|1[0-2])$/.exec(frame.get('AB') ?? '') ?? []
  const entry = ENTRIES[frame.get('CI') ?? '']
  const approval_code = frame.get('AC')
  return {
    kind: 'card',
    ...(brand !== undefined && { brand }),
    ...(masked?.[1] !== undefined && { bin: masked[1] }),
    ...(masked?.[2] !== undefined && { last4: masked[2] }),
    ...(year !== undefined && { exp_year: 2000 + Number(year), exp_month: Number(month) }),
    ...(entry !== undefined && { entry }),
    ...(approval_code !== undefined && { approval_code }),
  }
}

/** The customer's copy, in the constructed record ZT as base64. */
function slipIn(frame: Frame): string | undefined {
  try {
    const slip = read(frame.get('ZT') ?? '')?.get('AK')
    return slip === undefined ? undefined : Buffer.from(slip, 'base64').toString('latin1')
  } catch {
    return undefined
  }
}
