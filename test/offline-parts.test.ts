// The parts of offline selling that a till works out by itself: what a sale comes to, what its document says, how far it may go, which
// code is which article, what is found by words, and how wrong PINs are counted. The whole of it is in test/browser/till-offline.test.ts.

import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { checkDigit } from '../server/catalog/barcode.ts'
import { isId } from '../server/lib/ids.ts'
import { canonicalJson, parseJson } from '../server/lib/json.ts'
import {
  capFault,
  cashTender,
  documentOf,
  type OpenLine,
  offlineId,
  type Rules,
  receiptCode,
  sumsOf,
  textOf,
} from '../web/pos/offline/document.ts'
import { priceAt } from '../web/pos/offline/price-at.ts'
import { readCode } from '../web/pos/offline/read-code.ts'
import { tryOf } from '../web/pos/offline/tries.ts'
import { foldedWords, rankOf, searchText } from '../web/pos/offline/words.ts'

const RULES: Rules = {
  currency: { code: 'EUR', digits: 2 },
  ...{ prices_include_tax: true, tax_rounding: 'per_rate_group' },
}
const FIVE_CENTS = { increment: 5, mode: 'half_up', is_optional: true } as const
const VARIANT = 'var_01J00000000000000000000000'

const line = (unit_price: string, quantity = 1, tax_rate_bp = 2100): OpenLine => ({
  ...{ key: `k${unit_price}`, variant_id: VARIANT, name: 'Jar’s “best”', sku: 'S-1', unit: 'piece', quantity },
  ...{ unit_price, list_price: unit_price, reason: null, tax_code: `NL ${tax_rate_bp}`, tax_rate_bp },
})
const END = { key_id: 'ofk_1', device_id: 'tdv_1', next_sequence: 17, last_hash: 'f'.repeat(64) }
const saleOf = (lines: OpenLine[], tenders: Parameters<typeof documentOf>[0]['tenders']) =>
  documentOf(
    {
      ...{ id: 'ofs_1', register: { id: 'reg_1', name: 'Kassa 12' }, sold_at: '2026-11-27T10:00:00.000Z' },
      ...{
        staff_id: 'stf_1',
        shift_id: 'shf_1',
        customer_id: null,
        catalogue_cursor: 'c',
        lines,
        tenders,
        rules: RULES,
      },
    },
    END,
  )

describe('the document of a sale', () => {
  // Of 25.90 at 21 % the tax is 4.495, of 4.10 at 9 % it is 0.339.
  const lines = [line('12.95', 2), line('4.10', 1, 900)]

  it('holds what was sold, what it comes to and the end of the chain', () => {
    const cash = cashTender({ due: 3000, amount: 3000, tendered: 5000 }, null)
    assert.ok(cash)
    const document = saleOf(lines, [cash])
    assert.deepEqual([document.total, document.tax, document.rounding], [3000, 484, 0])
    assert.deepEqual(
      document.lines.map(({ id, quantity, total, tax }) => [id, quantity, total, tax]),
      [
        ['1', '2', 2590, 450],
        ['2', '1', 410, 34],
      ],
    )
    assert.deepEqual(document.tenders, [{ method: 'cash', amount: 3000, tendered: 5000, change: 2000 }])
    assert.deepEqual(
      [document.sequence, document.previous_hash, document.receipt_code],
      [17, END.last_hash, 'K12-000017'],
    )
  })

  it('is the text that the server’s own canonical JSON makes of it', () => {
    const text = textOf(
      saleOf([line('1.00')], [{ method: 'cash', amount: 100, rounding: 0, tendered: 100, change: 0 }]),
    )
    assert.equal(canonicalJson(parseJson(Buffer.from(text))), text)
  })

  it('is none where less or more was taken than it costs', () => {
    const taken = (amount: number) => () =>
      saleOf([line('1.00')], [{ method: 'cash', amount, rounding: 0, tendered: amount, change: 0 }])
    assert.throws(taken(99), RangeError)
    assert.throws(taken(101), RangeError)
  })

  it('adds up for any basket: lines to the total, taxes to the tax, cash in the drawer to what was due', () => {
    const price = fc.integer({ min: 1, max: 99_999 }).map((cents) => (cents / 100).toFixed(2))
    const some = fc.tuple(price, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 900, 2100))
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 12 }), fc.nat(5_000), (baskets, more) => {
        const lines = baskets.map(([unit, quantity, rate]) => line(unit, quantity, rate))
        const { total } = sumsOf(lines, RULES)
        const tender = cashTender({ due: total, amount: total, tendered: total + 5 + more }, FIVE_CENTS)
        assert.ok(tender)
        const document = saleOf(lines, [tender])
        const sum = (of: (each: (typeof document.lines)[number]) => number) =>
          document.lines.reduce((so, each) => so + of(each), 0)
        assert.equal(
          sum((each) => each.total),
          document.total,
        )
        assert.equal(
          sum((each) => each.tax),
          document.tax,
        )
        const [{ tendered = 0, change = 0 } = {}] = document.tenders
        assert.equal(tendered - change, document.total + document.rounding)
        assert.equal((document.total + document.rounding) % 5, 0)
      }),
    )
  })
})

describe('cash without the server', () => {
  it('is rounded to coins there are where it closes the sale, and only there', () => {
    const closing = { method: 'cash', amount: 1002, rounding: -2, tendered: 2000, change: 1000 }
    assert.deepEqual(cashTender({ due: 1002, amount: 1002, tendered: 2000 }, FIVE_CENTS), closing)
    const part = { method: 'cash', amount: 501, rounding: 0, tendered: 501, change: 0 }
    assert.deepEqual(cashTender({ due: 1002, amount: 501, tendered: 501 }, FIVE_CENTS), part)
  })
  it('is none where less is handed over than is due in coins', () => {
    assert.equal(cashTender({ due: 1003, amount: 1003, tendered: 1004 }, FIVE_CENTS), null)
    assert.ok(cashTender({ due: 1002, amount: 1002, tendered: 1000 }, FIVE_CENTS))
  })
})

describe('how far a till goes alone', () => {
  const caps = { per_sale: 50_000, per_device: 100_000, max_age_h: 24, max_documents: 3 }
  const now = Date.parse('2026-11-27T12:00:00Z')
  const hoursAgo = (hours: number) => now - hours * 3_600_000
  for (const [title, total, waiting, fault] of [
    ['a sale at the limit is made', 50_000, { count: 2, total: 50_000, oldest: hoursAgo(24) }, null],
    ['a larger one is not', 50_001, { count: 0, total: 0, oldest: null }, { code: 'cap-sale', most: 50_000 }],
    [
      'nor one that makes all too much',
      1,
      { count: 2, total: 100_000, oldest: now },
      { code: 'cap-device', most: 100_000 },
    ],
    [
      'nor one after the oldest is too old',
      1,
      { count: 1, total: 1, oldest: hoursAgo(24) - 1 },
      { code: 'cap-age', most: 24 },
    ],
    ['nor one too many', 1, { count: 3, total: 3, oldest: now }, { code: 'cap-documents', most: 3 }],
  ] as const) {
    it(title, () => assert.deepEqual(capFault(caps, total, waiting, now), fault))
  }
  it('without limits there is none', () => {
    const none = { per_sale: null, per_device: null, max_age_h: null, max_documents: null }
    assert.equal(capFault(none, 9_999_999, { count: 99, total: 1, oldest: 0 }, now), null)
  })
})

test('an id that is made on the device has the form of all ids, and later ones sort later', () => {
  const random = new Uint8Array(16).fill(255)
  const first = offlineId(Date.parse('2026-11-27T12:00:00Z'), random)
  assert.ok(isId('ofs' as Parameters<typeof isId>[0], first))
  assert.ok(first < offlineId(Date.parse('2026-11-27T12:00:00.001Z'), new Uint8Array(16)))
})

test('a receipt without a number is called by its register and its place in the chain', () => {
  const names = ['Register 1', 'Kassa Å 12', '2', '—', 'Wielka kasa przy wejściu głównym numer 7']
  assert.deepEqual(
    names.map((name) => receiptCode(name, 5)),
    ['R1-000005', 'KA12-000005', '2-000005', 'T-000005', 'WKPWGN-000005'],
  )
})

test('a price that was planned begins at its moment', () => {
  const changes = [
    { at: '2026-11-27T10:00:00Z', price: '9.95' },
    { at: '2026-11-28T10:00:00Z', price: null },
  ]
  const at = (time: string) => priceAt({ price: '12.95', price_changes: changes }, Date.parse(time))
  assert.deepEqual(['2026-11-27T09:59:59.999Z', '2026-11-27T10:00:00Z', '2026-11-28T10:00:00Z'].map(at), [
    '12.95',
    '9.95',
    null,
  ])
})

describe('a code that is read without the server', () => {
  const articles: Record<string, { unit: string; price: string | null }> = {
    soap: { unit: 'piece', price: '7.50' },
    honey: { unit: 'gram', price: '0.0129' },
  }
  const barcodes: Record<string, { variantId: string; quantity: number }> = {
    '04006381333931': { variantId: 'soap', quantity: 1 },
    '14006381333938': { variantId: 'soap', quantity: 12 },
    '123456': { variantId: 'honey', quantity: 1 },
  }
  const index = {
    barcode: (key: string) => barcodes[key],
    sku: (sku: string) => (sku === 'KP-SOAP' ? 'soap' : undefined),
    article: (variantId: string) => articles[variantId] && { variantId, ...articles[variantId] },
  }
  const rule = (prefix: string, kind: 'price' | 'weight', decimals: number) => ({
    ...{ prefix, kind, decimals, item_digits: 6, value_digits: 4, has_inner_check: false },
  })
  const label = (digits: string) => `${digits}${checkDigit(digits)}`
  const rules = [rule('20', 'price', 2), rule('23', 'weight', 3)]
  const read = (code: string) => readCode(code, index, { rules, digits: 2, at: new Date('2026-11-27T10:00:00Z') })
  for (const [title, code, expected] of [
    ['a barcode', '4006381333931', { variantId: 'soap', quantity: 1, unitPrice: null }],
    ['a box of twelve', '14006381333938', { variantId: 'soap', quantity: 12, unitPrice: null }],
    ['an article number', 'KP-SOAP', { variantId: 'soap', quantity: 1, unitPrice: null }],
    ['GS1 with a count', '(01)04006381333931(30)3', { variantId: 'soap', quantity: 3, unitPrice: null }],
    // 6.45 at 0.0129 a gram is 500 g.
    ['a label with a price', label('201234560645'), { variantId: 'honey', quantity: 500, unitPrice: '0.0129' }],
    ['a label with a weight', label('231234560250'), { variantId: 'honey', quantity: 250, unitPrice: null }],
    ['a label that says nothing', label('201234560000'), 'empty'],
    ['a stranger', '5901234123457', null],
  ] as const) {
    it(title, () => assert.deepEqual(read(code), expected))
  }
})

describe('articles by words', () => {
  const hay = searchText(['Łyżka Été', 'Kitchen', 'KP-1'])
  for (const [words, rank] of [
    ['lyzka', 0],
    ['kit', 1],
    ['ETE kp-1', 1],
    ['chen', 2],
    ['lyzka spoon', null],
  ] as const) {
    it(`"${words}" is found at ${rank}`, () => assert.equal(rankOf(hay, foldedWords(words)), rank))
  }
})

test('after five wrong PINs each try waits, longer and longer, and an hour at most', () => {
  let state = { tries: 0, wait_until: 0 }
  const waits: number[] = []
  let now = 1_000
  for (let i = 0; i < 14; i++) {
    const next = tryOf(state, now)
    assert.ok('tries' in next)
    state = next
    waits.push(next.wait_until === 0 ? 0 : next.wait_until - now)
    now = Math.max(now, next.wait_until)
  }
  const minutes = waits.map((ms) => ms / 60_000)
  assert.deepEqual(minutes, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  assert.deepEqual(tryOf({ tries: 5, wait_until: 61_000 }, 1_000), { waitMs: 60_000 })
})
