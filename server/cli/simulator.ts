// `onetill simulator --port N [--data DIR] [--host H] [--api-key KEY]`: the simulated provider as its own process, so that
// its journal outlives whatever a test does to the product.

import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSimulator, simulatorServer } from '../connectors/simulator/index.ts'
import { systemClock } from '../lib/clock.ts'

const USAGE = 'Usage: onetill simulator --port N [--data DIR] [--host 127.0.0.1] [--api-key KEY]\n'

/** Runs until SIGTERM or SIGINT. Resolves with the exit code. */
async function simulatorCommand(args: string[]): Promise<number> {
  const options = optionsFrom(args)
  if (!options) {
    process.stderr.write(USAGE)
    return 2
  }
  const port = options.port === 0 ? await freePort(options.host) : options.port
  if (options.data) mkdirSync(options.data, { recursive: true })
  const simulator = createSimulator({
    path: options.data ? join(options.data, 'simulator.db') : ':memory:',
    clock: systemClock,
    publicUrl: `http://${options.host}:${port}`,
    deliver: async (url, headers, body) =>
      fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.timeout(DELIVERY_MS) }),
  })
  const server = simulatorServer(simulator, options.apiKey === undefined ? {} : { apiKey: options.apiKey })
  await server.listen({ port, host: options.host })
  simulator.start()
  process.stdout.write(`Simulator on http://${options.host}:${port} (journal: /journal, faults: PUT /faults)\n`)
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  await server.close()
  await simulator.stop()
  return 0
}

/** A port nobody has, for `--port 0`: known before the simulator is made, because its pages bear it. */
async function freePort(host: string): Promise<number> {
  const probe = createServer().listen(0, host)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** What went wrong, in a sentence. */
function sentence(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EADDRINUSE' ? 'another program has the port; choose another with --port' : message
}

/** A receiver slower than this is tried again later. */
const DELIVERY_MS = 10_000

function optionsFrom(args: string[]): { port: number; host: string; data?: string; apiKey?: string } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        'api-key': { type: 'string' },
      },
    })
    const port = Number(values.port)
    if (!/^\d{1,5}$/.test(values.port ?? '') || port > 65_535) return undefined
    return { port, host: values.host ?? '127.0.0.1', data: values.data, apiKey: values['api-key'] }
  } catch {
    return undefined
  }
}

try {
  process.exitCode = await simulatorCommand(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`The simulator could not start: ${sentence(error)}.\n`)
  process.exit(1)
}
