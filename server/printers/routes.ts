// HTTP for receipt printers: the office says where one is, a till opens the drawer that hangs on it.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { closed, Id, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantCache } from '../merchants/index.ts'
import { checkHost } from './address.ts'
import { type PrinterDeps, sendToPrinter } from './send.ts'
import { deletePrinter, type Printer as PrinterRow, readPrinter, writePrinter } from './store.ts'

export interface PrinterRouteDeps extends PrinterDeps {
  merchantCache: MerchantCache
}

/** What printers listen on for raw bytes. */
const USUAL_PORT = 9100
/** Print servers with several printers count on from there. Nothing else may be reached through a printer's address. */
const LAST_PORT = 9199
/** ESC p: a pulse of 50 ms to the first drawer, 500 ms of rest. */
const PULSE = Uint8Array.of(0x1b, 0x70, 0, 25, 250)

const Printer = Type.Object(
  {
    object: Type.Literal('receipt_printer'),
    register_id: Id('reg'),
    host: Type.String(),
    port: Type.Integer(),
    updated_at: Timestamp,
  },
  { title: 'ReceiptPrinter' },
)
const PrinterIn = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: 253,
      description: 'An address in a private network, a name that stands for one, or this machine.',
    }),
    port: Type.Optional(Type.Integer({ minimum: USUAL_PORT, maximum: LAST_PORT, default: USUAL_PORT })),
  },
  closed,
)
const OfRegister = Type.Object({ id: Id('reg') })
const READ = { access: { keys: ['secret', 'restricted'], scope: 'tills:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'tills:write' } } as const
const TAGS = ['Tills']

export function routes(app: App, deps: PrinterRouteDeps): void {
  const registerOf = async (merchantId: string, id: string): Promise<string> => {
    const merchant = await deps.merchantCache.get(merchantId)
    if (!merchant?.registers.has(id)) throw new Problem('not-found')
    return id
  }

  app.route({
    method: 'PUT',
    url: '/v1/registers/:id/printer',
    config: WRITE,
    schema: {
      operationId: 'setReceiptPrinter',
      summary: 'Say which receipt printer of the network a register has',
      description: 'One that takes ESC/POS as raw bytes. Its till chooses it in its settings.',
      tags: TAGS,
      params: OfRegister,
      body: PrinterIn,
      response: { 200: Printer },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const register_id = await registerOf(merchantId, request.params.id)
      const { host, port = USUAL_PORT } = request.body
      await checkHost(host, deps.resolveName)
      const printer = { register_id, host, port, updated_at: deps.clock.now() }
      await writePrinter(deps.db, merchantId, printer)
      return viewOf(printer)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/registers/:id/printer',
    config: READ,
    schema: {
      operationId: 'getReceiptPrinter',
      summary: 'Read which receipt printer of the network a register has',
      tags: TAGS,
      params: OfRegister,
      response: { 200: Printer },
    },
    handler: async (request) => {
      const printer = await readPrinter(deps.db, callerOf(request).merchantId, request.params.id)
      if (!printer) throw new Problem('not-found')
      return viewOf(printer)
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/registers/:id/printer',
    config: WRITE,
    schema: {
      operationId: 'removeReceiptPrinter',
      summary: 'Say that a register has no receipt printer of the network',
      tags: TAGS,
      params: OfRegister,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deletePrinter(deps.db, merchantId, await registerOf(merchantId, request.params.id))
      return reply.code(204).send(null)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/till/drawer_pulses',
    config: { access: { keys: ['restricted'], scope: 'tills:use' } },
    schema: {
      operationId: 'openDrawer',
      summary: 'Open the drawer that hangs on the register’s printer',
      description:
        'By somebody signed in at a till. It books nothing: a drawer opened without a sale is a movement of the shift.',
      tags: TAGS,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { merchantId, till } = callerOf(request)
      if (!till?.session)
        throw new Problem('scope-missing', { detail: 'Only somebody signed in at a till can do this.' })
      const trouble = await sendToPrinter(deps, { merchantId, registerId: till.registerId, bytes: PULSE })
      if (trouble !== null) throw new Problem('printer-unavailable', { detail: trouble })
      return reply.code(204).send(null)
    },
  })
}

function viewOf({ register_id, host, port, updated_at }: PrinterRow) {
  return { object: 'receipt_printer' as const, register_id, host, port, updated_at: updated_at.toISOString() }
}
