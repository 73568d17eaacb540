// The guards of a new payment that need no database: everything it refers to must be this merchant's and fit together.

import { hasCustomer } from '../customers/index.ts'
import { Problem } from '../lib/problem.ts'
import { type MerchantConfig, merchantConfig } from '../merchants/index.ts'
import type { NewPayment } from './begin.ts'
import type { PaymentDeps } from './deps.ts'
import { holdToOrder } from './orders.ts'
import type { CreditInput, PaymentInput } from './payment.ts'
import { notFound } from './problems.ts'
import { returnUrl } from './return-url.ts'

/** The merchant's configuration. Throws storage-not-durable for a live merchant on a database that could lose money. */
export async function merchantFor(deps: PaymentDeps, merchantId: string): Promise<MerchantConfig> {
  const merchant = await merchantConfig(deps, merchantId)
  if (!merchant) throw new Error('the caller’s merchant does not exist')
  if (merchant.mode === 'live' && !deps.isDurable()) throw new Problem('storage-not-durable')
  return merchant
}

/**
 * Makes the payment of a request. Store comes from the terminal or drawer where the request names none. Throws
 * reference-not-found for a foreign store or customer, url-not-allowed for a return_url (returnUrl).
 */
export async function newPayment(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  input: PaymentInput | CreditInput,
): Promise<NewPayment> {
  const tender = 'tender' in input ? input.tender : undefined
  const place = placeOf(merchant, tender?.terminal_id, tender?.cash?.register_id)
  if (input.store_id !== undefined && !merchant.stores.has(input.store_id)) throw notFound('/store_id')
  if (input.store_id !== undefined && place !== undefined && place !== input.store_id) {
    throw new Problem('validation-error', {
      detail: 'The terminal or drawer stands in another store.',
      errors: [{ pointer: '/store_id', detail: 'is another store' }],
    })
  }
  // A saved instrument is looked up next and belongs to its customer, so for it one read is enough.
  const isProven = tender?.instrument_id !== undefined
  if (input.customer_id !== undefined && !isProven && !(await hasCustomer(deps.db, merchant.id, input.customer_id)))
    throw notFound('/customer_id')
  const isCharge = !('to' in input)
  const payment: NewPayment = {
    payment_id: deps.newId('pay'),
    direction: isCharge ? 'charge' : 'credit',
    amount: BigInt(input.amount),
    currency: input.currency,
    channel: input.channel,
    capture: isCharge ? ((input as PaymentInput).capture ?? 'automatic') : 'automatic',
    store_id: input.store_id ?? place,
    order_id: input.order_id,
    customer_id: input.customer_id,
    reference: input.reference,
    metadata: input.metadata,
  }
  if (isCharge) Object.assign(payment, await holdToOrder(deps, merchant.id, payment))
  if (isCharge) {
    const { country, return_url } = input as PaymentInput
    payment.country = country
    payment.return_url = return_url === undefined ? undefined : await returnUrl(deps, merchant, return_url)
  }
  return payment
}

function placeOf(merchant: MerchantConfig, terminalId?: string, registerId?: string): string | undefined {
  if (terminalId !== undefined) {
    const terminal = merchant.terminals.get(terminalId)
    if (!terminal) throw notFound('/tender/terminal_id')
    return terminal.storeId
  }
  if (registerId !== undefined) {
    const register = merchant.registers.get(registerId)
    if (!register) throw notFound('/tender/cash/register_id')
    return register.storeId
  }
  return undefined
}
