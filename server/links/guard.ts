// What a page of a link asks before and after each try to pay. Places and tries are counted with the link's row locked, so that however
// many press the button at once, no link is paid more often than it may be.

import type { GuardedTry, Leave, SessionGuard } from '../checkout/index.ts'
import { transact } from '../db/pool.ts'
import { getToken } from '../vault/index.ts'
import type { LinkDeps } from './deps.ts'
import { isPayable, type Link, linkUrl, sharesPage, stateOf } from './link.ts'
import { settle } from './settle.ts'
import { freePlace, lockLink, readLink, takenByOthers, takePlace } from './store.ts'
import { countTries, dropTry, hasTry, insertTry, isBeingTried, nameTender } from './try-store.ts'
import { isTooMany, LIMITS, looksLikeTesting, windowsAt } from './watch.ts'

type Session = Parameters<SessionGuard['standing']>[0]

/** The guard of the pages that links have made. */
export function createLinkGuard(deps: LinkDeps): SessionGuard {
  return {
    async standing(session) {
      const link = await readLink(deps.db, session.merchant_id, session.payment_link_id as string)
      return link === null ? 'canceled' : standingOf(link, session, deps.clock.now())
    },

    async partUrl(session) {
      const link = await readLink(deps.db, session.merchant_id, session.payment_link_id as string)
      return link?.allows_partial ? linkUrl(deps, link) : null
    },

    async begin(session, made) {
      // What a place was taken for may be over by now.
      await deps.consumer.catchUp(session.merchant_id)
      const card = await cardOf(deps, session.merchant_id, made)
      return transact(deps.db, async (tx): Promise<Leave> => {
        const link = await lockLink(tx, session.merchant_id, session.payment_link_id as string)
        const at = windowsAt(deps.clock.now())
        if (link === null || standingOf(link, session, at.now) !== 'open') return { ok: false, notice: null }
        if (link.max_uses !== null && (await takenByOthers(tx, link, session.id, at.now)) >= link.max_uses)
          return { ok: false, notice: 'busy' }
        // A part fits beside another part, so that the payment's own amount keeps no second one away.
        const own = { sessionId: session.id, attempt: made.attempt, waitsSince: at.waitsSince }
        if (link.allows_partial && (await isBeingTried(tx, link.merchant_id, own))) return { ok: false, notice: 'busy' }
        if (!(await hasTry(tx, link.merchant_id, session.id, made.attempt))) {
          const tries = card === null ? null : await countTries(tx, link, at)
          if (tries && (looksLikeTesting(tries) || isTooMany(tries))) return { ok: false, notice: 'too_many' }
          await insertTry(tx, link, { sessionId: session.id, attempt: made.attempt, card, at: at.now })
        }
        await takePlace(tx, link, session.id, new Date(at.now.getTime() + LIMITS.tryMs))
        return { ok: true }
      })
    },

    async end(session, { attempt }, payment) {
      const { merchant_id, id } = session
      await transact(deps.db, async (tx) => {
        const link = await lockLink(tx, merchant_id, session.payment_link_id as string)
        if (link === null) return
        const tender = payment?.tenders.at(-1)
        if (payment === null || !tender) {
          await dropTry(tx, merchant_id, id, attempt)
          await freePlace(tx, link, id, windowsAt(deps.clock.now()))
          return
        }
        await nameTender(tx, merchant_id, { sessionId: id, attempt, tenderId: tender.id })
        await settle(deps, tx, link, [{ session_id: id, payment }])
      })
    },
  }
}

/** How the link of a page stands, as the page shows it. */
function standingOf(link: Link, session: Session, now: Date): Awaited<ReturnType<SessionGuard['standing']>> {
  if (isPayable(link, now)) {
    // Its amount was changed since: the link leads to another page.
    return sharesPage(link) && link.session_id !== session.id ? 'expired' : 'open'
  }
  switch (stateOf(link, now)) {
    case 'paid':
      return link.max_uses === 1 ? 'paid_elsewhere' : 'expired'
    case 'paused':
      return 'paused'
    case 'expired':
      return 'expired'
    default:
      return link.reason === 'order_paid_elsewhere' ? 'paid_elsewhere' : 'canceled'
  }
}

/** Tells cards apart without knowing them: a keyed hash, or the saved instrument. Null for other ways to pay. */
async function cardOf(deps: LinkDeps, merchantId: string, { card }: GuardedTry): Promise<string | null> {
  if (card === null || !card.startsWith('tok_')) return card
  return (await getToken(deps.payments, merchantId, card))?.card.fingerprint ?? card
}
