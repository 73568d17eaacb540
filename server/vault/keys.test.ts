import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { KeyFileUnusable, openKeyFile } from './keys.ts'
import { SealBroken, type SealPlace } from './seal.ts'

const clock = { now: () => new Date('2026-11-20T10:00:00Z') }
const place: SealPlace = { purpose: 'key', merchantId: 'mer_A', id: 'data/1' }
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-keys-'))
})
after(() => rm(folder, { recursive: true }))

test('the first start creates the key file for its owner only, and later starts read it', async () => {
  const path = join(folder, 'first', 'vault.key')
  const key = randomBytes(32)
  const wrapped = await (await openKeyFile(path, { clock, mayCreate: true })).wrap(key, place)
  if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600)
  const again = await openKeyFile(path, { clock, mayCreate: false })
  assert.deepEqual(await again.unwrap(wrapped, place), key)
})

test('two processes that start at once end with the same key', async () => {
  const path = join(folder, 'race', 'vault.key')
  const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyFile(path, { clock, mayCreate: true })))
  const key = randomBytes(32)
  const wrapped = await (rings[0] as (typeof rings)[0]).wrap(key, place)
  for (const ring of rings) assert.deepEqual(await ring.unwrap(wrapped, place), key)
  assert.deepEqual(await readdir(join(folder, 'race')), ['vault.key'])
})

test('a key file that others can read is refused', { skip: process.platform === 'win32' }, async () => {
  const path = join(folder, 'open', 'vault.key')
  await openKeyFile(path, { clock, mayCreate: true })
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(path, mode)
    await assert.rejects(openKeyFile(path, { clock, mayCreate: true }), KeyFileUnusable)
  }
})

test('a missing file is not created anew when the database holds keys', async () => {
  const path = join(folder, 'lost', 'vault.key')
  await assert.rejects(openKeyFile(path, { clock, mayCreate: false }), /Restore it from its backup/)
})

test('a damaged file is refused without quoting it', async () => {
  const path = join(folder, 'damaged.key')
  for (const text of [
    '{"current":1,"SECRETTEXT',
    '{"current":1}',
    '{"current":1,"versions":[{"version":1,"key":"U0VDUkVU"}]}',
  ]) {
    await writeFile(path, text, { mode: 0o600 })
    await assert.rejects(openKeyFile(path, { clock, mayCreate: true }), (error) => {
      assert.ok(error instanceof KeyFileUnusable)
      assert.doesNotMatch(inspect(error), /SECRETTEXT|U0VDUkVU/)
      return true
    })
  }
})

test('a new version wraps from now on, the old one still unwraps, in other processes too', async () => {
  const path = join(folder, 'rotated', 'vault.key')
  const [ours, theirs] = [
    await openKeyFile(path, { clock, mayCreate: true }),
    await openKeyFile(path, { clock, mayCreate: true }),
  ]
  const key = randomBytes(32)
  const old = await ours.wrap(key, place)
  assert.equal(await ours.addVersion(), 2)
  const fresh = await ours.wrap(key, place)
  assert.deepEqual([old.masterVersion, fresh.masterVersion], [1, 2])
  assert.deepEqual(await theirs.unwrap(old, place), key)
  assert.deepEqual(await theirs.unwrap(fresh, place), key)
})

test('of two rotations at once one is refused, and no key is lost', async () => {
  const path = join(folder, 'rivals', 'vault.key')
  const rings = [
    await openKeyFile(path, { clock, mayCreate: true }),
    await openKeyFile(path, { clock, mayCreate: true }),
  ]
  const results = await Promise.allSettled(rings.map((ring) => ring.addVersion()))
  const added = results.filter((result) => result.status === 'fulfilled').length
  const { versions } = JSON.parse(await readFile(path, 'utf8')) as { versions: unknown[] }
  assert.equal(versions.length, 1 + added)
})

test('a wrapped key moved to another merchant or purpose does not unwrap', async () => {
  const ring = await openKeyFile(join(folder, 'moved', 'vault.key'), { clock, mayCreate: true })
  const wrapped = await ring.wrap(randomBytes(32), place)
  await assert.rejects(ring.unwrap(wrapped, { ...place, merchantId: 'mer_B' }), SealBroken)
  await assert.rejects(ring.unwrap(wrapped, { ...place, id: 'fingerprint/1' }), SealBroken)
})
