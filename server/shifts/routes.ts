// HTTP for shifts. No decisions here but who may: at a till a right, for the office its key.

import Type from 'typebox'
import { type App, type Caller, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { mustHave, type Right } from '../staff/index.ts'
import { closeShift, xReport, zReports } from './close.ts'
import type { By, ShiftDeps } from './deps.ts'
import { CloseIn, CountIn, MoveIn, OpenIn, Shift, XReport, ZReport } from './schema.ts'
import { countDrawer, endShift, moveCash, openShift, shiftFor } from './shift.ts'
import { listShifts } from './store.ts'
import { shiftView, xView, zView } from './view.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'shifts:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'shifts:write' } } as const
const TAGS = ['Shifts']
const ShiftPath = Type.Object({ id: Id('shf') })

/** Whoever asks; throws right-missing for somebody at a till without the right. */
function byOf({ keyId, till }: Caller, right?: Right): By {
  if (till && right) mustHave(till, right)
  return { id: keyId, registerId: till?.registerId ?? null }
}

/** Registers the routes of shifts. */
export function routes(app: App, deps: ShiftDeps): void {
  lifeRoutes(app, deps)
  reportRoutes(app, deps)
}

function lifeRoutes(app: App, deps: ShiftDeps): void {
  const described = <T extends object>(operationId: string, summary: string, more: T) => ({
    ...{ operationId, summary, tags: TAGS, params: ShiftPath, response: { 200: Shift } },
    ...more,
  })

  app.route({
    method: 'POST',
    url: '/v1/shifts',
    config: WRITE,
    schema: {
      operationId: 'openShift',
      summary: 'Open a register’s drawer with a float',
      tags: TAGS,
      body: OpenIn,
      response: { 201: Shift },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const by = byOf(caller, 'open_shift')
      const { float, counted, register_id = by.registerId } = request.body
      if (register_id === null)
        throw new Problem('validation-error', { errors: [{ pointer: '/register_id', detail: 'is needed' }] })
      const input = {
        register_id,
        float: BigInt(float),
        ...(counted === undefined ? {} : { counted: BigInt(counted) }),
      }
      const shift = await openShift(deps, caller.merchantId, input, by)
      return reply.code(201).send(await shiftView(deps, caller.merchantId, shift, by))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/shifts',
    config: READ,
    schema: {
      operationId: 'listShifts',
      summary: 'List the shifts, newest first',
      description: 'At a till those of its register.',
      tags: TAGS,
      querystring: Type.Object(
        {
          ...PageQuery.properties,
          register_id: Type.Optional(Id('reg')),
          state: Type.Optional(Type.Enum(['open', 'ended', 'closed'])),
        },
        closed,
      ),
      response: { 200: PageOf(Shift) },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller)
      const register_id = by.registerId ?? request.query.register_id
      const rows = await listShifts(deps.db, caller.merchantId, { ...request.query, register_id })
      const views = await Promise.all(rows.map((row) => shiftView(deps, caller.merchantId, row, by)))
      return page(views, request.query.limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/shifts/:id',
    config: READ,
    schema: described('getShift', 'Read a shift', {}),
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller)
      const shift = await shiftFor(deps, caller.merchantId, request.params.id, by)
      return shiftView(deps, caller.merchantId, shift, by)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/shifts/:id/movements',
    config: WRITE,
    schema: described('moveCash', 'Cash in or out of the drawer, or the drawer opened without a sale', {
      body: MoveIn,
      response: { 201: Shift },
    }),
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const { type, amount, reason, reference } = request.body
      const by = byOf(caller, type)
      const input = { type, reason, reference, ...(amount === undefined ? {} : { amount: BigInt(amount) }) }
      const { shift } = await moveCash(deps, caller.merchantId, { shiftId: request.params.id, input, by })
      return reply.code(201).send(await shiftView(deps, caller.merchantId, shift, by))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/shifts/:id/end',
    config: WRITE,
    schema: described('endShift', 'Stop selling and begin to count', {}),
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller, 'close_shift')
      const shift = await endShift(deps, caller.merchantId, request.params.id, by)
      return shiftView(deps, caller.merchantId, shift, by)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/shifts/:id/counts',
    config: WRITE,
    schema: described('countDrawer', 'Save what was counted', {
      description:
        'Only then the till is told what was expected. Counted again it replaces the first, and the Z says so.',
      body: CountIn,
    }),
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller, 'close_shift')
      const { counted, denominations } = request.body
      const count = {
        shiftId: request.params.id,
        counted: BigInt(counted),
        by,
        ...(denominations && { denominations }),
      }
      const shift = await countDrawer(deps, caller.merchantId, count)
      return shiftView(deps, caller.merchantId, shift, by)
    },
  })
}

function reportRoutes(app: App, deps: ShiftDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/shifts/:id/close',
    config: WRITE,
    schema: {
      operationId: 'closeShift',
      summary: 'Close a counted shift and get its Z report',
      description:
        'A document that cannot be counted is listed among the exceptions; it does not stand in the way. Closed again it answers the same report.',
      tags: TAGS,
      params: ShiftPath,
      body: CloseIn,
      response: { 200: ZReport },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller, 'close_shift')
      const z = await closeShift(deps, caller.merchantId, {
        ...{ shiftId: request.params.id, by },
        ...(request.body.reason === undefined ? {} : { reason: request.body.reason }),
      })
      return zView({ z, supplements: [] }) as never
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/shifts/:id/x_report',
    config: READ,
    schema: {
      operationId: 'getXReport',
      summary: 'Read a shift that runs',
      description:
        'That it was read is written into the journal. At a till cash is left out until the drawer is counted.',
      tags: TAGS,
      params: ShiftPath,
      response: { 200: XReport },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller, 'x_report')
      return xView(await xReport(deps, caller.merchantId, { shiftId: request.params.id, by }), by) as never
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/shifts/:id/z_report',
    config: READ,
    schema: {
      operationId: 'getZReport',
      summary: 'Read the Z report of a closed shift, with what came later',
      tags: TAGS,
      params: ShiftPath,
      response: { 200: ZReport },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const by = byOf(caller)
      return zView(await zReports(deps, caller.merchantId, { shiftId: request.params.id, by })) as never
    },
  })
}
