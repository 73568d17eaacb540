// The two refusals that name a field of the body.

import { Problem } from '../lib/problem.ts'

/** An id in the body that names nothing of this merchant. */
export function notFound(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'does not exist' }] })
}

/** A field that is well-formed and still cannot be. `detail` follows the field's name in the sentence. */
export function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { detail: `${pointer.slice(1)} ${detail}`, errors: [{ pointer, detail }] })
}
