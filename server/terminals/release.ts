// Frees a terminal by a person's word. The outcome of what was under way stays unknown, its amount stays in flight, and it is
// asked for as before: only the next customer need not wait for it.

import { Problem } from '../lib/problem.ts'
import { releaseTerminal } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'
import { deviceOf } from './device.ts'

/**
 * `by` is who is answerable, `reason` what they saw. Throws not-found, invalid-state when nothing occupies the terminal or when
 * it is still under way there: that can be aborted.
 */
export async function release(
  deps: TerminalDeps,
  merchantId: string,
  terminalId: string,
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  const { db, clock, newId, timeouts } = deps.payments
  const { terminal } = await deviceOf(deps, merchantId, terminalId)
  const outcome = await releaseTerminal(db, merchantId, terminal.id, {
    by,
    reason,
    evidenceId: newId('evi'),
    eventId: newId('evt'),
    at: clock.now(),
    runsUntilMs: timeouts.terminal_ms,
  })
  if (outcome === 'free') throw new Problem('invalid-state', { detail: 'Nothing occupies this terminal.' })
  if (outcome === 'running')
    throw new Problem('invalid-state', {
      detail: 'It is under way at the terminal now. Abort it, and wait for its answer.',
    })
}
