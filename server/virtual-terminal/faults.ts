// What goes wrong on purpose. A fault strikes the next operation that reaches it, once.

/**
 * - answer_lost: approved, and the answer never leaves the terminal.
 * - answer_rejected: approved, and the host says that it heard nothing from the terminal.
 * - server_error: approved, and the answer is a 500 that is no JSON.
 * - wrong_hmac: approved, and the sealed answer was changed on its way. Where nothing is sealed it does nothing.
 * - busy: the terminal says that it does something else.
 * - unplugged: the power goes while the card is read. Nothing is charged, and the terminal forgets what it was doing.
 * - approved_before_abort: an abort comes too late: a card was already approved.
 * - partial: half of it is approved.
 * - offline_approved: the host cannot be reached. Approved without it where the till allows that, and taken by the host when it hears of it.
 * - offline_declined: the same, and the host declines it when it hears of it.
 * - wrong_amount: one unit more than asked is approved.
 */
export const FAULTS = [
  'answer_lost',
  'answer_rejected',
  'server_error',
  'wrong_hmac',
  'busy',
  'unplugged',
  'approved_before_abort',
  'partial',
  'offline_approved',
  'offline_declined',
  'wrong_amount',
] as const
export type Fault = (typeof FAULTS)[number]

/** Why an amount is declined: the vendors' own test amounts, by their last three digits in minor units. */
export interface Refusal {
  condition: 'Refusal' | 'InvalidCard' | 'WrongPIN' | 'UnreachableHost'
  message: string
  reason: string
}

const REFUSALS: Record<string, Refusal> = {
  124: refusal('Refusal', 'NOT_ENOUGH_BALANCE', '210 Not enough balance'),
  125: refusal('Refusal', 'BLOCK_CARD', '199 Card blocked'),
  126: refusal('Refusal', 'CARD_EXPIRED', '228 Card expired'),
  127: refusal('Refusal', 'INVALID_AMOUNT', '214 Declined online'),
  128: refusal('InvalidCard', 'INVALID_CARD', '214 Declined online'),
  134: refusal('WrongPIN', 'INVALID_PIN', '129 Invalid PIN'),
}

function refusal(condition: Refusal['condition'], message: string, reason: string): Refusal {
  return { condition, message, reason }
}

/** The refusal that an amount asks for, or undefined. */
export function refusalFor(amount: bigint): Refusal | undefined {
  return REFUSALS[String(amount % 1000n)]
}
