// Which server a replay talks to: the one named by ONETILL_URL; else the one running on the data folder, or on PORT; else
// one it starts itself, for as long as it takes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findRunning } from '../db/embedded.ts'
import { readRunFile } from '../db/locate.ts'
import type { Clock } from '../lib/clock.ts'
import { createClient } from '../replay/index.ts'

export interface ReplayServer {
  url: string
  secretKey: string
  /** Stops the server if this started it. */
  stop(): Promise<void>
}

const ROOT = join(import.meta.dirname, '..', '..')
/** A first start creates a database and migrates it. */
const START_PATIENCE_MS = 120_000
const LOOK_MS = 100
/** As long as a server takes to get ready, or to finish what is under way, and a little. */
const WAIT_PATIENCE_MS = 30_000

/** Finds or starts the server. Throws a sentence when there is no key for it, or it does not start. */
export async function replayServer(
  dataDir: string,
  clock: Clock,
  env: NodeJS.ProcessEnv,
  say: (text: string) => void,
): Promise<ReplayServer> {
  const stop = async (): Promise<void> => {}
  const named = env['ONETILL_URL']?.replace(/\/+$/, '')
  if (named) return { url: named, secretKey: env['ONETILL_KEY'] ?? (await demoKey(dataDir)), stop }
  const url = await runningServer(dataDir, clock, env)
  if (url) return { url, secretKey: env['ONETILL_KEY'] ?? (await demoKey(dataDir)), stop }
  say('No server is running on this data folder; starting one for the time of the replay.')
  return startServer(dataDir, clock, env)
}

/**
 * The server that runs on this folder. A database without a ready server is that of one that is being started, or of one that is
 * stopping, such as that of a replay that was killed: which of them is waited for.
 */
async function runningServer(dataDir: string, clock: Clock, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (let waited = 0; waited < WAIT_PATIENCE_MS; waited += LOOK_MS) {
    const run = await readRunFile(dataDir)
    const ports = [run?.port, env['PORT'] ? Number(env['PORT']) : undefined].filter((port) => port !== undefined)
    for (const port of ports) {
      const url = `http://127.0.0.1:${port}`
      if (await isReady(url, clock)) return url
    }
    if (env['DATABASE_URL'] || !(await findRunning(join(dataDir, 'postgres')))) return undefined
    await clock.sleep(LOOK_MS)
  }
  return undefined
}

async function startServer(dataDir: string, clock: Clock, env: NodeJS.ProcessEnv): Promise<ReplayServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  // The server ends when we do, even when we are killed: it must not live on unseen.
  const follow = ['--import', pathToFileURL(join(import.meta.dirname, 'stop-with-parent.ts')).href]
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((flag) => flag.startsWith('--disable-warning')),
      ...follow,
      join(ROOT, 'server', 'main.ts'),
    ],
    {
      env: {
        ...env,
        PORT: String(port),
        HOST: '127.0.0.1',
        ONETILL_DATA: dataDir,
        ONETILL_PUBLIC_URL: url,
        ONETILL_LOG: env['ONETILL_LOG'] ?? 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await exited
  }
  for (let waited = 0; !(await isReady(url, clock)); waited += LOOK_MS) {
    if (child.exitCode !== null) throw new Error(`The server did not start (exit code ${child.exitCode}).`)
    if (waited > START_PATIENCE_MS) {
      await stop()
      throw new Error('The server did not get ready within two minutes.')
    }
    await clock.sleep(LOOK_MS)
  }
  return { url, secretKey: env['ONETILL_KEY'] ?? (await demoKey(dataDir)), stop }
}

async function isReady(url: string, clock: Clock): Promise<boolean> {
  const client = createClient({ baseUrl: url, secretKey: '', concurrency: 1, patienceMs: 0, clock })
  try {
    return (await client.get('/health/ready')).status === 200
  } catch {
    return false
  } finally {
    client.close()
  }
}

async function demoKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'demo.json')
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`There is no ${path}. Set ONETILL_KEY to the secret key of a test merchant.`)
  return (JSON.parse(text) as { secret_key: string }).secret_key
}

/** A port nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('No port is free.')
  return address.port
}
