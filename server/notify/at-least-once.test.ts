// I-11 of the design: whatever receivers and processes do, every event arrives at least once, under one id, and the first
// arrivals of an object's events are in order.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fanOut } from './fan-out.ts'
import { createEndpoint, removeEndpoint } from './manage-endpoint.ts'
import { setUp, startReceiver } from './receiver.fixture.ts'
import { claimDeliveries, countPending } from './store.ts'

const OBJECTS = ['pay_a', 'pay_b', 'pay_c']

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      objects: fc.array(fc.constantFrom(...OBJECTS), { minLength: 1, maxLength: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('run' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      how: fc.constantFrom('ok', 'error', 'reset', 'redirect'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(5_000, 60_000, 600_000, 3_600_000) }),
  },
  // A process that claims and is never heard of again.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
)

test('every event arrives at least once, under one id, in order per object', async () => {
  const world = await setUp()
  const property = fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
    const receiver = await startReceiver()
    world.allowedHosts.add(receiver.host)
    const { endpoint } = await createEndpoint(world, world.merchantId, {
      url: receiver.url,
      description: null,
      event_types: ['payment.*'],
    })
    const accepted: { id: string; object: string }[] = []
    let how = 'ok'
    receiver.behaviour.answer = (request, response) => {
      if (how === 'reset') return request.socket.destroy()
      response.statusCode = { ok: 200, error: 500, redirect: 302 }[how] ?? 200
      response.end()
    }
    for (const action of steps) {
      if (action.do === 'append') {
        const ids = await world.append(...action.objects)
        for (const [i, id] of ids.entries()) accepted.push({ id, object: action.objects[i] as string })
      } else if (action.do === 'run') await world.run()
      else if (action.do === 'answer') how = action.how
      else if (action.do === 'wait') await world.clock.advance(action.ms)
      else {
        await fanOut(world, world.merchantId, endpoint.id)
        const now = world.clock.now()
        const leaseUntil = new Date(now.getTime() + 60_000)
        await claimDeliveries(world.db, {
          merchantId: world.merchantId,
          endpointId: endpoint.id,
          now,
          leaseUntil,
          limit: 2,
        })
      }
    }
    how = 'ok'
    // Twelve hours is the longest wait for a retry; each round frees at least the next event of every object.
    for (let round = 0; round < 50; round++) {
      await world.run()
      if ((await countPending(world.db, world.merchantId, endpoint.id, 1)) === 0) break
      await world.clock.advance(12 * 3_600_000)
    }
    await receiver.close()
    await removeEndpoint(world, world.merchantId, endpoint.id)

    assert.deepEqual(
      [...new Set(receiver.received.map((item) => item.id))].sort(),
      accepted.map((event) => event.id).sort(),
    )
    assert.equal(
      new Set(receiver.received.map((item) => item.event.sequence)).size,
      accepted.length,
      'one id per sequence',
    )
    for (const object of OBJECTS) {
      // A set keeps the order of first arrivals.
      const seen = new Set(receiver.received.filter((item) => item.event.object_id === object).map((item) => item.id))
      assert.deepEqual(
        [...seen],
        accepted.filter((event) => event.object === object).map((event) => event.id),
      )
    }
    assert.deepEqual(world.errors, [])
  })
  try {
    await fc.assert(property, { numRuns: 30 })
  } finally {
    await world.close()
  }
})
