// Writes the receipt of whatever was done at a register, once its outcome is known. What was done is stamped (migration 0049) in the
// transaction that begins it; here the stamps are followed up, each in a transaction of its own. One that cannot be written keeps
// its fault and is tried again: it never stands in the way of another, nor of closing the drawer.

import { type Queryable, type Tx, transact } from '../db/pool.ts'
import type { JsonValue } from '../lib/json.ts'
import { lineNow, type OrderLine, readOrder, readOrderLines } from '../orders/index.ts'
import { type OperationFacts, operationFacts, type PaymentRow, readPayment } from '../payments/index.ts'
import { readReturn } from '../returns/index.ts'
import type { ReceiptDeps } from './deps.ts'
import {
  dueStamps,
  insertReceipt,
  lockSale,
  lockStamp,
  type ReceiptRow,
  readReceipt,
  refundedByReceipts,
  type StampRow,
  settleStamp,
  stampsOfPayment,
  takeNumber,
  type VatRow,
  waitingStamps,
} from './store.ts'
import { partOf, unknownVat, vatOf } from './vat.ts'

/** Stamps in one step. */
const BATCH = 50
/** What waits for a customer, a provider or a repair is looked at again after 1 s, 2 s, … at most this. */
const AGAIN_AT_MOST_S = 600

/** What a report tells of: money that came, was held, or went. */
const MOVES = new Set(['sale', 'authorize', 'capture', 'refund', 'credit'])
const IS_OPEN = new Set(['created', 'dispatched', 'pending', 'unknown'])

/** One step of the worker. Answers how many stamps it was done with. */
export async function writeDue(deps: ReceiptDeps): Promise<number> {
  const due = await dueStamps(deps.db, { at: deps.clock.now(), limit: BATCH })
  let done = 0
  for (const { merchant_id, operation_id: operationId } of due)
    if (await writeOne(deps, merchant_id, { operationId, wait: false })) done++
  return done
}

/**
 * Writes what can be written for a payment or a shift now, so that a read that follows sees it, also where somebody else is at it. Never
 * throws for a bad one: that keeps its fault.
 */
export async function writeWaiting(
  deps: ReceiptDeps,
  merchantId: string,
  of: { payment_id?: string; shift_id?: string },
): Promise<void> {
  for (const operationId of await waitingStamps(deps.db, merchantId, of))
    await writeOne(deps, merchantId, { operationId, wait: true })
}

/** True when nothing is left to do about this stamp. */
async function writeOne(
  deps: ReceiptDeps,
  merchantId: string,
  { operationId, wait }: { operationId: string; wait: boolean },
): Promise<boolean> {
  try {
    return await transact(deps.db, async (tx) => {
      const stamp = await lockStamp(tx, merchantId, { operationId, wait })
      if (!stamp) return false
      const { isDone, hasMoved } = await write(deps, tx, stamp)
      const due_at = isDone ? null : againAt(deps, stamp)
      const attempt = isDone ? stamp.attempt : stamp.attempt + 1
      await settleStamp(tx, merchantId, { operation_id: operationId, due_at, attempt, fault: null, hasMoved })
      return isDone
    })
  } catch (error) {
    // The database being away is nobody's fault here: then this fails too, and reaches the worker.
    await transact(deps.db, async (tx) => {
      const stamp = await lockStamp(tx, merchantId, { operationId, wait })
      if (!stamp) return
      const fault = error instanceof BadDocument ? error.message : 'could not be written'
      const operation = (await operationFacts(tx, merchantId, [operationId])).get(operationId)
      const hasMoved = operation?.state === 'succeeded' && MOVES.has(operation.kind)
      const again = { due_at: againAt(deps, stamp), attempt: stamp.attempt + 1, fault, hasMoved }
      await settleStamp(tx, merchantId, { operation_id: operationId, ...again })
    })
    deps.log.warn('a receipt could not be written and will be tried again', {
      merchant_id: merchantId,
      object_id: operationId,
      error,
    })
    return false
  }
}

/** The document itself is wrong, in words that a report can show. */
class BadDocument extends Error {}

function againAt(deps: ReceiptDeps, { attempt }: Pick<StampRow, 'attempt'>): Date {
  return new Date(deps.clock.now().getTime() + 1_000 * Math.min(AGAIN_AT_MOST_S, 2 ** Math.min(attempt, 10)))
}

/** `isDone`: there is nothing more to wait for. */
async function write(deps: ReceiptDeps, tx: Tx, stamp: StampRow): Promise<{ isDone: boolean; hasMoved: boolean }> {
  const operation = (await operationFacts(tx, stamp.merchant_id, [stamp.operation_id])).get(stamp.operation_id)
  if (!operation) throw new BadDocument('there is no such operation')
  if (IS_OPEN.has(operation.state)) return { isDone: false, hasMoved: false }
  if (operation.state !== 'succeeded') return { isDone: true, hasMoved: false }
  const hasMoved = MOVES.has(operation.kind)
  if (isBack(operation.kind)) return { isDone: await writeRefund(deps, tx, stamp, operation), hasMoved }
  if (isCharge(operation.kind)) return { isDone: await writeSale(deps, tx, stamp, operation), hasMoved }
  return { isDone: true, hasMoved }
}

/** A sale is one receipt, written when the last of its tenders is through. */
async function writeSale(deps: ReceiptDeps, tx: Tx, stamp: StampRow, operation: OperationFacts): Promise<boolean> {
  const { merchant_id: merchantId } = stamp
  const payment = await readPayment(tx, merchantId, operation.payment_id)
  if (!payment) throw new BadDocument('there is no such payment')
  if (await readReceipt(tx, merchantId, { saleOf: payment.id })) return true
  if (takenOf(payment) < payment.amount || payment.is_canceled) return isGivenUp(payment)
  const sold = payment.order_id?.startsWith('ord_') ? await soldWith(tx, merchantId, payment.order_id) : null
  // Where it was completed. What was given back since says nothing about that.
  const where = (await stampedOf(tx, merchantId, payment.id)).charges.at(-1)?.stamp ?? stamp
  await issue(deps, tx, merchantId, {
    ...{ kind: 'sale', payment_id: payment.id, operation_id: null, order_id: payment.order_id },
    ...{ register_id: where.register_id, shift_id: where.shift_id },
    ...{ currency: payment.currency, total: payment.amount },
    ...{ discount: sold?.discount ?? 0n, items: sold?.items ?? 0n },
    vat: sold ? partOf(sold.vat, payment.amount) : unknownVat(payment.amount),
  })
  return true
}

async function writeRefund(deps: ReceiptDeps, tx: Tx, stamp: StampRow, operation: OperationFacts): Promise<boolean> {
  const { merchant_id: merchantId, register_id, shift_id } = stamp
  if (await readReceipt(tx, merchantId, { refundOf: operation.id })) return true
  const payment = await readPayment(tx, merchantId, operation.payment_id)
  if (!payment) throw new BadDocument('there is no such payment')
  const total = await returnedBy(tx, merchantId, payment, operation)
  if (total === null) return false
  if (total === 0n) return true
  await issue(deps, tx, merchantId, {
    ...{ kind: 'refund', payment_id: payment.id, operation_id: operation.id, order_id: payment.order_id },
    ...{ register_id, shift_id, currency: payment.currency, total, discount: 0n, items: 0n },
    vat: partOf(await vatGivenBack(tx, merchantId, operation, payment.order_id), total),
  })
  return true
}

/** What is taken of a payment, or held, whatever went back of it. */
function takenOf({ tenders }: PaymentRow): bigint {
  return tenders.reduce((sum, { captured, reversed, hold }) => sum + captured - reversed + hold, 0n)
}

/** Whether nothing of what was paid is left, nor on its way. */
function isGivenUp({ is_canceled, tenders }: PaymentRow): boolean {
  if (is_canceled) return true
  return tenders.every(
    (of) => of.captured - of.reversed === of.refunded && of.hold === 0n && of.charge_in_flight === 0n,
  )
}

/** What was done at registers for a payment, and took effect at least once. */
async function stampedOf(tx: Tx, merchantId: string, paymentId: string) {
  const stamps = await stampsOfPayment(tx, merchantId, paymentId)
  const ids = stamps.map(({ operation_id }) => operation_id)
  const operations = await operationFacts(tx, merchantId, ids)
  const done = stamps.flatMap((stamp) => {
    const operation = operations.get(stamp.operation_id)
    return operation?.state === 'succeeded' || operation?.state === 'reversed' ? [{ stamp, operation }] : []
  })
  return {
    charges: done.filter(({ operation: { kind } }) => isCharge(kind)),
    refunds: done.filter(({ operation: { kind, state } }) => isBack(kind) && state === 'succeeded'),
  }
}

function isCharge(kind: string): boolean {
  return kind === 'sale' || kind === 'authorize'
}

function isBack(kind: string): boolean {
  return kind === 'refund' || kind === 'credit'
}

/**
 * How much of a refund gives back what a receipt says was sold; null while its sale is not complete. Money that was given back before
 * that, and taken anew or given up with the sale, is no return: receipts come to what is left of the money. Nor is a refund that
 * is made again because the first did not arrive.
 */
async function returnedBy(
  tx: Tx,
  merchantId: string,
  payment: PaymentRow,
  operation: OperationFacts,
): Promise<bigint | null> {
  const amount = amountOf(operation)
  const { charges, refunds } = await stampedOf(tx, merchantId, payment.id)
  // Sold elsewhere: a return here, and all there is to say about it.
  if (charges.length === 0) return amount
  // Held, so that two refunds count each other's receipts.
  const sale = await lockSale(tx, merchantId, payment.id)
  if (!sale) return isGivenUp(payment) ? 0n : null
  const sumOf = (of: typeof refunds) => of.reduce((sum, refund) => sum + amountOf(refund.operation), 0n)
  const elsewhere = payment.tenders.reduce((sum, { refunded }) => sum + refunded, 0n) - sumOf(refunds)
  const surplus = takenOf(payment) - sale.total - elsewhere
  // Ids follow the clock: the first refunds are those that were no returns, in whichever order they are looked at.
  const sent = sumOf(refunds.filter(({ operation: { id } }) => id <= operation.id))
  const told = await refundedByReceipts(tx, merchantId, { paymentId: payment.id, upTo: operation.id })
  const left = sent - (surplus > 0n ? surplus : 0n) - told
  return left < 0n ? 0n : left < amount ? left : amount
}

function amountOf({ amount, amount_effective }: OperationFacts): bigint {
  return amount_effective ?? amount
}

/** By what came back where that is known, else by what was sold. */
export async function vatGivenBack(
  tx: Queryable,
  merchantId: string,
  operation: OperationFacts,
  orderId: string | null,
): Promise<VatRow[]> {
  const amount = amountOf(operation)
  if (!orderId?.startsWith('ord_')) return unknownVat(amount)
  const lines = await readOrderLines(tx, merchantId, [orderId])
  const back = await returnBehind(tx, merchantId, operation)
  const rates = new Map(lines.map(({ id, tax_rate_bp }) => [id, tax_rate_bp]))
  const returned = (back?.lines ?? []).flatMap(({ line_id, amount: total, tax }) => {
    const tax_rate_bp = rates.get(line_id ?? '')
    return tax_rate_bp === undefined || total === 0n ? [] : [{ tax_rate_bp, net: total - tax, tax, total }]
  })
  return vatOf(
    returned.length > 0
      ? returned
      : lines.map(({ tax_rate_bp, net, tax, total }) => ({ tax_rate_bp, net, tax, total })),
  )
}

/** The return that a refund carries out: returns name their refunds by themselves (server/returns/carry-out.ts). */
export async function returnBehind(db: Queryable, merchantId: string, operation: OperationFacts) {
  const returnId = /^onetill:(rtn_\w{26}):refund:/.exec(operation.idempotency_key ?? '')?.[1]
  return returnId === undefined ? null : readReturn(db, merchantId, returnId)
}

export interface Sold {
  vat: VatRow[]
  discount: bigint
  items: bigint
}

/** What an order comes to now. Throws for one whose lines do not add up to it: no VAT of it could be right. */
export async function soldWith(tx: Queryable, merchantId: string, orderId: string): Promise<Sold> {
  const order = await readOrder(tx, merchantId, orderId)
  if (!order) throw new BadDocument('there is no such order')
  const lines = await readOrderLines(tx, merchantId, [orderId])
  const now = lines.map((line) => ({ line, ...lineNow(line, order.prices_include_tax), tax_rate_bp: line.tax_rate_bp }))
  const sum = now.reduce((total, line) => total + line.total, 0n)
  if (sum !== order.total)
    throw new BadDocument(`the lines of order ${order.number} come to ${sum} and not to its total ${order.total}`)
  return {
    vat: vatOf(now),
    discount: now.reduce((total, { discount }) => total + discount, 0n),
    items: lines.reduce((total, line) => total + itemsOf(line), 0n),
  }
}

/** Pieces are counted; what is weighed is one. */
function itemsOf({ kind, unit, quantity, cancelled }: OrderLine): bigint {
  const left = quantity - cancelled
  if ((kind !== 'goods' && kind !== 'gift_card') || left === 0n) return 0n
  return unit === 'piece' ? left : 1n
}

async function issue(
  deps: ReceiptDeps,
  tx: Tx,
  merchantId: string,
  facts: Omit<ReceiptRow, 'id' | 'number' | 'report_id' | 'created_at'>,
): Promise<void> {
  const at = deps.clock.now()
  const [sales, returns] = facts.kind === 'sale' ? [facts.total, 0n] : [0n, facts.total]
  const isForeign = facts.currency !== (await currencyAt(deps, merchantId, facts.register_id))
  const number = await takeNumber(tx, merchantId, {
    registerId: facts.register_id,
    // The totals of a register are sums in its store's currency.
    ...(isForeign ? { sales: 0n, returns: 0n } : { sales, returns }),
  })
  const row: ReceiptRow = { ...facts, id: deps.newId('rct'), number, report_id: null, created_at: at }
  await insertReceipt(tx, merchantId, row)
  await deps.journal.append(tx, merchantId, {
    ...{ registerId: row.register_id, kind: row.kind === 'sale' ? 'receipt' : 'refund', subjectId: row.id, at },
    body: journalBody(row),
  })
}

async function currencyAt(deps: ReceiptDeps, merchantId: string, registerId: string): Promise<string | null> {
  const merchant = await deps.merchantCache.get(merchantId)
  return merchant?.stores.get(merchant.registers.get(registerId)?.storeId ?? '')?.currency ?? null
}

function journalBody(row: ReceiptRow): { [name: string]: JsonValue } {
  return {
    ...{ number: Number(row.number), payment_id: row.payment_id, order_id: row.order_id, shift_id: row.shift_id },
    ...{ operation_id: row.operation_id, currency: row.currency, total: Number(row.total) },
    discount: Number(row.discount),
    items: Number(row.items),
    vat: row.vat.map(({ rate_bp, net, tax, gross }) => ({
      ...{ rate_bp, net: Number(net), tax: Number(tax), gross: Number(gross) },
    })),
  }
}
