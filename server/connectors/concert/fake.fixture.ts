// A terminal that speaks Concert 3.2 over IP, written from PayXpert's pages and Akretion's server; it imports nothing of the driver. It
// remembers its last transaction, and links a credit to a debit by the id it gave it.

import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

type Tags = Record<string, string>

export interface FakeTerminal {
  address: string
  /** What the customer does as soon as the terminal asks: taps, or why the action is not performed (AF); null: nobody is there. */
  customer: 'taps' | { af?: string } | null
  /** Hangs up without an answer: once the card was charged, or as soon as it was asked. */
  hangsUp: 'after approval' | 'at once' | undefined
  /** Minor units more than was asked. */
  tooMuch: number
  /** Spoils the answer. */
  answers: ((answer: Tags) => Tags) | undefined
  /** What money did, oldest first. */
  journal: string[]
  /** What was printed. */
  printed: string[]
  /** Every message, as it came. */
  heard: string[]
  act(): void
  unplug(): Promise<void>
}

const SLIP = 'CARTE BANCAIRE\nCONTACTLESS\nMerci, au revoir\n'

export async function fakeTerminal(): Promise<FakeTerminal> {
  const sockets = new Set<Socket>()
  const debits = new Map<string, { left: number }>()
  let last: Tags | undefined
  let current: { asked: Tags; socket: Socket } | undefined
  const fake: FakeTerminal = {
    ...{ address: '', customer: 'taps', hangsUp: undefined, tooMuch: 0, answers: undefined },
    ...{ journal: [], printed: [], heard: [] },
    act() {
      if (!current || fake.customer === null) return
      const { asked, socket } = current
      current = undefined
      const answer =
        fake.customer === 'taps' ? performed(asked) : { ...echo(asked), AE: '01', ...reason(fake.customer.af) }
      if (answer.AE === '10') last = answer
      if (fake.hangsUp === 'after approval') {
        fake.hangsUp = undefined
        socket.destroy()
      } else say(socket, answer)
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
    socket.on('data', (chunk) => take(socket, chunk.toString('latin1')))
  })

  function take(socket: Socket, text: string): void {
    fake.heard.push(text)
    const asked = parse(text)
    if (asked['CD'] === 'I') say(socket, { ...echo(asked), AE: current ? '01' : '10', AQ: 'SERIAL1' })
    else if (asked['CD'] === 'P') {
      fake.printed.push(Buffer.from(parse(asked['ZT'] ?? '')['AK'] ?? '', 'base64').toString('latin1'))
      say(socket, { ...echo(asked), AE: '10' })
    } else if (asked['CD'] === '3') {
      // The duplicate of the last slip, with the reference the till gave then.
      const { CH, ID, AC, CB } = last ?? {}
      say(
        socket,
        last ? { ...echo(asked), ...defined({ CH, ID, AC, CB }), AE: '10' } : { ...echo(asked), AE: '01', AF: '10' },
      )
    } else if (current) say(socket, { ...echo(asked), AE: '01' })
    else if (!asked['CB'] || !asked['CE'] || !['0', '1'].includes(asked['CD'] ?? ''))
      say(socket, { ...echo(asked), AE: '01', AF: asked['CB'] ? '12' : '09' })
    else if (fake.hangsUp === 'at once') socket.destroy()
    else {
      current = { asked, socket }
      fake.act()
    }
  }

  function performed(asked: Tags): Tags {
    const amount = Number(asked['CB'])
    const id = `90000${fake.journal.length}`
    const debit = asked['IM'] === undefined ? undefined : debits.get(asked['IM'])
    if (asked['IM'] !== undefined && (!debit || debit.left < amount)) return { ...echo(asked), AE: '01', AF: '05' }
    if (debit) debit.left -= amount
    if (asked['CD'] === '0') debits.set(id, { left: amount })
    fake.journal.push(`${asked['CD'] === '0' ? 'debit' : 'credit'} ${amount}`)
    const ticket = Buffer.from(SLIP, 'latin1').toString('base64')
    return {
      ...{
        ...echo(asked),
        AE: '10',
        AF: '01',
        CB: String(amount + fake.tooMuch).padStart(12, '0'),
        CC: '00B',
        CI: '2',
      },
      ...{ AA: '************4242', AB: '3012', AC: 'A00395', AI: 'A0000000421010', ID: id },
      ...(asked['CK']?.startsWith('1') && { ZT: build({ CK: asked['CK'], AK: ticket }) }),
    }
  }

  /** In two pieces, as a network may cut it. */
  function say(socket: Socket, answer: Tags): void {
    const text = build(fake.answers ? fake.answers(answer) : answer)
    socket.write(text.slice(0, 11), 'latin1')
    socket.write(text.slice(11), 'latin1')
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

/** What the till has said comes back as it was, but for what it asked to be done with slips. */
function echo({ CK: _CK, IM: _IM, BA: _BA, ZT: _ZT, ...asked }: Tags): Tags {
  return asked
}

function reason(af: string | undefined): Tags {
  return af === undefined ? {} : { AF: af }
}

function defined(tags: Record<string, string | undefined>): Tags {
  return Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function build(tags: Tags): string {
  return Object.entries(tags)
    .map(([tag, value]) => tag + String(value.length).padStart(3, '0') + value)
    .join('')
}

function parse(text: string): Tags {
  const tags: Tags = {}
  for (let at = 0; at < text.length; ) {
    const length = Number(text.slice(at + 2, at + 5))
    tags[text.slice(at, at + 2)] = text.slice(at + 5, at + 5 + length)
    at += 5 + length
  }
  return tags
}
