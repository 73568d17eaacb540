// bin/onetill.mjs as a person or a script meets it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
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

test('every command tells its usage, and does nothing else then', async () => {
  for (const words of [
    ['verify', '--help'],
    ['start', '-h'],
    ['merchant', 'create', '--help'],
    ['bench', '--help'],
  ]) {
    const { code, out, err } = await onetill(words)
    assert.deepEqual([code, err], [0, ''])
    assert.match(out, new RegExp(`^Usage: onetill ${words[0]}`))
  }
})

test('words that a command does not take are refused, with its usage and code 2', async () => {
  for (const command of ['start', 'dev', 'check', 'migrate', 'verify']) {
    const { code, out, err } = await onetill([command, 'foo'])
    assert.deepEqual([code, out], [2, ''])
    assert.equal(err, `onetill ${command} takes no further words, such as "foo".\nUsage: onetill ${command}\n`)
  }
})

test('a start that cannot be says why in a sentence, and makes no database', async () => {
  const other = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const data = join(folder, 'never')
  const taken = await onetill(['start'], { ONETILL_DATA: data, DATABASE_URL: '', PORT: String(port) })
  other.close()
  assert.equal(taken.code, 1)
  assert.match(taken.err, /^Onetill could not start: Cannot listen on 127\.0\.0\.1 port \d+: another program listens/)
  assert.equal(existsSync(data), false)

  const file = join(folder, 'file')
  await writeFile(file, '')
  const misplaced = await onetill(['start'], { ONETILL_DATA: file, DATABASE_URL: '', PORT: '0' })
  assert.equal(misplaced.code, 1)
  assert.match(misplaced.err, /ONETILL_DATA must be a folder: .* there is a file in its place\./)
})

test('a database address that makes no sense is refused before anything is asked', async () => {
  for (const command of ['start', 'verify', 'migrate']) {
    const { code, err } = await onetill([command], { DATABASE_URL: 'nonsense', ONETILL_DATA: folder, PORT: '0' })
    assert.equal(code, 1)
    assert.match(
      err,
      /^(Onetill could not start: )?DATABASE_URL must be an address such as postgres:[^\n]*\n$/,
      command,
    )
  }
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
