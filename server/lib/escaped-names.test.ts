import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseWithNames } from './escaped-names.ts'
import { type JsonValue, parseJson } from './json.ts'

const parse = (text: string) => parseJson(Buffer.from(text))

// Each row is seen first and leaves a shape in V8 into which the second is read. Names differ in every row, so that no row
// finds the shapes of another.
const PAIRS: [first: string, second: string, name: string][] = [
  ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}', '"'],
  ['{"i":[],"\\\\":0}', '{"i":1,"\\n":2}', '\n'],
  ['{"k":[],"ab\\\\":0}', '{"k":1,"ab\\n":2}', 'ab\n'],
  ['{"currency":"EUR","\\\\u0061":0}', '{"currency":"EUR","\\u0061mount":2}', 'amount'],
  ['{"l":"1","\\\\u00e":"2"}', '{"l":"1","\\u00e9t\\u00e9s!":"2"}', 'étés!'],
]
for (const [first, second, name] of PAIRS) {
  test(`a body after ${first} keeps the name ${JSON.stringify(name)}`, () => {
    parse(first)
    assert.equal(Object.keys(parse(second) as object)[1], name)
    JSON.parse(first)
    assert.equal(Object.keys(parseWithNames(second) as object)[1], name)
  })
}

test('names deep inside are kept, whatever stood there before', () => {
  const form = (key: string) =>
    `{"metadata":{"order":"1","${key}":"2"},"lines":[{"a":1},{"${key}":[null,true,-1.5e3,"\\\\"]}]}`
  for (const [key, name] of [
    ['\\\\', '\\'],
    ['\\t', '\t'],
    ['\\"', '"'],
    ['\\/', '/'],
    ['\\u005c', '\\'],
  ] as const)
    assert.deepEqual(parse(form(key)), {
      metadata: { order: '1', [name]: '2' },
      lines: [{ a: 1 }, { [name]: [null, true, -1500, '\\'] }],
    })
})

test('what is written as JSON is read back, with whatever names and blanks', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '\\', '"', '\n', 'u', '0', '6', '1', ':', '{', 'é') })
  const tree = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, true, 0, 12, 'x', '\\', '":{'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
      assert.deepEqual(parseWithNames(JSON.stringify(value, null, indent)), value)
    }),
    { numRuns: 2000 },
  )
})

test('what is no JSON is refused although a name in it is escaped', () => {
  for (const text of ['{"\\n":1', '{"\\n":1,}', '{"\\n" 1}', '{"\\x":1}', '{"\\n":01}'])
    assert.throws(() => parseWithNames(text), SyntaxError, text)
})

test('__proto__ in escapes is still refused, and a name given twice in two spellings', () => {
  for (const [text, code] of [
    ['{"\\u005f_proto__":{"admin":true}}', 'unknown-field'],
    ['{"amount":1,"\\u0061mount":2}', 'validation-error'],
  ] as const)
    assert.throws(() => parse(text), { code })
  assert.equal(({} as Record<string, unknown>)['admin'], undefined)
})
