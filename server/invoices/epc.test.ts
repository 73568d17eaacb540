import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseMajor } from '../lib/money.ts'
import { epcPayload, qrModules } from './epc.ts'

const TRANSFER = { name: 'Wereldwinkel B.V.', iban: 'NL91ABNA0417164300', amount: 12_345n, reference: 'RF1910000042' }

test('eleven elements, those at the end left out where they are empty', () => {
  assert.equal(
    epcPayload(TRANSFER),
    'BCD\n002\n1\nSCT\n\nWereldwinkel B.V.\nNL91ABNA0417164300\nEUR123.45\n\nRF1910000042',
  )
  const { reference: _, ...plain } = TRANSFER
  assert.equal(
    epcPayload({ ...plain, amount: 500n, text: '1000 0000 1000 0042' })
      .split('\n')
      .slice(7)
      .join('|'),
    'EUR5|||1000 0000 1000 0042',
  )
})

test('amounts as the guidelines write them', () => {
  const written = [1n, 10n, 100n, 1_230n, 1_000n, 100_000n, 99_999_999_999n].map(
    (amount) => epcPayload({ ...TRANSFER, amount }).split('\n')[7],
  )
  assert.deepEqual(written, ['EUR0.01', 'EUR0.1', 'EUR1', 'EUR12.3', 'EUR10', 'EUR1000', 'EUR999999999.99'])
})

test('a line break in a name begins no element, and a long name is cut', () => {
  const lines = epcPayload({ ...TRANSFER, name: 'Shop\nNL00EVIL0000000000\nEUR9' }).split('\n')
  assert.equal(lines[5], 'Shop NL00EVIL0000000000 EUR9')
  assert.equal(lines[6], TRANSFER.iban)
  assert.equal([...(epcPayload({ ...TRANSFER, name: 'ł'.repeat(1_000_000) }).split('\n')[5] ?? '')].length, 70)
})

test('what no bank would take is refused, by name', () => {
  const wrong: [object, RegExp][] = [
    [{ amount: 0n }, /amount/],
    [{ amount: 100_000_000_000n }, /amount/],
    [{ bic: 'BHBLDE' }, /BIC/],
    [{ bic: 'BHBLDEHHXXXX' }, /BIC/],
    [{ bic: 'BHBLDEHHXX' }, /BIC/],
    [{ bic: 'BHBLDEH ' }, /BIC/],
    [{ iban: 'NL91' }, /IBAN/],
    [{ reference: '1000000010000042' }, /reference/],
    [{ name: '\u202e' }, /name/],
    [{ reference: '', name: '€'.repeat(70), text: '€'.repeat(140) }, /too long/],
  ]
  for (const [part, why] of wrong) assert.throws(() => epcPayload({ ...TRANSFER, ...part }), why)
})

test('the code is square, has its three corners and stays within version 13', () => {
  const modules = qrModules(
    epcPayload({ ...TRANSFER, reference: undefined, text: 'x'.repeat(140), name: 'n'.repeat(70) }),
    0,
  )
  assert.ok(modules.length <= 17 + 4 * 13)
  assert.ok(modules.every((row) => row.length === modules.length))
  const finder = '1111111 1000001 1011101 1011101 1011101 1000001 1111111'
  const corner = (rows: boolean[][]) =>
    rows
      .slice(0, 7)
      .map((row) => row.slice(0, 7).map(Number).join(''))
      .join(' ')
  assert.equal(corner(modules), finder)
  assert.equal(corner(modules.map((row) => [...row].reverse())), finder)
  assert.equal(corner([...modules].reverse()), finder)
})

const VECTORS = join(import.meta.dirname, '../../../shared/data/qr/qr-vectors.json')
const skip = existsSync(VECTORS) ? false : 'skipped: ../shared/data/qr/qr-vectors.json is not here'
describe('published examples', { skip }, () => {
  test('our payload is theirs, but for the character set: ours is always UTF-8', () => {
    for (const { fields, payload } of JSON.parse(readFileSync(VECTORS, 'utf8')).epc069_12.vectors) {
      const ours = epcPayload({ ...fields, amount: parseMajor(fields.amount, 2) })
      const theirs = payload.split('\n')
      theirs[2] = '1'
      assert.equal(ours, theirs.join('\n'))
    }
  })
})
