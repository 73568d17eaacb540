// Takes documents as a till sends them, each in a transaction of its own. Whatever comes is kept: what is right is accepted, anything
// else is set apart with its reason. What was there before is answered as it was, so that sending twice, or twice at once, is once.

import { createHash } from 'node:crypto'
import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { OfflineDeps } from './deps.ts'
import { type Fault, isFault, readDocument, type SaleDocument } from './document.ts'
import { faultOf } from './judge.ts'
import { type ChainEnd, endOf, hashOf, isSignedBy } from './key.ts'
import { insertSale, newSale, readSale, type SaleRow } from './sale-store.ts'
import {
  insertDocument,
  insertLink,
  type KeyRow,
  keysOfDevice,
  type LinkRow,
  lastLink,
  lockKey,
  sameDocument,
  spoiledWithHash,
} from './store.ts'
import { tellSale } from './tell.ts'

/** A document as it comes: its text, and what the till says is its hash and signature. */
export interface Sent {
  document: string
  hash: string
  signature: string
}

/** A booking that its own request has not finished is taken up by the worker after this: the process died. */
const TAKEN_UP_MS = 30_000

/** Spoiled documents in a row over which a chain goes on. */
const MOST_SPOILED = 100

/** What is known of one document while it is taken. */
interface Taking {
  sent: Sent
  /** The till that sends it. */
  sentBy: string
  read: SaleDocument | Fault
  key: KeyRow | null
  /** It is what its key signed, whole. */
  isSigned: boolean
  fingerprint: Buffer
  at: Date
}

/**
 * Takes one document, and answers what became of it; booking it is another step. Throws offline-gap for one that is signed rightly
 * and whose chain has not come so far: then nothing of it is kept.
 */
export async function takeDocument(
  deps: OfflineDeps,
  merchantId: string,
  { sent, sentBy }: { sent: Sent; sentBy: string },
): Promise<SaleRow> {
  return transact(deps.db, async (tx) => {
    const taking = await lookAt(deps, tx, merchantId, { sent, sentBy })
    const known = await sameDocument(tx, merchantId, taking.fingerprint)
    const id = known ?? (await keep(deps, tx, merchantId, taking))
    const sale = await readSale(tx, merchantId, id)
    if (!sale) throw new Error('a document without what became of it')
    return sale
  })
}

/** Where the chain goes on that the last of these documents belongs to; else that of the device's newest key, null without one. */
export async function chainEnd(
  deps: OfflineDeps,
  merchantId: string,
  { sent, deviceId }: { sent: readonly Sent[]; deviceId: string },
): Promise<ChainEnd | null> {
  const last = sent.at(-1)
  const read = last && readDocument(last.document)
  const named = read && !isFault(read) ? read.key_id : undefined
  const keyId = named ?? (await keysOfDevice(deps.db, merchantId, deviceId))[0]?.id
  return keyId === undefined ? null : endOf(keyId, await lastLink(deps.db, merchantId, keyId))
}

/** Reads a document, and locks its chain where it names one. */
async function lookAt(
  deps: OfflineDeps,
  tx: Tx,
  merchantId: string,
  { sent, sentBy }: Pick<Taking, 'sent' | 'sentBy'>,
): Promise<Taking> {
  const read = readDocument(sent.document)
  const key = isFault(read) ? null : await lockKey(tx, merchantId, read.key_id)
  const isSigned = key !== null && isSignedBy(key.public_key, sent.document, sent.signature)
  // Signing again gives another signature of the same document.
  const whole = isSigned ? sent.document : [sent.document, sent.hash, sent.signature].join('\n')
  const fingerprint = createHash('sha256').update(whole, 'utf8').digest()
  return { sent, sentBy, read, key, isSigned, fingerprint, at: deps.clock.now() }
}

/** Keeps a document that is new, and answers its id. */
async function keep(deps: OfflineDeps, tx: Tx, merchantId: string, taking: Taking): Promise<string> {
  const { sent, sentBy, read, isSigned, fingerprint, at } = taking
  const hash = hashOf(sent.document)
  const place = await placeOf(tx, merchantId, taking)
  const own = isSigned && !isFault(read) ? read.id : null
  const row = { fingerprint, ...sent, is_signed: isSigned, sent_by: sentBy, received_at: at }
  const isFree = own !== null && (await insertDocument(tx, merchantId, { ...row, id: own }))
  const id = isFree ? own : deps.newId('ofs')
  if (!isFree && !(await insertDocument(tx, merchantId, { ...row, id })))
    return (await sameDocument(tx, merchantId, fingerprint)) as string
  for (const link of place.before) await insertLink(tx, merchantId, link)
  if (place.isTaken && !isFault(read)) await insertLink(tx, merchantId, { ...linkOf(read), document_id: id, hash })
  const fault = place.fault ?? (isFree ? await judged(deps, tx, merchantId, taking) : ID_TAKEN)
  const sale = newSale({
    ...{ id, received_at: at, ...factsOf(read) },
    ...(fault
      ? { status: 'quarantined', reason: fault.code, reason_detail: fault.detail }
      : { status: 'accepted', order_id: deps.newId('ord'), due_at: new Date(at.getTime() + TAKEN_UP_MS) }),
  })
  await insertSale(tx, merchantId, sale)
  await tellSale(deps, tx, merchantId, sale, { by: sentBy, at, hash: isSigned ? hash : null })
  return id
}

const ID_TAKEN: Fault = { code: 'id_taken', detail: 'Another document has its id.' }

async function judged(deps: OfflineDeps, tx: Tx, merchantId: string, { read, key, at }: Taking): Promise<Fault | null> {
  if (isFault(read) || !key) throw new Error('judging a document that cannot be read')
  return faultOf(deps, tx, merchantId, { document: read, key, at })
}

/** Where a document stands in its chain, and what is wrong with that. */
interface Place {
  /** Places before it that spoiled documents fill. */
  before: LinkRow[]
  /** False for one that stands in no chain. */
  isTaken: boolean
  fault: Fault | null
}

/** Throws offline-gap. */
async function placeOf(tx: Tx, merchantId: string, { sent, read, key, isSigned }: Taking): Promise<Place> {
  const nowhere = (code: string, detail: string): Place => ({ before: [], isTaken: false, fault: { code, detail } })
  if (isFault(read)) return nowhere(read.code, read.detail)
  if (!key) return nowhere('unknown_key', 'No till of yours has made this key known.')
  const isWhole = hashOf(sent.document) === sent.hash
  if (!isSigned && !isWhole) return nowhere('hash_wrong', 'The text is not the one that was hashed.')
  if (!isSigned) return nowhere('signature_wrong', 'The text was not signed with this key.')
  const { next_sequence, last_hash } = endOf(key.id, await lastLink(tx, merchantId, key.id))
  if (read.sequence < next_sequence)
    return nowhere('sequence_taken', 'Its place in the chain is that of another document.')
  const before = await spoiledBefore(tx, merchantId, { document: read, next: next_sequence, last: last_hash })
  if (!before)
    throw new Problem('offline-gap', {
      detail: `The next document of this chain is number ${next_sequence}, and this is ${read.sequence}.`,
      more: { next_sequence },
    })
  const follows = (before[0]?.previous_hash ?? read.previous_hash) === last_hash
  const broken: Fault = { code: 'chain_broken', detail: 'It does not refer to the document before it.' }
  const fault = isWhole ? null : { code: 'hash_wrong', detail: 'Its hash is not that of its text.' }
  return { before, isTaken: true, fault: follows ? fault : broken }
}

/**
 * The documents between the end of a chain and this one that came spoiled, found by the hashes that each next one refers to: this one is
 * signed, and by that they are what stood there. Null where one is missing.
 */
async function spoiledBefore(
  tx: Tx,
  merchantId: string,
  { document, next, last }: { document: SaleDocument; next: number; last: string },
): Promise<LinkRow[] | null> {
  const links: LinkRow[] = []
  let hash = document.previous_hash
  for (let sequence = document.sequence - 1; sequence >= next; sequence--) {
    const [spoiled] = links.length < MOST_SPOILED ? await spoiledWithHash(tx, merchantId, hash) : []
    if (!spoiled) return null
    const read = readDocument(spoiled.document)
    if (isFault(read) && sequence > next) return null
    const previous_hash = isFault(read) ? last : read.previous_hash
    links.unshift({ key_id: document.key_id, sequence: BigInt(sequence), document_id: spoiled.id, previous_hash, hash })
    hash = previous_hash
  }
  return links
}

function linkOf({
  key_id,
  sequence,
  previous_hash,
}: SaleDocument): Pick<LinkRow, 'key_id' | 'sequence' | 'previous_hash'> {
  return { key_id, sequence: BigInt(sequence), previous_hash }
}

/** What a document says of itself, for lists. Believed only of one that is signed; shown of any. */
function factsOf(read: SaleDocument | Fault): Partial<SaleRow> {
  if (isFault(read)) return {}
  const { id, device_id, register_id, key_id, sequence, shift_id, sold_at, currency, total, receipt_code } = read
  return {
    ...{ document_id: id, device_id, register_id, key_id, sequence: BigInt(sequence), shift_id },
    ...{ sold_at: new Date(sold_at), currency, total: BigInt(total), receipt_code },
  }
}
