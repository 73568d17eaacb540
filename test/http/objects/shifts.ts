// Shifts and the journal, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const shifts: ModuleObjects = {
  async fill(_shop, api, made) {
    const open = async (register_id: string | undefined) => {
      const answer = await api.call<{ id: string }>('POST', '/v1/shifts', { register_id, float: 10_000 })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const registers = await Promise.all(
      ['Second', 'Third', 'Fourth'].map(async (name) => {
        const body = { store_id: made['shopStore'], name }
        return (await api.call<{ id: string }>('POST', '/v1/registers', body)).body.id
      }),
    )
    const [ended = '', closed = ''] = [await open(registers[0]), await open(registers[1])]
    for (const id of [ended, closed])
      assert.equal((await api.call('POST', `/v1/shifts/${id}/counts`, { counted: 10_000 })).status, 200)
    assert.equal((await api.call('POST', `/v1/shifts/${closed}/close`, {})).status, 200)
    return {
      shift: await open(made['register']),
      shiftToClose: ended,
      shiftClosed: closed,
      registerToOpen: registers[2] as string,
    }
  },
  collections: (made, { path }) => ({
    shifts: path.endsWith('/close')
      ? made['shiftToClose']
      : path.endsWith('/z_report')
        ? made['shiftClosed']
        : made['shift'],
  }),
  bodies: (made) => ({
    'POST /v1/shifts': { register_id: made['registerToOpen'], float: 10_000, counted: 10_000 },
    'POST /v1/shifts/{id}/movements': { type: 'paid_in', amount: 500, reason: 'change', reference: 'till-0001' },
    'POST /v1/shifts/{id}/end': {},
    'POST /v1/shifts/{id}/counts': { counted: 10_000, denominations: [{ value: 10_000, count: 1 }] },
    'POST /v1/shifts/{id}/close': { reason: 'as it is' },
  }),
  queries: (made) => ({ 'GET /v1/journal': `register_id=${made['register']}` }),
}
