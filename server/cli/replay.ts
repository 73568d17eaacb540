// `onetill replay FILE [--seed N] [--concurrency N]`: a retailer's transaction file as trade through the HTTP API, and the
// ledger's word on it. Can be killed at any moment and run again.

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../config.ts'
import { systemClock } from '../lib/clock.ts'
import { createClient, createOutage, createProgressLine, renderReport, replay } from '../replay/index.ts'
import { replayServer } from './replay-server.ts'

const USAGE = 'Usage: onetill replay FILE(.csv|.csv.gz) [--seed N] [--concurrency N]\nSee docs/guides/replay.md.'
const MISUSED = 2
const INTERRUPTED = 130
/** For one request: longer than a server needs to restart and to be ready to answer for what it had begun. */
const PATIENCE_MS = 300_000
/** For one payment: a provider that does not know a charge is believed when asked again after a quarter of an hour. */
const UNKNOWN_PATIENCE_MS = 30 * 60_000

interface Options {
  path: string
  seed: number
  concurrency: number
}

function parse(args: string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { seed: { type: 'string', default: '1' }, concurrency: { type: 'string', default: '32' } },
    })
    const [path] = positionals
    const seed = Number(values.seed)
    const concurrency = Number(values.concurrency)
    if (path === undefined || positionals.length !== 1 || !Number.isSafeInteger(seed)) return undefined
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 512) return undefined
    return { path, seed, concurrency }
  } catch {
    return undefined
  }
}

/** Runs the replay and answers the exit code: 0 when all is equal, 1 when something is not. */
async function run(options: Options): Promise<number> {
  const clock = systemClock
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  const { dataDir } = readConfig()
  const server = await replayServer(dataDir, clock, process.env, say)
  const client = createClient({
    baseUrl: server.url,
    secretKey: server.secretKey,
    concurrency: options.concurrency,
    patienceMs: PATIENCE_MS,
    clock,
    outage: createOutage(clock, PATIENCE_MS, say),
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      say('\nStopped. Run the same command again to go on; nothing is paid twice.')
      void server.stop().finally(() => process.exit(INTERRUPTED))
    })
  }
  try {
    const result = await replay(
      {
        client,
        clock,
        onStep: createProgressLine(process.stderr, clock),
        onPlan: (plan, trade) =>
          say(
            `${trade.rowCount} rows, ${trade.invoices.length} invoices: ${plan.steps.length} to carry out at ${server.url}, seed ${options.seed}.`,
          ),
      },
      { ...options, patienceMs: UNKNOWN_PATIENCE_MS, journalFolder: join(dataDir, 'replay') },
    )
    const { text, isEqual } = renderReport(result)
    process.stdout.write(text)
    say(`Memory of the replay: ${Math.round(process.memoryUsage().rss / 1e6)} MB.`)
    return isEqual ? 0 : 1
  } finally {
    client.close()
    await server.stop()
  }
}

const options = parse(process.argv.slice(2))
if (!options) {
  console.error(USAGE)
  process.exitCode = MISUSED
} else {
  try {
    process.exitCode = await run(options)
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}
