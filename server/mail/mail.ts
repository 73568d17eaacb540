// What a mail is, and what keeps a name or an address of somebody else's from becoming a header of ours.

import { oneLine } from '../lib/inert-text.ts'
import type { Language } from '../lib/language.ts'

/** What a template gives: the same in plain text and in HTML. */
export interface MailText {
  subject: string
  text: string
  html: string
}

/** Something made when the mail is sent, not before: `kind` names who makes it, `ref` what of. */
export interface AttachmentRef {
  kind: string
  ref: string
}

/** A mail to be sent, as its author gives it. */
export interface NewMail extends MailText {
  /** A fresh id of kind `mal`; its Message-ID comes from it and is the same at each attempt. */
  id: string
  at: Date
  /** What it is about, in snake_case: `invoice`, `pickup_ready`. */
  kind: string
  language: Language
  to: string
  /** Who it comes from: the merchant's name. The address is the server's. */
  fromName: string
  /** Where answers go. */
  replyTo?: string | null
  attachments?: readonly AttachmentRef[]
  /** The order, payment or invoice it tells of. */
  objectId?: string
  /** The one occasion: a second mail of this merchant with the same key is not queued. */
  onceKey?: string
}

/** An attachment as it is sent. */
export interface Attachment {
  filename: string
  contentType: string
  content: Uint8Array
}

const MAX_SUBJECT = 200
const MAX_NAME = 120
const MAX_ADDRESS = 254
const MAX_BODY_BYTES = 262_144

/**
 * One address and nothing else. Quoted local parts, comments, groups and lists are refused: each is a way to smuggle a second
 * recipient past a reader.
 */
const ADDRESS = /^[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]+@[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]+$/u

/** True for an address that mail can be sent to as it stands; says nothing about whether it exists. */
export function isMailAddress(text: string): boolean {
  return text.length <= MAX_ADDRESS && ADDRESS.test(text)
}

/** The mail with everything that becomes a header made harmless. Throws RangeError for an address that is none, and for texts that are too large. */
export function checkedMail(mail: NewMail): NewMail {
  if (!isMailAddress(mail.to)) throw new RangeError('the recipient is no mail address')
  if (mail.replyTo != null && !isMailAddress(mail.replyTo)) throw new RangeError('the reply address is no mail address')
  for (const body of [mail.text, mail.html])
    if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw new RangeError('the text of a mail is too large')
  const subject = oneLine(mail.subject, MAX_SUBJECT)
  if (subject === '') throw new RangeError('a mail needs a subject')
  // A name may be nothing but marks; a mail from nobody would show its address, which says less.
  return { ...mail, subject, fromName: oneLine(mail.fromName, MAX_NAME) || 'Onetill' }
}
