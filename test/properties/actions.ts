// What can happen in a run, as data: fast-check draws it, prints it and shrinks it. Places (which payment, which letter)
// are numbers that are taken modulo what there is, so an action stays meaningful when others before it are left out.

import fc from 'fast-check'
import type { FaultName, FaultPlan } from '../../server/connectors/simulator/index.ts'
import { FAULT_NAMES } from '../../server/connectors/simulator/index.ts'
import { KILL_POINTS, type KillPoint } from '../world-process.ts'

/** Where the money comes from: a test card by what it does, another method, or a card presented at the till. */
export const SOURCES = [
  'card',
  'declined_card',
  'poor_card',
  'challenge_card',
  'frictionless_card',
  'later_card',
  'later_declined_card',
  'capture_fails_card',
  'refund_fails_card',
  'ideal',
  'sepa_debit',
  'terminal',
  'waiting_terminal',
  'cash',
] as const
export type Source = (typeof SOURCES)[number]

/** How much of what there is: all of it, a part, or one more than is allowed. */
export type Part = 'all' | 'half' | 'third' | 'too_much'

/** Every action carries its own luck, from which the ids in it follow, and may be the last one of a process. */
interface Luck {
  salt: number
  dies?: KillPoint
}
export type Action = Luck &
  (
    | {
        do: 'pay'
        source?: Source
        amount: number
        currency: string
        isManual: boolean
        part: 'all' | 'half'
        order?: number
      }
    | { do: 'tender'; at: number; source: Source; part: Part }
    | { do: 'capture'; at: number; part: Part; isFinal: boolean }
    | { do: 'refund'; at: number; part: Part; toCash: boolean; ofOneTender: boolean }
    | { do: 'cancel' | 'extend'; at: number }
    | { do: 'increment'; at: number; amount: number }
    | { do: 'credit'; amount: number; toCash: boolean }
    | { do: 'dispute'; at: number; isWon: boolean }
    | { do: 'customer'; at: number; act: 'approve' | 'decline' | 'abandon' }
    | { do: 'mail'; at: number; how: 'deliver' | 'duplicate' | 'drop' | 'all' }
    | { do: 'forge'; at: number; how: 'amount' | 'currency' | 'unknown' }
    | { do: 'work'; worker: 'inbox' | 'resolver' | 'expiry' | 'duplicates' }
    | { do: 'wait'; ms: number }
    | { do: 'retry'; at: number; isOtherBody: boolean }
    | { do: 'restart' }
  )
export type ActionName = Action['do']

/** A whole run: its weather, drawn once (a constant middling rate hides long quiet faults), and what is done in it. */
export interface Run {
  seed: number
  weather: Omit<FaultPlan, 'seed'>
  overtakes: boolean
  /** Something to work on. */
  opening: Action[]
  actions: Action[]
}

const at = fc.nat(1_000)
const amount = fc.constantFrom(1, 100, 999, 1_000, 2_500, 6_500, 12_345)
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Part>('all') },
  { weight: 4, arbitrary: fc.constant<Part>('half') },
  { weight: 2, arbitrary: fc.constant<Part>('third') },
  { weight: 1, arbitrary: fc.constant<Part>('too_much') },
)
const source = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Source>('card') },
  { weight: 12, arbitrary: fc.constantFrom(...SOURCES) },
)
const luck = {
  salt: fc.noShrink(fc.nat()),
  dies: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...KILL_POINTS) },
  ),
}
const named = <N extends ActionName>(name: N) => fc.constant(name)

const pay = fc.record({
  ...luck,
  do: named('pay'),
  source: fc.option(source, { freq: 8, nil: undefined }),
  amount,
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'SEK', 'JPY'),
  isManual: fc.boolean(),
  part: fc.constantFrom<'all' | 'half'>('all', 'all', 'half'),
  order: fc.oneof(fc.constant(undefined), fc.constant(undefined), fc.nat(2)),
})

/** Weighted towards what finds something to work on: a run of refusals proves nothing. */
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: pay },
  { weight: 4, arbitrary: fc.record({ ...luck, do: named('tender'), at, source, part }) },
  { weight: 6, arbitrary: fc.record({ ...luck, do: named('capture'), at, part, isFinal: fc.boolean() }) },
  {
    weight: 7,
    arbitrary: fc.record({ ...luck, do: named('refund'), at, part, toCash: fc.boolean(), ofOneTender: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ ...luck, do: named('cancel'), at }) },
  { weight: 5, arbitrary: fc.record({ ...luck, do: named('extend'), at }) },
  { weight: 6, arbitrary: fc.record({ ...luck, do: named('increment'), at, amount }) },
  { weight: 2, arbitrary: fc.record({ ...luck, do: named('credit'), amount, toCash: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ ...luck, do: named('dispute'), at, isWon: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      ...luck,
      do: named('customer'),
      at,
      act: fc.constantFrom<'approve' | 'decline' | 'abandon'>('approve', 'approve', 'decline', 'abandon'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...luck,
      do: named('mail'),
      at,
      how: fc.constantFrom<'deliver' | 'duplicate' | 'drop' | 'all'>('deliver', 'duplicate', 'drop', 'all'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      ...luck,
      do: named('forge'),
      at,
      how: fc.constantFrom<'amount' | 'currency' | 'unknown'>('amount', 'currency', 'unknown'),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      ...luck,
      do: named('work'),
      worker: fc.constantFrom<'inbox' | 'resolver' | 'expiry' | 'duplicates'>(
        'inbox',
        'inbox',
        'resolver',
        'resolver',
        'expiry',
        'duplicates',
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...luck,
      do: named('wait'),
      ms: fc.constantFrom(1_000, 6_000, 40_000, 40_000, 120_000, 1_000_000, 86_400_000, 8 * 86_400_000),
    }),
  },
  { weight: 9, arbitrary: fc.record({ ...luck, do: named('retry'), at, isOtherBody: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ ...luck, do: named('restart') }) },
)

const rate = fc.constantFrom(0, 0, 0, 0.1, 0.3)
const hostile = fc
  .record({ rates: fc.record(Object.fromEntries(FAULT_NAMES.map((name) => [name, rate]))), tellsAll: fc.boolean() })
  .map(({ rates, tellsAll }) => ({
    rates: rates as Partial<Record<FaultName, number>>,
    webhooks: tellsAll ? ('all' as const) : ('later' as const),
    // Past the caller's deadline of 30 s; a provider that answers in time is not slow.
    slow_ms: 40_000,
  }))
const calm = fc.constant({ rates: {}, webhooks: 'later' as const })

// Without bias: small numbers first would make most runs short and end before anything is captured.
export const run: fc.Arbitrary<Run> = fc.noBias(
  fc.record({
    seed: fc.noShrink(fc.nat()),
    weather: fc.oneof({ weight: 1, arbitrary: calm }, { weight: 3, arbitrary: hostile }),
    overtakes: fc.boolean(),
    opening: fc.array(pay, { minLength: 1, maxLength: 4, size: 'max' }),
    actions: fc.array(action, { minLength: 1, maxLength: 40, size: 'max' }),
  }),
)
