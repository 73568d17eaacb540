// Makes trades from short lines, for tests: `invoice article quantity price customer [time]`.

import { type Column, readRow } from './row.ts'
import { gatherTrade, type Trade } from './trade.ts'

/** One row: price as text, customer '' for none; the time defaults to one and the same moment. */
export type Line = readonly [
  invoice: string,
  article: string,
  quantity: number,
  price: string,
  customer: string,
  at?: string,
]

export const NOON = '2010-12-01 12:00:00'

/** The trade of these lines, in this order; line numbers begin at 2, after a header. */
export function tradeOf(lines: readonly Line[]): Trade {
  const gathering = gatherTrade()
  for (const [i, [invoice, article, quantity, price, customer, at]] of lines.entries()) {
    const cells: Record<Column, string> = {
      InvoiceNo: invoice,
      StockCode: article,
      Description: '',
      Quantity: String(quantity),
      InvoiceDate: at ?? NOON,
      UnitPrice: price,
      CustomerID: customer,
      Country: 'United Kingdom',
    }
    const row = readRow((column) => cells[column])
    if (typeof row === 'string') throw new Error(row)
    gathering.add(row, i + 2)
  }
  return gathering.close()
}
