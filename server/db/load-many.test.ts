import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoader, createScopedLoader, scopedKey } from './load-many.ts'

/** A source that notes each query and answers `value of key` when told to. */
function recordingSource() {
  const queries: { scope: string; keys: string[] }[] = []
  const answers: (() => void)[] = []
  const load = (scope: string, keys: string[]) => {
    queries.push({ scope, keys })
    return new Promise<Map<string, string>>((resolve) => {
      const known = keys.filter((key) => key !== 'missing')
      answers.push(() => resolve(new Map(known.map((key) => [key, `value of ${key}`]))))
    })
  }
  return { queries, answers, load }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('calls of one turn share a query per scope, and repeated keys are asked once', async () => {
  const source = recordingSource()
  const loader = createLoader(source.load)
  const calls = [
    loader.load('A', '1'),
    loader.load('A', '2'),
    loader.load('A', '1'),
    loader.load('B', '1'),
    loader.load('A', 'missing'),
  ]
  await nextTurn()
  assert.deepEqual(source.queries, [
    { scope: 'A', keys: ['1', '2', 'missing'] },
    { scope: 'B', keys: ['1'] },
  ])
  for (const answer of source.answers) answer()
  assert.deepEqual(await Promise.all(calls), ['value of 1', 'value of 2', 'value of 1', 'value of 1', null])
})

test('calls made while a query runs wait for it and form the next', async () => {
  const source = recordingSource()
  const loader = createLoader(source.load)
  const first = loader.load('A', '1')
  await nextTurn()
  const later = [loader.load('A', '1'), loader.load('A', '2')]
  await nextTurn()
  assert.equal(source.queries.length, 1)
  source.answers[0]?.()
  await first
  await nextTurn()
  assert.deepEqual(source.queries[1], { scope: 'A', keys: ['1', '2'] })
  source.answers[1]?.()
  assert.deepEqual(await Promise.all(later), ['value of 1', 'value of 2'])
})

test('a failed query fails its own callers only', async () => {
  let isBroken = true
  const loader = createLoader(async (_scope, keys) => {
    if (isBroken) throw new Error('connection lost')
    return new Map(keys.map((key) => [key, key]))
  })
  const results = await Promise.allSettled([loader.load('A', '1'), loader.load('A', '2')])
  assert.deepEqual(
    results.map((result) => result.status),
    ['rejected', 'rejected'],
  )
  isBroken = false
  assert.equal(await loader.load('A', '1'), '1')
})

test('1,000 calls are asked in queries of at most 256 keys', async () => {
  const sizes: number[] = []
  const loader = createLoader(async (_scope, keys) => {
    sizes.push(keys.length)
    return new Map(keys.map((key) => [key, key]))
  })
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => loader.load('A', String(i))))
  assert.deepEqual(sizes, [256, 256, 256, 232])
})

test('what is asked for several scopes at once is one query, and each is answered for its own', async () => {
  const queries: string[][] = []
  const loader = createScopedLoader<string>(async (scopes, keys) => {
    queries.push(scopes.map((scope, i) => `${scope} ${keys[i]}`))
    return new Map(
      scopes.flatMap((scope, i) =>
        keys[i] === 'none' ? [] : [[scopedKey(scope, keys[i] as string), `${scope}:${keys[i]}`]],
      ),
    )
  })
  const asked = [
    loader.load('mer_a', 'x'),
    loader.load('mer_b', 'x'),
    loader.load('mer_a', 'x'),
    loader.load('mer_b', 'web/a/b'),
    loader.load('mer_b', 'none'),
  ]
  assert.deepEqual(await Promise.all(asked), ['mer_a:x', 'mer_b:x', 'mer_a:x', 'mer_b:web/a/b', null])
  assert.deepEqual(queries, [['mer_a x', 'mer_b x', 'mer_b web/a/b', 'mer_b none']])
})
