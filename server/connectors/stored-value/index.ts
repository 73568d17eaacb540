// Gift cards, store credit and points as a connector: the merchant's own books take the place of a provider. The same
// protocol as for any other holds: intent first, then this call in a transaction of its own, then the outcome; a lost answer
// is looked up by our operation id. Here is only translation; the book decides, once per operation id.

import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorFacts,
  type CreditInstruction,
  type FollowUpInstruction,
  NotSent,
  type Outcome,
} from '../connector.ts'

/** Why the book refused. */
export type BookRefusal =
  | 'insufficient_balance'
  | 'card_inactive'
  | 'card_blocked'
  | 'card_expired'
  | 'currency_mismatch'
  | 'account_unknown'
  | 'not_the_owner'
  | 'original_unknown'
  | 'exceeds_hold'
  | 'exceeds_captured'
  | 'hold_released'

/** What became of an operation, the same however often it is asked. */
export interface BookAnswer {
  outcome: 'succeeded' | 'declined'
  code: BookRefusal | null
  /** Minor units that took effect. */
  amount: bigint
  at: Date
  last4: string | null
}

interface BookedOperation {
  merchant_id: string
  operation_id: string
  payment_id: string
  tender_id: string
  amount: bigint
  currency: string
}

/** The books that the connector translates for. Each call is one transaction and has one effect per operation id. */
export interface StoredValueBook {
  charge(
    charge: BookedOperation & { kind: 'sale' | 'authorize'; stored_value_id: string; customer_id?: string | undefined },
  ): Promise<BookAnswer>
  followUp(
    step: BookedOperation & { kind: 'capture' | 'void' | 'refund'; original_operation_id: string; is_final: boolean },
  ): Promise<BookAnswer>
  credit(credit: BookedOperation & { stored_value_id: string; customer_id?: string | undefined }): Promise<BookAnswer>
  /** What the operation did; null when the book has never heard of it. */
  lookup(merchantId: string, operationId: string): Promise<BookAnswer | null>
}

const facts: ConnectorFacts = {
  multi_capture: true,
  over_capture_bp: 0,
  lookup_by_our_reference: true,
  idempotent: true,
  methods: ['gift_card', 'store_credit', 'points'],
}

const MESSAGES: Record<BookRefusal, string> = {
  insufficient_balance: 'The balance does not cover the amount',
  card_inactive: 'The card has not been activated',
  card_blocked: 'The card is blocked',
  card_expired: 'The card has expired',
  currency_mismatch: 'The balance is kept in another currency',
  account_unknown: 'There is no such balance',
  not_the_owner: 'The balance is another customer’s',
  original_unknown: 'There is no such charge',
  exceeds_hold: 'More than is held',
  exceeds_captured: 'More than was taken',
  hold_released: 'The hold has been released',
}

/** A later attempt may go well only where time or the customer can change something. */
const RETRYABLE: ReadonlySet<BookRefusal> = new Set(['insufficient_balance', 'card_inactive'])

/** The connector over one book. It has no state. */
export function createStoredValue(book: StoredValueBook): Connector {
  const charge = async (kind: 'sale' | 'authorize', instruction: ChargeInstruction): Promise<Outcome> => {
    const { stored_value_id, customer_id } = open(instruction)
    if (stored_value_id === undefined) return { outcome: 'no_effect', reason: 'no balance was named' }
    const charged = { ...booked(instruction), kind, stored_value_id, customer_id }
    return outcomeOf(instruction.operation_id, await book.charge(charged))
  }
  const followUp = async (kind: 'capture' | 'void' | 'refund', instruction: FollowUpInstruction): Promise<Outcome> => {
    const { original, is_final = false, operation_id } = open(instruction)
    return outcomeOf(
      operation_id,
      await book.followUp({ ...booked(instruction), kind, original_operation_id: original.operation_id, is_final }),
    )
  }
  return {
    name: 'stored_value',
    facts,
    sale: (instruction) => charge('sale', instruction),
    authorize: (instruction) => charge('authorize', instruction),
    capture: (instruction) => followUp('capture', instruction),
    void: (instruction) => followUp('void', instruction),
    refund: (instruction) => followUp('refund', instruction),
    async credit(instruction: CreditInstruction) {
      const { stored_value_id, customer_id } = open(instruction)
      if (stored_value_id === undefined) return { outcome: 'no_effect', reason: 'no balance was named' }
      const credited = { ...booked(instruction), stored_value_id, customer_id }
      return outcomeOf(instruction.operation_id, await book.credit(credited))
    },
    async lookup({ account, operation_id }) {
      const answer = await book.lookup(account.merchant_id, operation_id)
      return answer === null ? { outcome: 'not_found' } : outcomeOf(operation_id, answer)
    },
  }
}

/** Past its deadline an instruction is not begun any more: certainly without effect. */
function open<T extends { signal: AbortSignal }>(instruction: T): T {
  if (instruction.signal.aborted) throw new NotSent('the deadline had passed')
  return instruction
}

function booked(
  instruction: Pick<FollowUpInstruction, 'operation_id' | 'payment_id' | 'tender_id' | 'amount' | 'currency'> & {
    account: ConnectorAccount
  },
): BookedOperation {
  const { account, operation_id, payment_id, tender_id, amount, currency } = instruction
  return { merchant_id: account.merchant_id, operation_id, payment_id, tender_id, amount, currency }
}

function outcomeOf(operationId: string, answer: BookAnswer): Outcome {
  const psp_reference = `sv_${operationId}`
  const occurred_at = answer.at.toISOString()
  if (answer.outcome === 'declined') {
    const code = answer.code ?? 'account_unknown'
    return {
      outcome: 'declined',
      code,
      message: MESSAGES[code],
      is_retryable: RETRYABLE.has(code),
      psp_reference,
      occurred_at,
    }
  }
  return {
    outcome: 'succeeded',
    amount: answer.amount,
    psp_reference,
    occurred_at,
    instrument: { kind: 'stored_value', ...(answer.last4 === null ? {} : { last4: answer.last4 }) },
  }
}
