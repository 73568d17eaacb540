import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type Answer, BUYER, invoiceDesk, LINES, SELLER } from './invoices.fixture.ts'

let shop: Shop
let desk: ReturnType<typeof invoiceDesk>
before(async () => {
  shop = await openShop()
  desk = invoiceDesk(shop.api)
})
after(() => shop.close())

describe('hostile input', () => {
  before(() => desk.settings())

  test('marks of direction and line breaks of Unicode do not get into a document', async () => {
    const name = 'Evil \u202eB.V. 3LN\u2028x\u200b'
    const { buyer, lines } = await desk.draft({
      buyer: { ...BUYER, name },
      lines: [{ ...LINES[0], name: `<script>alert(1)</script>\u202e` }],
    })
    assert.equal(buyer.name, 'Evil B.V. 3LN x')
    assert.equal(lines[0]?.name, '<script>alert(1)</script>')
  })

  test('what is no name, no price, no VAT, no buyer is refused', async () => {
    const refused = async (more: object) => {
      const { status, body } = await desk.post('/v1/invoices', { currency: 'EUR', lines: LINES, buyer: BUYER, ...more })
      return [status, body.code]
    }
    const line = LINES[0] as object
    assert.deepEqual(await refused({ buyer: { ...BUYER, name: '\u202e' } }), [422, 'validation-error'])
    assert.deepEqual(await refused({ buyer: { ...BUYER, name: 'a\nb' } }), [422, 'validation-error'])
    assert.deepEqual(await refused({ buyer: { ...BUYER, name: 'x'.repeat(1_000_000) } }), [422, 'validation-error'])
    assert.deepEqual(await refused({ lines: [{ ...line, unit_price: '-1' }] }), [422, 'validation-error'])
    assert.deepEqual(await refused({ lines: [{ ...line, unit_price: '0' }] }), [422, 'amount-invalid'])
    assert.deepEqual(await refused({ lines: [{ ...line, vat_rate_bp: 0 }] }), [422, 'validation-error'])
    assert.deepEqual(await refused({ lines: [{ ...line, vat_rate_bp: 2100, vat_category: 'exempt' }] }), [
      422,
      'validation-error',
    ])
    assert.deepEqual(await refused({ lines: [{ ...line, unit_price: '9999999999', quantity: '999999999' }] }), [
      422,
      'amount-out-of-range',
    ])
    assert.deepEqual(await refused({ buyer: undefined }), [422, 'validation-error'])
    assert.deepEqual(await refused({ customer_id: `cus_${'0'.repeat(26)}` }), [422, 'reference-not-found'])
    assert.deepEqual(await refused({ order_id: `ord_${'0'.repeat(26)}` }), [422, 'validation-error'])
  })

  test('settings that make no sense are refused at their place', async () => {
    const at = async (seller: object, more: object = {}) => {
      const { body } = await shop.api.call<Answer>('PUT', '/v1/invoice_settings', {
        seller: { ...SELLER, ...seller },
        ...more,
      })
      return body.errors?.map(({ pointer }) => pointer)
    }
    assert.deepEqual(await at({ iban: 'NL92 ABNA 0417 1643 00' }), ['/seller/iban'])
    assert.deepEqual(await at({ vat_id: 'DE123456789' }), ['/seller/vat_id'])
    assert.deepEqual(await at({ bankgiro: '5402-9682' }), ['/seller/bankgiro'])
    assert.deepEqual(await at({ name: '\u200b' }), ['/seller/name'])
    assert.deepEqual(await at({}, { time_zone: 'Europe/Atlantis' }), ['/time_zone'])
    assert.deepEqual(await at({ bic: 'x' }), ['/seller/bic'])
  })
})
