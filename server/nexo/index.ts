// The public face of nexo: the messages between a till and a terminal, as data. Pure: nothing here opens a connection or knows a
// payment of ours.

export {
  type Pairs,
  type PairsForm,
  readAdditional,
  readPairs,
  writeAdditional,
  writePairs,
} from './additional.ts'
export { fromNexoAmount, toNexoAmount } from './amount.ts'
export {
  type AnswerResult,
  type CardAcquisitionAnswer,
  type CardFacts,
  type EventAnswer,
  type InputAnswer,
  type PaymentAnswer,
  type ReversalAnswer,
  readCardAcquisitionAnswer,
  readEvent,
  readInputAnswer,
  readPaymentAnswer,
  readProgress,
  readResult,
  readReversalAnswer,
  readStatusAnswer,
  type StatusAnswer,
  type TransactionName,
} from './answers.ts'
export type {
  DisplayOutput,
  MenuEntry,
  MessageReference,
  OriginalTransaction,
  OutputContent,
  OutputText,
  SaleData,
  TransactionId,
} from './fields.ts'
export {
  type Address,
  bodyName,
  type Header,
  type Message,
  MessageFormat,
  PROTOCOL_VERSION,
  readMessage,
  request,
  requestBody,
  response,
  type Wire,
  type Wrapper,
} from './message.ts'
export { eventNotification, type NewEvent, progressNotification } from './notification.ts'
export { readSlips, type Slip, type SlipLine, slip, slipText } from './receipt.ts'
export type { RequestCategory, Requests } from './requests.ts'
export type {
  CardAcquisitionResponse,
  CardData,
  Input,
  InputResponse,
  PaymentInstrumentData,
  PaymentReceipt,
  PaymentResponse,
  PoiStatus,
  Response,
  Responses,
  ReversalResponse,
  StoredValueResult,
  TransactionTotals,
} from './responses.ts'
export { isSealed, keysOf, open, SealBroken, type SharedKey, seal } from './seal.ts'
export { isServiceId, newServiceId } from './service-id.ts'
export * from './words.ts'
