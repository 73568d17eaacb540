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
export { createStockReads, type StockReads } from './reads.ts'
export {
  type Consumption,
  consumeReservations,
  type HandOn,
  handOnReservations,
  handOnWhole,
  type Reservation,
  releaseReservations,
  releaseUnits,
  reserve,
  type Short,
} from './reserve.ts'
export { routes } from './routes.ts'
export { TRANSFER_STATES } from './schema.ts'
export { distanceKm, type Place, type Plan, type Source, type ToSend } from './source.ts'
export { atHand, available, type LoadOf, placeOfStore, planSources, poolOf, type SourceQuestion } from './sources.ts'
export { lockLevels, oversoldOf, readReserved } from './store.ts'
export { expireCartReservations } from './task.ts'
export {
  type Arrival,
  cancelTransfer,
  createTransfer,
  type NewTransfer,
  planTransfer,
  receiveTransfer,
  shipTransfer,
  writeTransfers,
} from './transfer.ts'
export { giveUpUnits } from './transfer-promise.ts'
export type { StockRouteDeps } from './transfer-routes.ts'
export { lockTransfers, readKept, readTransferStates, type TransferRow } from './transfer-store.ts'
