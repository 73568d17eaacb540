// Appending to a register's journal. An entry goes into the transaction of what it tells of, so that there is never one without
// the other; appending holds the journal's end until the commit, which is what makes the numbers gap-free.

import { createHash } from 'node:crypto'
import type { Queryable, Tx } from '../db/pool.ts'
import { canonicalJson, type JsonValue } from '../lib/json.ts'
import type { JournalKey } from './key.ts'
import { insertEntry, type JournalRow, keepKey, lockEnd } from './store.ts'

export const JOURNAL_KINDS = [
  'receipt',
  'refund',
  'copy',
  'shift_opened',
  'shift_ended',
  'shift_counted',
  'paid_in',
  'paid_out',
  'drop',
  'no_sale',
  'x_report',
  'z_report',
  'supplement',
  'offline_sale',
  'late_cash',
] as const
export type JournalKind = (typeof JOURNAL_KINDS)[number]

export interface Journal {
  /** Appends an entry. `subjectId` is what it is about; `body` holds the facts, amounts in minor units. */
  append(
    tx: Tx,
    merchantId: string,
    entry: { registerId: string; kind: JournalKind; subjectId: string; body: { [name: string]: JsonValue }; at: Date },
  ): Promise<{ seq: bigint; hash: Buffer }>
}

/** Makes the journal of this process; notes the public half of its key with the first entry. */
export function createJournal({ db, key }: { db: Queryable; key: JournalKey }): Journal {
  let isKept = false
  return {
    async append(tx, merchantId, { registerId, kind, subjectId, body, at }) {
      if (!isKept) {
        await keepKey(db, { key_id: key.id, public_key: key.publicKey, first_used: at })
        isKept = true
      }
      const end = await lockEnd(tx, merchantId, { registerId, first: beginningOf(merchantId, registerId) })
      const unsigned = {
        ...{ merchant_id: merchantId, register_id: registerId, seq: end.seq + 1n, kind, subject_id: subjectId },
        ...{ body: canonicalJson(body), at, previous_hash: end.hash },
      }
      const hash = hashOf(unsigned)
      await insertEntry(tx, { ...unsigned, hash, signature: key.sign(hash), key_id: key.id })
      return { seq: unsigned.seq, hash }
    },
  }
}

/** What stands before the first entry: of each register another, so that no journal can be passed off as another one's. */
export function beginningOf(merchantId: string, registerId: string): Buffer {
  return createHash('sha256').update(`journal of ${registerId} of ${merchantId}`).digest()
}

/** SHA-256 over the hash before it and everything the entry says, each part on a line of its own. */
export function hashOf(row: Omit<JournalRow, 'hash' | 'signature' | 'key_id'>): Buffer {
  const said = [
    row.previous_hash.toString('hex'),
    row.merchant_id,
    row.register_id,
    String(row.seq),
    row.kind,
    row.subject_id,
    row.at.toISOString(),
    row.body,
  ]
  return createHash('sha256').update(said.join('\n')).digest()
}
