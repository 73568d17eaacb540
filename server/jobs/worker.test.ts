import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Log, silentLog } from '../lib/log.ts'
import { createStepClock } from './step-clock.ts'
import { createWorker } from './worker.ts'

test('a step that did something is followed by the next at once, and an empty one by a rest', async () => {
  const clock = createStepClock()
  const answers = [2, 1, 0, 0]
  let steps = 0
  const worker = createWorker({
    name: 'w',
    clock,
    log: silentLog,
    everyMs: 1000,
    tick: async () => answers[steps++] ?? 0,
  })
  worker.start()
  await clock.advance(0)
  assert.equal(steps, 3, 'the steps that returned 2, 1 and 0')
  await clock.advance(999)
  assert.equal(steps, 3)
  await clock.advance(1)
  assert.equal(steps, 4)
  await worker.stop()
})

test('a failing step is logged and repeated after 1, 2 and 4 rests', async () => {
  const clock = createStepClock()
  const logged: string[] = []
  const log: Log = { ...silentLog, error: (message) => logged.push(message) }
  const at: number[] = []
  const start = clock.now().getTime()
  const worker = createWorker({
    name: 'w',
    clock,
    log,
    everyMs: 1000,
    tick: async () => {
      at.push(clock.now().getTime() - start)
      throw new Error('no database')
    },
  })
  worker.start()
  await clock.advance(7000)
  await worker.stop()
  assert.deepEqual(at, [0, 1000, 3000, 7000])
  assert.equal(logged.length, 4)
})

test('a wake during a step cuts the rest that follows it', async () => {
  const clock = createStepClock()
  let steps = 0
  let finish = () => {}
  const worker = createWorker({
    name: 'w',
    clock,
    log: silentLog,
    everyMs: 1000,
    tick: async () => {
      steps++
      if (steps === 1) await new Promise<void>((resolve) => (finish = resolve))
      return 0
    },
  })
  worker.start()
  await clock.advance(0)
  worker.wake()
  finish()
  await clock.advance(0)
  assert.equal(steps, 2)
  await worker.stop()
})

test('a step that took long is followed by a longer rest, up to the most', async () => {
  const clock = createStepClock()
  const began: number[] = []
  const took = [100, 2_000, 0, 0]
  const start = clock.now().getTime()
  const worker = createWorker({
    ...{ name: 'w', clock, log: silentLog, everyMs: 100, paceMs: 250, paceAtMostMs: 2_000 },
    async tick() {
      const ms = took[began.length] ?? 0
      began.push(clock.now().getTime() - start)
      if (ms > 0) await clock.sleep(ms, new AbortController().signal)
      return 1
    },
  })
  worker.start()
  for (let ms = 0; ms < 5_000; ms += 50) await clock.advance(50)
  assert.deepEqual(began.slice(0, 4), [0, 500, 4_500, 4_750])
  await worker.stop()
})

test('no wake makes steps follow each other faster than the pace, whatever they find', async () => {
  const clock = createStepClock()
  let steps = 0
  const tick = async () => (++steps === 2 ? 3 : 0)
  const worker = createWorker({ name: 'w', clock, log: silentLog, everyMs: 1000, paceMs: 250, tick })
  worker.start()
  await clock.advance(0)
  for (const [ms, expected] of [
    [249, 1],
    [1, 2],
    [249, 2],
    [1, 3],
  ] as const) {
    worker.wake()
    await clock.advance(ms)
    assert.equal(steps, expected)
  }
  await clock.advance(999)
  assert.equal(steps, 3, 'without a wake the whole rest')
  await clock.advance(1)
  assert.equal(steps, 4)
  await worker.stop()
})

test('stop waits for the running step and tells it by its signal', async () => {
  const clock = createStepClock()
  const order: string[] = []
  const worker = createWorker({
    name: 'w',
    clock,
    log: silentLog,
    everyMs: 1000,
    tick: async (signal) => {
      await clock.sleep(60_000, signal)
      order.push(signal.aborted ? 'step ended early' : 'step ended by itself')
      return 0
    },
  })
  worker.start()
  await clock.advance(0)
  await worker.stop()
  order.push('stopped')
  assert.deepEqual(order, ['step ended early', 'stopped'])
})
