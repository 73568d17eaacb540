// The public face of receipts.

import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { ReceiptDeps } from './deps.ts'
import { writeDue } from './write.ts'

export type { ReceiptDeps, SellerFacts } from './deps.ts'
export { routes } from './routes.ts'
export {
  copiesOfShift,
  lockTotals,
  putInReport,
  type ReceiptRow,
  receiptIdsOf,
  receiptsOfShift,
  type StampRow,
  shiftsNotReported,
  stampsOfShift,
  type VatRow,
} from './store.ts'
export { sumVat } from './vat.ts'
export { writeWaiting } from './write.ts'

/** How soon the receipt of a sale is written when nobody asks for it. */
const EVERY_MS = 1_000

/** Writes receipts that nobody has asked for. */
export function createReceiptWorker(deps: ReceiptDeps & { clock: Clock }): Worker {
  const { clock, log } = deps
  return createWorker({ name: 'receipts of registers', clock, log, everyMs: EVERY_MS, tick: () => writeDue(deps) })
}
