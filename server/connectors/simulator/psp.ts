// The simulated provider's own words: what it is asked, and how its answer travels back. Apart from the connector contract
// on purpose, so that in process and over HTTP the connector translates into the same thing.

import type { OperationKind, Outcome } from '../connector.ts'

/** One instruction as the provider receives it. Unlike a real provider's it is already in minor units. */
export interface PspRequest {
  account: PspAccount
  operation_id: string
  payment_id: string
  amount: bigint
  currency: string
  webhook_url: string
  reference?: string
  method?: string
  channel?: string
  initiator?: 'customer' | 'merchant'
  card?: { number: string; exp_month: number; exp_year: number; cvc?: string; holder?: string }
  network_reference?: string
  /** Shown by the customer's bank app; decides and is forgotten. */
  one_time_code?: string
  terminal_id?: string
  return_url?: string
  country?: string
  /** The charge a follow-up changes, by the operation id that made it. */
  original_operation_id?: string
  is_final?: boolean
  /** How far above the authorised amount this account may capture, basis points. */
  over_capture_bp?: number
  /** False: the first capture closes the authorisation. */
  multi_capture?: boolean
}

/** A merchant's account at the provider. Without a webhook secret nothing can be signed, so no webhooks are sent. */
export interface PspAccount {
  id: string
  webhook_secret?: string
  /** Signs too while a secret is being rotated. */
  webhook_secret_previous?: string
}

/**
 * What the network does with an answer.
 * - delivered: it arrives. - refused: nobody listened (nothing was done). - lost: the connection breaks without an answer.
 * - broken: a 5xx. - slow: it arrives after `delay_ms`, usually past the caller's deadline.
 */
export type Transport = 'delivered' | 'refused' | 'lost' | 'broken' | 'slow'

export interface PspReply {
  transport: Transport
  delay_ms: number
  outcome: Outcome
}

/** The verbs the provider offers, in the contract's words. */
export type PspVerb = OperationKind

/** Where an operation stands in the provider's books. */
export type OperationState = 'pending' | 'succeeded' | 'declined' | 'reversed'

/** One operation in the provider's books. The charge columns (`authorized` …) are kept on sale and authorize rows only. */
export interface Operation {
  account: string
  operation_id: string
  payment_id: string
  kind: OperationKind
  method: string
  state: OperationState
  amount: bigint
  currency: string
  psp_reference: string
  /** The charge a follow-up belongs to, by operation id; null for charges and credits. */
  charge_id: string | null
  authorized: bigint
  captured: bigint
  refunded: bigint
  over_capture_bp: bigint
  is_single_capture: bigint
  /** 1 once nothing more may be captured: final capture, void or expiry. */
  is_closed: bigint
  /** Milliseconds; an authorisation's end. 0 = none. */
  expires_at: bigint
  /** Milliseconds; before it a lookup says not_found. */
  visible_at: bigint
  /** What the test card or fault plan has in store for later, see cards.ts. */
  behaviour: string
  webhook_fault: string
  alias: string
  webhook_url: string
  return_url: string
  reference: string
  country: string
  /** The outcome in wire form: the answer to repeats and lookups. */
  answer: string
  created_at: bigint
}

/** Something that really happened to money at the provider. `amount` is in minor units, ≥ 0. */
export interface JournalRow {
  seq: number
  at: string
  account: string
  operation_id: string
  payment_id: string
  kind: OperationKind
  amount: bigint
  currency: string
  effect: Effect
}

export type Effect =
  | 'authorized'
  | 'captured'
  | 'voided'
  | 'refunded'
  | 'credited'
  | 'extended'
  | 'expired'
  | 'reversed'
  | 'disputed'
  | 'dispute_won'
  | 'dispute_lost'
