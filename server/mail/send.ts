// The sender: claims what is due, sends it with no transaction open, and writes down what became of it. What was taken is never
// sent again; what may have been taken is tried again under the same Message-ID, because a reminder that arrives twice is a lesser
// harm than an invoice that never does.

import { assertNoOpenTransaction, type Db } from '../db/pool.ts'
import { createWorker, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Attachment, AttachmentRef } from './mail.ts'
import { claimMail, closeMail, deleteClosedBefore, type MailRow } from './store.ts'
import type { MailTransport, SendOutcome } from './transport.ts'

/** Makes the attachments of one kind. Undefined when there is no such thing any more: the mail then goes without it. */
export type MakeAttachment = (merchantId: string, ref: string) => Promise<Attachment | undefined>

export interface MailDeps {
  db: Db
  clock: Clock
  log: Log
  transport: MailTransport
  /** By `AttachmentRef.kind`. */
  attachments: Readonly<Record<string, MakeAttachment>>
}

/** Sent side by side: as many connections as small providers allow from one address. */
const BATCH = 4
/** Longer than any sending: a lease ends only for a process that is gone. */
const LEASE_MS = 5 * 60_000
const EVERY_MS = 2_000
const MINUTE_MS = 60_000
/** Waits after a failed attempt: a server that restarts, one that greylists, one that is down for a night or a weekend. */
const WAITS_MS = [1, 5, 15, 60, 240, 480, 720, 720, 720, 720].map((minutes) => minutes * MINUTE_MS)
/** Mails hold names, addresses and links; after this the order or invoice itself is where to look. */
export const KEEP_MAIL_MS = 90 * 24 * 60 * MINUTE_MS
const PRUNE_EVERY_MS = 60 * MINUTE_MS
const ROWS_PER_STATEMENT = 1_000

/** The module's background work: sending, and forgetting what was sent long ago. */
export function createMailWorkers(deps: MailDeps): Worker[] {
  const { clock, log } = deps
  return [
    createWorker({ name: 'mail', clock, log, everyMs: EVERY_MS, tick: () => sendDue(deps) }),
    createWorker({
      ...{ name: 'old mail', clock, log, everyMs: PRUNE_EVERY_MS },
      tick: () => deleteClosedBefore(deps.db, new Date(clock.now().getTime() - KEEP_MAIL_MS), ROWS_PER_STATEMENT),
    }),
  ]
}

/** One step: sends what is due, a few at a time. Returns how many it took on. */
export async function sendDue(deps: MailDeps): Promise<number> {
  const now = deps.clock.now()
  const leaseUntil = new Date(now.getTime() + LEASE_MS)
  const claimed = await claimMail(deps.db, { now, leaseUntil, limit: BATCH })
  await Promise.all(claimed.map((mail) => sendOne(deps, mail)))
  return claimed.length
}

async function sendOne(deps: MailDeps, mail: MailRow): Promise<void> {
  assertNoOpenTransaction()
  const outcome = await attempt(deps, mail)
  const at = deps.clock.now()
  const wait = WAITS_MS[mail.attempts - 1]
  const isOver = outcome.result === 'sent' || outcome.result === 'refused' || wait === undefined
  await closeMail(deps.db, mail, {
    status: outcome.result === 'sent' ? 'sent' : isOver ? 'failed' : 'queued',
    error: outcome.error,
    isInDoubt: outcome.result === 'unknown',
    nextAt: isOver ? at : new Date(at.getTime() + wait),
    closedAt: isOver ? at : null,
  })
  if (outcome.result !== 'sent')
    deps.log.warn(isOver ? 'a mail was given up' : 'a mail was not sent and will be tried again', {
      object_id: mail.id,
      kind: mail.kind,
      attempt: mail.attempts,
      error: outcome.error ?? '',
    })
}

async function attempt(deps: MailDeps, mail: MailRow): Promise<SendOutcome> {
  let attachments: Attachment[]
  try {
    attachments = await makeAll(deps, mail.merchant_id, mail.attachments)
  } catch (error) {
    deps.log.error('an attachment could not be made', { object_id: mail.id, kind: mail.kind, error })
    return { result: 'failed', error: 'an attachment could not be made' }
  }
  return deps.transport.send({
    merchantId: mail.merchant_id,
    id: mail.id,
    fromName: mail.from_name,
    replyTo: mail.reply_to,
    to: mail.recipient,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    language: mail.language,
    attachments,
  })
}

async function makeAll(deps: MailDeps, merchantId: string, refs: readonly AttachmentRef[]): Promise<Attachment[]> {
  const made: Attachment[] = []
  for (const { kind, ref } of refs) {
    const make = deps.attachments[kind]
    if (!make) throw new Error(`nobody makes attachments of kind ${kind}`)
    const attachment = await make(merchantId, ref)
    if (attachment) made.push(attachment)
  }
  return made
}
