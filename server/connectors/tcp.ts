// One conversation over TCP with a terminal in the shop's network. Whoever cannot be connected to was certainly told nothing; after
// that every silence is doubt.

import { connect, type Socket } from 'node:net'
import { NotSent } from './connector.ts'

export interface Address {
  host: string
  port: number
}

export interface Line {
  send(text: string): void
  /** What has come since the last call; undefined when the other side has hung up. Throws when the connection breaks or the time is over. */
  read(): Promise<string | undefined>
  close(): void
}

/** Throws NotSent when nobody can be connected to. `encoding` of both directions. */
export async function dial(
  { host, port }: Address,
  { signal, encoding }: { signal: AbortSignal; encoding: 'utf8' | 'latin1' },
): Promise<Line> {
  const socket = await connected(connect({ host, port, signal }))
  socket.setEncoding(encoding)
  // Without it a till that vanished would leave its question standing in a buffer.
  socket.setNoDelay(true)
  const chunks = (socket as AsyncIterable<string>)[Symbol.asyncIterator]()
  return {
    send: (text) => void socket.write(text, encoding),
    async read() {
      try {
        const { value, done } = await chunks.next()
        return done === true ? undefined : value
      } catch (error) {
        if (signal.aborted) throw new Error('the terminal did not answer in time')
        throw new Error(`the connection to the terminal broke: ${(error as NodeJS.ErrnoException).code ?? 'no code'}`)
      }
    },
    close: () => socket.destroy(),
  }
}

function connected(socket: Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) =>
      reject(new NotSent(`the terminal is not reachable: ${error.code ?? error.name}`))
    socket.once('error', refused)
    socket.once('connect', () => {
      socket.off('error', refused)
      // Told by `read`; an error that nobody reads must not end the process.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** `TH-1234-5678=10.0.0.5:8888 …`: the address of one terminal in an account's `endpoints`. Throws NotSent when it has none. */
export function addressOf(endpoints: string | undefined, serial: string): Address {
  for (const pair of (endpoints ?? '').split(/\s+/)) {
    const at = pair.indexOf('=')
    const url = at > 0 && pair.slice(0, at) === serial ? URL.parse(`tcp://${pair.slice(at + 1)}`) : null
    if (url && url.hostname !== '' && url.port !== '')
      return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) }
  }
  throw new NotSent(`the account has no address for ${serial}`)
}
