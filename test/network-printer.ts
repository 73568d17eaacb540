// A receipt printer of the network for tests: a socket of the loopback.

import { createServer, type Server, type Socket } from 'node:net'

/** Where this process begins to look: what it has closed, another test file does not open at once. */
const FIRST = 9100 + (process.pid % 80)

/** A printer on a port that printers have; `take` is what it does with whoever connects. */
export async function networkPrinter(
  take: (socket: Socket) => void,
): Promise<{ port: number; close(): Promise<void> }> {
  for (let port = FIRST; port <= 9199; port++) {
    const sockets = new Set<Socket>()
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket)
      take(socket)
    })
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    const close = () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      })
    if (isFree) return { port, close }
  }
  throw new Error('no port of a printer is free')
}
