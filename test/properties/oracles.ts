// What is looked at after every step, besides the invariants in SQL: the model's view against the program's, moves of
// states, replies that must not change, and our books against what really happened at the provider.

import type { Simulator } from '../../server/connectors/simulator/index.ts'
import type { Facts, OperationRow } from './facts.ts'
import { PaymentModel } from './model.ts'

/** States an operation may be in after another, as docs/testing.md lists them. A late success is the one way back. */
const MOVES: Record<string, readonly string[]> = {
  dispatched: ['pending', 'unknown', 'succeeded', 'declined', 'no_effect', 'reversed'],
  pending: ['succeeded', 'declined', 'no_effect', 'reversed'],
  unknown: ['pending', 'succeeded', 'declined', 'no_effect', 'reversed'],
  succeeded: ['reversed'],
  declined: ['succeeded', 'reversed'],
  no_effect: ['succeeded', 'reversed'],
  reversed: [],
}

export function stepsBack(before: Facts, after: Facts): string[] {
  const states = new Map(after.operations.map(({ id, state }) => [id, state]))
  return before.operations.flatMap(({ id, state }) => {
    const now = states.get(id)
    if (now === state) return []
    return now !== undefined && MOVES[state]?.includes(now) ? [] : [`I-12 ${id} went from ${state} to ${now}`]
  })
}

export function changedReplies(before: Facts, after: Facts): string[] {
  return [...before.replies].flatMap(([key, reply]) =>
    after.replies.get(key) === reply
      ? []
      : [`I-04 the stored reply of ${key} changed from ${reply} to ${after.replies.get(key)}`],
  )
}

/** Differences between the payments as served and as the model works them out. `views` are API payments by id. */
export function differences(facts: Facts, views: ReadonlyMap<string, Record<string, unknown>>): string[] {
  return facts.payments.flatMap((fact) => {
    const { states, actions, ...expected } = new PaymentModel(fact).expected()
    const view = views.get(fact.id)
    const wrong = Object.entries(expected)
      .filter(([name, value]) => view?.[name] !== value)
      .map(([name, value]) => `MODEL ${fact.id}.${name} is ${String(view?.[name])}, should be ${value}`)
    const offered = ((view?.['actions'] ?? []) as string[]).filter((action) => MODELLED_ACTIONS.includes(action))
    if (offered.join() !== actions.join())
      wrong.push(`MODEL ${fact.id} offers ${offered.join() || 'nothing'}, should offer ${actions.join() || 'nothing'}`)
    const wrongStates = fact.operations
      .filter(({ id }) => states[id] !== facts.operations.find((row) => row.id === id)?.state)
      .map(
        ({ id, kind }) =>
          `MODEL ${kind} ${id} is ${facts.operations.find((row) => row.id === id)?.state}, should be ${states[id]}`,
      )
    return [...wrong, ...wrongStates]
  })
}

/** Those that depend on nothing but the payment. */
const MODELLED_ACTIONS = ['tenders', 'cancel', 'refunds']

interface Truth {
  amount: number
  times: number
}

/** What an instruction is for; other rows of the journal are what followed from it. */
const MAIN_EFFECT: Record<string, string> = {
  sale: 'captured',
  authorize: 'authorized',
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
  increment: 'authorized',
  extend: 'extended',
  credit: 'credited',
}

/** The provider's journal by operation: the effect it was asked for, less what was taken back. */
function truths(simulator: Simulator): Map<string, Truth> {
  const known = new Map<string, Truth>()
  for (const row of simulator.journal({ limit: 100_000 })) {
    const truth = known.get(row.operation_id) ?? { amount: 0, times: 0 }
    if (row.effect === MAIN_EFFECT[row.kind]) {
      truth.amount += Number(row.amount)
      truth.times += 1
    } else if (row.effect === 'reversed') truth.amount -= Number(row.amount)
    known.set(row.operation_id, truth)
  }
  return known
}

/** Calling off a charge the customer had not confirmed moves no money: the journal is silent, the operation stands. */
function calledOff({ kind, account, id }: OperationRow, simulator: Simulator): boolean {
  return kind === 'void' && simulator.store.operation(account, id)?.state === 'succeeded'
}

/** At any moment: nothing happened that we did not instruct, nothing twice, and nothing is believed that did not happen. */
export function untruths(facts: Facts, simulator: Simulator): string[] {
  const known = truths(simulator)
  const operations = new Map(facts.operations.map((operation) => [operation.id, operation]))
  const strangers = [...known.keys()]
    .filter((id) => !operations.has(id))
    .map((id) => `I-04 the provider did ${id}, which we do not know`)
  const wrong = facts.operations.filter(isAtProvider).flatMap((operation) => {
    const truth = known.get(operation.id)
    const twice =
      (truth?.times ?? 0) > 1 ? [`I-04 ${operation.kind} ${operation.id} took effect ${truth?.times} times`] : []
    const invented =
      operation.state === 'succeeded' && !truth && !calledOff(operation, simulator)
        ? [`I-10 ${operation.kind} ${operation.id} never took effect`]
        : []
    return [...twice, ...invented]
  })
  const effects = new Map<string, string[]>()
  for (const { id, key, tender_id, kind } of facts.operations) {
    if (key === null || (known.get(id)?.times ?? 0) === 0 || kind === 'void') continue
    const command = `${key} on ${tender_id}`
    effects.set(command, [...(effects.get(command) ?? []), id])
  }
  const repeated = [...effects]
    .filter(([, ids]) => ids.length > 1)
    .map(([command, ids]) => `I-04 ${command} took effect as ${ids.join(' and ')}`)
  return [...strangers, ...wrong, ...repeated]
}

const OVER_LIMIT = ['amount_exceeds_captured', 'amount_exceeds_authorized']

/**
 * I-02, I-03 at the provider, which keeps limits of its own: it never has to refuse more than was captured or authorised,
 * because our guards come first. Unless it took something back and we have not heard of it yet.
 */
export function refusedByProvider(facts: Facts, simulator: Simulator): string[] {
  const tenderOf = new Map(facts.operations.map(({ id, tender_id }) => [id, tender_id]))
  const takenBack = new Set(
    simulator
      .journal({ limit: 100_000 })
      .filter(({ effect }) => effect === 'reversed' || effect === 'expired')
      .map(({ operation_id }) => tenderOf.get(operation_id)),
  )
  return facts.operations
    .filter(({ decline, tender_id }) => decline !== null && OVER_LIMIT.includes(decline) && !takenBack.has(tender_id))
    .map(({ kind, id, decline }) => `I-02/I-03 the provider had to refuse ${kind} ${id}: ${decline}`)
}

/** At rest: our books and the provider's say the same of every operation, to the minor unit. */
export function disagreements(facts: Facts, simulator: Simulator): string[] {
  const known = truths(simulator)
  const silent = (operation: OperationRow) => !known.has(operation.id) && calledOff(operation, simulator)
  const told = facts.operations.filter((operation) => isAtProvider(operation) && !silent(operation))
  return told.flatMap((operation) => {
    const truth = known.get(operation.id)?.amount ?? 0
    const booked = operation.state === 'succeeded' ? (operation.effective ?? 0) : 0
    return truth === booked
      ? []
      : [`BOOKS ${operation.kind} ${operation.id} (${operation.state}): the provider did ${truth}, we booked ${booked}`]
  })
}

/** Cash has no provider who could say otherwise. */
function isAtProvider({ method }: OperationRow): boolean {
  return method !== 'cash'
}
