// Single-purpose vouchers: gift cards that bear their tax when they are sold.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computeTotals, type LineIn } from './index.ts'

const line = (
  seq: number,
  kind: LineIn['kind'],
  quantity: bigint,
  cents: bigint,
  more: Partial<LineIn> = {},
): LineIn => ({
  ...{ seq, kind, quantity, unit_price_e4: cents * 10_000n, tax_code: 'NL standard 2100', tax_rate_bp: 2_100 },
  ...more,
})
const totals = (lines: LineIn[], prices_include_tax = true) =>
  computeTotals({ currency: 'EUR', prices_include_tax, tax_rounding: 'per_rate_group', lines, order_adjustments: [] })

test('each voucher bears its own tax, in one row with goods of that rate, and is revenue', () => {
  const voucher = line(2, 'gift_card', 3n, 2_500n, { is_single_purpose: true })
  const { lines, taxes, tax, total, goods_total, outside_total } = totals([line(1, 'goods', 1n, 3_000n), voucher])
  // 25.00 has 4.34 in it (4.3388), three of them 13.02; 30.00 has 5.21.
  assert.deepEqual([lines[1]?.tax, lines[1]?.net, lines[1]?.tax_rate_bp], [1_302n, 6_198n, 2_100])
  assert.deepEqual(taxes, [
    { tax_code: 'NL standard 2100', tax_rate_bp: 2_100, net: 8_677n, tax: 1_823n, total: 10_500n },
  ])
  assert.deepEqual([tax, total, goods_total, outside_total], [1_823n, 10_500n, 10_500n, 0n])
})

test('any other gift card bears none, and only a gift card is a voucher', () => {
  const card = totals([line(1, 'gift_card', 3n, 2_500n)])
  assert.deepEqual([card.tax, card.taxes, card.outside_total], [0n, [], 7_500n])
  const tip = totals([line(1, 'tip', 1n, 500n, { is_single_purpose: true })])
  assert.deepEqual([tip.tax, tip.outside_total], [0n, 500n])
})

test('where prices are without tax it comes on top', () => {
  const { tax, total } = totals([line(1, 'gift_card', 2n, 2_066n, { is_single_purpose: true })], false)
  assert.deepEqual([tax, total], [868n, 5_000n])
})

test('a voucher takes no discount', () => {
  const off = { source: 'manual', label: 'Off', amount: 100n }
  const voucher = line(1, 'gift_card', 1n, 2_500n, { is_single_purpose: true, adjustments: [off] })
  assert.throws(() => totals([voucher]), /takes no discount/)
})
