// The whole program over HTTP with its demo retailer, as `npm start` gives it, in this process on a database of its own and
// with the real clock: for documents and examples, which speak to an address.

import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../server/lib/clock.ts'
import { silentLog } from '../server/lib/log.ts'
import { createFolderTransport } from '../server/mail/index.ts'
import { type NewMerchantKeys, seedDemo, seedDemoTerminals } from '../server/merchants/index.ts'
import { type Wired, wire } from '../server/wiring.ts'
import { type TestDatabase, testDatabase } from './database.ts'

export interface ServedShop {
  url: string
  /** What ONETILL_DATA would name; holds demo.json. */
  dataDir: string
  demo: NewMerchantKeys
  program: Wired
  database: TestDatabase
  close(): Promise<void>
}

/** Serves the program on a free port of the loopback, workers running. `hasTills`: with the demo's staff, who are slow to hash. */
export async function servedShop({ hasTills = false } = {}): Promise<ServedShop> {
  const database = await testDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'onetill-served-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const program = await wire({
    db: database.db,
    clock: systemClock,
    log: silentLog,
    publicUrl: url,
    keysFolder: join(dataDir, 'keys'),
    simulatorPath: ':memory:',
    webhookAllow: '',
    // As a developer's machine has it: /dev/mail shows what was written.
    mailTransport: createFolderTransport(join(dataDir, 'mail'), 'shop@localhost'),
    durabilityProblem: () => '',
    isDraining: () => false,
  })
  const demo = await seedDemo(program.merchants, join(dataDir, 'demo.json'))
  await program.commerce.seedDemo(demo.merchant_id)
  if (hasTills) {
    for (const { serial, name } of await seedDemoTerminals(program.merchants, demo))
      program.virtualTerminals.add(serial, name)
    await program.counter.seedDemo(demo.merchant_id)
    program.counter.door.open = { merchantId: demo.merchant_id }
  }
  program.shop.open = { merchantId: demo.merchant_id, publishableKey: demo.publishable_key }
  await program.app.listen({ port, host: '127.0.0.1' })
  program.hints.start()
  program.simulator.start()
  for (const worker of program.workers) worker.start()
  return {
    url,
    dataDir,
    demo,
    program,
    database,
    async close() {
      await program.eventStreams.stop()
      await program.app.close()
      await Promise.all(program.workers.map((worker) => worker.stop()))
      await program.lanes.drain()
      await program.hints.stop()
      await program.simulator.stop()
      program.virtualTerminals.close()
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A port nobody listens on now. The program must know its address before it listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
