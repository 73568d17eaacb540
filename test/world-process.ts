// A process that can die. It stands between the program and everything outside its memory (database, provider), and at a
// named kill point of docs/testing.md it dies: what was not committed is rolled back, and nothing of it ever runs again.

import type pg from 'pg'
import type { Connector } from '../server/connectors/connector.ts'
import type { Db } from '../server/db/pool.ts'

/**
 * Where a process dies while it carries out a command.
 * - K2 in the transaction that begins, before its commit. - K3 after that commit, before the provider is called.
 * - K4 the request is on the wire and never arrives. - K5 it arrived and took effect; the answer is not applied.
 * - K6 in the transaction that applies, before its commit. - K7 after that commit, before the client is answered.
 * - K10 an inbound webhook is stored, and not yet answered.
 */
export const KILL_POINTS = ['K2', 'K3', 'K4', 'K5', 'K6', 'K7', 'K10'] as const
export type KillPoint = (typeof KILL_POINTS)[number]

/** Thrown at whatever the dead process still tries to do. */
export class ProcessDied extends Error {
  constructor() {
    super('the process is dead')
    this.name = 'ProcessDied'
  }
}

export interface MortalProcess {
  readonly isDead: boolean
  /** Dies at the next passing of `point`; undefined calls it off. */
  arm(point: KillPoint | undefined): void
  /** The point at which it died. */
  readonly diedAt: KillPoint | undefined
  database(db: Db): Db
  /** `onWire` runs when the provider has carried out a request and its answer is still on its way. */
  provider(connector: Connector, onWire: () => Promise<void>): Connector
}

const BEGINS: ReadonlySet<string> = new Set(['payment_create', 'payment_instruct'])
const APPLIES: ReadonlySet<string> = new Set(['payment_apply', 'dispute_apply'])
const CALLS = ['sale', 'authorize', 'capture', 'void', 'refund', 'increment', 'extend', 'credit', 'lookup'] as const

export function mortalProcess(): MortalProcess {
  let armed: KillPoint | undefined
  let diedAt: KillPoint | undefined

  function live(): void {
    if (diedAt) throw new ProcessDied()
  }
  function passes(point: KillPoint): boolean {
    if (armed !== point) return false
    armed = undefined
    diedAt = point
    return true
  }

  /** One call of a set-based function, with death before or after its commit. */
  async function commit(client: pg.PoolClient, call: pg.QueryConfig): Promise<pg.QueryResult> {
    const [before, after]: [KillPoint, KillPoint] | [] = BEGINS.has(call.name ?? '')
      ? ['K2', 'K3']
      : APPLIES.has(call.name ?? '')
        ? ['K6', 'K7']
        : []
    if (before === undefined || after === undefined) return client.query(call)
    if (passes(before)) {
      // Everything is done and then lost, as when the machine stops between the last statement and the commit.
      await client.query('begin')
      await client.query(call)
      await client.query('rollback')
      throw new ProcessDied()
    }
    const result = await client.query(call)
    if (passes(after)) throw new ProcessDied()
    return result
  }

  function mortalClient(client: pg.PoolClient): pg.PoolClient {
    return new Proxy(client, {
      get(target, property) {
        if (property !== 'query') {
          const value: unknown = Reflect.get(target, property)
          return typeof value === 'function' ? value.bind(target) : value
        }
        return async (call: pg.QueryConfig | string, values?: unknown[]) => {
          // Ending a transaction is what the database does by itself when its client is gone.
          if (call === 'rollback') return target.query(call)
          live()
          return typeof call === 'string' ? target.query(call, values) : commit(target, call)
        }
      },
    })
  }

  return {
    get isDead() {
      return diedAt !== undefined
    },
    get diedAt() {
      return diedAt
    },
    arm(point) {
      armed = point
    },
    database: (db) => ({
      async query(text, values) {
        live()
        const result = await db.query(text, values)
        if (/^\s*insert into inbound_event\b/.test(text) && passes('K10')) throw new ProcessDied()
        return result as never
      },
      async connect() {
        live()
        return mortalClient(await db.connect())
      },
      end: () => db.end(),
    }),
    provider(connector, onWire) {
      const mortal: Connector = { ...connector }
      for (const verb of CALLS) {
        const call = connector[verb] as ((instruction: object) => Promise<unknown>) | undefined
        if (!call) continue
        Object.assign(mortal, {
          async [verb](instruction: object) {
            live()
            const isInstruction = verb !== 'lookup'
            if (isInstruction && passes('K4')) throw new ProcessDied()
            const answer = await call.call(connector, instruction)
            if (isInstruction) {
              if (passes('K5')) throw new ProcessDied()
              await onWire()
            }
            return answer
          },
        })
      }
      return mortal
    },
  }
}
