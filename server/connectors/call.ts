// The one way to call a provider. Every call has a deadline and no database transaction around it, every error becomes an
// outcome, and an answer that contradicts the question is not believed. It must never turn doubt into `declined`: what
// cannot be trusted is `unknown`, and only a connector that knows nothing left (`NotSent`) gives `no_effect`.

import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import {
  type ChargeInstruction,
  type Connector,
  type CreditInstruction,
  type FollowUpInstruction,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type OperationKind,
  type Outcome,
} from './connector.ts'
import { redactText } from './redact.ts'

export { redact, redactText } from './redact.ts'

/** The instruction each verb takes. */
export interface InstructionOf {
  sale: ChargeInstruction
  authorize: ChargeInstruction
  capture: FollowUpInstruction
  void: FollowUpInstruction
  refund: FollowUpInstruction
  increment: FollowUpInstruction
  extend: FollowUpInstruction
  credit: CreditInstruction
  lookup: LookupInstruction
}

export type Verb = keyof InstructionOf

export interface CallDeps {
  clock: Clock
  log: Log
  /** Throws when the current async context holds a transaction open (`db/pool.ts`); handed in because connectors know no database. */
  assertNoOpenTransaction: () => void
  metrics?: { connectorCall(connector: string, verb: Verb, outcome: Lookup['outcome'], durationMs: number): void }
}

/**
 * Calls one verb of a provider and says how it ended. `timeoutMs` > 0 is the deadline, after which the outcome is
 * `unknown` whatever the connector does. Throws Problem operation-unsupported, before any call, when the connector has no
 * such verb; never throws for anything the provider does.
 */
export async function callConnector<V extends Verb>(
  deps: CallDeps,
  connector: Connector,
  verb: V,
  instruction: Omit<InstructionOf[V], 'signal'>,
  options: { timeoutMs: number },
): Promise<V extends 'lookup' ? Lookup : Outcome>
export async function callConnector(
  deps: CallDeps,
  connector: Connector,
  verb: Verb,
  instruction: Omit<InstructionOf[Verb], 'signal'>,
  options: { timeoutMs: number },
): Promise<Lookup> {
  deps.assertNoOpenTransaction()
  const method = connector[verb] as ((instruction: object) => Promise<Lookup>) | undefined
  if (!method)
    throw new Problem('operation-unsupported', { detail: `Connector ${connector.name} does not offer ${verb}.` })

  const startedAt = deps.clock.now().getTime()
  const answered = new AbortController()
  const deadline = new AbortController()
  const late = deps.clock.sleep(options.timeoutMs, answered.signal).then((): Lookup => {
    // The clock wakes also when the answer came first; then there is nothing to abort, and nobody reads this.
    if (!answered.signal.aborted) deadline.abort()
    return { outcome: 'unknown', reason: `no answer within ${options.timeoutMs} ms` }
  })
  const reply = answer(verb, connector, method, { ...instruction, signal: deadline.signal })
  const outcome = believable(await Promise.race([reply, late]), verb, instruction)
  answered.abort(ANSWERED)

  const durationMs = deps.clock.now().getTime() - startedAt
  deps.metrics?.connectorCall(connector.name, verb, outcome.outcome, durationMs)
  if (outcome.outcome === 'unknown' || outcome.outcome === 'no_effect') {
    deps.log.warn(`connector answered ${outcome.outcome}`, {
      connector: connector.name,
      operation_id: instruction.operation_id,
      kind: verb,
      code: outcome.reason,
      duration_ms: durationMs,
    })
  }
  return outcome
}

/** A reason of our own: without one `abort` builds an exception with a stack trace, half the cost of the whole call. */
const ANSWERED = 'answered'

async function answer(
  verb: Verb,
  connector: Connector,
  method: (instruction: object) => Promise<Lookup>,
  instruction: object,
): Promise<Lookup> {
  try {
    return await method.call(connector, instruction)
  } catch (error) {
    const reason = redactText(error instanceof Error ? error.message : String(error))
    // That the question was not sent says nothing of what it was about.
    const hadNoEffect = error instanceof NotSent && verb !== 'lookup'
    return hadNoEffect ? { outcome: 'no_effect', reason } : { outcome: 'unknown', reason }
  }
}

/** Verbs whose success may be for less than asked: a partial approval, or a release of what was left. */
const MAY_BE_LESS: ReadonlySet<Verb> = new Set<Verb>(['sale', 'authorize', 'void', 'lookup'])
const KNOWN_OUTCOMES: ReadonlySet<string> = new Set([
  'succeeded',
  'declined',
  'no_effect',
  'pending',
  'unknown',
  'not_found',
])

/**
 * The outcome, unless it contradicts the instruction: then `unknown`, because a provider that answers another question
 * has told nothing about ours. Free texts lose card numbers here, so that evidence can keep the outcome as it is.
 */
function believable(outcome: Lookup, verb: Verb, instruction: { amount?: bigint }): Lookup {
  if (!KNOWN_OUTCOMES.has(outcome?.outcome)) return { outcome: 'unknown', reason: 'the connector gave no outcome' }
  if (outcome.outcome === 'not_found' && verb !== 'lookup')
    return { outcome: 'unknown', reason: 'not found, in answer to an instruction' }
  if (outcome.outcome === 'succeeded') {
    const asked = instruction.amount
    if (typeof outcome.amount !== 'bigint') return { outcome: 'unknown', reason: 'success without an amount' }
    if (outcome.amount < 0n || (outcome.amount === 0n && !isWithoutAmount(verb))) {
      return { outcome: 'unknown', reason: `success for ${outcome.amount}` }
    }
    if (outcome.tip !== undefined && (typeof outcome.tip !== 'bigint' || outcome.tip < 0n))
      return { outcome: 'unknown', reason: `success with a tip of ${outcome.tip}` }
    if (asked !== undefined && outcome.amount > asked) {
      return { ...contradiction(outcome), reason: `success for ${outcome.amount}, more than the ${asked} asked` }
    }
    if (asked !== undefined && outcome.amount < asked && !MAY_BE_LESS.has(verb)) {
      return { ...contradiction(outcome), reason: `success for ${outcome.amount}, less than the ${asked} asked` }
    }
    return outcome
  }
  if (outcome.outcome === 'declined') return { ...outcome, message: redactText(outcome.message) }
  if (outcome.outcome === 'unknown' || outcome.outcome === 'no_effect')
    return { ...outcome, reason: redactText(outcome.reason) }
  return outcome
}

/** Doubt that says which amount the provider spoke of: a person must look. */
function contradiction({ amount }: { amount: bigint }): { outcome: 'unknown'; amount: bigint } {
  return { outcome: 'unknown', amount }
}

/** A void may find nothing left to release; a lookup may be about such a void. */
function isWithoutAmount(verb: Verb): boolean {
  return verb === 'void' || verb === 'lookup'
}

/** The verbs a connector has besides lookup, as operation kinds: what `actions` and routing may offer. */
export function kindsOf(connector: Connector): OperationKind[] {
  const kinds: OperationKind[] = ['sale', 'authorize', 'capture', 'void', 'refund', 'increment', 'extend', 'credit']
  return kinds.filter((kind) => connector[kind] !== undefined)
}
