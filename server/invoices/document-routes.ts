// HTTP for what an invoice looks like: on paper, as a code to pay by, and as a mail.

import Type from 'typebox'
import { renderSVG } from 'uqr'
import { type App, callerOf } from '../http/app.ts'
import { closed } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { cashRoundingOf } from '../payments/index.ts'
import type { InvoiceDeps } from './deps.ts'
import { epcOf } from './pay-code.ts'
import { command, InvoicePath, mustRead, READ, TAGS, WRITE } from './routes.ts'
import * as schema from './schema.ts'
import { pdfOf, sendInvoice } from './send.ts'
import { readLines } from './store.ts'
import { renderUbl } from './ubl.ts'

export function documentRoutes(app: App, deps: InvoiceDeps): void {
  app.get(
    '/v1/invoices/:id/pdf',
    {
      config: READ,
      schema: {
        operationId: 'getInvoicePdf',
        summary: 'The document as PDF',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: Type.Any({ description: 'application/pdf' }) },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const invoice = await mustRead(deps, merchantId, request.params.id)
      const pdf = await pdfOf(deps, merchantId, invoice)
      return reply
        .header('content-type', 'application/pdf')
        .header('content-disposition', `inline; filename="${invoice.number ?? invoice.id}.pdf"`)
        .send(pdf)
    },
  )
  app.get(
    '/v1/invoices/:id/ubl',
    {
      config: READ,
      schema: {
        operationId: 'getInvoiceUbl',
        summary: 'The document as UBL 2.1 (EN 16931, Peppol BIS Billing 3)',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: Type.Any({ description: 'application/xml' }) },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const invoice = await mustRead(deps, merchantId, request.params.id)
      const lines = (await readLines(deps.db, merchantId, [invoice.id])).get(invoice.id) ?? []
      const rounding = await cashRoundingOf(deps.db, merchantId, invoice.pays_as)
      return reply
        .header('content-type', 'application/xml; charset=utf-8')
        .send(await renderUbl(invoice, lines, rounding))
    },
  )
  app.get(
    '/v1/invoices/:id/qr',
    {
      config: READ,
      schema: {
        operationId: 'getInvoiceQr',
        summary: 'The code that a banking app pays by (EPC069-12)',
        description: 'For what is due now, in euro. 409 where there is nothing that a transfer could pay.',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: Type.Object({ payload: Type.String(), svg: Type.String() }, closed) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const payload = epcOf(await mustRead(deps, merchantId, request.params.id))
      if (payload === null) throw new Problem('invalid-state', { detail: 'A bank transfer in euro cannot pay this.' })
      return { payload, svg: renderSVG(payload, { ecc: 'M', boostEcc: false, maxVersion: 13, border: 4 }) }
    },
  )
  app.post(
    '/v1/invoices/:id/send',
    {
      config: WRITE,
      schema: {
        operationId: 'sendInvoice',
        summary: 'Mail it to the buyer, with the PDF',
        tags: TAGS,
        params: InvoicePath,
        body: schema.SendIn,
        response: { 200: schema.Invoice },
      },
    },
    async (request, reply) => {
      const of = { id: request.params.id, ...request.body }
      await deps.consumer.catchUp(callerOf(request).merchantId)
      const { body } = await command(deps, request, of.id, 200, (tx, merchantId) =>
        sendInvoice(deps, tx, merchantId, of),
      )
      return reply.code(200).send(body)
    },
  )
}
