import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeHtml, oneLine } from './inert-text.ts'

test('line breaks of every kind become a blank', () => {
  for (const mark of ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u2029', '\u000b', '\u0000']) {
    assert.equal(oneLine(`Ada${mark}Bcc: all@example.org`, 80), 'Ada Bcc: all@example.org')
  }
})

test('marks that turn the direction of writing, or show nothing, are left out; writing from right to left stays', () => {
  assert.equal(oneLine('IBAN \u202e19LN\u202c \u2067x\u2069\u200b\ufeff', 80), 'IBAN 19LN x')
  assert.equal(oneLine('שלום', 80), 'שלום')
})

test('what is too long ends in an ellipsis, counted in characters and not in halves of them', () => {
  assert.equal(oneLine('abcdef', 4), 'abc…')
  assert.equal(oneLine('😀😀😀', 2), '😀…')
  assert.equal(oneLine('😀😀', 2), '😀😀')
})

test('a megabyte is answered at once, and half a character does not survive', () => {
  assert.equal(oneLine('x'.repeat(1_000_000), 10), `${'x'.repeat(9)}…`)
  assert.equal(oneLine('\ud800a', 10), '\ufffda')
})

test('markup is shown and not obeyed', () => {
  assert.equal(escapeHtml(`<b a="1" c='2'>&`), '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;')
})
