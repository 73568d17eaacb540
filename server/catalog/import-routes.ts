// HTTP for files in and out.

import { Readable } from 'node:stream'
import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id, Nullable, Timestamp } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import type { CatalogDeps } from './draft.ts'
import { exportLines } from './export.ts'
import { importView, MAX_FILE_BYTES, takeImport } from './import.ts'
import { listImports, listRefusals, readImport } from './import-store.ts'
import { READ, WRITE } from './routes.ts'

const TAGS = ['Catalogue']
const ImportPath = Type.Object({ id: Id('imp') })
/** Refusals shown with the import itself; the rest come page by page. */
const SHOWN_REFUSALS = 100

const Refusal = Type.Object({
  row: Type.Integer({ description: 'The row of the file, the header being row 1.' }),
  field: Type.String({ description: 'A column, or `row`.' }),
  detail: Type.String(),
})
const importFields = {
  id: Id('imp'),
  object: Type.Literal('import'),
  state: Type.Enum(['pending', 'done']),
  rows: Type.Integer({ description: 'Rows of the file without its header.' }),
  imported: Type.Integer({ description: 'New articles so far.' }),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer(),
  created_at: Timestamp,
  finished_at: Nullable(Timestamp),
}
const Import = Type.Object(importFields, { title: 'Import' })
const ImportReport = Type.Object({
  ...importFields,
  refusals: Type.Array(Refusal, { description: `The first ${SHOWN_REFUSALS}.` }),
})

const NewImportQuery = Type.Object(
  {
    delimiter: Type.Optional(
      Type.Enum(['comma', 'semicolon'], { description: 'Default: whichever the header has more of.' }),
    ),
    decimal: Type.Optional(Type.Enum(['point', 'comma'], { description: 'How amounts are written. Default point.' })),
  },
  { additionalProperties: false },
)

const RefusalQuery = Type.Object(
  {
    limit: PageQuery.properties.limit,
    after_row: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  },
  { additionalProperties: false },
)

/** Registers the routes of files. `wake` starts what carries imports out. */
export function importRoutes(app: App, deps: CatalogDeps & { wakeImports(): void }): void {
  app.route({
    method: 'POST',
    url: '/v1/catalog/imports',
    config: { ...WRITE, rawBody: true },
    bodyLimit: MAX_FILE_BYTES,
    schema: {
      operationId: 'importCatalog',
      summary: 'Import a CSV file',
      description:
        'The body is the file: text/csv in UTF-8, one row per variant. It is carried out in the background; read the import for its report. See docs/guides/catalogue.md for the columns.',
      tags: TAGS,
      querystring: NewImportQuery,
      response: { 202: Import },
    },
    handler: async (request, reply) => {
      if (!/^text\/csv\s*(;\s*charset="?utf-8"?\s*)?$/i.test(request.headers['content-type'] ?? ''))
        throw new Problem('unsupported-media-type', { detail: 'Send the file as text/csv in UTF-8.' })
      const { delimiter, decimal = 'point' } = request.query
      const sign = delimiter === undefined ? undefined : delimiter === 'comma' ? ',' : ';'
      const one = await takeImport(deps, callerOf(request).merchantId, request.rawBody, { decimal, delimiter: sign })
      deps.wakeImports()
      return reply.code(202).send(one)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/imports',
    config: READ,
    schema: {
      operationId: 'listImports',
      summary: 'List the imports',
      tags: TAGS,
      querystring: PageQuery,
      response: { 200: PageOf(Import) },
    },
    handler: async (request) => {
      const rows = await listImports(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(importView), request.query.limit, ({ id }) => id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/imports/:id',
    config: READ,
    schema: {
      operationId: 'getImport',
      summary: 'Read an import and its report',
      tags: TAGS,
      params: ImportPath,
      response: { 200: ImportReport },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const one = await readImport(deps.db, merchantId, request.params.id)
      if (!one) throw new Problem('not-found')
      return { ...importView(one), refusals: await listRefusals(deps.db, merchantId, one.id, 0, SHOWN_REFUSALS) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/imports/:id/refusals',
    config: READ,
    schema: {
      operationId: 'listImportRefusals',
      summary: 'List the rows that were refused',
      description: 'In the order of the file; pass the last row as after_row for the next page.',
      tags: TAGS,
      params: ImportPath,
      querystring: RefusalQuery,
      response: { 200: Type.Object({ data: Type.Array(Refusal) }) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { after_row = 0, limit } = request.query
      const one = await readImport(deps.db, merchantId, request.params.id)
      if (!one) throw new Problem('not-found')
      return { data: await listRefusals(deps.db, merchantId, one.id, after_row, limit) }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/catalog/exports.csv',
    config: READ,
    schema: {
      operationId: 'exportCatalog',
      summary: 'Export the catalogue as CSV',
      description:
        "One line per variant with its base prices; importing it back changes nothing. Text that a spreadsheet would take for a formula has a ' in front, which the import takes off.",
      tags: TAGS,
      response: { 200: { content: { 'text/csv': { schema: Type.Unsafe<Readable>({ type: 'string' }) } } } },
    },
    handler: async (request, reply) =>
      reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="catalogue.csv"')
        .send(Readable.from(exportLines(deps.db, callerOf(request).merchantId))),
  })
}
