// Makes a payment link. No page and no payment yet: those begin with whoever opens it.

import { returnAddress, settingsOf } from '../checkout/index.ts'
import { hasCustomer } from '../customers/index.ts'
import { type Tx, transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import { isMailAddress, type NewMail, queueMail } from '../mail/index.ts'
import { appendEvents } from '../notify/index.ts'
import { onceWithin, paymentsOfOrder } from '../payments/index.ts'
import type { LinkDeps } from './deps.ts'
import { linkEvent } from './event.ts'
import { linkMail } from './letter.ts'
import { type Link, newToken, nextReminder } from './link.ts'
import type { NewLink } from './schema.ts'
import { insertLink, readLink } from './store.ts'

/** Valid for so long unless told otherwise. */
const EXPIRES_IN_S = 30 * 86_400

/**
 * Makes a link over an amount, over what the payer says, or over what is due for an order; with an e-mail address it is sent there. With a
 * key, the same key again is the same link, and one mail. Throws validation-error, reference-not-found, url-not-allowed, order-not-payable,
 * currency-mismatch, idempotency-key-reused; then nothing is written.
 */
export async function createLink(
  deps: LinkDeps,
  merchantId: string,
  input: NewLink,
  idempotency: Idempotency | null,
): Promise<Link> {
  if (idempotency === null) {
    const planned = await plan(deps, merchantId, input)
    await transact(deps.db, (tx) => write(deps, tx, planned))
    return planned.link
  }
  // Read before the transaction. What was made under the key stands, whatever could be made of the same words now.
  const planned = await plan(deps, merchantId, input).catch((error: unknown) => {
    if (error instanceof Problem) return error
    throw error
  })
  const about = planned instanceof Problem ? merchantId : planned.link.id
  // The answer is kept for ever, so it names the link and nobody's address.
  const { body } = await onceWithin(deps, merchantId, idempotency, about, async (tx) => {
    if (planned instanceof Problem) throw planned
    await write(deps, tx, planned)
    return { status: 201, body: JSON.stringify({ id: planned.link.id }) }
  })
  return (await readLink(deps.db, merchantId, (JSON.parse(body) as { id: string }).id)) as Link
}

interface Planned {
  link: Link
  mail: NewMail | null
}

async function write(deps: LinkDeps, tx: Tx, { link, mail }: Planned): Promise<void> {
  await insertLink(tx, link)
  if (mail !== null) await queueMail(tx, link.merchant_id, mail)
  await appendEvents(tx, link.merchant_id, link.created_at, [linkEvent(deps, 'payment_link.created', link)])
}

async function plan(deps: LinkDeps, merchantId: string, input: NewLink): Promise<Planned> {
  const now = deps.clock.now()
  const paid = await paidFor(deps, merchantId, input)
  const usage = input.usage ?? 'single'
  const max_uses = usage === 'single' ? 1 : (input.max_uses ?? null)
  if (usage === 'single' && input.max_uses !== undefined) throw wrong('/max_uses', 'is for usage multi')
  if (usage === 'multi' && input.order_id !== undefined) throw wrong('/usage', 'an order is paid once')
  if (input.allows_partial && (usage === 'multi' || paid.kind === 'open'))
    throw wrong('/allows_partial', 'is for one amount that is paid once')
  if (input.reminders !== undefined && input.email === undefined) throw wrong('/reminders', 'need an email')
  if (input.email !== undefined) mailable(input.email)
  const customerId = input.customer_id ?? paid.customer_id
  if (input.customer_id !== undefined && !(await hasCustomer(deps.db, merchantId, input.customer_id)))
    throw missing('/customer_id')
  const merchant = await deps.merchantCache.get(merchantId)
  if (input.store_id !== undefined && !merchant?.stores.has(input.store_id)) throw missing('/store_id')
  const success_url =
    input.success_url === undefined
      ? null
      : returnAddress(deps, await settingsOf(deps, merchantId), input.success_url, '/success_url')
  const lasts = input.expires_in === undefined ? EXPIRES_IN_S : input.expires_in

  const made: Link = {
    merchant_id: merchantId,
    id: deps.newId('lnk'),
    token: newToken(),
    state: 'active',
    reason: null,
    ...paid,
    allows_partial: input.allows_partial ?? false,
    order_id: input.order_id ?? null,
    customer_id: customerId,
    store_id: input.store_id ?? null,
    max_uses,
    channel: input.channel ?? (input.email === undefined ? 'link' : 'mail'),
    country: input.country ?? null,
    language: input.language ?? null,
    email: input.email ?? null,
    description: input.description ?? null,
    reference: input.reference ?? null,
    methods: input.methods ?? null,
    success_url,
    metadata: input.metadata ?? {},
    session_id: null,
    uses: 0,
    amount_paid: 0n,
    viewed_at: null,
    reminders: [...new Set(input.reminders ?? [])].sort((a, b) => a - b),
    reminders_sent: 0,
    next_reminder_at: null,
    watched_from: now,
    expires_at: lasts === null ? null : new Date(now.getTime() + lasts * 1000),
    version: 1n,
    created_at: now,
  }
  const link = { ...made, next_reminder_at: nextReminder(made, now) }
  return { link, mail: link.email === null ? null : await linkMail(deps, link, 'sent') }
}

type PaidFor = Pick<Link, 'kind' | 'amount' | 'currency' | 'min_amount' | 'max_amount' | 'customer_id'>

async function paidFor(deps: LinkDeps, merchantId: string, input: NewLink): Promise<PaidFor> {
  const { amount, currency, order_id, open_amount } = input
  const ways = [amount, order_id, open_amount].filter((way) => way !== undefined)
  if (ways.length !== 1) throw wrong('/amount', 'give one of amount, open_amount and order_id')
  const none = { min_amount: null, max_amount: null }
  if (order_id !== undefined) {
    const order = await deps.payments.orders?.due(merchantId, order_id)
    if (!order) throw missing('/order_id')
    if (!order.isPayable || order.limit <= 0n) throw new Problem('order-not-payable')
    if ((await takenFor(deps, merchantId, order_id)) >= order.limit)
      throw new Problem('order-not-payable', { detail: 'It is paid.' })
    if (currency !== undefined && currency !== order.currency) throw new Problem('currency-mismatch')
    return { kind: 'order', amount: null, currency: order.currency, ...none, customer_id: order.customerId }
  }
  if (currency === undefined) throw wrong('/currency', 'is needed where no order is named')
  if (amount !== undefined) return { kind: 'fixed', amount: BigInt(amount), currency, ...none, customer_id: null }
  const { min_amount = 1, max_amount = null } = open_amount as NonNullable<typeof open_amount>
  if (max_amount !== null && max_amount < min_amount) throw wrong('/open_amount/max_amount', 'is less than min_amount')
  return {
    ...{ kind: 'open', amount: null, currency, customer_id: null },
    min_amount: BigInt(min_amount),
    max_amount: max_amount === null ? null : BigInt(max_amount),
  }
}

/** What was taken or is held for an order. What only waits for a customer may be left, and keeps no link from being made. */
async function takenFor(deps: LinkDeps, merchantId: string, orderId: string): Promise<bigint> {
  const payments = await paymentsOfOrder(deps.db, merchantId, orderId)
  return payments
    .filter(({ direction }) => direction === 'charge')
    .reduce((sum, { amount_captured, amount_capturable }) => sum + amount_captured + amount_capturable, 0n)
}

/** Throws where no mail could go there. */
export function mailable(email: string): void {
  if (!isMailAddress(email)) throw wrong('/email', 'is no address that mail can be sent to')
}

export function wrong(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

function missing(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'names nothing of yours' }] })
}
