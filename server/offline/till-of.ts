// The till that a request comes from.

import type { Caller, TillPlace } from '../http/app.ts'
import { Problem } from '../lib/problem.ts'

/** The till behind a caller. A key of the office that was given the scope is none. */
export function tillOf(caller: Caller): TillPlace {
  if (caller.till) return caller.till
  throw new Problem('scope-missing', { detail: 'Only a paired device can do this, with its own key.' })
}
