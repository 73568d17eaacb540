// Reads journals from their beginning and names what is wrong: an entry that was changed, one that is missing, one in the wrong place,
// an end that was cut off, a signature by a key that is not ours. It reads what is there and believes nothing of it.

import type { Queryable } from '../db/pool.ts'
import { beginningOf, hashOf } from './append.ts'
import { isSigned } from './key.ts'
import { type JournalRow, listEntries, listJournals, readEnd } from './store.ts'

export interface JournalFault {
  merchant_id: string
  register_id: string
  /** The entry it is about; of a missing one its number. */
  seq: bigint
  fault: 'changed' | 'missing' | 'misplaced' | 'unsigned' | 'cut_off'
}

/** Entries read at a time. */
const WINDOW = 1_000
/** Faults told of one journal: whoever sees these need not see more. */
const MOST_FAULTS = 100

export interface CheckedJournals {
  entries: number
  journals: number
  faults: JournalFault[]
}

/**
 * Checks the journals of one merchant, or of all. `publicKeyOf` gives the keys that are trusted by name, and null for any other: pass
 * those of the keys folder where there is one, because whoever can write the database can also write its list of keys.
 */
export async function checkJournals(
  db: Queryable,
  { merchantId, publicKeyOf }: { merchantId: string | null; publicKeyOf(keyId: string): Buffer | null },
): Promise<CheckedJournals> {
  const checked: CheckedJournals = { entries: 0, journals: 0, faults: [] }
  for (const journal of await listJournals(db, merchantId)) {
    checked.journals++
    const { entries, faults } = await checkJournal(db, journal, publicKeyOf)
    checked.entries += entries
    checked.faults.push(...faults)
  }
  return checked
}

async function checkJournal(
  db: Queryable,
  journal: Pick<JournalRow, 'merchant_id' | 'register_id'>,
  publicKeyOf: (keyId: string) => Buffer | null,
): Promise<{ entries: number; faults: JournalFault[] }> {
  const faults: JournalFault[] = []
  const say = (seq: bigint, fault: JournalFault['fault']) => {
    if (faults.length < MOST_FAULTS) faults.push({ ...journal, seq, fault })
  }
  let before = { seq: 0n, hash: beginningOf(journal.merchant_id, journal.register_id) }
  let entries = 0
  for (;;) {
    const of = { registerId: journal.register_id, after: before.seq, limit: WINDOW }
    const rows = await listEntries(db, journal.merchant_id, of)
    for (const row of rows) {
      entries++
      const isNext = row.seq === before.seq + 1n
      if (!isNext) say(before.seq + 1n, 'missing')
      if (!hashOf(row).equals(row.hash)) say(row.seq, 'changed')
      else if (!isSignedByUs(row, publicKeyOf)) say(row.seq, 'unsigned')
      else if (isNext && !row.previous_hash.equals(before.hash)) say(row.seq, 'misplaced')
      before = row
    }
    if (rows.length < WINDOW) break
  }
  const end = await readEnd(db, journal.merchant_id, journal.register_id)
  if (!end || end.seq !== before.seq || !end.hash.equals(before.hash)) say(before.seq + 1n, 'cut_off')
  return { entries, faults }
}

function isSignedByUs(row: JournalRow, publicKeyOf: (keyId: string) => Buffer | null): boolean {
  const publicKey = publicKeyOf(row.key_id)
  return publicKey !== null && isSigned(publicKey, row.hash, row.signature)
}
