import assert from 'node:assert/strict'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { Problem } from '../lib/problem.ts'
import { lastSequence } from './event-store.ts'
import { setUp } from './receiver.fixture.ts'
import { createEventStreams, type EventStreams } from './stream.ts'

describe('event stream', () => {
  let world: Awaited<ReturnType<typeof setUp>>
  before(async () => {
    world = await setUp()
  })
  after(() => world.close())

  /** A server whose every request is a reader behind `?after`. */
  async function serve(streams: EventStreams) {
    const server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://local').searchParams
      void streams.feed(response, {
        merchantId: world.merchantId,
        after: BigInt(query.get('after') ?? 0),
        type: query.get('type'),
        ...(query.has('object') ? { objectId: query.get('object') as string } : {}),
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return {
      open: (query: string) =>
        new Promise<IncomingMessage>((resolve) =>
          get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?${query}`, resolve),
        ),
      async close() {
        await streams.stop()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }

  /** Reads until the text satisfies `isEnough` or the stream ends, moving the clock so that polls and heartbeats come. */
  async function readUntil(response: IncomingMessage, isEnough: (text: string) => boolean): Promise<string> {
    let text = ''
    let hasEnded = false
    response.on('data', (chunk) => (text += String(chunk)))
    response.on('close', () => (hasEnded = true))
    while (!isEnough(text) && !hasEnded) {
      // Time moves only while the stream rests, so that no database answer is overtaken by the clock.
      if (world.clock.sleepers() > 0) await world.clock.advance(500)
      else await new Promise((resolve) => setImmediate(resolve))
    }
    return text
  }

  const idsIn = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))

  test('a reader gets what comes after its place, and resumes after the last id without a gap', async () => {
    const before = Number(await lastSequence(world.db, world.merchantId))
    const server = await serve(createEventStreams(world))
    await world.append('pay_1', 'pay_2')
    const first = await server.open(`after=${before}`)
    assert.deepEqual(idsIn(await readUntil(first, (text) => idsIn(text).length === 2)), [before + 1, before + 2])
    first.destroy()
    await world.append('pay_3')
    const second = await server.open(`after=${before + 2}`)
    const text = await readUntil(second, (read) => read.includes('data:') && read.endsWith('\n\n'))
    assert.deepEqual(idsIn(text), [before + 3])
    const data = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as { object: string; sequence: number }
    assert.deepEqual([data.object, data.sequence], ['event', before + 3])
    second.destroy()
    await server.close()
  })

  test('a reader of one object is told of that object alone', async () => {
    const before = Number(await lastSequence(world.db, world.merchantId))
    const server = await serve(createEventStreams(world))
    await world.append('pay_6', 'pay_7', 'pay_6')
    const reader = await server.open(`after=${before}&object=pay_6`)
    assert.deepEqual(idsIn(await readUntil(reader, (text) => idsIn(text).length === 2)), [before + 1, before + 3])
    reader.destroy()
    await server.close()
  })

  test('a silent stream carries heartbeats, and ends after a quarter of an hour so that the key is checked again', async () => {
    const server = await serve(createEventStreams(world))
    const response = await server.open(`after=${await lastSequence(world.db, world.merchantId)}`)
    const text = await readUntil(response, () => false)
    assert.equal(response.complete, true)
    assert.ok(text.split(': still here').length > 50, 'one each 15 s for 15 min')
    await server.close()
  })

  test('a reader that stops reading is dropped, and others go on', async () => {
    const server = await serve(createEventStreams(world))
    const start = await lastSequence(world.db, world.merchantId)
    const big = 'x'.repeat(100_000)
    const rows = Array.from({ length: 300 }, () => ({
      id: world.newId('evt'),
      type: 'big.written',
      object_type: 'big',
      object_id: 'big',
      object_version: 1,
      data: { big },
    }))
    await world.db.query('select event_append($1, $2, $3)', [world.merchantId, world.clock.now(), JSON.stringify(rows)])
    const stuck = await server.open(`after=${start}&type=big.*`)
    stuck.on('error', () => {})
    stuck.pause()
    const wasDropped = new Promise((resolve) => stuck.once('close', resolve))
    const reader = await server.open(`after=${start}&type=big.*`)
    const text = await readUntil(reader, (read) => read.length > 300 * big.length)
    assert.equal(idsIn(text).length, 300)
    for (let i = 0; i < 50; i++) await world.clock.advance(1000)
    // What lies in the socket has to be read before its end shows.
    stuck.resume()
    await wasDropped
    assert.equal(stuck.complete, false)
    reader.destroy()
    await server.close()
  })

  test('a merchant has a bounded number of streams, and none while the server stops', async () => {
    const streams = createEventStreams(world)
    const leaves = Array.from({ length: 50 }, () => streams.admit(world.merchantId))
    const refusedAs = (code: string) => (error: unknown) => error instanceof Problem && error.code === code
    assert.throws(() => streams.admit(world.merchantId), refusedAs('rate-limited'))
    streams.admit(world.newId('mer'))()
    leaves[0]?.()
    streams.admit(world.merchantId)
    streams.admit(world.merchantId, { name: 'carts', places: 1 })
    assert.throws(() => streams.admit(world.merchantId, { name: 'carts', places: 1 }), refusedAs('rate-limited'))
    await streams.stop()
    assert.throws(() => streams.admit(world.merchantId), refusedAs('shutting-down'))
  })

  test('stopping the server ends its streams', async () => {
    const streams = createEventStreams(world)
    const server = await serve(streams)
    const response = await server.open('after=999999')
    const ended = new Promise((resolve) => response.once('end', resolve))
    response.resume()
    await streams.stop()
    await ended
    await server.close()
  })
})
