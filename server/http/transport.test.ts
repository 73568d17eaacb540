// What only a bare socket can show: reliability.md §5.2 rows 44, 52, 56, 58, 61.

import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type DemoApp, demoApp } from './app.fixture.ts'

let demo: DemoApp
let port: number
before(async () => {
  demo = await demoApp({ timeouts: { headers: 150, request: 300, keepAlive: 500, check: 25 } })
  await demo.app.listen({ port: 0, host: '127.0.0.1' })
  port = (demo.app.server.address() as AddressInfo).port
})
after(() => demo.app.close())

const HEAD =
  'POST /v1/demo_payments HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_demo\r\nIdempotency-Key: key-12345678\r\n'
const BODY = '{"amount":1,"currency":"EUR","channel":"web"}'

/** Writes `text` and gives back everything the server says until it closes, plus how long that took. */
function exchange(...chunks: (string | Buffer)[]): Promise<{ answer: string; ms: number }> {
  const started = performance.now()
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk)
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    // A reset after the answer is how the server hangs up on a client that goes on sending.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve({ answer, ms: performance.now() - started }))
  })
}

async function refuses(status: number, code: string, ...chunks: (string | Buffer)[]): Promise<number> {
  const before = demo.calls()
  const { answer, ms } = await exchange(...chunks)
  assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  assert.deepEqual([JSON.parse(body).code, JSON.parse(body).status], [code, status])
  assert.match(answer, /content-type: application\/problem\+json\r\n/i)
  assert.match(answer, /request-id: req_/i)
  assert.equal(demo.calls(), before, 'the handler was reached')
  return ms
}

test('row 44: a declared length above the limit is refused before the body is sent', async () => {
  await refuses(413, 'body-too-large', `${HEAD}Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{`)
})

test('row 44: a chunked body without end is cut off', async () => {
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
  await refuses(
    413,
    'body-too-large',
    `${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    chunk.repeat(40),
  )
})

test('row 52: two Content-Type headers are refused', async () => {
  await refuses(
    400,
    'malformed-request',
    `${HEAD}Content-Type: application/json\r\ncontent-type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  )
})

test('two Authorization, Host or Content-Length headers are refused', async () => {
  for (const second of ['Authorization: Bearer sk_test_other', 'Host: evil.example', 'Content-Length: 1']) {
    await refuses(
      400,
      'malformed-request',
      `${HEAD}Connection: close\r\nContent-Type: application/json\r\n${second}\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    )
  }
})

test('a request smuggled between Content-Length and Transfer-Encoding is refused', async () => {
  await refuses(
    400,
    'malformed-request',
    `${HEAD}Content-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  )
})

test('what is not HTTP is refused', async () => {
  await refuses(400, 'malformed-request', 'hello\r\n\r\n')
})

test('row 56: a header block of 64 KiB is refused', async () => {
  await refuses(431, 'headers-too-large', `${HEAD}X-Long: ${'x'.repeat(64 * 1024)}\r\n\r\n`)
})

test('row 58: headers that do not end are cut off with 408', async () => {
  const ms = await refuses(408, 'request-timeout', HEAD)
  assert.ok(ms < 5000)
})

test('row 58: bodies that do not end are cut off with 408, and others are served meanwhile', async () => {
  const calls = demo.calls()
  const start = `${HEAD}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`
  const slow = Array.from({ length: 20 }, () => exchange(start))
  const { answer } = await exchange(
    `${HEAD}Connection: close\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  )
  assert.match(answer, /^HTTP\/1.1 201 /)
  for (const cut of await Promise.all(slow)) assert.match(cut.answer, /^HTTP\/1.1 408 [\s\S]*"code":"request-timeout"/)
  assert.equal(demo.calls(), calls + 1)
})

test('row 59: an idle connection is closed after its time', async () => {
  const { ms } = await exchange('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.ok(ms >= 400 && ms < 5000)
})

test('row 61: TRACE and CONNECT are refused', async () => {
  await refuses(
    405,
    'method-not-allowed',
    'TRACE /v1/demo_payments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  )
  await refuses(405, 'method-not-allowed', 'TRACE /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await refuses(405, 'method-not-allowed', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n')
})

test('row 67: a request without Host is refused', async () => {
  await refuses(400, 'malformed-request', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n')
})

test('the address it listens on is served under that name and port', async () => {
  const { answer } = await exchange(`GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
  assert.match(answer, /^HTTP\/1.1 200 /)
})

test('an address with a foreign host of its own is refused, though the Host header is ours', async () => {
  for (const address of ['http://evil.example/v1/demo_payments', 'http://localhost@evil.example/v1/demo_payments'])
    await refuses(
      421,
      'misdirected-request',
      `GET ${address} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer sk_test_demo\r\nConnection: close\r\n\r\n`,
    )
})

test('a request that expects what there is not gets a problem, not a bare 417', async () => {
  const head = `${HEAD}Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\nExpect: a-miracle\r\n\r\n`
  await refuses(417, 'expectation-failed', head, BODY)
})
