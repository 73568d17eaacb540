// Whether whoever is signed in at a till may do something.

import type { TillPlace } from '../http/auth.ts'
import { Problem } from '../lib/problem.ts'
import type { Right } from './rights.ts'

/** Throws right-missing unless whoever is signed in has the right. */
export function mustHave(till: TillPlace, right: Right): void {
  if (!till.session?.rights.includes(right)) throw new Problem('right-missing', { detail: `The right is ${right}.` })
}
