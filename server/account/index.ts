// The public face of the customer's own account.

export type { AccountDeps } from './deps.ts'
export { routes } from './routes.ts'
