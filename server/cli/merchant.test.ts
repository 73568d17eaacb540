import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { hashOf } from '../access/key.ts'

let database: TestDatabase
let dataDir: string

before(async () => {
  database = await testDatabase()
  dataDir = await mkdtemp(join(tmpdir(), 'onetill-cli-'))
})
after(async () => {
  await database.close()
  await rm(dataDir, { recursive: true })
})

function onetillMerchant(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const program = join(import.meta.dirname, 'merchant.ts')
  const env = { ...process.env, DATABASE_URL: database.adminUrl, ONETILL_DATA: dataDir }
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

describe('onetill merchant create', () => {
  it('prints the ids and keys of a merchant that is there, and nothing else', async () => {
    const { code, stdout, stderr } = await onetillMerchant('create', '--name', 'Śnieg & Söner', '--currency', 'SEK')
    assert.equal(code, 0, stderr)
    const made = JSON.parse(stdout)
    assert.deepEqual(Object.keys(made).sort(), [
      'merchant_id',
      'publishable_key',
      'registers',
      'secret_key',
      'stores',
      'terminals',
    ])
    const { rows } = await database.db.query(
      `select m.name, m.country, m.currency, m.mode, k.kind
      from merchant m join api_key k using (merchant_id) where m.merchant_id = $1 and k.secret_hash = $2`,
      [made.merchant_id, hashOf(made.secret_key)],
    )
    assert.deepEqual(rows, [{ name: 'Śnieg & Söner', country: 'SE', currency: 'SEK', mode: 'test', kind: 'secret' }])
  })

  it('makes a live merchant with its test twin when asked', async () => {
    const words = ['create', '--name', 'Live', '--currency', 'EUR', '--country', 'FR', '--live']
    const made = JSON.parse((await onetillMerchant(...words)).stdout)
    assert.match(made.secret_key, /^sk_live_/)
    assert.match(made.test_twin.secret_key, /^sk_test_/)
    assert.equal(made.stores[0].country, 'FR')
  })

  it('says in a sentence what is wrong, on stderr, and fails', async () => {
    const unknown = await onetillMerchant('create', '--name', 'N', '--currency', 'EURO', '--country', 'NL')
    assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
    assert.match(unknown.stderr, /currency/)
    const guessed = await onetillMerchant('create', '--name', 'N', '--currency', 'XYZ')
    assert.deepEqual([guessed.code, guessed.stdout], [1, ''])
    assert.match(guessed.stderr, /currency is not a currency/)
    assert.doesNotMatch(guessed.stderr, /country/)
    const misused = await onetillMerchant('creat', '--name', 'N')
    assert.deepEqual([misused.code, misused.stdout], [2, ''])
    assert.match(misused.stderr, /^Usage:/)
  })
})
