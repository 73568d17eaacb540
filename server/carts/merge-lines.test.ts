import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type CartLine, MAX_LINES, MAX_QUANTITY } from './cart.ts'
import { keyOf } from './lines.ts'
import { MERGE_POLICIES, type MergedLines, type MergePolicy, mergeLines } from './merge-lines.ts'

type Policy = Exclude<MergePolicy, 'ask'>
const POLICIES = MERGE_POLICIES.filter((policy): policy is Policy => policy !== 'ask')

const line = (
  side: string,
  seq: number,
  variant: string,
  quantity: number,
  more: Partial<CartLine> = {},
): CartLine => ({
  id: `${side}${seq}`,
  seq,
  variant_id: variant,
  quantity: BigInt(quantity),
  mode: null,
  mode_store_id: null,
  consumption: null,
  note: null,
  override_e4: null,
  override_reason: null,
  frozen_e4: null,
  frozen_discount: null,
  seen_e4: 1n,
  seen_short: false,
  seen_promotions: [],
  ...more,
})

/** The lines that the cart that stays has afterwards. */
function after(existing: CartLine[], merged: MergedLines | null): CartLine[] {
  assert.ok(merged)
  const changed = new Map(merged.changed.map((each) => [each.id, each]))
  const kept = existing.filter(({ id }) => !merged.dropped.includes(id)).map((each) => changed.get(each.id) ?? each)
  return [...kept, ...merged.added]
}

/** What a customer would count: how many of what. */
function counted(lines: CartLine[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {}
  for (const each of lines) sums[keyOf(each)] = (sums[keyOf(each)] ?? 0n) + each.quantity
  return sums
}

describe('merging lines', () => {
  const existing = [line('e', 1, 'tea', 2), line('e', 2, 'pot', 1)]
  const guest = [line('g', 1, 'tea', 3), line('g', 2, 'cup', 6)]
  const cases: [Policy, number][] = [
    ['sum_capped', 5],
    ['max', 3],
    ['guest_wins', 3],
    ['existing_wins', 2],
  ]
  for (const [policy, tea] of cases) {
    it(`keeps what is on one side only, and has ${tea} of what is on both, by ${policy}`, () => {
      const lines = after(existing, mergeLines(existing, guest, policy))
      assert.deepEqual(
        lines.map(({ variant_id, quantity }) => [variant_id, Number(quantity)]),
        [
          ['tea', tea],
          ['pot', 1],
          ['cup', 6],
        ],
      )
    })
  }

  it('takes the same article with another note, price or hand-over for another line', () => {
    const other = [
      line('g', 1, 'tea', 1, { note: 'gift' }),
      line('g', 2, 'tea', 1, { mode: 'collect', mode_store_id: 'sto_1' }),
      line('g', 3, 'tea', 1, { override_e4: 5n, override_reason: 'dented' }),
    ]
    const lines = after(existing, mergeLines(existing, other, 'guest_wins'))
    assert.equal(lines.length, 5)
    assert.deepEqual(lines[0], existing[0])
  })

  it('keeps every line of a cart of 65 (vendure#4481)', () => {
    const many = Array.from({ length: 65 }, (_, i) => line('g', i + 1, `v${i}`, i + 1))
    for (const policy of POLICIES) assert.equal(after(existing, mergeLines(existing, many, policy)).length, 67)
  })

  it('does nothing rather than drop a line that does not fit', () => {
    const many = Array.from({ length: MAX_LINES }, (_, i) => line('g', i + 1, `v${i}`, 1))
    assert.equal(mergeLines(existing, many, 'sum_capped'), null)
  })

  it('forgets what was shown of a line whose quantity is another now', () => {
    assert.deepEqual(
      mergeLines(existing, guest, 'sum_capped')?.changed.map(({ id, seen_e4 }) => [id, seen_e4]),
      [['e1', null]],
    )
  })
})

describe('merging any two carts', () => {
  const anyLines = (side: string) =>
    fc
      .array(
        fc.record({
          variant: fc.constantFrom('tea', 'pot', 'cup', 'tray'),
          quantity: fc.integer({ min: 1, max: Number(MAX_QUANTITY) }),
          note: fc.constantFrom(null, 'gift'),
        }),
        { maxLength: 12 },
      )
      .map((rows) => rows.map(({ variant, quantity, note }, i) => line(side, i + 1, variant, quantity, { note })))
  const anyPair = fc.tuple(anyLines('e'), anyLines('g'))

  it('loses nothing that anybody chose, by any policy', () => {
    fc.assert(
      fc.property(anyPair, fc.constantFrom(...POLICIES), ([existing, guest], policy) => {
        const has = counted(after(existing, mergeLines(existing, guest, policy)))
        const both = new Set([...Object.keys(counted(existing)), ...Object.keys(counted(guest))])
        assert.deepEqual(new Set(Object.keys(has)), both)
      }),
    )
  })

  it('conserves quantities by sum, up to the largest of a line', () => {
    fc.assert(
      fc.property(anyPair, ([existing, guest]) => {
        const [ours, theirs] = [counted(existing), counted(guest)]
        const has = counted(after(existing, mergeLines(existing, guest, 'sum_capped')))
        for (const [key, quantity] of Object.entries(has)) {
          const sum = (ours[key] ?? 0n) + (theirs[key] ?? 0n)
          const isOnBoth = key in ours && key in theirs
          const most = ours[key] !== undefined && ours[key] > MAX_QUANTITY ? ours[key] : MAX_QUANTITY
          assert.equal(quantity, isOnBoth && sum > most ? MAX_QUANTITY : sum)
        }
      }),
    )
  })

  it('is the same from either side by sum and by maximum, and mirrored for the sides that win', () => {
    const result = (a: CartLine[], b: CartLine[], policy: Policy) => counted(after(a, mergeLines(a, b, policy)))
    fc.assert(
      fc.property(anyPair, ([existing, guest]) => {
        // Within one line's limit: what stands on several lines of one side is not cut down when nothing is merged into it.
        fc.pre(
          [counted(existing), counted(guest)].every((sums) => Object.values(sums).every((sum) => sum <= MAX_QUANTITY)),
        )
        for (const policy of ['sum_capped', 'max'] as const)
          assert.deepEqual(result(existing, guest, policy), result(guest, existing, policy), policy)
        assert.deepEqual(result(existing, guest, 'guest_wins'), result(guest, existing, 'existing_wins'))
      }),
    )
  })

  it('keeps every quantity within a line, and every id apart', () => {
    fc.assert(
      fc.property(anyPair, fc.constantFrom(...POLICIES), ([existing, guest], policy) => {
        const lines = after(existing, mergeLines(existing, guest, policy))
        assert.ok(lines.every(({ quantity }) => quantity >= 1n && quantity <= MAX_QUANTITY))
        assert.equal(new Set(lines.map(({ id }) => id)).size, lines.length)
      }),
    )
  })
})
