// Where an order is sent from: one table of shops, and what each consideration makes of them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Candidate, chooseSources, DEFAULT_WEIGHTS, distanceKm, type ToSend, type Weights } from './source.ts'

const line = (line_id: string, quantity: number, components: Record<string, number> = { kettle: 1 }): ToSend => ({
  line_id,
  quantity: BigInt(quantity),
  components: Object.entries(components).map(([variant_id, units]) => ({ variant_id, quantity: BigInt(units) })),
})

function shop(
  store_id: string,
  free: Record<string, number>,
  more: Partial<Pick<Candidate, 'distance_km' | 'load' | 'cost'>> = {},
): Candidate {
  const units = new Map(Object.entries(free).map(([variant, count]) => [variant, BigInt(count)]))
  return { store_id, free: units, distance_km: 50, load: 0, cost: 0, ...more }
}

/** `amsterdam: a 2, b 1` for each parcel, and what is missing. */
function told(lines: ToSend[], candidates: Candidate[], weights?: Weights): string[] {
  const { sources, missing } = chooseSources(lines, candidates, weights)
  const units = (parts: { line_id: string; quantity: bigint }[]): string =>
    parts.map(({ line_id, quantity }) => `${line_id} ${quantity}`).join(', ')
  return [
    ...sources.map(({ store_id, lines: own }) => `${store_id}: ${units(own)}`),
    ...(missing.length > 0 ? [`missing: ${units(missing)}`] : []),
  ]
}

describe('the source of an order', () => {
  const one = [line('a', 1)]
  const cases: [what: string, lines: ToSend[], candidates: Candidate[], expected: string[], weights?: Weights][] = [
    [
      'is the nearest of equals',
      one,
      [shop('far', { kettle: 9 }, { distance_km: 90 }), shop('near', { kettle: 9 }, { distance_km: 5 })],
      ['near: a 1'],
    ],
    [
      'is a known place before an unknown one',
      one,
      [shop('a-unknown', { kettle: 9 }, { distance_km: null }), shop('known', { kettle: 9 }, { distance_km: 900 })],
      ['known: a 1'],
    ],
    [
      'is the one with more on its shelf',
      one,
      [shop('last', { kettle: 1 }), shop('plenty', { kettle: 50 })],
      ['plenty: a 1'],
    ],
    [
      'is the idler one',
      one,
      [shop('busy', { kettle: 9 }, { load: 60 }), shop('idle', { kettle: 9 }, { load: 1 })],
      ['idle: a 1'],
    ],
    [
      'is the cheaper one',
      one,
      [shop('dear', { kettle: 9 }, { cost: 900 }), shop('cheap', { kettle: 9 }, { cost: 10 })],
      ['cheap: a 1'],
    ],
    ['of true equals is always the same', one, [shop('b', { kettle: 9 }), shop('a', { kettle: 9 })], ['a: a 1']],
    [
      'is one far shop that has all before two near ones that share it',
      [line('a', 1), line('b', 1, { lamp: 1 })],
      [
        shop('near', { kettle: 9 }, { distance_km: 1 }),
        shop('also-near', { lamp: 9 }, { distance_km: 1 }),
        shop('far', { kettle: 9, lamp: 9 }, { distance_km: 400 }),
      ],
      ['far: a 1, b 1'],
    ],
    [
      'is split where nobody has all, the fullest first',
      [line('a', 2), line('b', 1, { lamp: 1 })],
      [shop('lamps', { lamp: 9 }, { distance_km: 1 }), shop('kettles', { kettle: 9 })],
      ['kettles: a 2', 'lamps: b 1'],
    ],
    [
      'splits a line too',
      [line('a', 5)],
      [shop('three', { kettle: 3 }), shop('two', { kettle: 2 })],
      ['three: a 3', 'two: a 2'],
    ],
    ['says what nobody has', [line('a', 5)], [shop('three', { kettle: 3 })], ['three: a 3', 'missing: a 2']],
    [
      'is nobody where nothing is',
      [line('a', 1)],
      [shop('empty', {}), shop('sold-out', { kettle: 0 })],
      ['missing: a 1'],
    ],
    ['is nobody where there is no shop', [line('a', 1)], [], ['missing: a 1']],
    [
      'counts what two lines take from one shelf together',
      [line('a', 2), line('b', 2)],
      [shop('three', { kettle: 3 }), shop('one', { kettle: 1 })],
      ['three: a 2, b 1', 'one: b 1'],
    ],
    [
      'takes a kit whole, never half of one',
      [line('kit', 2, { kettle: 1, cup: 4 })],
      [shop('cups', { kettle: 9, cup: 7 }), shop('more', { kettle: 1, cup: 4 })],
      ['cups: kit 1', 'more: kit 1'],
    ],
    [
      'never uses stock below nothing',
      [line('a', 1)],
      [shop('minus', { kettle: -3 }), shop('plus', { kettle: 1 })],
      ['plus: a 1'],
    ],
    [
      'leaves out what weighs nothing',
      one,
      [
        shop('far', { kettle: 9 }, { distance_km: 900, load: 0 }),
        shop('near', { kettle: 9 }, { distance_km: 1, load: 9 }),
      ],
      ['far: a 1'],
      { ...DEFAULT_WEIGHTS, distance: 0 },
    ],
    [
      'is the shop that has all, even where a further parcel weighs nothing',
      [line('a', 1), line('b', 1, { lamp: 1 })],
      [
        shop('near', { kettle: 9 }, { distance_km: 1 }),
        shop('also-near', { lamp: 9 }, { distance_km: 1 }),
        shop('far', { kettle: 1, lamp: 1 }, { distance_km: 900, load: 99 }),
      ],
      ['far: a 1, b 1'],
      { ...DEFAULT_WEIGHTS, parcel: 0 },
    ],
  ]
  for (const [what, lines, candidates, expected, weights] of cases)
    it(what, () => assert.deepEqual(told(lines, candidates, weights), expected))

  it('is explained by parts between 0 and 1, which the score weighs', () => {
    const { candidates } = chooseSources(one, [shop('a', { kettle: 4 }, { distance_km: 50, load: 20, cost: 500 })])
    assert.deepEqual(candidates, [
      {
        ...{ store_id: 'a', distance_km: 50, load: 20, cost: 500, covers: 1 },
        parts: { distance: 0.5, depth: 0.75, load: 0.5, cost: 0.5 },
        score: 0.5 + 0.5 * (0.75 + 0.5 + 0.5),
      },
    ])
  })

  it('lists every shop that was looked at, best first, those without anything too', () => {
    const { candidates } = chooseSources(one, [shop('empty', {}, { distance_km: 900 }), shop('full', { kettle: 9 })])
    assert.deepEqual(
      candidates.map(({ store_id, covers }) => [store_id, covers]),
      [
        ['full', 1],
        ['empty', 0],
      ],
    )
  })

  it('promises each unit once, takes no more than there is, and does not mind the order of the shops', () => {
    const amount = fc.integer({ min: 0, max: 6 })
    const anyShop = fc.record({
      kettle: amount,
      lamp: amount,
      distance_km: fc.option(fc.integer({ min: 0, max: 900 })),
      load: amount,
    })
    const anyLine = fc.record({
      quantity: fc.integer({ min: 1, max: 5 }),
      kettle: fc.integer({ min: 1, max: 2 }),
      lamp: fc.integer({ min: 1, max: 2 }),
    })
    fc.assert(
      fc.property(
        fc.array(anyLine, { minLength: 1, maxLength: 4 }),
        fc.array(anyShop, { maxLength: 5 }),
        (some, shops) => {
          const lines = some.map(({ quantity, ...parts }, i) => line(`l${i}`, quantity, parts))
          const candidates = shops.map(({ kettle, lamp, ...more }, i) => shop(`s${i}`, { kettle, lamp }, more))
          const plan = chooseSources(lines, candidates)
          for (const { line_id, quantity } of lines) {
            const sent = plan.sources.flatMap((source) => source.lines).filter((own) => own.line_id === line_id)
            const missing = plan.missing.find((own) => own.line_id === line_id)?.quantity ?? 0n
            assert.equal(
              sent.reduce((sum, own) => sum + own.quantity, missing),
              quantity,
            )
          }
          for (const { store_id, lines: own } of plan.sources) {
            const free = candidates.find((candidate) => candidate.store_id === store_id)?.free
            for (const variant of ['kettle', 'lamp']) {
              const used = own.reduce((sum, { line_id, quantity }) => {
                const part = lines
                  .find((each) => each.line_id === line_id)
                  ?.components.find((each) => each.variant_id === variant)
                return sum + quantity * (part?.quantity ?? 0n)
              }, 0n)
              assert.ok(used <= (free?.get(variant) ?? 0n))
            }
          }
          assert.equal(new Set(plan.sources.map(({ store_id }) => store_id)).size, plan.sources.length)
          assert.deepEqual(chooseSources(lines, candidates.toReversed()), plan)
        },
      ),
      { numRuns: 300 },
    )
  })
})

it('the way between two places is as the crow flies', () => {
  const amsterdam = { latitude: 52.3676, longitude: 4.9041 }
  const paris = { latitude: 48.8566, longitude: 2.3522 }
  assert.equal(Math.round(distanceKm(amsterdam, paris)), 430)
  assert.equal(distanceKm(paris, paris), 0)
})
