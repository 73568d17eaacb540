// HTTP for journals: the export, the keys to check it with, and the check itself.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { closed, Id, Timestamp } from '../http/schema.ts'
import { JOURNAL_KINDS } from './append.ts'
import { checkJournals } from './check.ts'
import type { JournalKey } from './key.ts'
import { listEntries, listKeys } from './store.ts'

export interface JournalRouteDeps {
  db: Db
  key: JournalKey
}

const READ = { access: { keys: ['secret', 'restricted'], scope: 'journal:read' } } as const
const TAGS = ['Journal']

const Entry = Type.Object(
  {
    object: Type.Literal('journal_entry'),
    register_id: Id('reg'),
    sequence: Type.Integer(),
    kind: Type.Enum([...JOURNAL_KINDS]),
    subject_id: Type.String({ description: 'What it is about: a receipt, a shift, a report.' }),
    at: Timestamp,
    body: Type.String({ description: 'Canonical JSON; these very bytes are hashed.' }),
    previous_hash: Type.String({ description: 'Of the entry before, hexadecimal.' }),
    hash: Type.String({
      description:
        'SHA-256 over previous_hash, merchant, register_id, sequence, kind, subject_id, at and body, joined by line feeds.',
    }),
    signature: Type.String({ description: 'Ed25519 over the bytes of `hash`, base64.' }),
    key_id: Type.String(),
  },
  { title: 'JournalEntry' },
)
const Key = Type.Object({
  key_id: Type.String(),
  algorithm: Type.Literal('ed25519'),
  public_key: Type.String({ description: 'SPKI in DER, base64.' }),
  first_used: Timestamp,
})
const Checked = Type.Object(
  {
    object: Type.Literal('journal_check'),
    entries: Type.Integer(),
    journals: Type.Integer(),
    faults: Type.Array(
      Type.Object({
        register_id: Id('reg'),
        sequence: Type.Integer(),
        fault: Type.Enum(['changed', 'missing', 'misplaced', 'unsigned', 'cut_off']),
      }),
    ),
  },
  { title: 'JournalCheck' },
)

/** Registers the routes of journals. */
export function routes(app: App, deps: JournalRouteDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/journal',
    config: READ,
    schema: {
      operationId: 'listJournal',
      summary: 'Export the journal of a register, in order',
      description:
        'Append-only, numbered without a gap, chained by hashes and signed: see the guide for how to check it.',
      tags: TAGS,
      querystring: Type.Object({ ...PageQuery.properties, register_id: Id('reg') }, closed),
      response: { 200: PageOf(Entry) },
    },
    handler: async (request) => {
      const { register_id, limit, cursor } = request.query
      const after = cursor !== undefined && /^\d+$/.test(cursor) ? BigInt(cursor) : 0n
      const of = { registerId: register_id, after, limit: limit + 1 }
      const rows = await listEntries(deps.db, callerOf(request).merchantId, of)
      return page(
        rows.map((row) => ({
          ...{ object: 'journal_entry' as const, register_id: row.register_id, sequence: Number(row.seq) },
          ...{ kind: row.kind as (typeof JOURNAL_KINDS)[number], subject_id: row.subject_id },
          ...{ at: row.at.toISOString(), body: row.body, previous_hash: row.previous_hash.toString('hex') },
          ...{ hash: row.hash.toString('hex'), signature: row.signature.toString('base64'), key_id: row.key_id },
        })),
        limit,
        ({ sequence }) => String(sequence),
      )
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/journal/keys',
    config: READ,
    schema: {
      operationId: 'listJournalKeys',
      summary: 'The public keys that journals are signed with',
      tags: TAGS,
      response: { 200: Type.Object({ data: Type.Array(Key) }) },
    },
    handler: async () => ({
      data: (await listKeys(deps.db)).map(({ key_id, public_key, first_used }) => ({
        ...{ key_id, algorithm: 'ed25519' as const, public_key: public_key.toString('base64') },
        first_used: first_used.toISOString(),
      })),
    }),
  })

  app.route({
    method: 'GET',
    url: '/v1/journal/check',
    config: READ,
    schema: {
      operationId: 'checkJournal',
      summary: 'Check the journals of every register, from their beginning',
      description:
        'Names each entry that was changed, is missing, stands in the wrong place or is not signed by our key.',
      tags: TAGS,
      response: { 200: Checked },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const publicKeyOf = (id: string) => (id === deps.key.id ? deps.key.publicKey : null)
      const { entries, journals, faults } = await checkJournals(deps.db, { merchantId, publicKeyOf })
      return {
        ...{ object: 'journal_check' as const, entries, journals },
        faults: faults.map(({ register_id, seq, fault }) => ({ register_id, sequence: Number(seq), fault })),
      }
    },
  })
}
