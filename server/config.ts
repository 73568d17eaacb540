// Settings, read once from the environment. Every one has a default that works on a laptop.

import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { checkedDatabaseUrl } from './db/locate.ts'
import { isMailAddress } from './mail/index.ts'

export interface Config {
  /** PORT. */
  port: number
  /** HOST; loopback unless said otherwise. */
  host: string
  /** ONETILL_DATA: database, keys, demo.json and the simulator's memory. */
  dataDir: string
  /** DATABASE_URL; undefined = embedded. */
  databaseUrl: string | undefined
  /** ONETILL_PUBLIC_URL: where customers and providers reach this server. */
  publicUrl: string
  /** ONETILL_WEBHOOK_ALLOW: hosts outside the public internet that webhooks may go to, for development. */
  webhookAllow: string
  /** ONETILL_SIMULATOR_KEY: opens the simulator's journal and fault plans over HTTP; closed without it. */
  simulatorKey: string | undefined
  /** SMTP_URL: where mail is handed in; undefined = it is written to a folder. */
  smtpUrl: string | undefined
  /** ONETILL_MAIL_FROM: the address that mail comes from. */
  mailFrom: string
  /** ONETILL_LOG: debug, info, warn or error. */
  logLevel: 'debug' | 'info' | 'warn' | 'error'
}

/** Labels of letters, digits and hyphens; the last one has a letter, else it is an address that does not exist. */
const HOST_NAME = /^(?:[a-z0-9-]+\.)*(?=[^.]*[a-z])[a-z0-9-]+$/i

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** Reads the environment. Throws a sentence for a value that makes no sense, so that a typo does not become a default. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const portText = env['PORT'] || '4000'
  const port = Number(portText)
  if (!/^\d{1,5}$/.test(portText) || port > 65_535)
    throw new Error(`PORT must be a port number from 0 to 65535, not "${portText}".`)
  const host = env['HOST'] || '127.0.0.1'
  if (isIP(host) === 0 && !HOST_NAME.test(host))
    throw new Error(`HOST must be an IP address (without brackets) or the name of a host, not "${host}".`)
  const logLevel = LEVELS.find((level) => level === (env['ONETILL_LOG'] || 'info'))
  if (!logLevel) throw new Error(`ONETILL_LOG must be one of ${LEVELS.join(', ')}.`)
  const publicUrl = (env['ONETILL_PUBLIC_URL'] || `http://${host.includes(':') ? `[${host}]` : host}:${port}`).replace(
    /\/+$/,
    '',
  )
  if (!URL.canParse(publicUrl))
    throw new Error('ONETILL_PUBLIC_URL must be a complete address such as https://pay.example.com.')
  const smtpUrl = env['SMTP_URL'] || undefined
  if (smtpUrl !== undefined && !isSmtpUrl(smtpUrl))
    throw new Error('SMTP_URL must be an address such as smtp://user:password@mail.example.com:587 or smtps://….')
  const mailFrom = env['ONETILL_MAIL_FROM'] || defaultSender(new URL(publicUrl).hostname)
  if (!isMailAddress(mailFrom))
    throw new Error('ONETILL_MAIL_FROM must be one mail address such as shop@example.com, without a name.')
  return {
    port,
    host,
    dataDir: resolve(env['ONETILL_DATA'] || './data'),
    databaseUrl: checkedDatabaseUrl(env['DATABASE_URL']),
    publicUrl,
    webhookAllow: env['ONETILL_WEBHOOK_ALLOW'] ?? '',
    simulatorKey: env['ONETILL_SIMULATOR_KEY'] || undefined,
    smtpUrl,
    mailFrom,
    logLevel,
  }
}

function isSmtpUrl(text: string): boolean {
  return URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== ''
}

/** An IP address makes no domain that a mail server takes. */
function defaultSender(hostname: string): string {
  return HOST_NAME.test(hostname) ? `no-reply@${hostname}` : 'no-reply@onetill.localhost'
}
