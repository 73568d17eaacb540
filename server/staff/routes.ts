// HTTP for staff. A PIN comes in and is never shown.

import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import type { LANGUAGES } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { rightsOf } from './rights.ts'
import { NewStaff, Staff, StaffPatch, StaffPath } from './schema.ts'
import { changeStaff, createStaff, initialsOf, type StaffDeps } from './staff.ts'
import { listStaff, readStaff, type StaffRow } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'staff:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'staff:write' } } as const
const TAGS = ['Staff']

/** Registers the routes of staff. */
export function routes(app: App, deps: StaffDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/staff',
    config: WRITE,
    schema: {
      operationId: 'createStaff',
      summary: 'Take somebody on',
      tags: TAGS,
      body: NewStaff,
      response: { 201: Staff },
    },
    handler: async (request, reply) =>
      reply.code(201).send(staffView(await createStaff(deps, callerOf(request).merchantId, request.body))),
  })

  app.route({
    method: 'GET',
    url: '/v1/staff',
    config: READ,
    schema: {
      operationId: 'listStaff',
      summary: 'List the staff',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Staff) },
    },
    handler: async (request) => {
      const rows = await listStaff(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(staffView), request.query.limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/staff/:id',
    config: READ,
    schema: {
      operationId: 'getStaff',
      summary: 'Read somebody',
      tags: TAGS,
      params: StaffPath,
      response: { 200: Staff },
    },
    handler: async (request) => {
      const row = await readStaff(deps.db, callerOf(request).merchantId, request.params.id)
      if (!row) throw new Problem('not-found')
      return staffView(row)
    },
  })

  app.route({
    method: 'PATCH',
    url: '/v1/staff/:id',
    config: WRITE,
    schema: {
      operationId: 'updateStaff',
      summary: 'Change a role, a PIN, where they work, or whether',
      tags: TAGS,
      params: StaffPath,
      body: StaffPatch,
      response: { 200: Staff },
    },
    handler: async (request) =>
      staffView(await changeStaff(deps, callerOf(request).merchantId, request.params.id, request.body)),
  })
}

function staffView(row: StaffRow) {
  const { rights, limits } = rightsOf(row.role)
  return {
    ...{ id: row.id, object: 'staff' as const, name: row.name, initials: initialsOf(row.name), role: row.role },
    ...{ rights: [...rights], limits, store_ids: row.store_ids },
    language: row.language as (typeof LANGUAGES)[number] | null,
    ...{ is_active: row.is_active, version: row.version },
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
