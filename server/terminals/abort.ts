// Gives up what is under way at a terminal. That is a wish: a card that has just been approved wins, and only the answer of
// the payment itself says how it ended.

import { Problem } from '../lib/problem.ts'
import { endSession, readSlot } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'
import { deviceOf, heldCardAt, mustOffer, use } from './device.ts'

/**
 * Asks the terminal to stop, or lets a held card go. Returns when it was asked. Throws not-found, invalid-state when nothing is
 * under way, operation-unsupported, terminal-busy, terminal-unavailable.
 */
export async function abort(deps: TerminalDeps, merchantId: string, terminalId: string): Promise<void> {
  const { db, clock } = deps.payments
  const device = await deviceOf(deps, merchantId, terminalId)
  const held = await heldCardAt(deps, device)
  if (held) {
    await use(deps, device, 'letGo', { held_card: held.card.words })
    await endSession(db, merchantId, terminalId, held.session)
    return
  }
  const slot = await readSlot(db, merchantId, terminalId, clock.now())
  const kind = slot?.kind ?? slot?.session_kind
  const target = slot?.operation_id ?? slot?.session
  if (!slot?.is_busy || target == null || !isAbortable(kind))
    throw new Problem('invalid-state', { detail: 'Nothing that can be given up is under way at this terminal.' })
  mustOffer(device, 'abort')
  const named = slot.psp_reference === null ? {} : { psp_reference: slot.psp_reference }
  await use(deps, device, 'abort', { target: { message_id: target, kind, ...named } })
}

type Abortable = 'sale' | 'authorize' | 'credit' | 'refund' | 'identify' | 'ask'

function isAbortable(kind: string | null | undefined): kind is Abortable {
  return kind != null && ['sale', 'authorize', 'credit', 'identify', 'ask'].includes(kind)
}
