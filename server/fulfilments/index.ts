// The public face of fulfilments.

export { pickupCode } from './code.ts'
export type { FulfilmentDeps } from './deps.ts'
export { createFulfilmentsConsumer, createFulfilmentWorkers } from './follow.ts'
export { dropWithEdit } from './follow-orders.ts'
export type { Fulfilment, FulfilmentLine, FulfilmentState } from './fulfilment.ts'
export { createLoadOf } from './load.ts'
export { routes } from './routes.ts'
export { promises } from './schedule.ts'
export { type ShownFulfilment, showAll } from './show.ts'
export { forgetAddresses, readFulfilment, readOfOrders } from './store.ts'
export { takeBackDigital } from './take-back.ts'
