// I-12: evidence may come in any order and any number of times, and the end is the same. First a peer's table of amounts
// (Saleor's, as retold in the design's scenarios S1 to S16), in every order of arrival; then sets of evidence drawn at random.
//
// How the table is read here: a REQUEST is an operation that waits (pending), SUCCESS and FAILURE are evidence about it with
// the provider's own time. S8 adjusts an authorisation to a new total, which none of our operations does: an increment only
// adds. It is left out.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { apply } from '../../server/payments/apply.ts'
import { World } from '../world.ts'

const SEED = Number(process.env['ONETILL_PROPERTY_SEED'] ?? 20_261_122) || 1
const RUNS = Number(process.env['ONETILL_ORDER_RUNS'] ?? 15)

let world: World
let count = 0

before(async () => {
  world = await World.create({ seed: SEED })
})
after(() => world.close())

type Kind = 'authorize' | 'sale'
type Fact = 'pending' | 'succeeded' | 'declined' | 'reversed'

interface Told {
  /** Which operation, by its place. */
  of: number
  fact: Fact
  /** Minutes after the beginning, by the provider's clock. */
  at: number
}

/** What counts at the end, in minor units. */
interface End {
  held: number
  captured: number
  waiting: number
}

interface Row {
  id: string
  kind: Kind
  /** Amounts of the operations; each is a tender of one payment. */
  amounts: number[]
  told: Told[]
  end: End
}

const NOTHING: End = { held: 0, captured: 0, waiting: 0 }
const pending = (of = 0): Told => ({ of, fact: 'pending', at: 0 })
const succeeded = (at = 1, of = 0): Told => ({ of, fact: 'succeeded', at })
const declined = (at = 1, of = 0): Told => ({ of, fact: 'declined', at })

const TABLE: Row[] = [
  { id: 'S1', kind: 'authorize', amounts: [1100], told: [succeeded()], end: { ...NOTHING, held: 1100 } },
  { id: 'S2', kind: 'authorize', amounts: [1100], told: [pending()], end: { ...NOTHING, waiting: 1100 } },
  { id: 'S3', kind: 'authorize', amounts: [1100], told: [declined()], end: NOTHING },
  { id: 'S4', kind: 'authorize', amounts: [1100], told: [pending(), succeeded()], end: { ...NOTHING, held: 1100 } },
  { id: 'S5', kind: 'authorize', amounts: [1100], told: [pending(), declined()], end: NOTHING },
  { id: 'S6', kind: 'authorize', amounts: [1100], told: [succeeded(6), declined(11)], end: NOTHING },
  { id: 'S7', kind: 'authorize', amounts: [1100], told: [succeeded(6), declined(1)], end: { ...NOTHING, held: 1100 } },
  {
    id: 'S9',
    kind: 'authorize',
    amounts: [1100, 1200],
    told: [pending(0), pending(1), succeeded(2, 1)],
    end: { held: 1200, captured: 0, waiting: 1100 },
  },
  { id: 'S10', kind: 'sale', amounts: [1100], told: [succeeded()], end: { ...NOTHING, captured: 1100 } },
  { id: 'S11', kind: 'sale', amounts: [1100], told: [pending()], end: { ...NOTHING, waiting: 1100 } },
  { id: 'S12', kind: 'sale', amounts: [1100], told: [declined()], end: NOTHING },
  { id: 'S13', kind: 'sale', amounts: [1100], told: [pending(), succeeded()], end: { ...NOTHING, captured: 1100 } },
  { id: 'S14', kind: 'sale', amounts: [1100], told: [pending(), declined()], end: NOTHING },
  { id: 'S15', kind: 'sale', amounts: [1100], told: [succeeded(6), declined(11)], end: NOTHING },
  { id: 'S16', kind: 'sale', amounts: [1100], told: [succeeded(6), declined(1)], end: { ...NOTHING, captured: 1100 } },
]

for (const { id, kind, amounts, told, end } of TABLE) {
  test(`${id}: ${told.map(({ fact, at }) => `${fact} at ${at}`).join(', ')} ends the same in every order`, async () => {
    for (const order of orders(told)) assert.deepEqual(await tell(kind, amounts, order), end, JSON.stringify(order))
  })
}

test('any evidence about one operation, repeated and in any order, ends the same', async () => {
  const told = fc.array(
    fc.record({
      of: fc.constant(0),
      fact: fc.constantFrom<Fact>('pending', 'succeeded', 'declined'),
      // Few different times, so that two facts often carry the same one, as with providers that tell seconds.
      at: fc.nat(2),
    }),
    { minLength: 2, maxLength: 4 },
  )
  const property = fc.asyncProperty(fc.constantFrom<Kind>('authorize', 'sale'), told, async (kind, facts) => {
    // A provider has one time for each outcome of one operation.
    const times = new Map<Fact, number>()
    for (const { fact, at } of facts) if (!times.has(fact)) times.set(fact, at)
    const consistent = facts.map((fact) => ({ ...fact, at: times.get(fact.fact) as number }))
    const ends = new Map<string, Told[]>()
    for (const order of orders(consistent)) ends.set(JSON.stringify(await tell(kind, [1100], order)), order)
    assert.equal(ends.size, 1, JSON.stringify([...ends]))
  })
  await fc.assert(property, { seed: SEED, numRuns: RUNS })
})

test('a success that is taken back counts for nothing, whichever news comes first', async () => {
  for (const kind of ['authorize', 'sale'] as const) {
    for (const at of [1, 2]) {
      const told: Told[] = [succeeded(1), { of: 0, fact: 'reversed', at }]
      for (const order of orders(told))
        assert.deepEqual(await tell(kind, [1100], order), NOTHING, JSON.stringify(order))
    }
  }
})

/** Every order of arrival. */
function orders<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]]
  return all.flatMap((first, i) => orders([...all.slice(0, i), ...all.slice(i + 1)]).map((rest) => [first, ...rest]))
}

/** A payment whose operations wait for news, told in this order; what is held, captured and waiting at the end. */
async function tell(kind: Kind, amounts: number[], told: readonly Told[]): Promise<End> {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  const capture = kind === 'authorize' ? 'manual' : 'automatic'
  const body = { amount: total, currency: 'EUR', channel: 'web', capture }
  const created = await world.call('POST', '/v1/payments', body, { idempotencyKey: `order-test-${++count}` })
  const paymentId = created.body['id'] as string
  const operations: { id: string; amount: number }[] = []
  for (const amount of amounts) {
    // A card whose issuer takes its time: the charge waits.
    const tender = { method: 'card', token: await world.tokenise('4000007700001404'), amount }
    const answer = await world.call('POST', `/v1/payments/${paymentId}/tenders`, tender, {
      idempotencyKey: `order-test-${++count}`,
    })
    operations.push(
      (answer.body['operations'] as { id: string; amount: number }[])[0] as { id: string; amount: number },
    )
  }
  for (const { of, fact, at } of told)
    await tellOne(paymentId, operations[of] as { id: string; amount: number }, fact, at)
  const { body: view } = await world.call('GET', `/v1/payments/${paymentId}`)
  return {
    held: view['amount_capturable'] as number,
    captured: view['amount_captured'] as number,
    waiting: view['amount_in_flight'] as number,
  }
}

async function tellOne(
  paymentId: string,
  operation: { id: string; amount: number },
  fact: Fact,
  at: number,
): Promise<void> {
  const occurred_at = new Date(Date.UTC(2026, 10, 22, 9, at)).toISOString()
  const psp_reference = `psp_${operation.id}`
  const refused = {
    outcome: 'declined',
    code: 'card_declined',
    message: 'No',
    is_retryable: false,
    psp_reference,
    occurred_at,
  } as const
  await apply(world.program.payments, {
    merchantId: world.merchant.merchant_id,
    paymentId,
    operationId: operation.id,
    source: 'webhook',
    outcome:
      fact === 'pending'
        ? { outcome: 'pending', psp_reference }
        : fact === 'succeeded'
          ? { outcome: 'succeeded', amount: BigInt(operation.amount), psp_reference, occurred_at }
          : refused,
    isReversal: fact === 'reversed',
    currency: 'EUR',
    ...(fact === 'pending' ? {} : { occurredAt: occurred_at }),
  })
}
