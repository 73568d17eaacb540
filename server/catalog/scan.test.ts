import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import { barcodeFault, barcodeKey, checkDigit, formOf, upcA } from './barcode.ts'
import { innerCheckDigit, readEmbedded, ruleFault, rulesOfCountry } from './embedded.ts'
import { type Gs1Elements, parseGs1 } from './gs1.ts'
import { createCatalogCache, routes } from './index.ts'

const TODAY = new Date('2026-11-22T09:00:00Z')
const GS = '\x1d'

describe('a barcode', () => {
  for (const [code, form, key] of [
    ['5901234123457', 'ean13', '05901234123457'],
    ['96385074', 'ean8', '00000096385074'],
    ['012345678905', 'upca', '00012345678905'],
    ['0012345678905', 'ean13', '00012345678905'],
    ['15901234123454', 'gtin14', '15901234123454'],
    ['5901234123458', 'other', '5901234123458'],
    ['ACME-0042', 'other', 'ACME-0042'],
  ] as const) {
    it(`${code} is ${form}, compared as ${key}`, () => assert.deepEqual([formOf(code), barcodeKey(code)], [form, key]))
  }
  it('with a form must have its length and check digit', () => {
    assert.equal(barcodeFault('5901234123457', 'ean13'), undefined)
    assert.equal(barcodeFault('5901234123458', 'ean13'), 'The check digit is wrong: it must be 7.')
    assert.equal(barcodeFault('590123412345', 'ean13'), 'Must be 13 digits.')
    assert.equal(barcodeFault('anything', 'other'), undefined)
  })
  // The last digit of the six decides how they are spread.
  for (const [upcE, whole] of [
    ['04252614', '042100005264'],
    ['01234531', '012300000451'],
    ['01234543', '012340000053'],
    ['01234565', '012345000065'],
  ] as const) {
    it(`UPC-E ${upcE} is UPC-A ${whole}`, () => assert.equal(upcA(upcE), whole))
  }
  it('that is no UPC-E is none', () => {
    assert.equal(upcA('01234566'), undefined)
    assert.equal(upcA('21234565'), undefined)
  })
})

describe('a GS1 element string', () => {
  const gtin = '09501101530003'
  const cases: [string, string, Gs1Elements | undefined][] = [
    ['with a GTIN', `01${gtin}`, { gtin }],
    ['with parentheses', `(01)${gtin}(17)261231(10)AB-12`, { gtin, expires_on: '2026-12-31', lot: 'AB-12' }],
    [
      'with FNC1 behind what has no fixed length',
      `01${gtin}10AB-12${GS}21S1${GS}17261231`,
      { gtin, lot: 'AB-12', serial: 'S1', expires_on: '2026-12-31' },
    ],
    ['with FNC1 first and behind a fixed length', `${GS}01${gtin}${GS}10X`, { gtin, lot: 'X' }],
    ['with a parenthesis inside a field', `(10)A(B)(21)7`, { lot: 'A(B)', serial: '7' }],
    ['with a weight of 1.250 kg', `01${gtin}3103001250`, { gtin, measure: { unit: 'gram', quantity: 1250n } }],
    ['with a weight of 12.5 kg', `01${gtin}3101000125`, { gtin, measure: { unit: 'gram', quantity: 12_500n } }],
    ['with a weight of 2.00 lb', `01${gtin}3202000200`, { gtin, measure: { unit: 'gram', quantity: 907n } }],
    ['with a length of 1.50 m', `01${gtin}3112000150`, { gtin, measure: { unit: 'centimetre', quantity: 150n } }],
    ['with 0.75 litres', `01${gtin}3152000075`, { gtin, measure: { unit: 'millilitre', quantity: 750n } }],
    ['with a gross weight, which is not for tills', `01${gtin}3302000150`, { gtin }],
    [
      'with an amount',
      `01${gtin}3922001299`,
      { gtin, amount: { digits: '001299', decimals: 2, currencyNumber: null } },
    ],
    [
      'with an amount and its currency',
      `01${gtin}3932978001299`,
      { gtin, amount: { digits: '001299', decimals: 2, currencyNumber: '978' } },
    ],
    ['with a count', `02${gtin}3712`, { gtin, count: 12n }],
    ['with the last day of a month', `(17)270200`, { expires_on: '2027-02-28' }],
    ['with AIs of three and four digits to pass over', `01${gtin}240X1${GS}8005000199`, { gtin }],
    ['with a date of the last century', `(17)991231`, { expires_on: '1999-12-31' }],
    ['with a wrong check digit is none', `0109501101530004`, undefined],
    ['that breaks off is none', `01${gtin.slice(0, 10)}`, undefined],
    ['with a day that does not exist is none', `(17)260230`, undefined],
    ['with a lot that is too long is none', `(10)${'A'.repeat(21)}`, undefined],
    ['with an empty field is none', '(10)(21)1', undefined],
    ['that is a word is none', 'hello', undefined],
    ['that never ends is none', '(10)'.repeat(2000), undefined],
  ]
  for (const [title, text, elements] of cases) {
    it(title, () => assert.deepEqual(parseGs1(text, TODAY), elements))
  }
})

describe('a code with a price or weight in it', () => {
  it('has GS1’s inner check digit', () => {
    // The examples of the General Specifications, 7.9.3 and 7.9.4.
    assert.equal(innerCheckDigit('2875'), 9)
    assert.equal(innerCheckDigit('14685'), 6)
  })
  it('is read by the longest prefix that fits', () => {
    const rules = [
      { prefix: '2', kind: 'weight', item_digits: 6, value_digits: 5, decimals: 3, has_inner_check: false } as const,
      { prefix: '28', kind: 'price', item_digits: 4, value_digits: 5, decimals: 2, has_inner_check: true } as const,
    ]
    const code = `281234${innerCheckDigit('14685')}14685`
    assert.deepEqual(readEmbedded(code + checkDigit(code), rules), {
      kind: 'price',
      digits: '14685',
      decimals: 2,
      codes: ['281234', '1234'],
    })
    const wrong = `2812340${'14685'}`
    assert.equal(readEmbedded(wrong + checkDigit(wrong), rules), undefined, 'with a wrong inner digit')
    assert.equal(readEmbedded(`${code}${(checkDigit(code) + 1) % 10}`, rules), undefined, 'with a wrong check digit')
  })
  it('is as Sweden prescribes it', () => {
    const code = '201234560149'
    assert.deepEqual(readEmbedded(code + checkDigit(code), rulesOfCountry('SE')), {
      kind: 'price',
      digits: '0149',
      decimals: 2,
      codes: ['20123456', '123456'],
    })
    assert.deepEqual(
      rulesOfCountry('SE').map(({ prefix, kind, decimals }) => [prefix, kind, decimals]),
      [
        ['20', 'price', 2],
        ['21', 'price', 1],
        ['22', 'price', 0],
        ['23', 'weight', 3],
        ['24', 'weight', 2],
        ['25', 'weight', 1],
      ],
    )
  })
  it('has a rule that makes 13 digits', () => {
    assert.match(
      ruleFault({ prefix: '28', kind: 'price', item_digits: 5, value_digits: 5, decimals: 2, has_inner_check: true }) ??
        '',
      /these make 14/,
    )
    assert.match(
      ruleFault({ prefix: '2', kind: 'price', item_digits: 4, value_digits: 6, decimals: 2, has_inner_check: true }) ??
        '',
      /4 and 5 digits/,
    )
  })
})

describe('a scan', () => {
  let world: MerchantApp
  let mine: NewMerchantKeys
  let theirs: NewMerchantKeys
  const ids: Record<string, string> = {}
  before(async () => {
    world = await merchantApp((app, { deps, clock, cache }) =>
      routes(app, {
        ...deps,
        clock,
        merchantCache: cache,
        catalogCache: createCatalogCache({ db: deps.db, clock }),
        wakeImports() {},
      }),
    )
    mine = await world.makeMerchant({ country: 'SE', currency: 'SEK' })
    theirs = await world.makeMerchant()
    for (const [name, product] of Object.entries({
      tea: {
        variants: [
          {
            sku: 'TEA-1',
            barcodes: [{ code: '5901234123457' }, { code: '15901234123454', quantity: 6 }],
            prices: [{ currency: 'SEK', unit_price: '49' }],
          },
        ],
      },
      // 129 kr a kilogram.
      cheese: {
        unit: 'gram',
        variants: [
          { sku: '123456', barcodes: [{ code: '09501101530003' }], prices: [{ currency: 'SEK', unit_price: '0.129' }] },
        ],
      },
      cola: { variants: [{ barcodes: [{ code: '042100005264' }] }] },
      secret: { state: 'draft', variants: [{ sku: 'SECRET' }] },
    })) {
      const answer = await world.call(mine.secret_key, 'POST', '/v1/products', { name, ...product })
      assert.equal(answer.status, 201, answer.text)
      ids[name] = (answer.body['variants'] as { id: string }[])[0]?.id as string
    }
  })
  after(() => world.close())

  const scan = (code: string, key = mine.secret_key) =>
    world.call(key, 'GET', `/v1/catalog/scan?code=${encodeURIComponent(code)}`)
  const withCheck = (digits: string) => digits + checkDigit(digits)

  const found: [string, string, string, string, number, string | null][] = [
    ['an EAN-13', '5901234123457', 'tea', 'barcode', 1, null],
    ['an EAN-13 with its symbology in front', ']E05901234123457', 'tea', 'barcode', 1, null],
    ['the GTIN-14 of a box', '15901234123454', 'tea', 'barcode', 6, null],
    ['a UPC-E', '04252614', 'cola', 'barcode', 1, null],
    ['a SKU', 'TEA-1', 'tea', 'sku', 1, null],
    ['GS1 with a box and a count', `]C10115901234123454${'303'}`, 'tea', 'gs1', 18, null],
    ['GS1 with a weight', '(01)09501101530003(3103)000336', 'cheese', 'gs1', 336, null],
    // 43.34 kr for 336 g: 4334 öre / 336 = 12.8988 öre a gram.
    ['GS1 with a weight and an amount', '(01)09501101530003(3103)000336(3922)004334', 'cheese', 'gs1', 336, '0.128988'],
    ['GS1 in a currency of elsewhere', '(01)09501101530003(3103)000336(3932)978000399', 'cheese', 'gs1', 336, null],
    ['a Swedish weight', withCheck('231234560336'), 'cheese', 'embedded', 336, null],
    // 43.34 kr at 0.129 a gram is 335.97 g.
    ['a Swedish price', withCheck('201234564334'), 'cheese', 'embedded', 336, '0.128988'],
  ]
  for (const [title, code, name, found_by, quantity, unit_price] of found) {
    it(`of ${title} finds the article`, async () => {
      const { status, body, text } = await scan(code)
      assert.equal(status, 200, text)
      assert.deepEqual(
        [(body['variant'] as { id: string }).id, body['found_by'], body['quantity'], body['unit_price']],
        [ids[name], found_by, quantity, unit_price],
      )
    })
  }

  const empty: [string, string][] = [
    ['a price of 0000', withCheck('201234560000')],
    ['a weight of 0000', withCheck('231234560000')],
    ['a weight of 0 in GS1', '(01)09501101530003(3103)000000'],
    ['an amount of 0 in GS1, and no weight', '(01)09501101530003(3922)000000'],
  ]
  for (const [title, code] of empty) {
    it(`of a label with ${title} is refused instead of sold for nothing`, async () => {
      const { status, body } = await scan(code)
      assert.deepEqual([status, body['code']], [422, 'label-empty'])
    })
  }

  it('of a label with a weight and an amount of 0 takes the weight at the shop’s price', async () => {
    const { status, body } = await scan('(01)09501101530003(3103)000336(3922)000000')
    assert.deepEqual([status, body['quantity'], body['unit_price']], [200, 336, null])
  })

  it('tells lot, serial number and last day', async () => {
    const { body } = await scan(`01159012341234541726123110L-7${GS}21S9`)
    assert.deepEqual(
      [body['gtin'], body['lot'], body['serial'], body['expires_on']],
      ['15901234123454', 'L-7', 'S9', '2026-12-31'],
    )
  })

  it('of what nobody has, or another merchant has, or the public may not see, is 404', async () => {
    for (const answer of [
      await scan('4006381333931'),
      await scan('5901234123457', theirs.secret_key),
      await scan('SECRET', mine.publishable_key),
      await scan(withCheck('231234560336'), theirs.secret_key),
    ])
      assert.equal(answer.status, 404)
    assert.equal((await scan('SECRET')).status, 200)
  })

  it('follows the merchant’s own rules before the country’s', async () => {
    const rule = { prefix: '29', kind: 'weight', item_digits: 6, value_digits: 4, decimals: 2, has_inner_check: false }
    const put = (data: unknown[]) => world.call(mine.secret_key, 'PUT', '/v1/catalog/barcode_rules', { data })
    assert.equal((await put([rule, rule])).status, 422)
    assert.equal((await put([rule])).status, 200)
    assert.equal((await scan(withCheck('291234560034'))).body['quantity'], 340)
    assert.equal((await scan(withCheck('231234560336'))).status, 404)
    assert.equal((await put([])).body.data.length, 6)
  })
})
