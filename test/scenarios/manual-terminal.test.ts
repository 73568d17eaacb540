// A terminal that stands alone: staff type in what its slip says, and that is booked on their word.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let terminal: string

before(async () => {
  shop = await openShop()
  const { api, keys } = shop
  const account = await api.call<{ id: string }>('POST', '/v1/connector_accounts', {
    ...{ connector: 'manual', name: 'Terminal without a cable', config: {} },
  })
  const made = await api.call<{ id: string }>('POST', '/v1/terminals', {
    store_id: keys.terminals[0]?.store_id,
    register_id: shop.till,
    connector_account_id: account.body.id,
    ...{ name: 'Stand-alone', serial: 'A-1' },
  })
  terminal = made.body.id
})
after(() => shop.close())

const SALE = { amount: 1099, currency: 'EUR', channel: 'pos' } as const
const SLIP = { approval_code: '048213', brand: 'visa', last4: '4242' }

test('the code of its slip pays, is kept, and is known to be staff’s word', async () => {
  const paid = await shop.api.pay({ ...SALE, tender: { method: 'card', terminal_id: terminal, manual: SLIP } })
  assert.deepEqual([paid.status, paid.body.status, paid.body.amount_captured], [201, 'captured', 1099])
  assert.deepEqual(paid.body.tenders[0]?.instrument, { kind: 'card', entry: 'manual', ...SLIP })
  const { body } = await shop.api.get<{ data: { source?: string }[] }>(`/v1/payments/${paid.body.id}/timeline`)
  assert.ok(body.data.some(({ source }) => source === 'operator'))
  const refunded = await shop.api.refund(paid.body.id, { amount: 99 })
  assert.equal(refunded.body.amount_refunded, 99)
})

test('nothing is taken without a slip, and no slip stands in for a terminal that tells its result itself', async () => {
  const refused = async (tender: object) => {
    const { status, body } = await shop.api.pay({ ...SALE, tender: { method: 'card', ...tender } })
    const { code, errors } = body as unknown as { code: string; errors: { pointer: string }[] }
    return [status, code, errors[0]?.pointer]
  }
  assert.deepEqual(await refused({ terminal_id: terminal }), [422, 'validation-error', '/tender/manual'])
  assert.deepEqual(await refused({ terminal_id: shop.terminal, manual: SLIP }), [
    422,
    'validation-error',
    '/tender/manual',
  ])
  assert.deepEqual(await refused({ terminal_id: terminal, manual: { approval_code: '' } }), [
    ...[422, 'validation-error', '/tender/manual/approval_code'],
  ])
})

test('its state can be read, and it offers nothing but money', async () => {
  const { body } = await shop.api.get<{ state: string; abilities: string[]; current: unknown }>(
    `/v1/terminals/${terminal}`,
  )
  assert.deepEqual([body.state, body.abilities, body.current], ['idle', [], null])
  const asked = async (what: string, input: object = {}) => {
    const { status, body } = await shop.api.call('POST', `/v1/terminals/${terminal}/${what}`, input)
    return [status, body['code']]
  }
  assert.deepEqual(await asked('identify'), [422, 'operation-unsupported'])
  assert.deepEqual(await asked('display', { title: 'Hello' }), [422, 'operation-unsupported'])
  assert.deepEqual(await asked('abort'), [409, 'invalid-state'])
  assert.deepEqual(await asked('release', { reason: 'nothing there' }), [409, 'invalid-state'])
})
