// The public face of offline selling: what tills sold while they were cut off.

export type { OfflineDeps } from './deps.ts'
export { routes } from './routes.ts'
