// The public face of the payment core.

export { extend, increment } from './adjust.ts'
export { APART_FUNCTIONS, MIXED_FUNCTIONS } from './begin.ts'
export { cancel } from './cancel.ts'
export { capture, release } from './capture.ts'
export type { PaymentDeps } from './deps.ts'
export { expireHolds } from './expire.ts'
export { applyInbound, createStepNotes } from './inbound.ts'
export { readStored } from './offline-store.ts'
export { type OnceDeps, once, onceWithin } from './once.ts'
export {
  cashRoundingOf,
  cashSettledAt,
  type OperationFacts,
  operationAmount,
  operationFacts,
  readOpenOperations,
} from './operation-store.ts'
export {
  closeOrdersToPayment,
  holdPayments,
  leftToCover,
  type OrderBook,
  type OrderDue,
  type PaymentFigures,
  paymentsOfOrder,
  type RefundableTender,
  refundableTenders,
  setPaymentAmounts,
  takenForOrder,
} from './orders.ts'
export { addTender, pay } from './pay.ts'
export type {
  CaptureInput,
  CreditInput,
  PaymentInput,
  PaymentView,
  RefundInput,
  Reply,
  TenderInput,
} from './payment.ts'
export { BankAccountInput, GiftCardInput, OneTimeCode, VoucherInput } from './payment.ts'
export { terminalBusy } from './problems.ts'
export { credit, refund } from './refund.ts'
export { LADDER_MS, resolveDue, reverseDuplicates } from './resolve.ts'
export { routes } from './routes.ts'
export {
  coveredBy,
  familiarMethods,
  type PaymentRow,
  readOperationsOfKey,
  readPayment,
  renderPayment,
} from './store.ts'
export type { StoredValueAsk, StoredValueBooks } from './stored-value.ts'
export {
  endSession,
  type HeldCard,
  holdCard,
  openSession,
  readSlot,
  releaseTerminal,
  type TerminalSlot,
} from './terminal-store.ts'
export { withdraw } from './withdraw.ts'
