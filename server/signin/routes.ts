// HTTP for signing in. All of it is for pages: a publishable key opens it, and what is somebody's asks for their session besides.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { closed, Email, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { LANGUAGES } from '../lib/language.ts'
import { beginSignIn, confirmSignIn } from './code.ts'
import type { SignInDeps } from './deps.ts'
import { askToRegister, askToSignIn, passkeysOf, register, removePasskey, signInWithPasskey } from './passkey.ts'
import { PasskeyAnswer, PasskeyPromise, PasskeyRequest, SessionOut } from './passkey-schema.ts'
import { sessionRoutes, signedIn } from './session-routes.ts'

const SIGN_IN = { access: { keys: ['publishable'], scope: 'account:write' } } as const
const READ = { access: { keys: ['publishable'], scope: 'account:read' } } as const
const TAGS = ['Sign-in']

const Passkey = Type.Object(
  {
    id: Id('psk'),
    object: Type.Literal('passkey'),
    name: Type.String(),
    is_backed_up: Type.Boolean({ description: 'It is on all devices of its owner, not in one piece of hardware.' }),
    created_at: Timestamp,
    last_used_at: Nullable(Timestamp),
  },
  { title: 'Passkey' },
)

/** Registers the module's routes. */
export function routes(app: App, deps: SignInDeps): void {
  codeRoutes(app, deps)
  passkeyRoutes(app, deps)
  ownPasskeyRoutes(app, deps)
  sessionRoutes(app, deps)
}

function codeRoutes(app: App, deps: SignInDeps): void {
  app.post(
    '/v1/sign_in',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'beginSignIn',
        summary: 'Send a sign-in code to an e-mail address',
        description:
          'The answer is the same whether the address is known or not. The code has six digits, opens one session within ten minutes and bears five tries.',
        tags: TAGS,
        body: Type.Object({ email: Email, language: Type.Optional(Type.Enum([...LANGUAGES])) }, closed),
        response: {
          202: Type.Object(
            { id: Id('sgn'), object: Type.Literal('sign_in'), expires_at: Timestamp },
            { title: 'Sign-in that waits for its code' },
          ),
        },
      },
    },
    async (request, reply) => {
      const { email, language } = request.body
      const input = { email, language, place: request.ip }
      return reply.code(202).send(await beginSignIn(deps, callerOf(request).merchantId, input))
    },
  )
  app.post(
    '/v1/sign_in/confirm',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'confirmSignIn',
        summary: 'Open a session with the code from the mail',
        description:
          'The address is proved by it: orders placed under it without an account become the customer’s, and a customer is made where there was none.',
        tags: TAGS,
        body: Type.Object({ id: Id('sgn'), code: Type.String({ pattern: '^[0-9]{6}$' }) }, closed),
        response: { 201: SessionOut },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await confirmSignIn(deps, callerOf(request).merchantId, request.body)),
  )
}

function passkeyRoutes(app: App, deps: SignInDeps): void {
  app.post(
    '/v1/sign_in/passkey',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'beginPasskeySignIn',
        summary: 'Begin to sign in with a passkey',
        tags: TAGS,
        response: { 201: PasskeyRequest },
      },
    },
    async (request, reply) => reply.code(201).send(await askToSignIn(deps, callerOf(request).merchantId)),
  )
  app.post(
    '/v1/sign_in/passkey/confirm',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'confirmPasskeySignIn',
        summary: 'Open a session with what the passkey signed',
        tags: TAGS,
        body: Type.Object({ id: Id('pkc'), response: PasskeyAnswer }, closed),
        response: { 201: SessionOut },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await signInWithPasskey(deps, callerOf(request).merchantId, request.body)),
  )
}

function ownPasskeyRoutes(app: App, deps: SignInDeps): void {
  app.post(
    '/v1/account/passkey_requests',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'beginPasskey',
        summary: 'Begin to make a passkey',
        tags: TAGS,
        response: { 201: PasskeyRequest },
      },
    },
    async (request, reply) => reply.code(201).send(await askToRegister(deps, await signedIn(deps, request))),
  )
  app.post(
    '/v1/account/passkeys',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'addPasskey',
        summary: 'Keep the passkey a device has made',
        tags: TAGS,
        body: Type.Object({ id: Id('pkc'), name: line(60), response: PasskeyPromise }, closed),
        response: { 201: Passkey },
      },
    },
    async (request, reply) => reply.code(201).send(await register(deps, await signedIn(deps, request), request.body)),
  )
  app.get(
    '/v1/account/passkeys',
    {
      config: READ,
      schema: {
        operationId: 'listOwnPasskeys',
        summary: 'The signed-in customer’s passkeys',
        tags: TAGS,
        response: { 200: Type.Object({ data: Type.Array(Passkey) }) },
      },
    },
    async (request) => ({ data: await passkeysOf(deps, await signedIn(deps, request)) }),
  )
  app.delete(
    '/v1/account/passkeys/:id',
    {
      config: SIGN_IN,
      schema: {
        operationId: 'removePasskey',
        summary: 'Remove a passkey',
        tags: TAGS,
        params: Type.Object({ id: Id('psk') }),
        response: { 204: Type.Null({ description: 'Removed.' }) },
      },
    },
    async (request, reply) => {
      await removePasskey(deps, await signedIn(deps, request), request.params.id)
      return reply.code(204).send(null)
    },
  )
}
