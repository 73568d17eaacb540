// The cards customers present at simulated terminals. Each terminal approves a contactless Visa unless told otherwise:
// the next card, a fault, or that it should wait until somebody presents a card on the control page.

import type { FaultName } from './faults.ts'
import type { Store } from './store.ts'

export interface Terminal {
  /** The number on the card that is presented; any test card. */
  card: string
  entry: 'contactless' | 'chip' | 'wallet'
  /** Strikes the next charge at this terminal, once. */
  fault?: FaultName
  /** True: the charge stays pending until a card is presented by `act`. */
  waits?: boolean
  /** True: `card` holds for one charge only, then the default returns. */
  is_once?: boolean
}

const DEFAULT: Terminal = { card: '4242424242424242', entry: 'contactless' }

export function terminalOf(store: Store, account: string, terminalId: string): Terminal {
  const text = store.setting(settingName(account, terminalId))
  return text ? (JSON.parse(text) as Terminal) : DEFAULT
}

/** Sets what happens at a terminal; null forgets it. */
export function setTerminal(
  store: Store,
  account: string,
  terminalId: string,
  terminal: Partial<Terminal> | null,
): void {
  const value = terminal === null ? null : JSON.stringify({ ...DEFAULT, ...terminal })
  store.write(() => store.setSetting(settingName(account, terminalId), value))
}

/** Uses up what was meant for one charge. Called inside a write. */
export function usedTerminal(store: Store, account: string, terminalId: string, terminal: Terminal): void {
  if (!terminal.fault && !terminal.is_once) return
  const { fault: _struck, ...rest } = terminal
  store.setSetting(settingName(account, terminalId), terminal.is_once ? null : JSON.stringify(rest))
}

function settingName(account: string, terminalId: string): string {
  return `terminal:${account}:${terminalId}`
}
