// What people decide: whether a document that was set apart is booked as it stands, and what became of what there was to look at. The
// document itself stays as it came.

import { type Tx, transact } from '../db/pool.ts'
import type { TillPlace } from '../http/auth.ts'
import { Problem } from '../lib/problem.ts'
import { bookSale } from './book.ts'
import type { OfflineDeps } from './deps.ts'
import { isFault, readDocument } from './document.ts'
import { bookingFault, hasShift } from './judge.ts'
import { hashOf } from './key.ts'
import { lockSale, type ReviewCode, readSale, resolveReview, type SaleRow, updateSale } from './sale-store.ts'
import { readDocumentRow } from './store.ts'
import { tellEvent, tellSale } from './tell.ts'

/** Who decides, and where. */
export interface Decider {
  id: string
  till: TillPlace | undefined
}

export interface Decision {
  id: string
  reason: string
  by: Decider
}

/** A process that dies between deciding and booking leaves the booking to the worker. */
const TAKEN_UP_MS = 30_000

/**
 * Books a document that was set apart, as it stands; accepted already, it stays so. Throws not-found, other-till, invalid-state for one
 * that was rejected, or that cannot be booked whoever accepts it.
 */
export async function acceptSale(deps: OfflineDeps, merchantId: string, { id, reason, by }: Decision): Promise<void> {
  const before = await saleFor(deps, merchantId, id, by.till)
  const shift = before.status === 'quarantined' ? await bookable(deps, merchantId, id) : {}
  await transact(deps.db, async (tx) => {
    const sale = await lockSale(tx, merchantId, id)
    if (sale?.status === 'rejected') throw new Problem('invalid-state', { detail: 'The sale was rejected.' })
    if (sale?.status !== 'quarantined') return
    const at = deps.clock.now()
    await decide(deps, tx, merchantId, sale, {
      ...{ ...shift, status: 'accepted', decided_by: by.id, decided_at: at, decision: reason },
      ...{ order_id: deps.newId('ord'), due_at: new Date(at.getTime() + TAKEN_UP_MS) },
    })
  })
  await bookSale(deps, merchantId, id)
  await deps.followUp(merchantId)
}

/** Says that a document is never booked; rejected already, it stays so. Throws not-found, other-till, invalid-state. */
export async function rejectSale(deps: OfflineDeps, merchantId: string, { id, reason, by }: Decision): Promise<void> {
  await saleFor(deps, merchantId, id, by.till)
  await transact(deps.db, async (tx) => {
    const sale = await lockSale(tx, merchantId, id)
    if (sale?.status === 'accepted') throw new Problem('invalid-state', { detail: 'The sale was accepted.' })
    if (sale?.status !== 'quarantined') return
    const decided = { decided_by: by.id, decided_at: deps.clock.now(), decision: reason }
    await decide(deps, tx, merchantId, sale, { status: 'rejected', ...decided })
  })
}

/** Ends what there was to look at; ended already, it stays so. Throws not-found, other-till. */
export async function resolve(
  deps: OfflineDeps,
  merchantId: string,
  { id, code, note, by }: { id: string; code: ReviewCode; note: string; by: Decider },
): Promise<void> {
  await saleFor(deps, merchantId, id, by.till)
  await transact(deps.db, async (tx) => {
    const sale = await lockSale(tx, merchantId, id)
    if (!sale) throw new Problem('not-found')
    const at = deps.clock.now()
    const done = await resolveReview(tx, merchantId, { saleId: id, code, by: by.id, note, at })
    if (done === 'unknown') throw new Problem('not-found')
    if (done === 'was_resolved') return
    const version = sale.version + 1
    await updateSale(tx, merchantId, id, { version })
    const news = { type: 'offline_sale.reviewed', by: by.id, at, more: { review: code, note } }
    await tellEvent(deps, tx, merchantId, { ...sale, version }, news)
  })
}

/** A sale of the merchant, and at a till of its register. Throws not-found, other-till. */
export async function saleFor(
  deps: Pick<OfflineDeps, 'db'>,
  merchantId: string,
  id: string,
  till: TillPlace | undefined,
): Promise<SaleRow> {
  const sale = await readSale(deps.db, merchantId, id)
  if (!sale) throw new Problem('not-found')
  if (till && till.registerId !== sale.register_id) throw new Problem('other-till')
  return sale
}

/** What changes of a document's facts when it is booked: a shift that there was not is none. Throws invalid-state. */
async function bookable(deps: OfflineDeps, merchantId: string, id: string): Promise<Partial<SaleRow>> {
  const row = await readDocumentRow(deps.db, merchantId, id)
  const document = readDocument(row?.document ?? '')
  const fault = isFault(document) ? document : await bookingFault(deps, merchantId, document)
  if (fault)
    throw new Problem('invalid-state', {
      detail: `It cannot be booked as it stands: ${fault.detail} Reject it, and enter the sale by hand.`,
    })
  return isFault(document) || (await hasShift(deps.db, merchantId, document)) ? {} : { shift_id: null }
}

/** Writes a decision and tells of it, with the connection that holds the sale. */
async function decide(
  deps: OfflineDeps,
  tx: Tx,
  merchantId: string,
  sale: SaleRow,
  decision: Partial<SaleRow> & { decided_by: string; decided_at: Date },
): Promise<void> {
  const change = { ...decision, version: sale.version + 1 }
  await updateSale(tx, merchantId, sale.id, change)
  const row = await readDocumentRow(tx, merchantId, sale.id)
  const hash = row?.is_signed ? hashOf(row.document) : null
  await tellSale(
    deps,
    tx,
    merchantId,
    { ...sale, ...change },
    { by: decision.decided_by, at: decision.decided_at, hash },
  )
}
