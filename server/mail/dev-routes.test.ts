import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { silentLog } from '../lib/log.ts'
import { composeMail, createFolderTransport, devMailRoutes, isForDevelopment, queueMail, sendDue } from './index.ts'

let world: MerchantApp
let folder: string
let at: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onetill-mail-'))
  world = await merchantApp((app, { deps }) => devMailRoutes(app, { db: deps.db, folder }))
  const { db } = world.database
  const { merchant_id } = await world.makeMerchant()
  const letter = composeMail({
    ...{ language: 'en', from: '<i>Shop</i>', subject: '<script>alert(1)</script>' },
    blocks: [{ kind: 'paragraph', text: 'Hello' }],
  })
  const id = world.deps.newId('mal')
  await queueMail(db, merchant_id, {
    ...{ ...letter, id, at: world.clock.now(), kind: 'order', language: 'en', to: 'a@example.org', fromName: 'Shop' },
  })
  const transport = createFolderTransport(folder, 'shop@example.com')
  await sendDue({ db, clock: world.clock, log: silentLog, transport, attachments: {} })
  at = `/dev/mail/${merchant_id}/${id}`
})
after(async () => {
  await world.close()
  await rm(folder, { recursive: true })
})

const get = (url: string, more: { remoteAddress?: string; headers?: Record<string, string> } = {}) =>
  world.app.inject({ method: 'GET', url, ...more, headers: { host: '127.0.0.1', ...more.headers } })

test('the list names the mail, with markup as text and a policy that lets nothing run', async () => {
  const { statusCode, body, headers } = await get('/dev/mail')
  assert.equal(statusCode, 200)
  assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;'))
  assert.equal(body.includes('<script'), false)
  assert.match(
    String(headers['content-security-policy']),
    /^default-src 'none'; style-src 'sha256-[^']+'; frame-src 'self';/,
  )
})

test('the letter stands in a sandboxed frame with a policy of its own, and can be had as it would be sent', async () => {
  const page = await get(at)
  assert.ok(page.body.includes(`<iframe title="The letter" src="${at}/html" sandbox></iframe>`))
  const letter = await get(`${at}/html`)
  assert.match(String(letter.headers['content-security-policy']), /^sandbox; default-src 'none'/)
  assert.ok(letter.body.includes('Hello'))
  const eml = await get(`${at}/eml`)
  assert.equal(eml.headers['content-type'], 'message/rfc822')
  assert.match(eml.body, /^To: a@example\.org\r$/m)
})

test('nobody but this machine sees it, not through a proxy either', async () => {
  assert.equal((await get('/dev/mail', { remoteAddress: '192.0.2.7' })).statusCode, 404)
  assert.equal((await get(at, { headers: { 'x-forwarded-for': '192.0.2.7' } })).statusCode, 404)
  assert.equal((await get(at, { headers: { forwarded: 'for=192.0.2.7' } })).statusCode, 404)
  assert.equal((await get('/dev/mail', { remoteAddress: '::ffff:127.0.0.1' })).statusCode, 200)
})

test('a path that is no mail’s is a 404', async () => {
  assert.equal((await get('/dev/mail/x/y')).statusCode, 404)
  assert.equal((await get(`${at.slice(0, -1)}${at.endsWith('0') ? '1' : '0'}`)).statusCode, 404)
  assert.equal((await get('/dev/mail/..%2f..%2fetc/passwd/eml')).statusCode, 404)
})

test('it exists only where the server’s address is this machine', () => {
  assert.equal(isForDevelopment('http://127.0.0.1:4000'), true)
  assert.equal(isForDevelopment('http://[::1]:4000'), true)
  assert.equal(isForDevelopment('https://pay.example.com'), false)
  assert.equal(isForDevelopment('http://127.0.0.1.example.com'), false)
})
