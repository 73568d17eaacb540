// The driver over real connections: to our virtual terminals as a server with TLS, sealed and through a host, and to a host that
// answers what it should not.

import assert from 'node:assert/strict'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { type Clock, systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { silentLog } from '../../lib/log.ts'
import { Problem } from '../../lib/problem.ts'
import { Secret } from '../../lib/secret.ts'
import { eventNotification, response, type Wire } from '../../nexo/index.ts'
import { createVirtualTerminals, type VirtualTerminals } from '../../virtual-terminal/index.ts'
import { type TerminalServer, terminalServer } from '../../virtual-terminal/server.ts'
import { callConnector } from '../call.ts'
import type { ChargeInstruction, ConnectorAccount, Lookup, Outcome } from '../connector.ts'
import { createNexo } from './index.ts'

const POI = 'V400m-324688179'
const API_KEY = 'AQE-test-key'
const PASSPHRASE = 'p@ssw0rd123456'
const KEY = { key_identifier: 'kid', key_version: '1', passphrase: PASSPHRASE }
const HOOK = { webhook_user: 'hook', webhook_password: 'a long password' }
const newId = createIds(systemClock)
const connector = createNexo({ clock: systemClock })
const deps = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }
/** Nobody at the terminal runs out of time. */
const patient: Clock = {
  now: systemClock.now,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
}

let terminals: VirtualTerminals
let served: TerminalServer
let root: string
const told: Wire[] = []
let heard = (): void => {}

before(async () => {
  const customer = { card: 'visa', entry: 'contactless' } as const
  terminals = createVirtualTerminals({ clock: patient, settings: { pace: 'instant', customer } })
  served = await terminalServer({
    ...{ virtualTerminals: terminals, poiId: POI, now: systemClock.now(), takesPlain: false, apiKey: API_KEY },
    key: { identifier: 'kid', version: 1, passphrase: new Secret(PASSPHRASE) },
    notify(wire) {
      told.push(wire)
      heard()
    },
  })
  await served.app.listen({ port: 0, host: '127.0.0.1' })
  root = `https://127.0.0.1:${(served.app.server.address() as AddressInfo).port}`
})
after(async () => {
  await served.app.close()
  terminals.close()
})

/** An account by its settings; those of the time when the server listens. */
function account(config: Record<string, string>): ConnectorAccount {
  return { id: 'cac_1', merchant_id: 'mer_1', connector: 'nexo', config }
}
const local = (more: Record<string, string> = {}) =>
  account({ transport: 'local', endpoints: `${POI}=${root}/nexo`, ca: served.certificate, ...KEY, ...more })
/** An account at the provider's host. */
const cloud = (transport: string, more: Record<string, string> = {}) =>
  account({ transport, endpoint: root.replace('https', 'http'), api_key: API_KEY, merchant_account: 'M1', ...more })

function sale(of: ConnectorAccount, more: Partial<ChargeInstruction> = {}): Promise<Outcome> {
  const instruction = {
    ...{
      account: of,
      terminal: { id: 'ter_1', serial: POI },
      payment_id: 'pay_1',
      tender_id: 'ten_1',
      webhook_url: '',
    },
    ...{ operation_id: newId('opn'), amount: 1099n, currency: 'EUR', method: 'card', channel: 'pos' },
    ...{ initiator: 'customer' as const, ...more },
  }
  return callConnector(deps, connector, 'sale', instruction, { timeoutMs: 10_000 })
}
function lookUp(of: ConnectorAccount, operation_id: string): Promise<Lookup> {
  const asked = {
    account: of,
    terminal: { id: 'ter_1', serial: POI },
    operation_id,
    kind: 'sale',
    currency: 'EUR',
  } as const
  return callConnector(deps, connector, 'lookup', asked, { timeoutMs: 10_000 })
}
const approved = () => terminals.journal({ limit: 1000 }).filter(({ what }) => what === 'approved').length

test('in the shop’s network messages are sealed, and the terminal is known by its certificate', async () => {
  const outcome = await sale(local())
  assert.ok(
    outcome.outcome === 'succeeded',
    JSON.stringify(outcome, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
  )
  assert.equal(outcome.amount, 1099n)
})

test('an answer whose seal is broken proves nothing; the terminal is asked, and says that it approved', async () => {
  terminals.terminal(POI).set({ fault: 'wrong_hmac' })
  const operation_id = newId('opn')
  const before = approved()
  assert.equal((await sale(local(), { operation_id })).outcome, 'unknown')
  const found = await lookUp(local(), operation_id)
  assert.ok(found.outcome === 'succeeded' && found.amount === 1099n)
  assert.equal(approved(), before + 1)
})

test('nothing is sent to what is not the terminal: another one, another authority, or nobody', async () => {
  const before = approved()
  const another = account({ ...local().config, endpoints: `V400m-111111111=${root}/nexo` })
  const others = [
    sale(another, { terminal: { id: 'ter_2', serial: 'V400m-111111111' } }),
    sale(local({ environment: 'live' })),
    sale(account(Object.fromEntries(Object.entries(local().config).filter(([name]) => name !== 'ca')))),
    sale(local({ endpoints: `${POI}=https://127.0.0.1:9/nexo` })),
    sale(local({ endpoints: '' })),
  ]
  for (const outcome of await Promise.all(others)) assert.equal(outcome.outcome, 'no_effect')
  assert.equal(approved(), before)
})

test('with another passphrase nothing is approved, whatever comes back', async () => {
  const before = approved()
  const outcome = await sale(local({ passphrase: 'another passphrase' }))
  assert.notEqual(outcome.outcome, 'succeeded')
  assert.equal(approved(), before)
})

// ---- A host with an answer of its own ------------------------------------------------------------------------------

type Answer = (asked: { header: never; path: string; key: string | undefined }, reply: ServerResponse) => void
let host: Server

/** A host that answers `answer`, at an address of this machine. */
async function hostThat(answer: Answer): Promise<string> {
  host = createServer((incoming, reply) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const wire = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { SaleToPOIRequest: { MessageHeader: never } }
      const key = incoming.headers['x-api-key'] as string | undefined
      answer({ header: wire.SaleToPOIRequest.MessageHeader, path: incoming.url ?? '', key }, reply)
    })
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(host.address() as AddressInfo).port}`
}
const paid = (header: object): Wire =>
  response(
    'Payment',
    header as never,
    {
      Response: { Result: 'Success' },
      SaleData: { SaleTransactionID: { TransactionID: 'opn_1', TimeStamp: '2026-11-27T03:00:00Z' } },
      POIData: { POITransactionID: { TransactionID: 'T1.P1', TimeStamp: '2026-11-27T03:00:00Z' } },
      PaymentResult: { AmountsResp: { Currency: 'EUR', AuthorizedAmount: 10.99 } },
    } as never,
  )
const reject = (message: string): Wire =>
  eventNotification({
    ...{ event: 'Reject', at: new Date(0), deviceId: 'D1', saleId: 'ter_1', poiId: POI },
    details: [['message', message]],
  })

const answers: [title: string, answer: Answer, outcome: string][] = [
  ['an approval', ({ header }, reply) => reply.end(JSON.stringify(paid(header))), 'succeeded'],
  ['nothing', (_, reply) => reply.end(), 'unknown'],
  ['an empty object', (_, reply) => reply.end('{}'), 'unknown'],
  ['a page', (_, reply) => reply.end('<html>busy</html>'), 'unknown'],
  ['HTTP 500', (_, reply) => reply.writeHead(500).end('{"oops":true}'), 'unknown'],
  ['HTTP 422', (_, reply) => reply.writeHead(422).end('{}'), 'unknown'],
  ['HTTP 401', (_, reply) => reply.writeHead(401).end('no'), 'no_effect'],
  ['a broken connection', (_, reply) => reply.socket?.destroy(), 'unknown'],
  [
    'half an answer',
    ({ header }, reply) => {
      reply.writeHead(200, { 'content-length': '100000' }).write(JSON.stringify(paid(header)))
      reply.socket?.destroySoon()
    },
    'unknown',
  ],
  [
    'an approval of another message',
    ({ header }, reply) => reply.end(JSON.stringify(paid({ ...(header as object), ServiceID: 'OTHER' }))),
    'unknown',
  ],
  [
    'an approval of another terminal',
    ({ header }, reply) => reply.end(JSON.stringify(paid({ ...(header as object), POIID: 'V400m-1' }))),
    'unknown',
  ],
  [
    'that the terminal did not answer',
    (_, reply) => reply.end(JSON.stringify(reject('Did not receive a response from the POI.'))),
    'unknown',
  ],
  [
    'that the message was not delivered',
    (_, reply) => reply.end(JSON.stringify(reject('Failed to send message to POI: no websocket'))),
    'no_effect',
  ],
]
for (const [title, answer, expected] of answers) {
  test(`a host that answers with ${title} leaves a sale ${expected}`, async () => {
    const endpoint = await hostThat(answer)
    const outcome = await sale(account({ transport: 'cloud_sync', endpoint, api_key: API_KEY }))
    host.close()
    assert.equal(outcome.outcome, expected)
  })
}

test('each way of the cloud has its own address, and shows the key', async () => {
  const seen: string[] = []
  const endpoint = await hostThat(({ header, path, key }, reply) => {
    seen.push(`${path} ${key}`)
    reply.end(path.endsWith('async') ? 'ok' : JSON.stringify(paid(header)))
  })
  for (const transport of ['cloud_sync', 'cloud_async', 'device_sync', 'device_async'])
    await sale(account({ ...cloud(transport).config, endpoint }))
  host.close()
  const device = `/v1/merchants/M1/devices/${POI}`
  assert.deepEqual(
    seen,
    ['/sync', '/async', `${device}/sync`, `${device}/async`].map((path) => `${path} ${API_KEY}`),
  )
})

// ---- Asynchronously ------------------------------------------------------------------------------------------------

const authorization = `Basic ${Buffer.from('hook:a long password').toString('base64')}`
const inbound = (wire: Wire, header = authorization) => ({
  headers: { authorization: header },
  body: Buffer.from(JSON.stringify(wire)),
})

test('an asynchronous payment is pending until its notification comes, by its own operation', async () => {
  const endpoint = await hostThat((_, reply) => reply.end('ok'))
  const of = account({ transport: 'cloud_async', endpoint, api_key: API_KEY, ...HOOK })
  const operation_id = newId('opn')
  assert.equal((await sale(of, { operation_id })).outcome, 'pending')
  host.close()
  const header = {
    ...{ ProtocolVersion: '3.0', MessageClass: 'Service', MessageCategory: 'Payment', MessageType: 'Response' },
    ...{ ServiceID: operation_id.slice(-10), SaleID: 'ter_1', POIID: POI },
  }
  const wire = JSON.parse(JSON.stringify(paid(header)).replace('opn_1', operation_id)) as Wire
  const [event] = connector.receive?.(of, inbound(wire), systemClock.now()) ?? []
  assert.ok(event?.type === 'operation')
  assert.equal(event.operation_id, operation_id)
  assert.ok(event.outcome.outcome === 'succeeded' && event.outcome.amount === 1099n)
  assert.equal(connector.receive?.(of, inbound(wire), systemClock.now())[0]?.psp_event_id, event.psp_event_id)
  for (const wrong of ['', 'Basic eDp5', authorization.slice(0, -1)])
    assert.throws(() => connector.receive?.(of, inbound(wire, wrong), systemClock.now()), isRefused)
  const without = account({ ...of.config, webhook_password: '' })
  assert.throws(() => connector.receive?.(without, inbound(wire, 'Basic aG9vazo='), systemClock.now()), isRefused)
})

test('the steps that a terminal sends on the way are for showing', async () => {
  told.length = 0
  const done = new Promise<void>((resolve) => {
    heard = () => told.length > 2 && resolve()
  })
  await sale(local())
  await done
  const of = account({ transport: 'cloud_async', endpoint: root, api_key: API_KEY, ...HOOK })
  const steps = told.flatMap((wire) => connector.receive?.(of, inbound(wire), systemClock.now()) ?? [])
  assert.ok(steps.some((step) => step.type === 'progress' && step.step === 'card_presented' && step.serial === POI))
})

function isRefused(error: unknown): boolean {
  return error instanceof Problem && error.code === 'signature-invalid'
}
