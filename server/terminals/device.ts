// One terminal of a merchant with the connector that drives it.

import { callTerminal } from '../connectors/call-terminal.ts'
import type { Connector, TerminalOfInstruction } from '../connectors/connector.ts'
import type { TerminalAbility, TerminalDriver } from '../connectors/terminal.ts'
import { Problem } from '../lib/problem.ts'
import { type MerchantAccount, merchantConfig, type Terminal } from '../merchants/index.ts'
import { type HeldCard, readSlot, terminalBusy } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'

export interface Device {
  merchantId: string
  terminal: Terminal
  account: MerchantAccount
  connector: Connector
}

/** What a call needs beside what every call carries. */
type Extra<A extends TerminalAbility> = Omit<
  Parameters<NonNullable<TerminalDriver[A]>>[0],
  'account' | 'terminal' | 'message_id' | 'signal'
>
type Reply<A extends TerminalAbility> = Awaited<ReturnType<NonNullable<TerminalDriver[A]>>>

/** Throws not-found, operation-unsupported when its connector is not installed any more. */
export async function deviceOf(deps: TerminalDeps, merchantId: string, terminalId: string): Promise<Device> {
  const merchant = await merchantConfig(deps.payments, merchantId)
  const terminal = merchant?.terminals.get(terminalId)
  if (!terminal) throw new Problem('not-found')
  const account = merchant?.accounts.find(({ id }) => id === terminal.connectorAccountId)
  const connector = account && deps.payments.connectors.get(account.connector)
  if (!account || !connector)
    throw new Problem('operation-unsupported', { detail: 'The connector of this terminal is not installed any more.' })
  return { merchantId, terminal, account, connector }
}

/** What its connector offers besides money, in the order of the contract. */
export function abilitiesOf({ connector }: Device): TerminalAbility[] {
  return ABILITIES.filter((ability) => connector.terminal?.[ability] !== undefined)
}

export const ABILITIES = [
  'abort',
  'identify',
  'letGo',
  'display',
  'ask',
  'print',
  'diagnose',
  'totals',
] as const satisfies readonly TerminalAbility[]

/** Throws operation-unsupported before anything is written or sent. */
export function mustOffer({ connector }: Device, ability: TerminalAbility): void {
  if (connector.terminal?.[ability] === undefined)
    throw new Problem('operation-unsupported', { detail: `Terminals of ${connector.name} do not offer ${ability}.` })
}

/** Calls one ability under a name of its own, or under `messageId`. Throws the problems of callTerminal. */
export function use<A extends TerminalAbility>(
  deps: TerminalDeps,
  device: Device,
  ability: A,
  extra: Extra<A>,
  { timeoutMs = deps.payments.timeouts.call_ms, messageId = deps.payments.newId('tms') } = {},
): Promise<Reply<A>> {
  const { account, terminal, connector } = device
  const named: TerminalOfInstruction = { id: terminal.id, serial: terminal.serial }
  const call = { ...extra, account, terminal: named, message_id: messageId }
  return callTerminal(deps.payments.call, connector, ability, call as never, { timeoutMs })
}

/** Throws terminal-busy while an operation or a session occupies the terminal. The terminal itself is the last word. */
export async function mustBeFree(deps: TerminalDeps, { merchantId, terminal }: Device): Promise<void> {
  const slot = await readSlot(deps.payments.db, merchantId, terminal.id, deps.payments.clock.now())
  if (slot?.is_busy) throw terminalBusy(slot)
}

/** The card that is held at this terminal at `now`, or null. */
export async function heldCardAt(
  deps: TerminalDeps,
  { merchantId, terminal }: Device,
): Promise<{ session: string; card: HeldCard } | null> {
  const now = deps.payments.clock.now()
  const slot = await readSlot(deps.payments.db, merchantId, terminal.id, now)
  if (!slot?.session || !slot.held_card || slot.busy_until === null || slot.busy_until <= now) return null
  return { session: slot.session, card: slot.held_card }
}
