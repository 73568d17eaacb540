// Writes the letters: reads the log of orders, payments and fulfilments, and leaves each letter in the outbox in the transaction that
// moves the cursor. So each is written exactly once, and only about what really happened.

import type { Queryable, Tx } from '../db/pool.ts'
import { isMailAddress, queueMail } from '../mail/index.ts'
import { type Consumer, createConsumer, type EventRow } from '../notify/index.ts'
import { type Order, readOrdersWithEmail } from '../orders/index.ts'
import type { LetterDeps } from './deps.ts'
import { factsOf } from './facts.ts'
import { letterOf } from './letter.ts'
import { kindFor, OCCASIONS, type Occasion, occasionOf } from './occasion.ts'
import { isPaid, PAID, thankFor } from './paid.ts'
import { readOff } from './settings-store.ts'

/** Reads the events of orders, payments and fulfilments, and of what is paid without an order. */
export function createLettersConsumer(deps: LetterDeps): Consumer {
  return createConsumer(deps, {
    name: 'letters',
    families: [...OCCASIONS, ...PAID],
    async handle(tx, merchantId, events) {
      await writeLetters(deps, tx, merchantId, events)
      const paid = events.filter(isPaid)
      if (paid.length === 0 || (await readOff(tx, merchantId)).has('payment_received')) return
      for (const event of paid) await thankFor(deps, tx, merchantId, event)
    },
  })
}

async function writeLetters(deps: LetterDeps, tx: Tx, merchantId: string, events: readonly EventRow[]): Promise<void> {
  const occasions = events.flatMap((event) => occasionOf(event) ?? [])
  if (occasions.length === 0) return
  const orders = await addressed(tx, merchantId, occasions)
  if (orders.size === 0) return
  const off = await readOff(tx, merchantId)
  for (const occasion of occasions) {
    const order = orders.get(occasion.orderId)
    const kind = order ? kindFor(occasion, order) : null
    if (!order || kind === null || off.has(kind)) continue
    const facts = await factsOf(deps, tx, merchantId, order, occasion)
    if (!facts) continue
    await queueMail(tx, merchantId, {
      ...{ id: deps.newId('mal'), at: deps.clock.now(), kind, to: order.email as string },
      ...{ language: facts.language, fromName: facts.merchant.name, replyTo: facts.merchant.replyTo },
      ...{ objectId: order.id, onceKey: occasion.onceKey },
      ...letterOf(kind, facts),
    })
  }
}

/** The orders of these occasions that somebody can be written to about. */
async function addressed(
  db: Queryable,
  merchantId: string,
  occasions: readonly Occasion[],
): Promise<Map<string, Order>> {
  const ids = [...new Set(occasions.map(({ orderId }) => orderId))]
  const orders = await readOrdersWithEmail(db, merchantId, ids)
  return new Map([...orders].filter(([, { email }]) => email !== null && isMailAddress(email)))
}
