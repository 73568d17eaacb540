// What the tests of invoices share: a seller, a buyer, lines, and the commands over HTTP.

import assert from 'node:assert/strict'
import type { Api } from '../../test/api.ts'
import type { InvoiceView } from './view.ts'

export const SELLER = {
  name: 'Wereldwinkel B.V.',
  address: { line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' },
  vat_id: 'NL123456789B01',
  company_id: '12345678',
  email: 'boekhouding@wereldwinkel.example',
  phone: '+31 20 123 45 67',
  website: 'wereldwinkel.example',
  iban: 'NL91 ABNA 0417 1643 00',
  bic: 'ABNANL2A',
}

export const BUYER = {
  name: 'Zażółć Sp. z o.o.',
  contact: 'Łucja Świątek',
  address: { line1: 'ul. Złota 44', postal_code: '00-120', city: 'Warszawa', country: 'PL' },
  vat_id: 'PL5260250274',
  email: 'faktury@zazolc.example',
}

/** 2 × 49.95 at 21 % and 1.5 h × 80.00 at 21 %, 3 × 4.00 at 9 %: net 99.90 + 120.00 + 12.00, VAT 46.18 + 1.08. */
export const LINES = [
  { name: 'Koffiemolen', sku: 'KM-1', quantity: '2', unit_price: '49.95', vat_rate_bp: 2100 },
  { name: 'Montage', quantity: '1.5', unit: 'hour', unit_price: '80.00', vat_rate_bp: 2100 },
  { name: 'Koffiebonen', quantity: '3', unit_price: '4.00', vat_rate_bp: 900 },
]

export type Answer = InvoiceView & { code?: string; errors?: { pointer: string }[] }

let used = 0

export function invoiceDesk(api: Api) {
  const post = async (path: string, body: object = {}, key = `invoice-${++used}`) => {
    const { status, text, body: answer } = await api.call<Answer>('POST', path, body, { key })
    return { status, text, body: answer }
  }
  return {
    post,
    async settings(more: object = {}, seller: object = {}) {
      const body = { seller: { ...SELLER, ...seller }, ...more }
      const { status, text } = await api.call('PUT', '/v1/invoice_settings', body)
      assert.equal(status, 200, text)
    },
    async draft(more: object = {}): Promise<Answer> {
      const { status, text, body } = await post('/v1/invoices', {
        currency: 'EUR',
        lines: LINES,
        buyer: BUYER,
        ...more,
      })
      assert.equal(status, 201, text)
      return body
    },
    async issue(id: string): Promise<Answer> {
      const { status, text, body } = await post(`/v1/invoices/${id}/issue`)
      assert.equal(status, 200, text)
      return body
    },
    async credit(id: string, body: object = {}): Promise<Answer> {
      const answer = await post(`/v1/invoices/${id}/credit`, body)
      assert.equal(answer.status, 201, answer.text)
      return answer.body
    },
    async read(id: string): Promise<Answer> {
      const { status, text, body } = await api.get<Answer>(`/v1/invoices/${id}`)
      assert.equal(status, 200, text)
      return body
    },
    async issued(more: object = {}): Promise<Answer> {
      return this.issue((await this.draft(more)).id)
    },
  }
}
