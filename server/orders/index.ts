// The public face of orders.

import { createWorker, type Worker } from '../jobs/index.ts'
import { closeDueOrders } from './close.ts'
import type { OrderDeps } from './deps.ts'
import { expireOrders } from './expire.ts'
import { carryOutRefunds } from './refund.ts'

export { type Applied, applyChange, type Units } from './apply-change.ts'
export { createGuestOrdersConsumer } from './attach.ts'
export { bookOrder, type SoldLine, type SoldOrder } from './book.ts'
export { cancelOrder } from './cancel.ts'
export { returnableSince, returnWindowEnd } from './close.ts'
export { atRegister, type OrderDeps } from './deps.ts'
export { createOrderBook } from './due.ts'
export { appendOrderEvents, type OrderEvent } from './event.ts'
export {
  areCardsPaid,
  type FulfilmentStatus,
  fulfilmentStatus,
  isHandedOver,
  isLinePaid,
  lineNow,
  missingFor,
  type OrderFigures,
  orderFigures,
  type PaymentStatus,
  paymentStatus,
  type ReturnStatus,
  returnStatus,
  untakenFor,
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
export { CHARGE_MODES, GROUP_MODES } from './order.ts'
export { orderOfPage, orderPageUrl } from './page-token.ts'
export { placeOrder } from './place.ts'
export { readOrderView } from './read.ts'
export { carryOut } from './refund.ts'
export { closeTasks, openTask } from './refund-store.ts'
export { reservationRef } from './reservation-ref.ts'
export { routes } from './routes.ts'
export { createOrdersConsumer } from './settle.ts'
export {
  forgetBuyers,
  fulfilLines,
  type LineQuantity,
  type LineReturn,
  listOrders,
  lockOrder,
  lockOrders,
  ordersWithCards,
  readOrder,
  readOrderByNumber,
  readOrderGroups,
  readOrderLines,
  readOrders,
  readOrdersOf,
  readOrdersWithEmail,
  returnLines,
} from './store.ts'
export { basketView, type OrderView } from './view.ts'
export { withFees } from './with-fees.ts'
export { writeOffUnpaid } from './write-off.ts'

/** The set-based functions of orders that take rows of several merchants in one call. */
export const MIXED_FUNCTIONS: ReadonlySet<string> = new Set(['order_place'])

/** An order is given up this much after its time at the latest. */
const EXPIRE_EVERY_MS = 5_000
/** Money that must go back waits this long at most, when no hint came. */
const REFUND_EVERY_MS = 2_000
/** An order that is done with is closed this much later at the most, where that was to be foreseen. */
const CLOSE_EVERY_MS = 10 * 60_000

/** Background work: unpaid orders, money to be given back, and orders that are done with. */
export function createOrderWorkers(deps: OrderDeps): { expiry: Worker; refunds: Worker; closing: Worker } {
  const { clock, log } = deps
  return {
    expiry: createWorker({
      name: 'unpaid orders',
      clock,
      log,
      everyMs: EXPIRE_EVERY_MS,
      tick: () => expireOrders(deps),
    }),
    refunds: createWorker({
      name: 'order refunds',
      clock,
      log,
      everyMs: REFUND_EVERY_MS,
      tick: () => carryOutRefunds(deps),
    }),
    closing: createWorker({
      name: 'orders to close',
      clock,
      log,
      everyMs: CLOSE_EVERY_MS,
      tick: () => closeDueOrders(deps),
    }),
  }
}
