// What the API shows of offline sales.

import type { Queryable } from '../db/pool.ts'
import { receiptIdsOf } from '../receipts/index.ts'
import { type ReviewRow, reviewsOf, type SaleRow } from './sale-store.ts'
import { linkOfDocument, readDocumentRow } from './store.ts'

/** A sale with what there is to look at and its receipt, once it is written. */
export interface Seen {
  sale: SaleRow
  reviews: ReviewRow[]
  receiptId: string | null
}

/** What belongs to some sales, in their order. */
export async function seen(db: Queryable, merchantId: string, sales: readonly SaleRow[]): Promise<Seen[]> {
  const ids = sales.map(({ id }) => id)
  const paymentIds = sales.flatMap(({ payment_id }) => payment_id ?? [])
  const [reviews, receipts] = await Promise.all([
    reviewsOf(db, merchantId, ids),
    receiptIdsOf(db, merchantId, paymentIds),
  ])
  const bySale = Map.groupBy(reviews, ({ sale_id }) => sale_id)
  return sales.map((sale) => ({
    ...{ sale, reviews: bySale.get(sale.id) ?? [] },
    receiptId: receipts.get(sale.payment_id ?? '') ?? null,
  }))
}

/** What an upload answers of one document. */
export function resultView({ sale, reviews, receiptId }: Seen, hash: string) {
  return {
    ...{ id: sale.id, document_id: sale.document_id, hash, sequence: numberOr(sale.sequence), status: sale.status },
    ...{ order_id: orderOf(sale), receipt_id: receiptId },
    reviews: reviews.map(({ code, detail }) => ({ code, detail })),
    reason: reasonOf(sale),
  }
}

export function saleView({ sale, reviews, receiptId }: Seen) {
  const { id, document_id, device_id, register_id, shift_id, key_id, status, currency, receipt_code } = sale
  return {
    ...{ object: 'offline_sale' as const, id, document_id, device_id, register_id, shift_id, key_id },
    ...{ sequence: numberOr(sale.sequence), status, reason: reasonOf(sale), decision: decisionOf(sale) },
    ...{ sold_at: timeOr(sale.sold_at), received_at: sale.received_at.toISOString(), currency },
    ...{ total: numberOr(sale.total), receipt_code, order_id: orderOf(sale), payment_id: sale.payment_id },
    ...{ receipt_id: receiptId, booked_at: timeOr(sale.booked_at), fault: sale.fault },
    reviews: reviews.map(({ code, detail, created_at, resolved_at, resolved_by, note }) => ({
      ...{ code, detail, created_at: created_at.toISOString() },
      resolution: resolved_at && { by: resolved_by ?? '', at: resolved_at.toISOString(), note: note ?? '' },
    })),
    version: sale.version,
  }
}

/** With the document as it came, and its place in its chain. */
export async function wholeView(db: Queryable, merchantId: string, of: Seen) {
  const [row, link] = await Promise.all([
    readDocumentRow(db, merchantId, of.sale.id),
    linkOfDocument(db, merchantId, of.sale.id),
  ])
  if (!row) throw new Error('an offline sale without its document')
  return {
    ...saleView(of),
    ...{ document: row.document, hash: row.hash, signature: row.signature, is_signed: row.is_signed },
    chain: link && {
      ...{ key_id: link.key_id, sequence: Number(link.sequence) },
      ...{ previous_hash: link.previous_hash, hash: link.hash },
    },
  }
}

/** The id is chosen with the decision; the order is there once it is written. */
function orderOf({ order_id, ordered_at }: SaleRow): string | null {
  return ordered_at === null ? null : order_id
}

function reasonOf({ reason, reason_detail }: SaleRow) {
  return reason === null ? null : { code: reason, detail: reason_detail ?? '' }
}

function decisionOf({ decided_by, decided_at, decision }: SaleRow) {
  return decided_at && { by: decided_by ?? '', at: decided_at.toISOString(), reason: decision ?? '' }
}

function numberOr(amount: bigint | null): number | null {
  return amount === null ? null : Number(amount)
}

function timeOr(at: Date | null): string | null {
  return at?.toISOString() ?? null
}
