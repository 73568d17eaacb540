// Sessions follow their payments: what the browser does or says is never asked.

import { appendEvents, type Consumer, type ConsumerDeps, createConsumer } from '../notify/index.ts'
import type { CheckoutDeps } from './deps.ts'
import { sessionEvent } from './event.ts'
import { completeSessions } from './store.ts'

/** Held in full counts as paid where the merchant captures later. */
const DONE = new Set(['captured', 'authorized'])

/** Reads `payment.` events and ends the sessions that are paid. */
export function createCheckoutConsumer(
  deps: Pick<CheckoutDeps, 'newId' | 'clock' | 'publicUrl'> & ConsumerDeps,
): Consumer {
  return createConsumer(deps, {
    name: 'checkout',
    families: ['payment.'],
    but: ['payment.created'],
    async handle(tx, merchantId, events) {
      const paid = events
        .filter(({ data }) => DONE.has((data as { status?: string } | null)?.status ?? ''))
        .map(({ object_id }) => object_id)
      if (paid.length === 0) return
      const at = deps.clock.now()
      const ended = await completeSessions(tx, merchantId, [...new Set(paid)], at)
      const told = ended.map((session) => sessionEvent(deps, 'checkout_session.completed', session))
      if (told.length > 0) await appendEvents(tx, merchantId, at, told)
    },
  })
}
