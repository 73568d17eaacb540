import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'

let world: MerchantApp
let mine: NewMerchantKeys
let theirs: NewMerchantKeys

before(async () => {
  world = await merchantApp()
  mine = await world.makeMerchant()
  theirs = await world.makeMerchant()
})
after(() => world.close())

const create = async (body: unknown, key = mine.secret_key) => world.call(key, 'POST', '/v1/customers', body)
const change = async (id: unknown, body: unknown, headers = {}) =>
  world.call(mine.secret_key, 'PATCH', `/v1/customers/${String(id)}`, body, headers)

describe('a customer', () => {
  it('is added, read and found by reference', async () => {
    const made = await create({ reference: 'C-1', email: 'ada@example.org', name: 'Ada' })
    assert.equal(made.status, 201)
    const read = await world.call(mine.secret_key, 'GET', `/v1/customers/${String(made.body['id'])}`)
    assert.deepEqual(read.body, made.body)
    assert.equal(read.headers['etag'], '"1"')
    const found = await world.call(mine.secret_key, 'GET', '/v1/customers?reference=C-1')
    assert.deepEqual(found.body.data, [made.body])
  })

  it('has a reference of its own within the merchant, not beyond', async () => {
    assert.equal((await create({ reference: 'C-2' })).status, 201)
    assert.equal((await create({ reference: 'C-2' })).status, 409)
    assert.equal((await create({ reference: 'C-2' }, theirs.secret_key)).status, 201)
    const other = await create({ reference: 'C-3' })
    const taken = await change(other.body['id'], { reference: 'C-2' })
    assert.deepEqual([taken.status, taken.body['code']], [409, 'reference-taken'])
  })

  it('is changed only as the version that was seen', async () => {
    const { body } = await create({ name: 'Before' })
    const changed = await change(body['id'], { name: 'After' }, { 'if-match': '"1"' })
    assert.deepEqual([changed.status, changed.body['version']], [200, 2])
    const late = await change(body['id'], { name: 'Too late' }, { 'if-match': '"1"' })
    assert.deepEqual([late.status, late.body['code']], [412, 'version-conflict'])
    assert.equal((await change(body['id'], { name: 'Odd' }, { 'if-match': 'banana' })).status, 412)
  })

  it('takes ten changes at once, one after the other, and loses none', async () => {
    const { body } = await create({ name: 'Busy' })
    await Promise.all(Array.from({ length: 10 }, (_, n) => change(body['id'], { name: `Name ${n}` })))
    const read = await world.call(mine.secret_key, 'GET', `/v1/customers/${String(body['id'])}`)
    assert.equal(read.body['version'], 11)
  })

  it('tells every change as an event of its version, and nothing when nothing changed', async () => {
    const { body } = await create({ name: 'Told' })
    await change(body['id'], { name: 'Told again' })
    await change(body['id'], { name: 'Told again' })
    const { rows } = await world.database.db.query(
      'select type, object_version from event where merchant_id = $1 and object_id = $2 order by seq',
      [mine.merchant_id, body['id']],
    )
    assert.deepEqual(rows, [
      { type: 'customer.created', object_version: 1 },
      { type: 'customer.updated', object_version: 2 },
    ])
  })

  it('takes no strange fields, no address without @, no line break in a name', async () => {
    for (const body of [
      { role: 'admin' },
      { email: 'nobody' },
      { name: 'A\r\nbcc: x' },
      { merchant_id: mine.merchant_id },
    ]) {
      assert.equal((await create(body)).status, 422, JSON.stringify(body))
    }
  })
})
