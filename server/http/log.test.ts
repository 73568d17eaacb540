import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogFields } from '../lib/log.ts'
import { Secret } from '../lib/secret.ts'
import { createLog, type LogLevel } from './log.ts'

const clock = { now: () => new Date('2026-01-02T03:04:05.678Z') }

function capture(level: LogLevel = 'info') {
  const lines: string[] = []
  return { lines, log: createLog(clock, { level, sink: { write: (line) => lines.push(line) } }) }
}

test('a line is JSON with level, time, message and the allowed fields only', () => {
  const { lines, log } = capture()
  const fields = { payment_id: 'pay_1', status: 201, password: 'hunter2' } as LogFields
  log.info('paid', fields)
  assert.deepEqual(JSON.parse(lines[0] as string), {
    level: 'info',
    time: '2026-01-02T03:04:05.678Z',
    payment_id: 'pay_1',
    status: 201,
    msg: 'paid',
  })
})

test('a card number is masked wherever it turns up: field, message, error or its cause', () => {
  const { lines, log } = capture()
  log.error('for 4242 4242 4242 4242', {
    code: '4242424242424242',
    error: new Error('bad 4242-4242-4242-4242', { cause: new Error('５５５５５５５５５５５５４４４４') }),
  })
  const line = lines[0] as string
  assert.doesNotMatch(line, /4242.?4242|5555.?5555|５５５５/)
  assert.doesNotThrow(() => JSON.parse(line))
})

test('of an error only name, message, code and stack are told, never what else hangs on it', () => {
  const { lines, log } = capture()
  log.error('broken', {
    error: Object.assign(new Error('no'), {
      code: '23505',
      detail: 'Key (token)=(tok_secret)',
      parameters: ['tok_secret'],
    }),
  })
  assert.doesNotMatch(lines[0] as string, /tok_secret/)
  assert.equal(JSON.parse(lines[0] as string).error.code, '23505')
})

test('a secret in a field shows its mask', () => {
  const { lines, log } = capture()
  log.info('key', { code: new Secret('sk_live_abc') } as unknown as LogFields)
  assert.doesNotMatch(lines[0] as string, /sk_live/)
})

test('lines below the level are not written', () => {
  const { lines, log } = capture('warn')
  log.debug('a')
  log.info('b')
  log.warn('c')
  assert.equal(lines.length, 1)
})
