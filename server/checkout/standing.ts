// How a session stands at this moment: what is to be paid in all, what still is, and by which payment.

import { type PaymentView, paymentsOfOrder, renderPayment } from '../payments/index.ts'
import type { CheckoutDeps } from './deps.ts'
import type { Session } from './session.ts'

export interface Standing {
  payment: PaymentView | null
  /** Minor units, all of it. */
  total: bigint
  /** What is neither taken nor held. What waits for the customer can still be taken back, so it is counted as owed. */
  left: bigint
  /** What is asked for now: all that is left, or the part of it that the customer chose. */
  due: bigint
  /** Another payment has, or is getting, the order's money. */
  isElsewhere: boolean
  /** How whatever the session was made for stands. */
  maker: 'open' | 'paused' | 'expired' | 'canceled' | 'paid_elsewhere'
}

export async function standingOf(deps: CheckoutDeps, session: Session): Promise<Standing> {
  const { merchant_id, order_id, payment_id } = session
  const payment = payment_id === null ? null : await readPaymentView(deps, merchant_id, payment_id)
  const live = payment?.status === 'canceled' ? null : payment
  const isElsewhere = order_id !== null && (await isPaidElsewhere(deps, session))
  // Also beside a payment: an order that was given up takes nothing more.
  const order = order_id === null ? null : await deps.payments.orders?.due(merchant_id, order_id)
  const total = live ? BigInt(live.amount) : order?.isPayable ? order.limit : session.amount
  const covered = (live?.tenders ?? []).reduce((sum, tender) => sum + coveredBy(tender), 0n)
  const isPayable = order == null || order.isPayable
  const left = isPayable && total > covered ? total - covered : 0n
  // A part that was asked for ends by itself once it is covered.
  const part = session.pay_up_to !== null && session.pay_up_to > covered ? session.pay_up_to - covered : left
  const maker = session.payment_link_id === null ? 'open' : ((await deps.guard?.standing(session)) ?? 'open')
  return { payment: live, total, left, due: part < left ? part : left, isElsewhere, maker }
}

export async function readPaymentView(
  deps: Pick<CheckoutDeps, 'db'>,
  merchantId: string,
  id: string,
): Promise<PaymentView> {
  return JSON.parse((await renderPayment(deps.db, merchantId, id)) as string) as PaymentView
}

/** What a tender has taken or holds. */
export function coveredBy(tender: PaymentView['tenders'][number]): bigint {
  if (tender.status === 'processing') return BigInt(tender.amount)
  return BigInt(tender.amount_authorized > tender.amount_captured ? tender.amount_authorized : tender.amount_captured)
}

async function isPaidElsewhere(deps: CheckoutDeps, { merchant_id, order_id, payment_id }: Session): Promise<boolean> {
  const payments = await paymentsOfOrder(deps.db, merchant_id, order_id as string)
  return payments.some(
    ({ id, direction, amount_captured, amount_refunded, amount_capturable, amount_in_flight }) =>
      id !== payment_id &&
      direction === 'charge' &&
      amount_captured - amount_refunded + amount_capturable + amount_in_flight > 0n,
  )
}
