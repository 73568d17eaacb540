// `onetill terminal --port 8443`: a virtual terminal as its own process, with TLS, at the addresses of a real one: for whoever writes a
// program that drives terminals, in whatever language.

import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../lib/clock.ts'
import { makeFolder } from '../lib/make-folder.ts'
import { Secret } from '../lib/secret.ts'
import type { Wire } from '../nexo/index.ts'
import { loadPages } from '../pages/index.ts'
import { createVirtualTerminals } from '../virtual-terminal/index.ts'
import { terminalServer } from '../virtual-terminal/server.ts'

const USAGE = `Usage: onetill terminal --port 8443 [--poi V400m-100000001] [--passphrase TEXT [--key-id ID] [--key-version N] [--plain]]
                        [--api-key KEY] [--notify URL] [--data DIR] [--host 127.0.0.1] [--auto]
`
/** Said aloud at the start: it opens nothing but this terminal. */
const DEFAULT_API_KEY = 'virtual-terminal'
const NOTIFY_MS = 10_000
/** Waits before each further attempt to tell somebody. */
const NOTIFY_AGAIN_MS = [1_000, 5_000, 15_000]

interface Options {
  port: number
  host: string
  poi: string
  passphrase: string | undefined
  keyId: string
  keyVersion: number
  isPlain: boolean
  apiKey: string
  notify: string | undefined
  data: string | undefined
  isAuto: boolean
}

/** Runs until SIGTERM or SIGINT. Resolves with the exit code. */
async function terminalCommand(args: string[]): Promise<number> {
  const options = optionsFrom(args)
  if (!options) {
    process.stderr.write(USAGE)
    return 2
  }
  const { port, host, poi, passphrase, data, notify } = options
  if (data !== undefined) await makeFolder(data, 0o700)
  const virtualTerminals = createVirtualTerminals({
    clock: systemClock,
    ...(data === undefined ? {} : { path: join(data, 'terminals.db') }),
    ...(options.isAuto ? { settings: { customer: { card: 'visa', entry: 'contactless' } } } : {}),
  })
  if (!virtualTerminals.isPoiId(poi))
    throw new Error(`${poi} is no terminal's id: it has a model, a hyphen and a serial`)
  const { app, certificate } = await terminalServer({
    virtualTerminals,
    poiId: poi,
    now: systemClock.now(),
    pages: { pages: await loadPages(), clock: systemClock },
    ...(passphrase === undefined
      ? {}
      : { key: { identifier: options.keyId, version: options.keyVersion, passphrase: new Secret(passphrase) } }),
    takesPlain: passphrase === undefined || options.isPlain,
    apiKey: options.apiKey,
    notify: (wire) => void (notify === undefined ? undefined : tell(notify, wire)),
  })
  await app.listen({ port, host })
  const { port: bound } = app.server.address() as AddressInfo
  const at = `https://${host}:${bound}`
  if (data !== undefined) writeFileSync(join(data, 'terminal.pem'), certificate)
  process.stdout.write(
    `${[
      `Terminal ${poi} on ${at}`,
      `  Page       ${at}/terminal`,
      `  Messages   ${at}/nexo (${passphrase === undefined ? 'plain' : options.isPlain ? 'sealed or plain' : 'sealed'}), /sync, /async, /v1/merchants/…`,
      `  API key    ${options.apiKey}`,
      ...(data === undefined ? [certificate] : [`  Certificate ${join(data, 'terminal.pem')}`]),
    ].join('\n')}\n`,
  )
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve())
  })
  await app.close()
  virtualTerminals.close()
  return 0
}

/** Tells somebody of an answer or an event, and again while they do not say that they have it. */
async function tell(url: string, wire: Wire): Promise<void> {
  for (const wait of [0, ...NOTIFY_AGAIN_MS]) {
    await systemClock.sleep(wait)
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(wire),
        redirect: 'manual',
        signal: AbortSignal.timeout(NOTIFY_MS),
      })
      if (answer.ok) return
    } catch {
      // Not there now: again.
    }
  }
  process.stderr.write('A notification was not taken and is dropped.\n')
}

function optionsFrom(args: string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '8443' },
        host: { type: 'string', default: '127.0.0.1' },
        poi: { type: 'string', default: 'V400m-100000001' },
        passphrase: { type: 'string' },
        'key-id': { type: 'string', default: 'terminal' },
        'key-version': { type: 'string', default: '1' },
        plain: { type: 'boolean', default: false },
        'api-key': { type: 'string', default: DEFAULT_API_KEY },
        notify: { type: 'string' },
        data: { type: 'string' },
        auto: { type: 'boolean', default: false },
      },
    })
    const port = Number(values.port)
    const keyVersion = Number(values['key-version'])
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535 || !/^\d{1,9}$/.test(values['key-version'])) return undefined
    return {
      ...{
        port,
        host: values.host,
        poi: values.poi,
        passphrase: values.passphrase,
        keyId: values['key-id'],
        keyVersion,
      },
      ...{
        isPlain: values.plain,
        apiKey: values['api-key'],
        notify: values.notify,
        data: values.data,
        isAuto: values.auto,
      },
    }
  } catch {
    return undefined
  }
}

try {
  process.exitCode = await terminalCommand(process.argv.slice(2))
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const reason = code === 'EADDRINUSE' ? 'another program has the port; choose another with --port' : message
  process.stderr.write(`The terminal could not start: ${reason}.\n`)
  process.exit(1)
}
