import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { newConnector } from './new-connector.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'onetill-new-connector-'))
after(() => rmSync(folder, { recursive: true }))

/** A copy of what a connector sees of the repository, so that the real tree stays as it is. */
function houseWith(name: string): string {
  const house = join(folder, name)
  const connectors = join(house, 'server', 'connectors')
  mkdirSync(connectors, { recursive: true })
  cpSync(join(root, 'server', 'lib'), join(house, 'server', 'lib'), { recursive: true })
  for (const file of ['connector.ts', 'terminal.ts', 'contract.ts', 'call.ts', 'redact.ts'])
    cpSync(join(root, 'server', 'connectors', file), join(connectors, file))
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
  cpSync(join(root, 'tsconfig.json'), join(house, 'tsconfig.json'))
  writeFileSync(join(house, 'package.json'), '{"type":"module"}')
  assert.equal(
    newConnector(name, connectors, () => {}),
    0,
  )
  return house
}

test('a connector that has just begun compiles, is formatted, and its own tests pass', async () => {
  const house = houseWith('acme-pay')
  const made = join(house, 'server', 'connectors', 'acme-pay')
  assert.deepEqual(readdirSync(made).sort(), [
    'README.md',
    'acme-pay.test.ts',
    'client.ts',
    'exponents.ts',
    'facts.ts',
    'index.ts',
  ])
  await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', house])
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  cpSync(join(root, 'biome.json'), join(house, 'biome.json'))
  await run(process.execPath, [biome, 'check', '--vcs-enabled=false', made], { cwd: house })
  // A test runner inside a test runner must not take itself for its child.
  const { NODE_TEST_CONTEXT: _inherited, ...env } = process.env
  const { stdout } = await run(process.execPath, ['--test', join(made, 'acme-pay.test.ts')], { env })
  assert.match(stdout, /pass 2/)
})

test('a name that could not be a folder and a code is refused', () => {
  for (const name of [undefined, '', 'Acme', '../acme', 'acme_pay', '-acme', 'a'.repeat(41)]) {
    assert.equal(
      newConnector(name, folder, () => {}),
      2,
    )
  }
})

test('a connector that exists is left alone', () => {
  mkdirSync(join(folder, 'taken'))
  assert.equal(
    newConnector('taken', folder, () => {}),
    1,
  )
  assert.deepEqual(readdirSync(join(folder, 'taken')), [])
})
