import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request as ask } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkServerIdentity } from 'node:tls'
import { Secret } from '../lib/secret.ts'
import { open, readMessage, readPaymentAnswer, request, seal, type Wire } from '../nexo/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'onetill-terminal-cli-'))
const program = join(import.meta.dirname, 'terminal.ts')
const running: ChildProcess[] = []
after(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const KEY = { identifier: 'kid', version: 2, passphrase: new Secret('correct horse') }
const POI = 'S1F2-000158'

function post(url: string, body: Wire): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = ask(
      url,
      {
        method: 'POST',
        // As a till does: it trusts this certificate alone, and its name instead of the host's.
        ca: readFileSync(join(folder, 'terminal.pem')),
        checkServerIdentity: (_host, cert) => checkServerIdentity(`${POI}.test.terminal.adyen.com`, cert),
        headers: { 'content-type': 'application/json' },
      },
      async (answer) => {
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve({ status: answer.statusCode ?? 0, text })
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

test('a terminal of its own answers sealed messages under a certificate of its own, and serves its page', async () => {
  const child = spawn(
    process.execPath,
    [
      ...[program, '--port', '0', '--poi', POI, '--data', folder, '--auto'],
      ...['--passphrase', 'correct horse', '--key-id', 'kid', '--key-version', '2'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  running.push(child)
  const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  const at = /https:\/\/127\.0\.0\.1:[1-9]\d*/.exec(String(line))?.[0] as string
  const message = request(
    'Payment',
    { serviceId: 'CLI1', saleId: 'TILL1', poiId: POI },
    {
      SaleData: { SaleTransactionID: { TransactionID: 'pay_1', TimeStamp: '2026-11-27T09:00:00.000Z' } },
      PaymentTransaction: { AmountsReq: { Currency: 'SEK', RequestedAmount: 99.5 } },
    },
  )
  const answer = await post(`${at}/nexo/`, seal(message, KEY))
  assert.equal(answer.status, 200)
  const opened = readMessage(open(JSON.parse(answer.text), KEY))
  assert.equal(readPaymentAnswer(opened.body).authorized, 9950n)
  // Without the passphrase nobody is heard.
  assert.equal((await post(`${at}/nexo`, message)).status, 400)
  assert.equal((await post(`${at}/sync`, message)).status, 401)
  assert.equal((await post(`${at}/terminal/${POI}/touch`, {})).status, 400)
  child.kill('SIGTERM')
  assert.equal((await once(child, 'exit'))[0], 0)
})

for (const [what, args, code] of [
  ['a port that is no number', ['--port', 'x'], 2],
  ['an id that no terminal has', ['--port', '0', '--poi', 'nobody'], 1],
] as const)
  test(`${what} is refused`, async () => {
    const child = spawn(process.execPath, [program, ...args], { stdio: 'ignore' })
    assert.equal((await once(child, 'exit'))[0], code)
  })
