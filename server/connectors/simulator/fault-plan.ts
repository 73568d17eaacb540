// Fault plans as they come over the wire. A plan that strikes nothing because of a slip of the pen would make a test pass that
// should not, so everything that is not understood is refused.

import { OPERATION_KINDS } from '../connector.ts'
import { FAULT_NAMES, type FaultName, type FaultPlan } from './faults.ts'

/** A day: nothing is simulated that lasts longer. */
const LONGEST_MS = 86_400_000
const TIMES = ['slow_ms', 'down_ms', 'late_ms', 'settle_ms'] as const
const FIELDS: ReadonlySet<string> = new Set(['seed', 'rates', 'next', 'webhooks', ...TIMES])

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isFault = (name: unknown): name is FaultName => FAULT_NAMES.includes(name as FaultName)
const isVerb = (verb: unknown): boolean => (OPERATION_KINDS as readonly unknown[]).includes(verb)
const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 60)

/** A fault plan from the wire, or a sentence about what is wrong with it. An empty one is a plan without faults. */
export function faultPlanFrom(value: unknown): FaultPlan | string {
  if (!isObject(value)) return 'a plan is an object'
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name))
  if (unknown !== undefined) return `a plan has no ${shown(unknown)}`
  const { seed = 0, rates = {}, next = [], webhooks } = value
  if (!Number.isSafeInteger(seed)) return 'seed is a whole number'
  if (!isObject(rates)) return 'rates is an object of faults'
  for (const [name, rate] of Object.entries(rates)) {
    if (!isFault(name)) return `there is no such fault: ${shown(name)}`
    if (typeof rate !== 'number' || !(rate >= 0 && rate <= 1)) return 'a rate is a number from 0 to 1'
  }
  if (!Array.isArray(next)) return 'next is a list of {verb, fault}'
  for (const one of next as unknown[]) {
    if (!isObject(one)) return 'next is a list of {verb, fault}'
    if (!isVerb(one['verb'])) return `there is no such verb: ${shown(one['verb'])}`
    if (!isFault(one['fault'])) return `there is no such fault: ${shown(one['fault'])}`
  }
  if (webhooks !== undefined && webhooks !== 'later' && webhooks !== 'all') return 'webhooks is later or all'
  for (const name of TIMES) {
    const time = value[name]
    if (time !== undefined && !(Number.isSafeInteger(time) && (time as number) >= 0 && (time as number) <= LONGEST_MS))
      return `${name} is a whole number of milliseconds, at most a day`
  }
  // Each field has been looked at above.
  return { ...value, seed, rates } as FaultPlan
}
