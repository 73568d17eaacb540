// Who is calling, and may they? Each route states `config.access`; a route that does not cannot be registered, so a
// forgotten line fails at start instead of opening a door. Nothing a client can send besides its key has any say:
// headers such as X-User-Id or X-Role are never read anywhere.

import type { FastifyRequest } from 'fastify'
import { Problem } from '../lib/problem.ts'

export type KeyKind = 'secret' | 'publishable' | 'restricted'

/** `resource:verb`, for example `payments:write`. Restricted keys carry a list of these. */
export type Scope = `${string}:${string}`

/** The holder of an API key, as found by the injected `authenticate`. */
export interface Caller {
  merchantId: string
  keyId: string
  kind: KeyKind
  /** Read for restricted keys only; a secret key may do everything its merchant can. */
  scopes: string[]
  mode: 'test' | 'live'
  /** Where the call is made, when it is made at a till. */
  till?: TillPlace
}

/** The register that a device is, and who is signed in at it. What is done there is stamped with both. */
export interface TillPlace {
  deviceId: string
  registerId: string
  storeId: string
  /** Null while the till is locked: its key alone opens little. */
  session: { id: string; staffId: string; rights: readonly string[]; discountBp: number | null } | null
}

/** Which keys open a route. A restricted key needs `scope` besides. `'public'` means that no key is asked for. */
export type Access = { keys: 'public'; scope?: undefined } | { keys: readonly KeyKind[]; scope: Scope }

/**
 * Finds the caller for a key, or null for every reason there may be (unknown, revoked, malformed, expired).
 * May answer without a promise when it knows already: that saves a turn of the event loop on the hot path.
 */
export type Authenticate = (bearer: string) => Caller | null | Promise<Caller | null>

/** The caller of a request on a route that asks for a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('callerOf on a public route')
  return request.caller
}

/** Throws unless a route says who may call it. Runs at registration, so a mistake is found at start. */
export function assertAccess(access: Access | undefined, route: string): asserts access is Access {
  if (access === undefined) throw new Error(`${route}: config.access is missing; say who may call it`)
  if (access.keys === 'public') return
  if (access.keys.length === 0) throw new Error(`${route}: config.access opens it to nobody`)
  if (!/^[a-z_]+:[a-z_]+$/.test(access.scope)) throw new Error(`${route}: config.access.scope must be resource:verb`)
}

/** What is wrong with the caller for this route; undefined when it may pass. */
export function refusalOf(caller: Caller | null, access: Access): Problem | undefined {
  if (access.keys === 'public') return undefined
  // One body for every cause, so that nobody learns which keys exist.
  if (caller === null) return new Problem('unauthenticated')
  if (!access.keys.includes(caller.kind)) return new Problem('scope-missing')
  if (caller.kind === 'restricted' && !caller.scopes.includes(access.scope)) return new Problem('scope-missing')
  return undefined
}

/** No key of ours is longer; what is longer is not worth hashing. */
const MAX_KEY = 256

/** The key in `Authorization: Bearer sk_…`, or in Basic as the user with an empty password, as curl -u sends it. */
export function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined || header.length > 2 * MAX_KEY) return undefined
  const space = header.indexOf(' ')
  const scheme = header.slice(0, space).toLowerCase()
  const rest = header.slice(space + 1).trim()
  const key = scheme === 'bearer' ? rest : scheme === 'basic' ? basicUser(rest) : ''
  return /^[\w-]{1,256}$/.test(key) ? key : undefined
}

function basicUser(encoded: string): string {
  const pair = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = pair.indexOf(':')
  return colon === -1 ? pair : pair.slice(0, colon)
}
