// The journal of a register: gap-free, chained, signed. Whatever is done to its rows behind its back is found and named.

import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type TillShop, tillShop } from '../../test/scenarios/till-shop.ts'
import { hashOf } from './append.ts'
import type { JournalRow } from './store.ts'

interface EntryView {
  sequence: number
  kind: string
  at: string
  body: string
  hash: string
  previous_hash: string
  signature: string
}
interface CheckView {
  entries: number
  journals: number
  faults: { register_id: string; sequence: number; fault: string }[]
}

let shop: Shop
let till: TillShop
let admin: pg.Client
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
  const shift = await till.open(shop.api, 10_000)
  for (let n = 0; n < 3; n++) await till.sell(shop.api, { mug: 1 })
  await till.count(shop.api, shift.id, 13_630)
  await till.close(shop.api, shift.id)
})
after(async () => {
  await admin.end()
  await shop.close()
})

const journal = async () =>
  (await shop.api.get<{ data: EntryView[] }>(`/v1/journal?register_id=${shop.till}&limit=100`)).body.data
const faults = async () => {
  const { status, text, body } = await shop.api.get<CheckView>('/v1/journal/check')
  assert.equal(status, 200, text)
  return body.faults.map(({ sequence, fault }) => `${fault} ${sequence}`)
}

/** As somebody could who owns the database: past triggers and rights, and undone afterwards. */
async function tampered(change: string, values: unknown[], look: () => Promise<void>): Promise<void> {
  await admin.query('create table kept as select * from journal_entry')
  await admin.query('create table kept_end as select * from journal_end')
  await admin.query('alter table journal_entry disable trigger journal_entry_append_only')
  try {
    await admin.query(change, values)
    await look()
  } finally {
    await admin.query('delete from journal_entry')
    await admin.query('insert into journal_entry select * from kept')
    await admin.query('delete from journal_end')
    await admin.query('insert into journal_end select * from kept_end')
    await admin.query('alter table journal_entry enable trigger journal_entry_append_only')
    await admin.query('drop table kept; drop table kept_end')
  }
  assert.deepEqual(await faults(), [], 'it is as it was')
}

test('a shift tells its opening, each receipt, the count and the Z, numbered from 1, each with the hash before it', async () => {
  const entries = await journal()
  const kinds = ['shift_opened', 'receipt', 'receipt', 'receipt', 'shift_counted', 'z_report']
  assert.deepEqual(entries.map(({ kind }) => kind).sort(), [...kinds].sort())
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5, 6],
  )
  for (const [i, { previous_hash }] of entries.entries()) if (i > 0) assert.equal(previous_hash, entries[i - 1]?.hash)
  assert.deepEqual(await faults(), [])
})

test('anybody can check a signature with the key that the API tells', async () => {
  const { body } = await shop.api.get<{ data: { public_key: string }[] }>('/v1/journal/keys')
  const key = createPublicKey({
    ...{ key: Buffer.from(body.data[0]?.public_key ?? '', 'base64'), format: 'der', type: 'spki' },
  } as const)
  for (const { hash, signature } of await journal())
    assert.ok(verify(null, Buffer.from(hash, 'hex'), key, Buffer.from(signature, 'base64')))
})

test('the running server cannot change an entry at all', async () => {
  for (const change of ["update journal_entry set kind = 'copy'", 'delete from journal_entry'])
    await assert.rejects(shop.database.db.query(change), { code: '42501' })
})

test('a changed entry is found, whichever of its members was changed', async () => {
  const changes: [column: string, sql: string][] = [
    ['body', `replace(body, '1210', '1110')`],
    ['kind', `'copy'`],
    ['subject_id', `subject_id || 'X'`],
    ['at', `at + interval '1 second'`],
  ]
  const of = (await journal()).find(({ kind }) => kind === 'receipt')?.sequence
  for (const [column, sql] of changes)
    await tampered(`update journal_entry set ${column} = ${sql} where seq = $1`, [of], async () =>
      assert.deepEqual(await faults(), [`changed ${of}`], column),
    )
})

test('an entry that is changed and hashed anew is not signed', async () => {
  const of = (await journal()).find(({ kind }) => kind === 'receipt')?.sequence as number
  const { rows } = await admin.query<JournalRow>('select * from journal_entry where seq = $1', [of])
  const row = rows[0] as JournalRow
  const changed = { ...row, seq: BigInt(row.seq), body: row.body.replace('1210', '1110') }
  const change = 'update journal_entry set body = $1, hash = $2 where seq = $3'
  await tampered(change, [changed.body, hashOf(changed), of], async () =>
    assert.deepEqual(await faults(), [`unsigned ${of}`, `misplaced ${of + 1}`]),
  )
})

test('a missing entry is found, in the middle and at the end', async () => {
  await tampered('delete from journal_entry where seq = 3', [], async () =>
    assert.deepEqual(await faults(), ['missing 3']),
  )
  await tampered('delete from journal_entry where seq = 6', [], async () =>
    assert.deepEqual(await faults(), ['cut_off 6']),
  )
})

test('two entries that change places are found', async () => {
  await tampered(
    'update journal_entry set seq = case seq when 2 then 1003 when 3 then 1002 end where seq in (2, 3)',
    [],
    async () => {
      await admin.query('update journal_entry set seq = seq - 1000 where seq > 1000')
      assert.deepEqual(await faults(), ['changed 2', 'changed 3', 'misplaced 4'])
    },
  )
})

test('entries of another register cannot stand in', async () => {
  await tampered('update journal_entry set register_id = $1', [`reg_${'0'.repeat(26)}`], async () => {
    const found = await faults()
    assert.ok(found.includes('changed 1') && found.includes('cut_off 1'), found.join())
  })
})

test('of many who write at once each gets the next number', async () => {
  const shift = await till.open(shop.api, 10_000)
  const drop = (n: number) => ({ type: 'paid_in', amount: n + 1, reason: 'change', reference: `till-000${n}` })
  const other = await shop.another()
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      (n % 2 ? other : shop.api).call('POST', `/v1/shifts/${shift.id}/movements`, drop(n)),
    ),
  )
  assert.ok(answers.every(({ status }) => status === 201))
  const entries = await journal()
  assert.deepEqual(
    entries.map(({ sequence }) => sequence),
    entries.map((_, i) => i + 1),
  )
  assert.deepEqual(await faults(), [])
})
