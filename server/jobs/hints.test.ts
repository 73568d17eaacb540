import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { createLocalHints, createSharedHints } from './hints.ts'
import { createStepClock } from './step-clock.ts'

test('a waiter wakes at a hint for its key, not for another, and by itself at the end of its time', async () => {
  const clock = createStepClock()
  const hints = createLocalHints(clock)
  const woken: string[] = []
  const never = new AbortController().signal
  void hints.wait('mer_a', 1000, never).then(() => woken.push('a'))
  void hints.wait('mer_b', 1000, never).then(() => woken.push('b'))
  hints.poke('mer_a')
  await clock.advance(0)
  assert.deepEqual(woken, ['a'])
  await clock.advance(1000)
  assert.deepEqual(woken, ['a', 'b'])
})

test('a hint reaches another process on the same database', async () => {
  const database = await testDatabase()
  const deps = { db: database.db, clock: systemClock, log: silentLog }
  const one = createSharedHints(deps)
  const other = createSharedHints(deps)
  other.start()
  const heard = new AbortController()
  other.onAny(() => heard.abort())
  // Listening begins in the background; until then hints are lost, which is allowed.
  while (!heard.signal.aborted) {
    one.poke('mer_a')
    await systemClock.sleep(100, heard.signal)
  }
  await Promise.all([one.stop(), other.stop()])
  await database.close()
})
