import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withLockFile } from './lock-file.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-lock-test-'))
})
after(() => rm(folder, { recursive: true, force: true }))

test('two holders of one lock work one after the other, and nothing is left behind', async () => {
  const path = join(folder, 'two')
  const happened: string[] = []
  const work = (name: string) => () => {
    happened.push(`${name} in`)
    return new Promise<void>((resolve) =>
      setImmediate(() => {
        happened.push(`${name} out`)
        resolve()
      }),
    )
  }
  await Promise.all([withLockFile(path, work('a')), withLockFile(path, work('b'))])
  const order = happened.map((entry) => entry.split(' ')[1])
  assert.deepEqual(order, ['in', 'out', 'in', 'out'])
  assert.equal(existsSync(path), false)
})

test('the lock of a process that is gone is taken over', async () => {
  const path = join(folder, 'gone')
  // Above the largest process id of any system.
  await writeFile(path, '999999999\n')
  assert.equal(await withLockFile(path, async () => 'in'), 'in')
})

test('a lock that nobody has touched for long is taken over, though its number is alive', async () => {
  const path = join(folder, 'untouched')
  await writeFile(path, `${process.pid}\n`)
  const longAgo = new Date('2020-01-01T00:00:00Z')
  await utimes(path, longAgo, longAgo)
  assert.equal(await withLockFile(path, async () => 'in'), 'in')
})

test('a failing holder gives the lock back', async () => {
  const path = join(folder, 'failing')
  await assert.rejects(
    withLockFile(path, () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(existsSync(path), false)
})
