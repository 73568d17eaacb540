// The guide is the product's word on test cards and faults; these keep it and the code the same.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { passesLuhn } from '../../lib/card-scan.ts'
import { brandOf, TEST_CARDS } from './cards.ts'
import { FAULT_NAMES } from './faults.ts'
import { LANGUAGES, languageOf, TEXTS } from './page-texts.ts'

const guide = readFileSync(new URL('../../../docs/guides/simulator.md', import.meta.url), 'utf8')
const rows = guide.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

test('the guide’s table of test cards is the code’s', () => {
  const documented = rows.filter((cells) => /^[\d ]{15,}$/.test(cells[1] ?? ''))
  assert.deepEqual(
    documented.map((cells) => [cells[1]?.replaceAll(' ', ''), cells[2]]),
    TEST_CARDS.map((card) => [card.number, card.text]),
  )
})

test('the guide’s table names every fault, and no other', () => {
  const table = guide.split('| fault |')[1]?.split('\n\n')[0] ?? ''
  const names = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((row) => row[1])
  assert.deepEqual(names.toSorted(), [...FAULT_NAMES].toSorted())
})

test('every test card passes the check digit and belongs to a scheme', () => {
  for (const { number } of TEST_CARDS) {
    assert.ok(passesLuhn(number), number)
    assert.notEqual(brandOf(number), 'other', number)
  }
})

test('no test card is listed twice', () => {
  assert.equal(new Set(TEST_CARDS.map((card) => card.number)).size, TEST_CARDS.length)
})

test('no page text is missing or left in English', () => {
  for (const language of Object.keys(LANGUAGES) as (keyof typeof LANGUAGES)[]) {
    for (const [name, text] of Object.entries(TEXTS[language])) {
      assert.ok(typeof text === 'object' || text.trim() !== '', `${language}.${name}`)
      if (language !== 'en' && /Lead$|Hint$|Missing$/.test(name))
        assert.notEqual(text, TEXTS.en[name as keyof typeof TEXTS.en], `${language}.${name}`)
    }
  }
})

test('the language asked for wins over the browser’s, and the browser’s best one that we have over English', () => {
  assert.equal(languageOf('pl', 'fr'), 'pl')
  assert.equal(languageOf(undefined, 'de-DE,fr;q=0.5,nl-BE;q=0.8'), 'nl')
  assert.equal(languageOf(undefined, 'de'), 'en')
  assert.equal(languageOf('xx', undefined), 'en')
})
