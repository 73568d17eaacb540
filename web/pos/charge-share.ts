// What is charged for goods that are collected now and paid then: worked out as the server does it, to be said before it happens. What was
// charged the server says. Pure.

import { unitsWorth } from '../../server/totals/index.ts'

interface Line {
  id: string
  kind: string
  quantity: number
  quantity_cancelled: number
  quantity_fulfilled: number
  quantity_open: number
  total: number
}

/** Charged with goods and never handed over themselves. */
const GOES_ALONG = new Set(['shipping', 'fee', 'tip'])

/** In minor units; null where it cannot be told beforehand, as units were cancelled. */
export function shareOf(
  order: { charge: string; total: number; amount_paid: number; amount_refunded: number; lines: readonly Line[] },
  units: { taken: ReadonlyMap<string, number>; refused: ReadonlyMap<string, number> },
): number | null {
  if (order.charge !== 'on_collection') return null
  const goods = order.lines.filter(({ kind }) => !GOES_ALONG.has(kind))
  if (goods.some(({ quantity_cancelled }) => quantity_cancelled > 0)) return null
  const worth = (line: Line, from: number, to: number) =>
    Number(unitsWorth(BigInt(line.total), BigInt(line.quantity), BigInt(from), BigInt(to)))
  const taken = (line: Line) => units.taken.get(line.id) ?? 0
  const leaves = (line: Line) => taken(line) + (units.refused.get(line.id) ?? 0)
  if (goods.every((line) => leaves(line) >= line.quantity_open)) {
    // Nothing stays open: all that is left to pay, without what is refused.
    const refused = goods.reduce(
      (sum, line) => sum + worth(line, line.quantity - (units.refused.get(line.id) ?? 0), line.quantity),
      0,
    )
    return Math.max(0, order.total - refused - (order.amount_paid - order.amount_refunded))
  }
  return goods.reduce(
    (sum, line) => sum + worth(line, line.quantity_fulfilled, line.quantity_fulfilled + taken(line)),
    0,
  )
}
