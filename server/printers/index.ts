// The public face of printers.

export type { ResolveName } from './address.ts'
export { routes } from './routes.ts'
export { type PrinterDeps, sendToPrinter, type Trouble } from './send.ts'
export { readPrinter } from './store.ts'
