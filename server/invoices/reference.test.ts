import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  FIRST_BASE,
  isKenmerk,
  isOcr,
  isRf,
  isStructured,
  kenmerkOf,
  LAST_BASE,
  luhnDigit,
  matchReference,
  ocrOf,
  printedReference,
  REFERENCE_KINDS,
  referenceOf,
  rfOf,
} from './reference.ts'

test('each scheme writes the same number with its own checks', () => {
  const base = 10_000_042n
  assert.deepEqual(
    REFERENCE_KINDS.map((kind) => referenceOf(kind, base)),
    ['RF1910000042', '1000000010000042', '1000004208', '001000004221'],
  )
  assert.deepEqual(
    REFERENCE_KINDS.map((kind) => printedReference(kind, referenceOf(kind, base))),
    ['RF19 1000 0042', '1000 0000 1000 0042', '1000004208', '+++001/0000/04221+++'],
  )
  // By hand: 98 − 10000042271500 mod 97 = 19; 2·2 + 4·4 + 1·3 = 23, 11 − 23 mod 11 = 10, written 1; 10,000,042 mod 97 = 21.
  assert.deepEqual([98 - (10_000_042_271_500 % 97), 10_000_042 % 97], [19, 21])
})

test('every reference is found again in a text, for the first base, the last, and many between', () => {
  const step = (LAST_BASE - FIRST_BASE) / 997n
  for (let base = FIRST_BASE; base <= LAST_BASE; base += step)
    for (const kind of REFERENCE_KINDS) {
      const reference = referenceOf(kind, base)
      for (const text of [reference, `betaling ${printedReference(kind, reference)} dank u`]) {
        assert.ok(
          matchReference(text).some((found) => found.base === base),
          `${kind} ${text}`,
        )
      }
    }
})

test('a digit typed wrong, or two exchanged, finds nothing', () => {
  const reference = referenceOf('rf', 10_000_042n)
  for (let place = 2; place < reference.length; place++)
    for (const digit of '0123456789') {
      if (digit === reference[place]) continue
      const wrong = `${reference.slice(0, place)}${digit}${reference.slice(place + 1)}`
      assert.deepEqual(
        matchReference(wrong).filter(({ kind }) => kind === 'rf'),
        [],
        wrong,
      )
    }
  assert.deepEqual(matchReference('RF19 1000 0024'), [])
})

describe('what banks write', () => {
  const base = 20_260_017n
  const rf = referenceOf('rf', base)
  const nl = referenceOf('nl', base)
  const be = printedReference('be', referenceOf('be', base))
  const se = referenceOf('se', base)
  const texts: [string, string][] = [
    [
      'MT940 of a Dutch bank',
      `/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/A DE VRIES/REMI/STRD/CUR/${nl}/EREF/NOTPROVIDED`,
    ],
    [
      'MT940 cut at 65 characters',
      `:86:/REMI/USTD//FACTUUR 2026-00017 RF${rf.slice(2, 6)} ${rf.slice(6, 8)}\n${rf.slice(8)} DANK/`,
    ],
    ['CAMT.053 as a reader joins it', `CdtrRefInf ${rf} RfrdDocNb 2026-00017`],
    ['in small letters, with blanks', `faktura, ref: ${rf.toLowerCase().replaceAll(/(.{4})/g, '$1 ')}`],
    ['grouped by points', `kenmerk ${nl.replaceAll(/(.{4})(?=.)/g, '$1.')}`],
    ['Belgian, with stars', `${be.replaceAll('+', '*')} huur`],
    ['BgMax, right behind a name', `EHRENKRONA AUFTR ${se} PAYMENT`],
    ['with an amount and a date before it', `2026-11-26 EUR 1.234,50 ${rf} REF`],
    ['with a number directly behind', `${rf} 2026`],
  ]
  for (const [name, text] of texts)
    test(name, () => {
      assert.ok(
        matchReference(text).some((found) => found.base === base),
        text,
      )
    })

  test('texts without a reference of ours give none', () => {
    for (const text of [
      '',
      'Huur november, Prinsengracht 1, 1015 DK Amsterdam',
      'NL91 ABNA 0417 1643 00',
      'RF18 5390 0754 7034',
      'RF20 1000 0042',
      'Tel. 020-1234567, KvK 12345678',
    ])
      assert.deepEqual(matchReference(text), [], text)
  })

  test('a megabyte of digits is answered at once', () => {
    const from = performance.now()
    matchReference('1 '.repeat(500_000))
    matchReference('RF'.repeat(500_000))
    matchReference('9'.repeat(1_000_000))
    assert.ok(performance.now() - from < 1_000)
  })
})

test('what no reference can hold is refused', () => {
  for (const wrong of ['', 'a', 'A'.repeat(22), 'Ä']) assert.throws(() => rfOf(wrong), RangeError)
  for (const wrong of ['', 'x', '1'.repeat(16)]) assert.throws(() => kenmerkOf(wrong), RangeError)
  for (const wrong of ['', 'x', '1'.repeat(24)]) assert.throws(() => ocrOf(wrong), RangeError)
})

test('a Belgian communication whose rest is 0 has the check 97', () => {
  assert.ok(isStructured('+++000/0000/09797+++'))
  assert.ok(isStructured('***090/9337/55493***'))
  assert.equal(isStructured('+++090/9337/55494+++'), false)
})

const VECTORS = join(import.meta.dirname, '../../../shared/data/references/references.json')
const skip = existsSync(VECTORS) ? false : 'skipped: ../shared/data/references/references.json is not here'
describe('published examples', { skip }, () => {
  const vectors = skip ? undefined : JSON.parse(readFileSync(VECTORS, 'utf8'))

  test('ISO 11649', () => {
    const { valid, invalid_examples, known } = vectors.iso11649
    for (const text of [...valid, known]) assert.ok(isRf(text), text)
    for (const text of [...valid, known]) assert.equal(rfOf(text.slice(4)), text)
    for (const text of invalid_examples) assert.equal(isRf(text), false, text)
  })

  test('betalingskenmerk', () => {
    for (const text of vectors.nl_betalingskenmerk.valid) {
      assert.ok(isKenmerk(text), text)
      assert.equal(kenmerkOf(text.slice(1)), text)
    }
    assert.ok(isKenmerk(vectors.nl_betalingskenmerk.display_example))
  })

  test('OCR', () => {
    const { valid_with_length_digit, valid_checksum_only_bad_length_digit, invalid, generate, find_in_text } =
      vectors.se_ocr
    for (const text of valid_with_length_digit) {
      assert.ok(isOcr(text), text)
      assert.equal(ocrOf(text.slice(0, -2)), text)
    }
    for (const text of valid_checksum_only_bad_length_digit)
      assert.deepEqual([isOcr(text), isOcr(text, { anyLength: true })], [false, true], text)
    for (const text of invalid) assert.equal(isOcr(text, { anyLength: true }), false, text)
    for (const { from_, with_length } of generate) {
      const digits = from_.replaceAll(/\D/g, '')
      assert.equal(ocrOf(digits.slice(-23)), with_length)
    }
    // Those with ten digits, as ours have them; shorter ones are no reference of ours.
    for (const [text, wanted] of find_in_text.filter(([, [first]]: [string, string[]]) => first?.length === 10)) {
      const found = matchReference(text).map(({ base }) => referenceOf('se', base))
      assert.ok(found.includes(wanted[0]), `${text}: ${found}`)
    }
  })

  test('Luhn', () => {
    for (const [digits, check] of vectors.luhn.check_digits) assert.equal(luhnDigit(digits), check)
    for (const text of vectors.luhn.valid) assert.equal(luhnDigit(text.slice(0, -1)), text.at(-1))
    for (const text of vectors.luhn.invalid) assert.notEqual(luhnDigit(text.slice(0, -1)), text.at(-1))
  })
})
