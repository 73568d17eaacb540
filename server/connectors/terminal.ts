// What a card terminal can do besides money, as a contract beside `Connector`: its money goes the way of every payment, so
// that there is one path for it. The presence of a method is the capability, as there. Each call is answered or given up by
// its deadline; nothing here may take, give back or promise an amount.

import type { ConnectorAccount, InstrumentFacts, TerminalOfInstruction } from './connector.ts'

/** What every call carries. */
export interface TerminalCall {
  account: ConnectorAccount
  terminal: TerminalOfInstruction
  /** Our own name of this message, new for each: a ten-character ServiceID can be made of its end. */
  message_id: string
  /** Aborts at the deadline. */
  signal: AbortSignal
}

/** What is under way and is to be given up: an operation of a payment, or a session. */
export interface AbortCall extends TerminalCall {
  target: {
    message_id: string
    kind: 'sale' | 'authorize' | 'credit' | 'refund' | 'identify' | 'ask'
    /** What the provider calls it, where it has said so. */
    psp_reference?: string
  }
}

/** Reads a card before it is known what is to be paid. */
export interface IdentifyCall extends TerminalCall {
  /** Shown on the screen, where it is known already; minor units. */
  amount?: bigint
  currency?: string
}

/** A card that was read and is held, or why there is none. */
export type Identified =
  | {
      outcome: 'identified'
      instrument: InstrumentFacts & { par?: string }
      /** The terminal's own words for the card: handed back with the payment that follows, or to let it go. */
      held_card: Record<string, string>
    }
  | NotDone

/** The person at the terminal, or we, gave up; or it could not be done. */
export interface NotDone {
  outcome: 'canceled' | 'failed'
  message: string
}

/** Ends an identification without a payment. */
export interface LetGoCall extends TerminalCall {
  held_card: Readonly<Record<string, string>>
  /** What the customer reads then. */
  text?: ScreenText
}

export interface ScreenText {
  title: string
  body?: string
}

export interface DisplayCall extends TerminalCall {
  text: ScreenText
}

/** A question to the customer. Each kind has a screen of its own. */
export type Question =
  | { kind: 'confirm'; title: string; body?: string; yes: string; no: string }
  | { kind: 'email' | 'phone' | 'number' | 'text'; title: string; max_length?: number }
  | { kind: 'choice'; title: string; choices: readonly string[] }

export interface AskCall extends TerminalCall {
  question: Question
  /** Seconds the customer has. */
  max_seconds: number
}

/** `value`: true or false of a confirmation, the place of a choice (0 is the first), else what was typed. */
export type Answered = { outcome: 'answered'; value: boolean | number | string } | NotDone

/** A document for the terminal's own printer, as lines; `left` and `right` stand on one line. */
export interface PrintCall extends TerminalCall {
  lines: readonly PrintLine[]
}

export interface PrintLine {
  left: string
  right?: string
  is_bold?: boolean
}

export interface Diagnosis {
  status: 'ok' | 'busy' | 'maintenance' | 'unreachable'
  /** Undefined where the terminal does not say. */
  printer?: 'ok' | 'paper_low' | 'no_paper' | 'paper_jam' | 'out_of_order'
  card_reader_ok?: boolean
  pin_pad_ok?: boolean
  host_reachable?: boolean
}

/** What a terminal has counted since its last reconciliation. */
export interface TerminalTotal {
  brand?: string
  currency: string
  /** As the protocol names it: Debit, ReverseDebit … */
  type: string
  count: number
  /** Minor units. */
  amount: bigint
}

/** One kind of terminal. Throws `TerminalError` for what the terminal says, anything else for what nobody knows. */
export interface TerminalDriver {
  /** Returns when it was asked; what becomes of the target is told by the target's own answer. */
  abort?(call: AbortCall): Promise<void>
  identify?(call: IdentifyCall): Promise<Identified>
  letGo?(call: LetGoCall): Promise<void>
  display?(call: DisplayCall): Promise<void>
  ask?(call: AskCall): Promise<Answered>
  print?(call: PrintCall): Promise<void>
  diagnose?(call: TerminalCall): Promise<Diagnosis>
  totals?(call: TerminalCall): Promise<TerminalTotal[]>
}

export type TerminalAbility = keyof TerminalDriver

/** A terminal that answers that it cannot now (busy), or that cannot be reached (unreachable), or refuses (refused). */
export class TerminalError extends Error {
  readonly kind: 'busy' | 'unreachable' | 'refused'
  constructor(kind: TerminalError['kind'], message: string) {
    super(message)
    this.name = 'TerminalError'
    this.kind = kind
  }
}
