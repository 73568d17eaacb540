import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Problem } from '../lib/problem.ts'
import { createGuessLimit } from './guess-limit.ts'
import { dayIn } from './place.ts'
import { parseUnitPrice, unitPriceText } from './unit-price.ts'

describe('a unit price', () => {
  const cases: [bigint, string, string][] = [
    [499_500n, 'EUR', '0.4995'],
    [49_950_000n, 'EUR', '49.95'],
    [50_000_000n, 'EUR', '50.00'],
    [12_990n, 'EUR', '0.01299'],
    [1_000_000n, 'JPY', '100'],
    [1_005_000n, 'JPY', '100.5'],
    [12_345_678n, 'KWD', '1.2345678'],
    [0n, 'EUR', '0.00'],
  ]
  for (const [price, currency, text] of cases) {
    it(`of ${text} ${currency} is read as it is written`, () => {
      assert.equal(unitPriceText(price, currency), text)
      assert.equal(parseUnitPrice(text, currency), price)
    })
  }
  it('has no more decimals than can be kept, and is not negative', () => {
    assert.equal(parseUnitPrice('1.1234567', 'EUR'), undefined)
    assert.equal(parseUnitPrice('-1', 'EUR'), undefined)
  })
})

it('the day of supply is the store’s', () => {
  const at = new Date('2026-11-22T23:30:00Z')
  assert.equal(dayIn('Europe/Amsterdam', at), '2026-11-23')
  assert.equal(dayIn('America/New_York', at), '2026-11-22')
})

describe('wrong hand-over codes', () => {
  it('are counted per caller, and pages apart from staff', () => {
    let now = 0
    const limit = createGuessLimit({ now: () => new Date(now) })
    const page = (name: string) => ({ kind: 'holder' as const, name })
    const staff = { kind: 'merchant' as const, name: 'till' }
    const isLimited = (error: unknown) => error instanceof Problem && error.code === 'rate-limited'
    for (let i = 0; i < 10; i++) limit.miss('mer_1', page('a'))
    assert.throws(() => limit.check('mer_1', page('a')), isLimited)
    limit.check('mer_1', page('b'))
    limit.check('mer_2', page('a'))
    for (let i = 0; i < 290; i++) limit.miss('mer_1', page(`c${i}`))
    assert.throws(() => limit.check('mer_1', page('d')), isLimited)
    limit.check('mer_1', staff)
    now = 60_000
    limit.check('mer_1', page('a'))
  })
})
