import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isTooMany, looksLikeTesting } from './watch.ts'

const NONE = { declined: 0, cards: 0, answered: 0, waiting: 0, declined_today: 0, answered_today: 0 }

test('ten declines with five cards within ten minutes look like tests of cards, and thirty within a day', () => {
  const burst = { ...NONE, declined: 10, cards: 5, answered: 12, declined_today: 10, answered_today: 12 }
  assert.equal(looksLikeTesting(burst), true)
  assert.equal(looksLikeTesting({ ...burst, declined: 9 }), false)
  assert.equal(looksLikeTesting({ ...burst, cards: 4 }), false)
  assert.equal(looksLikeTesting({ ...NONE, declined_today: 30, answered_today: 40 }), true)
})

test('a link at which very many pay has declines, and is not paused for them', () => {
  const crowd = {
    ...NONE,
    declined: 40,
    cards: 40,
    answered: 900,
    declined_today: 60,
    answered_today: 1_400,
    waiting: 50,
  }
  assert.equal(looksLikeTesting(crowd), false)
  assert.equal(isTooMany(crowd), false)
})

test('once some were declined, those still under way count as declined', () => {
  assert.equal(isTooMany({ ...NONE, declined: 4, answered: 4, waiting: 50 }), false)
  assert.equal(isTooMany({ ...NONE, declined: 8, answered: 8, waiting: 1 }), false)
  assert.equal(isTooMany({ ...NONE, declined: 8, answered: 8, waiting: 2 }), true)
  assert.equal(isTooMany({ ...NONE, waiting: 100 }), true)
})
