// The simulated provider's memory, in SQLite: flat in memory under millions of charges, and it survives the death of the
// process (not a power cut: nobody's money is in it). Effects are committed before an answer leaves, one transaction for
// all requests of the same turn of the event loop, because a commit costs five times a sale.

import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { OperationKind } from '../connector.ts'
import type { Effect, JournalRow, Operation } from './psp.ts'

/** Something to do later: settle a pending charge, take back a success, open a dispute, let an authorisation lapse. */
export interface Timer {
  id: bigint
  due_at: bigint
  account: string
  operation_id: string
  what: 'succeed' | 'decline' | 'page_expired' | 'reverse' | 'dispute' | 'authorization_expired'
}

/** A webhook waiting to be delivered. */
export interface QueuedWebhook {
  id: bigint
  account: string
  event_id: string
  url: string
  body: string
  due_at: bigint
  attempt: bigint
}

/** A hosted page a customer can open: its unguessable token and the charge it decides. */
export interface PageRow {
  token: string
  account: string
  operation_id: string
  expires_at: bigint
}

export interface Store {
  /** Runs `change` inside the current batch; what it throws undoes the whole batch. */
  write<T>(change: () => T): T
  /** Resolves once everything written so far is committed. */
  committed(): Promise<void>
  operation(account: string, operationId: string): Operation | undefined
  insertOperation(operation: Operation): void
  updateOperation(operation: Operation): void
  appendJournal(at: string, operation: Operation, amount: bigint, effect: Effect): void
  journal(query: { after?: number; limit?: number }): JournalRow[]
  addTimer(timer: Omit<Timer, 'id'>): void
  dueTimers(nowMs: number, limit: number): Timer[]
  removeTimer(id: bigint): void
  /** Forgets what was planned of these kinds for an operation. */
  removeTimers(account: string, operationId: string, kinds: readonly Timer['what'][]): void
  addWebhook(webhook: Omit<QueuedWebhook, 'id' | 'attempt'>): void
  dueWebhooks(nowMs: number, limit: number): QueuedWebhook[]
  webhookAttempted(id: bigint, nextDueMs: number | null): void
  addPage(page: PageRow): void
  page(token: string): PageRow | undefined
  pages(limit: number): PageRow[]
  /** Settings that outlive the process: fault plans, terminals, webhook secrets. */
  setting(name: string): string | undefined
  setSetting(name: string, value: string | null): void
  /** True the first time it is asked for this operation: a fault that stops a request strikes once, or retries could never pass. */
  spendFault(account: string, operationId: string): boolean
  close(): void
}

const OPERATION_COLUMNS = [
  'account',
  'operation_id',
  'payment_id',
  'kind',
  'method',
  'state',
  'amount',
  'currency',
  'psp_reference',
  'charge_id',
  'authorized',
  'captured',
  'refunded',
  'over_capture_bp',
  'is_single_capture',
  'is_closed',
  'expires_at',
  'visible_at',
  'behaviour',
  'webhook_fault',
  'alias',
  'webhook_url',
  'return_url',
  'reference',
  'country',
  'answer',
  'created_at',
] as const satisfies readonly (keyof Operation)[]

/** The columns that change after an operation was made. */
const CHANGING_COLUMNS = ['state', 'authorized', 'captured', 'refunded', 'is_closed', 'expires_at', 'answer'] as const

const SCHEMA = `
create table if not exists operation (
  account text not null, operation_id text not null, payment_id text not null, kind text not null, method text not null,
  state text not null, amount integer not null, currency text not null, psp_reference text not null, charge_id text,
  authorized integer not null, captured integer not null, refunded integer not null, over_capture_bp integer not null,
  is_single_capture integer not null, is_closed integer not null, expires_at integer not null, visible_at integer not null,
  behaviour text not null, webhook_fault text not null, alias text not null, webhook_url text not null, return_url text not null,
  reference text not null, country text not null, answer text not null, created_at integer not null,
  primary key (account, operation_id),
  check (refunded >= 0 and captured >= 0 and authorized >= 0)
) without rowid;
create table if not exists journal (
  seq integer primary key, at text not null, account text not null, operation_id text not null, payment_id text not null,
  kind text not null, amount integer not null check (amount >= 0), currency text not null, effect text not null
);
create table if not exists timer (id integer primary key, due_at integer not null, account text not null, operation_id text not null, what text not null);
create index if not exists timer_due on timer (due_at);
create index if not exists timer_operation on timer (account, operation_id);
create table if not exists webhook (
  id integer primary key, account text not null, event_id text not null, url text not null, body text not null,
  due_at integer not null, attempt integer not null default 0
);
create index if not exists webhook_due on webhook (due_at, id);
create table if not exists page (token text primary key, account text not null, operation_id text not null, expires_at integer not null) without rowid;
create table if not exists setting (name text primary key, value text not null) without rowid;
create table if not exists spent_fault (account text not null, operation_id text not null, primary key (account, operation_id)) without rowid;
`

/** Opens the memory at `path` (':memory:' forgets at the end of the process). */
export function openStore(path: string): Store {
  const db = new DatabaseSync(path)
  // WAL and no fsync: the operating system keeps the pages when the process is killed, which is the fault tests make.
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = off; pragma busy_timeout = 5000; pragma journal_size_limit = 16777216',
  )
  db.exec(SCHEMA)
  const all = <R>(sql: string) => {
    const statement = db.prepare(sql)
    statement.setReadBigInts(true)
    return (...values: SQLInputValue[]) => statement.all(...values) as R[]
  }
  const one = <R>(sql: string) => {
    const statement = db.prepare(sql)
    statement.setReadBigInts(true)
    return (...values: SQLInputValue[]) => statement.get(...values) as R | undefined
  }
  const run = (sql: string) => {
    const statement = db.prepare(sql)
    return (...values: SQLInputValue[]) => statement.run(...values)
  }

  const begin = run('begin immediate')
  const commit = run('commit')
  const rollback = run('rollback')
  let batch: { done: Promise<void>; fail: (error: unknown) => void } | undefined

  /** Opens the batch of this turn; it commits when the turn's requests have all been computed. */
  function openBatch(): void {
    let resolve!: () => void
    let reject!: (error: unknown) => void
    const done = new Promise<void>((ok, no) => {
      resolve = ok
      reject = no
    })
    // Nobody may be waiting (a timer's own writes); an unhandled rejection would end the process.
    done.catch(() => {})
    begin()
    const opened = { done, fail: reject }
    batch = opened
    setImmediate(() => {
      if (batch !== opened) return
      batch = undefined
      try {
        commit()
        resolve()
      } catch (error) {
        reject(error)
      }
    })
  }

  const insertOperation = run(
    `insert into operation (${OPERATION_COLUMNS.join(', ')}) values (${OPERATION_COLUMNS.map(() => '?').join(', ')})`,
  )
  const updateOperation = run(
    `update operation set ${CHANGING_COLUMNS.map((column) => `${column} = ?`).join(', ')} where account = ? and operation_id = ?`,
  )
  const operation = one<Operation>('select * from operation where account = ? and operation_id = ?')
  const appendJournal = run(
    'insert into journal (at, account, operation_id, payment_id, kind, amount, currency, effect) values (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const journal = all<Omit<JournalRow, 'seq' | 'kind'> & { seq: bigint; kind: OperationKind }>(
    'select * from journal where seq > ? order by seq limit ?',
  )
  const addTimer = run('insert into timer (due_at, account, operation_id, what) values (?, ?, ?, ?)')
  const dueTimers = all<Timer>('select * from timer where due_at <= ? order by due_at, id limit ?')
  const removeTimer = run('delete from timer where id = ?')
  const removeTimerOf = run('delete from timer where account = ? and operation_id = ? and what = ?')
  const addWebhook = run('insert into webhook (account, event_id, url, body, due_at) values (?, ?, ?, ?, ?)')
  const dueWebhooks = all<QueuedWebhook>('select * from webhook where due_at <= ? order by due_at, id limit ?')
  const removeWebhook = run('delete from webhook where id = ?')
  const delayWebhook = run('update webhook set attempt = attempt + 1, due_at = ? where id = ?')
  const addPage = run('insert into page (token, account, operation_id, expires_at) values (?, ?, ?, ?)')
  const page = one<PageRow>('select * from page where token = ?')
  const pages = all<PageRow>('select * from page order by expires_at desc limit ?')
  const setting = one<{ value: string }>('select value from setting where name = ?')
  const setSetting = run(
    'insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value',
  )
  const removeSetting = run('delete from setting where name = ?')
  const spendFault = run('insert or ignore into spent_fault (account, operation_id) values (?, ?)')

  return {
    write(change) {
      if (!batch) openBatch()
      try {
        return change()
      } catch (error) {
        const failed = batch
        batch = undefined
        rollback()
        failed?.fail(error)
        throw error
      }
    },
    committed: () => batch?.done ?? Promise.resolve(),
    operation: (account, operationId) => operation(account, operationId),
    insertOperation: (row) => void insertOperation(...OPERATION_COLUMNS.map((column) => row[column])),
    updateOperation: (row) =>
      void updateOperation(...CHANGING_COLUMNS.map((column) => row[column]), row.account, row.operation_id),
    appendJournal: (at, row, amount, effect) =>
      void appendJournal(at, row.account, row.operation_id, row.payment_id, row.kind, amount, row.currency, effect),
    journal: ({ after = 0, limit = 1000 }) => journal(after, limit).map((row) => ({ ...row, seq: Number(row.seq) })),
    addTimer: (timer) => void addTimer(timer.due_at, timer.account, timer.operation_id, timer.what),
    dueTimers: (nowMs, limit) => dueTimers(nowMs, limit),
    removeTimer: (id) => void removeTimer(id),
    removeTimers(account, operationId, kinds) {
      for (const kind of kinds) removeTimerOf(account, operationId, kind)
    },
    addWebhook: (webhook) =>
      void addWebhook(webhook.account, webhook.event_id, webhook.url, webhook.body, webhook.due_at),
    dueWebhooks: (nowMs, limit) => dueWebhooks(nowMs, limit),
    webhookAttempted: (id, nextDueMs) => void (nextDueMs === null ? removeWebhook(id) : delayWebhook(nextDueMs, id)),
    addPage: (row) => void addPage(row.token, row.account, row.operation_id, row.expires_at),
    page: (token) => page(token),
    pages: (limit) => pages(limit),
    setting: (name) => setting(name)?.value,
    setSetting: (name, value) => void (value === null ? removeSetting(name) : setSetting(name, value)),
    spendFault: (account, operationId) => spendFault(account, operationId).changes > 0,
    close() {
      if (batch) {
        batch = undefined
        commit()
      }
      db.close()
    },
  }
}
