// Makes a checkout session. No payment yet: it begins with the customer's first try.

import { hasCustomer } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { BagCaller, OpenedBag } from './bag.ts'
import type { CheckoutDeps } from './deps.ts'
import { sessionEvent } from './event.ts'
import type { NewSession } from './schema.ts'
import { newToken, type Session } from './session.ts'
import { returnAddress, settingsOf } from './settings.ts'
import { insertSession } from './store.ts'

/**
 * Makes a session over an amount, or over what is due for an order. Throws validation-error, totals-mismatch, reference-not-found,
 * url-not-allowed, order-not-payable, amount-exceeds-due, currency-mismatch; then nothing is written. `made`: for which link, and until
 * when, where that is not the caller's to say. `caller`: whose key asked; a publishable one makes pages for its own cart only.
 */
export async function createSession(
  deps: CheckoutDeps,
  merchantId: string,
  input: NewSession,
  made: { payment_link_id?: string; expires_at?: Date; caller?: BagCaller } = {},
): Promise<Session> {
  const now = deps.clock.now()
  const { bag, ...owed } = await owedFor(deps, merchantId, input, made.caller ?? { kind: 'secret', headers: {} })
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
    channel: input.channel ?? bag?.channel ?? 'web',
    capture: input.capture ?? 'automatic',
    country: input.country ?? bag?.country ?? null,
    language: input.language ?? null,
    cart_id: input.cart_id ?? null,
    order_id: input.order_id ?? null,
    payment_link_id: made.payment_link_id ?? null,
    pay_up_to: null,
    customer_id: made.caller?.signedIn ?? input.customer_id ?? owed.customer_id,
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
    await bag?.save(tx, session)
    await appendEvents(tx, merchantId, now, [sessionEvent(deps, 'checkout_session.created', session)])
  })
  return session
}

interface Owed {
  amount: bigint
  currency: string
  customer_id: string | null
  bag?: OpenedBag
}

async function owedFor(deps: CheckoutDeps, merchantId: string, input: NewSession, caller: BagCaller): Promise<Owed> {
  if (caller.kind === 'publishable') refuseOfHolder(input)
  if (input.cart_id !== undefined) return owedForCart(deps, merchantId, { ...input, cart_id: input.cart_id }, caller)
  if (input.delivery_options) throw invalid('/delivery_options', 'is for a cart')
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

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

/** What whoever holds a cart may say of its page: where it leads and how it reads, not what anything costs or who they are. */
const OF_HOLDER: ReadonlySet<string> = new Set(['cart_id', 'language', 'success_url', 'cancel_url'])

function refuseOfHolder(input: NewSession): void {
  if (input.cart_id === undefined)
    throw new Problem('scope-missing', { detail: 'With a publishable key a page is made for a cart.' })
  const other = Object.keys(input).filter((name) => !OF_HOLDER.has(name))
  if (other.length > 0)
    throw new Problem('scope-missing', {
      detail: 'Said with a secret key only.',
      errors: other.map((name) => ({ pointer: `/${name}`, detail: 'is for the merchant to say' })),
    })
}

async function owedForCart(
  deps: CheckoutDeps,
  merchantId: string,
  input: NewSession & { cart_id: string },
  caller: BagCaller,
): Promise<Owed> {
  const other = (['order_id', 'amount', 'currency', 'channel', 'lines'] as const).find(
    (name) => input[name] !== undefined,
  )
  if (other !== undefined) throw invalid(`/${other}`, 'is for the cart to say')
  if (!deps.bags) throw missing('/cart_id')
  const { cart_id, delivery_options } = input
  const bag = await deps.bags.open(merchantId, { cart_id, caller, delivery_options })
  return { amount: bag.amount, currency: bag.currency, customer_id: bag.customer_id, bag }
}
