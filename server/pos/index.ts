// The public face of pos: the page of the till.

export type { PosView } from './pos-view.ts'
export { routes } from './routes.ts'
