import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { transact } from '../db/pool.ts'
import { silentLog } from '../lib/log.ts'
import {
  composeMail,
  createFolderTransport,
  createSmtpTransport,
  listMailAbout,
  type MailDeps,
  type MailRow,
  type NewMail,
  queueMail,
  sendDue,
} from './index.ts'
import { createMailWorkers, KEEP_MAIL_MS } from './send.ts'
import { type SmtpServer, smtpServer } from './smtp.fixture.ts'

let world: MerchantApp
let smtp: SmtpServer
let merchantId: string
let deps: MailDeps
before(async () => {
  world = await merchantApp()
  smtp = await smtpServer()
  merchantId = (await world.makeMerchant()).merchant_id
  deps = {
    db: world.database.db,
    clock: world.clock,
    log: silentLog,
    transport: createSmtpTransport({ url: smtp.url, from: 'shop@example.com' }),
    attachments: {},
  }
})
after(async () => {
  await smtp.close()
  await world.close()
})
beforeEach(() => {
  smtp.taken.length = 0
  smtp.plan.length = 0
})

const LETTER = composeMail({
  language: 'en',
  from: 'Test Retail',
  subject: 'Your order',
  blocks: [{ kind: 'paragraph', text: 'Thank you.' }],
})

function mail(more: Partial<NewMail> = {}): NewMail {
  return {
    id: world.deps.newId('mal'),
    at: world.clock.now(),
    kind: 'order',
    language: 'en',
    to: 'ada@example.org',
    fromName: 'Test Retail',
    ...LETTER,
    ...more,
  }
}

async function queue(more: Partial<NewMail> = {}): Promise<NewMail> {
  const queued = mail({ objectId: world.deps.newId('ord'), ...more })
  await transact(deps.db, (tx) => queueMail(tx, merchantId, queued))
  return queued
}

async function read({ objectId }: NewMail): Promise<MailRow> {
  const [row] = await listMailAbout(deps.db, merchantId, objectId as string, 10)
  assert.ok(row)
  return row
}

/** Header lines of a message, unfolded. */
function headersOf(message: string): string[] {
  return message
    .slice(0, message.indexOf('\r\n\r\n'))
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
}

test('a mail is sent once, with a Message-ID made of its id', async () => {
  const queued = await queue()
  assert.equal(await sendDue(deps), 1)
  assert.equal(await sendDue(deps), 0)
  assert.equal(smtp.taken.length, 1)
  const [{ to, message } = { to: [], message: '' }] = smtp.taken
  assert.deepEqual(to, ['RCPT TO:<ada@example.org>'])
  const headers = headersOf(message)
  assert.ok(headers.includes(`Message-ID: <${queued.id}@example.com>`))
  assert.ok(headers.includes('From: Test Retail <shop@example.com>'))
  assert.ok(headers.includes('Auto-Submitted: auto-generated'))
  assert.deepEqual(
    { ...(await read(queued)), text: '', html: '' },
    {
      merchant_id: merchantId,
      id: queued.id,
      kind: 'order',
      language: 'en',
      from_name: 'Test Retail',
      reply_to: null,
      recipient: 'ada@example.org',
      subject: 'Your order',
      text: '',
      html: '',
      attachments: [],
      object_id: queued.objectId,
      status: 'sent',
      attempts: 1,
      fence: 1n,
      is_in_doubt: false,
      last_error: null,
      created_at: queued.at,
      closed_at: queued.at,
    },
  )
})

test('a transaction that fails takes its mail with it', async () => {
  const lost = mail()
  await assert.rejects(
    transact(deps.db, async (tx) => {
      await queueMail(tx, merchantId, lost)
      throw new Error('no')
    }),
  )
  assert.equal(await sendDue(deps), 0)
})

test('one occasion is written about once', async () => {
  assert.equal(await transact(deps.db, (tx) => queueMail(tx, merchantId, mail({ onceKey: 'ord_1 placed' }))), true)
  assert.equal(await transact(deps.db, (tx) => queueMail(tx, merchantId, mail({ onceKey: 'ord_1 placed' }))), false)
  assert.equal(await sendDue(deps), 1)
})

test('two senders side by side send each mail once', async () => {
  for (let i = 0; i < 12; i++) await queue()
  const drain = async () => {
    while ((await sendDue(deps)) > 0);
  }
  await Promise.all([drain(), drain()])
  const ids = smtp.taken.map(({ message }) => headersOf(message).find((line) => line.startsWith('Message-ID')))
  assert.equal(ids.length, 12)
  assert.equal(new Set(ids).size, 12)
})

test('what the server refuses for good is given up, what it refuses for now comes again after a minute', async () => {
  smtp.plan.push('refuse')
  const refused = await queue()
  await sendDue(deps)
  assert.equal((await read(refused)).status, 'failed')
  assert.match((await read(refused)).last_error ?? '', /550/)

  smtp.plan.push('later')
  const delayed = await queue()
  await sendDue(deps)
  assert.equal((await read(delayed)).status, 'queued')
  world.clock.advance(59_000)
  assert.equal(await sendDue(deps), 0)
  world.clock.advance(1_000)
  assert.equal(await sendDue(deps), 1)
  assert.equal((await read(delayed)).status, 'sent')
  assert.equal((await read(delayed)).is_in_doubt, false)
})

test('a connection lost after the content is doubt: tried again under the same Message-ID', async () => {
  smtp.plan.push('hang up after the content')
  const queued = await queue()
  await sendDue(deps)
  assert.deepEqual((({ status, is_in_doubt }) => ({ status, is_in_doubt }))(await read(queued)), {
    status: 'queued',
    is_in_doubt: true,
  })
  world.clock.advance(60_000)
  await sendDue(deps)
  assert.equal((await read(queued)).status, 'sent')
  const ids = smtp.taken.map(({ message }) => headersOf(message).find((line) => line.startsWith('Message-ID')))
  assert.deepEqual(ids, [`Message-ID: <${queued.id}@example.com>`, `Message-ID: <${queued.id}@example.com>`])
})

test('a sender that died leaves a claim that ends; its late answer no longer counts', async () => {
  const queued = await queue()
  let hold = () => {}
  const slow: MailDeps = {
    ...deps,
    transport: {
      folder: null,
      send: () => new Promise((resolve) => (hold = () => resolve({ result: 'failed', error: 'late' }))),
    },
  }
  const dying = sendDue(slow)
  while ((await read(queued)).attempts === 0);
  assert.equal(await sendDue(deps), 0, 'claimed')
  world.clock.advance(5 * 60_000)
  assert.equal(await sendDue(deps), 1)
  hold()
  await dying
  const { status, is_in_doubt, attempts } = await read(queued)
  assert.deepEqual({ status, is_in_doubt, attempts }, { status: 'sent', is_in_doubt: true, attempts: 2 })
})

test('a mail that no server takes for three days is given up', async () => {
  const nowhere: MailDeps = {
    ...deps,
    transport: createSmtpTransport({ url: 'smtp://127.0.0.1:9', from: 'a@b.example' }),
  }
  const queued = await queue()
  let attempts = 0
  for (let hour = 0; hour < 24 * 4; hour++) {
    while ((await sendDue(nowhere)) > 0) attempts++
    world.clock.advance(3_600_000)
  }
  assert.equal((await read(queued)).status, 'failed')
  assert.equal((await read(queued)).is_in_doubt, false, 'nobody listened, so nobody took it')
  assert.equal(attempts, 11)
})

test('line breaks in a subject or a name begin no header, and no address becomes two', async () => {
  const evil = 'Hi\r\nBcc: everybody@example.org\r\n\r\n<b>body</b>'
  await queue({ subject: evil, fromName: `Shop\r\nX-Evil: 1 "quoted", <a@b.example>`, replyTo: 'shop@example.com' })
  await sendDue(deps)
  const [{ to, message } = { to: [], message: '' }] = smtp.taken
  assert.deepEqual(to, ['RCPT TO:<ada@example.org>'])
  const headers = headersOf(message)
  assert.equal(headers.filter((line) => /^(bcc|cc|x-evil):/i.test(line)).length, 0)
  assert.ok(headers.includes('Subject: Hi Bcc: everybody@example.org <b>body</b>'))
  assert.equal(headers.filter((line) => /^(to|from|reply-to|subject):/i.test(line)).length, 4)
})

test('an address that is not exactly one is refused', async () => {
  for (const to of [
    'a@example.org, b@example.org',
    'a@example.org;b@example.org',
    'Ada <a@example.org>',
    'a@example.org\r\nBcc: b@example.org',
    '"a b"@example.org',
    'a@b@example.org',
    'a\u202eb@example.org',
    'nobody',
    `${'a'.repeat(250)}@example.org`,
  ])
    await assert.rejects(queue({ to }), RangeError, to)
  await assert.rejects(queue({ replyTo: 'x@y, z@y' }), RangeError)
})

test('the database refuses control characters even where the program would not', async () => {
  await assert.rejects(
    deps.db.query(
      `insert into mail (merchant_id, id, kind, language, from_name, recipient, subject, text, html, status, attempts,
         next_attempt_at, fence, is_in_doubt, created_at)
       values ($1, $2, 'order', 'en', 'Shop', 'a@example.org', $3, 'x', 'x', 'queued', 0, now(), 0, false, now())`,
      [merchantId, world.deps.newId('mal'), 'a\nBcc: b@example.org'],
    ),
    /mail_subject_check/,
  )
})

test('a megabyte of text is refused, a megabyte of name becomes a short one', async () => {
  await assert.rejects(queue({ text: 'x'.repeat(1_000_000) }), /too large/)
  const queued = await queue({ subject: 'y'.repeat(1_000_000), fromName: 'z'.repeat(1_000_000) })
  assert.equal((await read(queued)).subject.length, 200)
  assert.equal((await read(queued)).from_name.length, 120)
  await sendDue(deps)
})

test('what is attached is made when the mail is sent; what cannot be made delays it, what is gone does not', async () => {
  let isBroken = true
  const withPdf: MailDeps = {
    ...deps,
    attachments: {
      invoice_pdf: async (_merchant, ref) => {
        if (isBroken) throw new Error('no font')
        return ref === 'gone'
          ? undefined
          : { filename: 'a"\r\nb.pdf', contentType: 'application/pdf', content: Buffer.from(`%PDF ${ref}`) }
      },
    },
  }
  const queued = await queue({
    attachments: [
      { kind: 'invoice_pdf', ref: 'inv_1' },
      { kind: 'invoice_pdf', ref: 'gone' },
    ],
  })
  await sendDue(withPdf)
  assert.equal((await read(queued)).last_error, 'an attachment could not be made')
  isBroken = false
  world.clock.advance(60_000)
  await sendDue(withPdf)
  const message = smtp.taken[0]?.message ?? ''
  assert.ok(message.includes(Buffer.from('%PDF inv_1').toString('base64')))
  assert.equal(message.match(/^Content-Disposition: attachment/gm)?.length, 1)
  assert.equal(/^b\.pdf/m.test(message), false)
})

test('without a server mail is a file, whole and written once however often it is tried', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'onetill-mail-'))
  const toFolder: MailDeps = { ...deps, transport: createFolderTransport(join(folder, 'mail'), 'shop@example.com') }
  const queued = await queue({ subject: 'Zażółć räksmörgås' })
  await sendDue(toFolder)
  assert.deepEqual(await readdir(join(folder, 'mail')), [`${merchantId}.${queued.id}.eml`])
  const file = await readFile(join(folder, 'mail', `${merchantId}.${queued.id}.eml`), 'utf8')
  assert.match(file, /^Subject: =\?UTF-8\?/m)
  assert.ok(file.includes('Thank you.'))
  await rm(folder, { recursive: true })
})

test('what was sent ninety days ago is forgotten', async () => {
  const old = await queue()
  await sendDue(deps)
  world.clock.advance(KEEP_MAIL_MS + 1)
  const young = await queue()
  await sendDue(deps)
  await createMailWorkers(deps)
    .find(({ name }) => name === 'old mail')
    ?.tick()
  assert.equal((await listMailAbout(deps.db, merchantId, old.objectId as string, 1)).length, 0)
  assert.equal((await read(young)).status, 'sent')
})
