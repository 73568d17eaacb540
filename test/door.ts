// The door of a process to everything outside its memory: database and provider. What lasts is done by crossing it, and after
// a given number of crossings the process dies there: what was not committed is rolled back, and nothing of it runs again.
// Unlike the kill points of world-process.ts, which know the payment core, a door counts what any module does.

import type pg from 'pg'
import type { Connector } from '../server/connectors/connector.ts'
import type { Db } from '../server/db/pool.ts'
import { ProcessDied } from './world-process.ts'

export interface Door {
  readonly isDead: boolean
  /** The process dies behind its `nth` crossing from now on; undefined calls it off. */
  dieBehind(nth: number | undefined): void
  /**
   * The process is started again, and remembers what it knew: what was under way when it died has ended by then, or must have.
   * The quick way where a test dies hundreds of times; a new process with a new door is the thorough one.
   */
  revive(): void
  database(db: Db): Db
  provider(connector: Connector): Connector
}

const VERBS = ['sale', 'authorize', 'capture', 'void', 'refund', 'increment', 'extend', 'credit'] as const
/** Statements that may change something; a call of a function is taken for one. `for update` alone only locks. */
const WRITES = /\b(insert\s+into|update\s+\w+\s+(\w+\s+)?set|delete\s+from)\b|^\s*select\s+(\*\s+from\s+)?\w+\s*\(/i
const COMMIT = /(^|;\s*)commit\s*$/i

export function openDoor(): Door {
  let left: number | undefined
  let isDead = false

  function live(): void {
    if (isDead) throw new ProcessDied()
  }
  function cross(): void {
    if (left === undefined || --left > 0) return
    isDead = true
    throw new ProcessDied()
  }

  function mortalClient(client: pg.PoolClient): pg.PoolClient {
    // Undefined outside a transaction.
    let hasWritten: boolean | undefined
    return new Proxy(client, {
      get(target, property) {
        if (property !== 'query') {
          const value: unknown = Reflect.get(target, property)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (call: pg.QueryConfig | string, values?: unknown[]) => {
          // Ending a transaction is what the database does by itself when its client is gone.
          if (call === 'rollback') {
            hasWritten = undefined
            return target.query(call)
          }
          live()
          const text = typeof call === 'string' ? call : call.text
          const result = await (typeof call === 'string' ? target.query(call, values) : target.query(call))
          if (call === 'begin') {
            hasWritten = false
          } else if (COMMIT.test(text)) {
            const isCrossing = hasWritten === true || WRITES.test(text)
            hasWritten = undefined
            if (isCrossing) cross()
          } else if (hasWritten === undefined) {
            if (WRITES.test(text)) cross()
          } else {
            hasWritten ||= WRITES.test(text)
          }
          return result
        }
      },
    })
  }

  return {
    get isDead() {
      return isDead
    },
    dieBehind(nth) {
      left = nth
    },
    revive() {
      left = undefined
      isDead = false
    },
    database: (db) => ({
      async query(text, values) {
        live()
        const result = await db.query(text, values)
        if (WRITES.test(text)) cross()
        return result as never
      },
      async connect() {
        live()
        return mortalClient(await db.connect())
      },
      end: () => db.end(),
    }),
    provider(connector) {
      const mortal: Connector = { ...connector }
      for (const verb of VERBS) {
        const call = connector[verb] as ((instruction: object) => Promise<unknown>) | undefined
        if (!call) continue
        Object.assign(mortal, {
          async [verb](instruction: object) {
            live()
            const answer = await call.call(connector, instruction)
            // It arrived and took effect; the answer is not applied.
            cross()
            return answer
          },
        })
      }
      return mortal
    },
  }
}
