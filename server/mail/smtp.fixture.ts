// A mail server for tests, on a loopback port: it keeps what it is handed and answers as the test says.

import { createServer, type Socket } from 'node:net'

export interface SmtpServer {
  url: string
  /** Whole messages that were taken, as they came over the wire. */
  readonly taken: { from: string; to: string[]; message: string }[]
  /** What the server does with the next messages, in order; then it takes them. */
  readonly plan: ('take' | 'refuse' | 'later' | 'hang up after the content')[]
  close(): Promise<void>
}

export async function smtpServer(): Promise<SmtpServer> {
  const taken: SmtpServer['taken'] = []
  const plan: SmtpServer['plan'] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    talk(socket, taken, plan)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `smtp://127.0.0.1:${port}`,
    taken,
    plan,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function talk(socket: Socket, taken: SmtpServer['taken'], plan: SmtpServer['plan']): void {
  const say = (line: string) => socket.write(`${line}\r\n`)
  let from = ''
  let to: string[] = []
  let buffered = ''
  let isContent = false
  say('220 test')
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    buffered += chunk
    for (;;) {
      const end = isContent ? buffered.indexOf('\r\n.\r\n') : buffered.indexOf('\r\n')
      if (end === -1) return
      const part = buffered.slice(0, end)
      buffered = buffered.slice(end + (isContent ? 5 : 2))
      if (isContent) content(part)
      else command(part)
    }
  })

  function content(message: string): void {
    isContent = false
    const what = plan.shift() ?? 'take'
    if (what === 'refuse') return void say('550 5.7.1 not wanted')
    if (what === 'later') return void say('451 4.7.1 come again')
    taken.push({ from, to, message })
    if (what === 'hang up after the content') return void socket.destroy()
    say('250 taken')
  }

  function command(line: string): void {
    const word = line.slice(0, 4).toUpperCase()
    if (word === 'MAIL') from = line
    if (word === 'RCPT') to = [...to, line]
    if (word === 'RSET' || word === 'EHLO') to = []
    if (word === 'QUIT') {
      say('221 bye')
      return void socket.end()
    }
    isContent = word === 'DATA'
    say(isContent ? '354 go on' : '250 ok')
  }
}
