import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeMail } from './layout.ts'

const EVIL = `<script>alert(1)</script>"'&\u202e`

test('text and HTML say the same, in the order given', () => {
  const { subject, text, html } = composeMail({
    language: 'nl',
    from: 'Wereldwinkel',
    subject: 'Uw factuur 2026-0001',
    blocks: [
      { kind: 'amount', text: '€ 12,50', label: 'Te betalen' },
      { kind: 'facts', rows: [['Kenmerk', 'RF18 5390']] },
      { kind: 'lines', rows: [['Ketel', '€ 10,00']], total: ['Totaal', '€ 12,50'] },
      { kind: 'button', label: 'Betalen', url: 'https://pay.example.com/l/abc?x=1&y=2' },
      { kind: 'small', text: 'Vragen? Antwoord op deze mail.' },
    ],
    footer: ['Wereldwinkel B.V., Amsterdam'],
  })
  assert.equal(subject, 'Uw factuur 2026-0001')
  assert.equal(
    text,
    `Uw factuur 2026-0001

Te betalen: € 12,50

Kenmerk: RF18 5390

Ketel  € 10,00
Totaal  € 12,50

Betalen:
https://pay.example.com/l/abc?x=1&y=2

Vragen? Antwoord op deze mail.

-- 
Wereldwinkel
Wereldwinkel B.V., Amsterdam
`,
  )
  assert.match(html, /<html lang="nl">/)
  const at = ['€ 12,50', 'Kenmerk', 'Ketel', 'x=1&amp;y=2', 'Vragen?'].map((part) => html.indexOf(part))
  assert.ok(at.every((place, i) => place > (at[i - 1] ?? 0)))
})

test('markup in every part is text, and marks of direction are gone', () => {
  const { html, text, subject } = composeMail({
    language: 'en',
    from: EVIL,
    subject: EVIL,
    blocks: [
      { kind: 'paragraph', text: EVIL },
      { kind: 'amount', text: EVIL, label: EVIL },
      { kind: 'facts', rows: [[EVIL, EVIL]] },
      { kind: 'lines', rows: [[EVIL, EVIL]], total: [EVIL, EVIL] },
      { kind: 'button', label: EVIL, url: 'https://pay.example.com/"><script>' },
      { kind: 'small', text: EVIL },
    ],
    footer: [EVIL],
    accent: 'red;background:url(https://example.org)',
  })
  assert.equal(/<script/i.test(html), false)
  assert.equal(html.includes('url('), false)
  for (const part of [html, text, subject]) assert.equal(part.includes('\u202e'), false)
})

test('a button leads to the web and nowhere else', () => {
  for (const url of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//evil.example', 'x'])
    assert.throws(
      () => composeMail({ language: 'en', from: 'a', subject: 'b', blocks: [{ kind: 'button', label: 'c', url }] }),
      RangeError,
    )
})

test('the label of a button is read on any colour of the merchant', () => {
  const ink = (accent: string) =>
    /inline-block;background:(#\w+);color:(#\w+)/
      .exec(
        composeMail({
          ...{ language: 'en', from: 'a', subject: 'b', accent },
          blocks: [{ kind: 'button', label: 'c', url: 'https://e.example' }],
        }).html,
      )
      ?.slice(1, 3)
  assert.deepEqual(ink('#ffee00'), ['#ffee00', '#16181d'])
  assert.deepEqual(ink('#102040'), ['#102040', '#ffffff'])
})

test('a code is text and a QR of cells alone, with nothing to be fetched, and white around it in dark readers too', () => {
  const { text, html } = composeMail({
    ...{ language: 'en', from: 'Shop', subject: 'Ready' },
    blocks: [{ kind: 'code', text: '7K3QXR', label: 'Your code' }],
  })
  assert.ok(text.includes('Your code: 7K3QXR'))
  assert.equal(/<img|<svg|url\(/.test(html), false)
  const [, qr = ''] = html.split('aria-hidden="true"')
  const rows = qr.split('<tr height').slice(1)
  // Version 1 has 21 modules, and 4 of white on each side.
  assert.equal(rows.length, 29)
  for (const row of rows) {
    const spans = [...row.matchAll(/colspan="(\d+)"/g)].map(([, span]) => Number(span))
    assert.equal(
      spans.reduce((sum, span) => sum + span, 0),
      29,
    )
    assert.match(row, /^[^>]*>\s*<td colspan="\d+" width="\d+" bgcolor="#ffffff"/)
  }
  assert.match(html, /@media \(prefers-color-scheme:dark\)/)
})
