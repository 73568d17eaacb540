import assert from 'node:assert/strict'
import { after, before, describe, it, test } from 'node:test'
import fc from 'fast-check'
import { type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import { cellIn, cellOut, listIn, listOut } from './csv.ts'
import { type CatalogDeps, createCatalogCache, routes, runImports } from './index.ts'

describe('a cell', () => {
  for (const [text, cell] of [
    ['plain', 'plain'],
    ["=cmd|' /C calc'!A0", `"'=cmd|' /C calc'!A0"`],
    ['+1', `"'+1"`],
    ['-2', `"'-2"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\tTAB', `"'\tTAB"`],
    ["'=1", `"''=1"`],
    ['say "hi", twice', '"say ""hi"", twice"'],
    ['two\nlines', '"two\nlines"'],
    ['-', `"'-"`],
  ] as const) {
    it(`of ${JSON.stringify(text)} is harmless and read back`, () => {
      assert.equal(cellOut(text), cell)
      const unquoted = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
      assert.equal(cellIn(unquoted), text)
      assert.doesNotMatch(unquoted, /^[=+\-@\t\r]/)
    })
  }

  test('that holds a list is read back as it was, whatever is in it', () => {
    const value = fc.record({
      text: fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom('a', '7', '|', '*', '\\', '-') }),
      times: fc.bigInt({ min: 1n, max: 1_000_000n }),
    })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 5 }), (values) => {
        assert.deepEqual(
          listIn(listOut(values)),
          values.map(({ text, times }) => ({ text, times: Number(times) })),
        )
      }),
    )
    assert.equal(listIn('A*x'), undefined)
    assert.equal(listIn('A*0'), undefined)
  })
})

describe('an import', () => {
  let world: MerchantApp
  let deps: CatalogDeps
  let mine: NewMerchantKeys
  before(async () => {
    world = await merchantApp((app, { deps: base, clock, cache }) => {
      deps = { ...base, clock, merchantCache: cache, catalogCache: createCatalogCache({ db: base.db, clock }) }
      routes(app, { ...deps, wakeImports() {} })
    })
    mine = await world.makeMerchant()
  })
  after(() => world.close())

  type Report = {
    id: string
    state: string
    imported: number
    changed: number
    unchanged: number
    refused: number
    refusals: unknown[]
  }

  async function send(file: string | Buffer, { query = '', type = 'text/csv', key = mine.secret_key } = {}) {
    const answer = await world.app.inject({
      method: 'POST',
      url: `/v1/catalog/imports${query}`,
      headers: { host: '127.0.0.1', authorization: `Bearer ${key}`, 'content-type': type },
      payload: file,
    })
    return {
      status: answer.statusCode,
      body: JSON.parse(answer.body) as Report & { code: string; detail: string; errors: { pointer: string }[] },
    }
  }

  async function carryOut(file: string | Buffer, query = '', key = mine.secret_key): Promise<Report> {
    const sent = await send(file, { query, key })
    assert.equal(sent.status, 202, JSON.stringify(sent.body))
    while ((await runImports(deps)) > 0);
    const { body } = await world.call(key, 'GET', `/v1/catalog/imports/${sent.body.id}`)
    const report = body as unknown as Report
    assert.equal(report.state, 'done')
    return report
  }
  const counts = ({ imported, changed, unchanged, refused }: Report) => [imported, changed, unchanged, refused]
  const variantBySku = async (sku: string) =>
    (await world.call(mine.secret_key, 'GET', `/v1/variants?sku=${encodeURIComponent(sku)}`)).body.data[0] as Record<
      string,
      unknown
    >

  const FILE = `product_reference,product_name,tax_category,categories,sku,option1_name,option1_value,barcodes,cost,price_EUR,price_EUR_from_10,price_SEK
SOCK,Wool sock,standard,clothing|winter,SOCK-S,Size,S,5901234123457,4.20 EUR,14.95,12.95,169
SOCK,Wool sock,standard,clothing|winter,SOCK-L,Size,L,,4.20 EUR,14.95,,169
,Trail map,books,,MAP-1,,,BOX-9*12,,8.5,,
`

  it('adds articles, and the second time changes nothing', async () => {
    assert.deepEqual(counts(await carryOut(FILE)), [3, 0, 0, 0])
    assert.deepEqual(counts(await carryOut(FILE)), [0, 0, 3, 0])
    const sock = await variantBySku('SOCK-S')
    assert.equal(sock['name'], 'Wool sock, S')
    assert.deepEqual(sock['prices'], [
      { currency: 'EUR', min_qty: 1, unit_price: '14.95', tax_included: true },
      { currency: 'EUR', min_qty: 10, unit_price: '12.95', tax_included: true },
      { currency: 'SEK', min_qty: 1, unit_price: '169.00', tax_included: true },
    ])
    const map = await variantBySku('MAP-1')
    assert.deepEqual(map['barcodes'], [{ code: 'BOX-9', form: 'other', quantity: 12 }])
    assert.equal((await variantBySku('SOCK-L'))['product_id'], sock['product_id'])
  })

  it('changes what its columns say and leaves the rest', async () => {
    const report = await carryOut('sku;price_EUR;weight_grams\r\nSOCK-S;13.95;80\r\nSOCK-L;14.95;\r\n')
    assert.deepEqual(counts(report), [0, 1, 1, 0])
    const sock = await variantBySku('SOCK-S')
    assert.equal(sock['weight_grams'], 80)
    assert.deepEqual(
      (sock['prices'] as { unit_price: string }[]).map((price) => price.unit_price),
      ['13.95', '12.95', '169.00'],
    )
    assert.deepEqual(sock['options'], { Size: 'S' })
  })

  it('refuses rows one by one, says why, and carries out the others', async () => {
    const report = await carryOut(
      [
        '\ufeffsku,product_name,price_EUR,barcodes,state,components,is_active',
        'OK-1,First,1.00,,active,,true',
        'BAD-COMMA,Comma,"12,50",,,,',
        'BAD-PRICE,Price,1.23456789,,,,',
        'BAD-STATE,State,1,,sold,,',
        'BAD-CARD,4242 4242 4242 4242,1,,,,',
        'OK-1,Twice,1,,,,',
        'BAD-CODE,Code,1,5901234123457,,,',
        'BAD-KIT,Kit,1,,,NOWHERE*2,',
        'SHORT,Cells',
        ',No key,1,,,,',
        'NO-NAME,,1,,,,',
        'BAD-BOOL,Bool,1,,,,yes',
        'OK-2,=HYPERLINK("x"),1.00,,,,',
        'OK-3,Kit,5,,,OK-1*2|OK-2,',
        "x'; drop table product; --,Bobby,1,,,,",
      ].join('\n'),
    )
    assert.deepEqual(counts(report), [4, 0, 0, 11])
    const said = report.refusals as { row: number; field: string; detail: string }[]
    assert.deepEqual(
      said.map(({ row, field }) => [row, field]),
      [
        [3, 'price_EUR'],
        [4, 'price_EUR'],
        [5, 'state'],
        [6, 'product_name'],
        [7, 'sku'],
        [8, 'barcodes'],
        [9, 'components'],
        [10, 'row'],
        [11, 'sku'],
        [12, 'product_name'],
        [13, 'is_active'],
      ],
    )
    assert.match(said[0]?.detail ?? '', /decimal comma.*decimal=comma/)
    assert.equal(said[4]?.detail, 'Is on row 2 too.')
    assert.ok(!JSON.stringify(report).includes('4242'))
    assert.equal((await variantBySku('OK-2'))['name'], '=HYPERLINK("x")')
    assert.equal(((await variantBySku('OK-3'))['components'] as unknown[]).length, 2)
    const rest = await world.call(
      mine.secret_key,
      'GET',
      `/v1/catalog/imports/${report.id}/refusals?after_row=11&limit=1`,
    )
    assert.deepEqual(
      rest.body.data.map(({ row }) => row),
      [12],
    )
  })

  it('takes decimal commas when it is told', async () => {
    const report = await carryOut('sku;product_name;price_EUR\nDC-1;Comma;12,50\nDC-2;Point;12.50\n', '?decimal=comma')
    assert.deepEqual(counts(report), [1, 0, 0, 1])
    assert.equal(((await variantBySku('DC-1'))['prices'] as { unit_price: string }[])[0]?.unit_price, '12.50')
  })

  it('refuses a product that two rows describe differently, and what cannot change', async () => {
    const report = await carryOut(
      'product_reference,product_name,unit,sku\nTWO,One,piece,TWO-1\nTWO,Other,piece,TWO-2\nSOCK,Wool sock,gram,SOCK-S\nSOCK,Wool sock,gram,MAP-1\n',
    )
    assert.deepEqual(counts(report), [1, 0, 0, 3])
    assert.deepEqual(
      (report.refusals as { field: string }[]).map(({ field }) => field),
      ['product_reference', 'unit', 'product_reference'],
    )
  })

  it('refuses what is no such file, and takes nothing of it', async () => {
    const refused: [string | Buffer, number, string, object?][] = [
      ['', 400, 'malformed-request'],
      ['sku,price_EURO\nA,1\n', 422, 'validation-error'],
      ['sku,sku\nA,A\n', 422, 'validation-error'],
      ['product_name\nA\n', 422, 'validation-error'],
      ['sku,product_name\nA,"open\nB,b\n', 400, 'malformed-request'],
      [Buffer.from('sku\nA\n', 'utf16le'), 400, 'invalid-encoding'],
      [Buffer.from([0x73, 0x6b, 0x75, 0x0a, 0xff]), 400, 'invalid-encoding'],
      ['sku\nA\n', 415, 'unsupported-media-type', { type: 'application/json' }],
      ['sku\nA\n', 415, 'unsupported-media-type', { type: 'text/csv; charset=latin1' }],
    ]
    for (const [file, status, code, options] of refused) {
      const answer = await send(file, options)
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
    }
    assert.deepEqual((await send('sku,price_EURO\nA,1\n')).body.errors[0]?.pointer, '/price_EURO')
  })

  it('of 1,000 articles goes on after a process that died in between', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => `BIG-${n},Big ${n},${n + 1}`)
    const sent = await send(['sku,product_name,price_EUR', ...rows].join('\n'))
    await runImports(deps)
    // Another process, with nothing in memory.
    const other = { ...deps, catalogCache: createCatalogCache({ db: deps.db, clock: deps.clock }) }
    await Promise.all([runImports(other), runImports(deps)])
    while ((await runImports(other)) > 0);
    const { body } = await world.call(mine.secret_key, 'GET', `/v1/catalog/imports/${sent.body.id}`)
    assert.deepEqual(counts(body as unknown as Report), [1000, 0, 0, 0])
    const { rows: left } = await deps.db.query('select 1 from catalog_import_row where import_id = $1', [sent.body.id])
    assert.equal(left.length, 0)
  })

  it('of an export changes nothing, and at another merchant makes the same catalogue', async () => {
    await world.call(mine.secret_key, 'POST', '/v1/products', {
      name: '@strange "name", with\u00a0all',
      description: '=1+1\nsecond line',
      categories: ['a|b', '-c'],
      variants: [
        {
          options: { '=Size': '+M' },
          barcodes: [
            { code: 'A|B*2\\', quantity: 3 },
            { code: '4006381333931', form: 'other' },
          ],
          prices: [
            { currency: 'EUR', unit_price: '0.012999', tax_included: false },
            { currency: 'JPY', unit_price: '100', min_qty: 5 },
          ],
        },
      ],
    })
    const file = (
      await world.app.inject({
        method: 'GET',
        url: '/v1/catalog/exports.csv',
        headers: { host: '127.0.0.1', authorization: `Bearer ${mine.secret_key}` },
      })
    ).body
    const cells = file.split(/\r\n/).flatMap((line) => line.split(','))
    assert.ok(
      cells.every((cell) => !/^"?[=+\-@\t\r]/.test(cell)),
      'no cell is a formula',
    )
    const report = await carryOut(file)
    assert.deepEqual([report.imported, report.changed, report.refused], [0, 0, 0], JSON.stringify(report.refusals))
    assert.ok(report.unchanged > 1000)

    const theirs = await world.makeMerchant()
    const elsewhere = await carryOut(file.replaceAll(/var_[0-9A-Z]{26}/g, ''), '', theirs.secret_key)
    // The article without a SKU cannot be told from others.
    assert.deepEqual(
      [elsewhere.imported, elsewhere.refused],
      [report.unchanged - 1, 1],
      JSON.stringify(elsewhere.refusals),
    )
  })

  it('is another merchant’s to nobody', async () => {
    const theirs = await world.makeMerchant()
    const sent = await send('sku,product_name\nMINE,Mine\n')
    const look = await world.call(theirs.secret_key, 'GET', `/v1/catalog/imports/${sent.body.id}`)
    assert.equal(look.status, 404)
    assert.equal((await send('sku\nA\n', { key: mine.publishable_key })).status, 403)
  })
})
