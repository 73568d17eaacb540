// The public face of signing in.

export type { Letterhead, SignInDeps } from './deps.ts'
export { forgetSignIns } from './forget.ts'
export { type PasskeyView, passkeysOf } from './passkey.ts'
export { createSignInWorker } from './prune.ts'
export { routes } from './routes.ts'
export { type SignedIn, sessionOf } from './session.ts'
export { signedIn, signedInIfAny, signedInLately } from './session-routes.ts'
