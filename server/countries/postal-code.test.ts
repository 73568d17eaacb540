import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postalCode } from './postal-code.ts'

test('postal codes are written as the post does, and slips are caught', () => {
  const cases: [country: string, typed: string, is: string | null][] = [
    ['NL', ' 1015ab ', '1015 AB'],
    ['NL', 'NL-1015 AB', '1015 AB'],
    ['NL', '1015', null],
    ['SE', '11122', '111 22'],
    ['PL', '00001', '00-001'],
    ['PL', '00-01', null],
    ['GB', 'sw1a1aa', 'SW1A 1AA'],
    ['GB', 'BT1 5GS', 'BT1 5GS'],
    ['GB', '12345', null],
    ['LV', 'LV-1010', '1010'],
    ['IE', 'd02x285', 'D02 X285'],
    ['DE', '1010', null],
    ['FR', '75001', '75001'],
    ['XX', 'as it is', 'as it is'],
    ['XX', ' ', null],
  ]
  for (const [country, typed, is] of cases) assert.equal(postalCode(country, typed), is, `${country} ${typed}`)
})
