import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createApp } from '../http/app.ts'
import { closeServer } from '../http/transport.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { silentLog } from '../lib/log.ts'
import { readMessage, readPaymentAnswer, request } from '../nexo/index.ts'
import { loadPages } from '../pages/index.ts'
import { POI, paymentOf, TAPS } from './fixture.ts'
import { createVirtualTerminals, routes, type VirtualTerminals } from './index.ts'

type App = Awaited<ReturnType<typeof createApp>>
interface Served {
  app: App
  at: string
  terminals: VirtualTerminals
}
let at: string
let terminals: VirtualTerminals
let served: Served
before(async () => {
  served = await serve()
  at = served.at
  terminals = served.terminals
})
after(async () => {
  await closeServer(served.app, systemClock)
  terminals.close()
})

async function serve(): Promise<Served> {
  const virtualTerminals = createVirtualTerminals({
    clock: systemClock,
    settings: { pace: 'instant', customer: TAPS },
  })
  const app = await createApp({
    authenticate: () => null,
    log: silentLog,
    clock: systemClock,
    newId: createIds(systemClock),
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  routes(app, { virtualTerminals, pages: await loadPages(), clock: systemClock })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  return { app, at: `http://127.0.0.1:${port}/terminal`, terminals: virtualTerminals }
}

const send = (path: string, body: unknown, type = 'application/json') =>
  fetch(`${at}/${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
let number = 0
const payment = (amount: number) =>
  request('Payment', { serviceId: `R${++number}`, saleId: 'TILL1', poiId: POI }, paymentOf(amount))

test('the first look finds a terminal, drawn in the language of whoever looks', async () => {
  const page = await fetch(at, { headers: { 'accept-language': 'pl' } })
  assert.equal(page.status, 200)
  assert.equal(page.headers.get('content-language'), 'pl')
  assert.match(await page.text(), /<h1>Wirtualny terminal<\/h1>/)
  assert.equal(terminals.all().length, 1)
})

test('a message over HTTP is answered by the terminal, and the journal has it', async () => {
  const answer = await send(`${POI}/nexo`, payment(10.99))
  assert.equal(answer.status, 200)
  assert.equal(readPaymentAnswer(readMessage(await answer.json()).body).authorized, 1099n)
  const journal = (await (await fetch(`${at}/${POI}/journal`)).json()) as { data: { seq: number; amount: number }[] }
  assert.equal(journal.data.at(-1)?.amount, 1099)
  const later = await fetch(`${at}/${POI}/journal?after=${journal.data.at(-1)?.seq}`)
  assert.deepEqual(await later.json(), { data: [] })
})

test('an abort is answered with an empty 200', async () => {
  const wire = request(
    'Abort',
    { serviceId: `R${++number}`, saleId: 'TILL1', poiId: POI },
    { AbortReason: 'MerchantAbort', MessageReference: { ServiceID: 'NONE' } },
  )
  const answer = await send(`${POI}/nexo`, wire)
  assert.deepEqual([answer.status, await answer.text()], [200, ''])
})

test('a lost answer breaks the connection, and one that is no answer is a 500 without JSON', async () => {
  await send(`${POI}/settings`, { fault: 'answer_lost' })
  await assert.rejects(send(`${POI}/nexo`, payment(5)))
  await send(`${POI}/settings`, { fault: 'server_error' })
  const broken = await send(`${POI}/nexo`, payment(5))
  assert.deepEqual([broken.status, broken.headers.get('content-type')], [500, 'text/html'])
  await send(`${POI}/settings`, { is_on: false })
  await assert.rejects(send(`${POI}/nexo`, payment(5)))
  await send(`${POI}/settings`, { is_on: true })
})

test('bad input is a problem with the right status, never a 500', async () => {
  for (const [path, body, status] of [
    [`${POI}/touch`, { type: 'key', key: 'F1' }, 422],
    [`${POI}/touch`, { type: 'card', card: 'nobody', entry: 'chip' }, 422],
    [`${POI}/touch`, {}, 422],
    [`${POI}/settings`, { fault: 'earthquake' }, 422],
    [`${POI}/settings`, { customer: { card: 'visa', entry: 'chip', pin: '12' } }, 422],
    [`${POI}/settings`, { nothing: 1 }, 422],
    [`${POI}/settings`, '{', 400],
    ['nobody/touch', { type: 'key', key: '1' }, 404],
    ['a b-1/nexo', {}, 404],
  ] as const) {
    const answer = await send(path, body)
    assert.equal(answer.status, status, `${path} ${JSON.stringify(body)}`)
    assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/)
  }
  for (const path of ['nobody', 'nobody/state', 'nobody/live', 'nobody/journal'])
    assert.equal((await fetch(`${at}/${path}`)).status, 404, path)
  assert.equal((await fetch(`${at}/${POI}/journal?after=x`)).status, 422)
})

test('a form of another site presses no key: only JSON is taken, which such a form cannot send', async () => {
  assert.equal((await send(`${POI}/settings`, 'fault=busy', 'application/x-www-form-urlencoded')).status, 415)
  assert.equal((await send(`${POI}/settings`, '{"fault":"busy"}', 'text/plain')).status, 415)
  assert.equal(terminals.terminal(POI).view().settings.fault, null)
})

test('a touch says whether anybody waited for it', async () => {
  assert.deepEqual(await (await send(`${POI}/touch`, { type: 'key', key: '1' })).json(), { taken: false })
})

test('whoever looks is told every change, and is let go when the server stops', async () => {
  const own = await serve()
  const answer = await fetch(`${own.at}/${POI}/live`)
  assert.match(String(answer.headers.get('content-type')), /^text\/event-stream/)
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  const until = async (wanted: RegExp) => {
    while (!wanted.test(text)) {
      const { value, done } = await reader.read()
      assert.equal(done, false)
      text += Buffer.from(value as Uint8Array).toString('utf8')
    }
  }
  await until(/"has_paper":true/)
  own.terminals.terminal(POI).set({ has_paper: false })
  await until(/"has_paper":false/)
  const closed = closeServer(own.app, systemClock)
  let end = await reader.read()
  while (!end.done) end = await reader.read()
  await closed
  own.terminals.close()
})
