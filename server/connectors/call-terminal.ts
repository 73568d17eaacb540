// The one way to call a terminal about something that is no money: with a deadline, outside of any transaction, and with
// every error as a problem that says what to do.

import { Problem } from '../lib/problem.ts'
import type { CallDeps } from './call.ts'
import type { Connector } from './connector.ts'
import { redactText } from './redact.ts'
import { type TerminalAbility, type TerminalDriver, TerminalError } from './terminal.ts'

type CallOf<A extends TerminalAbility> = Parameters<NonNullable<TerminalDriver[A]>>[0]
type ReplyOf<A extends TerminalAbility> = Awaited<ReturnType<NonNullable<TerminalDriver[A]>>>

/**
 * Calls one ability of a connector's terminals. Throws operation-unsupported when it has none, terminal-busy when the terminal
 * says so, terminal-unavailable when nobody answered in time or the answer cannot be read.
 */
export async function callTerminal<A extends TerminalAbility>(
  deps: Pick<CallDeps, 'clock' | 'log' | 'assertNoOpenTransaction'>,
  connector: Connector,
  ability: A,
  call: Omit<CallOf<A>, 'signal'>,
  options: { timeoutMs: number },
): Promise<ReplyOf<A>> {
  deps.assertNoOpenTransaction()
  const driver = connector.terminal
  const method = driver?.[ability] as ((call: object) => Promise<ReplyOf<A>>) | undefined
  if (!driver || !method)
    throw new Problem('operation-unsupported', { detail: `Terminals of ${connector.name} do not offer ${ability}.` })
  const answered = new AbortController()
  const deadline = new AbortController()
  const late = deps.clock.sleep(options.timeoutMs, answered.signal).then(() => {
    if (answered.signal.aborted) return new Promise<never>(() => {})
    deadline.abort()
    throw new TerminalError('unreachable', `no answer within ${options.timeoutMs} ms`)
  })
  try {
    return await Promise.race([method.call(driver, { ...call, signal: deadline.signal }), late])
  } catch (error) {
    throw problemOf(error)
  } finally {
    answered.abort('answered')
  }
}

function problemOf(error: unknown): unknown {
  const detail = redactText(error instanceof Error ? error.message : String(error))
  if (!(error instanceof TerminalError)) return new Problem('terminal-unavailable', { detail })
  if (error.kind === 'busy') return new Problem('terminal-busy', { detail })
  if (error.kind === 'refused') return new Problem('invalid-state', { detail })
  return new Problem('terminal-unavailable', { detail })
}
