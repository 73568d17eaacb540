// Plays one run: a fresh merchant in a world with the run's weather, the actions one after the other, every oracle after
// each, and at the end rest, when our books must be the provider's.

import { strike } from '../../server/connectors/simulator/faults.ts'
import type { TestDatabase } from '../database.ts'
import { World } from '../world.ts'
import type { Action, Run } from './actions.ts'
import type { Coverage } from './coverage.ts'
import { type Facts, readFacts } from './facts.ts'
import { violations } from './invariants.ts'
import { changedReplies, differences, disagreements, refusedByProvider, stepsBack, untruths } from './oracles.ts'
import { type Happened, perform, type Stage } from './perform.ts'

/** Throws with every complaint when one step breaks something. */
export async function play(run: Run, database: TestDatabase, coverage: Coverage): Promise<void> {
  const world = await World.create({ seed: run.seed, faults: run.weather, database, overtakes: run.overtakes })
  const actions = [...run.opening, ...run.actions]
  try {
    const stage: Stage = { world, facts: await factsOf(world), requests: [], disputed: new Map() }
    for (const [i, action] of actions.entries()) await step(stage, action, `step ${i} (${describe(action)})`, coverage)
    noteFaults(run, stage.facts, coverage)
    await world.quiesce(() => openEnds(world))
    const settled = await factsOf(world)
    complain('at rest', [...(await examine(world, stage.facts, settled)), ...disagreements(settled, world.simulator)])
    for (const point of world.deaths) coverage.note('kill point', point)
    coverage.ran(actions.length)
  } finally {
    await world.close()
  }
}

async function step(stage: Stage, action: Action, where: string, coverage: Coverage): Promise<void> {
  const { world } = stage
  world.drawIdsFrom(action.salt)
  const deathsBefore = world.deaths.length
  world.process.arm(action.dies)
  const happened = await perform(stage, action)
  world.process.arm(undefined)
  const { request } = happened
  // A key that was still free belongs to the body that was sent with it last.
  if (request) stage.requests = [...stage.requests.filter(({ key }) => key !== request.key), request]
  const died = world.deaths.length > deathsBefore
  countIn(coverage, action, happened, died)
  const after = await factsOf(world)
  complain(where, [
    ...(happened.complaints ?? []),
    ...surprises(happened),
    ...(await examine(world, stage.facts, after)),
  ])
  stage.facts = after
}

function countIn(coverage: Coverage, action: Action, { answer, didSomething }: Happened, died: boolean): void {
  coverage.count(action.do, 'tried')
  if (died) coverage.count(action.do, 'died')
  else if (didSomething) coverage.count(action.do, 'accepted')
  else if (answer && answer.status === 202) coverage.count(action.do, 'unknown')
  else if (answer && answer.status < 300) coverage.count(action.do, 'accepted')
  else if (answer) coverage.count(action.do, 'refused')
}

/** The model's word against the answer. A dead process gives none. */
function surprises({ answer, expected }: Happened): string[] {
  if (!answer || answer.status === 0) return []
  if (answer.status >= 500) return [`the server answered ${answer.status}: ${answer.text}`]
  const said = answer.status < 300 ? 200 : answer.status
  return expected === undefined || said === expected
    ? []
    : [`MODEL expected ${expected}, the server said ${answer.status}: ${answer.text}`]
}

async function examine(world: World, before: Facts, after: Facts): Promise<string[]> {
  return [
    ...(await violations(world.database.db, world.merchant.merchant_id)),
    ...differences(after, await viewsOf(world)),
    ...stepsBack(before, after),
    ...changedReplies(before, after),
    ...untruths(after, world.simulator),
    ...refusedByProvider(after, world.simulator),
  ]
}

async function viewsOf(world: World): Promise<Map<string, Record<string, unknown>>> {
  const { status, text, body } = await world.call('GET', '/v1/payments?limit=100')
  if (status !== 200) throw new Error(`GET /v1/payments answered ${status}: ${text}`)
  return new Map((body['data'] as Record<string, unknown>[]).map((view) => [view['id'] as string, view]))
}

function factsOf(world: World): Promise<Facts> {
  return readFacts(world.database.db, world.simulator, world.merchant.merchant_id)
}

/** What still waits: operations without an outcome, inbound events about things we know, money to be given back. */
async function openEnds(world: World): Promise<string[]> {
  const { rows } = await world.database.db.query<{ what: string }>(
    `select kind || ' ' || id || ' is ' || state as what from operation
       where merchant_id = $1 and state in ('created', 'dispatched', 'pending', 'unknown')
     union all
     select 'event ' || i.psp_event_id from inbound_event i where i.merchant_id = $1 and i.applied_at is null
       and exists (select from operation o where o.merchant_id = $1 and o.id = i.event ->> 'operation_id')
     union all
     select 'task ' || id from payment_task where merchant_id = $1 and kind = 'duplicate_payment' and closed_at is null`,
    [world.merchant.merchant_id],
  )
  return rows.map(({ what }) => what)
}

function noteFaults(run: Run, facts: Facts, coverage: Coverage): void {
  const plan = { seed: run.seed, ...run.weather }
  for (const { id } of facts.operations) {
    const { before, after, result, webhook, reversed_later, not_found_then_found } = strike(plan, id, [])
    for (const fault of [before, after, result, webhook]) if (fault) coverage.note('fault', fault)
    if (reversed_later) coverage.note('fault', 'reversed_later')
    if (not_found_then_found) coverage.note('fault', 'not_found_then_found')
  }
}

function complain(where: string, complaints: string[]): void {
  if (complaints.length > 0) throw new Error(`${where}:\n  ${complaints.join('\n  ')}`)
}

function describe({ do: name, dies }: Action): string {
  return dies ? `${name}, dying at ${dies}` : name
}
