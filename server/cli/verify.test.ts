import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'onetill-verify-cli-'))
after(() => rmSync(folder, { recursive: true }))

/** What `onetill verify` says of a data folder, and its exit code. */
function verify(dataDir: string): Promise<{ code: number; said: string }> {
  const { DATABASE_URL: _, ...env } = process.env
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
