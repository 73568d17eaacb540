// Listening, and saying in a sentence why it cannot be. Asked before the database is started, so that a second
// `npm start` ends at once and leaves nothing behind.

import { once } from 'node:events'
import { createServer } from 'node:net'

export interface Place {
  host: string
  /** 0: any that is free. */
  port: number
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'another program listens there already. Stop it, or set PORT to another port.',
  EACCES: 'this user may not use that port. Set PORT to one above 1023.',
  EADDRNOTAVAIL: 'HOST is no address of this machine.',
  ENOTFOUND: 'HOST is a name without an address.',
}

/** Throws a sentence unless a server could listen at `place` now. */
export async function assertCanListen(place: Place): Promise<void> {
  const probe = createServer()
  probe.listen(place)
  await once(probe, 'listening').catch((error: unknown) => {
    throw inWords(error, place)
  })
  probe.close()
  await once(probe, 'close')
}

/** Listens; another program may have been faster than the probe, which is told in the same words. */
export async function listen(app: { listen(place: Place): PromiseLike<unknown> }, place: Place): Promise<void> {
  try {
    await app.listen(place)
  } catch (error) {
    throw inWords(error, place)
  }
}

function inWords(error: unknown, { host, port }: Place): unknown {
  const reason = REASONS[(error as { code?: string }).code ?? '']
  return reason ? new Error(`Cannot listen on ${host} port ${port}: ${reason}`, { cause: error }) : error
}
