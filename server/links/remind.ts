// What time brings: reminders, links that expire, tries that nobody needs to remember.

import { transact } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import { queueMail } from '../mail/index.ts'
import { appendEvents } from '../notify/index.ts'
import type { LinkDeps } from './deps.ts'
import { linkEvent } from './event.ts'
import { linkMail } from './letter.ts'
import { isPayable, nextReminder } from './link.ts'
import { linksToRemind, reminded, takeExpired } from './store.ts'
import { pruneTries } from './try-store.ts'
import { LIMITS } from './watch.ts'

const BATCH = 50
const EVERY_MS = 60_000

/** Sends the reminders that are due, each once; answers how many links it looked at. */
export async function remindDue(deps: LinkDeps): Promise<number> {
  const due = await linksToRemind(deps.db, deps.clock.now(), BATCH)
  for (const { merchant_id } of due) await deps.consumer.catchUp(merchant_id)
  for (const link of due) {
    const now = deps.clock.now()
    // One that was missed while nothing ran is sent late, and once: the days gone by meanwhile are left out.
    const next = nextReminder(link, now)
    const isSent = isPayable(link, now)
    const mail = isSent ? await linkMail(deps, link, 'reminder') : null
    await transact(deps.db, async (tx) => {
      if (!(await reminded(tx, link, next, isSent)) || mail === null) return
      await queueMail(tx, link.merchant_id, mail)
      const told = { ...link, next_reminder_at: next, reminders_sent: link.reminders_sent + 1 }
      await appendEvents(tx, link.merchant_id, now, [linkEvent(deps, 'payment_link.reminded', told)])
    })
  }
  return due.length
}

/** Tells of links that have expired; answers how many. */
export async function tellExpired(deps: Pick<LinkDeps, 'db' | 'clock' | 'newId'>): Promise<number> {
  const now = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const expired = await takeExpired(tx, now, BATCH)
    for (const link of expired.sort((a, b) => (a.merchant_id < b.merchant_id ? -1 : 1)))
      if (link.uses === 0 || link.max_uses !== 1)
        await appendEvents(tx, link.merchant_id, now, [linkEvent(deps, 'payment_link.expired', link)])
    return expired.length
  })
}

/** The module's background work. */
export function createLinkWorkers(deps: LinkDeps): Worker[] {
  const worker = (name: string, tick: () => Promise<number>) =>
    createWorker({ name, clock: deps.clock, log: deps.log, everyMs: EVERY_MS, tick })
  return [
    worker('reminders of payment links', () => remindDue(deps)),
    worker('expired payment links', () => tellExpired(deps)),
    worker('old tries on payment links', () =>
      pruneTries(deps.db, new Date(deps.clock.now().getTime() - 2 * LIMITS.dayMs), 1_000),
    ),
  ]
}
