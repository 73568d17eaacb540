import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { validateXML } from 'xmllint-wasm'
import { counterShop } from '../../test/scenarios/counter-shop.ts'
import { orderShop } from '../../test/scenarios/order-shop.ts'
import { CARDS, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { addressFault, electronicAddress } from './electronic-address.ts'
import type { Party } from './invoice.ts'
import { BUYER, invoiceDesk, LINES, SELLER } from './invoices.fixture.ts'
import { type Rules, readRules } from './schematron.fixture.ts'

const DATA = join(import.meta.dirname, '../../../shared/data/accounting')
const skip = existsSync(DATA) ? false : 'skipped: ../shared/data/accounting is not here'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
  await desk.settings()
})
after(() => shop.close())

async function ubl(id: string): Promise<string> {
  const { status, text, headers } = await shop.api.get(`/v1/invoices/${id}/ubl`)
  assert.equal(status, 200, text)
  assert.match(headers['content-type'] ?? '', /^application\/xml/)
  return text
}

test('names are text in the XML, whatever they contain', async () => {
  const name = `]]><!DOCTYPE x SYSTEM "file:///etc/passwd"> & <b a='"'>`
  const xml = await ubl((await desk.issued({ buyer: { ...BUYER, name } })).id)
  assert.ok(xml.includes(`]]&gt;&lt;!DOCTYPE x SYSTEM "file:///etc/passwd"&gt; &amp; &lt;b a='"'&gt;`))
  assert.equal(/<!DOCTYPE|<b /.test(xml), false)
})

test('an electronic address must be one of the list', async () => {
  const seller = { peppol: { scheme: '0208', id: '0123456789' } }
  const { status, text } = await shop.api.call('PUT', '/v1/invoice_settings', { seller: { ...SELLER, ...seller } })
  assert.equal(status, 422)
  assert.ok(text.includes('/seller/peppol'), text)
  const buyer = { ...BUYER, peppol: { scheme: '1234', id: 'x' } }
  const draft = await desk.post('/v1/invoices', { currency: 'EUR', lines: LINES, buyer })
  assert.equal(draft.status, 422)
  assert.deepEqual(
    draft.body.errors?.map(({ pointer }) => pointer),
    ['/buyer/peppol'],
  )
})

const ADDRESSES: [string, Partial<Party>, string | null][] = [
  ['NL', { company_id: '12 34 56 78' }, '0106 12345678'],
  ['NL', { vat_id: 'NL123456789B01' }, '9944 NL123456789B01'],
  ['SE', { company_id: '556036-0793' }, '0007 5560360793'],
  ['SE', { company_id: '556036-0794' }, null],
  ['SE', { vat_id: 'SE556036079301' }, '0007 5560360793'],
  ['BE', { vat_id: 'BE0403170701' }, '0208 0403170701'],
  ['FR', { company_id: '552 100 554' }, '0225 552100554'],
  ['FR', { company_id: '552 100 554 00025' }, '0009 55210055400025'],
  ['FR', { vat_id: 'FR83552100554' }, '0225 552100554'],
  ['DE', { company_id: 'HRB 12345', vat_id: 'DE123456789' }, '9930 DE123456789'],
  ['PL', { vat_id: 'PL5260250274' }, '9945 PL5260250274'],
  ['US', { company_id: '12345678', email: 'a@example.com' }, null],
  ['PL', { vat_id: 'PL5260250274', peppol: { scheme: '0088', id: '5790000436101' } }, '0088 5790000436101'],
]
for (const [country, more, expected] of ADDRESSES)
  test(`the electronic address of ${country} ${JSON.stringify(more)} is ${expected}`, () => {
    const address = electronicAddress({ name: 'A', address: { line1: '1', city: 'B', country }, ...more })
    assert.equal(address && `${address.scheme} ${address.id}`, expected)
    if (address) assert.equal(addressFault(address), null)
  })

test('a draft has no XML, nor has what the network cannot address', async () => {
  assert.equal((await shop.api.get(`/v1/invoices/${(await desk.draft()).id}/ubl`)).status, 409)
  const { id } = await desk.issued({ buyer: { ...BUYER, vat_id: undefined } })
  const { status, text } = await shop.api.get(`/v1/invoices/${id}/ubl`)
  assert.equal(status, 422)
  assert.ok(text.includes('/buyer/peppol'))
})

describe('against what is published', { skip }, () => {
  let peppol: Rules
  let norm: Rules
  let schemas: { fileName: string; contents: string }[]
  before(() => {
    if (skip) return
    schemas = globSync('ubl/xsd/common/*.xsd', { cwd: DATA }).map((path) => ({
      fileName: path.slice(path.lastIndexOf('/') + 1),
      contents: readFileSync(join(DATA, path), 'utf8'),
    }))
    const read = (path: string) => readRules(readFileSync(join(DATA, 'en16931', path), 'utf8'))
    norm = read('EN16931-UBL-validation-preprocessed.sch')
    peppol = read('peppol-sch/PEPPOL-EN16931-UBL.sch')
  })

  async function mustBeValid(xml: string, name: 'Invoice' | 'CreditNote'): Promise<void> {
    // The reader has one folder for all files.
    const contents = readFileSync(join(DATA, `ubl/xsd/maindoc/UBL-${name}-2.1.xsd`), 'utf8').replaceAll(
      '../common/',
      '',
    )
    const { valid, errors } = await validateXML({
      xml: [{ fileName: 'document.xml', contents: xml }],
      schema: [{ fileName: 'main.xsd', contents }],
      preload: schemas,
    })
    assert.ok(valid, errors.map(({ message }) => message).join('\n'))
    for (const rules of [norm, peppol]) {
      const { asked, broken } = rules.check(xml)
      assert.ok(asked > 30, `${asked} asserts were asked`)
      assert.deepEqual(broken, [])
    }
  }

  test('an invoice with two rates, hours and a discount, and its credit note, are valid', async () => {
    const invoice = await desk.issued({ buyer_reference: 'PO-7', note: 'Dank u', terms: 'Betaling binnen 30 dagen' })
    await mustBeValid(await ubl(invoice.id), 'Invoice')
    const note = await desk.credit(invoice.id, {
      lines: [
        { no: 1, quantity: '1' },
        { no: 2, quantity: '0.333' },
      ],
    })
    await mustBeValid(await ubl(note.id), 'CreditNote')
  })

  test('prices with VAT in them are valid, and so are lines that bear none', async () => {
    const lines = [
      { name: 'Kaas', unit_price: '9.99', quantity: '3', vat_rate_bp: 900 },
      { name: 'Cursus', unit_price: '100.00', vat_rate_bp: 0, vat_category: 'exempt', vat_reason: 'Onderwijs' },
      { name: 'Postzegels', unit_price: '1.14', vat_rate_bp: 0, vat_category: 'zero' },
    ]
    await mustBeValid(await ubl((await desk.issued({ prices_include_tax: true, lines })).id), 'Invoice')
  })

  test('what a law of the country of the seller wants is there', async () => {
    const place = { line1: 'Gatan 1', postal_code: '11122', city: 'Staden' }
    const sellers = [
      {
        address: { ...place, country: 'SE' },
        vat_id: 'SE556036079301',
        company_id: '556036-0793',
        bankgiro: '5050-1055',
      },
      { address: { ...place, country: 'PL' }, vat_id: 'PL5260250274', company_id: '0000012345' },
      { address: { ...place, country: 'FR' }, vat_id: 'FR83552100554', company_id: '552100554' },
      { address: { ...place, country: 'BE' }, vat_id: 'BE0403170701', company_id: '0403.170.701' },
      { address: { ...place, country: 'DE' }, vat_id: 'DE123456789', company_id: 'HRB 12345' },
    ]
    try {
      for (const seller of sellers) {
        await desk.settings({}, seller)
        const isSwedish = seller.address.country === 'SE'
        const buyer = { ...BUYER, address: seller.address, vat_id: seller.vat_id, company_id: seller.company_id }
        const lines = [{ name: 'Krus', unit_price: '10.00', quantity: '2.5', vat_rate_bp: isSwedish ? 2500 : 2000 }]
        const xml = await ubl((await desk.issued({ buyer, lines, currency: isSwedish ? 'SEK' : 'EUR' })).id)
        await mustBeValid(xml, 'Invoice')
      }
    } finally {
      await desk.settings()
    }
  })

  test('cash that was rounded to coins is valid, down and up, and leaves nothing to pay', async () => {
    const basket = orderShop(shop)
    await basket.sells('kaars', '10.02')
    const { inCash } = counterShop(shop)
    for (const [quantity, paid, rounding] of [
      [1, '10.00', '-0.02'],
      [4, '40.10', '0.02'],
    ] as const) {
      const order = await basket.order({ kaars: quantity })
      const cash = {
        amount: order.total,
        currency: 'EUR',
        channel: 'pos' as const,
        order_id: order.id,
        tender: inCash(),
      }
      assert.equal((await shop.api.pay(cash)).body.status, 'captured')
      const { id } = await desk.issued({ order_id: order.id, currency: undefined, lines: undefined, buyer: BUYER })
      const xml = await ubl(id)
      await mustBeValid(xml, 'Invoice')
      const said = ['Prepaid', 'PayableRounding', 'Payable'].map(
        (name) => new RegExp(`<cbc:${name}Amount currencyID="EUR">([^<]*)<`).exec(xml)?.[1],
      )
      assert.deepEqual(said, [paid, rounding, '0.00'])
    }
  })

  test('an order with a discount is valid, paid in part too, and what is left is what is due', async () => {
    const basket = orderShop(shop)
    await basket.sells('beker', '12.45')
    const offer = { name: 'kermis', rule: { kind: 'percent_off', percent_bp: 1500, applies_to: 'order' } }
    const made = await shop.api.call('POST', '/v1/promotions', offer)
    assert.equal(made.status, 201, made.text)
    const order = await basket.order({ beker: 3 })
    assert.ok(order.discount > 0)
    const bill = { order_id: order.id, currency: undefined, lines: undefined, buyer: BUYER }
    const { id, total } = await desk.issued(bill)
    const tender = { method: 'card', token: await shop.api.token(CARDS.approved), amount: 1_000 }
    await shop.api.pay({ amount: total, currency: 'EUR', channel: 'web', order_id: order.id, tender })
    const xml = await ubl(id)
    await mustBeValid(xml, 'Invoice')
    assert.match(xml, /<cac:AllowanceCharge>/)
    assert.match(xml, /<cbc:PrepaidAmount currencyID="EUR">10\.00</)
    assert.ok(xml.includes(`<cbc:PayableAmount currencyID="EUR">${((total - 1_000) / 100).toFixed(2)}<`))
  })

  test('what bears no VAT is valid, whyever it bears none, and so is its credit note', async () => {
    const abroad = {
      ...BUYER,
      address: { ...BUYER.address, country: 'US' },
      peppol: { scheme: '0060', id: '123456789' },
    }
    const line = { name: 'Krus', unit_price: '10.00', quantity: '3', vat_rate_bp: 0 }
    const cases: [object, object[]][] = [
      [abroad, [{ ...line, vat_category: 'export', vat_reason: 'Uitvoer' }]],
      [BUYER, [{ ...line, vat_category: 'reverse_charge', vat_reason: 'Btw verlegd' }]],
      [
        BUYER,
        [
          { ...line, vat_rate_bp: 2100 },
          { ...line, vat_category: 'zero' },
          { ...line, vat_category: 'exempt', vat_reason: 'Medisch' },
        ],
      ],
      [
        BUYER,
        [
          { ...line, vat_category: 'outside', vat_reason: 'Buiten de heffing' },
          { ...line, name: 'Bon', vat_category: 'outside' },
        ],
      ],
    ]
    let last = ''
    for (const [buyer, lines] of cases) {
      last = (await desk.issued({ buyer, lines })).id
      await mustBeValid(await ubl(last), 'Invoice')
    }
    const note = await desk.credit(last, { lines: [{ no: 1, quantity: '1' }] })
    await mustBeValid(await ubl(note.id), 'CreditNote')
  })

  test('goods that go to a business in another member state are valid', async () => {
    const lines = LINES.map((line) => ({ ...line, vat_rate_bp: 0, vat_category: 'intra_community' }))
    await mustBeValid(await ubl((await desk.issued({ lines })).id), 'Invoice')
  })

  test('what breaks a rule is found: the rules are asked', async () => {
    const xml = await ubl((await desk.issued()).id)
    const wrong = xml.replace(/<cbc:PayableAmount currencyID="EUR">[^<]*/, '<cbc:PayableAmount currencyID="EUR">1.00')
    assert.ok(norm.check(wrong).broken.some(({ id }) => id === 'BR-CO-16'))
    const nobody = xml.replace(/<cbc:BuyerReference>[^<]*<\/cbc:BuyerReference>/, '')
    assert.deepEqual(
      peppol.check(nobody).broken.map(({ id }) => id),
      ['PEPPOL-EN16931-R003'],
    )
  })
})
