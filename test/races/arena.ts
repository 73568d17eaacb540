// Where several processes of the program meet: each actor has the program on a connection of its own, one statement at a time, in
// orders drawn from a seed. What a race leaves behind is compared with the invariants and with what the provider really did.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLanes } from '../../server/db/lanes.ts'
import { Problem } from '../../server/lib/problem.ts'
import type { PaymentDeps, Reply } from '../../server/payments/index.ts'
import { readFacts } from '../properties/facts.ts'
import { violations } from '../properties/invariants.ts'
import { refusedByProvider, untruths } from '../properties/oracles.ts'
import { World } from '../world.ts'
import { seededRandom } from '../world-luck.ts'
import { type Actor, openSessions, type Statement, scheduledDb } from './scheduler.ts'

export type Command = (
  deps: PaymentDeps,
  merchantId: string,
  key: { key: string; fingerprint: string },
) => Promise<Reply>

export interface Round {
  actors: Actor[]
  /** What must be true after; `order` is the order of statements, for the message. */
  check(order: string): void | Promise<void>
}

export type Arena = Awaited<ReturnType<typeof openArena>>

export async function openArena({ seed, actors }: { seed: number; actors: number }) {
  const world = await World.create({ seed })
  const sessions = await openSessions(world.database.url, actors)
  let keys = 0
  let count = 0
  let spentMs = 0

  async function interleave(round: number, actors: readonly Actor[]): Promise<string> {
    const startedAt = performance.now()
    const order = await sessions.interleave(seededRandom(seed * 1_000_003 + round), actors)
    spentMs += performance.now() - startedAt
    count++
    return order
  }

  /** The program of one process, with its own lanes, on an actor's connection. */
  function processOn(run: Statement): PaymentDeps {
    const db = scheduledDb(run)
    return { ...world.program.payments, db, lanes: createLanes(db, { lanes: 1 }) }
  }

  const nextKey = (of: string) => `${of}-${++keys}`

  /** An actor that gives one command and notes 2xx or the refusal's status. */
  function commanding(command: Command, statuses: number[], key = nextKey('race')): Actor {
    return async (run) => {
      try {
        const reply = await command(processOn(run), world.merchant.merchant_id, { key, fingerprint: key })
        statuses.push(reply.status)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        statuses.push(error.status)
      }
    }
  }

  async function newPayment(body: object): Promise<string> {
    const answer = await world.call(
      'POST',
      '/v1/payments',
      { amount: 100, currency: 'EUR', channel: 'web', ...body },
      { idempotencyKey: nextKey('payment') },
    )
    assert.ok(answer.status < 300, answer.text)
    return answer.body['id'] as string
  }

  async function card(number = '4242424242424242'): Promise<{ method: string; token: string }> {
    return { method: 'card', token: await world.tokenise(number) }
  }

  /** Nothing is wrong in the books, nor between them and the provider. */
  async function assertTrue(order: string): Promise<void> {
    const { db } = world.database
    const facts = await readFacts(db, world.simulator, world.merchant.merchant_id)
    const wrong = [
      ...(await violations(db, world.merchant.merchant_id)),
      ...untruths(facts, world.simulator),
      ...refusedByProvider(facts, world.simulator),
    ]
    assert.deepEqual(wrong, [], `in the order ${order}`)
  }

  return {
    world,
    interleave,
    processOn,
    nextKey,
    commanding,
    newPayment,
    card,
    /** Effects of one kind at the provider for a payment. */
    effects: (paymentId: string, effect: string): number =>
      world.simulator.journal({ limit: 100_000 }).filter((row) => row.payment_id === paymentId && row.effect === effect)
        .length,
    assertTrue,
    async close(): Promise<void> {
      await sessions.close()
      await world.close()
      const perHour = spentMs === 0 ? 0 : Math.round((count / spentMs) * 3_600_000)
      process.stdout.write(
        `\ninterleavings: seed ${seed}, ${count} in ${(spentMs / 1000).toFixed(1)} s, ${perHour}/h\n`,
      )
    },
  }
}

/** Plays one guard's race in `rounds` orders. `set` prepares and returns the actors and what must be true after. */
export function raceIn(arena: () => Arena, title: string, rounds: number, set: () => Promise<Round>): void {
  test(title, async () => {
    for (let round = 1; round <= rounds; round++) {
      const { actors, check } = await set()
      const order = await arena().interleave(round, actors)
      await check(order)
      await arena().assertTrue(order)
    }
  })
}

export const sorted = (statuses: number[]): number[] => [...statuses].sort((a, b) => a - b)
