// The merchant-facing part of the server on a fresh database, for tests of routes: real tables, real keys, real vault; no
// network, because requests are injected.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { routes as accessRoutes, createAuthenticator, issueFirstKeys } from '../server/access/index.ts'
import { routes as customerRoutes, hasCustomer } from '../server/customers/index.ts'
import { type App, createApp } from '../server/http/app.ts'
import { type Clock, systemClock } from '../server/lib/clock.ts'
import { createIds } from '../server/lib/ids.ts'
import { silentLog } from '../server/lib/log.ts'
import {
  CATALOGUE,
  createMerchant,
  createMerchantCache,
  routes as merchantRoutes,
  type NewMerchant,
  type NewMerchantKeys,
} from '../server/merchants/index.ts'
import { openVault, sealConfig, unsealConfig } from '../server/vault/index.ts'
import { type TestDatabase, testDatabase } from './database.ts'

export interface Answer {
  status: number
  headers: Record<string, unknown>
  text: string
  // The tests look into answers by name; a wrong name is undefined and fails its assertion.
  body: Record<string, unknown> & { data: Record<string, unknown>[] }
}

export type Call = (
  key: string | undefined,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>

/** A clock that stands until it is moved. `sleep` is the system's. */
export interface MovableClock extends Clock {
  advance(ms: number): void
}

export function movableClock(start = new Date('2026-11-22T09:00:00Z')): MovableClock {
  let at = start.getTime()
  return {
    now: () => new Date(at),
    sleep: systemClock.sleep,
    advance(ms) {
      at += ms
    },
  }
}

/** What a test works with. Everything is gone after `close`. */
export interface MerchantApp {
  app: App
  database: TestDatabase
  clock: MovableClock
  call: Call
  makeMerchant(input?: Partial<NewMerchant>): Promise<NewMerchantKeys>
  deps: Parameters<typeof createMerchant>[0]
  cache: ReturnType<typeof createMerchantCache>
  close(): Promise<void>
}

/** Codes the stand-in simulator carries: the whole catalogue but what is kept elsewhere. */
const SIMULATED = CATALOGUE.filter(({ kind }) => kind !== 'cash' && kind !== 'stored_value').map(({ code }) => code)
const CARRIED: Record<string, readonly string[]> = { simulator: [...SIMULATED, 'tikkie'], cash: ['cash'] }

export const methodsOf = (connector: string): readonly string[] => CARRIED[connector] ?? []

/** `more` registers the routes of further modules on it. */
export async function merchantApp(
  more: (app: App, world: Pick<MerchantApp, 'cache' | 'clock' | 'deps'>) => void = () => {},
): Promise<MerchantApp> {
  const database = await testDatabase()
  const { db } = database
  const keysFolder = await mkdtemp(join(tmpdir(), 'onetill-keys-'))
  const clock = movableClock()
  const newId = createIds(clock)
  const log = silentLog
  const sealing = { log, vault: await openVault({ db, clock, log, keysFolder }) }
  const configSeal = {
    seal: (merchantId: string, id: string, config: Readonly<Record<string, string>>) =>
      sealConfig(sealing, merchantId, id, config),
    unseal: (merchantId: string, id: string, sealed: Buffer) => unsealConfig(sealing, merchantId, id, sealed),
  }
  const authenticator = createAuthenticator({ db, clock, log })
  const cache = createMerchantCache({ db, clock, configSeal })
  const deps = {
    db,
    clock,
    newId,
    configSeal,
    issueFirstKeys: (tx: Parameters<typeof issueFirstKeys>[1], merchant: Parameters<typeof issueFirstKeys>[2]) =>
      issueFirstKeys({ clock, newId }, tx, merchant),
  }
  const app = await createApp({
    authenticate: authenticator.authenticate,
    log,
    clock,
    newId,
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  merchantRoutes(app, {
    ...deps,
    merchantCache: cache,
    allowedHosts: new Set(['simulator.test:8080']),
    connectorNames: () => Object.keys(CARRIED),
    methodsOf,
    familiarMethods: async (merchantId, id) => ((await hasCustomer(db, merchantId, id)) ? ['bancontact'] : null),
  })
  accessRoutes(app, { ...deps, authenticator })
  customerRoutes(app, deps)
  more(app, { cache, clock, deps })
  await app.ready()

  return {
    app,
    database,
    clock,
    cache,
    deps,
    async call(key, method, url, body, headers = {}) {
      const answer = await app.inject({
        method,
        url,
        headers: {
          host: '127.0.0.1',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
      const text = answer.body
      return { status: answer.statusCode, headers: answer.headers, text, body: text === '' ? {} : JSON.parse(text) }
    },
    makeMerchant: (input = {}) => createMerchant(deps, { name: 'Test Retail', currency: 'EUR', ...input }),
    async close() {
      await app.close()
      await database.close()
      await rm(keysFolder, { recursive: true, force: true })
    },
  }
}
