// Signing in by code: who gets in, who does not, and what a session is good for.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { returnShop } from '../../test/scenarios/return-shop.ts'
import { DAY, MINUTE, openShop, type Shop } from '../../test/scenarios/shop.ts'
import { openPage, type Reply } from './page.fixture.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

const { call: page, mailTo, ask, signIn } = openPage(() => shop)

const other = (code: string) => (code === '000000' ? '000001' : '000000')
const passkeys = (token: string, more: Record<string, string> = {}) =>
  page('GET', '/v1/account/passkeys', undefined, { 'customer-session': token, ...more })

describe('a sign-in code', () => {
  it('is mailed in the reader’s language, and the database cannot show it', async () => {
    const { id, code } = await ask('lang@example.org', { language: 'sv' })
    const { subject, language } = await mailTo('lang@example.org')
    assert.equal(subject, `${code} är din inloggningskod till Story Retail`)
    assert.equal(language, 'sv')
    const { rows } = await shop.database.db.query<{ row: string }>(
      'select c::text as row from sign_in_code c where id = $1',
      [id],
    )
    assert.ok(!rows[0]?.row.includes(code), rows[0]?.row)
  })

  it('makes a customer whose address is proved, and finds them again', async () => {
    const first = await signIn('new@example.org')
    const again = await signIn('NEW@Example.ORG')
    assert.equal(again.customer, first.customer)
    assert.notEqual(again.token, first.token)
    const { body } = await shop.api.call<{ customer: { id: string } }>('POST', '/v1/customers/recognise', {
      type: 'email',
      value: 'new@example.org',
    })
    assert.equal(body.customer.id, first.customer)
  })

  it('is asked for with one answer, whether the address is known or not', async () => {
    await signIn('known@example.org')
    const known = await page('POST', '/v1/sign_in', { email: 'known@example.org' })
    const unknown = await page('POST', '/v1/sign_in', { email: 'unknown@example.org' })
    const shape = ({ status, body }: Reply) => [status, Object.keys(body).sort()]
    assert.deepEqual(shape(known), shape(unknown))
  })

  it('does not hand over a profile under which the address was only typed', async () => {
    const typed = await shop.api.call<{ id: string }>('POST', '/v1/customers', { email: 'typed@example.org' })
    const { customer } = await signIn('typed@example.org')
    assert.notEqual(customer, typed.body.id)
  })

  it('brings a customer what was ordered under the address as a guest, each time it is proved', async () => {
    const floor = returnShop(shop)
    await floor.stocked('kettle', '30.00', 10)
    const order = async () => (await floor.order({ kettle: 1 }, { email: 'Guest@example.org' })).id
    const owner = async (id: string) => {
      await shop.settle()
      return (await shop.api.get<{ customer_id: string | null }>(`/v1/orders/${id}`)).body.customer_id
    }
    const first = await order()
    assert.equal(await owner(first), null)
    const { customer } = await signIn('guest@example.org')
    assert.equal(await owner(first), customer)
    const second = await order()
    assert.equal(await owner(second), null, 'nobody has proved anything since')
    await signIn('guest@example.org')
    assert.equal(await owner(second), customer)
  })

  it('is spent after five wrong tries, the right one then included', async () => {
    const { id, code } = await ask('tries@example.org')
    for (let n = 0; n < 5; n++) {
      const wrong = await page('POST', '/v1/sign_in/confirm', { id, code: other(code) })
      assert.deepEqual([wrong.status, wrong.body['code']], [422, 'code-invalid'])
    }
    const late = await page('POST', '/v1/sign_in/confirm', { id, code })
    assert.deepEqual([late.status, late.body['code']], [422, 'code-invalid'])
  })

  it('opens one session, also when it comes twice at once', async () => {
    const { id, code } = await ask('twice@example.org')
    const answers = await Promise.all([1, 2, 3].map(() => page('POST', '/v1/sign_in/confirm', { id, code })))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422, 422])
    assert.equal((await page('POST', '/v1/sign_in/confirm', { id, code })).status, 422, 'replayed')
  })

  it('makes one customer of an address that is proved in two browsers at once', async () => {
    const codes = [await ask('both@example.org'), await ask('both@example.org')]
    const answers = await Promise.all(codes.map((body) => page('POST', '/v1/sign_in/confirm', body)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    )
    assert.equal(answers[0]?.body['customer_id'], answers[1]?.body['customer_id'])
  })

  it('ends after ten minutes, and is not another merchant’s', async () => {
    const { id, code } = await ask('late@example.org')
    const { keys } = await shop.neighbour()
    const elsewhere = await page('POST', '/v1/sign_in/confirm', { id, code }, { key: keys.publishable_key })
    assert.equal(elsewhere.body['code'], 'code-invalid')
    shop.clock.advance(10 * MINUTE)
    assert.equal((await page('POST', '/v1/sign_in/confirm', { id, code })).body['code'], 'code-invalid')
  })

  it('is sent to an address five times in a quarter of an hour, and then not', async () => {
    shop.clock.advance(16 * MINUTE)
    const answers: Reply[] = []
    for (let n = 0; n < 6; n++) answers.push(await page('POST', '/v1/sign_in', { email: 'often@example.org' }))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202, 202, 202, 202, 429],
    )
    const wait = Number(answers[5]?.headers['retry-after'])
    assert.ok(wait > 800 && wait <= 900, `waits ${wait} s`)
    assert.equal((await mailTo('often@example.org')).count, 5)
    shop.clock.advance(16 * MINUTE)
    assert.equal((await page('POST', '/v1/sign_in', { email: 'often@example.org' })).status, 202)
  })

  it('is asked for thirty times from one place, also at once, and then not', async () => {
    shop.clock.advance(16 * MINUTE)
    const asked = Array.from({ length: 40 }, (_, n) => page('POST', '/v1/sign_in', { email: `place${n}@example.org` }))
    const statuses = (await Promise.all(asked)).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 202).length, 30)
    assert.equal(statuses.filter((status) => status === 429).length, 10)
    shop.clock.advance(16 * MINUTE)
  })

  it('goes to one address and nothing else', async () => {
    for (const email of ['a@b.org, c@d.org', 'x@y.org\r\nBcc: z@y.org', '"<z@y.org>"@b.org', 'nobody']) {
      const answer = await page('POST', '/v1/sign_in', { email })
      assert.equal(answer.status, 422, email)
    }
  })
})

describe('a session', () => {
  it('is asked for beside the key, and neither does without the other', async () => {
    const { token } = await signIn('both-needed@example.org')
    assert.equal((await passkeys(token)).status, 200)
    for (const wrong of ['', 'cst_', `cst_${'A'.repeat(32)}`, `${token}x`, token.slice(0, -1)]) {
      const answer = await passkeys(wrong)
      assert.deepEqual([answer.status, answer.body['code']], [401, 'sign-in-required'], wrong)
    }
    assert.equal((await passkeys(token, { key: 'pk_nothing' })).body['code'], 'unauthenticated')
    assert.equal((await passkeys(token, { key: shop.keys.secret_key })).body['code'], 'scope-missing')
    const { keys } = await shop.neighbour()
    assert.equal((await passkeys(token, { key: keys.publishable_key })).body['code'], 'sign-in-required')
  })

  it('ends when its owner signs out, here or everywhere', async () => {
    const [a, b, c] = [
      await signIn('out@example.org'),
      await signIn('out@example.org'),
      await signIn('out@example.org'),
    ]
    const out = (path: string, token: string) => page('DELETE', path, undefined, { 'customer-session': token })
    assert.equal((await out('/v1/account/session', a.token)).status, 204)
    assert.equal((await passkeys(a.token)).status, 401)
    assert.equal((await passkeys(b.token)).status, 200)
    assert.equal((await out('/v1/account/sessions', b.token)).status, 204)
    assert.deepEqual([(await passkeys(b.token)).status, (await passkeys(c.token)).status], [401, 401])
  })

  it('ends after thirty days, is kept as a hash, and is forgotten afterwards', async () => {
    const { token } = await signIn('month@example.org')
    const { rows } = await shop.database.db.query<{ found: boolean }>(
      'select bool_or(s::text like $1) as found from customer_session s',
      [`%${token.slice(4)}%`],
    )
    assert.equal(rows[0]?.found, false)
    shop.clock.advance(30 * DAY)
    assert.equal((await passkeys(token)).status, 401)
    shop.clock.advance(DAY)
    const worker = shop.wired.workers.find(({ name }) => name === 'old sign-ins')
    assert.ok(((await worker?.tick()) ?? 0) > 0)
    const { rows: left } = await shop.database.db.query<{ n: bigint }>(
      'select (select count(*) from sign_in_code) + (select count(*) from customer_session) as n',
    )
    assert.equal(Number(left[0]?.n), 0)
  })

  it('follows its owner when two profiles become one', async () => {
    const one = await signIn('one-profile@example.org')
    const two = await signIn('two-profile@example.org')
    const merged = await shop.api.call('POST', `/v1/customers/${one.customer}/merges`, { from: two.customer })
    assert.equal(merged.status, 201, merged.text)
    assert.equal((await signIn('two-profile@example.org')).customer, one.customer)
    assert.equal((await passkeys(two.token)).status, 200)
  })
})
