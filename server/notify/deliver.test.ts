import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { createDeliverer } from './deliver.ts'
import { listEvents } from './event-store.ts'
import { fanOut } from './fan-out.ts'
import { changeEndpoint, createEndpoint, redeliver, removeEndpoint, rollSecret } from './manage-endpoint.ts'
import { setUp, startReceiver } from './receiver.fixture.ts'
import { sendWebhook } from './send.ts'
import { settle } from './settle.ts'
import { claimDeliveries, endpointsWithWork, findEndpoint, listDeliveries } from './store.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

describe('webhook delivery', () => {
  let world: Awaited<ReturnType<typeof setUp>>
  let receiver: Awaited<ReturnType<typeof startReceiver>>
  let endpointId: string
  let secret: string

  before(async () => {
    world = await setUp()
  })
  after(() => world.close())

  beforeEach(async () => {
    receiver = await startReceiver()
    world.allowedHosts.add(receiver.host)
    const created = await createEndpoint(world, world.merchantId, {
      url: receiver.url,
      description: null,
      event_types: ['payment.*'],
    })
    endpointId = created.endpoint.id
    secret = created.secret.reveal()
  })

  afterEach(async () => {
    await receiver.close()
    await removeEndpoint(world, world.merchantId, endpointId)
    assert.deepEqual(world.errors, [])
  })

  const deliveries = () =>
    listDeliveries(world.db, world.merchantId, endpointId, { before: null, state: null, limit: 100 })
  const objects = () => receiver.received.map((item) => item.event.object_id)

  test('an event arrives once, signed, with its id as webhook-id', async () => {
    const [id] = await world.append('pay_a')
    await world.run()
    await world.run()
    assert.equal(receiver.received.length, 1)
    const item = receiver.received[0]
    assert.equal(item?.id, id)
    assert.deepEqual(new Webhook(secret).verify(item?.body ?? '', item?.headers ?? {}), item?.event)
    const [delivery] = await deliveries()
    assert.equal(delivery?.state, 'delivered')
    assert.equal(delivery?.response_excerpt, 'ok')
  })

  test('an endpoint gets the types it asked for and nothing from before it was made', async () => {
    await world.append('pay_a')
    await changeEndpoint(world, world.merchantId, endpointId, { event_types: ['refund.*', 'payment.captured'] })
    await world.run()
    assert.deepEqual(objects(), ['pay_a'], 'no webhook_endpoint.updated, nothing of the tests before')
  })

  test('a refused event is retried after 5 s, 1 min and 5 min under the same webhook-id, and holds back only its own object', async () => {
    receiver.behaviour.answer = (_request, response, item) => {
      response.statusCode = item.event.object_id === 'pay_a' ? 500 : 204
      response.end()
    }
    await world.append('pay_a', 'pay_b', 'pay_a')
    await world.run()
    assert.deepEqual(objects().sort(), ['pay_a', 'pay_b'])
    const waits: number[] = []
    for (const wait of [5 * SECOND, MINUTE, 5 * MINUTE]) {
      await world.clock.advance(wait - 1)
      await world.run()
      const early = receiver.received.length
      await world.clock.advance(1)
      await world.run()
      waits.push(receiver.received.length - early)
    }
    assert.deepEqual(waits, [1, 1, 1])
    receiver.behaviour.answer = (_request, response) => response.end()
    await world.clock.advance(30 * MINUTE)
    await world.run()
    const ofA = receiver.received.filter((item) => item.event.object_id === 'pay_a')
    assert.equal(new Set(ofA.slice(0, 5).map((item) => item.id)).size, 1, 'five attempts of the first event')
    assert.equal(ofA.length, 6, 'then the second, once')
    assert.ok((ofA[5]?.event.sequence ?? 0) > (ofA[4]?.event.sequence ?? 0))
  })

  test('a receiver that closes the connection after reading gets the event again', async () => {
    receiver.behaviour.answer = (request) => request.socket.destroy()
    const [id] = await world.append('pay_a')
    await world.run()
    assert.equal((await deliveries())[0]?.last_error, 'connection_closed')
    receiver.behaviour.answer = (_request, response) => response.end()
    await world.clock.advance(5 * SECOND)
    await world.run()
    assert.deepEqual(
      receiver.received.map((item) => item.id),
      [id, id],
    )
  })

  test('an endpoint down for three days is switched off with an event, and gets everything when switched on', async () => {
    receiver.behaviour.answer = (_request, response) => {
      response.statusCode = 503
      response.end()
    }
    const ids = await world.append('pay_a', 'pay_b', 'pay_a')
    for (let hour = 0; hour < 73; hour++) {
      for (let minute = 0; minute < 60; minute += 10) {
        await world.run()
        await world.clock.advance(10 * MINUTE)
      }
    }
    const endpoint = await findEndpoint(world.db, world.merchantId, endpointId)
    assert.equal(endpoint?.is_enabled, false)
    assert.equal(endpoint?.disabled_reason, 'failing')
    const events = await listEvents(world.db, world.merchantId, {
      after: 0n,
      type: 'webhook_endpoint.disabled',
      object_id: endpointId,
      limit: 10,
    })
    assert.equal(events.length, 1)
    const attempts = receiver.received.length
    receiver.received.length = 0
    assert.ok(attempts <= 2 * 13, `${attempts} attempts for the two objects' first events`)

    receiver.behaviour.answer = (_request, response) => response.end()
    await world.run()
    assert.equal(receiver.received.length, 0, 'nothing is sent while it is off')
    await changeEndpoint(world, world.merchantId, endpointId, { is_enabled: true })
    await world.run()
    const payments = receiver.received.map((item) => item.id)
    assert.deepEqual([...payments].sort(), [...ids].sort())
  })

  test('the first success after an outage makes the whole backlog due at once', async () => {
    receiver.behaviour.answer = (_request, response) => {
      response.statusCode = 503
      response.end()
    }
    await world.append(...Array.from({ length: 20 }, (_, i) => `pay_${i}`))
    for (let i = 0; i < 60; i++) {
      await world.run()
      await world.clock.advance(MINUTE)
    }
    receiver.received.length = 0
    receiver.behaviour.answer = (_request, response) => response.end()
    await world.run()
    assert.equal(new Set(objects()).size, 20)
    assert.equal(receiver.received.length, 20)
  })

  test('a process that dies after claiming loses nothing: the event is sent when its lease ends', async () => {
    const [id] = await world.append('pay_a')
    await fanOut(world, world.merchantId, endpointId)
    const claim = {
      merchantId: world.merchantId,
      endpointId,
      now: world.clock.now(),
      leaseUntil: new Date(world.clock.now().getTime() + MINUTE),
      limit: 4,
    }
    assert.equal((await claimDeliveries(world.db, claim)).length, 1)
    await world.run()
    assert.equal(receiver.received.length, 0, 'the lease still runs')
    await world.clock.advance(MINUTE)
    await world.run()
    assert.deepEqual(
      receiver.received.map((item) => item.id),
      [id],
    )
  })

  test('a process that dies after sending sends again under the same id, and its late report changes nothing', async () => {
    await world.append('pay_a')
    await fanOut(world, world.merchantId, endpointId)
    const claim = {
      merchantId: world.merchantId,
      endpointId,
      now: world.clock.now(),
      leaseUntil: new Date(world.clock.now().getTime() + MINUTE),
      limit: 4,
    }
    const [claimed] = await claimDeliveries(world.db, claim)
    assert.ok(claimed)
    const never = new AbortController().signal
    const body = JSON.stringify({ object_id: claimed.object_id })
    const outcome = await sendWebhook(world, { url: receiver.url, headers: { 'webhook-id': claimed.id }, body }, never)
    assert.equal(outcome.error, null)
    await world.clock.advance(MINUTE)
    await world.run()
    assert.deepEqual(
      receiver.received.map((item) => item.id),
      [claimed.id, claimed.id],
    )
    const late = { startedAt: claim.now, outcome: { status: null, error: 'timeout', excerpt: null } }
    assert.equal(await settle(world, { merchantId: world.merchantId, endpointId }, claimed, late), 'stale')
    assert.equal((await deliveries())[0]?.state, 'delivered')
  })

  test('two processes at once send each event once, in order per object', async () => {
    const other = createDeliverer(world.deps)
    const ids = await world.append(...Array.from({ length: 120 }, (_, i) => `pay_${i % 7}`))
    await Promise.all([world.run(), world.run(other)])
    await world.run()
    assert.deepEqual(receiver.received.map((item) => item.id).sort(), [...ids].sort())
    for (let object = 0; object < 7; object++) {
      const sequences = receiver.received
        .filter((item) => item.event.object_id === `pay_${object}`)
        .map((item) => item.event.sequence)
      assert.deepEqual(
        sequences,
        [...sequences].sort((a, b) => a - b),
      )
    }
    await other.stop()
  })

  test('an endpoint that never answers delays no other, and its attempt ends after 15 s', async () => {
    const stuck = await startReceiver(() => {})
    world.allowedHosts.add(stuck.host)
    const { endpoint } = await createEndpoint(world, world.merchantId, {
      url: stuck.url,
      description: null,
      event_types: ['payment.*'],
    })
    await world.append('pay_a', 'pay_b')
    while (receiver.received.length < 2 || stuck.received.length < 2) await world.deliverer.tick()
    await world.clock.advance(15 * SECOND)
    await world.deliverer.settled()
    const sent = await listDeliveries(world.db, world.merchantId, endpoint.id, { before: null, state: null, limit: 10 })
    assert.deepEqual(
      sent.map((row) => row.last_error),
      ['timeout', 'timeout'],
    )
    await removeEndpoint(world, world.merchantId, endpoint.id)
    await stuck.close()
  })

  test('a redirect is not followed', async () => {
    const inside = await startReceiver()
    receiver.behaviour.answer = (_request, response) => response.writeHead(302, { location: inside.url }).end()
    await world.append('pay_a')
    await world.run()
    assert.equal(inside.received.length, 0)
    const [delivery] = await deliveries()
    assert.deepEqual([delivery?.last_status, delivery?.last_error], [302, 'redirect_not_followed'])
    await inside.close()
  })

  test('an endless answer is cut at 64 KiB and fails the attempt, keeping 1 KiB without NUL', async () => {
    receiver.behaviour.answer = (_request, response) => {
      const more = () => {
        while (response.write('\0'.repeat(16_384))) {}
        response.once('drain', more)
      }
      more()
    }
    await world.append('pay_a')
    await world.run()
    const [delivery] = await deliveries()
    assert.equal(delivery?.last_error, 'answer_too_large')
    assert.equal(delivery?.response_excerpt, '\ufffd'.repeat(1024))
  })

  test('an answer that drips forever ends with the attempt', async () => {
    receiver.behaviour.answer = (_request, response) => {
      response.write('x')
    }
    await world.append('pay_a')
    while (receiver.received.length === 0) await world.deliverer.tick()
    await world.clock.advance(15 * SECOND)
    await world.deliverer.settled()
    assert.equal((await deliveries())[0]?.last_error, 'timeout')
  })

  test('a name that has come to mean an internal address is not connected to', async () => {
    await changeEndpoint(world, world.merchantId, endpointId, { url: 'https://shop.example/hook' })
    const rebound = createDeliverer({ ...world.deps, resolveHost: async () => ['169.254.169.254'] })
    await world.append('pay_a')
    await world.run(rebound)
    const [delivery] = await deliveries()
    assert.deepEqual([delivery?.last_error, delivery?.response_excerpt], ['url_not_allowed', null])
    await rebound.stop()
  })

  test('while a secret is rolled both sign, and afterwards only the new one', async () => {
    const rolled = await rollSecret(world, world.merchantId, endpointId, 24)
    const signedBy = () => {
      const item = receiver.received.at(-1)
      const at = new Date(Number(item?.headers['webhook-timestamp']) * SECOND)
      const given = item?.headers['webhook-signature']?.split(' ') ?? []
      const signatureOf = (key: string) => new Webhook(key).sign(item?.id ?? '', at, item?.body ?? '')
      return { old: given.includes(signatureOf(secret)), new: given.includes(signatureOf(rolled.secret.reveal())) }
    }
    await world.append('pay_a')
    await world.run()
    assert.deepEqual(signedBy(), { old: true, new: true })
    await world.clock.advance(24 * HOUR)
    await world.append('pay_b')
    await world.run()
    assert.deepEqual(signedBy(), { old: false, new: true })
  })

  test('a redelivery sends a delivered event again under the same id', async () => {
    const [id] = await world.append('pay_a')
    await world.run()
    const [delivery] = await deliveries()
    await redeliver(world, world.merchantId, delivery?.id ?? '')
    await world.run()
    assert.deepEqual(
      receiver.received.map((item) => item.id),
      [id, id],
    )
    assert.equal((await deliveries()).length, 1)
  })

  test('an endpoint with nothing to do is not looked at', async () => {
    await world.run()
    const work = await endpointsWithWork(world.db, world.clock.now(), [], 10)
    assert.deepEqual(work, [])
  })
})
