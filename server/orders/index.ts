// The public face of orders.

export { appendOrderEvents, type OrderEvent } from './event.ts'
export {
  type FulfilmentStatus,
  fulfilmentStatus,
  isHandedOver,
  lineNow,
  type OrderFigures,
  orderFigures,
  type PaymentStatus,
  paymentStatus,
  type ReturnStatus,
  returnStatus,
} from './figures.ts'
export type {
  ChargeMode,
  Component,
  GroupLine,
  GroupMode,
  Order,
  OrderAddress,
  OrderGroup,
  OrderLine,
  OrderState,
} from './order.ts'
export { reservationRef } from './reservation-ref.ts'
export {
  fulfilLines,
  type LineQuantity,
  type LineReturn,
  readOrder,
  readOrderGroups,
  readOrderLines,
  readOrders,
  returnLines,
} from './store.ts'
