// Changes, ends, pauses and resumes a link.

import { endSession, prolongSession } from '../checkout/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvents } from '../notify/index.ts'
import { mailable, wrong } from './create.ts'
import type { LinkDeps } from './deps.ts'
import { linkEvent } from './event.ts'
import { linkMail } from './letter.ts'
import { type Link, nextReminder, pageEnd, stateOf } from './link.ts'
import type { LinkPatch } from './schema.ts'
import { lockLink, readLink, setState, updateLink, usesOf } from './store.ts'

/**
 * Changes what `input` names. A new amount ends the page that was open for the old one. Throws not-found, invalid-state (it is over, or
 * money is under way for the old amount), version-conflict, validation-error.
 */
export async function changeLink(
  deps: LinkDeps,
  merchantId: string,
  id: string,
  input: LinkPatch,
  version: number | undefined,
): Promise<Link> {
  await deps.consumer.catchUp(merchantId)
  const now = deps.clock.now()
  const letter = await letterTo(deps, merchantId, id, input, now)
  return transact(deps.db, async (tx) => {
    const link = await lockLink(tx, merchantId, id)
    if (!link) throw new Problem('not-found')
    // What the mail says was read before: of another version it would be wrong.
    if (letter && link.version !== letter.version) throw new Problem('version-conflict')
    if (version !== undefined && link.version !== BigInt(version)) throw new Problem('version-conflict')
    const state = stateOf(link, now)
    if (state === 'paid' || state === 'canceled') throw new Problem('invalid-state', { detail: `It is ${state}.` })
    const { expires_in, amount, ...rest } = input
    if (rest.email != null) mailable(rest.email)
    const changed: Link = { ...link, ...rest }
    if (expires_in !== undefined)
      changed.expires_at = expires_in === null ? null : new Date(now.getTime() + expires_in * 1000)
    if (rest.max_uses !== undefined) {
      if (link.max_uses === 1) throw wrong('/max_uses', 'this link is paid once')
      if (rest.max_uses !== null && rest.max_uses < Math.max(2, link.uses))
        throw wrong('/max_uses', 'is less than there are')
    }
    if (amount !== undefined && BigInt(amount) !== link.amount) {
      if (link.kind !== 'fixed') throw wrong('/amount', 'this link has no amount of its own')
      if (link.max_uses === 1 && (await usesOf(tx, link)).some((use) => use.is_live || use.is_paid))
        throw new Problem('invalid-state', { detail: 'A payment of the present amount is under way.' })
      changed.amount = BigInt(amount)
      changed.session_id = null
      if (link.session_id !== null) await endSession(deps, tx, merchantId, link.session_id)
    } else if (expires_in !== undefined && link.session_id !== null) {
      await prolongSession(tx, merchantId, link.session_id, pageEnd(changed, now))
    }
    changed.reminders = [...new Set(changed.reminders)].sort((a, b) => a - b)
    if (changed.reminders.length > 0 && changed.email === null) throw wrong('/reminders', 'need an email')
    changed.next_reminder_at = nextReminder(changed, now)
    const after = await updateLink(tx, changed)
    if (letter) await queueMail(tx, merchantId, letter.mail)
    await appendEvents(tx, merchantId, now, [linkEvent(deps, 'payment_link.changed', after)])
    return after
  })
}

/** The mail to a new address, of the link as it will be. It reads, so it is made before the transaction. */
async function letterTo(deps: LinkDeps, merchantId: string, id: string, input: LinkPatch, now: Date) {
  const { expires_in, amount, ...rest } = input
  if (rest.email == null) return null
  mailable(rest.email)
  const link = await readLink(deps.db, merchantId, id)
  if (!link || link.email === rest.email) return null
  const expires_at = expires_in == null ? null : new Date(now.getTime() + expires_in * 1000)
  const changed: Link = {
    ...{ ...link, ...rest },
    ...(amount === undefined ? {} : { amount: BigInt(amount) }),
    ...(expires_in === undefined ? {} : { expires_at }),
  }
  return { version: link.version, mail: await linkMail(deps, changed, 'sent') }
}

/** What a merchant may do with a link besides changing it: to which state, from which, and how it is told. */
const MOVES = {
  cancel: { to: 'canceled', event: 'payment_link.canceled' },
  pause: { to: 'paused', event: 'payment_link.paused' },
  resume: { to: 'active', event: 'payment_link.resumed' },
} as const

/**
 * Ends, pauses or resumes a link; one that stands so already stays as it is. A payment that is under way stays as it is. Throws not-found,
 * invalid-state.
 */
export async function moveLink(
  deps: LinkDeps,
  merchantId: string,
  id: string,
  move: keyof typeof MOVES,
): Promise<Link> {
  await deps.consumer.catchUp(merchantId)
  const at = deps.clock.now()
  const { to, event } = MOVES[move]
  return transact(deps.db, async (tx) => {
    const link = await lockLink(tx, merchantId, id)
    if (!link) throw new Problem('not-found')
    const isPaid = stateOf(link, at) === 'paid'
    if (isPaid || (link.state === 'canceled' && to !== 'canceled'))
      throw new Problem('invalid-state', { detail: `It is ${isPaid ? 'paid' : 'canceled'}.` })
    if (link.state === to) return link
    const moved = await setState(tx, link, { state: to, reason: to === 'active' ? null : 'merchant', at })
    await appendEvents(tx, merchantId, at, [linkEvent(deps, event, moved)])
    return moved
  })
}
