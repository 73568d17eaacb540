// The stock of a replay as tables: article by article, and in all.

import { KINDS, type StockComparison } from './compare-stock.ts'
import { aligned, grouped, listed } from './text.ts'

/** As much of a name as leaves room for figures. */
const NAME_WIDTH = 32

/** Every article: bought − sold + returned + corrected + other trade = on hand in all stores. */
export function articleTable({ rows }: StockComparison): string {
  const header = ['article', 'name', ...KINDS, 'other trade', 'on hand', '']
  const body = rows.map(({ code, name, ours, others, onHand, isEqual }) => [
    ...[code, name.slice(0, NAME_WIDTH)],
    ...[...KINDS.map((kind) => ours[kind]), others, onHand].map((count) => grouped(String(count))),
    isEqual ? 'equal' : 'NOT equal',
  ])
  return `Stock by article, in pieces: bought − sold + returned + corrected + other trade = on hand\n${aligned([header, ...body], 2)}`
}

/** Bought − sold + returned + corrected = on hand, to the piece. */
export function stockTable({ articles, ours, told, others, onHand, differences }: StockComparison): string {
  const pieces = (count: number): string => grouped(String(count))
  const line = (what: string, own: number, seen: number): string[] => [
    ...[what, pieces(own), pieces(seen), own === seen ? 'equal' : 'NOT equal'],
  ]
  const sum = ours.bought - ours.sold + ours.returned + ours.corrected + others
  const rows = [
    ['pieces', 'this replay', 'stock', ''],
    line('  bought, into every store', ours.bought, told.bought),
    line('  − sold', -ours.sold, -told.sold),
    line('  + returned', ours.returned, told.returned),
    line('  + found, less written off', ours.corrected, told.corrected),
    ['  + other trade in these articles', '', pieces(others), ''],
    line('= on hand', sum, onHand),
  ]
  const verdict = differences.length === 0 ? 'equal' : 'NOT equal'
  return [
    `Stock: ${verdict}. ${grouped(String(articles))} articles, each to the piece.`,
    aligned(rows, 1),
    ...listed(differences),
  ].join('\n')
}
