// `npm start`: database, migrations, demo shop, server, workers; and an orderly stop. The program's only entry.

import { join } from 'node:path'
import { type Config, readConfig } from './config.ts'
import { readDurability } from './db/durability.ts'
import { startEmbedded } from './db/embedded.ts'
import { removeRunFile, writeRunFile } from './db/locate.ts'
import { APP_ROLE, migrate } from './db/migrate.ts'
import { BY_KEY, openPool } from './db/pool.ts'
import { assertCanListen, listen } from './http/listen.ts'
import { createLog } from './http/log.ts'
import { closeServer } from './http/transport.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { makeFolder } from './lib/make-folder.ts'
import { createFolderTransport, createSmtpTransport, isForDevelopment } from './mail/index.ts'
import { type NewMerchantKeys, seedDemo, seedDemoTerminals } from './merchants/index.ts'
import { wire } from './wiring.ts'

/** Connections for HTTP reads and the workers; PostgreSQL does no better with more on a few cores. */
const POOL_SIZE = 16
/** Connections for looking rows up by their key: each question waits for the one before it, and there are some ten. */
const LOOKUPS_SIZE = 6
/** Connections for the consumers of the event log, each at one window at a time, and for reads that catch up. */
const FOLLOWERS_SIZE = 8
/** Connections for the lanes, which are fewer. */
const LANES_SIZE = 8
/** Through a quiet spell connections stay, and with them their plans. */
const IDLE_MS = 5 * 60_000
/** After this a stop no longer waits for requests; what they had begun is found by the resolver at the next start. */
const DRAIN_MS = 20_000
/** A connection that is lent out is not waited for any longer: its transaction is undone by the database's stop. */
const POOL_END_MS = 1_000

async function main(): Promise<void> {
  const config = readConfig()
  const clock = systemClock
  const log = createLog(clock, { level: config.logLevel })
  await assertCanListen(config)
  await makeDataDir(config.dataDir)

  const embedded = config.databaseUrl
    ? undefined
    : await startEmbedded({ dataDir: join(config.dataDir, 'postgres'), log })
  const url = config.databaseUrl ?? embedded?.url ?? ''
  try {
    await serve({ config, clock, log, url, stopDatabase: async () => embedded?.stop() })
  } catch (error) {
    // A server that could not start leaves no database behind.
    await embedded?.stop()
    throw error
  }
}

async function makeDataDir(path: string): Promise<void> {
  try {
    await makeFolder(path, 0o700)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const isFile = code === 'EEXIST' || code === 'ENOTDIR'
    const reason = isFile ? 'there is a file in its place' : `it cannot be made (${code})`
    throw new Error(`ONETILL_DATA must be a folder: ${path} is not, ${reason}.`, { cause })
  }
}

interface Serving {
  config: Config
  clock: Clock
  log: Log
  url: string
  stopDatabase(): Promise<void>
}

async function serve({ config, clock, log, url, stopDatabase }: Serving): Promise<void> {
  const migrated = await migrate(url, { log })
  const role = migrated.hasAppRole ? APP_ROLE : undefined
  const pool = { role, idleMs: IDLE_MS }
  const db = openPool(url, { ...pool, max: POOL_SIZE })
  const followers = openPool(url, { ...pool, max: FOLLOWERS_SIZE, applicationName: 'onetill followers' })
  const lookups = openPool(url, { ...pool, max: LOOKUPS_SIZE, applicationName: 'onetill lookups', settings: BY_KEY })
  const lanesDb = openPool(url, { ...pool, max: LANES_SIZE, applicationName: 'onetill lanes' })
  const durability = await readDurability(db)
  if (durability !== '') log.error(`live payments are refused: ${durability}`)

  let isDraining = false
  const wired = await wire({
    db,
    lookups,
    followers,
    lanesDb,
    clock,
    log,
    publicUrl: config.publicUrl,
    hosts: [config.host, new URL(config.publicUrl).hostname],
    keysFolder: join(config.dataDir, 'keys'),
    simulatorPath: join(config.dataDir, 'simulator.db'),
    terminalsPath: join(config.dataDir, 'terminals.db'),
    webhookAllow: config.webhookAllow,
    simulatorKey: config.simulatorKey,
    mailTransport:
      config.smtpUrl === undefined
        ? createFolderTransport(join(config.dataDir, 'mail'), config.mailFrom)
        : createSmtpTransport({ url: config.smtpUrl, from: config.mailFrom }),
    durabilityProblem: () => durability,
    isDraining: () => isDraining,
  })
  const demo = await seedDemo(wired.merchants, join(config.dataDir, 'demo.json'))
  await wired.commerce.seedDemo(demo.merchant_id)
  for (const { serial, name } of await seedDemoTerminals(wired.merchants, demo))
    wired.virtualTerminals.add(serial, name)
  await wired.counter.seedDemo(demo.merchant_id)
  if (isForDevelopment(config.publicUrl)) wired.counter.door.open = { merchantId: demo.merchant_id }
  wired.shop.open = { merchantId: demo.merchant_id, publishableKey: demo.publishable_key }
  await listen(wired.app, { port: config.port, host: config.host })
  await writeRunFile(config.dataDir, { pid: process.pid, databaseUrl: url, port: config.port })
  wired.hints.start()
  wired.simulator.start()
  for (const worker of wired.workers) worker.start()
  announce(config, demo)

  async function stop(signal: string): Promise<void> {
    if (isDraining) return
    isDraining = true
    log.info(`${signal}: finishing what is under way`)
    const drained = (async () => {
      await wired.eventStreams.stop()
      // Side by side: a request that takes all the time there is must not leave the workers running when the pools end.
      await Promise.all([closeServer(wired.app, clock), ...wired.workers.map((worker) => worker.stop())])
      await wired.lanes.drain()
      await wired.hints.stop()
      await wired.simulator.stop()
      wired.virtualTerminals.close()
    })()
    await Promise.race([drained, clock.sleep(DRAIN_MS)])
    const ended = Promise.all([db, lookups, followers, lanesDb].map((pool) => pool.end().catch(() => {})))
    await Promise.race([ended, clock.sleep(POOL_END_MS)])
    await removeRunFile(config.dataDir)
    await stopDatabase()
    log.info('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
}

function announce({ publicUrl, dataDir, smtpUrl }: Config, demo: NewMerchantKeys): void {
  const lines = [
    '',
    '  Onetill is ready.',
    '',
    `  Shop           ${publicUrl}/shop`,
    `  Till           ${publicUrl}/pos`,
    `  API            ${publicUrl}/v1`,
    `  Reference      ${publicUrl}/docs`,
    `  Health         ${publicUrl}/health/ready`,
    `  Secret key     ${demo.secret_key}`,
    `  Publishable    ${demo.publishable_key}`,
    `  Demo retailer  ${join(dataDir, 'demo.json')}`,
    ...(isForDevelopment(publicUrl) ? [`  Terminal       ${publicUrl}/terminal`] : []),
    ...(smtpUrl === undefined && isForDevelopment(publicUrl) ? [`  Mail           ${publicUrl}/dev/mail`] : []),
    '',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`Onetill could not start: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
