// Tier T3 for what decides about money besides commands: news of disputes, a person, time, and increments whose answer is lost. Each
// guard of migrations 0053 and 0056, with the statements of two or three processes in orders drawn from a seed.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { apply } from '../../server/payments/apply.ts'
import { applyDispute } from '../../server/payments/disputes.ts'
import type { StoredDispute } from '../../server/payments/inbound.ts'
import {
  addTender,
  capture,
  expireHolds,
  extend,
  increment,
  type PaymentView,
  refund,
} from '../../server/payments/index.ts'
import { decide } from '../../server/payments/resolve.ts'
import { storeInboundEvent } from '../../server/payments/store.ts'
import { type Arena, type Command, openArena, type Round, raceIn, sorted } from './arena.ts'
import type { Actor } from './scheduler.ts'

const SEED = Number(process.env['ONETILL_INTERLEAVING_SEED'] ?? 1)
const ROUNDS = Number(process.env['ONETILL_INTERLEAVINGS'] ?? 10)
const DAY = 24 * 60 * 60 * 1_000

let arena: Arena
before(async () => {
  arena = await openArena({ seed: SEED, actors: 3 })
})
after(() => arena.close())

const race = (title: string, set: () => Promise<Round>): void => raceIn(() => arena, title, ROUNDS, set)

interface Charge {
  id: string
  operation: string
  account: string
}

async function charge(body: object = {}): Promise<Charge> {
  const id = await arena.newPayment({ tender: await arena.card(), ...body })
  const { rows } = await arena.world.database.db.query<{ operation: string; account: string }>(
    'select id as operation, connector_account_id as account from operation where payment_id = $1',
    [id],
  )
  return { id, operation: rows[0]?.operation as string, account: rows[0]?.account as string }
}

async function view(id: string): Promise<PaymentView> {
  return (await arena.world.call('GET', `/v1/payments/${id}`)).body as unknown as PaymentView
}

async function tasks(id: string): Promise<string[]> {
  const { body } = await arena.world.call('GET', `/v1/payment_tasks?payment_id=${id}&state=open`)
  return (body['data'] as { kind: string }[]).map(({ kind }) => kind).sort()
}

/** The next instruction of that kind is lost on its way back, and so nobody knows of its effect. */
function lose(verb: string): void {
  arena.world.simulator.setFaults({ seed: SEED, rates: {}, next: [{ verb, fault: 'lost_after' }] })
}

/** An actor that applies one piece of news about a dispute, as the inbox of one process does. */
async function hearing(of: Charge, stage: 'opened' | 'won' | 'lost', amount: number): Promise<Actor> {
  const at = arena.world.clock.now()
  const psp_event_id = arena.nextKey('dispute-news')
  const event = {
    ...{ type: 'dispute' as const, psp_event_id, dispute_reference: `dp-${of.id}`, operation_id: of.operation, stage },
    ...{ amount, currency: 'EUR', reason: 'fraudulent', occurred_at: at.toISOString() },
  }
  const merchant_id = arena.world.merchant.merchant_id
  await storeInboundEvent(arena.world.database.db, merchant_id, {
    ...{ account_id: of.account, event_id: psp_event_id, event: JSON.stringify(event), at, is_done: false },
  })
  const row = { merchant_id, connector_account_id: of.account, psp_event_id, event: event as object, attempt: 1 }
  return async (run) => {
    await applyDispute(arena.processOn(run), { ...row, event: { ...row.event } }, event as StoredDispute)
  }
}

/** An actor that is told by the provider that the charge was made. */
function answering(of: Charge, amount = 100n): Actor {
  const { world } = arena
  const occurred_at = world.clock.now().toISOString()
  return async (run) => {
    await apply(arena.processOn(run), {
      merchantId: world.merchant.merchant_id,
      paymentId: of.id,
      operationId: of.operation,
      source: 'poll',
      outcome: { outcome: 'succeeded', amount, psp_reference: `psp_${of.operation}`, occurred_at },
    })
  }
}

race('a dispute that two notifications open is opened once', async () => {
  const it = await charge()
  return {
    actors: [await hearing(it, 'opened', 60), await hearing(it, 'opened', 60), await hearing(it, 'opened', 60)],
    async check(order) {
      const { amount_disputed, amount_refundable } = await view(it.id)
      assert.deepEqual([amount_disputed, amount_refundable], [60, 40], order)
    },
  }
})

race('an end and an opening of a dispute come to the end, whichever is first', async () => {
  const it = await charge()
  return {
    actors: [await hearing(it, 'opened', 60), await hearing(it, 'won', 60)],
    async check(order) {
      const { amount_disputed, amount_refundable } = await view(it.id)
      assert.deepEqual([amount_disputed, amount_refundable], [0, 100], order)
    },
  }
})

race('of a won and a lost end one is booked, and a person is told of the other', async () => {
  const it = await charge()
  return {
    actors: [await hearing(it, 'won', 60), await hearing(it, 'lost', 60)],
    async check(order) {
      assert.deepEqual(await tasks(it.id), ['dispute_contradicted'], order)
    },
  }
})

race('a refund beside a dispute is refused, or made and known to have been given twice', async () => {
  const it = await charge()
  const statuses: number[] = []
  const refunding: Command = (deps, merchant, key) => refund(deps, merchant, key, it.id, { amount: 60 })
  return {
    actors: [await hearing(it, 'opened', 100), arena.commanding(refunding, statuses)],
    async check(order) {
      const { amount_refunded, attention } = await view(it.id)
      const isMade = statuses[0] === 201
      assert.deepEqual(statuses, [isMade ? 201 : 422], order)
      assert.deepEqual(
        [amount_refunded, await tasks(it.id), attention],
        isMade ? [60, ['given_twice'], 'review'] : [0, [], null],
        order,
      )
    },
  }
})

race('a dispute about more than was approved is seen to be, also while the answer is being booked', async () => {
  lose('sale')
  const it = await charge()
  return {
    actors: [answering(it), await hearing(it, 'opened', 101), await hearing(it, 'opened', 100)],
    async check(order) {
      const { amount_disputed, amount_captured, amount_refundable } = await view(it.id)
      assert.deepEqual([amount_captured, amount_disputed, amount_refundable], [100, 100, 0], order)
      assert.deepEqual(await tasks(it.id), ['dispute_mismatch'], order)
    },
  }
})

race('a dispute is held to what was approved, also while that is being booked', async () => {
  lose('sale')
  const it = await charge()
  return {
    actors: [answering(it, 60n), await hearing(it, 'opened', 100)],
    async check(order) {
      const { rows } = await arena.world.database.db.query<{ type: string }>(
        `select type from event
         where type = 'dispute.opened' or (object_id = $1 and type in ('payment.captured', 'payment.attention_changed'))
         order by seq desc limit 2`,
        [it.id],
      )
      const [last, before] = rows.map(({ type }) => type)
      // Opened only while nobody knew that it was less.
      const isOpened = last === 'payment.captured' && before === 'dispute.opened'
      assert.ok(isOpened || last === 'payment.attention_changed', `${order}: ${before}, ${last}`)
      assert.deepEqual(await tasks(it.id), isOpened ? [] : ['dispute_mismatch'], order)
    },
  }
})

race(
  'a person who decides beside the provider’s proof is refused, or goes before it; the money is booked once',
  async () => {
    lose('sale')
    const it = await charge()
    const statuses: number[] = []
    const deciding: Command = (deps, merchant) =>
      decide(deps, merchant, it.id, it.operation, { outcome: 'declined', note: 'nothing in their portal' })
    return {
      actors: [arena.commanding(deciding, statuses), answering(it)],
      async check(order) {
        const { status, attention, amount_captured } = await view(it.id)
        assert.ok(statuses[0] === 201 || statuses[0] === 409, `${order}: ${statuses}`)
        assert.deepEqual([status, amount_captured], ['captured', 100], order)
        // Who was told that it is declined is told that it is not.
        assert.equal(attention, statuses[0] === 201 ? 'review' : null, order)
      },
    }
  },
)

for (const [verb, moving] of [
  ['extend', extend],
  ['increment', increment],
] as const) {
  race(`a hold whose time is over ends, or is moved by its ${verb}, and never both`, async () => {
    const { world } = arena
    const it = await charge({ capture: 'manual' })
    world.clock.advance(7 * DAY + 1_000)
    const statuses: number[] = []
    const command: Command = (deps, merchant, key) => moving(deps, merchant, key, it.id, { amount: 10 })
    const expiring: Actor = async (run) => {
      await expireHolds(arena.processOn(run))
    }
    return {
      actors: [arena.commanding(command, statuses), expiring],
      async check(order) {
        await expireHolds(world.program.payments)
        await world.deliverAll()
        const { status, amount_capturable, amount_in_flight } = await view(it.id)
        assert.ok(statuses[0] === 201 || statuses[0] === 409, `${order}: ${statuses}`)
        // The provider ends it too, so whoever asked for more came too late.
        assert.deepEqual([status, amount_capturable, amount_in_flight], ['expired', 0, 0], order)
      },
    }
  })
}

race('a further tender beside a sale that is taken back covers what is owed once', async () => {
  const { world } = arena
  const it = await charge({ tender: { ...(await arena.card()), amount: 60 } })
  await world.call('POST', `/v1/payments/${it.id}/refunds`, { amount: 60 }, { idempotencyKey: arena.nextKey('back') })
  const tenders = [await arena.card(), await arena.card()]
  const statuses: number[] = []
  const reversing: Actor = async (run) => {
    await apply(arena.processOn(run), {
      merchantId: world.merchant.merchant_id,
      paymentId: it.id,
      operationId: it.operation,
      source: 'webhook',
      isReversal: true,
      currency: 'EUR',
      outcome: {
        outcome: 'declined',
        code: 'returned',
        message: 'Returned',
        is_retryable: false,
        psp_reference: `psp_${it.operation}`,
        occurred_at: world.clock.now().toISOString(),
      },
    })
  }
  return {
    actors: [
      reversing,
      ...tenders.map((tender) =>
        arena.commanding(
          (deps, merchant, key) => addTender(deps, merchant, key, it.id, { ...tender, amount: 100 }),
          statuses,
        ),
      ),
    ],
    async check(order) {
      // Taken back or given back, it covers nothing; one of the two pays, and only for what is owed.
      const [first, second] = sorted(statuses)
      assert.ok(first === 201 && (second === 409 || second === 422), `${order}: ${statuses}`)
      const { amount_captured, status } = await view(it.id)
      assert.deepEqual([amount_captured, status], [100, 'captured'], order)
    },
  }
})

race('what takes all that is owed and what raises it wait for each other', async () => {
  const it = await charge({ capture: 'manual' })
  const statuses: number[] = []
  return {
    actors: [
      arena.commanding((deps, merchant, key) => capture(deps, merchant, key, it.id, { amount: 100 }), statuses),
      arena.commanding((deps, merchant, key) => increment(deps, merchant, key, it.id, { amount: 50 }), statuses),
    ],
    async check(order) {
      const { amount, amount_captured, status } = await view(it.id)
      const isRaised = amount === 150
      assert.deepEqual([amount, amount_captured], isRaised ? [150, amount_captured] : [100, 100], order)
      assert.equal(
        status,
        !isRaised ? 'captured' : amount_captured === 100 ? 'partially_captured' : 'authorized',
        order,
      )
    },
  }
})
