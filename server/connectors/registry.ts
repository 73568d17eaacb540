// Which connectors exist, by the name a connector account carries. Adding a provider is a folder and a line here.
// Only main.ts imports this file; the rest of the program is handed the result.

import { cash } from './cash/index.ts'
import type { Connector } from './connector.ts'
import { manual } from './manual/index.ts'

export interface Registry {
  /** The connector of that name, or undefined when an account names one that does not exist (any more). */
  get(name: string): Connector | undefined
  /** Codes of the methods it carries; empty for an unknown name, and for one of terminals alone where there are none. */
  methodsOf(name: string, hasTerminals?: boolean): readonly string[]
  names(): string[]
}

/** Builds the list. The simulator and stored value are handed in because they have books of their own; the others are plain values. */
export function createRegistry(
  made: { simulator?: Connector; storedValue?: Connector; terminals?: readonly Connector[] } = {},
): Registry {
  const connectors = new Map<string, Connector>()
  for (const connector of [cash, manual, made.storedValue, ...(made.terminals ?? []), made.simulator]) {
    if (connector) connectors.set(connector.name, connector)
  }
  return {
    get: (name) => connectors.get(name),
    methodsOf: (name, hasTerminals = true) => {
      const facts = connectors.get(name)?.facts
      return facts && (hasTerminals || !facts.only_at_terminal) ? facts.methods : []
    },
    names: () => [...connectors.keys()],
  }
}
