// Outcomes and requests as JSON: bigint amounts travel as strings of digits, because a JSON number would lose cents.

import type { Fee, Outcome } from '../connector.ts'
import type { PspRequest } from './psp.ts'

/** An outcome as JSON text. Written out by hand: a replacer function costs more than the whole sale beside it. */
export function encodeOutcome(outcome: Outcome): string {
  return JSON.stringify(wireOutcome(outcome))
}

/** An outcome as a JSON value. */
export function wireOutcome(outcome: Outcome): object {
  if (outcome.outcome !== 'succeeded') return outcome
  return {
    ...outcome,
    amount: outcome.amount.toString(),
    ...(outcome.fees ? { fees: outcome.fees.map((fee) => ({ kind: fee.kind, amount: fee.amount.toString() })) } : {}),
  }
}

/** Reads an outcome back. Throws when the text is not one: the caller then knows nothing, which is `unknown`. */
export function decodeOutcome(value: unknown): Outcome {
  if (typeof value !== 'object' || value === null || !('outcome' in value))
    throw new Error('the simulator gave no outcome')
  if (value.outcome !== 'succeeded') return value as Outcome
  const wire = value as Omit<Outcome & { outcome: 'succeeded' }, 'amount' | 'fees'> & {
    amount: unknown
    fees?: { kind: Fee['kind']; amount: unknown }[]
  }
  const { amount, fees, ...rest } = wire
  return {
    ...rest,
    amount: minor(amount),
    ...(fees ? { fees: fees.map((fee) => ({ kind: fee.kind, amount: minor(fee.amount) })) } : {}),
  }
}

/** A request as JSON text. */
export function encodeRequest(request: PspRequest): string {
  return JSON.stringify({ ...request, amount: request.amount.toString() })
}

/** An amount in minor units from wire text. Only digits: `BigInt('')` would be 0. */
export function minor(value: unknown): bigint {
  if (typeof value !== 'string' || !/^\d{1,18}$/.test(value))
    throw new Error('an amount on the wire is not a string of digits')
  return BigInt(value)
}
