// The way to PostgreSQL: one pool, parameters always separate from text, bigint as bigint, and a mark on the current
// async context while a transaction is open, so that a network call inside one is a loud defect and not a stuck lock.

import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import { parseWithNames } from '../lib/escaped-names.ts'

/** Anything that runs one SQL statement: the pool (its own transaction) or an open transaction. */
export interface Queryable {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>>
}

/** The pool. Statements run each in a transaction of their own. */
export interface Db extends Queryable {
  connect(): Promise<pg.PoolClient>
  end(): Promise<void>
}

/** An open transaction: only `transact` makes one. */
export interface Tx extends Queryable {
  readonly inTransaction: true
  /**
   * Calls a function as the last thing of the transaction, in one message with its commit: for what takes a lock that everybody
   * wants. Asked for on its own, the lock would be held until this process, which may be busy, comes to send the commit.
   */
  atCommit(fn: string, args: readonly string[]): void
}

const openTransaction = new AsyncLocalStorage<true>()

const INT8_OID = 20
const JSON_OIDS: readonly number[] = [114, 3802]
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    // int8 holds money; a JS number would round above 2^53.
    if (oid === INT8_OID) return BigInt
    // The database escapes quotes and line ends in names of members, which JSON.parse may mix up.
    if (JSON_OIDS.includes(oid) && format !== 'binary') return parseWithNames
    return pg.types.getTypeParser(oid, format as 'text')
  },
} as pg.CustomTypesConfig

/** Statements kept prepared in a connection; more differing texts than this are not of our making. */
const MAX_PREPARED = 2_000
const statementNames = new Map<string, string>()

function statementName(text: string): string | undefined {
  const known = statementNames.get(text)
  if (known !== undefined || statementNames.size >= MAX_PREPARED) return known
  const name = `s${statementNames.size + 1}`
  statementNames.set(text, name)
  return name
}

/**
 * A connection that prepares each text once and keeps it: the database parses and plans it once, not at each call, which costs
 * more than running most of our statements. Texts without parameters go as they are.
 */
class PreparingClient extends pg.Client {
  override query(...args: unknown[]): never {
    const [text, values, ...rest] = args
    const name = typeof text === 'string' && Array.isArray(values) ? statementName(text) : undefined
    // The overloads of `query` cannot be written twice; what comes in goes on unchanged but for the name.
    const send = super.query as (...args: unknown[]) => never
    return name === undefined ? send.apply(this, args) : send.call(this, { name, text, values }, ...rest)
  }
}

/** The table of a prepared statement was altered: the connection would refuse that statement for ever. */
const STALE_PLAN = '0A000'

export interface PoolOptions {
  /** How many connections at most. Lanes take one each while a batch runs. */
  max?: number
  /** Shown in pg_stat_activity. */
  applicationName?: string
  /** How long a connection is kept that nobody uses; a new one has to plan everything anew. Default 10 s. */
  idleMs?: number
  /** Settings of each connection, such as `BY_KEY`. */
  settings?: Readonly<Record<string, string>>
  /** Works with the rights of this role from the first statement on (see migrate.ts); default the user's own. */
  role?: string
}

/**
 * For connections over which only rows are looked up by keys: plans of joins to a handful of keys by index, made once per statement
 * and connection whatever the keys. Planned anew each time, which a list of keys makes PostgreSQL do, they would cost more to plan
 * than to run. The set-based functions have the same settings.
 */
export const BY_KEY = {
  plan_cache_mode: 'force_generic_plan',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
} as const

function startWith(settings: Readonly<Record<string, string>>): { options?: string } {
  const words = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  return words.length === 0 ? {} : { options: words.join(' ') }
}

/** Opens a pool. `url` is a postgres:// URL or a socket form that `pg` understands. Connects lazily. */
export function openPool(url: string, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    Client: PreparingClient,
    connectionString: url,
    max: options.max ?? 12,
    application_name: options.applicationName ?? 'onetill',
    connectionTimeoutMillis: 10_000,
    ...(options.idleMs === undefined ? {} : { idleTimeoutMillis: options.idleMs }),
    // A statement that runs this long is a defect or a lock held by a dead session; failing it frees the caller.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
    ...startWith({ ...options.settings, ...(options.role ? { role: options.role } : {}) }),
    types,
  })
  // Without a listener a connection's end (database killed or restarted) would end the process. The pool listens to idle
  // connections only, and one that is lent out may end between two statements; the next statement on it then fails.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * Runs `work` in one READ COMMITTED transaction: commits on return, rolls back on throw. Money guards are single guarded
 * statements or row locks, which READ COMMITTED serves best (REPEATABLE READ would read an old snapshot after a lock).
 */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await db.connect()
  let broken: Error | undefined
  try {
    return await openTransaction.run(true, async () => {
      await client.query('begin')
      try {
        const last: string[] = []
        const result = await work({
          inTransaction: true,
          query: (text, values) => client.query(text, values),
          atCommit: (fn, args) => last.push(`select ${fn}(${args.map((arg) => pg.escapeLiteral(arg)).join(', ')})`),
        })
        // Where one of them fails, PostgreSQL leaves out what follows, the commit too.
        await client.query([...last, 'commit'].join(';\n'))
        return result
      } catch (error) {
        if ((error as { code?: unknown }).code === STALE_PLAN) broken = error as Error
        await client.query('rollback').catch((rollbackError: Error) => {
          broken = rollbackError
        })
        throw error
      }
    })
  } finally {
    client.release(broken)
  }
}

/** Two transactions that met in the wrong order, and one was let go. SQLSTATEs of serialization failure and deadlock. */
const WRONG_ORDER = new Set(['40001', '40P01'])
const MAX_TRIES = 4

/** Whether PostgreSQL undid a transaction for another's sake: run again, it may succeed. */
export function wasLetGo(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && WRONG_ORDER.has(code)
}

/** Does `work`, one transaction, again where that was let go for another's sake. */
export async function againIfLetGo<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!wasLetGo(error) || attempt === MAX_TRIES) throw error
    }
  }
}

/** As `transact`, and again where it was let go. `work` leaves nothing outside its transaction. */
export function transactAgain<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return againIfLetGo(() => transact(db, work))
}

/** Throws when the current async context holds a transaction open. Called before every network call to a PSP. */
export function assertNoOpenTransaction(): void {
  if (openTransaction.getStore()) throw new Error('a network call was made inside an open transaction')
}
