// Figures and tables as text.

import { toMajor } from '../lib/money.ts'

/** Failures and differences listed in full; the rest are counted. */
const MOST_LISTED = 50

/** As many lines as anybody reads; the rest are counted. */
export function listed(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LISTED).map((line) => `  ${line}`)
  return lines.length > MOST_LISTED ? [...shown, `  and ${lines.length - MOST_LISTED} more`] : shown
}

/** Minor units with a decimal point, thousands apart. */
export function money(amount: bigint): string {
  return grouped(toMajor(amount, 2))
}

/** Thousands apart. */
export function grouped(text: string): string {
  const [whole = '', decimals] = text.split('.')
  const withCommas = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')
  return decimals === undefined ? withCommas : `${withCommas}.${decimals}`
}

/** Columns side by side: the first `left` to the left, figures to the right. */
export function aligned(rows: readonly string[][], left: number): string {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < left ? cell.padEnd(widths[i] as number) : cell.padStart(widths[i] as number))).join('  ')
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join('\n')
}
