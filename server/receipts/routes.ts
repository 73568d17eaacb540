// HTTP for receipts.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { closed } from '../http/schema.ts'
import type { ReceiptDeps } from './deps.ts'
import { findReceipt } from './find.ts'
import { mailReceipt, printReceipt } from './give.ts'
import { paperOf } from './paper.ts'
import { MailIn, Printed, PrintIn, Receipt } from './schema.ts'
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
      const { merchantId, keyId } = callerOf(request)
      const print = { id: request.params.id, isGift: request.body.gift ?? false, by: keyId }
      const view = await printReceipt(deps, merchantId, print)
      const { escpos } = request.body
      const paper = escpos && { ...escpos, columns: escpos.columns ?? 42, opensDrawer: escpos.drawer ?? false }
      const bytes = paper && Buffer.from(paperOf(view, paper)).toString('base64')
      return reply.code(201).send({ ...view, escpos: bytes ?? null })
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
