// A terminal that speaks PAY.ECR, written from docs/message_protocol.md: one JSON object a line, events over the connection that began
// the transaction, and the last twenty transactions by reference. It imports nothing of the driver. What it sends comes in pieces.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

interface Transaction {
  type: string
  amount: { value: number; currency: string }
  reference: string
}

interface Remembered {
  orderId: string | null
  reference: string
  status: string
  amount: number
  currency: string
  cardNumber: string | null
  createdAt: string
  ticket: string | null
}

export interface FakeTerminal {
  address: string
  status: 'IDLE' | 'BOOTING' | 'ORDER_PRESENTING' | 'BUSY'
  /** What the customer does as soon as the terminal asks; null: nobody is there. */
  customer: 'taps' | 'is declined' | 'cancels' | 'mistypes' | null
  history: Remembered[]
  /** Without a network it keeps what it takes. */
  isOffline: boolean
  /** Hangs up: once the card was charged and before it says so, or as soon as it was asked. */
  hangsUp: 'after approval' | 'at once' | undefined
  /** Refuses the next transaction with this reason. */
  refuses: string | undefined
  /** Cents more than was asked. */
  tooMuch: number
  /** The sales locations that transactions were begun for. */
  services: unknown[]
  act(): void
  unplug(): Promise<void>
}

export async function fakeTerminal(): Promise<FakeTerminal> {
  const sockets = new Set<Socket>()
  let current: { transaction: Transaction; socket: Socket } | undefined
  const fake: FakeTerminal = {
    ...{ address: '', status: 'IDLE', customer: 'taps', history: [], services: [], isOffline: false, tooMuch: 0 },
    ...{ hangsUp: undefined, refuses: undefined },
    act() {
      if (!current || fake.customer === null) return
      const { socket, transaction } = current
      if (fake.customer === 'mistypes') {
        event(socket, 'PIN_INPUT_PENDING')
        event(socket, 'PIN_INPUT_ERROR')
        fake.customer = 'taps'
        return
      }
      event(socket, 'PROCESSING')
      if (fake.customer === 'cancels') return end(transaction, socket, 'CANCEL', { event: 'CANCELLED' })
      if (fake.customer === 'is declined')
        return end(transaction, socket, 'FAILED', { event: 'COMPLETED', approved: false, message: 'Declined' })
      if (fake.isOffline) return end(transaction, socket, 'QUEUED', { event: 'QUEUED' })
      end(transaction, socket, 'SUCCESS', { event: 'COMPLETED', approved: true, message: 'Approved' })
    },
    async unplug() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\n')
      rest = lines.pop() as string
      for (const line of lines) {
        const answer = answerTo(socket, JSON.parse(line) as Record<string, unknown>)
        if (answer) say(socket, answer)
      }
    })
  })

  /** What is answered at once, if anything. */
  function answerTo(socket: Socket, message: Record<string, unknown>): object | undefined {
    switch (message['type']) {
      case 'PING':
        return { type: 'PONG', status: current ? 'BUSY' : fake.status }
      case 'TRANSACTION_STOP':
        if (current) end(current.transaction, current.socket, 'CANCEL', { event: 'CANCELLED' })
        return undefined
      case 'HISTORY_GET': {
        const needle = message['needle']
        const found = fake.history.slice(-20).find((one) => one.reference === needle || one.orderId === needle)
        return found ? { type: 'HISTORY_GET_RESPONSE', ...found } : { type: 'ERROR', reason: 'Not found' }
      }
      case 'TRANSACTION_START':
        if (current || fake.refuses) return { type: 'ERROR', reason: fake.refuses ?? 'Busy' }
        begin(socket, message)
        return undefined
      default:
        return { type: 'ERROR', reason: 'Unknown type' }
    }
  }

  function begin(socket: Socket, message: Record<string, unknown>): void {
    if (fake.hangsUp === 'at once') {
      socket.destroy()
      return
    }
    fake.services.push(message['service'])
    current = { transaction: message['transaction'] as Transaction, socket }
    event(socket, 'STARTED')
    fake.act()
  }

  function end(transaction: Transaction, socket: Socket, status: string, said: object): void {
    current = undefined
    const isPaid = status === 'SUCCESS'
    fake.history.push({
      ...{
        reference: transaction.reference,
        status,
        currency: transaction.amount.currency,
        createdAt: '2026-11-27T10:00:00Z',
      },
      amount: transaction.amount.value + fake.tooMuch,
      orderId: isPaid ? `5000000${fake.history.length}X0002` : null,
      cardNumber: isPaid ? '**** **** **** 4242' : null,
      ticket: isPaid ? Buffer.from('PAY.POS ticket').toString('base64') : null,
    })
    if (fake.hangsUp === 'after approval') socket.destroy()
    else say(socket, { type: 'TRANSACTION_EVENT', ...said })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

function event(socket: Socket, name: string): void {
  say(socket, { type: 'TRANSACTION_EVENT', event: name })
}

/** In two pieces, as a network may cut it. */
function say(socket: Socket, message: object): void {
  const text = `${JSON.stringify(message)}\n`
  socket.write(text.slice(0, 9))
  socket.write(text.slice(9))
}
