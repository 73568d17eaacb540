// From a link to the page on which it is paid.

import {
  countSessionsOfLink,
  createSession,
  endSession,
  prolongSession,
  readSession,
  type Session,
  sessionStateOf,
  setPart,
} from '../checkout/index.ts'
import { transact } from '../db/pool.ts'
import type { LinkDeps } from './deps.ts'
import { isPayable, type Link, pageEnd, sharesPage } from './link.ts'
import { putSession, readLink, usesOf } from './store.ts'
import { totalOf } from './view.ts'

/** Pages of one link in a minute: above what a crowd before a poster makes, below what fills a disk. */
const PAGES_A_MINUTE = 120
const MINUTE_MS = 60_000
/** A page made by one visitor among many. */
const VISIT_MS = 86_400_000

export type Opened =
  | { kind: 'page'; session: Session }
  /** Too many pages were asked for in a minute. */
  | { kind: 'busy' }
  /** It cannot be paid now; how the link stands says why. */
  | { kind: 'over' }

/** The page for whoever wants to pay. `amount`: what they chose, where the link lets them; checked by the caller. */
export async function openPage(deps: LinkDeps, link: Link, amount: bigint | null): Promise<Opened> {
  const now = deps.clock.now()
  if (!isPayable(link, now)) return { kind: 'over' }
  if (sharesPage(link)) return openShared(deps, link, amount)
  const { merchant_id, id } = link
  if (link.max_uses === 1) {
    const live = (await usesOf(deps.db, link)).find((use) => use.is_live || use.is_paid)
    const session = live ? await readSession(deps.db, merchant_id, live.session_id) : null
    if (session) return { kind: 'page', session }
  }
  if ((await countSessionsOfLink(deps.db, merchant_id, id, new Date(now.getTime() - MINUTE_MS))) >= PAGES_A_MINUTE)
    return { kind: 'busy' }
  const visit = new Date(now.getTime() + VISIT_MS)
  const until = link.expires_at !== null && link.expires_at < visit ? link.expires_at : visit
  const session = await makeSession(deps, link, amount ?? (link.amount as bigint), until)
  return { kind: 'page', session }
}

/** One page for all who open it. Of two who are first at the same time, one makes it. */
async function openShared(deps: LinkDeps, link: Link, amount: bigint | null): Promise<Opened> {
  const session = await sharedSession(deps, link)
  if (session === null) return { kind: 'over' }
  if (link.allows_partial) {
    const left = (await totalOf(deps, link)) ?? 0n
    const isAll = amount === null || link.amount_paid + amount >= left
    await setPart(deps.db, link.merchant_id, session.id, isAll ? null : link.amount_paid + amount)
  }
  return { kind: 'page', session }
}

async function sharedSession(deps: LinkDeps, link: Link): Promise<Session | null> {
  const { merchant_id } = link
  const known = link.session_id === null ? null : await readSession(deps.db, merchant_id, link.session_id)
  if (known && known.state !== 'canceled') {
    // The link lives, so its page does: what was paid on it is not to be lost.
    if (sessionStateOf(known, deps.clock.now()) === 'expired')
      await prolongSession(deps.db, merchant_id, known.id, pageEnd(link, deps.clock.now()))
    return known
  }
  const total = await totalOf(deps, link)
  if (total === null || total === 0n) return known
  const made = await makeSession(deps, link, total, pageEnd(link, deps.clock.now()))
  if (await putSession(deps.db, link, made.id)) return made
  // Somebody else was first, or has changed the link: this page is nobody's.
  await transact(deps.db, (tx) => endSession(deps, tx, merchant_id, made.id))
  const now = await readLink(deps.db, merchant_id, link.id)
  return now && isPayable(now, deps.clock.now()) ? sharedSession(deps, now) : null
}

async function makeSession(deps: LinkDeps, link: Link, amount: bigint, expires_at: Date): Promise<Session> {
  const { merchant_id, id, currency, channel } = link
  return createSession(
    deps,
    merchant_id,
    {
      ...(link.order_id === null ? { amount: Number(amount), currency } : { order_id: link.order_id }),
      channel: channel === 'chat' || channel === 'social' || channel === 'invoice' ? channel : 'link',
      ...named({
        customer_id: link.customer_id,
        store_id: link.store_id,
        country: link.country,
        language: link.language,
        reference: link.reference,
        description: link.description,
        methods: link.methods,
        success_url: link.success_url,
      }),
      metadata: link.metadata,
    },
    { payment_link_id: id, expires_at },
  )
}

/** Without what is absent. */
function named<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as never
}
