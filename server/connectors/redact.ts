// What may be kept of a provider's words: everything except secrets. Used on outcomes, errors and webhook bodies before
// they become evidence or log lines. It errs towards hiding; the bytes a signature is over are checked before, never after.

import { containsCardNumber, maskCardNumbers } from '../lib/card-scan.ts'
import { Secret } from '../lib/secret.ts'

const MASK = '[redacted]'

/** Members whose value is a credential or sensitive authentication data, whatever it looks like. */
const SECRET_NAMES =
  'authorization|cookie|password|secret|api[-_]?key|private[-_]?key|(?:client|webhook|access|refresh)[-_]?(?:secret|token)|cvc2?|cvv2?|cvn|security[-_]?code|pin|pin[-_]?block|one[-_]?time[-_]?code|track[-_]?[123]?(?:[-_]?data)?'
const SECRET_NAME = new RegExp(`^(?:${SECRET_NAMES})$`, 'i')
const SECRET_JSON_MEMBER = new RegExp(`("(?:${SECRET_NAMES})"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"|[^\\s,}\\]"]+)`, 'gi')
const SECRET_FORM_FIELD = new RegExp(`((?:^|[&?\\s])(?:${SECRET_NAMES})=)[^&\\s]*`, 'gi')

/** Deeper than this nothing we keep is nested; the bound keeps a hostile body from exhausting the stack. */
const MAX_DEPTH = 32

/** The text with card numbers and the values of credential fields in JSON or form text masked. */
export function redactText(text: string): string {
  return maskCardNumbers(text.replace(SECRET_JSON_MEMBER, `$1"${MASK}"`).replace(SECRET_FORM_FIELD, `$1${MASK}`))
}

/** A copy of `value` that may be kept: secrets, credential members and card numbers are masked at every depth. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'number') return containsCardNumber(String(value)) ? MASK : value
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Secret || depth >= MAX_DEPTH) return MASK
  if (Buffer.isBuffer(value)) return redactText(value.toString('utf8'))
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  const kept: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    // defineProperty, because a body may carry a member named __proto__.
    const safe = SECRET_NAME.test(name) ? MASK : redact(member, depth + 1)
    Object.defineProperty(kept, redactText(name), { value: safe, enumerable: true, writable: true, configurable: true })
  }
  return kept
}
