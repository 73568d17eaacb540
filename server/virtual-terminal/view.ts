// What the page is drawn from, on the server and in the browser. Types alone: the browser gets none of the server's code.

import type { TerminalView } from './terminal.ts'

export interface TerminalFace {
  terminal: TerminalView
  /** All there are, for the choice between them. */
  terminals: { poi_id: string; label: string }[]
  /** The customer's wallet. */
  cards: { id: string; name: string; last4: string }[]
}

export type { Entry } from './cards.ts'
export type { Fault } from './faults.ts'
export type { Settings } from './operation.ts'
export type { Key, Money, Outcome, Screen, Touch } from './screen.ts'
export type { PaperSlip } from './slip.ts'
export type { TerminalView } from './terminal.ts'
