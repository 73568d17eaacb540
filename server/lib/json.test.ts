import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, type JsonValue, parseJson } from './json.ts'
import { Problem } from './problem.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const members = (n: number) => `{${Array.from({ length: n }, (_, i) => `"k${i}":1`).join(',')}}`

const REFUSED: [title: string, body: string | Buffer, code: string, status: number][] = [
  ['an empty body', '', 'malformed-json', 400],
  ['white space only', ' ', 'malformed-json', 400],
  ['a truncated body', '{"amount":1', 'malformed-json', 400],
  ['a trailing comma', '{"amount":1,}', 'malformed-json', 400],
  ['single quotes', "{'amount':1}", 'malformed-json', 400],
  ['a comment', '{"amount":1/* x */}', 'malformed-json', 400],
  ['a bare NaN', '{"amount":NaN}', 'malformed-json', 400],
  ['a bare Infinity', '{"amount":Infinity}', 'malformed-json', 400],
  ['text after the value', '{} {}', 'malformed-json', 400],
  ['a byte order mark', '\ufeff{}', 'malformed-json', 400],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'invalid-encoding', 400],
  ['an overlong sequence', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'invalid-encoding', 400],
  ['UTF-16 without a mark', Buffer.from('{"a":1}', 'utf16le'), 'invalid-encoding', 400],
  ['UTF-16 with a mark', Buffer.from('\ufeff{"a":1}', 'utf16le'), 'invalid-encoding', 400],
  ['an escaped NUL in a value', '{"a":"x\\u0000"}', 'invalid-encoding', 422],
  ['an escaped NUL in a member name', '{"metadata":{"\\u0000":"x"}}', 'invalid-encoding', 422],
  ['half a surrogate pair', '{"a":"\\ud800"}', 'invalid-encoding', 422],
  ['half a surrogate pair in a name', '{"\\udc00":1}', 'invalid-encoding', 422],
  ['33 levels', nested(33), 'too-many-items', 422],
  ['200,000 levels', nested(200_000), 'too-many-items', 422],
  ['1,001 members', members(1001), 'too-many-items', 422],
  ['1,001 items', `[${'1,'.repeat(1000)}1]`, 'too-many-items', 422],
  ['a member given twice', '{"amount":1,"amount":2}', 'validation-error', 422],
  ['a member given twice in other spelling', '{"amount":1,"\\u0061mount":2}', 'validation-error', 422],
  ['a member given twice deep inside', '{"a":[{"b":{"c":1,"c":1}}]}', 'validation-error', 422],
  ['__proto__', '{"__proto__":{"admin":true}}', 'unknown-field', 422],
  ['__proto__ in escapes', '{"\\u005f_proto__":{"admin":true}}', 'unknown-field', 422],
  ['constructor.prototype', '{"constructor":{"prototype":{"admin":true}}}', 'unknown-field', 422],
  ['a card number', '{"note":"4242424242424242"}', 'card-data-not-allowed', 422],
  ['a card number as a name', '{"metadata":{"4242 4242 4242 4242":"x"}}', 'card-data-not-allowed', 422],
  [
    'a card number in escapes',
    `{"note":"${[...'4242424242424242'].map((d) => `\\u003${d}`).join('')}"}`,
    'card-data-not-allowed',
    422,
  ],
  ['a full-width card number', '{"note":"４２４２４２４２４２４２４２４２"}', 'card-data-not-allowed', 422],
]

for (const [title, body, code, status] of REFUSED) {
  test(`${title} is refused as ${code}`, () => {
    assert.throws(
      () => parseJson(Buffer.from(body as string)),
      (error) => error instanceof Problem && error.code === code && error.status === status,
    )
    assert.equal(({} as Record<string, unknown>)['admin'], undefined)
  })
}

test('a fraction that a number cannot hold is refused where it stands, instead of becoming another amount', () => {
  const refused: [text: string, pointer: string][] = [
    ['{"amount":10.0000000000000001}', '/amount'],
    ['{"a":[1,{"b/c":-10.0000000000000000001}]}', '/a/1/b~1c'],
    ['{"amount":9007199254740993.5}', '/amount'],
    ['{"amount":1e-400}', '/amount'],
    ['{"amount":100000000000000000005E-1}', '/amount'],
    ['[true, 0.00000000000000000000000000000000000001e22,1.00000000000000000000001]', '/2'],
  ]
  for (const [text, pointer] of refused) {
    assert.throws(
      () => parseJson(Buffer.from(text)),
      (error) => error instanceof Problem && error.code === 'validation-error' && error.errors[0]?.pointer === pointer,
      text,
    )
  }
  const taken =
    '[10.00,1e1,100e-1,1.5,0.1,1e-7,-0.0,0e-999,1.20e1,1e22,12345678901234567890,true,false,null,"1.00000000000000001"]'
  assert.deepEqual(parseJson(Buffer.from(taken), { takesCards: true }), JSON.parse(taken))
})

test('no refusal repeats what was sent', () => {
  for (const body of ['{"note":"4242424242424242"', '{"note":"4242424242424242"}', '{"4242424242424242":1,}']) {
    assert.throws(
      () => parseJson(Buffer.from(body)),
      (error) =>
        error instanceof Problem && !JSON.stringify([error.message, error.detail, error.errors]).includes('4242'),
    )
  }
})

test('the vault may be sent a card number', () => {
  assert.deepEqual(parseJson(Buffer.from('{"number":"4242424242424242"}'), { takesCards: true }), {
    number: '4242424242424242',
  })
})

test('32 levels, 1,000 members and 1,000 items are taken', () => {
  parseJson(Buffer.from(nested(32)))
  parseJson(Buffer.from(members(1000)))
  parseJson(Buffer.from(`[${'1,'.repeat(999)}1]`))
})

test('whatever JSON.stringify writes is read as JSON.parse reads it, colons and quotes in strings included', () => {
  const value = fc
    .jsonValue({ maxDepth: 5 })
    .filter((json) => !/__proto__|constructor|prototype|\\u|\\ud/i.test(JSON.stringify(json)))
  fc.assert(
    fc.property(value, (json) => {
      const text = JSON.stringify(json)
      assert.deepEqual(parseJson(Buffer.from(text), { takesCards: true }), JSON.parse(text))
    }),
  )
})

test('10, 10.0 and 1e1 are one number, and reordered members one value, in canonical form', () => {
  const canonical = (text: string) => canonicalJson(parseJson(Buffer.from(text)) as JsonValue)
  assert.equal(canonical('{"b":[{"y":1,"x":2}],"a":10}'), '{"a":10,"b":[{"x":2,"y":1}]}')
  assert.equal(canonical('{"a":10.0}'), canonical('{"a":10}'))
  assert.equal(canonical('{"a":1e1}'), canonical('{ "a" : 10 }'))
  assert.notEqual(canonical('{"a":"10"}'), canonical('{"a":10}'))
  assert.notEqual(canonical('{"a":[1,2]}'), canonical('{"a":[2,1]}'))
})
