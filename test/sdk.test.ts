// The SDK as shops use it: as one small file of another origin in a page, and typed on a server, against the whole program.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type ServedShop, servedShop } from './served-shop.ts'

const ROOT = join(import.meta.dirname, '..')
const run = promisify(execFile)
/** What the issue allows the SDK, in bytes of gzip. */
const MOST_BYTES = 10_000

let shop: ServedShop
before(async () => {
  shop = await servedShop()
})
after(() => shop.close())

test('the SDK is one file within its budget, that any origin may load', async () => {
  const answer = await fetch(`${shop.url}/sdk.js`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  const text = await answer.text()
  assert.equal(/\bfrom\s*["']\.|^import\s*["']/.test(text), false, 'it imports no other file')
  const inventory = await fetch(`${shop.url}/assets/inventory.json`)
  const { faces, files } = (await inventory.json()) as {
    faces: Record<string, { scripts: string[] }>
    files: Record<string, { gzip: number }>
  }
  const { scripts } = faces['sdk'] as { scripts: string[] }
  assert.equal(scripts.length, 1)
  const { gzip } = files[scripts[0] as string] as { gzip: number }
  assert.ok(gzip > 500 && gzip <= MOST_BYTES, `${gzip} bytes`)
})

test('the typed example compiles with the types that the server serves, and ends well', async () => {
  const folder = await typedFolder()
  try {
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', folder])
    const env = { ...process.env, ONETILL_URL: shop.url, ONETILL_DATA: shop.dataDir }
    const flags = ['--disable-warning=ExperimentalWarning']
    const { stdout } = await run(process.execPath, [...flags, join(folder, 'shop.ts')], { env })
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'in the cart: 2 × Poster, 25 EUR',
      'the page has a token for a visa that ends in 4242',
      'paid: captured; sent twice: one payment',
      'the order is confirmed, due 0',
      'another order: not-found',
    ])
  } finally {
    await rm(dirname(dirname(folder)), { recursive: true, force: true })
  }
})

const WRONG = {
  'a route that is not there': `must(await server.GET('/v1/nothing'))`,
  'a body without what it needs': `must(await server.POST('/v1/products', { body: { variants: [] } }))`,
  'a member that is not answered': `must(await server.GET('/v1/orders/{id}', { params: { path: { id: 'x' } } })).colour`,
  'a command without its key': `must(await server.POST('/v1/payments', { body: { amount: 1, currency: 'EUR', channel: 'web' } }))`,
  'a card without a year': `await page.tokenise({ number: '4242424242424242', exp_month: 12 })`,
}
test('types refuse what the server would', async () => {
  const folder = await typedFolder()
  try {
    const program = await readFile(join(folder, 'shop.ts'), 'utf8')
    const lines = Object.values(WRONG)
    await writeFile(join(folder, 'shop.ts'), `${program}\n${lines.join('\n')}\n`)
    const failed = await run(process.execPath, [
      ...[join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '--pretty', 'false', '-p', folder],
    ]).catch((error: { stdout: string }) => error)
    const first = program.split('\n').length + 1
    const faulty = [...failed.stdout.matchAll(/shop\.ts\((\d+),/g)].map(([, line]) => Number(line) - first)
    const missed = Object.keys(WRONG).filter((_, i) => !faulty.includes(i))
    assert.deepEqual(missed, [], failed.stdout)
  } finally {
    await rm(dirname(dirname(folder)), { recursive: true, force: true })
  }
})

/** The example and the SDK beside each other as in the repository, with the types of this server. */
async function typedFolder(): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'onetill-sdk-'))
  for (const name of ['web/sdk', 'web/tsconfig.json', 'tsconfig.json', 'package.json', 'examples/typed'])
    await cp(join(ROOT, name), join(copy, name), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction')
  const types = await (await fetch(`${shop.url}/openapi.d.ts`)).text()
  await writeFile(join(copy, 'examples/typed/onetill.d.ts'), types)
  return join(copy, 'examples', 'typed')
}
