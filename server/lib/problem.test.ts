import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PROBLEMS, Problem } from './problem.ts'

const rows = new Map(
  readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '))
    .map(([code, status, retry, title, when]) => [
      code?.replaceAll('`', ''),
      { status: Number(status), title, retry, when },
    ]),
)

test('docs/errors.md has exactly the codes of the table, each with the same status, title, retry and text', () => {
  assert.deepEqual(Object.fromEntries(rows), PROBLEMS)
})

test('a problem takes status and detail from the table unless told otherwise', () => {
  const plain = new Problem('not-found')
  assert.deepEqual([plain.status, plain.detail, plain.errors], [404, 'Not found', []])
  assert.equal(new Problem('invalid-encoding', { status: 422 }).status, 422)
})
