// HTTP for sessions: who a request comes from, and signing out.

import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { Problem } from '../lib/problem.ts'
import type { SignInDeps } from './deps.ts'
import { endEverySession, endOwnSession, type SignedIn, sessionOf } from './session.ts'

/** The header that carries a customer's token. */
const SESSION_HEADER = 'customer-session'
const SIGN_OUT = { access: { keys: ['publishable'], scope: 'account:write' } } as const
const TAGS = ['Sign-in']
/** How long somebody counts as being there. */
const LATELY_MS = 60 * 60_000

/** The signed-in customer of a request. Throws sign-in-required. */
export async function signedIn(deps: Pick<SignInDeps, 'db' | 'clock'>, request: FastifyRequest): Promise<SignedIn> {
  const header = request.headers[SESSION_HEADER]
  const token = typeof header === 'string' ? header : undefined
  const found = await sessionOf(deps, callerOf(request).merchantId, token)
  if (!found) throw new Problem('sign-in-required')
  return found
}

/** The same, or null where no session is shown. One that has ended throws sign-in-required: its owner thinks they are known. */
export async function signedInIfAny(
  deps: Pick<SignInDeps, 'db' | 'clock'>,
  request: FastifyRequest,
): Promise<SignedIn | null> {
  return request.headers[SESSION_HEADER] === undefined ? null : signedIn(deps, request)
}

/** The customer whose session came with a request to a page of ours; null where none did, or one that has ended. */
export async function customerAt(
  deps: Pick<SignInDeps, 'db' | 'clock'>,
  merchantId: string,
  request: FastifyRequest,
): Promise<SignedIn | null> {
  const header = request.headers[SESSION_HEADER]
  return sessionOf(deps, merchantId, typeof header === 'string' ? header : undefined)
}

/** The same, who proved it lately: for what a browser left open must not do. Throws sign-in-required, sign-in-too-old. */
export async function signedInLately(
  deps: Pick<SignInDeps, 'db' | 'clock'>,
  request: FastifyRequest,
): Promise<SignedIn> {
  const who = await signedIn(deps, request)
  if (deps.clock.now().getTime() - who.since.getTime() > LATELY_MS) throw new Problem('sign-in-too-old')
  return who
}

/** Registers the routes of signing out. */
export function sessionRoutes(app: App, deps: SignInDeps): void {
  app.delete(
    '/v1/account/session',
    {
      config: SIGN_OUT,
      schema: {
        operationId: 'signOut',
        summary: 'Sign out here',
        tags: TAGS,
        response: { 204: Type.Null({ description: 'Signed out.' }) },
      },
    },
    async (request, reply) => {
      await endOwnSession(deps, await signedIn(deps, request))
      return reply.code(204).send(null)
    },
  )
  app.delete(
    '/v1/account/sessions',
    {
      config: SIGN_OUT,
      schema: {
        operationId: 'signOutEverywhere',
        summary: 'Sign out in every browser',
        tags: TAGS,
        response: { 204: Type.Null({ description: 'Signed out.' }) },
      },
    },
    async (request, reply) => {
      await endEverySession(deps, await signedIn(deps, request))
      return reply.code(204).send(null)
    },
  )
}
