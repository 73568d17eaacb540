import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { formatUnitPrice, parseUnitPrice } from './price.ts'
import {
  choosePrice,
  lowestBefore,
  type PriceChange,
  type PriceContext,
  type PriceList,
  type PriceRow,
} from './pricing.ts'

const NOW = new Date('2026-11-27T12:00:00Z')
const DAY = 24 * 60 * 60 * 1000
const days = (n: number) => new Date(NOW.getTime() + n * DAY)

function list(id: string, fields: Partial<PriceList> = {}): PriceList {
  return {
    id,
    currency: 'EUR',
    tax_included: true,
    channel: null,
    store_id: null,
    customer_group: null,
    valid_from: days(-365),
    valid_to: null,
    priority: 100,
    lowest_wins: false,
    ...fields,
  }
}

const row = (price_list_id: string, cents: number, fields: Partial<PriceRow> = {}): PriceRow => ({
  price_list_id,
  currency: 'EUR',
  min_qty: 1n,
  unit_price_e4: BigInt(cents) * 10_000n,
  tax_included: true,
  ...fields,
})

const lists = (...all: PriceList[]) => new Map(all.map((one) => [one.id, one]))
const context = (fields: Partial<PriceContext> = {}): PriceContext => ({
  currency: 'EUR',
  channel: 'web',
  store_id: 'A',
  customer_groups: ['members'],
  at: NOW,
  ...fields,
})

describe('the price that holds', () => {
  const base = row('', 1000)
  const cases: [string, PriceList[], PriceRow[], Partial<PriceContext>, bigint, number | null][] = [
    ['is the base price without a list', [], [base], {}, 1n, 1000],
    ['is none in another currency', [], [base], { currency: 'SEK' }, 1n, null],
    ['is none where no quantity fits', [], [row('', 900, { min_qty: 10n })], {}, 9n, null],
    [
      'is that of the highest quantity reached',
      [],
      [base, row('', 900, { min_qty: 10n }), row('', 800, { min_qty: 50n })],
      {},
      49n,
      900,
    ],
    ['is a list’s for everybody before the base price', [list('l')], [base, row('l', 1100)], {}, 1n, 1100],
    [
      'is the channel’s before everybody’s',
      [list('e'), list('c', { channel: 'web' })],
      [base, row('e', 700), row('c', 950)],
      {},
      1n,
      950,
    ],
    [
      'is the store’s before the channel’s',
      [list('c', { channel: 'web' }), list('s', { store_id: 'A' })],
      [base, row('c', 700), row('s', 980)],
      {},
      1n,
      980,
    ],
    [
      'is the group’s before the store’s',
      [list('g', { customer_group: 'members' }), list('s', { store_id: 'A' })],
      [base, row('s', 700), row('g', 990)],
      {},
      1n,
      990,
    ],
    [
      'is the group’s in this store before the group’s',
      [list('g', { customer_group: 'members' }), list('gs', { customer_group: 'members', store_id: 'A' })],
      [base, row('g', 700), row('gs', 991)],
      {},
      1n,
      991,
    ],
    [
      'is the group’s before that of channel and store together',
      [list('g', { customer_group: 'members' }), list('cs', { channel: 'web', store_id: 'A' })],
      [base, row('cs', 700), row('g', 992)],
      {},
      1n,
      992,
    ],
    [
      'passes over lists of another channel, store, group or currency',
      [
        list('c', { channel: 'pos' }),
        list('s', { store_id: 'B' }),
        list('g', { customer_group: 'trade' }),
        list('k', { currency: 'SEK' }),
      ],
      [base, row('c', 1), row('s', 2), row('g', 3), row('k', 4)],
      {},
      1n,
      1000,
    ],
    [
      'passes over a list that has not the quantity',
      [list('c', { channel: 'web' })],
      [base, row('c', 500, { min_qty: 5n })],
      {},
      4n,
      1000,
    ],
    [
      'is the lower priority’s among equals',
      [list('a', { priority: 20 }), list('b', { priority: 10 })],
      [row('a', 500), row('b', 600)],
      {},
      1n,
      600,
    ],
    [
      'is the older list’s among equals of one priority',
      [list('a'), list('b')],
      [row('b', 500), row('a', 600)],
      {},
      1n,
      600,
    ],
    ['holds from the first moment', [list('l', { valid_from: NOW })], [base, row('l', 500)], {}, 1n, 500],
    ['does not hold at the last moment', [list('l', { valid_to: NOW })], [base, row('l', 500)], {}, 1n, 1000],
    ['does not hold before', [list('l', { valid_from: days(1) })], [base, row('l', 500)], {}, 1n, 1000],
    [
      'is undercut by a list where lowest wins, of whatever rank',
      [list('g', { customer_group: 'members' }), list('w', { lowest_wins: true })],
      [base, row('g', 900), row('w', 800)],
      {},
      1n,
      800,
    ],
    [
      'is not raised by it',
      [list('w', { lowest_wins: true, customer_group: 'members' })],
      [base, row('w', 1100)],
      {},
      1n,
      1000,
    ],
    ['is its price where nothing else is', [list('w', { lowest_wins: true })], [row('w', 1100)], {}, 1n, 1100],
    [
      'is the lowest of several such',
      [list('w', { lowest_wins: true }), list('x', { lowest_wins: true })],
      [base, row('w', 800), row('x', 750)],
      {},
      1n,
      750,
    ],
    [
      'is not compared with a price that counts tax otherwise',
      [list('w', { lowest_wins: true, tax_included: false })],
      [base, row('w', 800, { tax_included: false })],
      {},
      1n,
      1000,
    ],
  ]
  for (const [title, all, rows, where, quantity, cents] of cases) {
    it(title, () => {
      const chosen = choosePrice(rows, lists(...all), context(where), quantity)
      assert.equal(chosen === null ? null : Number(chosen.unit_price_e4) / 10_000, cents)
      // The order of the rows decides nothing.
      assert.deepEqual(choosePrice([...rows].reverse(), lists(...all), context(where), quantity), chosen)
    })
  }
})

const change = (day: number, cents: number | null, price_list_id = ''): PriceChange => ({
  price_list_id,
  min_qty: 1n,
  unit_price_e4: cents === null ? null : BigInt(cents) * 10_000n,
  tax_included: true,
  at: days(day),
})

describe('the lowest price of the thirty days before a reduction', () => {
  const cases: [string, PriceChange[], PriceList[], number | null][] = [
    ['is none for a price that was never another', [change(-90, 100)], [], null],
    ['is the price before, when there was one', [change(-90, 100), change(-2, 80)], [], 100],
    ['is none after a raise', [change(-90, 100), change(-2, 120)], [], null],
    ['is the lowest of several', [change(-90, 100), change(-20, 70), change(-10, 100), change(-1, 80)], [], 70],
    [
      'counts the price that held when the thirty days began',
      [change(-90, 60), change(-31, 100), change(-2, 80)],
      [],
      60,
    ],
    ['leaves out what ended before', [change(-90, 60), change(-40, 100), change(-2, 80)], [], 100],
    ['is gone when the lower price has stayed for thirty days', [change(-90, 100), change(-30, 80)], [], null],
    [
      'stays for as long as a list with an end does',
      [change(-90, 100), change(-90, 80, 'l')],
      [list('l', { valid_from: days(-60), valid_to: days(10) })],
      100,
    ],
    [
      'is none when the list is over',
      [change(-90, 100), change(-90, 80, 'l')],
      [list('l', { valid_from: days(-60), valid_to: days(-1) })],
      null,
    ],
    [
      'counts an earlier campaign',
      [change(-90, 100), change(-90, 75, 'a'), change(-90, 80, 'b')],
      [
        list('a', { valid_from: days(-20), valid_to: days(-15) }),
        list('b', { valid_from: days(-3), valid_to: days(3) }),
      ],
      75,
    ],
    ['does not mind a price confirmed', [change(-90, 100), change(-9, 80), change(-5, 80)], [], 100],
    ['is that before the last of several steps down', [change(-90, 100), change(-9, 90), change(-5, 80)], [], 90],
    ['is none where there was no price before', [change(-90, 100), change(-60, null), change(-5, 80)], [], null],
  ]
  for (const [title, changes, all, cents] of cases) {
    it(title, () => {
      const lowest = lowestBefore(changes, lists(...all), context(), 1n)
      assert.equal(lowest === null ? null : Number(lowest) / 10_000, cents)
    })
  }

  test('is what looking at every hour finds, whatever the history', () => {
    const HOUR = 60 * 60 * 1000
    const hour = fc.integer({ min: -24 * 70, max: 0 })
    const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR)
    const history = fc.array(
      fc.record({
        hours: hour,
        cents: fc.option(fc.integer({ min: 1, max: 6 }), { nil: null, freq: 8 }),
        listId: fc.constantFrom('', '', 'a', 'b'),
      }),
      { minLength: 1, maxLength: 12 },
    )
    const windows = fc.array(
      fc.record({
        from: hour,
        hours: fc.option(fc.integer({ min: 1, max: 900 }), { nil: null }),
        lowest: fc.boolean(),
      }),
      { minLength: 2, maxLength: 2 },
    )
    fc.assert(
      fc.property(history, windows, (raw, [a, b]) => {
        const seen = new Set<string>()
        const changes = raw
          .filter(({ hours, listId }) => !seen.has(`${hours}/${listId}`) && seen.add(`${hours}/${listId}`))
          .map(({ hours, cents, listId }) => ({ ...change(0, cents, listId), at: at(hours) }))
        const all = lists(
          ...[a, b].map((window, i) =>
            list('ab'[i] as string, {
              valid_from: at(window?.from ?? 0),
              valid_to: window?.hours == null ? null : at(window.from + window.hours),
              lowest_wins: window?.lowest ?? false,
            }),
          ),
        )
        assert.equal(lowestBefore(changes, all, context(), 1n), naive(changes, all))
      }),
      { numRuns: 400 },
    )

    /** The price in every hour, looked at one by one. */
    function naive(changes: PriceChange[], all: Map<string, PriceList>): bigint | null {
      const first = -24 * 72
      const hourly = Array.from({ length: 1 - first }, (_, i) => {
        const time = at(first + i)
        const rows = ['', 'a', 'b'].flatMap((id) => {
          const before = changes.filter((one) => one.price_list_id === id && one.at <= time)
          const last = before.sort((x, y) => y.at.getTime() - x.at.getTime())[0]
          return last?.unit_price_e4 == null ? [] : [row(id, Number(last.unit_price_e4) / 10_000)]
        })
        return choosePrice(rows, all, context({ at: time }), 1n)
      })
      const present = hourly.at(-1)
      if (!present) return null
      let began = hourly.length - 1
      while (began > 0 && hourly[began - 1]?.unit_price_e4 === present.unit_price_e4) began--
      const before = hourly[began - 1]
      if (!before || before.unit_price_e4 < present.unit_price_e4) return null
      const end = present.price_list_id === null ? null : (all.get(present.price_list_id)?.valid_to ?? null)
      if (!end && hourly.length - 1 - began >= 30 * 24) return null
      const month = hourly
        .slice(Math.max(0, began - 30 * 24), began)
        .flatMap((price) => (price ? [price.unit_price_e4] : []))
      return month.reduce<bigint | null>((lowest, price) => (lowest === null || price < lowest ? price : lowest), null)
    }
  })
})

describe('a unit price', () => {
  for (const [text, currency, e4, written] of [
    ['49.95', 'EUR', 49_950_000n, '49.95'],
    ['5', 'EUR', 5_000_000n, '5.00'],
    ['0.012999', 'EUR', 12_999n, '0.012999'],
    ['0.10500', 'EUR', 105_000n, '0.105'],
    ['1200', 'JPY', 12_000_000n, '1200'],
    ['0.5', 'JPY', 5_000n, '0.5'],
    ['1.0005', 'KWD', 10_005_000n, '1.0005'],
    ['0', 'EUR', 0n, '0.00'],
  ] as const) {
    it(`of ${text} ${currency} is ${e4} ten-thousandths of a minor unit, written ${written}`, () => {
      assert.equal(parseUnitPrice(text, currency), e4)
      assert.equal(formatUnitPrice(e4, currency), written)
    })
  }
  for (const [text, fault] of [
    ['1,50', 'form'],
    ['-1', 'form'],
    ['1e3', 'form'],
    ['.5', 'form'],
    ['', 'form'],
    ['0.0000001', 'precision'],
    ['10000000000.01', 'range'],
  ] as const) {
    it(`is refused as ${JSON.stringify(text)}`, () => assert.equal(parseUnitPrice(text, 'EUR'), fault))
  }
})
