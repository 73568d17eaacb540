// The terminal's screen, keys and printer: what is shown, asked and printed there, and how it is.

import type { Answered, Diagnosis, PrintLine, Question, ScreenText, TerminalTotal } from '../connectors/terminal.ts'
import { endSession, openSession, readSlot, terminalBusy } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'
import { deviceOf, mustBeFree, mustOffer, use } from './device.ts'

/** The answer comes this much after the customer's own time is over, at the latest. */
const BEYOND_MS = 15_000

/** Shows a text until something else is shown. Throws not-found, operation-unsupported, terminal-busy, terminal-unavailable. */
export async function display(
  deps: TerminalDeps,
  merchantId: string,
  terminalId: string,
  text: ScreenText,
): Promise<void> {
  const device = await deviceOf(deps, merchantId, terminalId)
  mustOffer(device, 'display')
  await mustBeFree(deps, device)
  await use(deps, device, 'display', { text })
}

/** Asks the customer one question. Nothing else can be done at the terminal meanwhile. Problems as for `display`. */
export async function ask(
  deps: TerminalDeps,
  merchantId: string,
  terminalId: string,
  { question, maxSeconds }: { question: Question; maxSeconds: number },
): Promise<Answered> {
  const { db, clock, newId } = deps.payments
  const device = await deviceOf(deps, merchantId, terminalId)
  mustOffer(device, 'ask')
  const session = newId('tms')
  const at = clock.now()
  const timeoutMs = maxSeconds * 1000 + BEYOND_MS
  const until = new Date(at.getTime() + timeoutMs)
  if (!(await openSession(db, merchantId, terminalId, { id: session, kind: 'ask', at, until })))
    throw terminalBusy(await readSlot(db, merchantId, terminalId, at))
  try {
    return await use(deps, device, 'ask', { question, max_seconds: maxSeconds }, { timeoutMs, messageId: session })
  } finally {
    await endSession(db, merchantId, terminalId, session)
  }
}

/** Prints lines on the terminal's own printer. Problems as for `display`. */
export async function print(
  deps: TerminalDeps,
  merchantId: string,
  terminalId: string,
  lines: readonly PrintLine[],
): Promise<void> {
  const device = await deviceOf(deps, merchantId, terminalId)
  mustOffer(device, 'print')
  await mustBeFree(deps, device)
  await use(deps, device, 'print', { lines })
}

/** How the device says it is. A busy terminal may be asked too. Throws not-found, operation-unsupported, terminal-unavailable. */
export async function diagnose(deps: TerminalDeps, merchantId: string, terminalId: string): Promise<Diagnosis> {
  const device = await deviceOf(deps, merchantId, terminalId)
  return use(deps, device, 'diagnose', {})
}

/** What the terminal has counted, to hold against the books. Problems as for `diagnose`. */
export async function totals(deps: TerminalDeps, merchantId: string, terminalId: string): Promise<TerminalTotal[]> {
  const device = await deviceOf(deps, merchantId, terminalId)
  return use(deps, device, 'totals', {})
}
