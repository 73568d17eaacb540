import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCvcMemory } from './cvc-memory.ts'

const MINUTE_MS = 60_000

test('a CVC is read once, within 15 minutes', () => {
  let now = 0
  const memory = createCvcMemory({ now: () => new Date(now) })
  memory.keep('tok_A', '123')
  memory.keep('tok_B', '456')
  now = 15 * MINUTE_MS - 1
  assert.equal(memory.take('tok_A')?.reveal(), '123')
  assert.equal(memory.take('tok_A'), undefined)
  now = 15 * MINUTE_MS
  assert.equal(memory.take('tok_B'), undefined)
})

test('when there is no room the oldest is forgotten', () => {
  const memory = createCvcMemory({ now: () => new Date(0) }, 2)
  for (const id of ['tok_A', 'tok_B', 'tok_C']) memory.keep(id, '123')
  assert.equal(memory.size, 2)
  assert.equal(memory.take('tok_A'), undefined)
  assert.equal(memory.take('tok_C')?.reveal(), '123')
})

test('a sweep forgets what is due and keeps the rest', () => {
  let now = 0
  const memory = createCvcMemory({ now: () => new Date(now) })
  memory.keep('tok_A', '123')
  now = 10 * MINUTE_MS
  memory.keep('tok_B', '456')
  now = 15 * MINUTE_MS
  memory.sweep()
  assert.equal(memory.size, 1)
})
