// The public face of the virtual terminal: payment terminals that exist on a page and in memory, and speak what real ones speak.
// For tests and demonstrations: whoever can reach one approves whatever they like, so no live money may ever be asked of it.

import { randomFillSync } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import type { FillRandom } from '../lib/ids.ts'
import { openTerminalStore, type TerminalStore, type Truth } from './store.ts'
import { createTerminal, type Exchanged, type VirtualTerminal } from './terminal.ts'
import type { Settings } from './view.ts'

export { CARDS, type Card } from './cards.ts'
export { ENTRIES, type Entry } from './entry.ts'
export { FAULTS, type Fault } from './faults.ts'
export { routes, type TerminalRoutesDeps } from './routes.ts'
export { type Customer, KEYS, type Key, type Money, type Screen, type Touch } from './screen.ts'
export type { Truth } from './store.ts'
export type { Exchanged, VirtualTerminal } from './terminal.ts'
export type { PaperSlip, Settings, TerminalView } from './view.ts'

export interface VirtualTerminalsOptions {
  clock: Clock
  /** File of their memory, or ':memory:'. */
  path?: string
  fill?: FillRandom
  /** How a new terminal is set. */
  settings?: Partial<Settings>
}

export interface VirtualTerminals {
  /** The terminal of this id, plugged in at the first question. Throws RangeError for an id that no terminal has. */
  terminal(poiId: string): VirtualTerminal
  /** As `terminal`, and gives it a name for people. */
  add(poiId: string, label: string): VirtualTerminal
  /** True for the form of a terminal's id: `<model>-<serial>`. */
  isPoiId(text: string): boolean
  all(): VirtualTerminal[]
  /** Hands a message to a terminal and resolves with how it ended; a payment ends when the customer is done. */
  exchange(poiId: string, wire: unknown): Promise<Exchanged>
  /** What really happened to money, oldest first. */
  journal(query?: { poiId?: string; after?: number; limit?: number }): Truth[]
  close(): void
}

/** More terminals than a demonstration has; ids come from outside. */
const MAX_TERMINALS = 200

export function createVirtualTerminals(options: VirtualTerminalsOptions): VirtualTerminals {
  const { clock, path = ':memory:', fill = randomFillSync, settings = {} } = options
  // Opened with the first terminal: most programs have none.
  let opened: TerminalStore | undefined
  const store = (): TerminalStore => {
    opened ??= openTerminalStore(path)
    return opened
  }
  const terminals = new Map<string, VirtualTerminal>()
  const isPoiId = (text: string): boolean => /^[A-Za-z0-9]{1,20}-[A-Za-z0-9]{1,40}$/.test(text)

  function add(poiId: string, label: string): VirtualTerminal {
    const known = terminals.get(poiId)
    if (known) {
      known.name(label)
      return known
    }
    if (!isPoiId(poiId) || terminals.size >= MAX_TERMINALS) throw new RangeError(`there is no terminal ${poiId}`)
    const made = createTerminal({ poiId, label, clock, fill, store: store(), settings })
    terminals.set(poiId, made)
    return made
  }
  const terminal = (poiId: string): VirtualTerminal => terminals.get(poiId) ?? add(poiId, poiId)

  return {
    terminal,
    add,
    isPoiId,
    all: () => [...terminals.values()],
    exchange: async (poiId, wire) => terminal(poiId).exchange(wire),
    journal: (query) => store().journal(query),
    close: () => opened?.close(),
  }
}
