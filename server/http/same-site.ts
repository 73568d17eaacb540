// Pages whose address is a secret act for whoever has it. A page of another site must not press their buttons, should it have
// learned the address.

import type { FastifyRequest } from 'fastify'
import { Problem } from '../lib/problem.ts'

/** Throws scope-missing for a request that a browser says comes from another site. */
export function refuseForeign(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new Problem('scope-missing', { detail: 'Another site asks for this.' })
}

/** A posted form; one that is larger than any of ours means nothing. */
export function formOf(request: FastifyRequest): URLSearchParams {
  const bytes = request.rawBody
  return new URLSearchParams(bytes === null || bytes.length > 16_384 ? '' : bytes.toString('utf8'))
}
