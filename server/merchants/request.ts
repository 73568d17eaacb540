// What the module's route files share: what they need, the form of a name, and the usual refusals.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { ConfigSeal, MerchantCache } from './config.ts'

export interface MerchantRouteDeps {
  db: Db
  clock: Clock
  newId: NewId
  configSeal: ConfigSeal
  merchantCache: MerchantCache
  /** The connectors an account can be made for. */
  connectorNames(): readonly string[]
  /** The method codes a connector carries; empty for an unknown name. */
  methodsOf(connector: string): readonly string[]
  /** `host:port` pairs beyond this machine where a simulator may run; the operator names them. */
  allowedHosts: ReadonlySet<string>
  /** Codes of the methods a customer has used or saved, latest first; null when the merchant has no such customer. */
  familiarMethods(merchantId: string, customerId: string): Promise<readonly string[] | null>
}

/** A name as people read it: no control characters, and something besides blanks. */
export const Name = Type.String({
  minLength: 1,
  maxLength: 120,
  pattern: '^[^\\x00-\\x1f\\x7f]*[^\\s\\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]*$',
})

/** The row, or `not-found`: the same for an id that does not exist and for another merchant's. */
export function found<T>(row: T | null): T {
  if (row === null) throw new Problem('not-found')
  return row
}

/** The row that a body refers to, or `reference-not-found` at `pointer`. */
export function referred<T>(pointer: string, row: T | null): T {
  if (row === null)
    throw new Problem('reference-not-found', { errors: [{ pointer, detail: 'Names nothing of yours.' }] })
  return row
}

/** `validation-error` at one field. */
export function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
