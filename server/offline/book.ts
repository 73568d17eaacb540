// From an accepted document to the books, in steps: the order, the payment with its tenders, what is left to settle. Each step finds what
// was done before by the sale's row, by the order's id or by the key of the payment, so it may stop anywhere and be taken up again.

import { explodeKits, loadVariants } from '../catalog/index.ts'
import { countryProfile } from '../countries/index.ts'
import { type Tx, transact } from '../db/pool.ts'
import { divideHalfUp } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'
import type { Store } from '../merchants/index.ts'
import { bookOrder, type SoldLine } from '../orders/index.ts'
import { cashSettledAt } from '../payments/index.ts'
import { writeWaiting } from '../receipts/index.ts'
import { settleLateCash } from '../shifts/index.ts'
import type { OfflineDeps } from './deps.ts'
import { type DocumentLine, isFault, readDocument, roundingOf, type SaleDocument, unitPriceOf } from './document.ts'
import { payDocument } from './pay.ts'
import { type Looked, lookAt } from './review.ts'
import { dueSales, insertReviews, lockSale, readSale, reviewsOf, type SaleRow, updateSale } from './sale-store.ts'
import { readDocumentRow } from './store.ts'
import { tellEvent } from './tell.ts'

/** Sales in one step of the worker. */
const BATCH = 50
/** What could not be booked is tried again after 2 s, 4 s, … at most this. */
const AGAIN_AT_MOST_S = 600
/** Unit prices carry four decimals below the minor unit. */
const E4 = 10_000n

/** One step of the worker: books what a process that died, or something that stood in the way, has left. Answers how many it booked. */
export async function bookDue(deps: OfflineDeps): Promise<number> {
  const due = await dueSales(deps.db, { at: deps.clock.now(), limit: BATCH })
  let booked = 0
  for (const { merchant_id, id } of due) if (await bookSale(deps, merchant_id, id)) booked++
  for (const merchantId of new Set(due.map(({ merchant_id }) => merchant_id))) await deps.followUp(merchantId)
  return booked
}

/** Books an accepted sale as far as it goes. True when it is booked; what stands in the way is kept with it and never thrown. */
export async function bookSale(deps: OfflineDeps, merchantId: string, id: string): Promise<boolean> {
  try {
    const sale = await readSale(deps.db, merchantId, id)
    if (sale?.status !== 'accepted') return false
    if (sale.booked_at !== null) return true
    const what = await whatOf(deps, merchantId, sale)
    if (sale.ordered_at === null) await writeOrder(deps, merchantId, what)
    const paymentId = await payDocument(deps, merchantId, what)
    if (paymentId === null) return await again(deps, merchantId, id, null)
    await finish(deps, merchantId, what, paymentId)
    await writeWaiting(deps.shifts, merchantId, { payment_id: paymentId })
    return true
  } catch (error) {
    // Somebody else is at it this moment: no fault of the sale.
    const isBusy = error instanceof Problem && error.code === 'idempotency-in-flight'
    if (!isBusy)
      deps.log.warn('an offline sale could not be booked and will be tried again', {
        ...{ merchant_id: merchantId, object_id: id, error },
      })
    return again(deps, merchantId, id, isBusy ? null : faultOf(error))
  }
}

function faultOf(error: unknown): string {
  return error instanceof Problem ? `${error.code}: ${error.detail}` : 'could not be booked'
}

/** Looks at it again later. False, because it is not booked. */
async function again(deps: OfflineDeps, merchantId: string, id: string, fault: string | null): Promise<false> {
  await transact(deps.db, async (tx) => {
    const sale = await lockSale(tx, merchantId, id)
    if (sale?.status !== 'accepted' || sale.booked_at !== null) return
    const waitMs = 1_000 * Math.min(AGAIN_AT_MOST_S, 2 ** Math.min(sale.attempt + 1, 10))
    const due_at = new Date(deps.clock.now().getTime() + waitMs)
    await updateSale(tx, merchantId, id, { due_at, attempt: sale.attempt + 1, fault })
  })
  return false
}

/** A sale with the document that it is, and the store in which it was made. */
export interface What {
  sale: SaleRow
  document: SaleDocument
  store: Store
  orderId: string
}

async function whatOf(deps: OfflineDeps, merchantId: string, sale: SaleRow): Promise<What> {
  const row = await readDocumentRow(deps.db, merchantId, sale.id)
  const document = readDocument(row?.document ?? '')
  if (isFault(document)) throw new Error('an accepted document cannot be read')
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(merchant.registers.get(document.register_id)?.storeId ?? '')
  if (!store || sale.order_id === null) throw new Error('an accepted document without its register')
  return { sale, document, store, orderId: sale.order_id }
}

/** The order, once: whoever comes second finds it written. */
async function writeOrder(deps: OfflineDeps, merchantId: string, what: What): Promise<void> {
  const { sale, document, store, orderId } = what
  const looked = await lookAt(deps, merchantId, what)
  const lines = await linesOf(deps, merchantId, what, looked)
  await transact(deps.db, async (tx) => {
    const now = await lockSale(tx, merchantId, sale.id)
    if (now?.ordered_at !== null) return
    const at = deps.clock.now()
    await updateSale(tx, merchantId, sale.id, { ordered_at: at })
    const short = await bookOrder(deps, tx, merchantId, {
      at,
      sold: {
        ...{ id: orderId, register_id: document.register_id, store_id: store.id, country: store.country },
        ...{ currency: document.currency, prices_include_tax: document.prices_include_tax },
        tax_rounding: countryProfile(store.country)?.tax_rounding ?? 'per_rate_group',
        ...{ customer_id: looked.customerId, reference: document.receipt_code, by: document.staff_id },
        ...{ sold_at: new Date(document.sold_at), lines },
      },
    })
    const negative = short.map(({ variant_id, short: units }) => `${nameOf(document, variant_id)}: ${units} too many.`)
    const reviews = [
      ...looked.reviews,
      ...(negative.length === 0 ? [] : [{ code: 'stock_negative' as const, detail: negative.join(' ') }]),
    ]
    await insertReviews(tx, merchantId, { saleId: sale.id, at, reviews })
  })
}

/** Of a kit it is a part that is short. */
function nameOf({ lines }: SaleDocument, variantId: string): string {
  return lines.find(({ variant_id }) => variant_id === variantId)?.name ?? variantId
}

/** The lines as they were sold, with what the catalogue knows of their articles. */
async function linesOf(
  deps: OfflineDeps,
  merchantId: string,
  { document, store }: What,
  { articles }: Looked,
): Promise<SoldLine[]> {
  const ids = [...new Set(document.lines.map(({ variant_id }) => variant_id))]
  const variants = await loadVariants(deps.catalog, merchantId, ids)
  return document.lines.map((line): SoldLine => {
    const variant = variants.get(line.variant_id)
    const one = [{ variant_id: line.variant_id, quantity: 1n }]
    const code = articles.get(line.variant_id)?.tax_code || `${store.country} standard 0`
    return {
      ...{ variant_id: variant?.id ?? null, product_id: variant?.product_id ?? null },
      ...{ sku: line.sku, name: line.name, kind: variant?.kind ?? 'goods', unit: variant?.unit ?? 'piece' },
      ...{ is_returnable: variant?.is_returnable ?? true, categories: variant?.categories ?? [] },
      components: variant ? explodeKits(variants, one) : [],
      // The rate is the document's; of which class it is the catalogue says.
      ...{ tax_code: code.replace(/\d+$/, String(line.tax_rate_bp)), tax_rate_bp: line.tax_rate_bp },
      ...amountsOf(line, document),
      metadata: line.reason === null ? null : { reason: line.reason },
    }
  })
}

function amountsOf(line: DocumentLine, { currency }: SaleDocument) {
  const [quantity, total, tax] = [BigInt(line.quantity), BigInt(line.total), BigInt(line.tax)]
  const unit_price_e4 = unitPriceOf(line.unit_price, currency)
  return { quantity, unit_price_e4, list: divideHalfUp(unit_price_e4 * quantity, E4), net: total - tax, tax, total }
}

/** The last step, once: the drawer is put right where its cash was counted before, and the sale is told to be booked. */
async function finish(deps: OfflineDeps, merchantId: string, what: What, paymentId: string): Promise<void> {
  const { sale, document } = what
  await transact(deps.db, async (tx) => {
    const now = await lockSale(tx, merchantId, sale.id)
    if (now?.booked_at !== null) return
    const at = deps.clock.now()
    const late = await settleDrawer(deps, tx, merchantId, { ...what, paymentId })
    if (late?.state === 'closed')
      await insertReviews(tx, merchantId, {
        ...{ saleId: sale.id, at },
        reviews: [{ code: 'shift_closed', detail: 'Its shift was closed: it is on a supplement of the Z report.' }],
      })
    const change = {
      ...{ payment_id: paymentId, booked_at: at, due_at: null, fault: null, version: now.version + 1 },
      counted_before: late?.isCounted ?? false,
    }
    await updateSale(tx, merchantId, sale.id, change)
    const reviews = (await reviewsOf(tx, merchantId, [sale.id])).map(({ code }) => code)
    await tellEvent(
      deps,
      tx,
      merchantId,
      { ...now, ...change },
      {
        ...{ type: 'offline_sale.booked', by: document.staff_id, at, more: { reviews } },
      },
    )
  })
}

async function settleDrawer(
  deps: OfflineDeps,
  tx: Tx,
  merchantId: string,
  { sale, document, paymentId }: What & { paymentId: string },
) {
  if (sale.shift_id === null) return null
  const cash = roundingOf(document)
  return settleLateCash(deps.shifts, tx, merchantId, {
    ...{ shiftId: sale.shift_id, soldAt: new Date(document.sold_at), reference: sale.id },
    amount: cash.reduce((sum, { tender, rounding }) => sum + BigInt(tender.amount) + rounding, 0n),
    bookedAt: await cashSettledAt(tx, merchantId, paymentId),
    by: { id: document.staff_id, registerId: document.register_id },
  })
}
