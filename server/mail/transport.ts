// The ways out for a mail: an SMTP server, or a folder on a developer's machine. Each says what became of the mail: taken,
// refused for good, to be tried again, or not known.

import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { createTransport as CreateTransport } from 'nodemailer'
import { makeFolder } from '../lib/make-folder.ts'
import type { Attachment } from './mail.ts'

/** A mail as it goes out. */
export interface OutgoingMail {
  merchantId: string
  id: string
  fromName: string
  replyTo: string | null
  to: string
  subject: string
  text: string
  html: string
  language: string
  attachments: readonly Attachment[]
}

/**
 * `sent`: the next server has it. `refused`: this mail will never be taken. `failed`: not taken now. `unknown`: the connection ended
 * after the mail was handed over and before it was answered.
 */
export interface SendOutcome {
  result: 'sent' | 'refused' | 'failed' | 'unknown'
  /** Short, without addresses; null when it was sent. */
  error: string | null
}

export interface MailTransport {
  /** Where mail goes, for the page in development: a folder, or null for a real server. */
  readonly folder: string | null
  /** Never throws. */
  send(mail: OutgoingMail): Promise<SendOutcome>
}

export interface SmtpOptions {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  url: string
  /** The address every mail comes from. */
  from: string
}

/** Below the sender's lease, all waits of one sending together. */
const SMTP_TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000 }
/**
 * Sends through an SMTP server, a connection for each mail: the library's pool would by itself send a mail again whose connection
 * broke. Beyond this machine it insists on TLS, because mails carry links that open orders.
 */
export function createSmtpTransport({ url, from }: SmtpOptions): MailTransport {
  const { hostname, port, protocol, username, password } = new URL(url)
  const secure = protocol === 'smtps:'
  const mailer = withMailer((createTransport) =>
    createTransport({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (secure ? 465 : 587) : Number(port),
      secure,
      requireTLS: !secure && !isLoopback(hostname),
      ignoreTLS: isLoopback(hostname) && !secure,
      ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
      ...SMTP_TIMEOUTS,
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  )
  return {
    folder: null,
    async send(mail) {
      try {
        await (await mailer()).sendMail(messageOf(mail, from))
        return { result: 'sent', error: null }
      } catch (error) {
        return outcomeOf(error as SmtpError)
      }
    },
  }
}

/** Writes each mail as MERCHANT.ID.eml into a folder; an attempt repeated writes the same file. */
export function createFolderTransport(folder: string, from: string): MailTransport {
  const composer = withMailer((createTransport) =>
    createTransport({
      streamTransport: true,
      buffer: true,
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  )
  return {
    folder,
    async send(mail) {
      try {
        const { message } = await (await composer()).sendMail(messageOf(mail, from))
        await makeFolder(folder, 0o700)
        const path = join(folder, fileNameOf(mail.merchantId, mail.id))
        // Renamed when whole, so that no reader sees half a mail.
        await writeFile(`${path}.part`, message as Buffer, { mode: 0o600 })
        await rename(`${path}.part`, path)
        return { result: 'sent', error: null }
      } catch (error) {
        return { result: 'failed', error: (error as NodeJS.ErrnoException).code ?? 'the file was not written' }
      }
    },
  }
}

/** The library is loaded with the first mail, not with the start. */
function withMailer<T>(make: (createTransport: typeof CreateTransport) => T): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= import('nodemailer').then(({ createTransport }) => make(createTransport))
    return made
  }
}

export function fileNameOf(merchantId: string, id: string): string {
  return `${merchantId}.${id}.eml`
}

/** Headers are made by the library from fields, never from text; addresses as objects are not parsed, so none becomes two. */
function messageOf(mail: OutgoingMail, from: string) {
  const domain = from.slice(from.lastIndexOf('@') + 1)
  return {
    messageId: `<${mail.id}@${domain}>`,
    from: { name: mail.fromName, address: from },
    to: { name: '', address: mail.to },
    ...(mail.replyTo === null ? {} : { replyTo: { name: mail.fromName, address: mail.replyTo } }),
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: { 'Content-Language': mail.language, 'Auto-Submitted': 'auto-generated' },
    attachments: mail.attachments.map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content: Buffer.from(content),
    })),
  }
}

interface SmtpError extends Error {
  code?: string
  responseCode?: number
  command?: string
  syscall?: string
}

/** The connection ended, or nothing came, at a moment the library does not tell: it may have been after the content. */
const LOST = new Set(['ECONNECTION', 'ETIMEDOUT', 'ESOCKET', 'EPROTOCOL', 'ESTREAM'])

function outcomeOf({ code = 'failed', responseCode, command, syscall }: SmtpError): SendOutcome {
  const error = [code, command, responseCode].filter((part) => part !== undefined).join(' ')
  if (responseCode === undefined)
    return { result: LOST.has(code) && syscall !== 'connect' ? 'unknown' : 'failed', error }
  // Wrong credentials are the operator's mistake and not this mail's.
  const isOfThisMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  return { result: isOfThisMail && responseCode >= 500 ? 'refused' : 'failed', error }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
