// Pay. with one terminal, written from its documentation: orders that are handed to a terminal, their refunds, and signed exchanges. It
// imports nothing of the driver.

import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const TERMINAL = 'TH-1234-5678'
export const SERVICE = 'SL-1111-2222'
export const USER = 'AT-3333-4444'
export const PASSWORD = 'a secret of the token'

interface Order {
  orderId: string
  reference: string
  status: { code: number; action: string }
  amount: { value: number; currency: string }
  capturedAmount: { value: number; currency: string }
  receipt: string | null
  payments: object[]
  modifiedAt: string
  method: number
  exchangeUrl: string
  refunded: number
}

export interface FakePay {
  url: string
  orders: Order[]
  /** What the customer does as soon as there is an order; null: nobody is there. */
  customer: 'pays' | 'is declined' | 'cancels' | null
  /** The order that waits is paid, declined or canceled as `customer` says. */
  act(): void
  /** Cents more than was asked. */
  tooMuch: number
  terminal: 'ONLINE' | 'OFFLINE'
  /** The next answer to a path that ends so is lost on its way, or comes as this status. */
  spoils: { path: string; how: 'lost' | number } | undefined
  /** A signed exchange about the order of this reference. */
  exchange(
    reference: string,
    by?: { user: string; secret: string; algorithm?: string },
  ): {
    headers: Record<string, string>
    body: Buffer
  }
  close(): Promise<void>
}

const PAID = { code: 100, action: 'PAID' }
const ENDS = { pays: PAID, 'is declined': { code: -63, action: 'DENIED' }, cancels: { code: -90, action: 'CANCEL' } }

export async function fakePay(): Promise<FakePay> {
  let refunds = 0
  const fake: FakePay = {
    ...{ url: '', orders: [], customer: 'pays', tooMuch: 0, terminal: 'ONLINE', spoils: undefined },
    act() {
      const order = fake.orders.find(({ status }) => status.code === 20)
      if (!order || !fake.customer) return
      order.status = ENDS[fake.customer]
      order.modifiedAt = '2026-11-27T10:00:00+01:00'
      if (order.status !== PAID) return
      const value = order.amount.value + fake.tooMuch
      order.capturedAmount = { ...order.amount, value }
      order.receipt = Buffer.from('PAY. receipt').toString('base64')
      order.payments = [{ paymentMethod: { id: order.method }, customerKey: '5d7dbff5', status: PAID }]
    },
    exchange(reference, { user, secret, algorithm = 'sha256' } = { user: USER, secret: PASSWORD }) {
      const object = fake.orders.find((order) => order.reference === reference)
      const text = JSON.stringify({ event: 'status_changed', type: 'order', version: 1, id: object?.orderId, object })
      const body = Buffer.from(text)
      const signature = createHmac(algorithm, secret).update(body).digest('hex')
      const headers = {
        signature,
        'signature-keyid': user,
        'signature-method': 'HMAC',
        'signature-algorithm': algorithm,
      }
      return { headers, body }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }

  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => handle(request, Buffer.concat(chunks).toString('utf8'), reply))
  })

  function handle(request: IncomingMessage, text: string, reply: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '', 'http://fake')
    const isKnown = request.headers.authorization === `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`
    const body = text === '' ? {} : JSON.parse(text)
    let [status, answer] = isKnown
      ? route(request.method ?? '', pathname, body)
      : ([401, problem('PAY-1001', 'No')] as const)
    const spoils = fake.spoils
    if (spoils && pathname.endsWith(spoils.path)) {
      fake.spoils = undefined
      if (spoils.how === 'lost') return void reply.socket?.destroy()
      ;[status, answer] = [spoils.how, problem('PAY-0000', 'Out of order')]
    }
    reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  function route(method: string, path: string, body: Record<string, unknown>): readonly [number, object] {
    const [, version, kind, id = '', verb] = path.split('/')
    const order = fake.orders.find(({ orderId }) => orderId === id)
    if (method === 'POST' && path === '/v1/orders') return create(body)
    if (version === 'v2' && kind === 'terminals')
      return [200, { code: id, status: 'ACTIVE', connectionStatus: fake.terminal }]
    if (!order) return [404, problem('PAY-2000', 'Not found')]
    if (method === 'GET' && verb === 'status') return [200, shown(order)]
    if (method === 'PATCH' && verb === 'abort') {
      if (order.status.code !== 20) return [422, problem('PAY-2405', 'Order cannot be aborted')]
      order.status = { code: -90, action: 'CANCEL' }
      return [200, shown(order)]
    }
    if (method === 'PATCH' && verb === 'refund') return refund(order, body as { amount: Order['amount'] })
    return [405, problem('PAY-0405', 'Method not allowed')]
  }

  function create(body: Record<string, unknown>): readonly [number, object] {
    const { serviceId, amount, reference, paymentMethod, exchangeUrl, expire } = body as {
      serviceId: string
      amount: Order['amount']
      reference: string
      paymentMethod: { id: number; input: { terminalCode: string } }
      exchangeUrl: string
      expire: string
    }
    const isPlain = serviceId === SERVICE && /^[A-Za-z0-9]+$/.test(reference) && Number.isSafeInteger(amount.value)
    if (!isPlain || amount.value < 1 || Number.isNaN(Date.parse(expire))) return [422, problem('PAY-2806', 'Invalid')]
    if (paymentMethod.input.terminalCode !== TERMINAL) return [422, problem('PAY-2830', 'Unknown terminal')]
    const order: Order = {
      ...{ orderId: `5000000${fake.orders.length}X0001`, reference, amount, exchangeUrl, refunded: 0, receipt: null },
      ...{ status: { code: 20, action: 'PENDING' }, payments: [], method: paymentMethod.id },
      ...{ capturedAmount: { ...amount, value: 0 }, modifiedAt: '2026-11-27T09:59:00+01:00' },
    }
    fake.orders.push(order)
    const answer = [201, shown(order)] as const
    fake.act()
    return answer
  }

  function refund(order: Order, { amount }: { amount: Order['amount'] }): readonly [number, object] {
    if (order.refunded + amount.value > order.capturedAmount.value) return [422, problem('PAY-3001', 'Too much')]
    order.refunded += amount.value
    refunds++
    const refundedTransactions = [{ amountRefunded: amount, refund: { id: `RF-0000-0000-000${refunds}` } }]
    return [200, { orderId: order.orderId, amount, amountRefunded: amount, refundedTransactions }]
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

/** Without what only this side knows. An order that is not paid has captured nothing. */
function shown({ method, exchangeUrl, refunded, capturedAmount, ...order }: Order): object {
  return structuredClone({
    ...order,
    type: 'payment_based_checkout',
    ...(order.status.code === 100 && { capturedAmount }),
  })
}

function problem(code: string, title: string): object {
  return { type: 'https://developer.pay.nl/docs/error-codes', title, detail: title, code, violations: [] }
}
