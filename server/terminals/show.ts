// How a terminal stands: what occupies it, and how far that has come.

import { Problem } from '../lib/problem.ts'
import { readTerminal, showTerminal } from '../merchants/index.ts'
import { readSlot, readStored, type TerminalSlot } from '../payments/index.ts'
import type { TerminalDeps } from './deps.ts'
import { abilitiesOf, type Device, deviceOf } from './device.ts'

/** Throws not-found. */
export async function showState(deps: TerminalDeps, merchantId: string, terminalId: string) {
  const { db, clock } = deps.payments
  const row = await readTerminal(db, merchantId, terminalId)
  if (!row) throw new Problem('not-found')
  const now = clock.now()
  const slot = await readSlot(db, merchantId, terminalId, now)
  const device = await deviceOf(deps, merchantId, terminalId)
  const stored = await readStored(db, merchantId, terminalId)
  return {
    ...showTerminal(row),
    state: stateOf(slot, now),
    abilities: abilitiesOf(device),
    current: slot && currentOf(slot, device, now),
    offline: stored && { ...stored, amount: Number(stored.amount), oldest_at: stored.oldest_at.toISOString() },
  }
}

function isHeld(slot: TerminalSlot, now: Date): boolean {
  return slot.held_card !== null && slot.busy_until !== null && slot.busy_until > now
}

function stateOf(slot: TerminalSlot | null, now: Date) {
  if (slot && isHeld(slot, now)) return 'card_held' as const
  if (!slot?.is_busy) return 'idle' as const
  return slot.state === 'unknown' ? ('unknown_outcome' as const) : ('in_use' as const)
}

function currentOf(slot: TerminalSlot, device: Device, now: Date) {
  if (!slot.is_busy && !isHeld(slot, now)) return null
  const kind = slot.kind ?? slot.session_kind
  if (kind === null) return null
  return {
    kind,
    payment_id: slot.payment_id,
    operation_id: slot.operation_id,
    operation_state: slot.state,
    amount: slot.amount === null ? null : Number(slot.amount),
    currency: slot.currency,
    started_at: slot.taken_at.toISOString(),
    steps: slot.steps,
    can_abort: isHeld(slot, now)
      ? device.connector.terminal?.letGo !== undefined
      : device.connector.terminal?.abort !== undefined && kind !== 'refund',
    can_release: slot.state === 'unknown' || slot.state === 'pending',
  }
}
