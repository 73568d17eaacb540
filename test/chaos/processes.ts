// The shipped program as real processes: started by its launcher, watched over HTTP, killed by process id.

import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type RunFile, readRunFile } from '../../server/db/locate.ts'
import { isAlive } from '../../server/db/lock-file.ts'
import { systemClock } from '../../server/lib/clock.ts'

const LAUNCHER = join(import.meta.dirname, '..', '..', 'bin', 'onetill.mjs')
/** A first start makes a database cluster, on a machine that other tests use too. */
const PATIENCE_MS = 60_000
const LOOK_MS = 20

export interface Running {
  url: string
  /** From the start of the launcher to the first good answer. */
  readyMs: number
  /** Ends the program itself at once, without a chance to say anything. */
  kill(): Promise<void>
  /** Asks the launcher to stop, as a service manager does; resolves with the exit code. */
  stop(): Promise<number>
  /** What it has said so far, for the message of a failing test. */
  said(): string
}

/** Below the ports that systems hand out themselves: one of those may be the near end of somebody's connection by the next start. */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000
const PORT_TRIES = 50

/** A port nobody listens on, and which stays free while the program that had it is started again. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORT_TRIES; tried++) {
    const port = randomInt(FIRST_PORT, LAST_PORT)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`no free port among ${PORT_TRIES} between ${FIRST_PORT} and ${LAST_PORT}`)
}

function launch(args: string[], env: Record<string, string>): { child: ChildProcess; said(): string } {
  const inherited = { ...process.env }
  delete inherited['npm_lifecycle_event']
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...inherited, DATABASE_URL: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const keep = (chunk: Buffer) => {
    // The end is what tells why it ended.
    text = (text + chunk.toString()).slice(-20_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { child, said: () => text }
}

/** `onetill start`, until it answers at `path` (default: it can take money). Rejects with what it said when it does not. */
export async function startServer(env: Record<string, string>, path = '/health/ready'): Promise<Running> {
  const began = performance.now()
  const { child, said } = launch(['start'], { HOST: '127.0.0.1', ONETILL_LOG: 'warn', ...env })
  const url = `http://127.0.0.1:${env['PORT']}`
  await untilAnswers(child, `${url}${path}`, said)
  const readyMs = performance.now() - began
  const run = await runFile(child, env['ONETILL_DATA'] as string)
  return {
    url,
    readyMs,
    said,
    async kill() {
      process.kill(run.pid, 'SIGKILL')
      await ended(child)
    },
    stop() {
      child.kill('SIGTERM')
      return ended(child)
    },
  }
}

/** `onetill simulator`: the provider, whose journal outlives the server. */
export async function startSimulator(port: number, data: string): Promise<{ url: string; stop(): Promise<number> }> {
  const { child, said } = launch(['simulator', '--port', String(port), '--data', data], {})
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(child, `${url}/journal?limit=1`, said)
  return {
    url,
    stop() {
      child.kill('SIGTERM')
      return ended(child)
    },
  }
}

/** Runs a command to its end, or until `signal` ends it; what it said until then is shown. */
export async function command(
  args: string[],
  env: Record<string, string>,
  signal?: AbortSignal,
): Promise<{ code: number; out: string; err: string }> {
  const { child } = launch(args, env)
  let out = ''
  let err = ''
  const end = () => {
    process.stderr.write(`${args.join(' ')} was ended after it said:\n${out}${err}\n`)
    child.kill('SIGTERM')
  }
  signal?.addEventListener('abort', end, { once: true })
  child.stdout?.on('data', (chunk) => (out += chunk))
  child.stderr?.on('data', (chunk) => (err += chunk))
  const code = await ended(child)
  signal?.removeEventListener('abort', end)
  return { code, out, err }
}

/** The process id of the embedded database of a data folder; undefined when none runs. */
export async function postmasterPid(dataDir: string): Promise<number | undefined> {
  for (const place of ['postgres/cluster', 'postgres/data', 'postgres']) {
    const text = await readFile(join(dataDir, place, 'postmaster.pid'), 'utf8').catch(() => undefined)
    if (text) return Number(text.split('\n')[0])
  }
  return undefined
}

/** What the server tells about itself, right after it began to listen. A killed one has left its own behind. */
async function runFile(child: ChildProcess, dataDir: string): Promise<RunFile> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    const run = await readRunFile(dataDir)
    if (run && isAlive(run.pid)) return run
    await systemClock.sleep(LOOK_MS)
  }
  child.kill('SIGKILL')
  throw new Error('the server wrote no run file')
}

async function untilAnswers(child: ChildProcess, url: string, said: () => string): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended before it answered:\n${said()}`)
    const isThere = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.arrayBuffer().then(() => answer.ok),
      () => false,
    )
    if (isThere) return
    await systemClock.sleep(LOOK_MS)
  }
  child.kill('SIGKILL')
  throw new Error(`${url} did not answer:\n${said()}`)
}

/** The exit code; 128 + the signal's number where a signal ended it, as the launcher reports. */
async function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  return child.exitCode ?? -1
}
