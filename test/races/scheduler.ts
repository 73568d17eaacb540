// Decides which of several database sessions runs its next statement. Each actor has a connection of its own and is parked
// before every statement; the only chance is which parked actor goes next, so a seed replays an interleaving on a real
// database. An actor that does not finish its statement is only set aside when the database itself says that it waits for
// another session's lock: a pause proves nothing.

import pg from 'pg'
import { type Db, openPool } from '../../server/db/pool.ts'
import { systemClock } from '../../server/lib/clock.ts'
import type { Random } from '../world-luck.ts'

/** Runs one statement when the scheduler says so. */
export type Statement = <R extends pg.QueryResultRow>(call: string | pg.QueryConfig, values?: unknown[]) => Promise<R[]>

/** What one session does. Refusals are its own affair; what it throws fails the test. */
export type Actor = (run: Statement) => Promise<void>

interface Session {
  pid: number
  /** Lets the parked statement go; undefined while it runs or there is none. */
  release: (() => void) | undefined
  isRunning: boolean
  isDone: boolean
}

export interface Sessions {
  /** Lets the actors run to their end in an order that follows from `random`. Returns that order, one letter per statement. */
  interleave(random: Random, actors: readonly Actor[]): Promise<string>
  close(): Promise<void>
}

/** A statement that is neither finished nor blocked after this many looks is stuck for another reason. */
const MAX_LOOKS = 20_000

/** Opens `count` connections for actors and one for looking at them. */
export async function openSessions(url: string, count: number): Promise<Sessions> {
  const pools = Array.from({ length: count }, () => openPool(url, { max: 1, applicationName: 'onetill actor' }))
  const watcher = new pg.Client({ connectionString: url })
  await watcher.connect()
  // Lent for good: a pool gives up a connection on which a statement failed, and with it the transaction and the process id.
  const clients = await Promise.all(pools.map((pool) => pool.connect()))
  const pids = await Promise.all(clients.map((client) => pidOf(client)))

  async function isBlocked(pid: number): Promise<boolean> {
    const { rows } = await watcher.query<{ blockers: number }>('select cardinality(pg_blocking_pids($1)) as blockers', [
      pid,
    ])
    return (rows[0]?.blockers ?? 0) > 0
  }

  /** Waits until the actor is parked, done, or proven to wait for a lock. */
  async function settle(session: Session): Promise<void> {
    for (let look = 0; !session.release && !session.isDone; look++) {
      if (look === MAX_LOOKS) throw new Error('an actor neither goes on nor waits for a lock')
      if (session.isRunning && (await isBlocked(session.pid))) return
      await systemClock.sleep(0)
    }
  }

  return {
    async interleave(random, actors) {
      const sessions = pids
        .slice(0, actors.length)
        .map((pid): Session => ({ pid, release: undefined, isRunning: false, isDone: false }))
      const failures: unknown[] = []
      const ends = actors.map((actor, i) => {
        const session = sessions[i] as Session
        return actor(statementOf(clients[i] as pg.PoolClient, session))
          .catch((error: unknown) => failures.push(error))
          .finally(() => {
            session.isDone = true
          })
      })
      let order = ''
      for (;;) {
        // Whoever was blocked may have been let go by the last commit: everybody settles before the next is chosen.
        for (const session of sessions) await settle(session)
        if (sessions.every(({ isDone }) => isDone)) break
        const parked = sessions.filter(({ release }) => release !== undefined)
        if (parked.length === 0) continue
        const next = parked[Math.floor(random() * parked.length)] as Session
        order += 'ABCDEFGH'[sessions.indexOf(next)]
        next.release?.()
      }
      await Promise.all(ends)
      if (failures.length > 0) throw failures[0]
      return order
    },
    async close() {
      for (const client of clients) client.release()
      await Promise.all(pools.map((pool) => pool.end()))
      await watcher.end()
    },
  }
}

async function pidOf(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid as number
}

function statementOf(client: pg.PoolClient, session: Session): Statement {
  return async (call, values) => {
    await new Promise<void>((resolve) => {
      session.release = () => {
        session.release = undefined
        session.isRunning = true
        resolve()
      }
    })
    try {
      const { rows } = typeof call === 'string' ? await client.query(call, values) : await client.query(call)
      return rows
    } finally {
      session.isRunning = false
    }
  }
}

/**
 * The program's database over an actor's statements. What the program sends as one call that is its own transaction is
 * opened up into begin, call and commit, so that others can come between them as they can between two machines.
 */
export function scheduledDb(run: Statement): Db {
  const inTransaction = async (call: pg.QueryConfig) => {
    await run('begin')
    try {
      const rows = await run(call)
      await run('commit')
      return { rows }
    } catch (error) {
      await run('rollback')
      throw error
    }
  }
  const client = {
    query: async (call: string | pg.QueryConfig, values?: unknown[]) =>
      typeof call === 'string' ? { rows: await run(call, values) } : inTransaction(call),
    release() {},
  }
  return {
    query: (async (text: string, values?: unknown[]) => ({ rows: await run(text, values) })) as unknown as Db['query'],
    connect: async () => client as unknown as pg.PoolClient,
    async end() {},
  }
}
