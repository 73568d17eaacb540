// The SQL of the mail outbox.

import type { Queryable } from '../db/pool.ts'
import type { Language } from '../lib/language.ts'
import type { AttachmentRef, NewMail } from './mail.ts'

export interface MailRow {
  merchant_id: string
  id: string
  kind: string
  language: Language
  from_name: string
  reply_to: string | null
  recipient: string
  subject: string
  text: string
  html: string
  attachments: AttachmentRef[]
  object_id: string | null
  status: 'queued' | 'sent' | 'failed'
  attempts: number
  fence: bigint
  is_in_doubt: boolean
  last_error: string | null
  created_at: Date
  closed_at: Date | null
}

const COLUMNS = `merchant_id, id, kind, language, from_name, reply_to, recipient, subject, text, html, attachments, object_id, status,
  attempts, fence, is_in_doubt, last_error, created_at, closed_at`

/** False when a mail with the same once_key is there. */
export async function insertMail(db: Queryable, merchantId: string, mail: NewMail): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into mail (merchant_id, id, kind, language, from_name, reply_to, recipient, subject, text, html, attachments,
       object_id, once_key, status, attempts, next_attempt_at, fence, is_in_doubt, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', 0, $14, 0, false, $14)
     on conflict (merchant_id, once_key) do nothing`,
    [
      merchantId,
      mail.id,
      mail.kind,
      mail.language,
      mail.fromName,
      mail.replyTo ?? null,
      mail.to,
      mail.subject,
      mail.text,
      mail.html,
      JSON.stringify(mail.attachments ?? []),
      mail.objectId ?? null,
      mail.onceKey ?? null,
      mail.at,
    ],
  )
  return rowCount === 1
}

/**
 * Claims due mail, oldest first, and writes down that an attempt begins: whoever dies after this leaves a claim that ends, and the
 * mail is in doubt. SKIP LOCKED lets two processes claim side by side. Served by mail_due.
 */
export async function claimMail(
  db: Queryable,
  claim: { now: Date; leaseUntil: Date; limit: number },
): Promise<MailRow[]> {
  const { rows } = await db.query<MailRow>(
    `with due as (
       select merchant_id, id from mail
       where status = 'queued' and next_attempt_at <= $1 and (lease_until is null or lease_until <= $1)
       order by next_attempt_at limit $3
       for update skip locked
     )
     update mail m set fence = m.fence + 1, lease_until = $2, attempts = m.attempts + 1,
       is_in_doubt = m.is_in_doubt or m.lease_until is not null
     from due where m.merchant_id = due.merchant_id and m.id = due.id
     returning ${COLUMNS.replaceAll(/\b(\w+)\b/g, 'm.$1')}`,
    [claim.now, claim.leaseUntil, claim.limit],
  )
  return rows
}

/** Ends a claim: sent, given up, or to be tried again at `nextAt`. Nothing when another process has claimed it since. */
export async function closeMail(
  db: Queryable,
  mail: Pick<MailRow, 'merchant_id' | 'id' | 'fence'>,
  end: { status: MailRow['status']; error: string | null; isInDoubt: boolean; nextAt: Date; closedAt: Date | null },
): Promise<void> {
  await db.query(
    `update mail set status = $4, last_error = $5, is_in_doubt = is_in_doubt or $6, next_attempt_at = $7, closed_at = $8,
       lease_until = null
     where merchant_id = $1 and id = $2 and fence = $3 and status = 'queued'`,
    [mail.merchant_id, mail.id, mail.fence, end.status, end.error, end.isInDoubt, end.nextAt, end.closedAt],
  )
}

/** A bounded number of mails that ended before `before`; returns how many went. Served by mail_closed. */
export async function deleteClosedBefore(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from mail where (merchant_id, id) in (
       select merchant_id, id from mail where status <> 'queued' and closed_at < $1 order by closed_at limit $2)`,
    [before, limit],
  )
  return rowCount ?? 0
}

/** What was written about one thing, newest first. Served by mail_by_object. */
export async function listMailAbout(
  db: Queryable,
  merchantId: string,
  objectId: string,
  limit: number,
): Promise<MailRow[]> {
  const { rows } = await db.query<MailRow>(
    `select ${COLUMNS} from mail where merchant_id = $1 and object_id = $2 order by id desc limit $3`,
    [merchantId, objectId, limit],
  )
  return rows
}

/** What was written to an address, newest first. Served by mail_by_recipient. */
export async function listMailTo(
  db: Queryable,
  merchantId: string,
  recipient: string,
  limit: number,
): Promise<MailRow[]> {
  const { rows } = await db.query<MailRow>(
    `select ${COLUMNS} from mail where merchant_id = $1 and lower(recipient) = lower($2) order by id desc limit $3`,
    [merchantId, recipient, limit],
  )
  return rows
}

/** Deletes what was written to an address, also what waits. Served by mail_by_recipient. */
export async function deleteMailTo(db: Queryable, merchantId: string, recipients: readonly string[]): Promise<void> {
  await db.query(
    'delete from mail where merchant_id = $1 and lower(recipient) in (select lower(r) from unnest($2::text[]) r)',
    [merchantId, recipients],
  )
}

/** The newest mail of all merchants, for the page in development alone: it reads the whole table. */
export async function newestMail(db: Queryable, limit: number): Promise<MailRow[]> {
  const { rows } = await db.query<MailRow>(`select ${COLUMNS} from mail order by id desc limit $1`, [limit])
  return rows
}

export async function readMail(db: Queryable, merchantId: string, id: string): Promise<MailRow | undefined> {
  const { rows } = await db.query<MailRow>(`select ${COLUMNS} from mail where merchant_id = $1 and id = $2`, [
    merchantId,
    id,
  ])
  return rows[0]
}
