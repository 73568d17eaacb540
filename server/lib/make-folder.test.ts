import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makeFolder } from './make-folder.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-make-folder-'))
})
after(() => rm(folder, { recursive: true }))

test('folders that are missing are made, and made again does nothing', async () => {
  const path = join(folder, 'a', 'b', 'c')
  await makeFolder(path, 0o700)
  await makeFolder(path, 0o700)
  assert.equal((await stat(path)).mode & 0o777, 0o700)
})

test('a file in the way is an error', async () => {
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(makeFolder(join(folder, 'file'), 0o700), { code: 'EEXIST' })
  await assert.rejects(makeFolder(join(folder, 'file', 'below'), 0o700), { code: 'ENOTDIR' })
})

test('where none can be made the answer is an error, not a wait', { skip: process.platform !== 'linux' }, async () => {
  await assert.rejects(makeFolder('/proc/onetill/data', 0o700))
})
