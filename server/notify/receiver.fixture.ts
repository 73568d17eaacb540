// What the tests of this module share: a database with one merchant, a deliverer on a clock that stands still, and receivers
// that misbehave on request.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { testDatabase } from '../../test/database.ts'
import { transact } from '../db/pool.ts'
import { createLocalHints, createStepClock } from '../jobs/index.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { createDeliverer, type DeliverDeps, type Deliverer } from './deliver.ts'
import type { EventView } from './event.ts'
import { appendEvents } from './event-store.ts'
import type { SecretBox } from './secret.ts'

/** What a receiver was sent. */
export interface Received {
  id: string
  event: EventView
  body: string
  headers: Record<string, string>
}

export type Answer = (request: IncomingMessage, response: ServerResponse, received: Received) => void

/** Not the vault: turns the record around, bound to its merchant and id, so that a mix-up fails. */
const testBox: SecretBox = {
  seal: async (merchantId, id, record) => Buffer.from(JSON.stringify({ merchantId, id, record })),
  unseal: async (merchantId, id, sealed) => {
    const plain = JSON.parse(sealed.toString()) as { merchantId: string; id: string; record: Record<string, string> }
    if (plain.merchantId !== merchantId || plain.id !== id) throw new Error('sealed for another row')
    return plain.record
  },
}

/** A server on 127.0.0.1 that keeps what it reads and then answers as `answer` says. */
export async function startReceiver(answer: Answer = (_request, response) => response.end('ok')) {
  const received: Received[] = []
  const behaviour = { answer }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const headers = request.headers as Record<string, string>
    const item = { id: headers['webhook-id'] ?? '', event: JSON.parse(body) as EventView, body, headers }
    received.push(item)
    behaviour.answer(request, response, item)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `http://${host}/hook`,
    received,
    behaviour,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A fresh database with one merchant, and everything the module needs around it. */
export async function setUp() {
  const database = await testDatabase()
  // Begins now, because the receiving library compares timestamps with the machine's clock.
  const clock = createStepClock(systemClock.now())
  const newId = createIds(clock)
  const merchantId = newId('mer')
  const allowedHosts = new Set<string>()
  const errors: unknown[] = []
  const log: Log = { ...silentLog, error: (message, fields) => errors.push({ message, ...fields }) }
  const deps: DeliverDeps = {
    db: database.db,
    clock,
    newId,
    log,
    hints: createLocalHints(clock),
    secretBox: testBox,
    allowedHosts,
    resolveHost: async () => ['93.184.216.34'],
  }
  await database.db.query(
    `insert into merchant (merchant_id, name, currency, country, mode, created_at) values ($1, 'Shop', 'EUR', 'NL', 'test', $2)`,
    [merchantId, clock.now()],
  )
  const deliverer = createDeliverer(deps)

  return {
    ...deps,
    clock,
    allowedHosts,
    merchantId,
    deps,
    deliverer,
    /** What was logged as an error: nothing, in every test that is not about one. */
    errors,
    /** Appends one event per object, in this order. */
    async append(...objectIds: string[]) {
      const rows = objectIds.map((object_id) => ({
        id: newId('evt'),
        type: 'payment.captured',
        object_type: 'payment',
        object_id,
        object_version: 1,
        data: { id: object_id },
      }))
      await transact(database.db, (tx) => appendEvents(tx, merchantId, clock.now(), rows))
      return rows.map((row) => row.id)
    },
    /** Steps until nothing is due at this moment. */
    async run(worker: Deliverer = deliverer) {
      for (;;) {
        const did = await worker.tick()
        await worker.settled()
        if (did === 0) return
      }
    },
    async close() {
      await deliverer.stop()
      await database.close()
    },
  }
}
