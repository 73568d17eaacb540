// The refusals that name a field of the body, and the one that names what a terminal is busy with.

import { Problem } from '../lib/problem.ts'
import type { TerminalSlot } from './terminal-store.ts'

/** An id in the body that names nothing of this merchant. */
export function notFound(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'does not exist' }] })
}

/** A field that is well-formed and still cannot be. `detail` follows the field's name in the sentence. */
export function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { detail: `${pointer.slice(1)} ${detail}`, errors: [{ pointer, detail }] })
}

/** A refusal of a tender that was the whole body, and not its member `tender`. */
export function ofBody(error: unknown): unknown {
  if (!(error instanceof Problem) || error.errors.length === 0) return error
  const errors = error.errors.map(({ pointer, detail }) => ({
    pointer: pointer.replace(/^\/tender(?=\/)/, ''),
    detail,
  }))
  const detail = error.detail.replace(/^tender\//, '')
  const { status, retryAfterS, more } = error
  return new Problem(error.code, { errors, detail, status, more, ...(retryAfterS !== undefined && { retryAfterS }) })
}

/** Names the payment that occupies the terminal, so that staff can look there; null when it has just become free. */
export function terminalBusy(slot: TerminalSlot | null): Problem {
  if (slot?.session_kind === 'identify') return new Problem('terminal-busy', { detail: 'A card is being read there.' })
  if (slot?.session_kind === 'ask')
    return new Problem('terminal-busy', { detail: 'The customer is being asked something.' })
  if (slot?.payment_id == null) return new Problem('terminal-busy')
  const detail =
    slot.state === 'unknown' || slot.state === 'pending'
      ? `The outcome of ${slot.kind} ${slot.operation_id} of payment ${slot.payment_id} is not known yet. It is being asked for; look at the terminal, and decide or release it.`
      : `Payment ${slot.payment_id} is under way there.`
  return new Problem('terminal-busy', { detail, errors: [{ pointer: '/tender/terminal_id', detail: slot.payment_id }] })
}
