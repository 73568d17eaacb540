// Buckaroo's JSON gateway with one terminal, written from its pages and its SDK's tests; it imports nothing of the driver. Its answer to a
// payment is a success that nobody has paid for, as its page shows it, unless `honest`.

import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const WEBSITE = 'WebsiteKey1'
export const SECRET = 'a secret of the website'
export const TERMINAL = '50000001'

interface Transaction {
  key: string
  invoice: string
  currency: string
  debit?: number
  credit?: number
  code: number
  pushUrl: string
  /** Given back of it, in cents. */
  back: number
  slip: boolean
}

interface Asked {
  Currency: string
  Invoice: string
  PushURL: string
  AmountDebit?: number
  AmountCredit?: number
  OriginalTransactionKey?: string
  Services: { ServiceList: [{ Action: string; Parameters?: { Value: string }[] }] }
}

export interface FakeBuckaroo {
  url: string
  transactions: Transaction[]
  /** What the customer does as soon as there is a payment; null: nobody is there. */
  customer: 'pays' | 'is declined' | 'cancels' | null
  act(): void
  /** Answers that a payment is pending while it is. */
  honest: boolean
  /** The next answer to a path that has this is lost, or comes as this status. */
  spoils: { path: string; how: 'lost' | number } | undefined
  /** A push about the transaction of this invoice. */
  push(invoice: string, secret?: string): { headers: Record<string, string>; body: Buffer }
  close(): Promise<void>
}

const ENDS = { pays: 190, 'is declined': 690, cancels: 890 }

export async function fakeBuckaroo(): Promise<FakeBuckaroo> {
  const fake: FakeBuckaroo = {
    ...{ url: '', transactions: [], customer: 'pays', honest: false, spoils: undefined },
    act() {
      const open = fake.transactions.find(({ code }) => code === 791)
      if (!open || !fake.customer) return
      open.code = ENDS[fake.customer]
      open.slip = true
    },
    push(invoice, secret = SECRET) {
      const found = fake.transactions.find((one) => one.invoice === invoice) as Transaction
      const body = Buffer.from(JSON.stringify({ Transaction: shown(found, found.code) }))
      const { host, pathname } = new URL(found.pushUrl)
      const said = sign({ secret, method: 'POST', where: host + pathname, time: '1764237600', nonce: 'n0nce', body })
      return { body, headers: { authorization: `hmac ${WEBSITE}:${said}:n0nce:1764237600` } }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }

  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => handle(request, Buffer.concat(chunks), reply))
  })

  function handle(request: IncomingMessage, body: Buffer, reply: ServerResponse): void {
    const path = request.url ?? ''
    let [status, answer] = isGenuine(request, body) ? route(request.method ?? '', path, body) : ([400, {}] as const)
    const spoils = fake.spoils
    if (spoils && path.includes(spoils.path)) {
      fake.spoils = undefined
      if (spoils.how === 'lost') {
        reply.socket?.destroy()
        return
      }
      ;[status, answer] = [spoils.how, {}]
    }
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  function isGenuine(request: IncomingMessage, body: Buffer): boolean {
    const [key, given, nonce = '', time = ''] = (request.headers.authorization ?? '').replace(/^hmac /, '').split(':')
    const where = `${request.headers.host}${request.url}`
    return key === WEBSITE && given === sign({ secret: SECRET, method: request.method ?? '', where, time, nonce, body })
  }

  function route(method: string, path: string, body: Buffer): readonly [number, object] {
    if (method === 'POST' && path === '/json/Transaction') return make(JSON.parse(body.toString('utf8')))
    const [, verb, key] = /^\/json\/Transaction\/(Status|Cancel)\/(.+)$/.exec(path) ?? []
    const found = fake.transactions.find((one) => one.key === key)
    if (!found) return [404, {}]
    if (verb === 'Cancel') {
      if (found.code !== 791) return [409, {}]
      found.code = 891
    }
    return [200, shown(found, found.code)]
  }

  function make(asked: Asked): readonly [number, object] {
    const [service] = asked.Services.ServiceList
    const isRefund = service.Action === 'Refund'
    const original = fake.transactions.find(({ key }) => key === asked.OriginalTransactionKey)
    const made: Transaction = {
      ...{
        key: `KEY${fake.transactions.length}`,
        invoice: asked.Invoice,
        currency: asked.Currency,
        pushUrl: asked.PushURL,
      },
      ...{ back: 0, slip: false, code: isRefund ? 190 : 791 },
      ...(asked.AmountCredit !== undefined && { credit: asked.AmountCredit }),
      ...(asked.AmountDebit !== undefined && { debit: asked.AmountDebit }),
    }
    if (!isRefund && service.Parameters?.[0]?.Value !== TERMINAL) made.code = 491
    if (isRefund) {
      const cents = Math.round((asked.AmountCredit ?? 0) * 100)
      if (!original || original.back + cents > Math.round((original.debit ?? 0) * 100)) made.code = 490
      else original.back += cents
    }
    fake.transactions.push(made)
    const answer = shown(made, made.code === 791 && !fake.honest ? 190 : made.code)
    if (!isRefund) fake.act()
    return [200, answer]
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

/** The slip stands in it only once the terminal has spoken. */
function shown({ key, invoice, currency, debit, credit, slip }: Transaction, code: number): object {
  const Parameters = [{ Name: 'CardholderReceipt', Value: 'BUCKAROO receipt' }]
  return {
    ...{
      Key: key,
      Status: { Code: { Code: code, Description: '' }, DateTime: '2026-11-27T10:00:00' },
      Invoice: invoice,
    },
    ...{ Currency: currency, ServiceCode: 'pospayment', IsTest: true, RequiredAction: null },
    RequestErrors: code === 491 ? { ParameterErrors: [{ ErrorMessage: 'Unknown terminal' }] } : null,
    Services: slip ? [{ Name: 'pospayment', Action: null, Parameters }] : null,
    ...(debit !== undefined && { AmountDebit: debit }),
    ...(credit !== undefined && { AmountCredit: credit }),
  }
}

interface ToSign {
  secret: string
  method: string
  where: string
  time: string
  nonce: string
  body: Buffer
}

function sign({ secret, method, where, time, nonce, body }: ToSign): string {
  const md5 = body.length === 0 ? '' : createHash('md5').update(body).digest('base64')
  const text = WEBSITE + method + encodeURIComponent(where).toLowerCase() + time + nonce + md5
  return createHmac('sha256', secret).update(text).digest('base64')
}
