// Connectors may not import the catalogue, so the simulator lists its methods itself; here the two lists meet.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { METHOD_CODES } from '../server/connectors/simulator/index.ts'
import { CATALOGUE } from '../server/merchants/catalogue.ts'

test('the simulator carries every method of the catalogue but cash and stored value', () => {
  const carried = CATALOGUE.filter((method) => method.kind !== 'cash' && method.kind !== 'stored_value')
  assert.deepEqual(METHOD_CODES.toSorted(), carried.map((method) => method.code).toSorted())
})
