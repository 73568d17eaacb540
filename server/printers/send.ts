// Bytes on their way to a receipt printer. Never waited for longer than a cashier would, and never silent about what became of them.

import { connect, type Socket } from 'node:net'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { addressOf, type ResolveName } from './address.ts'
import { readPrinter } from './store.ts'

export interface PrinterDeps {
  db: Db
  clock: Pick<Clock, 'now' | 'sleep'>
  resolveName: ResolveName
}

/** `no-printer`: the register has none, or not in a private network any more. `no-answer`: nobody took it. `broken-off`: a part may be on paper. */
export type Trouble = 'no-printer' | 'no-answer' | 'broken-off'

/** All of it, from the name to the last byte: the customer stands there. */
const DEADLINE_MS = 5_000
/** After the last byte the printer's own goodbye is waited for: one who hangs up first may cut off what is still on its way. */
const GOODBYE_MS = 500

/** Sends bytes to the printer of a register. Null when it has taken all of them. */
export async function sendToPrinter(
  { db, clock, resolveName }: PrinterDeps,
  { merchantId, registerId, bytes }: { merchantId: string; registerId: string; bytes: Uint8Array },
): Promise<Trouble | null> {
  const printer = await readPrinter(db, merchantId, registerId)
  if (!printer) return 'no-printer'
  const over = new AbortController()
  const done = new AbortController()
  void clock.sleep(DEADLINE_MS, done.signal).then(() => over.abort())
  try {
    const late = new Promise<'no-answer'>((resolve) =>
      over.signal.addEventListener('abort', () => resolve('no-answer')),
    )
    const found = addressOf(printer.host, resolveName).catch(() => 'no-answer' as const)
    const address = await Promise.race([found, late])
    if (address === null) return 'no-printer'
    if (address === 'no-answer') return address
    const socket = connect({ host: address, port: printer.port, signal: over.signal })
    try {
      return await carry(socket, bytes, clock)
    } finally {
      socket.destroy()
    }
  } finally {
    done.abort()
  }
}

function carry(socket: Socket, bytes: Uint8Array, clock: PrinterDeps['clock']): Promise<Trouble | null> {
  return new Promise((resolve) => {
    let isConnected = false
    // What a printer says of itself is not asked for; left unread it would make a reset of our goodbye.
    socket.resume()
    socket.once('connect', () => {
      isConnected = true
      socket.end(bytes)
    })
    socket.once('error', () => resolve(isConnected ? 'broken-off' : 'no-answer'))
    // Its end before ours is a printer that has hung up on us.
    socket.once('close', () => resolve(socket.writableFinished ? null : 'broken-off'))
    socket.once('finish', () => void clock.sleep(GOODBYE_MS).then(() => resolve(null)))
  })
}
