// HTTP for which letters the shop writes by itself.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { closed } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { LETTER_KINDS } from './occasion.ts'
import { readLetterSettings, writeLetterSettings } from './settings-store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'orders:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'orders:write' } } as const
const Off = Type.Array(Type.Enum([...LETTER_KINDS]), {
  maxItems: LETTER_KINDS.length,
  description: 'Letters that are not written. All others are, where the order has a mail address.',
})
const Settings = Type.Object(
  {
    object: Type.Literal('letter_settings'),
    off: Off,
    version: Type.Integer({ description: '0: nothing was said yet.' }),
  },
  { title: 'Letter settings' },
)

export function routes(app: App, deps: { db: Db; clock: Pick<Clock, 'now'> }): void {
  const doc = { tags: ['Letters'], response: { 200: Settings } }
  app.get(
    '/v1/letter_settings',
    {
      config: READ,
      schema: { operationId: 'getLetterSettings', summary: 'Which letters the shop writes by itself', ...doc },
    },
    async (request, reply) => {
      const settings = await readLetterSettings(deps.db, callerOf(request).merchantId)
      return reply.header('etag', etagOf(settings.version)).send({ object: 'letter_settings', ...settings })
    },
  )
  app.put(
    '/v1/letter_settings',
    {
      config: WRITE,
      schema: {
        operationId: 'setLetterSettings',
        summary: 'Say which letters the shop writes by itself',
        body: Type.Object({ off: Off }, closed),
        ...doc,
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const { off } = request.body
      const ifVersion = versionOf(request.headers['if-match'])
      const version = await writeLetterSettings(deps.db, merchantId, { off, ifVersion, at: deps.clock.now() })
      if (version === null) throw new Problem('version-conflict')
      return reply.header('etag', etagOf(version)).send({ object: 'letter_settings', off: [...new Set(off)], version })
    },
  )
}
