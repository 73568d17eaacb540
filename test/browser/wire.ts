// The wire between a till and its server, as a port of its own, so that a test can cut it: what was under way breaks off, and nobody
// answers until it is mended.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface Wire {
  /** Where the till finds its server. */
  url: string
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

export async function wireTo(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url)
  const open = new Set<Socket>()
  const pass = (near: Socket) => {
    const far = connect(Number(port), hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  }
  const listening = (at: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer(pass)
      server.once('error', reject)
      server.listen(at, '127.0.0.1', () => resolve(server))
    })
  let server: Server | null = await listening(0)
  const own = (server.address() as AddressInfo).port
  async function cut(): Promise<void> {
    if (!server) return
    const closed = new Promise((resolve) => server?.close(resolve))
    for (const socket of open) socket.destroy()
    await closed
    server = null
  }
  return {
    url: `http://127.0.0.1:${own}`,
    cut,
    async mend() {
      server ??= await listening(own)
    },
    close: cut,
  }
}
