// What a payment service provider looks like to us. A connector is stateless translation: no database, no decisions.
// The presence of a method is the capability. Amounts are bigint minor units; each connector converts to the
// provider's own form with its own exponent table.

import type { Secret } from '../lib/secret.ts'
import type { TerminalDriver } from './terminal.ts'

/** A card in clear, on its way from the vault to the provider. It lives for one call. */
export interface ClearCard {
  number: Secret<string>
  exp_month: number
  exp_year: number
  /** Present only for the first authorisation after tokenising. */
  cvc?: Secret<string>
  holder?: string
}

/** One merchant's contract with a provider. `config` holds the credentials, already unsealed. */
export interface ConnectorAccount {
  id: string
  merchant_id: string
  connector: string
  config: Readonly<Record<string, string>>
}

/** What every instruction carries. */
export interface Instruction {
  account: ConnectorAccount
  /** Our operation id. It is the provider's idempotency key and our reference at the provider. */
  operation_id: string
  payment_id: string
  tender_id: string
  /** Minor units, > 0. */
  amount: bigint
  currency: string
  /** Merchant's own reference, shown on statements where the provider can. */
  reference?: string
  /** Where the provider should send webhooks about this instruction. */
  webhook_url: string
  /** The card terminal that carries it out, where one does. */
  terminal?: TerminalOfInstruction
  /**
   * To be called, and awaited, as soon as the provider has given the operation a name, where it can be asked by no other: whoever takes
   * it up after a crash, and whoever gives it up meanwhile, knows it then.
   */
  named?: (pspReference: string) => Promise<void>
  /** Aborts at the deadline; after it the outcome is `unknown`, never `declined`. */
  signal: AbortSignal
}

/** A card terminal, as its provider knows it. */
export interface TerminalOfInstruction {
  id: string
  /** The number it is known by at the provider: for nexo the POIID. */
  serial: string
}

/** Asks for money: a sale (authorise and capture at once) or an authorisation. */
export interface ChargeInstruction extends Instruction {
  method: string
  channel: string
  /** Who starts it: the customer is present, or the merchant charges a stored instrument. */
  initiator: 'customer' | 'merchant'
  card?: ClearCard
  /** The network's reference of the first, customer-initiated charge; required by schemes for merchant-initiated ones. */
  network_reference?: string
  /** What stands on a voucher or meal card; without spaces and hyphens. */
  voucher?: { number: Secret<string>; pin?: Secret<string> }
  /** The account that is debited and the mandate that allows it; `signed_on` is YYYY-MM-DD. Without spaces, in capitals. */
  bank_account?: { iban: Secret<string>; holder: Secret<string>; mandate: { reference: string; signed_on: string } }
  /** Six digits that the customer's bank app shows for two minutes (BLIK). Sent once, by the request that brought them. */
  one_time_code?: Secret<string>
  /** The terminal on which the card is presented, for channel pos. */
  terminal_id?: string
  /** The customer is asked on the terminal whether to give something for the staff. */
  asks_tip?: boolean
  /** The terminal's own words for a card it has read already and holds: that card pays. */
  held_card?: Readonly<Record<string, string>>
  /** The terminal may approve without the issuer: within the caps of the account. Otherwise it must be told that it may not. */
  may_go_offline?: boolean
  /** What staff read from a terminal that this program does not drive. */
  slip?: TerminalSlip
  /** The gift card, store credit or points account that pays. */
  stored_value_id?: string
  /** Whose payment it is: store credit and points pay for nobody else. */
  customer_id?: string
  /** Cash handed over, in minor units, the drawer it went into, and what is due beyond the amount where small coins are gone. */
  cash?: { tendered: bigint; register_id: string; rounding?: bigint }
  /** Where the customer's browser goes back to. It never decides an outcome. */
  return_url?: string
  country?: string
  metadata?: Readonly<Record<string, string>>
}

/** The result on a stand-alone terminal, as somebody typed it in. */
export interface TerminalSlip {
  approval_code: string
  brand?: string
  last4?: string
}

/** Changes an earlier charge. */
export interface FollowUpInstruction extends Instruction {
  /** The charge this follows. */
  original: { operation_id: string; psp_reference: string; amount: bigint; method: string }
  /** Capture only: nothing further will be captured; release the rest. */
  is_final?: boolean
  /** Refund only: the capture being refunded, where the provider wants it. */
  capture_reference?: string
  /** Refund only: of the tip, what goes back besides `amount`; > 0. */
  tip?: bigint
  reason?: string
}

/** Pays out without an earlier charge (credit), to a card or another destination. */
export interface CreditInstruction extends Instruction {
  method: string
  card?: ClearCard
  terminal_id?: string
  register_id?: string
  /** The gift card or store credit that the money goes onto. */
  stored_value_id?: string
  /** For whom it is, by the profile that was named. */
  customer_id?: string
  reason?: string
}

/** What the customer must do next. */
export type NextAction =
  | { type: 'redirect'; url: string; expires_at?: string }
  | { type: 'wait'; url?: string; qr?: string; code?: string; message?: string; expires_at?: string }
  | { type: 'present_card'; terminal_id: string; expires_at?: string }

/** One component of a provider's fee, in minor units of the charge's currency, ≥ 0. */
export interface Fee {
  kind: 'interchange' | 'scheme' | 'markup' | 'gateway'
  amount: bigint
}

/** What the provider tells about the instrument used; never a card number. */
export interface InstrumentFacts {
  kind: 'card' | 'bank' | 'wallet' | 'pay_later' | 'cash' | 'stored_value' | 'other'
  brand?: string
  bin?: string
  last4?: string
  exp_month?: number
  exp_year?: number
  /** A stable alias of the same card or account at the provider (fingerprint, PAR). */
  alias?: string
  label?: string
  /** How a terminal read it: contactless, chip, swipe, wallet … */
  entry?: string
  /** Of a terminal: what the issuer's host gave, as it stands on the slip. */
  approval_code?: string
}

/**
 * How an instruction ended, as far as anybody knows.
 * - succeeded: it took effect, for `amount` (less than asked only for a declared partial approval).
 * - declined: it definitely did not take effect, the provider said no. The reservation is freed.
 * - no_effect: it definitely was not processed (never sent, or refused before processing). Another account may be tried.
 * - pending: accepted, not final; with `next_action` when the customer must act.
 * - unknown: it may or may not have taken effect. Never retried elsewhere; resolved by asking. `amount`: it said that it took effect,
 *   but for an amount that was not asked for.
 */
export type Outcome =
  | {
      outcome: 'succeeded'
      amount: bigint
      /** Of a sale: given for the staff, beyond `amount`; ≥ 0. */
      tip?: bigint
      psp_reference: string
      /** When the provider says it happened, RFC 3339; orders contradictory evidence. */
      occurred_at?: string
      network_reference?: string
      /** Authorisations only. */
      expires_at?: string
      authentication?: 'none' | 'frictionless' | 'challenge'
      instrument?: InstrumentFacts
      fees?: Fee[]
      /** Approved without the issuer, who may still decline it: it is asked about again. */
      is_provisional?: boolean
      /** What else was told and is worth keeping, without card numbers: slips, how the card was read. */
      detail?: unknown
    }
  | {
      outcome: 'declined'
      code: string
      message: string
      is_retryable: boolean
      psp_reference?: string
      occurred_at?: string
    }
  | { outcome: 'no_effect'; reason: string }
  | { outcome: 'pending'; psp_reference: string; next_action?: NextAction }
  | { outcome: 'unknown'; reason: string; amount?: bigint }

/** The provider's answer to "what became of operation X". `not_found` is not proof that nothing will appear later. */
export type Lookup = Outcome | { outcome: 'not_found' }

export interface LookupInstruction {
  account: ConnectorAccount
  operation_id: string
  kind: OperationKind
  psp_reference?: string
  /** Minor units that were asked for; a drawer, which has no memory of its own, answers with it. */
  amount?: bigint
  currency?: string
  /** Of a refund: what went back of the tip. */
  tip?: bigint
  terminal?: TerminalOfInstruction
  signal: AbortSignal
}

export const OPERATION_KINDS = [
  'sale',
  'authorize',
  'capture',
  'void',
  'refund',
  'increment',
  'extend',
  'credit',
] as const

export type OperationKind = (typeof OPERATION_KINDS)[number]

/** A verified, translated webhook event. One HTTP request may carry several. */
export type ConnectorEvent =
  | {
      type: 'operation'
      /** Unique per provider account: the key by which a repeated event is recognised. */
      psp_event_id: string
      /** Our operation id as echoed by the provider; else found by reference. */
      operation_id?: string
      psp_reference?: string
      outcome: Outcome
      /** Amount and currency the event is about; compared with ours before it may decide anything. */
      amount?: bigint
      currency?: string
      occurred_at: string
      /** The success reported earlier has been taken back (capture or refund failed later). */
      is_reversal?: boolean
    }
  | {
      type: 'dispute'
      psp_event_id: string
      dispute_reference: string
      /** The charge in dispute: our operation id or the provider's reference. */
      operation_id?: string
      psp_reference?: string
      stage: 'opened' | 'won' | 'lost'
      amount: bigint
      currency: string
      reason: string
      respond_by?: string
      occurred_at: string
    }
  /** What happens at a terminal while it is busy; for showing, never a proof of anything. */
  | { type: 'progress'; psp_event_id: string; serial: string; step: string; occurred_at: string }
  | { type: 'ignored'; psp_event_id: string; reason: string }

export interface InboundRequest {
  headers: Readonly<Record<string, string | undefined>>
  /** The bytes as received; signatures are over these. */
  body: Buffer
}

/** Facts about a provider that decide which instructions are possible. Declared, never guessed. */
export interface ConnectorFacts {
  /** Several captures of one authorisation. Without it the first capture is final. */
  multi_capture: boolean
  /** How far above the authorised amount a capture may go, in basis points; 0 = never. */
  over_capture_bp: number
  /** lookup() by our operation id is authoritative, so a lasting `not_found` may become `no_effect`. */
  lookup_by_our_reference: boolean
  /** The same operation id sent twice has one effect. */
  idempotent: boolean
  /** Its terminals do one thing at a time, refunds by reference included. */
  one_at_a_time?: boolean
  /** A refund needs a person at the terminal, who may take their time. */
  refunds_at_terminal?: boolean
  /** Its terminals may approve without the issuer, as far as they are allowed to. */
  may_approve_offline?: boolean
  /** Takes money on its own terminals and nowhere else. */
  only_at_terminal?: boolean
  /** A person declares what happened; nobody else can be asked. */
  told_by_person?: boolean
  /** Methods it can carry, as codes of the method catalogue. */
  methods: readonly string[]
  /** Currencies it refuses, or decimal places it lacks, are in its own exponent table; absent = every currency. */
  currencies?: readonly string[]
}

/** One provider. Throwing means `unknown`, unless the error is `NotSent`. */
export interface Connector {
  readonly name: string
  readonly facts: ConnectorFacts
  sale(instruction: ChargeInstruction): Promise<Outcome>
  authorize?(instruction: ChargeInstruction): Promise<Outcome>
  capture?(instruction: FollowUpInstruction): Promise<Outcome>
  void?(instruction: FollowUpInstruction): Promise<Outcome>
  refund?(instruction: FollowUpInstruction): Promise<Outcome>
  /** `amount` is the increase, not the new total. */
  increment?(instruction: FollowUpInstruction): Promise<Outcome>
  extend?(instruction: FollowUpInstruction): Promise<Outcome>
  credit?(instruction: CreditInstruction): Promise<Outcome>
  lookup(instruction: LookupInstruction): Promise<Lookup>
  /** Verifies on the raw bytes and translates. Throws Problem signature-invalid or timestamp-out-of-tolerance. */
  receive?(account: ConnectorAccount, request: InboundRequest, now: Date): ConnectorEvent[]
  /** What its terminals do besides money. */
  readonly terminal?: TerminalDriver
}

/** Thrown by a connector when the request certainly never left (connection refused, name not found): outcome no_effect. */
export class NotSent extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotSent'
  }
}

/**
 * Asks about what was sent before, in the course of the same instruction. That this question did not leave is no proof that the
 * instruction had no effect: a NotSent becomes an ordinary error, which means unknown.
 */
export async function inDoubt<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    throw error instanceof NotSent ? new Error(`nobody could be asked: ${error.message}`) : error
  }
}
