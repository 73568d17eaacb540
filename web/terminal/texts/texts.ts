// The words of the virtual terminal. A language is a file beside this one; a missing word does not compile.

import type { Language } from '../../../server/lib/language.ts'
import type { Entry, Fault, Outcome, PaperSlip } from '../../../server/virtual-terminal/view.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { sv } from './sv.ts'

export interface Texts {
  title: string
  /** Beside the title: that no real money is here. */
  badge: string
  terminal: string
  device: string
  screen: string
  keypad: string
  keys: { cancel: string; clear: string; confirm: string }
  idle: string
  idleHint: string
  off: string
  offHint: string
  tipTitle: string
  tipNone: string
  tipTyped: string
  cardPay: string
  cardRefund: string
  cardIdentify: string
  cardHint: string
  tipIncluded: string
  notes: { brand_refused: string; entry_refused: string }
  pinTitle: string
  pinHint: string
  pinWrong: string
  authorising: string
  outcomes: Record<Outcome, string>
  removeCard: string
  wait: string
  waitHint: string
  signHere: string
  no: string
  yes: string
  done: string
  answer: string
  greenWhenDone: string
  hand: string
  way: string
  entries: Record<Entry, string>
  present: string
  dragHint: string
  nobodyAsks: string
  fault: string
  faultNone: string
  faultHint: string
  faults: Record<Fault, string>
  power: string
  paper: string
  alone: string
  aloneHint: string
  printed: string
  nothingPrinted: string
  slips: Record<PaperSlip['title'], string>
  olderSlip: string
  newerSlip: string
  tearOff: string
  noConnection: string
  keysHint: string
  language: string
  /** What stands left on a slip, by the key of its line. */
  lines: Record<string, string>
}

export const TEXTS: Record<Language, Texts> = { en, nl, sv, pl, fr, de }
