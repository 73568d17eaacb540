// Makes a checkout session. No payment yet: it begins with the customer's first try.

import { hasCustomer } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { CheckoutDeps } from './deps.ts'
import { sessionEvent } from './event.ts'
import type { NewSession } from './schema.ts'
import { newToken, type Session } from './session.ts'
import { returnAddress, settingsOf } from './settings.ts'
import { insertSession } from './store.ts'

/**
 * Makes a session over an amount, or over what is due for an order. Throws validation-error, totals-mismatch, reference-not-found,
 * url-not-allowed, order-not-payable, amount-exceeds-due, currency-mismatch; then nothing is written. `made`: for which link, and until
 * when, where that is not the caller's to say.
 */
export async function createSession(
  deps: CheckoutDeps,
  merchantId: string,
  input: NewSession,
  made: { payment_link_id?: string; expires_at?: Date } = {},
): Promise<Session> {
  const now = deps.clock.now()
  const owed = await owedFor(deps, merchantId, input)
  const lines = input.lines ?? []
  if (lines.length > 0 && lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n) !== owed.amount)
    throw new Problem('totals-mismatch', { errors: [{ pointer: '/lines', detail: 'must add up to the amount' }] })
  if (input.customer_id !== undefined && !(await hasCustomer(deps.db, merchantId, input.customer_id)))
    throw missing('/customer_id')
  const merchant = await deps.merchantCache.get(merchantId)
  if (input.store_id !== undefined && !merchant?.stores.has(input.store_id)) throw missing('/store_id')
  const settings = await settingsOf(deps, merchantId)
  const urlOf = (name: 'success_url' | 'cancel_url') =>
    input[name] === undefined ? null : returnAddress(deps, settings, input[name], `/${name}`)

  const session: Session = {
    merchant_id: merchantId,
    id: deps.newId('chs'),
    token: newToken(),
    state: 'open',
    ...owed,
    channel: input.channel ?? 'web',
    capture: input.capture ?? 'automatic',
    country: input.country ?? null,
    language: input.language ?? null,
    order_id: input.order_id ?? null,
    payment_link_id: made.payment_link_id ?? null,
    pay_up_to: null,
    customer_id: input.customer_id ?? owed.customer_id,
    store_id: input.store_id ?? null,
    reference: input.reference ?? null,
    description: input.description ?? null,
    lines,
    methods: input.methods ?? null,
    success_url: urlOf('success_url'),
    cancel_url: urlOf('cancel_url'),
    metadata: input.metadata ?? {},
    payment_id: null,
    payment_seq: 0,
    version: 1n,
    expires_at: made.expires_at ?? new Date(now.getTime() + (input.expires_in ?? 86_400) * 1000),
    created_at: now,
    completed_at: null,
  }
  await transact(deps.db, async (tx) => {
    await insertSession(tx, session)
    await appendEvents(tx, merchantId, now, [sessionEvent(deps, 'checkout_session.created', session)])
  })
  return session
}

interface Owed {
  amount: bigint
  currency: string
  customer_id: string | null
}

async function owedFor(deps: CheckoutDeps, merchantId: string, input: NewSession): Promise<Owed> {
  if (input.order_id === undefined) {
    const absent = (['amount', 'currency'] as const).filter((name) => input[name] === undefined)
    if (absent.length > 0)
      throw new Problem('validation-error', {
        errors: absent.map((name) => ({ pointer: `/${name}`, detail: 'is needed where no order is named' })),
      })
    return { amount: BigInt(input.amount as number), currency: input.currency as string, customer_id: null }
  }
  const order = await deps.payments.orders?.due(merchantId, input.order_id)
  if (!order) throw missing('/order_id')
  if (!order.isPayable || order.limit <= 0n) throw new Problem('order-not-payable')
  if (input.currency !== undefined && input.currency !== order.currency) throw new Problem('currency-mismatch')
  if (input.amount !== undefined && BigInt(input.amount) !== order.limit)
    throw new Problem(BigInt(input.amount) > order.limit ? 'amount-exceeds-due' : 'totals-mismatch', {
      errors: [{ pointer: '/amount', detail: `must be ${order.limit}, or left out` }],
    })
  return { amount: order.limit, currency: order.currency, customer_id: order.customerId ?? null }
}

function missing(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'names nothing of yours' }] })
}
