// Reads a card before anything is to be paid, and says whose it is, if that customer has agreed to be recognised by it. The
// terminal then holds the card: the next payment there is paid with it, or it is let go by an abort.

import type { InstrumentFacts } from '../connectors/connector.ts'
import { type CustomerView, recognise } from '../customers/index.ts'
import { endSession, holdCard, openSession, readSlot, terminalBusy } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'
import { deviceOf, mustOffer, use } from './device.ts'

/** How long a terminal holds a card for the payment; after it we no longer count on it. */
const HOLD_MS = 120_000

export interface Identification {
  outcome: 'identified' | 'canceled' | 'failed'
  message: string | null
  instrument: InstrumentFacts | null
  /** Null for a card that nobody has agreed to be known by. */
  customer: Pick<CustomerView, 'id' | 'name' | 'email'> | null
}

/** Throws not-found, operation-unsupported, terminal-busy, terminal-unavailable. Waits for a person at the terminal. */
export async function identify(
  deps: TerminalDeps,
  merchantId: string,
  terminalId: string,
  shown: { amount?: bigint; currency?: string },
): Promise<Identification> {
  const { db, clock, newId, timeouts } = deps.payments
  const device = await deviceOf(deps, merchantId, terminalId)
  mustOffer(device, 'identify')
  const session = newId('tms')
  const at = clock.now()
  const until = new Date(at.getTime() + timeouts.terminal_ms)
  if (!(await openSession(db, merchantId, terminalId, { id: session, kind: 'identify', at, until })))
    throw terminalBusy(await readSlot(db, merchantId, terminalId, at))
  const found = await use(deps, device, 'identify', shown, {
    timeoutMs: timeouts.terminal_ms,
    messageId: session,
  }).catch(async (error: unknown) => {
    await endSession(db, merchantId, terminalId, session)
    throw error
  })
  if (found.outcome !== 'identified') {
    await endSession(db, merchantId, terminalId, session)
    return { outcome: found.outcome, message: found.message, instrument: null, customer: null }
  }
  const { par, ...instrument } = found.instrument
  const card = { words: found.held_card, instrument: { ...instrument } }
  const holdsUntil = new Date(clock.now().getTime() + HOLD_MS)
  await holdCard(db, merchantId, terminalId, { session, card, until: holdsUntil })
  const customer = await ownerOf(deps, merchantId, { alias: instrument.alias, par })
  return {
    outcome: 'identified',
    message: null,
    instrument,
    customer: customer && { id: customer.id, name: customer.name, email: customer.email },
  }
}

/** By the provider's alias of this card, else by the number that stands for the account behind all of its cards. */
async function ownerOf(
  deps: TerminalDeps,
  merchantId: string,
  { alias, par }: { alias?: string; par?: string },
): Promise<CustomerView | null> {
  const byAlias =
    alias === undefined ? null : await recognise(deps.customers, merchantId, { type: 'card_alias', value: alias })
  if (byAlias || par === undefined) return byAlias
  return recognise(deps.customers, merchantId, { type: 'par', value: par })
}
