// The public face of tills: devices, sessions, and what may be done at them.

export { tillCaller } from './caller.ts'
export type { TillDeps, TillDoor } from './deps.ts'
export { routes } from './routes.ts'
export { type DeviceRow, readDevice } from './store.ts'
