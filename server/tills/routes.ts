// HTTP for tills: pairing codes and devices for the office, the till itself for the device, sessions for people.

import Type from 'typebox'
import { type App, type Caller, callerOf, type TillPlace } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { refuseForeign } from '../http/same-site.ts'
import { closed, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { readStaff, rightsOf, type StaffRow, staffOfStore } from '../staff/index.ts'
import { type DemoDeps, demoTills, openDemoTill } from './demo.ts'
import { guardTills } from './guard.ts'
import { makePairingCode, pair, revoke } from './pair.ts'
import { DemoIn, DemoTills, Device, Paired, PairIn, PairingCode, Session, SignIn, Till } from './schema.ts'
import { signIn, signOut } from './session.ts'
import { listDevices, readDevice, readSession } from './store.ts'
import { deviceView, personView, placeView } from './view.ts'

const PUBLIC = { access: { keys: 'public' } } as const
const READ = { access: { keys: ['secret', 'restricted'], scope: 'tills:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'tills:write' } } as const
const USE = { access: { keys: ['restricted'], scope: 'tills:use' } } as const
const TAGS = ['Tills']

export function routes(app: App, deps: DemoDeps): void {
  guardTills(app, deps)
  officeRoutes(app, deps)
  pairingRoutes(app, deps)
  tillRoutes(app, deps)
}

function officeRoutes(app: App, deps: DemoDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/registers/:id/pairing_codes',
    config: WRITE,
    schema: {
      operationId: 'createPairingCode',
      summary: 'Make a code that turns one device into this register’s till',
      description: 'Works once, for a quarter of an hour.',
      tags: TAGS,
      params: Type.Object({ id: Id('reg') }),
      response: { 201: PairingCode },
    },
    handler: async (request, reply) => {
      const { code, register_id, expires_at } = await makePairingCode(
        deps,
        callerOf(request).merchantId,
        request.params.id,
      )
      const shown = { object: 'pairing_code' as const, register_id, code, expires_at: expires_at.toISOString() }
      return reply.code(201).send(shown)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/till/devices',
    config: READ,
    schema: {
      operationId: 'listTillDevices',
      summary: 'List the devices that are or were tills',
      tags: TAGS,
      querystring: Type.Object({ ...PageQuery.properties, register_id: Type.Optional(Id('reg')) }, closed),
      response: { 200: PageOf(Device) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const merchant = await deps.merchantCache.get(merchantId)
      const rows = await listDevices(deps.db, merchantId, request.query)
      return page(
        rows.map((row) => deviceView(merchant, row)),
        request.query.limit,
        ({ id }) => id,
      )
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/till/devices/:id',
    config: WRITE,
    schema: {
      operationId: 'revokeTillDevice',
      summary: 'Make a device nobody’s till any more',
      description: 'Its key and whoever is signed in at it are refused from this moment on.',
      tags: TAGS,
      params: Type.Object({ id: Id('tdv') }),
      response: { 200: Device },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const row = await revoke(deps, merchantId, request.params.id)
      return deviceView(await deps.merchantCache.get(merchantId), row)
    },
  })
}

function pairingRoutes(app: App, deps: DemoDeps): void {
  const shown = async ({ merchantId, device, key }: Awaited<ReturnType<typeof pair>>) => ({
    device: deviceView(await deps.merchantCache.get(merchantId), device),
    key,
  })

  app.route({
    method: 'POST',
    url: '/v1/till/pair',
    config: PUBLIC,
    schema: {
      operationId: 'pairTill',
      summary: 'Become a till',
      description:
        'Exchanges a pairing code for a key that this device alone holds. Addresses that guess have to wait.',
      tags: TAGS,
      body: PairIn,
      response: { 201: Paired },
    },
    handler: async (request, reply) => {
      const { code, name } = request.body
      return reply.code(201).send(await shown(await pair(deps, { code, name, from: request.ip })))
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/till/demo',
    config: PUBLIC,
    schema: {
      operationId: 'listDemoTills',
      summary: 'The demo’s tills, with who works there and their PINs',
      description: 'In development, for the demo retailer, which takes no real money. Elsewhere it is not found.',
      tags: TAGS,
      response: { 200: DemoTills },
    },
    handler: () => demoTills(deps),
  })

  app.route({
    method: 'POST',
    url: '/v1/till/demo',
    config: PUBLIC,
    schema: {
      operationId: 'openDemoTill',
      summary: 'Become a till of the demo',
      description: 'As pairing, without a code.',
      tags: TAGS,
      body: DemoIn,
      response: { 201: Paired },
    },
    handler: async (request, reply) => {
      refuseForeign(request)
      return reply.code(201).send(await shown(await openDemoTill(deps, request.body.register_id, request.ip)))
    },
  })
}

function tillRoutes(app: App, deps: DemoDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/till',
    config: USE,
    schema: {
      operationId: 'getTill',
      summary: 'Where this till stands, and who may sign in at it',
      description: 'With the key of a device, or the token of a session.',
      tags: TAGS,
      response: { 200: Till },
    },
    handler: async (request) => {
      const caller = callerOf(request)
      const till = tillOf(caller)
      const [merchant, device, staff, session, shift, has_printer] = await Promise.all([
        deps.merchantCache.get(caller.merchantId),
        readDevice(deps.db, caller.merchantId, till.deviceId),
        staffOfStore(deps.db, caller.merchantId, till.storeId),
        till.session && sessionView(deps, caller.merchantId, till.session),
        deps.shiftAt(caller.merchantId, till.registerId),
        deps.hasPrinter(caller.merchantId, till.registerId),
      ])
      if (!merchant || !device) throw new Problem('not-found')
      return {
        ...{ object: 'till' as const, device: deviceView(merchant, device) },
        ...placeView(merchant, till.registerId, deps.clock.now()),
        staff: staff.map(personView),
        session,
        shift,
        has_printer,
      }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/till/sessions',
    config: USE,
    schema: {
      operationId: 'signInAtTill',
      summary: 'Sign somebody in at this till',
      description:
        'Whoever was signed in is out. Five wrong PINs in a row make the person wait, twenty the till: a minute, and twice as long with each further one.',
      tags: TAGS,
      body: SignIn,
      response: { 201: Session },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const { deviceId, storeId } = tillOf(caller)
      const { session, staff, token } = await signIn(deps, caller.merchantId, {
        device: { id: deviceId, storeId },
        staffId: request.body.staff_id,
        pin: request.body.pin,
      })
      return reply.code(201).send({
        ...{ object: 'till_session' as const, id: session.id, token, ...signedInAs(staff) },
        expires_at: session.expires_at.toISOString(),
      })
    },
  })

  app.route({
    method: 'DELETE',
    url: '/v1/till/sessions',
    config: USE,
    schema: {
      operationId: 'lockTill',
      summary: 'Lock this till: whoever is signed in is out',
      tags: TAGS,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      await signOut(deps, caller.merchantId, tillOf(caller).deviceId)
      return reply.code(204).send(null)
    },
  })
}

/** The till behind a caller. A key of the office that was given the scope is none. */
function tillOf(caller: Caller): TillPlace {
  if (caller.till) return caller.till
  throw new Problem('scope-missing', { detail: 'Only a paired device can do this, with its own key.' })
}

function signedInAs(staff: StaffRow) {
  const { rights, limits } = rightsOf(staff.role)
  return { staff: personView(staff), rights: [...rights], limits }
}

async function sessionView(deps: DemoDeps, merchantId: string, of: NonNullable<TillPlace['session']>) {
  const [session, staff] = await Promise.all([
    readSession(deps.db, merchantId, of.id),
    readStaff(deps.db, merchantId, of.staffId),
  ])
  // Ended or let go since the request was admitted.
  if (!session || !staff) return null
  return { id: session.id, ...signedInAs(staff), expires_at: session.expires_at.toISOString() }
}
