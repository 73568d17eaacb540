// The rules of fulfilments that are data or arithmetic: what may follow what, and how shares add up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OrderLine } from '../orders/index.ts'
import { unitsWorth } from '../totals/index.ts'
import { ENDS, FULFILMENT_STATES, MOVES, type Verb } from './fulfilment.ts'
import { promisedAt } from './schedule.ts'
import { shareOf } from './share.ts'

/** Every allowed move, `verb: from, from → to`; what is not here is refused. */
const COLLECT = [
  'accept: pending → accepted',
  'pick: accepted → picking',
  'ready: picking, ready → ready',
  'arrive: ready → arrived',
  'collect: ready, arrived → collected',
  'reject: pending, accepted, picking, ready, arrived → rejected',
  'reroute: pending, accepted, rejected → rerouted',
  'cancel: pending, accepted, picking, ready, arrived, rejected → cancelled',
  'expire: ready, arrived → expired',
]
const SHIP = [
  'accept: pending → accepted',
  'pick: accepted → picking',
  'ready: picking → packed',
  'ship: packed → shipped',
  'deliver: shipped → delivered',
  'lose: shipped → lost',
  'return_to_sender: shipped → returned_to_sender',
  'reject: pending, accepted, picking, packed → rejected',
  'reroute: pending, accepted, rejected → rerouted',
  'cancel: pending, accepted, picking, packed, rejected → cancelled',
]

test('each way of handing over knows these moves and no others', () => {
  const shown = (mode: keyof typeof MOVES) =>
    Object.entries(MOVES[mode]).map(([verb, { from, to }]) => `${verb}: ${from.join(', ')} → ${to}`)
  assert.deepEqual(shown('collect'), COLLECT)
  assert.deepEqual(shown('ship_to_store'), COLLECT)
  assert.deepEqual(shown('ship'), SHIP)
  assert.deepEqual([shown('take_away'), shown('digital')], [[], []])
})

test('nothing follows an end, and every state that is no end can be left', () => {
  for (const moves of [MOVES.collect, MOVES.ship]) {
    const left = new Set(Object.values(moves).flatMap(({ from }) => from))
    const reached = new Set(Object.values(moves).map(({ to }) => to))
    for (const state of FULFILMENT_STATES) {
      if (ENDS.has(state)) assert.ok(!left.has(state), state)
      else if (reached.has(state)) assert.ok(left.has(state), state)
    }
  }
  assert.equal((Object.keys(MOVES.collect) as Verb[]).includes('ship'), false)
})

/** A small generator of chance with a printed seed. */
function chance(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

function lineOf(id: string, kind: 'goods' | 'shipping', quantity: bigint, total: bigint): OrderLine {
  return {
    id,
    kind,
    quantity,
    total,
    tax: 0n,
    net: total,
    list: total,
    discount: 0n,
    cancelled: 0n,
    fulfilled: 0n,
  } as OrderLine
}

test('shares sum to the order’s total, whatever leaves when and whatever is cancelled on the way', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const draw = chance(seed)
    const lines = Array.from({ length: 1 + draw(4) }, (_, i) =>
      lineOf(`l${i}`, 'goods', BigInt(1 + draw(5)), BigInt(draw(2_000))),
    )
    lines.push(lineOf('fee', 'shipping', 1n, BigInt(draw(800))))
    let covered = 0n
    let takesFees = true
    const totalNow = () =>
      lines.reduce(
        (sum, { total, quantity, cancelled }) => sum + unitsWorth(total, quantity, 0n, quantity - cancelled),
        0n,
      )
    for (let step = 0; step < 200; step++) {
      const open = lines.filter((l) => l.kind === 'goods' && l.quantity > l.cancelled + l.fulfilled)
      const line = open[draw(open.length)]
      if (!line) break
      const most = line.quantity - line.cancelled - line.fulfilled
      const quantity = 1n + BigInt(draw(Number(most)))
      const isLastUnits = open.length === 1 && quantity === most
      // The very last units are handed over, so that there is somebody to take the remainder.
      if (draw(4) === 0 && !isLastUnits) {
        line.cancelled += quantity
        continue
      }
      const units = [{ line_id: line.id, quantity }]
      const { amount } = shareOf({ lines, units, prices_include_tax: true, total: totalNow(), covered, takesFees })
      assert.ok(amount >= 0n, `seed ${seed}`)
      covered += amount
      takesFees = false
      line.fulfilled += quantity
    }
    assert.equal(covered, totalNow(), `seed ${seed}`)
  }
})

test('a store promises within its opening hours', () => {
  const store = {
    pickupLeadMinutes: 60,
    timeZone: 'Europe/Amsterdam',
    openingHours: { mon: [{ from: '09:00', to: '18:00' }], tue: [{ from: '09:00', to: '18:00' }] },
  } as never
  // Monday 17:30 in Amsterdam: half an hour today, half an hour tomorrow.
  assert.equal(promisedAt(store, new Date('2026-11-23T16:30:00Z'))?.toISOString(), '2026-11-24T08:30:00.000Z')
})
