// The public face of the terminal core.

export type { TerminalDeps } from './deps.ts'
export { routes } from './routes.ts'
