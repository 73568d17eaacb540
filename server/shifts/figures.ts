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
  counted: { operationIds: string[]; receiptIds: string[] }
}

const IS_OPEN = new Set(['created', 'dispatched', 'pending', 'unknown'])

/** The figures of a shift; `notReported`: of what no report has counted yet. */
export async function figuresOf(
  db: Queryable,
  merchantId: string,
  { shiftId, notReported }: { shiftId: string; notReported: boolean },
): Promise<Figures> {
  const isNew = ({ report_id }: { report_id: string | null }) => !notReported || report_id === null
  const stamps = (await stampsOfShift(db, merchantId, shiftId)).filter(isNew)
  const receipts = (await receiptsOfShift(db, merchantId, shiftId)).filter(isNew)
  const operations = await operationFacts(
    db,
    merchantId,
    stamps.map(({ operation_id }) => operation_id),
  )
  const done = stamps.flatMap(({ operation_id }) => {
    const operation = operations.get(operation_id)
    return operation?.state === 'succeeded' ? [operation] : []
  })
  const sold = receipts.filter(({ kind }) => kind === 'sale')
  const returned = receipts.filter(({ kind }) => kind === 'refund')
  const discounted = sold.filter(({ discount }) => discount > 0n)
  const numbers = receipts.map(({ number }) => number)
  return {
    sales: sum(sold, ({ total }) => total),
    returns: sum(returned, ({ total }) => total),
    discounts: sum(discounted, ({ discount }) => discount),
    items: sold.reduce((total, { items }) => total + items, 0n),
    vat: sumVat(sold.flatMap(({ vat }) => vat)),
    vat_returned: sumVat(returned.flatMap(({ vat }) => vat)),
    tenders: tendersOf(done),
    held: sum(
      done.filter(({ kind }) => kind === 'authorize'),
      amountOf,
    ),
    unfinished: unfinishedOf(stamps, operations),
    exceptions: exceptionsOf(stamps, operations),
    copies: await copiesOfShift(db, merchantId, shiftId),
    receipts: numbers.length === 0 ? null : { first: numbers[0] as bigint, last: numbers.at(-1) as bigint },
    movements: await movementsOf(db, merchantId, shiftId),
    counted: { operationIds: done.map(({ id }) => id), receiptIds: receipts.map(({ id }: ReceiptRow) => id) },
  }
}

function sum<T>(rows: readonly T[], of: (row: T) => bigint): Sum {
  return { count: rows.length, amount: rows.reduce((total, row) => total + of(row), 0n) }
}

function amountOf({ amount, amount_effective }: OperationFacts): bigint {
  return amount_effective ?? amount
}

function isIn({ kind }: OperationFacts): boolean {
  return kind === 'sale' || kind === 'capture'
}

function isOut({ kind }: OperationFacts): boolean {
  return kind === 'refund' || kind === 'credit'
}

/** Money that came in and went back, by how it was paid; in the order of their names. */
function tendersOf(done: readonly OperationFacts[]): TenderSums[] {
  const moved = done.filter((operation) => isIn(operation) || isOut(operation))
  return [...Map.groupBy(moved, ({ method }) => method)]
    .map(([method, of]) => ({
      method,
      sales: sum(of.filter(isIn), amountOf),
      refunds: sum(of.filter(isOut), amountOf),
      rounding: of.reduce((total, each) => total + (isIn(each) ? 1n : -1n) * (each.rounding ?? 0n), 0n),
      tips: of.reduce((total, each) => total + (isIn(each) ? 1n : -1n) * (each.tip ?? 0n), 0n),
    }))
    .sort((a, b) => (a.method < b.method ? -1 : 1))
}

/** Sales of which a part is paid and the rest is not: they wait without a fault. What went back of such a part is not there any more. */
function unfinishedOf(stamps: readonly StampRow[], operations: ReadonlyMap<string, OperationFacts>): Sum {
  const waiting = stamps.flatMap(({ operation_id, due_at, fault }) => {
    const operation = operations.get(operation_id)
    return due_at !== null && fault === null && operation?.state === 'succeeded' ? [operation] : []
  })
  const left = [...Map.groupBy(waiting, ({ payment_id }) => payment_id).values()]
    .map((of) => of.reduce((total, each) => total + (isOut(each) ? -amountOf(each) : amountOf(each)), 0n))
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
