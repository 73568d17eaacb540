import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { openShop } from '../../test/scenarios/shop.ts'
import { tillShop } from '../../test/scenarios/till-shop.ts'

const folder = mkdtempSync(join(tmpdir(), 'onetill-verify-cli-'))
after(() => rmSync(folder, { recursive: true }))

/** What `onetill verify` says of a data folder, and its exit code. */
function verify(dataDir: string, databaseUrl = ''): Promise<{ code: number; said: string }> {
  const { DATABASE_URL: _, ...rest } = process.env
  const env = databaseUrl === '' ? rest : { ...rest, DATABASE_URL: databaseUrl }
  return new Promise((resolve) => {
    const program = join(import.meta.dirname, 'verify.ts')
    const child = execFile(
      process.execPath,
      [program],
      { env: { ...env, ONETILL_DATA: dataDir } },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, said: out + err }),
    )
  })
}

test('where there is no database there is nothing to verify, and none is made', async () => {
  const missing = join(folder, 'missing')
  for (const dataDir of [missing, folder]) {
    const { code, said } = await verify(dataDir)
    assert.equal(code, 1, said)
    assert.match(said, /There is no database in /)
  }
  assert.equal(existsSync(missing), false)
  assert.deepEqual(readdirSync(folder), [])
})

test('a journal that was changed behind its back breaks the verification, which names the entry', async () => {
  const shop = await openShop()
  const till = tillShop(shop)
  const shift = await till.open(shop.api, 10_000)
  await till.count(shop.api, shift.id, 10_000)
  await till.close(shop.api, shift.id)
  try {
    const { code, said } = await verify(folder, shop.database.adminUrl)
    assert.equal(code, 0, said)
    assert.match(said, /ok {6}I-18 +Journals of registers are whole, chained and signed \(by the keys in the database/)
    const admin = new pg.Client({ connectionString: shop.database.adminUrl })
    await admin.connect()
    await admin.query('alter table journal_entry disable trigger journal_entry_append_only')
    await admin.query(`update journal_entry set body = replace(body, '10000', '9000') where seq = 2`)
    await admin.end()
    const broken = await verify(folder, shop.database.adminUrl)
    assert.equal(broken.code, 1, broken.said)
    assert.match(broken.said, new RegExp(`BROKEN +I-18 .*: 1, for example entry 2 of ${shop.till} was changed`))
  } finally {
    await shop.close()
  }
})
