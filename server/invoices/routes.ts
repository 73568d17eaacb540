// HTTP for invoices and credit notes. No decisions.

import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type Tx, transact } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, line } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { onceWithin } from '../payments/index.ts'
import { creditInvoice } from './credit.ts'
import type { InvoiceDeps } from './deps.ts'
import { cancelDraft, createDraft } from './draft.ts'
import { INVOICE_KINDS, type Invoice } from './invoice.ts'
import { issueDraft } from './issue.ts'
import { matchReference } from './reference.ts'
import * as schema from './schema.ts'
import { setSettings, settingsOf } from './settings.ts'
import { readSettings } from './settings-store.ts'
import { listInvoices, readInvoice, readLines } from './store.ts'
import { invoiceSummary, invoiceView, todayFor } from './view.ts'

export const READ = { access: { keys: ['secret', 'restricted'], scope: 'invoices:read' } } as const
export const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'invoices:write' }, idempotent: true } as const
/** The draft's state is their guard: a repeat finds it gone. */
const STEP = { access: { keys: ['secret', 'restricted'], scope: 'invoices:write' } } as const
export const TAGS = ['Invoices']
export const InvoicePath = Type.Object({ id: Id('inv') })

/** Registers the routes of invoices and their settings. */
export function routes(app: App, deps: InvoiceDeps): void {
  settingsRoutes(app, deps)
  createRoute(app, deps)
  readRoutes(app, deps)
  stepRoutes(app, deps)
}

function settingsRoutes(app: App, deps: InvoiceDeps): void {
  const doc = { tags: TAGS, response: { 200: schema.Settings } }
  app.get(
    '/v1/invoice_settings',
    {
      config: READ,
      schema: { operationId: 'getInvoiceSettings', summary: 'Who sells, and how invoices are paid', ...doc },
    },
    async (request, reply) => {
      const settings = await settingsOf(deps, callerOf(request).merchantId)
      return reply.header('etag', etagOf(settings.version)).send(settings)
    },
  )
  app.put(
    '/v1/invoice_settings',
    {
      config: STEP,
      schema: {
        operationId: 'setInvoiceSettings',
        summary: 'Say who sells, and how invoices are paid',
        description: 'Replaces all of it. Invoices that were issued keep what they say.',
        body: schema.SettingsIn,
        ...doc,
      },
    },
    async (request, reply) => {
      const input = { settings: request.body, ifVersion: versionOf(request.headers['if-match']) }
      const settings = await setSettings(deps, callerOf(request).merchantId, input)
      return reply.header('etag', etagOf(settings.version)).send(settings)
    },
  )
}

function createRoute(app: App, deps: InvoiceDeps): void {
  app.post(
    '/v1/invoices',
    {
      config: WRITE,
      schema: {
        operationId: 'createInvoice',
        summary: 'Draft an invoice of an order, or of lines of your own',
        tags: TAGS,
        body: schema.InvoiceIn,
        response: { 201: schema.Invoice },
      },
    },
    async (request, reply) => {
      const id = deps.newId('inv')
      const { status, body } = await command(deps, request, id, 201, (tx, merchantId) =>
        createDraft(deps, tx, merchantId, request.body, id),
      )
      return reply.code(status as 201).send(body)
    },
  )
}

function readRoutes(app: App, deps: InvoiceDeps): void {
  app.get(
    '/v1/invoices',
    {
      config: READ,
      schema: {
        operationId: 'listInvoices',
        summary: 'Invoices and credit notes, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            kind: Type.Optional(Type.Enum([...INVOICE_KINDS])),
            order_id: Type.Optional(Id('ord')),
            customer_id: Type.Optional(Id('cus')),
            corrects_id: Type.Optional(Id('inv')),
            number: Type.Optional(line(40)),
            reference: Type.Optional(line(140, 'A payment reference, or what a bank wrote with a transfer.')),
            is_open: Type.Optional(Type.Enum(['true', 'false'], { description: 'Issued, and not paid in full.' })),
          },
          closed,
        ),
        response: { 200: PageOf(schema.InvoiceSummary) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor, reference, is_open, ...filter } = request.query
      await deps.consumer.catchUp(merchantId)
      const reference_bases = reference === undefined ? undefined : matchReference(reference).map(({ base }) => base)
      const asked = { ...filter, reference_bases, is_open: is_open === undefined ? undefined : is_open === 'true' }
      const rows = await listInvoices(deps.db, merchantId, asked, { limit, cursor })
      const today = await todayOf(deps, merchantId)
      return page(
        rows.map((row) => invoiceSummary(row, today)),
        limit,
        (row) => row.id,
      )
    },
  )
  app.get(
    '/v1/invoices/:id',
    {
      config: READ,
      schema: {
        operationId: 'getInvoice',
        summary: 'An invoice or credit note',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: schema.Invoice },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const invoice = await mustRead(deps, merchantId, request.params.id)
      return reply.header('etag', etagOf(invoice.version)).send(await viewOf(deps, merchantId, invoice))
    },
  )
}

function stepRoutes(app: App, deps: InvoiceDeps): void {
  app.post(
    '/v1/invoices/:id/issue',
    {
      config: STEP,
      schema: {
        operationId: 'issueInvoice',
        summary: 'Give a draft its number',
        description: 'From then on nothing of it changes; a credit note takes back what was wrong.',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: schema.Invoice },
      },
    },
    async (request) => step(deps, request, (tx, merchantId) => issueDraft(deps, tx, merchantId, request.params.id)),
  )
  app.post(
    '/v1/invoices/:id/cancel',
    {
      config: STEP,
      schema: {
        operationId: 'cancelInvoice',
        summary: 'Throw a draft away',
        tags: TAGS,
        params: InvoicePath,
        response: { 200: schema.Invoice },
      },
    },
    async (request) => step(deps, request, (tx, merchantId) => cancelDraft(deps, tx, merchantId, request.params.id)),
  )
  app.post(
    '/v1/invoices/:id/credit',
    {
      config: WRITE,
      schema: {
        operationId: 'creditInvoice',
        summary: 'Issue a credit note, for all of an invoice or for lines of it',
        description: 'With the VAT of the invoice. It moves no money: refund the payment for that.',
        tags: TAGS,
        params: InvoicePath,
        body: schema.CreditIn,
        response: { 201: schema.Invoice },
      },
    },
    async (request, reply) => {
      const creditId = deps.newId('inv')
      const of = { id: request.params.id, input: request.body, creditId }
      const { body } = await command(deps, request, of.id, 201, (tx, merchantId) =>
        creditInvoice(deps, tx, merchantId, of),
      )
      return reply.code(201).send(body)
    },
  )
}

type InvoiceBody = ReturnType<typeof invoiceView>

/** Runs a command under the request's key, in one transaction with the answer. */
export async function command(
  deps: InvoiceDeps,
  request: FastifyRequest,
  objectId: string,
  status: number,
  work: (tx: Tx, merchantId: string) => Promise<Invoice>,
): Promise<{ status: number; body: InvoiceBody }> {
  const { merchantId } = callerOf(request)
  const answer = await onceWithin(deps, merchantId, idempotencyOf(request), objectId, async (tx) => {
    const invoice = await work(tx, merchantId)
    return { status, body: JSON.stringify(await viewOf({ ...deps, db: tx }, merchantId, invoice)) }
  })
  return { status: answer.status, body: JSON.parse(answer.body) as InvoiceBody }
}

/** Runs a command that its object's state guards, in one transaction. */
async function step(
  deps: InvoiceDeps,
  request: FastifyRequest,
  work: (tx: Tx, merchantId: string) => Promise<Invoice>,
): Promise<InvoiceBody> {
  const { merchantId } = callerOf(request)
  return transact(deps.db, async (tx) => viewOf({ ...deps, db: tx }, merchantId, await work(tx, merchantId)))
}

type Reading = { db: Pick<InvoiceDeps['db'], 'query'>; clock: InvoiceDeps['clock'] }

/** Throws not-found. */
export async function mustRead({ db }: Reading, merchantId: string, id: string): Promise<Invoice> {
  const invoice = await readInvoice(db, merchantId, id)
  if (!invoice) throw new Problem('not-found')
  return invoice
}

async function viewOf(deps: Reading, merchantId: string, invoice: Invoice): Promise<InvoiceBody> {
  const lines = (await readLines(deps.db, merchantId, [invoice.id])).get(invoice.id) ?? []
  return invoiceView(invoice, lines, await todayOf(deps, merchantId))
}

export async function todayOf({ db, clock }: Reading, merchantId: string): Promise<string> {
  return todayFor((await readSettings(db, merchantId))?.settings.time_zone, clock.now())
}
