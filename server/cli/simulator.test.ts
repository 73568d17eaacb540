import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'onetill-simulator-cli-'))
const program = join(import.meta.dirname, 'simulator.ts')
const running: ChildProcess[] = []
after(() => {
  for (const child of running) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function start(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, '--port', String(port), '--data', folder, '--api-key', 'k'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  running.push(child)
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  return child
}

const sale = (operationId: string) => ({
  account: { id: 'cac_cli' },
  operation_id: operationId,
  payment_id: 'pay_1',
  amount: '4995',
  currency: 'EUR',
  webhook_url: 'http://127.0.0.1:9/none',
  method: 'card',
  card: { number: '4242424242424242', exp_month: 12, exp_year: 2099 },
})

test('what was answered before a kill -9 is in the journal after the next start, once', async () => {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const headers = { authorization: 'Bearer k', 'content-type': 'application/json' }
  const first = await start(port)
  const post = () => fetch(`${base}/v1/sale`, { method: 'POST', headers, body: JSON.stringify(sale('opn_kill')) })
  assert.equal((await post()).status, 200)
  first.kill('SIGKILL')
  await once(first, 'exit')

  const second = await start(port)
  assert.equal((await post()).status, 200)
  const { data } = (await (await fetch(`${base}/journal`, { headers })).json()) as {
    data: { effect: string; amount: string }[]
  }
  assert.deepEqual(
    data.map(({ effect, amount }) => `${effect} ${amount}`),
    ['captured 4995'],
  )

  for (const path of ['/journal', '/v1/operations/opn_kill?account=cac_cli']) {
    assert.equal((await fetch(`${base}${path}`)).status, 401, path)
  }
  assert.equal((await fetch(`${base}/v1/sale`, { method: 'POST', body: '{}' })).status, 401)
  assert.equal((await fetch(`${base}/v1/sale`, { method: 'POST', headers, body: '{}' })).status, 422)
  assert.equal(
    (await fetch(`${base}/faults`, { method: 'PUT', headers, body: '{"rates":{"lost_aftr":1}}' })).status,
    422,
  )
  assert.equal((await fetch(`${base}/health`)).status, 200)

  second.kill('SIGTERM')
  const [code] = await once(second, 'exit')
  assert.equal(code, 0)
})

test('a port that is no number is refused with the usage', async () => {
  const child = spawn(process.execPath, [program, '--port', 'x'], { stdio: 'ignore' })
  const [code] = await once(child, 'exit')
  assert.equal(code, 2)
})

test('a port that is taken is told in one sentence, with code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const child = spawn(process.execPath, [program, '--port', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  other.close()
  assert.equal(code, 1)
  assert.equal(said, 'The simulator could not start: another program has the port; choose another with --port.\n')
})

test('--port 0 takes a free port and prints it', async () => {
  const child = spawn(process.execPath, [program, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.push(child)
  const [line] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  const address = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(String(line))?.[0] as string
  assert.equal((await fetch(`${address}/health`)).status, 200)
})
