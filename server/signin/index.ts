// The public face of signing in.

export { beginSignIn, confirmSignIn } from './code.ts'
export type { Letterhead, SignInDeps } from './deps.ts'
export { forgetSignIns } from './forget.ts'
export { askToSignIn, type PasskeyView, passkeysOf, signInWithPasskey } from './passkey.ts'
export { PasskeyAnswer } from './passkey-schema.ts'
export { createSignInWorker } from './prune.ts'
export { routes } from './routes.ts'
export { type SignedIn, sessionOf } from './session.ts'
export { customerAt, signedIn, signedInIfAny, signedInLately } from './session-routes.ts'
export { listSessions } from './store.ts'
