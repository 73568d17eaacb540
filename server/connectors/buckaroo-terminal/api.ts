// Buckaroo's JSON gateway as far as terminals need it.

import type { Clock } from '../../lib/clock.ts'
import { type ConnectorAccount, NotSent } from '../connector.ts'
import { post } from '../https.ts'
import { headerOf } from './hmac.ts'

export interface Transaction {
  Key: string
  Status: { Code: { Code: number; Description?: string }; DateTime?: string }
  Services?: { Name?: string; Action?: string; Parameters?: { Name?: string; Value?: string }[] | null }[] | null
  RequestErrors?: Record<string, { ErrorMessage?: string }[] | null> | null
  Invoice?: string | null
  Currency?: string
  /** Decimal, in major units. */
  AmountDebit?: number | null
  AmountCredit?: number | null
}

export interface Api {
  send(transaction: object): Promise<Transaction>
  /** Undefined for a key that is not known. */
  status(key: string): Promise<Transaction | undefined>
  cancel(key: string): Promise<void>
}

/** An answer that says no to a request about something known. */
export class Refused extends Error {
  override name = 'Refused'
}

const HOSTS = { live: 'https://checkout.buckaroo.nl', test: 'https://testcheckout.buckaroo.nl' }

/** Throws NotSent when the account has no keys. Requests throw NotSent or, where nobody knows, another error. */
export function apiOf({ config }: ConnectorAccount, clock: Pick<Clock, 'now'>, signal: AbortSignal): Api {
  const { website_key: websiteKey, secret_key: secretKey, environment, url: root } = config
  if (!websiteKey || !secretKey) throw new NotSent('the account has no keys')
  const host = root ?? (environment === 'live' ? HOSTS.live : HOSTS.test)
  async function call(method: 'GET' | 'POST', path: string, body = ''): Promise<{ status: number; text: string }> {
    const url = new URL(path, host)
    const time = String(Math.floor(clock.now().getTime() / 1000))
    const authorization = headerOf({
      websiteKey: websiteKey as string,
      secretKey: secretKey as string,
      method,
      url,
      body,
      time,
    })
    const headers = { authorization, 'content-type': 'application/json; charset=utf-8', channel: 'Web' }
    const { status, text } = await post({ method, url, headers, body, signal })
    // Access denied, by one of three numbers: nothing was looked at but the signature.
    if ([400, 401, 403].includes(status)) throw new NotSent(`Buckaroo refused the keys: HTTP ${status}`)
    if (status >= 500) throw new Error(`Buckaroo answered HTTP ${status}`)
    return { status, text }
  }
  return {
    async send(transaction) {
      const { status, text } = await call('POST', '/json/Transaction', JSON.stringify(transaction))
      if (status !== 200) throw new Error(`Buckaroo answered HTTP ${status}`)
      return parsed(text)
    },
    async status(key) {
      const { status, text } = await call('GET', `/json/Transaction/Status/${encodeURIComponent(key)}`)
      if (status === 404) return undefined
      if (status !== 200) throw new Error(`Buckaroo answered HTTP ${status}`)
      return parsed(text)
    },
    async cancel(key) {
      const { status } = await call('GET', `/json/Transaction/Cancel/${encodeURIComponent(key)}`)
      if (status !== 200) throw new Refused(`Buckaroo does not cancel it: HTTP ${status}`)
    },
  }
}

export function parsed(text: string): Transaction {
  const transaction = JSON.parse(text) as Transaction
  if (typeof transaction?.Status?.Code?.Code !== 'number') throw new Error('Buckaroo’s answer has no status')
  return transaction
}
