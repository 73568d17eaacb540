// The trade of a file: its rows gathered into invoices, wherever in the file they stand. Half a million rows are kept as
// columns of numbers, some 30 bytes each; an invoice is an object, for there are twenty times fewer.

import type { InvoiceKind, Row } from './row.ts'

/** Rows as columns; a row's number is its place in each. */
interface RowColumns {
  count: number
  article: Int32Array
  quantity: Int32Array
  line: Int32Array
  price: BigInt64Array
  amount: BigInt64Array
}

export interface Invoice {
  number: string
  kind: InvoiceKind
  at: string
  /** '' when no row names one. */
  customer: string
  country: string
  /** Numbers of its rows, in file order, without those of repeats. */
  rows: number[]
  /** The same invoice written into the file again, row for row; ignored, and reported. */
  repeats: number[]
}

/** A row as the rules of matching and reporting see it. */
export interface TradeRow {
  article: number
  quantity: number
  price: bigint
  amount: bigint
  line: number
}

/** What the file says of an article, besides how much of it was sold. */
export interface Article {
  code: string
  /** As it was called first; its code when it never was. */
  name: string
  /** Billionths: the first price above 0; 0n when there was none. */
  price: bigint
}

export interface Trade {
  /** By the number that rows give them. */
  articles: readonly Article[]
  /** By time; at one time sales before cancellations; then in file order. */
  invoices: Invoice[]
  row(number: number): TradeRow
  rowCount: number
  /** Every row's rounded amount. */
  totalAmount: bigint
  /** Unrounded quantity × price of every row, in billionths. */
  totalExact: bigint
}

const FIRST_CAPACITY = 4_096

/** Gathers rows one by one; `close` makes the trade of them. */
export function gatherTrade(): { add(row: Row, line: number): void; close(): Trade } {
  const columns = emptyColumns(FIRST_CAPACITY)
  const invoices = new Map<string, Invoice & { blocks: number[] }>()
  const articles: Article[] = []
  const articleNumbers = new Map<string, number>()
  const order: Invoice[] = []
  let lastInvoice = ''
  let totalExact = 0n
  let totalAmount = 0n

  function add(row: Row, line: number): void {
    let invoice = invoices.get(row.invoice)
    if (!invoice) {
      const { invoice: number, kind, at, customer, country } = row
      invoice = { number, kind, at, customer, country, rows: [], repeats: [], blocks: [] }
      invoices.set(number, invoice)
      order.push(invoice)
    }
    if (row.at < invoice.at) invoice.at = row.at
    if (invoice.customer === '') invoice.customer = row.customer
    // Where the file comes back to an invoice after others, a new block of it begins.
    if (row.invoice !== lastInvoice) invoice.blocks.push(invoice.rows.length)
    lastInvoice = row.invoice
    invoice.rows.push(columns.count)
    const article = numberOf(row)
    append(columns, { article, quantity: row.quantity, price: row.price, amount: row.amount, line })
    totalExact += BigInt(row.quantity) * row.price
    totalAmount += row.amount
  }

  function numberOf({ article: code, description, price }: Row): number {
    const number = articleNumbers.get(code) ?? articles.length
    articleNumbers.set(code, number)
    articles[number] ??= { code, name: code, price: 0n }
    const article = articles[number]
    // What staff write about pieces that are gone ("damaged", "?") stands on rows without a price.
    if (article.name === code && description !== '' && price > 0n) article.name = description
    if (article.price === 0n && price > 0n) article.price = price
    return number
  }

  function close(): Trade {
    const row = (number: number): TradeRow => ({
      article: columns.article[number] as number,
      quantity: columns.quantity[number] as number,
      price: columns.price[number] as bigint,
      amount: columns.amount[number] as bigint,
      line: columns.line[number] as number,
    })
    for (const invoice of invoices.values()) setRepeatsApart(invoice, row)
    const rank = (invoice: Invoice): number => (invoice.kind === 'cancellation' ? 1 : 0)
    // Sorting is stable: what is equal stays in file order.
    order.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : rank(a) - rank(b)))
    return { articles, invoices: order, row, rowCount: columns.count, totalAmount, totalExact }
  }
  return { add, close }
}

/**
 * An invoice written twice in full, apart from each other, is one invoice exported twice: it is paid once. One that merely
 * goes on elsewhere in the file differs from its first part, and all its rows count.
 */
function setRepeatsApart(invoice: Invoice & { blocks: number[] }, row: (number: number) => TradeRow): void {
  const { blocks, rows } = invoice
  const length = blocks[1] ?? rows.length
  if (blocks.length < 2 || rows.length !== length * blocks.length) return
  const isSame = (a: TradeRow, b: TradeRow) =>
    a.article === b.article && a.quantity === b.quantity && a.price === b.price
  const isRepeat = rows.every((number, i) => isSame(row(number), row(rows[i % length] as number)))
  if (!isRepeat || blocks.some((first, i) => first !== i * length)) return
  invoice.repeats = rows.splice(length)
}

function emptyColumns(capacity: number): RowColumns {
  return {
    count: 0,
    article: new Int32Array(capacity),
    quantity: new Int32Array(capacity),
    line: new Int32Array(capacity),
    price: new BigInt64Array(capacity),
    amount: new BigInt64Array(capacity),
  }
}

function append(columns: RowColumns, row: TradeRow): void {
  if (columns.count === columns.article.length) grow(columns)
  const i = columns.count++
  columns.article[i] = row.article
  columns.quantity[i] = row.quantity
  columns.line[i] = row.line
  columns.price[i] = row.price
  columns.amount[i] = row.amount
}

function grow(columns: RowColumns): void {
  const grown = emptyColumns(columns.article.length * 2)
  for (const name of ['article', 'quantity', 'line'] as const) {
    grown[name].set(columns[name])
    columns[name] = grown[name]
  }
  for (const name of ['price', 'amount'] as const) {
    grown[name].set(columns[name])
    columns[name] = grown[name]
  }
}
