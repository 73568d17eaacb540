// bin/onetill.mjs as a person or a script meets it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

const LAUNCHER = join(import.meta.dirname, '..', 'bin', 'onetill.mjs')

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-launcher-test-'))
})
after(() => rm(folder, { recursive: true, force: true }))

test('without a command it says what there is', async () => {
  const { code, out } = await onetill([])
  assert.equal(code, 0)
  assert.match(out, /Usage: onetill COMMAND/)
  assert.match(out, /ONETILL_DATA \(\.\/data\)/)
})

test('an unknown command is refused in a sentence and with code 2', async () => {
  const { code, err } = await onetill(['strat'])
  assert.equal(code, 2)
  assert.match(err, /onetill has no command "strat"\. It has: start, /)
})

test('the code of a command that fails comes back, with its sentence', async () => {
  const nowhere = `postgres:///onetill?host=${encodeURIComponent(folder)}&user=onetill`
  const { code, err } = await onetill(['migrate'], { DATABASE_URL: nowhere })
  assert.equal(code, 1)
  assert.match(err, /ENOENT|ECONNREFUSED/)
})

test('migrate works without a server, on a database of the data folder, and twice', async () => {
  const env = { ONETILL_DATA: join(folder, 'data'), DATABASE_URL: '' }
  assert.match((await onetill(['migrate'], env)).out, /Applied \d+ migrations\.\n$/)
  assert.equal((await onetill(['migrate'], env)).out, 'The database is up to date.\n')
})

test('a killed launcher takes its program with it', { skip: process.platform === 'win32' }, async () => {
  // The simulator is the quickest program that stays up.
  const launcher = start(['simulator', '--port', '0'], { ONETILL_DATA: join(folder, 'simulator') })
  const output = launcher.stdout
  assert.ok(output)
  await once(output, 'data')
  launcher.kill('SIGKILL')
  // The program holds the other end of the pipe: it ends only when the program has.
  output.resume()
  await once(output, 'end')
})

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  const inherited = { ...process.env }
  // The launcher under test is not under npm, even when this test is.
  delete inherited['npm_lifecycle_event']
  return spawn(process.execPath, [LAUNCHER, ...args], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function onetill(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const child = start(args, env)
  const said = { out: '', err: '' }
  child.stdout?.on('data', (text) => (said.out += text))
  child.stderr?.on('data', (text) => (said.err += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, ...said }
}
