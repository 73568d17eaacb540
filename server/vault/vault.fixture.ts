// A vault on a fresh database with two merchants and a customer each, for the tests beside it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testDatabase } from '../../test/database.ts'
import { createLanes } from '../db/lanes.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { silentLog } from '../lib/log.ts'
import { openVault, type VaultDeps } from './vault.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  advance(ms: number): void
}

export interface VaultFixture {
  deps: VaultDeps
  clock: TestClock
  url: string
  keysFolder: string
  merchants: readonly [string, string]
  /** One customer of each merchant, at the same place. */
  customers: readonly [string, string]
  /** The same database seen by another process of the program: other memory, same key file. */
  secondProcess(): Promise<VaultDeps>
  close(): Promise<void>
}

/** A number that passes every check and is easy to search for; `n` gives others of the same brand. */
export function cardNumber(n = 0): string {
  const body = `4929${String(n).padStart(11, '0')}`
  let sum = 0
  for (let i = 0; i < body.length; i++) {
    const doubled = Number(body.at(-1 - i)) * (i % 2 === 0 ? 2 : 1)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return `${body}${(10 - (sum % 10)) % 10}`
}

export async function vaultFixture(): Promise<VaultFixture> {
  const database = await testDatabase()
  const { db, url } = database
  const clock = testClock(new Date('2026-11-20T10:00:00Z'))
  const newId = createIds(systemClock)
  const keysFolder = join(await mkdtemp(join(tmpdir(), 'onetill-vault-')), 'keys')
  const merchants = [newId('mer'), newId('mer')] as const
  const customers = [newId('cus'), newId('cus')] as const
  for (const [i, merchantId] of merchants.entries()) {
    await db.query(
      `insert into merchant (merchant_id, name, currency, country, mode, created_at)
       values ($1, 'Test', 'EUR', 'NL', 'test', $2)`,
      [merchantId, clock.now()],
    )
    await db.query('insert into customer (merchant_id, id, version, created_at) values ($1, $2, 1, $3)', [
      merchantId,
      customers[i],
      clock.now(),
    ])
  }
  const process = async (): Promise<VaultDeps> => {
    const vault = await openVault({ db, clock, log: silentLog, keysFolder })
    return { db, lanes: createLanes(db), clock, newId, log: silentLog, vault }
  }
  return {
    deps: await process(),
    clock,
    url,
    keysFolder,
    merchants,
    customers,
    secondProcess: process,
    async close() {
      await database.close()
      await rm(join(keysFolder, '..'), { recursive: true })
    },
  }
}

function testClock(start: Date): TestClock {
  let now = start.getTime()
  return {
    now: () => new Date(now),
    sleep: systemClock.sleep,
    advance(ms) {
      now += ms
    },
  }
}
