// The terminal's memory, in SQLite: what it answered, so that a till that heard nothing can ask; and the truth journal, which says
// what really happened to money whatever the till was told. It survives the death of the process where it has a file.

import { DatabaseSync } from 'node:sqlite'

/** What really happened, in minor units. */
export interface Truth {
  seq: number
  at: string
  poi_id: string
  /** `declined_later`: the host did not take what was approved without it; that money never moved. */
  what: 'approved' | 'declined' | 'canceled' | 'refunded' | 'reversed' | 'declined_later'
  service_id: string
  /** The till's own name of it. */
  sale_id: string
  transaction_id: string
  amount: number
  tip: number
  currency: string
  brand: string
}

/** An operation as it was answered. */
export interface Remembered {
  poi_id: string
  service_id: string
  category: string
  header: string
  /** The body of the answer, as JSON. */
  body: string
}

export interface TerminalStore {
  /** False when the terminal has seen this message before. */
  isNewMessage(poiId: string, serviceId: string, atMs: number): boolean
  remember(operation: Remembered): void
  /** By the number of the message, or the last one. */
  find(poiId: string, serviceId: string | null): Remembered | undefined
  record(truth: Omit<Truth, 'seq'>): void
  /** Oldest first, after a sequence; of one terminal or of all. */
  journal(query?: { poiId?: string; after?: number; limit?: number }): Truth[]
  /** What was charged by this transaction, and what of it was taken back, at whichever terminal. */
  charged(transactionId: string): { amount: number; reversed: number; currency: string; brand: string } | undefined
  /** Whether the host did not take what was approved without it. */
  wasDeclinedLater(poiId: string, serviceId: string): boolean
  close(): void
}

/** As many operations as a terminal can be asked about. */
const REMEMBERED = 50
/** A number may come again after two days. */
const NUMBER_MS = 48 * 3_600_000
const MAX_ROWS = 10_000

export function openTerminalStore(path: string): TerminalStore {
  const db = new DatabaseSync(path)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = off;
    create table if not exists message_number (
      poi_id text, service_id text, at_ms integer, primary key (poi_id, service_id)) without rowid;
    create table if not exists answered (
      seq integer primary key, poi_id text, service_id text, category text, header text, body text);
    create index if not exists answered_by_terminal on answered (poi_id, seq);
    create table if not exists truth (
      seq integer primary key autoincrement, at text, poi_id text, what text, service_id text, sale_id text,
      transaction_id text, amount integer, tip integer, currency text, brand text);
    create index if not exists truth_by_transaction on truth (transaction_id);
    create index if not exists truth_by_message on truth (poi_id, service_id);
  `)
  const number = db.prepare(
    `insert into message_number values (?, ?, ?) on conflict (poi_id, service_id) do update set at_ms = excluded.at_ms
     where message_number.at_ms < excluded.at_ms - ${NUMBER_MS}`,
  )
  const insert = db.prepare('insert into answered values (null, ?, ?, ?, ?, ?)')
  const update = db.prepare('update answered set body = ? where poi_id = ? and service_id = ?')
  const forget = db.prepare(
    `delete from answered where poi_id = ? and seq <= (
       select seq from answered where poi_id = ? order by seq desc limit 1 offset ${REMEMBERED})`,
  )
  const columns = 'poi_id, service_id, category, header, body'
  const byNumber = db.prepare(`select ${columns} from answered where poi_id = ? and service_id = ?`)
  const last = db.prepare(`select ${columns} from answered where poi_id = ? order by seq desc limit 1`)
  const truth = db.prepare('insert into truth values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const rows = db.prepare('select * from truth where seq > ? and (? is null or poi_id = ?) order by seq limit ?')
  const sums = db.prepare(
    `select sum(case when what = 'approved' then amount else 0 end) as amount,
            sum(case when what = 'reversed' then amount else 0 end) as reversed,
            sum(what = 'declined_later') as lost,
            max(currency) as currency, max(brand) as brand
       from truth where transaction_id = ?`,
  )
  const late = db.prepare(`select 1 from truth where poi_id = ? and service_id = ? and what = 'declined_later'`)
  return {
    isNewMessage: (poiId, serviceId, atMs) => Number(number.run(poiId, serviceId, atMs).changes) === 1,
    remember({ poi_id, service_id, category, header, body }) {
      if (Number(update.run(body, poi_id, service_id).changes) > 0) return
      insert.run(poi_id, service_id, category, header, body)
      forget.run(poi_id, poi_id)
    },
    find: (poiId, serviceId) =>
      (serviceId === null ? last.get(poiId) : byNumber.get(poiId, serviceId)) as Remembered | undefined,
    record(row) {
      const { at, poi_id, what, service_id, sale_id, transaction_id, amount, tip, currency, brand } = row
      truth.run(at, poi_id, what, service_id, sale_id, transaction_id, amount, tip, currency, brand)
    },
    journal: ({
      poiId = null,
      after = 0,
      limit = 1000,
    }: {
      poiId?: string | null
      after?: number
      limit?: number
    } = {}) => rows.all(after, poiId, poiId, Math.min(limit, MAX_ROWS)) as unknown as Truth[],
    charged(transactionId) {
      const row = sums.get(transactionId) as
        | { amount: number | null; reversed: number; lost: number; currency: string; brand: string }
        | undefined
      if (!row?.amount || row.lost > 0) return undefined
      return { amount: row.amount, reversed: row.reversed, currency: row.currency, brand: row.brand }
    },
    wasDeclinedLater: (poiId, serviceId) => late.get(poiId, serviceId) !== undefined,
    close: () => db.close(),
  }
}
