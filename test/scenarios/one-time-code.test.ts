// BLIK: six digits of the bank's app are typed, and the app asks. The code goes to the provider once and is kept nowhere.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bagPages } from '../bag-pages.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'
import { MINUTE, openShop } from './shop.ts'

let shop: ServedShop
let pages: ReturnType<typeof bagPages>
before(async () => {
  shop = await servedShop()
  pages = bagPages(shop)
})
after(() => shop.close())

const SALE = { amount: 4995, currency: 'PLN', channel: 'web' as const, country: 'PL' }
const CODE = '739154'

const pay = (one_time_code?: string, method = 'blik') =>
  pages.api.pay({ ...SALE, tender: { method, ...(one_time_code === undefined ? {} : { one_time_code }) } })

test('without its six digits nobody can be asked, and no other method takes them', async () => {
  for (const [code, method] of [[undefined], ['12345'], ['1234567'], ['abcdef'], [CODE, 'przelewy24']] as const) {
    const { status, body } = await pay(code, method)
    assert.deepEqual(
      [status, (body as { errors?: { pointer: string }[] }).errors?.[0]?.pointer],
      [422, '/tender/one_time_code'],
      `${code} ${method}`,
    )
  }
  const { body } = await pages.api.call<{ data: { code: string; requires: string[] }[] }>(
    'GET',
    '/v1/payment_methods?amount=4995&currency=PLN&country=PL',
  )
  assert.deepEqual(body.data.find(({ code }) => code === 'blik')?.requires, ['one_time_code'])
})

test('a wrong and an old code are declined, and say which', async () => {
  for (const [code, decline] of [
    ['000000', 'code_invalid'],
    ['111 111', 'code_expired'],
  ] as const) {
    const { body } = await pay(code)
    assert.equal(body.status, 'failed')
    assert.equal(body.tenders[0]?.decline?.code, decline)
  }
})

test('the app asks for two minutes; confirmed there, or refused', async () => {
  const { body: waiting } = await pay(CODE)
  assert.equal(waiting.status, 'requires_action')
  const action = waiting.next_action as unknown as { type: string; url: string; qr?: string; expires_at: string }
  assert.deepEqual(
    [action.type, action.qr],
    ['wait', undefined],
    'there is nothing to scan: the code came from the phone',
  )
  const left = new Date(action.expires_at).getTime() - new Date(waiting.created_at).getTime()
  assert.ok(left > 100_000 && left <= 130_000, `${left} ms`)
  const press = async (url: string, act: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ act }), redirect: 'manual' })
  const settled = async (id: string, status: string) => {
    for (let look = 0; look < 100; look++) {
      const { body } = await pages.api.call<{ status: string }>('GET', `/v1/payments/${id}`)
      if (body.status === status) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    assert.fail(`the payment never became ${status}`)
  }
  await press(action.url, 'approve')
  await settled(waiting.id, 'captured')
  const { body: refused } = await pay(CODE)
  await press((refused.next_action as unknown as { url: string }).url, 'decline')
  await settled(refused.id, 'failed')
})

test('the code is in no table and in no event', async () => {
  const { body } = await pay(CODE)
  assert.equal(body.status, 'requires_action')
  const { db } = shop.database
  const { rows } = await db.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'`,
  )
  assert.ok(rows.length > 50)
  for (const { name } of rows) {
    const found = await db.query(`select t::text from ${name} t where t::text like $1`, [`%"${CODE}"%`])
    assert.deepEqual(found.rows, [], name)
  }
})

for (const told of ['by webhook', 'when asked'] as const)
  test(`a code that nobody confirms ends after two minutes, as the provider says ${told}, and another pays once`, async () => {
    const story = await openShop()
    const { body: session } = await story.api.call<{ url: string }>('POST', '/v1/checkout_sessions', {
      ...{ amount: 4995, currency: 'PLN', country: 'PL' },
    })
    const path = new URL(session.url).pathname
    const send = async (method: 'GET' | 'POST', step: string, body?: object) => {
      const headers = { host: '127.0.0.1', 'content-type': 'application/json' }
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) }
      const { text } = await story.send({ method, path: `${path}${step}?lang=pl`, headers, ...payload })
      return JSON.parse(text) as { phase: string; notice: { code: string } | null }
    }
    const typed = (attempt: string) => send('POST', '/pay', { attempt, method: 'blik', one_time_code: CODE })
    const hear = async () => {
      if (told === 'by webhook') return story.news()
      // What it sends lies unread.
      await story.simulator.deliverDue()
      return story.ask()
    }
    assert.equal((await typed('attempt-1')).phase, 'action')
    story.clock.advance(MINUTE)
    await hear()
    assert.equal((await send('GET', '/state')).phase, 'action', 'the app still asks')
    // The provider is asked ever more rarely.
    story.clock.advance((told === 'by webhook' ? 2 : 6) * MINUTE)
    await hear()
    const over = await send('GET', '/state')
    assert.deepEqual([over.phase, over.notice?.code], ['pay', 'action_expired'])
    assert.equal((await typed('attempt-1')).phase, 'pay', 'the same press again asks nobody')
    assert.equal((await typed('attempt-2')).phase, 'action')
    const [asking] = story.simulator.pages()
    assert.ok(asking && story.simulator.act(asking.account, asking.operation_id, 'approve'))
    story.clock.advance(told === 'by webhook' ? 0 : MINUTE)
    await hear()
    assert.equal((await send('GET', '/state')).phase, 'paid')
    assert.deepEqual(story.journal(), ['captured 4995'])
    await story.close()
  })
