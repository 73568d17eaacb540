// What the routes of carts share: which keys open them, whose cart it is, and which version was seen.

import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { callerOf } from '../http/app.ts'
import type { Access } from '../http/auth.ts'
import { Id } from '../http/schema.ts'
import { versionOf } from '../http/version.ts'
import { CART_SECRET_HEADER, cartCaller } from './caller.ts'
import type { Target } from './change-lines.ts'

interface Opens {
  access: Access
}

/** A publishable key opens the cart whose secret it shows. */
export const READ: Opens = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'carts:read' } }
export const WRITE: Opens = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'carts:write' } }
export const STAFF_READ: Opens = { access: { keys: ['secret', 'restricted'], scope: 'carts:read' } }
export const STAFF_WRITE: Opens = { access: { keys: ['secret', 'restricted'], scope: 'carts:write' } }
export const TAGS = ['Carts']
export const CartPath = Type.Object({ id: Id('crt') })

/** Who asks: the merchant, or the holder of the secret in the header. */
export function holderOf(request: FastifyRequest) {
  return cartCaller(callerOf(request).kind, request.headers[CART_SECRET_HEADER])
}

/** Which object a request changes, as which version. */
export function targetOf(request: FastifyRequest<{ Params: { id: string } }>): Target {
  return { id: request.params.id, caller: holderOf(request), ifVersion: versionOf(request.headers['if-match']) }
}
