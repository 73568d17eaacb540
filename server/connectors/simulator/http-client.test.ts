import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { Secret } from '../../lib/secret.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, Lookup } from '../connector.ts'
import type { FaultName } from './faults.ts'
import { createSimulator, simulatorServer } from './index.ts'

const closing: (() => Promise<unknown>)[] = []
after(() => Promise.all(closing.map((close) => close())))

const simulator = createSimulator({ path: ':memory:', clock: systemClock, publicUrl: 'http://127.0.0.1:9' })
const connector = simulator.connector()
const DEPS = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
let operations = 0

function sale(url: string): Omit<ChargeInstruction, 'signal'> {
  return {
    account: { id: 'cac_http', merchant_id: 'mer_1', connector: 'simulator', config: { url } },
    operation_id: `opn_http_${++operations}`,
    payment_id: 'pay_1',
    tender_id: 'ten_1',
    amount: 4_995n,
    currency: 'EUR',
    webhook_url: 'http://127.0.0.1:9/none',
    method: 'card',
    channel: 'web',
    initiator: 'customer',
    card: { number: new Secret('4242424242424242'), exp_month: 12, exp_year: 2099 },
  }
}

/** How a sale at this address ends, and the sale, to ask about it. */
async function sell(url: string, timeoutMs = 5_000): Promise<{ word: string; again: () => Promise<Lookup> }> {
  const instruction = sale(url)
  const outcome = await callConnector(DEPS, connector, 'sale', instruction, { timeoutMs })
  const { account, operation_id } = instruction
  const again = () => callConnector(DEPS, connector, 'lookup', { account, operation_id, kind: 'sale' }, { timeoutMs })
  return { word: outcome.outcome, again }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const app = simulatorServer(simulator)
let address: string
before(async () => {
  address = await app.listen({ port: 0, host: '127.0.0.1' })
  closing.push(() => app.close().then(() => simulator.stop()))
})

const faults: [fault: FaultName, word: string, found: string][] = [
  ['lost_before', 'unknown', 'not_found'],
  ['lost_after', 'unknown', 'succeeded'],
  ['http5xx_before', 'unknown', 'not_found'],
  ['http5xx_after', 'unknown', 'succeeded'],
  ['slow', 'unknown', 'succeeded'],
  ['down', 'no_effect', 'not_found'],
]
for (const [fault, word, found] of faults) {
  test(`over HTTP, ${fault} ends as ${word}, and asking afterwards gives ${found}`, async () => {
    simulator.setFaults({ seed: 1, rates: {}, next: [{ verb: 'sale', fault }] })
    const { word: seen, again } = await sell(address, fault === 'slow' ? 200 : 5_000)
    assert.equal(seen, word)
    assert.equal((await again()).outcome, found)
  })
}

test('a port on which nobody listens is no_effect: nothing can have arrived', async () => {
  const server = createServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  assert.equal((await sell(url)).word, 'no_effect')
})

const nonsense: [title: string, answer: RequestListener][] = [
  ['an HTML page with status 200', (_request, response) => response.end('<html>Welcome</html>')],
  ['JSON that is no outcome', (_request, response) => response.end('{"ok":true}')],
  ['a success cut off in the middle', (_request, response) => response.end('{"outcome":"succeeded","amo')],
  [
    'a success for another amount',
    (_request, response) => response.end('{"outcome":"succeeded","amount":"4996","psp_reference":"p"}'),
  ],
  [
    'a success whose amount is a number',
    (_request, response) => response.end('{"outcome":"succeeded","amount":4995,"psp_reference":"p"}'),
  ],
  ['a 503 from a machine in between', (_request, response) => response.writeHead(503).end('overloaded')],
  ['a redirect', (_request, response) => response.writeHead(307, { location: address }).end()],
  ['an answer of a megabyte', (_request, response) => response.end('x'.repeat(1_000_000))],
]
for (const [title, answer] of nonsense) {
  test(`${title} is unknown`, async () => {
    assert.equal((await sell(await listen(createServer(answer)))).word, 'unknown')
  })
}
