// What was done in a shift, gathered from what was stamped with it: no times are compared. A document that cannot be read is an
// exception among the figures and never an error.

import type { Queryable } from '../db/pool.ts'
import { type OperationFacts, operationFacts } from '../payments/index.ts'
import {
  copiesOfShift,
  type ReceiptRow,
  receiptsOfShift,
  type StampRow,
  stampsOfShift,
  sumVat,
  type VatRow,
} from '../receipts/index.ts'
import { type MovementRow, movementsOf } from './store.ts'

interface Sum {
  count: number
  amount: bigint
}

export interface TenderSums {
  method: string
  sales: Sum
  refunds: Sum
  /** Taken back by its provider, less refunds that came back. */
  reversals: bigint
  /** Of cash: what the drawer got beyond the amounts. */
  rounding: bigint
  /** Beyond the amounts, for the staff. */
  tips: bigint
}

/** Something the report lists instead of counting it whole. */
export interface Exception {
  operation_id: string
  payment_id: string
  method: string | null
  amount: bigint | null
  fault: string
}

export interface Figures {
  sales: Sum
  returns: Sum
  discounts: Sum
  items: bigint
  vat: VatRow[]
  vat_returned: VatRow[]
  tenders: TenderSums[]
  /** Approved and not taken yet. */
  held: Sum
  unfinished: Sum
  exceptions: Exception[]
  copies: Sum
  receipts: { first: bigint; last: bigint } | null
  movements: MovementRow[]
  /** What the report counts, so that no other one does. */
  counted: { operationIds: string[]; reversedIds: string[]; receiptIds: string[] }
  /** What was paid in currencies that are not the shift's. */
  others: OtherCurrency[]
}

export interface OtherCurrency {
  currency: string
  sales: Sum
  returns: Sum
  tenders: TenderSums[]
}

const IS_OPEN = new Set(['created', 'dispatched', 'pending', 'unknown'])

/**
 * The figures of a shift, in its currency; what was paid in others stands apart, because sums of two say nothing. `notReported`: of what
 * no report has counted yet.
 */
export async function figuresOf(
  db: Queryable,
  merchantId: string,
  { shiftId, currency, notReported }: { shiftId: string; currency: string; notReported: boolean },
): Promise<Figures> {
  const isNew = ({ report_id }: { report_id: string | null }) => !notReported || report_id === null
  const all = await stampsOfShift(db, merchantId, shiftId)
  const stamps = all.filter(isNew)
  const receipts = (await receiptsOfShift(db, merchantId, shiftId)).filter(isNew)
  const operations = await operationFacts(
    db,
    merchantId,
    all.map(({ operation_id }) => operation_id),
  )
  const factsOf = (of: readonly StampRow[]) => of.flatMap(({ operation_id }) => operations.get(operation_id) ?? [])
  // What was taken back had moved first: a report that tells of that has told of the moving, or does so too.
  const done = factsOf(stamps).filter(({ state }) => state === 'succeeded' || state === 'reversed')
  const isUntold = (of: StampRow) => of.is_reversed && (!notReported || of.reversal_report_id === null)
  const reversed = factsOf(all.filter(isUntold))
  const isHere = (of: { currency: string }) => of.currency === currency
  const { sales, returns, tenders } = totalsOf({ receipts, done, reversed }, isHere)
  const sold = receipts.filter((of) => of.kind === 'sale' && isHere(of))
  const returned = receipts.filter((of) => of.kind === 'refund' && isHere(of))
  const discounted = sold.filter(({ discount }) => discount > 0n)
  const numbers = receipts.map(({ number }) => number)
  const foreign = [...new Set([...receipts, ...done, ...reversed].map((of) => of.currency))].filter(
    (code) => code !== currency,
  )
  return {
    ...{ sales, returns, tenders },
    discounts: sum(discounted, ({ discount }) => discount),
    items: sold.reduce((total, { items }) => total + items, 0n),
    vat: sumVat(sold.flatMap(({ vat }) => vat)),
    vat_returned: sumVat(returned.flatMap(({ vat }) => vat)),
    held: sum(
      done.filter((of) => of.held > 0n && isHere(of)),
      ({ held }) => held,
    ),
    unfinished: unfinishedOf(stamps, operations, isHere),
    exceptions: exceptionsOf(stamps, operations),
    copies: await copiesOfShift(db, merchantId, shiftId),
    receipts: numbers.length === 0 ? null : { first: numbers[0] as bigint, last: numbers.at(-1) as bigint },
    movements: await movementsOf(db, merchantId, shiftId),
    counted: {
      operationIds: done.map(({ id }) => id),
      reversedIds: reversed.map(({ id }) => id),
      receiptIds: receipts.map(({ id }: ReceiptRow) => id),
    },
    others: foreign.sort().map((code) => ({
      currency: code,
      ...totalsOf({ receipts, done, reversed }, (of) => of.currency === code),
    })),
  }
}

interface Told {
  receipts: readonly ReceiptRow[]
  done: readonly OperationFacts[]
  reversed: readonly OperationFacts[]
}

/** What was sold and given back in one currency, and how it was paid. */
function totalsOf({ receipts, done, reversed }: Told, isOne: (of: { currency: string }) => boolean) {
  const of = (wanted: ReceiptRow['kind']) => receipts.filter((row) => row.kind === wanted && isOne(row))
  return {
    sales: sum(of('sale'), ({ total }) => total),
    returns: sum(of('refund'), ({ total }) => total),
    tenders: tendersOf(done.filter(isOne), reversed.filter(isOne)),
  }
}

function sum<T>(rows: readonly T[], of: (row: T) => bigint): Sum {
  return { count: rows.length, amount: rows.reduce((total, row) => total + of(row), 0n) }
}

function amountOf({ state, amount, amount_effective, amount_undone }: OperationFacts): bigint {
  return state === 'reversed' ? (amount_undone ?? 0n) : (amount_effective ?? amount)
}

function isIn({ kind }: OperationFacts): boolean {
  return kind === 'sale' || kind === 'capture'
}

function isOut({ kind }: OperationFacts): boolean {
  return kind === 'refund' || kind === 'credit'
}

/** Money that came in and went back, by how it was paid; in the order of their names. */
function tendersOf(done: readonly OperationFacts[], reversed: readonly OperationFacts[]): TenderSums[] {
  const hasMoved = (of: OperationFacts) => (isIn(of) || isOut(of)) && amountOf(of) > 0n
  const methods = new Set([...done, ...reversed].filter(hasMoved).map(({ method }) => method))
  return [...methods].sort().map((method) => {
    const of = done.filter((each) => each.method === method && hasMoved(each))
    const back = reversed.filter((each) => each.method === method && hasMoved(each))
    const signed = (each: OperationFacts, amount: bigint) => (isIn(each) ? amount : -amount)
    return {
      method,
      sales: sum(of.filter(isIn), amountOf),
      refunds: sum(of.filter(isOut), amountOf),
      reversals: back.reduce((total, each) => total + signed(each, amountOf(each)), 0n),
      rounding: of.reduce((total, each) => total + signed(each, each.rounding ?? 0n), 0n),
      tips: of.reduce((total, each) => total + signed(each, each.tip ?? 0n), 0n),
    }
  })
}

/** What of an operation is paid now: of a hold that was let go, only what was taken. */
function paidBy(operation: OperationFacts): bigint {
  if (operation.kind === 'authorize') return operation.held + operation.taken
  return isOut(operation) ? -amountOf(operation) : amountOf(operation)
}

/** Sales of which a part is paid and the rest is not: they wait without a fault. What went back of such a part is not there any more. */
function unfinishedOf(
  stamps: readonly StampRow[],
  operations: ReadonlyMap<string, OperationFacts>,
  isHere: (of: OperationFacts) => boolean,
): Sum {
  const waiting = stamps.flatMap(({ operation_id, due_at, fault }) => {
    const operation = operations.get(operation_id)
    return due_at !== null && fault === null && operation?.state === 'succeeded' && isHere(operation) ? [operation] : []
  })
  const left = [...Map.groupBy(waiting, ({ payment_id }) => payment_id).values()]
    .map((of) => of.reduce((total, each) => total + paidBy(each), 0n))
    .filter((amount) => amount > 0n)
  return sum(left, (amount) => amount)
}

/** What has a fault, and what nobody knows the end of. */
function exceptionsOf(stamps: readonly StampRow[], operations: ReadonlyMap<string, OperationFacts>): Exception[] {
  return stamps.flatMap(({ operation_id, payment_id, fault }) => {
    const operation = operations.get(operation_id)
    const why = fault ?? (operation && !IS_OPEN.has(operation.state) ? null : 'its outcome is not known')
    if (why === null) return []
    const amount = operation ? amountOf(operation) : null
    return [{ operation_id, payment_id, method: operation?.method ?? null, amount, fault: why }]
  })
}
