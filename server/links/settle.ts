// Brings a link up to what the payment of one of its pages has come to: places, amounts, declined tries. Told by the try itself and
// by the log of payments, whichever is first; what is known changes nothing and is told once.

import { coveredBy } from '../checkout/index.ts'
import type { Tx } from '../db/pool.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import type { PaymentView } from '../payments/index.ts'
import type { LinkDeps } from './deps.ts'
import { linkEvent } from './event.ts'
import { type Link, stateOf } from './link.ts'
import { addUp, freePlace, setState, setUse } from './store.ts'
import { answerTenders, countTries } from './try-store.ts'
import { looksLikeTesting, windowsAt } from './watch.ts'

/** Held in full counts as paid where the merchant captures later. */
const DONE: ReadonlySet<string> = new Set(['captured', 'authorized'])
const UNDER_WAY: ReadonlySet<string> = new Set(['requires_action', 'processing'])

type SettleDeps = Pick<LinkDeps, 'clock' | 'newId'>

/** Takes over what payments of pages of a locked link have come to. */
export async function settle(
  deps: SettleDeps,
  tx: Tx,
  link: Link,
  payments: readonly { session_id: string; payment: PaymentView }[],
): Promise<void> {
  const at = windowsAt(deps.clock.now())
  for (const { session_id, payment } of payments) {
    const covered = payment.tenders.reduce((sum, tender) => sum + settled(tender), 0n)
    const isLive = covered > 0n || payment.tenders.some(({ status }) => UNDER_WAY.has(status))
    await setUse(
      tx,
      link,
      {
        ...{ session_id, is_live: isLive, is_paid: DONE.has(payment.status), amount: covered },
        ...{ payment_id: payment.id, payment_version: payment.version },
      },
      at.now,
    )
    const answers = payment.tenders
      .filter(({ status, decline }) => decline !== null || !UNDER_WAY.has(status))
      .map(({ id, decline }) => ({ tenderId: id, isDeclined: isRefused(decline) }))
    await answerTenders(tx, link.merchant_id, session_id, answers)
    await freePlace(tx, link, session_id, at)
  }
  const events: NewEvent[] = []
  const summed = await addUp(tx, link)
  const now = summed ?? link
  if (summed)
    events.push(linkEvent(deps, summed.uses > link.uses ? 'payment_link.paid' : 'payment_link.partly_paid', summed))
  const paused = await pauseWhenTested(deps, tx, now)
  if (paused) events.push(linkEvent(deps, 'payment_link.paused', paused))
  if (events.length > 0) await appendEvents(tx, link.merchant_id, at.now, events)
}

/** Pauses a locked link on which cards are tested; null when nobody does, or it is over anyhow. */
async function pauseWhenTested(deps: SettleDeps, tx: Tx, link: Link): Promise<Link | null> {
  const at = windowsAt(deps.clock.now())
  if (link.state !== 'active' || stateOf(link, at.now) === 'paid') return null
  if (!looksLikeTesting(await countTries(tx, link, at))) return null
  return setState(tx, link, { state: 'paused', reason: 'card_testing', at: at.now })
}

type TenderView = PaymentView['tenders'][number]

/** What a tender has taken or holds for good; one that is under way has not yet. */
function settled(tender: TenderView): bigint {
  return tender.status === 'processing' ? 0n : coveredBy(tender)
}

/** A customer who goes back or pays another way has tried no card. */
function isRefused(decline: TenderView['decline']): boolean {
  return decline !== null && !['canceled', 'customer_canceled', 'no_effect'].includes(decline.code)
}
