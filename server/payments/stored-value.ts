// Gift cards, store credit and points as tenders. Their balances belong to a module above, which is handed in; here is only
// which of them a tender or a refund means. Whether the balance is enough is decided by the books, when they are instructed.

import { Problem } from '../lib/problem.ts'
import type { MethodFlow, MethodKind } from '../merchants/index.ts'
import type { NewPayment } from './begin.ts'
import type { PaymentDeps } from './deps.ts'
import { customerOfOrder } from './orders.ts'
import type { Destination, TenderInput } from './payment.ts'
import { invalid } from './problems.ts'

/** What a request says about the balance it means. */
export interface StoredValueAsk {
  /** `gift_card`, `store_credit` or `points`. */
  method: string
  currency: string
  customerId: string | undefined
  /** Whose order it is to pay for; absent for a guest's, or none. */
  orderCustomerId?: string | undefined
  giftCard: { code: string; pin?: string } | undefined
  giftCardId?: string | undefined
  /** Where in the body the gift card stands. */
  pointer: string
  callerId: string | undefined
}

/** Given by the module that keeps the balances, through wiring. */
export interface StoredValueBooks {
  /**
   * The balance a charge means; null when the customer has none. Throws gift-card-invalid (wrong code or PIN, blocked,
   * expired), rate-limited, method-unavailable, balance-of-another (the order is another person's; gift cards pay any).
   */
  toCharge(merchantId: string, ask: StoredValueAsk): Promise<string | null>
  /** What that balance can pay now, in minor units of the currency; 0 where there is none. Throws as toCharge. */
  spendable(merchantId: string, ask: StoredValueAsk): Promise<bigint>
  /**
   * The balance money is to go onto; the customer's store credit is opened when there is none. Throws gift-card-invalid,
   * reference-not-found, rate-limited, operation-unsupported for points.
   */
  toCredit(merchantId: string, ask: StoredValueAsk): Promise<string>
}

/** The balance that a tender draws on; undefined for every other method. Throws validation-error and what `toCharge` throws. */
export async function storedValueToCharge(
  deps: PaymentDeps,
  merchantId: string,
  payment: NewPayment,
  input: TenderInput,
  flow: MethodFlow,
): Promise<string | undefined> {
  const { gift_card, method } = input
  if (gift_card !== undefined && method !== 'gift_card') throw invalid('/tender/gift_card', 'only for gift cards')
  if (flow !== 'stored_value') return undefined
  if (method === 'gift_card' && gift_card === undefined) throw invalid('/tender/gift_card', 'is needed for a gift card')
  if (method !== 'gift_card' && payment.customer_id === undefined)
    throw invalid('/tender/method', 'needs a payment with a customer')
  const found = await books(deps).toCharge(merchantId, {
    method,
    currency: payment.currency,
    customerId: payment.customer_id,
    orderCustomerId:
      method === 'gift_card' ? undefined : await customerOfOrder(deps.orders, merchantId, payment.order_id),
    giftCard: gift_card,
    pointer: '/tender/gift_card',
    callerId: deps.callerId,
  })
  if (found === null) throw new Problem('balance-insufficient')
  return found
}

/** The balance that money is paid onto; undefined for every other method. Throws validation-error and what `toCredit` throws. */
export async function storedValueToCredit(
  deps: PaymentDeps,
  merchantId: string,
  payment: Pick<NewPayment, 'currency' | 'customer_id'>,
  to: Destination,
  kind: MethodKind,
  pointer: string,
): Promise<string | undefined> {
  const { method, gift_card, gift_card_id, customer_id } = to
  const isGiftCard = method === 'gift_card'
  if (!isGiftCard && gift_card !== undefined) throw invalid(`${pointer}/gift_card`, 'only for gift cards')
  if (!isGiftCard && gift_card_id !== undefined) throw invalid(`${pointer}/gift_card_id`, 'only for gift cards')
  if (method !== 'store_credit' && customer_id !== undefined)
    throw invalid(`${pointer}/customer_id`, 'only for store credit')
  if (kind !== 'stored_value') return undefined
  if (isGiftCard && (gift_card === undefined) === (gift_card_id === undefined))
    throw invalid(`${pointer}/gift_card`, 'a gift card is named by its code or its id, one of them')
  const customerId = customer_id ?? payment.customer_id
  if (method === 'store_credit' && customerId === undefined)
    throw invalid(`${pointer}/customer_id`, 'store credit belongs to a customer')
  return books(deps).toCredit(merchantId, {
    method,
    currency: payment.currency,
    customerId,
    giftCard: gift_card,
    giftCardId: gift_card_id,
    pointer: isGiftCard
      ? `${pointer}/${gift_card === undefined ? 'gift_card_id' : 'gift_card'}`
      : `${pointer}/customer_id`,
    callerId: deps.callerId,
  })
}

function books(deps: PaymentDeps): StoredValueBooks {
  if (!deps.storedValue) throw new Problem('method-unavailable', { detail: 'No balances are kept here.' })
  return deps.storedValue
}
