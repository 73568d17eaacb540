// What a till hands in when it is back: taken once, in order, and set apart with a reason where it is not right. Nothing is lost.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { createApi, type Refusal, sendInProcess } from '../api.ts'
import { offlineTill, type Result, type Sent, sha256, strangersSignature } from './offline-shop.ts'
import { DAY, HOUR, openShop, type Shop } from './shop.ts'
import { tillShop } from './till-shop.ts'

let shop: Shop
let mug: string
let admin: pg.Client
before(async () => {
  shop = await openShop()
  const { goods } = tillShop(shop)
  await goods.sells('mug', '12.10')
  mug = goods.variant('mug')
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
})
after(async () => {
  await admin.end()
  await shop.close({ hasAllVersions: true })
})

const outcome = ({ status, reason }: Result): string => (reason ? `${status} ${reason.code}` : status)

test('the key of a device is made known once, and another key begins a chain of its own', async () => {
  const till = await offlineTill(shop)
  const put = (public_key: string) =>
    till.session.call<{ id: string; next_sequence: number; last_hash: string } & Refusal>(
      ...(['PUT', '/v1/till/offline_key', { public_key, algorithm: 'ES256' }] as const),
    )
  const again = await put(till.publicKey)
  assert.deepEqual([again.body.id, again.body.next_sequence], [till.keyId, 1])
  assert.equal(again.body.last_hash, sha256(`onetill offline chain of ${till.keyId}`))
  await till.send([till.sell([{ variant_id: mug, price: 1210 }])])
  assert.equal((await put(till.publicKey)).body.next_sequence, 2)
  const other = (await offlineTill(shop)).publicKey
  const second = await put(other)
  assert.notEqual(second.body.id, till.keyId)
  assert.equal(second.body.next_sequence, 1)
  assert.equal((await put(Buffer.alloc(91, 1).toString('base64'))).body.code, 'validation-error')
  const office = await shop.api.call('PUT', '/v1/till/offline_key', { public_key: other, algorithm: 'ES256' })
  assert.equal(office.status, 403)
})

test('a queue that is sent twice, by two processes at once, is taken once', async () => {
  const till = await offlineTill(shop)
  const queue = Array.from({ length: 12 }, () => till.sell([{ variant_id: mug, price: 1210 }]))
  const { program } = await shop.another()
  const elsewhere = createApi(sendInProcess(program.app), till.token)
  const answers = await Promise.all([
    till.send(queue),
    till.send(queue, elsewhere),
    till.send(queue.slice(0, 5), till.session),
    till.send(queue, elsewhere),
  ])
  for (const { results } of answers) assert.deepEqual([...new Set(results.map(outcome))], ['accepted'])
  const ids = answers.map(({ results }) => results.slice(0, 5).map(({ id }) => id))
  for (const other of ids) assert.deepEqual(other, ids[0])
  assert.deepEqual([answers[0]?.next_sequence, answers[0]?.last_hash], [13, till.end.hash])
  const { rows } = await admin.query<{ count: number }>(
    'select count(*)::int as count from offline_document where sent_by = $1',
    [till.deviceId],
  )
  assert.equal(rows[0]?.count, 12)
})

test('when the server is back, more tills than it has connections hand in at once', async () => {
  const tills = await Promise.all(Array.from({ length: 24 }, () => offlineTill(shop)))
  const answers = await Promise.all(tills.map((till) => till.send([till.sell([{ variant_id: mug, price: 1210 }])])))
  assert.deepEqual([...new Set(answers.flatMap(({ results }) => results.map(outcome)))], ['accepted'])
})

test('a gap is refused with the number that comes next, and what came before it is taken', async () => {
  const till = await offlineTill(shop)
  const [one, two, three, four] = [1, 2, 3, 4].map(() => till.sell([{ variant_id: mug, price: 1210 }])) as [
    Sent,
    Sent,
    Sent,
    Sent,
  ]
  const gap = await till.device.call<Refusal & { next_sequence: number }>('POST', '/v1/offline_sales', {
    documents: [one, three, four],
  })
  assert.deepEqual([gap.status, gap.body.code, gap.body.next_sequence], [409, 'offline-gap', 2])
  const booked = await admin.query('select from offline_sale where device_id = $1 and booked_at is not null', [
    till.deviceId,
  ])
  assert.equal(booked.rows.length, 1, 'and booked')
  const rest = await till.send([two, three, four])
  assert.deepEqual(rest.results.map(outcome), ['accepted', 'accepted', 'accepted'])
  assert.equal(rest.next_sequence, 5)
})

test('documents and chains cannot be changed or taken away', async () => {
  const app = await shop.database.db.connect()
  try {
    await app.query('begin')
    await assert.rejects(app.query("update offline_document set document = ''"))
  } finally {
    await app.query('rollback')
    app.release()
  }
  for (const sql of [
    "update offline_document set document = ''",
    'delete from offline_link',
    'truncate offline_document cascade',
  ])
    await assert.rejects(admin.query(sql), /append-only/)
})

test('what is not right is kept whole and set apart, each with its reason', async () => {
  const till = await offlineTill(shop)
  const sold = [{ variant_id: mug, price: 1210 }]
  /** One that the device wrote and signed, but that says this; the chain goes on after it. */
  const says = (more: Parameters<typeof till.sell>[1]) => till.sell(sold, more)
  /** One that is not of the chain. */
  const aside = (change: (sent: Sent) => Sent) => change(till.seal(till.document(sold)))
  const cash = (amount: number, tendered = amount, change = 0) => [{ method: 'cash', amount, tendered, change }]
  const at = (ms: number) => new Date(shop.clock.now().getTime() + ms).toISOString()
  const line = (more: object) => [{ ...(till.document(sold)['lines'] as object[])[0], ...more }] as never
  const first = says({})
  const unknownShift = `shf_${'0'.repeat(26)}`
  const cases: [reason: string, sent: Sent][] = [
    ['accepted', first],
    ['malformed', aside((sent) => ({ ...sent, document: 'not a document' }))],
    ['malformed', aside((sent) => ({ ...sent, document: sent.document.replace('"kind"', ' "kind"') }))],
    ['hash_wrong', aside((sent) => ({ ...sent, document: sent.document.replace('1210', '1200') }))],
    ['signature_wrong', aside((sent) => ({ ...sent, signature: strangersSignature(sent.document) }))],
    ['unknown_key', till.seal(till.document(sold, { key_id: `ofk_${'0'.repeat(26)}` }))],
    ['sequence_taken', till.seal(till.document(sold, { sequence: 1 }))],
    ['register_wrong', says({ register_id: `reg_${'0'.repeat(26)}` })],
    ['unknown_key', says({ device_id: `tdv_${'0'.repeat(26)}` })],
    ['chain_broken', says({ previous_hash: sha256('something else') })],
    ['id_taken', says({ id: JSON.parse(first.document).id })],
    ['clock_ahead', says({ sold_at: at(25 * HOUR) })],
    ['too_old', says({ sold_at: at(-8 * DAY) })],
    ['too_old', says({ sold_at: at(-730 * DAY) })],
    ['currency_wrong', says({ currency: 'SEK' })],
    ['shift_unknown', says({ shift_id: unknownShift })],
    [
      'tender_unknown',
      says({
        tenders: [
          { method: 'card', amount: 1210, terminal_id: shop.terminal, authorisation_code: '048213', last4: null },
        ],
      }),
    ],
    ['parts_wrong', says({ total: 1211 })],
    ['parts_wrong', says({ tax: 209 })],
    ['parts_wrong', says({ lines: line({ total: 1211 }) })],
    ['parts_wrong', says({ lines: line({ tax: 300 }), tax: 300 })],
    ['parts_wrong', says({ tenders: cash(1200) })],
    ['parts_wrong', says({ tenders: cash(1210, 2000, 700) })],
    ['parts_wrong', says({ rounding: 3 })],
    ['accepted', says({ tenders: cash(1210, 1213, 0), rounding: 3 })],
  ]
  const sent = cases.map(([, each]) => each)
  const { results, next_sequence } = await till.send(sent)
  assert.deepEqual(
    results.map(({ status, reason }) => reason?.code ?? status),
    cases.map(([reason]) => reason),
  )
  assert.equal(next_sequence, till.end.sequence, 'the chain went on over all that was signed')
  const again = await till.send(sent)
  assert.deepEqual(again.results, results, 'sent again, it answers the same')
  const [bad] = results.filter(({ reason }) => reason?.code === 'hash_wrong')
  const { body } = await shop.api.get<{ document: string; is_signed: boolean; chain: unknown }>(
    `/v1/offline_sales/${bad?.id}`,
  )
  assert.deepEqual([body.document, body.is_signed, body.chain], [sent[3]?.document, false, null], 'kept as it came')
  const listed = await shop.api.get<{ data: { id: string }[] }>(
    `/v1/offline_sales?status=quarantined&register_id=${shop.till}&limit=100`,
  )
  assert.ok(listed.body.data.some(({ id }) => id === bad?.id))
})

test('a chain goes on over documents that came spoiled, once the next one shows what stood there', async () => {
  const till = await offlineTill(shop)
  const [one, two, three, four] = [1, 2, 3, 4].map(() => till.sell([{ variant_id: mug, price: 1210 }])) as [
    Sent,
    Sent,
    Sent,
    Sent,
  ]
  const spoiled = (sent: Sent): Sent => ({ ...sent, document: sent.document.replace('"Mug"', '"Mog"') })
  const { results, next_sequence } = await till.send([one, spoiled(two), spoiled(three), four])
  assert.deepEqual(results.map(outcome), ['accepted', 'quarantined hash_wrong', 'quarantined hash_wrong', 'accepted'])
  assert.equal(next_sequence, 5)
  const whole = await till.send([two])
  assert.deepEqual(whole.results.map(outcome), ['quarantined sequence_taken'], 'its place is that of the spoiled one')
})

test('what a device sold before it was revoked is taken from whoever brings it, what it sold after is not', async () => {
  const gone = await offlineTill(shop)
  const before = gone.sell([{ variant_id: mug, price: 1210 }])
  const revoked = await shop.api.call('DELETE', `/v1/till/devices/${gone.deviceId}`)
  assert.equal(revoked.status, 200)
  shop.clock.advance(HOUR)
  const late = gone.sell([{ variant_id: mug, price: 1210 }])
  assert.equal((await gone.device.call('POST', '/v1/offline_sales', { documents: [before] })).status, 401)
  const other = await offlineTill(shop)
  const { results } = await other.send([before, late])
  assert.deepEqual(results.map(outcome), ['accepted', 'quarantined device_revoked'])
})

test('a body that is no upload is refused, and nothing of it is kept', async () => {
  const till = await offlineTill(shop)
  const sent = till.seal(till.document([{ variant_id: mug, price: 1210 }]))
  const post = async (body: object) => (await till.device.call('POST', '/v1/offline_sales', body)).status
  assert.deepEqual(
    [await post({}), await post({ documents: [] }), await post({ documents: [{ ...sent, more: 1 }] })],
    [422, 422, 422],
  )
  assert.equal(await post({ documents: Array.from({ length: 101 }, () => sent) }), 422)
  const { rows } = await admin.query('select from offline_document where sent_by = $1', [till.deviceId])
  assert.equal(rows.length, 0)
})
