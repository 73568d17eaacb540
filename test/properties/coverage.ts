// Counts what a test run really exercised. A property test that never accepts a refund proves nothing about refunds, so a
// cell that stays empty fails the run.

import type { ActionName } from './actions.ts'

export const COLUMNS = ['tried', 'accepted', 'refused', 'unknown', 'died'] as const
export type Column = (typeof COLUMNS)[number]

/** Requests that can be answered in each way; of the other actions only whether they found something to do. */
const REQUESTS: readonly ActionName[] = [
  'pay',
  'tender',
  'capture',
  'refund',
  'cancel',
  'increment',
  'extend',
  'credit',
  'retry',
]
const OTHERS: readonly ActionName[] = ['dispute', 'customer', 'mail', 'forge', 'work', 'wait', 'restart']
/** What cannot be: an extension of something open is always taken up or refused by the provider, a credit is never refused by us. */
const IMPOSSIBLE: readonly string[] = ['credit refused']

export class Coverage {
  readonly #cells = new Map<string, number>()
  #runs = 0
  #steps = 0

  count(row: string, column: Column): void {
    this.#add(`${row} ${column}`, 1)
  }

  note(row: 'fault' | 'kill point', name: string, times = 1): void {
    this.#add(`${row} ${name}`, times)
  }

  ran(steps: number): void {
    this.#runs++
    this.#steps += steps
  }

  get runs(): number {
    return this.#runs
  }

  get steps(): number {
    return this.#steps
  }

  /** Names of cells that had to be filled and are empty. */
  missing(faults: readonly string[], killPoints: readonly string[]): string[] {
    const needed = [
      ...REQUESTS.flatMap((row) => ['accepted', 'refused', 'unknown', 'died'].map((column) => `${row} ${column}`)),
      ...OTHERS.map((row) => `${row} accepted`),
      ...faults.map((name) => `fault ${name}`),
      ...killPoints.map((name) => `kill point ${name}`),
    ]
    return needed.filter((cell) => !IMPOSSIBLE.includes(cell) && !this.#cells.has(cell))
  }

  table(): string {
    const head = ['action', ...COLUMNS].map((title) => title.padEnd(10)).join('')
    const rows = [...REQUESTS, ...OTHERS].map((row) =>
      [row, ...COLUMNS.map((column) => String(this.#cells.get(`${row} ${column}`) ?? '·'))]
        .map((cell) => cell.padEnd(10))
        .join(''),
    )
    const counted = (prefix: string) =>
      [...this.#cells]
        .filter(([cell]) => cell.startsWith(`${prefix} `))
        .map(([cell, times]) => `${cell.slice(prefix.length + 1)} ${times}`)
        .sort()
        .join(' · ')
    return [head, ...rows, `faults: ${counted('fault')}`, `kill points: ${counted('kill point')}`].join('\n')
  }

  #add(cell: string, times: number): void {
    if (times > 0) this.#cells.set(cell, (this.#cells.get(cell) ?? 0) + times)
  }
}
