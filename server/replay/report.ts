// The end of a replay in words and tables: what was traded per day, channel and method, whether the ledger says the same,
// and where every penny of the file went.

import type { Balances } from './compare.ts'
import { type Figure, REPORTED, type Reported } from './plan.ts'
import type { ReplayResult } from './replay.ts'
import { exactMajor } from './row.ts'
import { articleTable, stockTable } from './stock-table.ts'
import { type Cell, type Movement, netOf, signed, tally } from './tally.ts'
import { aligned, grouped, listed, money } from './text.ts'

/** The report, and whether all is as it should be: everything paid, equal to the ledger, the file accounted for. */
export function renderReport(result: ReplayResult): { text: string; isEqual: boolean } {
  const { comparison, run, badCount } = result
  const file = accountForFile(result)
  const isBalanceEqual = comparison.balances.outcome !== 'different'
  const isLedgerEqual = comparison.differences.length === 0 && isBalanceEqual
  const isStockEqual = result.stock.differences.length === 0
  const isEqual =
    isLedgerEqual && isStockEqual && file.isEqual && run.failures.length === 0 && run.stopped === undefined
  const sections = [
    articleTable(result.stock),
    dayTable(result),
    summaryTable('By channel', result.movements, (movement) => movement.channel),
    summaryTable('By method', result.movements, (_, method) => method),
    [
      `Ledger: ${isLedgerEqual ? 'equal' : 'NOT equal'}. ${result.movements.length} sales, refunds and credits against ${comparison.entries} entries on sales_clearing, each to the penny.`,
      ...listed(comparison.differences),
      ...balanceLines(comparison.balances),
    ].join('\n'),
    stockTable(result.stock),
    file.text,
    badCount > 0 ? badRows(result) : 'Rows that could not be read: none',
    events(result),
    ...(run.failures.length > 0
      ? [
          `NOT carried out:\n${listed(run.failures.map(({ invoice, reason }) => `invoice ${invoice}: ${reason}`)).join('\n')}`,
        ]
      : []),
    ...(run.stopped === undefined
      ? []
      : [`The replay stopped early: ${run.stopped}. Run the same command again to go on; nothing is paid twice.`]),
    isEqual ? 'Result: equal' : 'Result: NOT equal, see above',
  ]
  return { text: `${sections.join('\n\n')}\n`, isEqual }
}

const COLUMNS = ['sales', 'GBP', 'refunds', 'GBP', 'credits', 'GBP', 'net GBP']

function dayTable({ movements, comparison }: ReplayResult): string {
  const cells = tally(movements, ({ day, channel }, method) => `${day} ${channel} ${method}`)
  const groups = tally(movements, ({ day, channel }) => `${day} ${channel}`)
  const own = new Map<string, bigint>()
  for (const movement of movements) {
    const group = `${movement.day} ${movement.channel}`
    own.set(group, (own.get(group) ?? 0n) + signed(movement))
  }
  const rows: string[][] = [['day', 'channel', 'method', ...COLUMNS, 'ledger GBP', '']]
  let group = ''
  const closeGroup = (): void => {
    if (group === '') return
    const [day = '', channel = ''] = group.split(' ')
    const booked = comparison.ledger.get(group) ?? 0n
    const verdict = booked === own.get(group) ? 'equal' : 'NOT equal'
    rows.push([day, channel, '= all', ...cellText(groups.get(group) as Cell), money(booked), verdict])
  }
  for (const [key, cell] of cells) {
    const [day = '', channel = '', method = ''] = key.split(' ')
    if (group !== `${day} ${channel}`) closeGroup()
    group = `${day} ${channel}`
    rows.push([day, channel, method, ...cellText(cell), '', ''])
  }
  closeGroup()
  const total = tally(movements, () => 'all').get('all')
  const ledger = [...comparison.ledger.values()].reduce((sum, amount) => sum + amount, 0n)
  if (total)
    rows.push(['all', '', '', ...cellText(total), money(ledger), netOf(total) === ledger ? 'equal' : 'NOT equal'])
  return `By day, channel and method (a sale paid in two parts counts with both methods, once in each sum)\n${aligned(rows, 3)}`
}

function summaryTable(
  title: string,
  movements: readonly Movement[],
  key: (movement: Movement, method: string) => string,
): string {
  const cells = tally(movements, key)
  return `${title}\n${aligned([['', ...COLUMNS], ...[...cells].map(([name, cell]) => [name, ...cellText(cell)])], 1)}`
}

function cellText(cell: Cell): string[] {
  return [
    String(cell.sales),
    money(cell.salesAmount),
    String(cell.refunds),
    money(cell.refundsAmount),
    String(cell.credits),
    money(cell.creditsAmount),
    money(netOf(cell)),
  ]
}

function balanceLines({ outcome, channels }: Balances): string[] {
  const sentence = {
    equal: 'Balances of sales_clearing by channel: equal.',
    different: 'Balances of sales_clearing by channel: NOT equal.',
    older: 'Balances of sales_clearing hold older trade too, so only the entries above are compared.',
    moving: 'Others trade at this merchant right now, so balances stand still for no comparison; the entries above do.',
  }[outcome]
  const rows = channels.map((one) => [one.channel, money(one.ours), money(one.others), money(one.balance)])
  return [sentence, aligned([['', 'this replay', 'other trade', 'balance'], ...rows], 1)]
}

/** Σ of the file = charged − refunded − credited + reported, from what was carried out and not from what was planned. */
function accountForFile({ trade, plan, movements }: ReplayResult): { text: string; isEqual: boolean } {
  const sums: Record<Movement['kind'], Figure> = {
    sale: { rows: 0, amount: 0n },
    refund: { rows: 0, amount: 0n },
    credit: { rows: 0, amount: 0n },
  }
  for (const { kind, amount } of movements) {
    sums[kind].rows++
    sums[kind].amount += amount
  }
  const reported = (Object.keys(REPORTED) as Reported[]).map((why) => ({ why, ...plan.reported[why] }))
  const accounted =
    sums.sale.amount - sums.refund.amount - sums.credit.amount + reported.reduce((sum, { amount }) => sum + amount, 0n)
  const isEqual = accounted === trade.totalAmount
  const rows = [
    ['', 'count', 'GBP'],
    ['Rows of the file, quantity × price', String(trade.rowCount), grouped(exactMajor(trade.totalExact))],
    ['Rows of the file, each rounded to the penny', String(trade.rowCount), money(trade.totalAmount)],
    ['  + sales charged', String(sums.sale.rows), money(sums.sale.amount)],
    ['  − refunded to the payments of earlier sales', String(sums.refund.rows), money(-sums.refund.amount)],
    ['  − paid out as credits', String(sums.credit.rows), money(-sums.credit.amount)],
    ...reported.map(({ why, rows: count, amount }) => [
      `  + not charged: ${REPORTED[why]}`,
      String(count),
      money(amount),
    ]),
    ['Accounted for', '', money(accounted)],
    ['Difference', isEqual ? 'equal' : 'NOT equal', money(trade.totalAmount - accounted)],
  ]
  return { text: `Where the file went\n${aligned(rows, 1)}`, isEqual }
}

function badRows({ bad, badCount }: ReplayResult): string {
  const more = badCount > bad.length ? [`  and ${badCount - bad.length} more`] : []
  return [
    `Rows that could not be read, and were left out: ${badCount}`,
    ...bad.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...more,
  ].join('\n')
}

function events({ run, plan, repeated, durationMs }: ReplayResult): string {
  const sold = [...run.sold.values()]
  const given = [...run.given.values()]
  const returns = given.reduce((sum, { returnIds }) => sum + returnIds.length, 0)
  const matched = { matched: 0, partly: 0, unmatched: 0 }
  for (const step of plan.steps) {
    if (step.kind !== 'cancellation') continue
    for (const kind of ['matched', 'partly', 'unmatched'] as const) matched[kind] += step.rows[kind]
  }
  const invoices = run.progress.done - run.progress.known
  return [
    `Returned rows matched to earlier sales: ${matched.matched} in full, ${matched.partly} in part, ${matched.unmatched} not`,
    `Orders: ${sold.length} placed, paid and handed over; ${returns} returns of them`,
    `Tenders declined and replaced by another: ${sold.reduce((sum, one) => sum + one.declined, 0)}`,
    `Refunds declined and paid out otherwise: ${given.reduce((sum, one) => sum + one.declined, 0)}`,
    `Payments whose outcome was unknown for a while: ${sold.filter((one) => one.wasUnknown).length}`,
    `Requests repeated because no answer came: ${repeated}`,
    `Done in ${(durationMs / 1000).toFixed(1)} s: ${invoices} invoices now (${((invoices * 1000) / Math.max(1, durationMs)).toFixed(0)}/s), ${run.progress.known} by earlier runs`,
  ].join('\n')
}
