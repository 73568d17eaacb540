// What stands on the terminal's screen, as data: the page and the tests show and read the same. Words are the page's business.

import type { Entry } from './entry.ts'

/** Minor units, and how many of their digits are decimals. */
export interface Money {
  amount: number
  currency: string
  exponent: number
}

export type Outcome = 'approved' | 'partial' | 'declined' | 'canceled' | 'failed' | 'refunded'

export type Screen =
  | { kind: 'off' }
  | { kind: 'idle' }
  | { kind: 'tip'; due: Money; choices: { percent: number; amount: number }[]; typed: string }
  | {
      kind: 'card'
      purpose: 'payment' | 'refund' | 'identify'
      due: Money | null
      tip: number
      note: 'brand_refused' | 'entry_refused' | null
    }
  | { kind: 'pin'; due: Money; typed: number; tries_left: number; is_wrong: boolean }
  | { kind: 'authorising'; due: Money }
  | {
      kind: 'result'
      outcome: Outcome
      due: Money | null
      /** In the host's words, for those who declined. */
      reason: string | null
      removes_card: boolean
    }
  /** A card was read and the till decides what follows. */
  | { kind: 'wait' }
  | { kind: 'display'; icon: 'accepted' | 'declined' | null; lines: string[] }
  | { kind: 'confirm' | 'signature'; lines: string[]; no: string; yes: string }
  | { kind: 'text' | 'digits'; lines: string[]; typed: string; min: number; max: number; decimals: number }
  | { kind: 'menu'; lines: string[]; entries: string[] }

/** Keys of the keypad. */
export const KEYS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'clear', 'cancel', 'confirm'] as const
export type Key = (typeof KEYS)[number]

/** What a customer does at the terminal. */
export type Touch =
  | { type: 'card'; card: string; entry: Entry }
  | { type: 'key'; key: Key }
  /** A button on the screen: of a tip, a menu, or 0 for no and 1 for yes. */
  | { type: 'choice'; index: number }
  /** What was written with the keyboard on the screen. */
  | { type: 'text'; text: string }

/** A customer who does what is asked as soon as it is asked. */
export interface Customer {
  card: string
  entry: Entry
  pin?: string
  /** Minor units; 0 is no tip. */
  tip?: number
  yes?: boolean
  text?: string
  menu?: number
  /** Presses the red key instead of everything else. */
  cancels?: boolean
}

/** What the customer does in front of a screen; nothing where there is nothing to do. */
export function actsOf(customer: Customer, screen: Screen): Touch[] {
  const keys = (text: string): Touch[] => [
    ...[...text].map((key) => ({ type: 'key', key: key as Key }) as const),
    { type: 'key', key: 'confirm' },
  ]
  if (customer.cancels && screen.kind !== 'idle') return [{ type: 'key', key: 'cancel' }]
  switch (screen.kind) {
    case 'card':
      return [{ type: 'card', card: customer.card, entry: customer.entry }]
    case 'pin':
      return keys(customer.pin ?? '1234')
    case 'tip':
      return keys(customer.tip ? String(customer.tip) : '')
    case 'confirm':
    case 'signature':
      return [{ type: 'choice', index: customer.yes === false ? 0 : 1 }]
    case 'menu':
      return [{ type: 'choice', index: customer.menu ?? 0 }]
    case 'text':
      return [{ type: 'text', text: customer.text ?? '' }]
    case 'digits':
      return keys(customer.text ?? '')
    default:
      return []
  }
}
