import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Column, exactMajor, type Row, readRow, rowAmount } from './row.ts'

const GOOD: Record<Column, string> = {
  InvoiceNo: '536365',
  StockCode: '85123A',
  Description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  Quantity: '6',
  InvoiceDate: '2010-12-01 08:26:00',
  UnitPrice: '2.55',
  CustomerID: '17850.0',
  Country: 'United Kingdom',
}
const read = (cells: Partial<Record<Column, string>>): Row | string =>
  readRow((column) => ({ ...GOOD, ...cells })[column])
const readGood = (cells: Partial<Record<Column, string>>): Row => {
  const row = read(cells)
  if (typeof row === 'string') assert.fail(row)
  return row
}

describe('a row of a transaction file', () => {
  it('is read exactly: 6 × 2.55 is 15.30', () => {
    assert.deepEqual(readGood({}), {
      invoice: '536365',
      kind: 'sale',
      article: '85123A',
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity: 6,
      price: 2_550_000_000n,
      amount: 1_530n,
      at: '2010-12-01 08:26:00',
      customer: '17850',
      country: 'United Kingdom',
    })
  })

  it('goes without a description that no article may have, and is not read where its numbers could not be kept', () => {
    assert.equal(readGood({ Description: 'RED\u0007 \u202eMUG' }).description, 'RED MUG')
    assert.equal(readGood({ Description: '4242424242424242' }).description, '')
    for (const column of ['InvoiceNo', 'StockCode', 'CustomerID'] as const) {
      assert.equal(read({ [column]: '4242424242424242' }), `${column} looks like a card number`)
      assert.equal(read({ [column]: '1\u00072' }), `${column} holds characters that cannot be printed`)
    }
  })

  for (const [quantity, price, amount] of [
    ['1', '0.085', 9n], // 8.5 pence
    ['-1', '0.085', -9n],
    ['3', '0.001', 0n], // 0.3 pence
    ['5', '0.001', 1n], // 0.5 pence
    ['80995', '2.08', 16_846_960n],
    ['-80995', '2.08', -16_846_960n],
    ['1', '-11062.06', -1_106_206n],
    ['1', '8142.75', 814_275n],
    ['7', '1.005', 704n], // 703.5 pence; a float makes 703.4999…
  ] as const) {
    it(`rounds ${quantity} × ${price} half away from zero to ${amount} pence`, () => {
      assert.equal(readGood({ Quantity: quantity, UnitPrice: price }).amount, amount)
    })
  }

  it('gives a return exactly the negative of its sale, for every quantity and price', () => {
    const price = fc.bigInt({ min: 0n, max: 10n ** 13n })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 100_000 }),
        price,
        (quantity, unit) => rowAmount(-quantity, unit) === -rowAmount(quantity, unit),
      ),
    )
  })

  it('is never more than half a penny off what it is worth, for every quantity and price', () => {
    const price = fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n })
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 100_000 }), price, (quantity, unit) => {
        const off = 10n ** 7n * rowAmount(quantity, unit) - BigInt(quantity) * unit
        return 2n * (off < 0n ? -off : off) <= 10n ** 7n
      }),
    )
  })

  for (const [invoice, kind] of [
    ['536365', 'sale'],
    ['C536379', 'cancellation'],
    ['c536379', 'cancellation'],
    ['A563185', 'adjustment'],
    ['TEST-1', 'unknown'],
  ] as const) {
    it(`takes invoice ${invoice} for ${kind}`, () => assert.equal(readGood({ InvoiceNo: invoice }).kind, kind))
  }

  for (const [customer, known] of [
    ['17850.0', '17850'],
    ['17850', '17850'],
    ['', ''],
    ['nan', ''],
  ] as const) {
    it(`reads customer "${customer}" as "${known}"`, () =>
      assert.equal(readGood({ CustomerID: customer }).customer, known))
  }

  for (const date of [
    '2010-12-01 08:26:00',
    '2010-12-01 08:26',
    '2010-12-01T08:26:00',
    '12/1/2010 8:26',
    '12/01/2010 08:26:00',
  ]) {
    it(`reads the date ${date}`, () => assert.equal(readGood({ InvoiceDate: date }).at, '2010-12-01 08:26:00'))
  }

  for (const article of ['POST', 'BANK CHARGES', 'AMAZONFEE', 'gift_0001_40', 'm', 'D', 'CRUK']) {
    it(`takes ${article} for an article like any other`, () =>
      assert.equal(readGood({ StockCode: article }).article, article.toUpperCase()))
  }

  for (const [cells, reason] of [
    [{ InvoiceNo: ' ' }, 'InvoiceNo is missing or too long'],
    [{ StockCode: '' }, 'StockCode is missing or too long'],
    [{ Quantity: '1.5' }, 'Quantity "1.5" is not a whole number'],
    [{ Quantity: 'six' }, 'Quantity "six" is not a whole number'],
    [{ UnitPrice: '£2' }, 'UnitPrice "£2" is not a decimal number'],
    [{ UnitPrice: '2,55' }, 'UnitPrice "2,55" is not a decimal number'],
    [{ UnitPrice: '' }, 'UnitPrice "" is not a decimal number'],
    [{ InvoiceDate: '2010-02-30 08:26:00' }, 'InvoiceDate "2010-02-30 08:26:00" is not a date and time'],
    [{ InvoiceDate: '13/1/2010 8:26' }, 'InvoiceDate "13/1/2010 8:26" is not a date and time'],
    [{ Quantity: '999999999', UnitPrice: '999999999' }, 'Quantity × UnitPrice is more than can be paid'],
  ] as const) {
    it(`is refused when ${reason}`, () => assert.equal(read(cells), reason))
  }
})

describe('an exact sum', () => {
  for (const [billionths, text] of [
    [12_345_000_000n, '12.345'],
    [-500_000_000n, '-0.50'],
    [0n, '0.00'],
    [1n, '0.000000001'],
  ] as const) {
    it(`of ${billionths} billionths is shown as ${text}`, () => assert.equal(exactMajor(billionths), text))
  }
})
