// Staff, tills and who is signed in at them, for the tests that try every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

const PIN = '2580'

export const tills: ModuleObjects = {
  async fill(_shop, api, made) {
    const make = async <T>(path: string, body: object): Promise<T> => {
      const answer = await api.call<T>('POST', path, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    }
    const staff = await make<{ id: string }>('/v1/staff', { name: 'Noor el Amrani', role: 'manager', pin: PIN })
    const code = () => make<{ code: string }>(`/v1/registers/${made['register']}/pairing_codes`, {})
    const pair = async () =>
      make<{ key: string; device: { id: string } }>('/v1/till/pair', { code: (await code()).code })
    const [device, deviceToEnd] = [await pair(), await pair()]
    return {
      staff: staff.id,
      deviceKey: device.key,
      device: device.device.id,
      deviceToEnd: deviceToEnd.device.id,
      pairingCode: (await code()).code,
    }
  },
  collections: (made) => ({ staff: made['staff'], devices: made['deviceToEnd'] }),
  bodies: (made) => ({
    'POST /v1/staff': { name: 'Sanne', role: 'cashier', pin: '1234', store_ids: [made['shopStore']], language: 'nl' },
    'PATCH /v1/staff/{id}': { name: 'Noor', role: 'manager', pin: PIN, store_ids: [], language: 'nl', is_active: true },
    'POST /v1/registers/{id}/pairing_codes': {},
    'POST /v1/till/pair': { code: made['pairingCode'], name: 'Counter' },
    'POST /v1/till/demo': { register_id: made['register'] },
    'POST /v1/till/sessions': { staff_id: made['staff'], pin: PIN },
    'DELETE /v1/till/sessions': {},
  }),
}
