// Goods come back: into the stock of the store that received them, by their condition, and at that moment it is known what they
// are worth. Each unit is worth what was paid for it: A(k) of the line's total, in the order in which units come back.

import { type Tx, transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import { type OrderLine, readOrderLines, returnLines } from '../orders/index.ts'
import { onceWithin } from '../payments/index.ts'
import { type Disposition, receiveBack } from '../stock/index.ts'
import { unitsWorth } from '../totals/index.ts'
import { takesBack } from './counter.ts'
import { lockedIn, type Step } from './decide.ts'
import { deliveryOf } from './delivery.ts'
import type { ReturnDeps } from './deps.ts'
import { announce } from './event.ts'
import { readRefunds } from './refund-store.ts'
import { outstandingOf, type ReturnLine, type ReturnRow, type ReturnView, returnView, STEPS } from './return.ts'
import { updateReturn } from './store.ts'

export interface Received {
  no: number
  quantity: bigint
  disposition: Disposition
}

/**
 * Takes goods back, all or some; under a key once, and a repeat gets the first answer. Throws not-found, version-conflict, invalid-state, reference-not-found (line or store),
 * quantity-exceeds-available (more than is outstanding), balance-insufficient (a gift card is used), validation-error (nothing, or the
 * store takes nothing back).
 */
export async function receive(
  deps: ReturnDeps,
  merchantId: string,
  step: Step & { storeId: string; lines: Received[] },
  idempotency?: Idempotency,
): Promise<ReturnView> {
  const merchant = await deps.merchantCache.get(merchantId)
  takesBack(merchant?.stores.get(step.storeId))
  const at = deps.clock.now()
  const work = async (tx: Tx) => {
    const before = await lockedIn(tx, merchantId, step, STEPS.receive)
    step.lines.forEach(({ no }, i) => {
      if (!before.lines.some((line) => line.no === no))
        throw new Problem('reference-not-found', { errors: [{ pointer: `/lines/${i}/no`, detail: 'names no line' }] })
    })
    const orderLines = await countReturned(tx, merchantId, before, step.lines, at)
    const lines = before.lines.map((line) => received(line, step.lines, orderLines))
    const row: ReturnRow = {
      ...before,
      lines,
      state: 'received',
      store_id: step.storeId,
      amount_goods: lines.reduce((sum, line) => sum + line.amount, 0n),
      amount_tax: lines.reduce((sum, line) => sum + line.tax, 0n),
      version: before.version + 1,
      updated_at: at,
    }
    row.amount_delivery += await deliveryOf(tx, merchantId, row.order_id)
    await receiveBack(deps, tx, merchantId, {
      lines: step.lines.flatMap(({ no, quantity, disposition }) =>
        componentsOf(lines, no).map((one) => ({
          variant_id: one.variant_id,
          store_id: step.storeId,
          quantity: one.quantity * quantity,
          disposition,
        })),
      ),
      ref: row.id,
      actor: step.by,
      at,
    })
    await updateReturn(tx, merchantId, row)
    await takeBackCards(deps, tx, merchantId, { row, storeId: step.storeId, arrived: step.lines, orderLines, at })
    const refunds = await readRefunds(tx, merchantId, row.id)
    await announce(deps, tx, { merchantId, row, refunds, type: 'return.received', by: step.by })
    return returnView(row, refunds)
  }
  if (!idempotency) return transact(deps.db, work)
  const { body } = await onceWithin(deps, merchantId, idempotency, step.id, async (tx) => ({
    status: 200,
    body: JSON.stringify(await work(tx)),
  }))
  return JSON.parse(body) as ReturnView
}

/** Moves the order's counters, which locks the order, and answers its lines as they are now. */
async function countReturned(
  tx: Tx,
  merchantId: string,
  { order_id, lines }: ReturnRow,
  arrived: readonly Received[],
  at: Date,
): Promise<OrderLine[]> {
  if (order_id === null) return []
  const counts = arrived.map(({ no, quantity }) => ({
    order_id,
    line_id: lines.find((line) => line.no === no)?.line_id as string,
    requested: -quantity,
    returned: quantity,
  }))
  await returnLines(tx, merchantId, counts, at)
  return readOrderLines(tx, merchantId, order_id)
}

/** A gift card that was used is not taken back, whoever says so: its money is gone. */
async function takeBackCards(
  deps: ReturnDeps,
  tx: Tx,
  merchantId: string,
  back: {
    row: ReturnRow
    storeId: string
    arrived: readonly Received[]
    orderLines: readonly OrderLine[]
    at: Date
  },
): Promise<void> {
  const { order_id, channel, lines } = back.row
  const came = new Set(
    lines.filter(({ no }) => back.arrived.some((each) => each.no === no)).map((line) => line.line_id),
  )
  const cards = back.orderLines
    .filter(({ id, kind }) => kind === 'gift_card' && came.has(id))
    .map(({ id, quantity, cancelled, returned }) => ({ line_id: id, units: quantity - cancelled - returned }))
  if (order_id === null || cards.length === 0) return
  await deps.takeBackCards(tx, merchantId, { order_id, lines: cards, channel, store_id: back.storeId, at: back.at })
}

function received(line: ReturnLine, arrived: readonly Received[], orderLines: readonly OrderLine[]): ReturnLine {
  const mine = arrived.filter(({ no }) => no === line.no)
  const quantity = mine.reduce((sum, each) => sum + each.quantity, 0n)
  if (quantity === 0n) return line
  if (quantity > outstandingOf(line))
    throw new Problem('quantity-exceeds-available', { detail: `${line.name}: ${outstandingOf(line)} are expected.` })
  const next = { ...line }
  for (const each of mine) next[each.disposition] += each.quantity
  const of = orderLines.find(({ id }) => id === line.line_id)
  if (of) {
    // The counter has moved already: these are the last units that came back.
    next.amount += unitsWorth(of.total, of.quantity, of.returned - quantity, of.returned)
    next.tax += unitsWorth(of.tax, of.quantity, of.returned - quantity, of.returned)
  } else {
    next.amount += (line.unit_amount ?? 0n) * quantity
  }
  return next
}

function componentsOf(lines: readonly ReturnLine[], no: number): ReturnLine['components'] {
  return lines.find((line) => line.no === no)?.components ?? []
}
