import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { readConfig } from './config.ts'

test('nothing set, or set to nothing, means the defaults', () => {
  const empty = { PORT: '', HOST: '', ONETILL_DATA: '', DATABASE_URL: '', ONETILL_PUBLIC_URL: '', ONETILL_LOG: '' }
  for (const env of [{}, empty]) {
    const { port, host, dataDir, databaseUrl, publicUrl, logLevel } = readConfig(env)
    assert.deepEqual(
      { port, host, dataDir, databaseUrl, publicUrl, logLevel },
      {
        port: 4000,
        host: '127.0.0.1',
        dataDir: resolve('./data'),
        databaseUrl: undefined,
        publicUrl: 'http://127.0.0.1:4000',
        logLevel: 'info',
      },
    )
  }
})

test('what makes sense is taken', () => {
  for (const host of ['0.0.0.0', '::1', 'localhost', 'till-1.shop.example', '10.0.0.7']) {
    assert.equal(readConfig({ HOST: host, PORT: '65535' }).host, host)
  }
  assert.equal(readConfig({ HOST: '::1' }).publicUrl, 'http://[::1]:4000')
  const socket = 'postgresql:///onetill?host=%2Frun%2Fpostgresql'
  for (const url of ['postgres://ann:secret@db.example:5432/onetill', socket]) {
    assert.equal(readConfig({ DATABASE_URL: url }).databaseUrl, url)
  }
})

const NONSENSE: [name: string, value: string][] = [
  ['PORT', 'http'],
  ['PORT', ' '],
  ['PORT', '4e3'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['HOST', '999.1.1.1'],
  ['HOST', '[::1]'],
  ['HOST', 'http://shop.example'],
  ['HOST', 'shop.example:4000'],
  ['DATABASE_URL', 'nonsense'],
  ['DATABASE_URL', 'mysql://db.example/onetill'],
  ['ONETILL_PUBLIC_URL', 'pay.shop.example'],
  ['SMTP_URL', 'mail.example.com'],
  ['SMTP_URL', 'https://mail.example.com'],
  ['ONETILL_MAIL_FROM', 'Shop <shop@example.com>'],
  ['ONETILL_LOG', 'loud'],
]
for (const [name, value] of NONSENSE) {
  test(`${name}="${value}" is refused in a sentence that names ${name}`, () => {
    assert.throws(() => readConfig({ [name]: value }), { message: new RegExp(`^${name} must be .*\\.$`) })
  })
}

test('mail comes from the public host, unless that is an address', () => {
  assert.equal(readConfig({ ONETILL_PUBLIC_URL: 'https://pay.shop.example' }).mailFrom, 'no-reply@pay.shop.example')
  assert.equal(readConfig({}).mailFrom, 'no-reply@onetill.localhost')
  assert.equal(readConfig({ ONETILL_MAIL_FROM: 'shop@shop.example' }).mailFrom, 'shop@shop.example')
})

test('a database address that makes no sense is not repeated, for it may hold a password', () => {
  assert.throws(
    () => readConfig({ DATABASE_URL: 'ann:hunter2@db' }),
    (error: Error) => !error.message.includes('hunter2'),
  )
})
