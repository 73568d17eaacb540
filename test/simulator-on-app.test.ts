// The simulator's pages hang on the product's own server, whose strict rules for bodies and headers were made for an API.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSimulator, simulatorControls, simulatorPages } from '../server/connectors/simulator/index.ts'
import { createApp } from '../server/http/app.ts'
import { systemClock } from '../server/lib/clock.ts'
import { createIds } from '../server/lib/ids.ts'
import { silentLog } from '../server/lib/log.ts'

test('a page shows, takes its form, and its policy stands over the API’s', async () => {
  const simulator = createSimulator({ path: ':memory:', clock: systemClock, publicUrl: '' })
  const app = await createApp({
    authenticate: () => null,
    log: silentLog,
    clock: systemClock,
    newId: createIds(systemClock),
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  simulatorPages(app, simulator)
  simulatorControls(app, simulator, { prefix: '/simulator', apiKey: 'control' })
  try {
    const { outcome } = await simulator.handle('sale', {
      account: { id: 'cac_1' },
      operation_id: 'opn_1',
      payment_id: 'pay_1',
      amount: 4_995n,
      currency: 'EUR',
      webhook_url: '',
      method: 'ideal',
      return_url: 'https://shop.example/back',
    })
    assert.ok(outcome.outcome === 'pending' && outcome.next_action?.type === 'redirect')
    const { url } = outcome.next_action
    const headers = { host: '127.0.0.1' }

    const shown = await app.inject({ url: `${url}?lang=nl&utm_source=x`, headers })
    assert.equal(shown.statusCode, 200)
    assert.match(shown.body, /€\s49,95/)
    assert.match(String(shown.headers['content-security-policy']), /style-src 'sha256-/)
    assert.equal(shown.headers['cache-control'], 'no-store')

    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' }
    const acted = await app.inject({
      method: 'POST',
      url: `${url}?lang=nl`,
      headers: form,
      payload: 'bank=Testbank&act=approve',
    })
    assert.equal(acted.statusCode, 303)
    assert.equal(acted.headers['location'], 'https://shop.example/back')
    assert.equal(simulator.lookup('cac_1', 'opn_1').outcome, 'succeeded')

    const refused = await app.inject({ url: '/simulator/journal', headers })
    assert.deepEqual([refused.statusCode, refused.json().code], [401, 'unauthenticated'])
    assert.equal(refused.headers['content-type'], 'application/problem+json')
    const keyed = { ...headers, authorization: 'Bearer control' }
    const faulty = await app.inject({
      method: 'PUT',
      url: '/simulator/faults',
      headers: keyed,
      payload: { rates: { no: 1 } },
    })
    assert.deepEqual([faulty.statusCode, faulty.json().code], [422, 'validation-error'])
    const journal = await app.inject({
      url: '/simulator/journal?after=0',
      headers: { ...headers, authorization: 'Bearer control' },
    })
    assert.equal(journal.json().data.length, 1)
  } finally {
    await app.close()
    await simulator.stop()
  }
})
