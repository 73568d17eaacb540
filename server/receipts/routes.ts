// HTTP for receipts.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { closed } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import type { ReceiptDeps } from './deps.ts'
import { findReceipt } from './find.ts'
import { mailReceipt, printReceipt } from './give.ts'
import { paperOf } from './paper.ts'
import { MailIn, Printed, PrintIn, Receipt, ReceiptBrief, ReceiptQuery } from './schema.ts'
import { findReceipts, type ReceiptRow } from './store.ts'
import { receiptView } from './view.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'receipts:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'receipts:write' } } as const
const TAGS = ['Receipts']
const ReceiptPath = Type.Object({
  id: Type.String({
    pattern: '^(rct|ord|pay|opn)_[0-9A-HJKMNP-TV-Z]{26}$',
    description: 'Of a receipt, of an order or payment (its sale), or of an operation (its refund).',
  }),
})

/** Registers the routes of receipts. */
export function routes(app: App, deps: ReceiptDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/receipts',
    config: READ,
    schema: {
      operationId: 'findReceipts',
      summary: 'Find the receipts of an order, or those of a number',
      description: 'By order_id, or by store_id and number: each register of a store counts for itself.',
      tags: TAGS,
      querystring: ReceiptQuery,
      response: { 200: Type.Object({ data: Type.Array(ReceiptBrief) }) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { order_id, store_id, number } = request.query
      if (order_id !== undefined && store_id === undefined && number === undefined)
        return { data: (await findReceipts(deps.db, merchantId, { order_id })).map(briefOf) }
      if (order_id !== undefined || store_id === undefined || number === undefined)
        throw new Problem('validation-error', {
          errors: [{ pointer: '?order_id', detail: 'Give order_id, or store_id with number.' }],
        })
      const registers = (await deps.merchantCache.get(merchantId))?.registers ?? new Map<string, { storeId: string }>()
      const register_ids = [...registers].filter(([, register]) => register.storeId === store_id).map(([id]) => id)
      return { data: (await findReceipts(deps.db, merchantId, { number: BigInt(number), register_ids })).map(briefOf) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/receipts/:id',
    config: READ,
    schema: {
      operationId: 'getReceipt',
      summary: 'Read a receipt',
      description: 'Looking at it counts nothing. What was not sold at a register has no number and no fiscal mark.',
      tags: TAGS,
      params: ReceiptPath,
      querystring: Type.Object(
        { gift: Type.Optional(Type.Enum(['yes', 'no'], { description: 'yes: without prices.' })) },
        closed,
      ),
      response: { 200: Receipt },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const found = await findReceipt(deps, merchantId, request.params.id)
      return receiptView(deps, merchantId, found, { isGift: request.query.gift === 'yes', copy: null })
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/receipts/:id/prints',
    config: WRITE,
    schema: {
      operationId: 'printReceipt',
      summary: 'Count a print, and get what to print',
      description: '`copy` is 0 for the original; from 1 on the paper must say that it is a copy.',
      tags: TAGS,
      params: ReceiptPath,
      body: PrintIn,
      response: { 201: Printed },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId, till } = callerOf(request)
      if (request.body.escpos?.network && !till)
        throw new Problem('scope-missing', { detail: 'Only a till has a network printer: that of its register.' })
      const print = { id: request.params.id, isGift: request.body.gift ?? false, by: keyId }
      const view = await printReceipt(deps, merchantId, print)
      const { escpos } = request.body
      const paper = escpos && { ...escpos, columns: escpos.columns ?? 42, opensDrawer: escpos.drawer ?? false }
      const bytes = paper && paperOf(view, paper)
      const isSent = bytes && till && escpos?.network
      // Counted before: what does not arrive is on no printer's paper, and the till prints it by other means.
      const trouble = isSent ? await deps.sendToPrinter({ merchantId, registerId: till.registerId, bytes }) : null
      const told = { escpos: bytes ? Buffer.from(bytes).toString('base64') : null }
      return reply.code(201).send({ ...view, ...told, network: isSent ? (trouble ?? 'sent') : null })
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/receipts/:id/mail',
    config: WRITE,
    schema: {
      operationId: 'mailReceipt',
      summary: 'Send a receipt by mail',
      tags: TAGS,
      params: ReceiptPath,
      body: MailIn,
      response: { 202: Receipt },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const mailed = await mailReceipt(deps, merchantId, { id: request.params.id, by: keyId, ...request.body })
      return reply.code(202).send(mailed)
    },
  })
}

function briefOf(row: ReceiptRow) {
  return {
    object: 'receipt_summary' as const,
    ...{ id: row.id, kind: row.kind, number: Number(row.number), register_id: row.register_id },
    ...{ order_id: row.order_id, payment_id: row.payment_id, currency: row.currency, total: Number(row.total) },
    issued_at: row.created_at.toISOString(),
  }
}
