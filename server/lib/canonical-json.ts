// The one text of a JSON value. By itself and free of Node, because a till signs the very text that the server checks.

import type { JsonValue } from './json.ts'

/**
 * The one text of a parsed value: members in code-unit order, no white space. Two bodies that mean the same (reordered
 * members, `10` and `10.0`) have the same canonical text, so fingerprints compare meaning instead of bytes.
 */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(sorted(value))
}

/** A copy whose members are inserted in order; one `stringify` of it is faster than building the text piece by piece. */
function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const names = Object.keys(value).sort()
  const copy: { [member: string]: JsonValue } = {}
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    copy[name] = sorted(value[name] as JsonValue)
  }
  return copy
}
