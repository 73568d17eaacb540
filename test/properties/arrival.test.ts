// I-12 for whole payments: several operations of one payment, and disputes, whose news comes in any order. Whatever the order,
// the payment's view, the states of its operations, its disputes and its books end the same. (One operation by itself, in every
// order: evidence-order.test.ts.)
//
// Every operation is instructed at a provider that loses the request, so nothing is known of it but what the test tells. What a
// person is asked to look at, and how often the payment has changed, are told apart by what came first, and are not compared.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { apply } from '../../server/payments/apply.ts'
import { applyInbound, type PaymentView } from '../../server/payments/index.ts'
import { storeInboundEvent } from '../../server/payments/store.ts'
import { World } from '../world.ts'

const SEED = Number(process.env['ONETILL_PROPERTY_SEED'] ?? 20_261_122) || 1
const RUNS = Number(process.env['ONETILL_ARRIVAL_RUNS'] ?? 40)
/** Orders of arrival that are compared with the one in which it was drawn. */
const ORDERS = 2

let world: World
let count = 0
before(async () => {
  world = await World.create({ seed: SEED })
})
after(() => world.close())

type Kind = 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'extend'

/** News of one operation: what, and when by the provider's clock, in minutes. */
interface News {
  of: string
  fact: 'succeeded' | 'declined' | 'reversed' | 'dispute_opened' | 'dispute_won' | 'dispute_lost'
  at: number
}

interface Step {
  /** The operation's name in the scenario. */
  name: string
  kind: Kind
  amount?: number
  final?: boolean
  /** Told before anything else is instructed. */
  told?: News['fact'] | 'action'
}

interface Scenario {
  title: string
  steps: Step[]
  /** What may become of each operation; one is drawn. */
  ends: Record<string, News['fact'][][]>
}

const S = 'succeeded'
const D = 'declined'
const R = 'reversed'
/** In the order of the provider's clock. A refusal after a success takes it back, a success after a refusal stands. */
const ANY: News['fact'][][] = [[], [S], [D], [S, R], [S, D], [D, S]]
const DISPUTED: News['fact'][][] = [
  [],
  ['dispute_opened'],
  ['dispute_opened', 'dispute_won'],
  ['dispute_opened', 'dispute_lost'],
]

const SCENARIOS: Scenario[] = [
  {
    title: 'a charge that is disputed before it is known to have been made',
    steps: [{ name: 'sale', kind: 'sale', amount: 100 }],
    ends: { sale: [...DISPUTED.slice(1).map((dispute) => [S, ...dispute] as News['fact'][]), [S, R]] },
  },
  {
    title: 'refunds, one given up before, of a charge that is disputed',
    steps: [
      { name: 'sale', kind: 'sale', amount: 100, told: S },
      { name: 'first', kind: 'refund', amount: 60, told: D },
      { name: 'second', kind: 'refund', amount: 60 },
    ],
    ends: { sale: [...DISPUTED, [R]], first: [[], [S]], second: ANY },
  },
  {
    title: 'two captures and an increment',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'one', kind: 'capture', amount: 40 },
      { name: 'two', kind: 'capture', amount: 30 },
      { name: 'more', kind: 'increment', amount: 20 },
    ],
    ends: { hold: [[], [R]], one: ANY, two: ANY, more: [[], [S], [D], [S, R]] },
  },
  {
    title: 'a capture that was made, and the rest let go',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'part', kind: 'capture', amount: 40, told: S },
      { name: 'rest', kind: 'void' },
    ],
    ends: { hold: [[], [R]], part: [[], [R]], rest: [[S], [D]] },
  },
  {
    title: 'a last capture',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'last', kind: 'capture', amount: 40, final: true },
    ],
    ends: { hold: [[], [R]], last: ANY },
  },
  {
    title: 'an extension and an increment, each with an end of its own',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'longer', kind: 'extend' },
      { name: 'more', kind: 'increment', amount: 20 },
    ],
    ends: { longer: [[S], [D], [S, R]], more: [[S], [D], [S, R]] },
  },
  {
    title: 'a capture that was given up, and a cancel after it',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'lost', kind: 'capture', amount: 100, told: D },
      { name: 'rest', kind: 'void' },
    ],
    ends: { hold: [[]], lost: [[], [S]], rest: [[S], [D]] },
  },
  {
    title: 'a cancel while the customer confirms',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: 'action' },
      { name: 'rest', kind: 'void' },
    ],
    ends: { hold: [[], [S], [D]], rest: [[S], [D]] },
  },
  {
    title: 'an increment that was given up, and a last capture after it',
    steps: [
      { name: 'hold', kind: 'authorize', amount: 100, told: S },
      { name: 'lost', kind: 'increment', amount: 50, told: D },
      { name: 'part', kind: 'capture', amount: 60, final: true },
    ],
    ends: { hold: [[]], lost: [[], [S]], part: [[S], [D], [S, R]] },
  },
]

interface Drawn {
  news: News[]
  /** Each an order of arrival, as places in `news`. */
  orders: number[][]
}

function drawn(scenario: Scenario): fc.Arbitrary<Drawn> {
  const names = Object.keys(scenario.ends)
  const ends = fc.tuple(
    ...names.map((name) => fc.constantFrom(...(scenario.ends[name] as News['fact'][][]))),
    // Where two operations meet in time is drawn too: each begins this many minutes after the setting.
    fc.array(fc.nat(3), { minLength: names.length, maxLength: names.length }),
  )
  return ends.chain((drawnEnds) => {
    const starts = drawnEnds.at(-1) as number[]
    const news = names.flatMap((name, i) =>
      (drawnEnds[i] as News['fact'][]).map((fact, k) => ({ of: name, fact, at: 10 + (starts[i] as number) + 2 * k })),
    )
    const places = news.map((_, i) => i)
    const order = fc.shuffledSubarray(places, { minLength: places.length, maxLength: places.length })
    return fc.record({
      news: fc.constant(news),
      orders: fc.array(order, { minLength: ORDERS, maxLength: ORDERS }),
    })
  })
}

for (const scenario of SCENARIOS) {
  test(`the news of ${scenario.title} ends the same in every order`, async () => {
    const property = fc.asyncProperty(drawn(scenario), async ({ news, orders }) => {
      const first = await endOf(scenario, news)
      for (const order of orders) {
        const arrived = order.map((i) => news[i] as News)
        if (arrived.every((item, i) => item === news[i])) continue
        assert.deepEqual(await endOf(scenario, arrived), first, JSON.stringify(arrived))
      }
    })
    await fc.assert(property, { seed: SEED, numRuns: Math.max(4, Math.round(RUNS / 4)) })
  })
}

interface Known {
  id: string
  kind: Kind
  amount: number
}

/** Gives the instructions, tells the news in this order, and returns all that may not depend on it. */
async function endOf(scenario: Scenario, news: readonly News[]): Promise<unknown> {
  const known = new Map<string, Known>()
  const isHeld = scenario.steps[0]?.kind === 'authorize'
  const body = { amount: 100, currency: 'EUR', channel: 'web', capture: isHeld ? 'manual' : 'automatic' }
  const created = await world.call('POST', '/v1/payments', body, { idempotencyKey: `arrival-${++count}` })
  const paymentId = created.body['id'] as string
  for (const step of scenario.steps) {
    known.set(step.name, await instruct(paymentId, step))
    if (step.told === 'action') await tellOfAction(paymentId, known.get(step.name) as Known)
    else if (step.told) await tell(paymentId, known, { of: step.name, fact: step.told, at: 1 })
  }
  // As with what a webhook tells: what cannot be booked yet is tried again when other news has come.
  let left = [...news]
  while (left.length > 0) {
    const refused: News[] = []
    for (const item of left) if (!(await isTold(paymentId, known, item))) refused.push(item)
    assert.ok(refused.length < left.length, `never booked: ${JSON.stringify(refused)}`)
    left = refused
  }
  return read(paymentId, known)
}

async function instruct(paymentId: string, { kind, amount, final }: Step): Promise<Known> {
  world.simulator.setFaults({ seed: SEED, rates: {}, next: [{ verb: kind, fault: 'lost_before' }] })
  const path = {
    sale: 'tenders',
    authorize: 'tenders',
    capture: 'captures',
    void: 'cancel',
    refund: 'refunds',
    increment: 'increments',
    extend: 'extensions',
  }[kind]
  const charge = kind === 'sale' || kind === 'authorize'
  const body = {
    ...(charge && { method: 'card', token: await world.tokenise('4242424242424242') }),
    ...(amount !== undefined && { amount }),
    ...(final && { final }),
  }
  const answer = await world.call('POST', `/v1/payments/${paymentId}/${path}`, body, {
    idempotencyKey: `arrival-${++count}`,
  })
  assert.equal(answer.status, 202, `${kind}: ${answer.text}`)
  const [operation] = (answer.body as unknown as PaymentView).operations ?? []
  assert.ok(operation)
  return { id: operation.id, kind, amount: operation.amount }
}

async function tellOfAction(paymentId: string, operation: Known): Promise<void> {
  await apply(world.program.payments, {
    merchantId: world.merchant.merchant_id,
    paymentId,
    operationId: operation.id,
    source: 'poll',
    outcome: {
      outcome: 'pending',
      psp_reference: `psp_${operation.id}`,
      next_action: { type: 'redirect', url: 'https://bank.example/' },
    },
  })
}

/** False where the books cannot take it yet. */
async function isTold(paymentId: string, known: Map<string, Known>, news: News): Promise<boolean> {
  try {
    await tell(paymentId, known, news)
    return true
  } catch (error) {
    if ((error as { code?: string }).code !== '23514') throw error
    return false
  }
}

async function tell(paymentId: string, known: Map<string, Known>, { of, fact, at }: News): Promise<void> {
  const operation = known.get(of) as Known
  const occurred_at = new Date(Date.UTC(2026, 10, 22, 9, at)).toISOString()
  if (fact.startsWith('dispute_')) return tellOfDispute(paymentId, operation, fact.replace('dispute_', ''), occurred_at)
  const psp_reference = `psp_${operation.id}`
  await apply(world.program.payments, {
    merchantId: world.merchant.merchant_id,
    paymentId,
    operationId: operation.id,
    source: 'webhook',
    outcome:
      fact === 'succeeded'
        ? {
            outcome: 'succeeded',
            amount: BigInt(operation.amount),
            psp_reference,
            occurred_at,
            ...(['authorize', 'extend', 'increment'].includes(operation.kind) && {
              expires_at: new Date(Date.UTC(2026, 11, operation.kind === 'extend' ? 28 : 20, 9)).toISOString(),
            }),
          }
        : { outcome: 'declined', code: 'declined', message: 'No', is_retryable: false, psp_reference, occurred_at },
    isReversal: fact === 'reversed',
    currency: 'EUR',
    occurredAt: occurred_at,
  })
}

async function tellOfDispute(paymentId: string, operation: Known, stage: string, occurred_at: string): Promise<void> {
  const { rows } = await world.database.db.query<{ account: string }>(
    'select connector_account_id as account from operation where id = $1',
    [operation.id],
  )
  const event = {
    ...{ type: 'dispute', psp_event_id: `arrival-${++count}`, dispute_reference: `dp-${paymentId}`, stage },
    ...{ operation_id: operation.id, amount: operation.amount, currency: 'EUR', reason: 'fraudulent', occurred_at },
  }
  await storeInboundEvent(world.database.db, world.merchant.merchant_id, {
    account_id: rows[0]?.account as string,
    event_id: event.psp_event_id,
    event: JSON.stringify(event),
    at: world.clock.now(),
    is_done: false,
  })
  while ((await applyInbound(world.program.payments)) > 0);
}

async function read(paymentId: string, known: Map<string, Known>): Promise<unknown> {
  const { body } = await world.call('GET', `/v1/payments/${paymentId}`)
  const view = body as unknown as PaymentView
  const { db } = world.database
  const states = await db.query<{ id: string; state: string; effective: bigint | null }>(
    'select id, state, amount_effective as effective from operation where payment_id = $1',
    [paymentId],
  )
  const disputes = await db.query<{ status: string; amount: bigint }>(
    'select status, amount from dispute where payment_id = $1',
    [paymentId],
  )
  const books = await db.query<{ account: string; amount: bigint }>(
    `select l.account, sum(l.amount)::bigint as amount from ledger_line l join ledger_entry e on e.merchant_id = l.merchant_id and e.id = l.entry_id
     where e.payment_id = $1 group by l.account having sum(l.amount) <> 0 order by l.account`,
    [paymentId],
  )
  const names = new Map([...known].map(([name, { id }]) => [id, name]))
  const { id: _id, attention: _attention, version: _version, created_at: _c, updated_at: _u, tenders, ...rest } = view
  return {
    payment: rest,
    tenders: tenders.map(({ id: _, ...tender }) => tender),
    states: Object.fromEntries(
      states.rows
        .map(({ id, state, effective }) => [names.get(id) ?? 'other', `${state} ${effective}`])
        .sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
    ),
    disputes: disputes.rows.map(({ status, amount }) => `${status} ${amount}`).sort(),
    books: books.rows.map(({ account, amount }) => `${account.split(':')[0]} ${amount}`),
  }
}
