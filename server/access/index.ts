// The public face of the access module: who may call the API, and what each key may do.

export { type Authenticator, type AuthenticatorDeps, type Caller, createAuthenticator } from './authenticate.ts'
export { type IssuedKey, issueFirstKeys, issueKey, type KeyDeps, type KeyOwner, type NewKey } from './issue.ts'
export { type AccessRouteDeps, routes } from './routes.ts'
export { KEY_KINDS, type KeyKind, SCOPES, type Scope } from './scope.ts'
