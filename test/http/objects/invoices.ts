// Invoices, for the tests that try every route.

import assert from 'node:assert/strict'
import { BUYER, LINES, SELLER } from '../../../server/invoices/invoices.fixture.ts'
import type { ModuleObjects } from '../product.ts'

export const invoices: ModuleObjects = {
  async fill(shop, api, made) {
    const put = await api.call('PUT', '/v1/invoice_settings', { seller: SELLER })
    assert.equal(put.status, 200, put.text)
    const draft = async () => {
      const answer = await api.command('/v1/invoices', {
        ...{ currency: 'EUR', lines: LINES, buyer: BUYER, customer_id: made['customer'] },
      })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    }
    const issued = await draft()
    const answer = await api.command(`/v1/invoices/${issued}/issue`, {})
    assert.equal(answer.status, 200, answer.text)
    assert.ok(shop)
    return { invoiceDraft: await draft(), invoice: issued }
  },
  collections: (made, { path }) => ({
    invoices: /\/(issue|cancel)$/.test(path) ? made['invoiceDraft'] : made['invoice'],
  }),
  bodies: (made) => ({
    'PUT /v1/invoice_settings': {
      ...{ seller: SELLER, language: 'nl', reference_kind: 'rf', due_days: 14, terms: 'Net 14 days' },
      ...{ invoice_prefix: 'F', credit_prefix: 'C', time_zone: 'Europe/Amsterdam', reminder_days: [7] },
    },
    'POST /v1/invoices': {
      ...{ currency: 'EUR', prices_include_tax: false, lines: LINES, buyer: BUYER, customer_id: made['customer'] },
      ...{ language: 'pl', buyer_reference: 'PO-7', note: 'Dank u', terms: 'Net 30 days', due_days: 30 },
      supplied_on: '2026-11-20',
    },
    'POST /v1/invoices/{id}/issue': {},
    'POST /v1/invoices/{id}/cancel': {},
    'POST /v1/invoices/{id}/send': { to: 'ada@example.org' },
    'POST /v1/invoices/{id}/credit': { lines: [{ no: 1, quantity: '1' }], reason: 'broken' },
  }),
}
