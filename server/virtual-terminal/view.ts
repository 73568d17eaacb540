// What a page or a test sees of a terminal. The page in the browser is drawn from it too, so nothing here needs Node.

import type { Entry } from './entry.ts'
import type { Fault } from './faults.ts'
import type { Customer, Money, Screen } from './screen.ts'

export type { Entry } from './entry.ts'
export type { Fault } from './faults.ts'
export type { Customer, Key, Money, Outcome, Screen, Touch } from './screen.ts'

/** How somebody set the terminal. */
export interface Settings {
  /** The card in the customer's hand, for whoever taps without choosing. */
  card: string
  entry: Entry
  /** Strikes the next operation that reaches it. */
  fault: Fault | null
  /** `instant`: no machine needs a moment, and results do not stay on the screen. */
  pace: 'natural' | 'instant'
  /** Acts by themselves as soon as something is asked. */
  customer: Customer | null
  /** Prints nothing, and says so. */
  has_paper: boolean
}

/** What slid out of the terminal. */
export interface PaperSlip {
  id: number
  title: 'cashier' | 'customer' | 'document'
  /**
   * `key` says what a line is about; `name` stands left and `value` right. A blank line has neither. `money` is the value's amount, for
   * readers of another language than the slip's.
   */
  lines: { key: string; name: string; value: string; isBold: boolean; money?: Money }[]
  needs_signature: boolean
  /** A code that was asked for, as text. */
  barcode: { type: string; value: string } | null
}

export interface TerminalView {
  poi_id: string
  label: string
  /** Grows with every change. */
  version: number
  screen: Screen
  /** The category of what goes on, or null. */
  busy_with: string | null
  settings: Settings
  /** Newest first. */
  slips: PaperSlip[]
  /** Steps of the payment that goes on, or of the last one. */
  steps: string[]
}

/** What the page is drawn from. */
export interface TerminalFace {
  terminal: TerminalView
  /** All there are, for the choice between them. */
  terminals: { poi_id: string; label: string }[]
  /** The customer's wallet. */
  cards: { id: string; name: string; last4: string }[]
}
