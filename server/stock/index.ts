// The public face of stock.

export { seedDemoStock } from './demo.ts'
export type { StockDeps, Units } from './deps.ts'
export {
  type Bucket,
  DISPOSITIONS,
  type Disposition,
  type Movement,
  move,
  receiveBack,
  sellFromShelf,
  takeFromFree,
} from './move.ts'
export {
  type Consumption,
  consumeReservations,
  type HandOn,
  handOnReservations,
  type Reservation,
  releaseReservations,
  releaseUnits,
  reserve,
  type Short,
} from './reserve.ts'
export { routes } from './routes.ts'
export type { Plan, Source, ToSend } from './source.ts'
export { available, type LoadOf, planSources, type SourceQuestion } from './sources.ts'
export { lockLevels } from './store.ts'
export { expireCartReservations } from './task.ts'
export {
  type Arrival,
  cancelTransfer,
  createTransfer,
  type NewTransfer,
  receiveTransfer,
  shipTransfer,
} from './transfer.ts'
export type { StockRouteDeps } from './transfer-routes.ts'
export type { TransferRow } from './transfer-store.ts'
