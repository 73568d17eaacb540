// What a fulfilment's share of the order's money is. Pure. Units are worth what they are in the order in which they leave, the
// last hand-over takes what remains: so the shares add up to the order's total to the cent, however it is taken apart.

import { isHandedOver, lineNow, type OrderLine } from '../orders/index.ts'
import { unitsWorth } from '../totals/index.ts'
import type { LineUnits } from './fulfilment.ts'

export interface ShareQuestion {
  /** As they are before these units leave; what is cancelled with it has left already. */
  lines: readonly OrderLine[]
  units: readonly LineUnits[]
  prices_include_tax: boolean
  /** What the whole order comes to now. */
  total: bigint
  /** What of it is taken, or on its way to be, without what goes back. */
  covered: bigint
  /** Shipping and fees go with the first share of a parcel. */
  takesFees: boolean
}

export interface Share {
  /** What is still to be charged for these units: 0 when it was paid before. */
  amount: bigint
  /** Nothing is open after it. */
  isLast: boolean
}

/** The share of these units. */
export function shareOf(question: ShareQuestion): Share {
  const { lines, units, total, covered, prices_include_tax } = question
  const leaving = new Map<string, bigint>()
  for (const { line_id, quantity } of units) leaving.set(line_id, (leaving.get(line_id) ?? 0n) + quantity)
  const rest = total > covered ? total - covered : 0n
  const isLast = leavesNothing(lines, units)
  if (isLast) return { amount: rest, isLast }
  const worth = lines.reduce((sum, line) => {
    const count = leaving.get(line.id) ?? 0n
    return sum + unitsWorth(line.total, line.quantity, line.fulfilled, line.fulfilled + count)
  }, 0n)
  const fees = question.takesFees
    ? lines
        .filter((line) => !isHandedOver(line))
        .reduce((sum, line) => sum + lineNow(line, prices_include_tax).total, 0n)
    : 0n
  const amount = worth + fees
  return { amount: amount < rest ? amount : rest, isLast }
}

/** Whether nothing of the order is open once these units have left. */
export function leavesNothing(lines: readonly OrderLine[], units: readonly LineUnits[]): boolean {
  const leaving = (id: string) => units.reduce((sum, each) => (each.line_id === id ? sum + each.quantity : sum), 0n)
  return lines.filter(isHandedOver).every((line) => line.fulfilled + line.cancelled + leaving(line.id) >= line.quantity)
}
