// One person over all channels: what they are recognised by, what they agreed to, two profiles that become one.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

type Body = Record<string, unknown> & { data: Record<string, unknown>[] }
const post = async (path: string, body: unknown) => shop.api.call<Body>('POST', path, body)
const get = async (path: string) => (await shop.api.get<Body>(path)).body
const identify = (customer: string, value: string, more: object = {}) =>
  post(`/v1/customers/${customer}/identities`, { type: 'email', value, is_verified: true, ...more })
const recognised = async (type: string, value: string) => {
  const { body } = await post('/v1/customers/recognise', { type, value })
  return (body['customer'] as { id: string } | null)?.id ?? null
}
const agree = (customer: string, purpose: string, is_granted = true) =>
  post(`/v1/customers/${customer}/consents`, { purpose, is_granted, channel: 'pos' })

describe('an identity', () => {
  it('finds its person once it is verified, however it is spelled', async () => {
    const ada = await shop.customer()
    await identify(ada, 'Ada@Example.org', { is_verified: false })
    assert.equal(await recognised('email', 'ada@example.org'), null, 'somebody only typed it')
    assert.equal((await identify(ada, 'ada@example.org')).status, 200, 'the same link, now verified')
    assert.equal(await recognised('email', ' ADA@example.ORG '), ada)
  })

  it('belongs to one person; typed by another it changes nothing', async () => {
    const [ada, eve] = [await shop.customer(), await shop.customer('Eve')]
    await identify(ada, 'one@example.org')
    assert.equal((await identify(eve, 'one@example.org', { is_verified: false })).status, 201)
    const taken = await identify(eve, 'one@example.org')
    assert.deepEqual([taken.status, taken.body['code']], [409, 'reference-taken'])
    assert.equal(await recognised('email', 'one@example.org'), ada)
  })

  it('verified for two people at once is one person’s', async () => {
    const people = await Promise.all(Array.from({ length: 10 }, () => shop.customer()))
    const answers = await Promise.all(people.map((id) => identify(id, 'raced@example.org')))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 9 }, () => 409)])
  })

  it('shows a hint and never the value, which the database does not hold either', async () => {
    const ada = await shop.customer()
    await identify(ada, '+31 6 1234 5678', { type: 'phone' })
    const { data } = await get(`/v1/customers/${ada}/identities`)
    assert.deepEqual(
      data.map(({ hint }) => hint),
      ['…5678'],
    )
    const { rows } = await shop.database.db.query<{ found: boolean }>(
      `select bool_or(i::text like '%31612345678%') as found from customer_identity i`,
    )
    assert.equal(rows[0]?.found, false)
  })

  it('of a card needs the consent to be recognised by it, and ends with it', async () => {
    const ada = await shop.customer()
    const card = { type: 'card_alias', source: 'terminal' }
    assert.equal((await identify(ada, 'fp_card_of_ada', card)).status, 409)
    await agree(ada, 'card_recognition')
    assert.equal((await identify(ada, 'fp_card_of_ada', card)).status, 201)
    assert.equal(await recognised('card_alias', 'fp_card_of_ada'), ada)
    await agree(ada, 'card_recognition', false)
    assert.equal(await recognised('card_alias', 'fp_card_of_ada'), null)
  })

  it('that was removed finds nobody and can be another’s', async () => {
    const [ada, eve] = [await shop.customer(), await shop.customer('Eve')]
    const { body } = await identify(ada, 'moved@example.org')
    const removed = await shop.api.call('DELETE', `/v1/customers/${ada}/identities/${String(body['id'])}`)
    assert.equal(removed.status, 204)
    assert.equal(await recognised('email', 'moved@example.org'), null)
    assert.equal((await identify(eve, 'moved@example.org')).status, 201)
  })
})

describe('browsing', () => {
  const look = (customer: string) =>
    post(`/v1/customers/${customer}/views`, { channel: 'web', views: [{ kind: 'search', query: 'blue kettle' }] })

  it('is recorded for those who agreed, shown for 90 days, and then deleted', async () => {
    const ada = await shop.customer()
    assert.equal((await look(ada)).body['recorded'], 0)
    await agree(ada, 'browsing_history')
    assert.equal((await look(ada)).body['recorded'], 1)
    assert.equal((await get(`/v1/customers/${ada}/views`)).data.length, 1)
    shop.clock.advance(91 * 86_400_000)
    assert.equal((await get(`/v1/customers/${ada}/views`)).data.length, 0)
    await shop.settle()
    const { rows } = await shop.database.db.query('select from customer_view where customer_id = $1', [ada])
    assert.equal(rows.length, 0)
  })

  it('is forgotten at once when the consent is withdrawn', async () => {
    const ada = await shop.customer()
    await agree(ada, 'browsing_history')
    await look(ada)
    await agree(ada, 'browsing_history', false)
    const { rows } = await shop.database.db.query('select from customer_view where customer_id = $1', [ada])
    assert.equal(rows.length, 0)
    const words = await get(`/v1/customers/${ada}/consents?history=true`)
    assert.deepEqual(
      words.data.map(({ is_granted }) => is_granted),
      [false, true],
      'the proof of both words stays',
    )
  })
})

describe('two profiles of one person', () => {
  const address = { lines: ['Kerkstraat 1'], city: 'Utrecht', country: 'NL' }
  const merge = (into: string, from: string) => post(`/v1/customers/${into}/merges`, { from })
  const read = (id: string) => get(`/v1/customers/${id}`)

  async function pair() {
    const web = (await post('/v1/customers', { name: 'Ada', groups: ['trade'] })).body['id'] as string
    const shopProfile = (await post('/v1/customers', { email: 'ada@shop.example', groups: ['loyal'] })).body[
      'id'
    ] as string
    await post(`/v1/customers/${shopProfile}/addresses`, address)
    await shop.api.call('POST', `/v1/customers/${shopProfile}/instruments`, {
      token: await shop.api.token('4242424242424242'),
    })
    return [web, shopProfile] as const
  }

  it('become one that has what both had, and the other shows the way', async () => {
    const [web, till] = await pair()
    await identify(till, `${till}@example.org`)
    assert.equal((await merge(web, till)).status, 201)
    const one = await read(web)
    assert.deepEqual([one['name'], one['email'], one['groups']], ['Ada', 'ada@shop.example', ['trade', 'loyal']])
    assert.equal((await read(till))['merged_into'], web)
    assert.equal(await recognised('email', `${till}@example.org`), web)
    assert.equal((await get(`/v1/customers/${web}/addresses`)).data.length, 1)
    assert.equal((await get(`/v1/customers/${web}/instruments`)).data.length, 1)
    const changed = await shop.api.call<Body>('PATCH', `/v1/customers/${till}`, { name: 'Too late' })
    assert.deepEqual([changed.status, changed.body['code']], [409, 'invalid-state'])
  })

  it('have one timeline, also of what happened before and is kept under the other', async () => {
    const [web, till] = await pair()
    const sale = { amount: 1500, currency: 'EUR', channel: 'web', customer_id: till } as const
    await shop.api.pay({ ...sale, tender: { method: 'card', token: await shop.api.token('4242424242424242') } })
    await merge(web, till)
    const { data } = await get(`/v1/customers/${web}/timeline`)
    const types = data.map(({ type }) => type)
    assert.ok(types.includes('payment.captured'), types.join())
    assert.ok(types.includes('customer.merged'))
  })

  it('become two again with what each had, apart from what was changed since', async () => {
    const [web, till] = await pair()
    const made = await merge(web, till)
    await shop.api.call('PATCH', `/v1/customers/${web}`, { name: 'Ada L.' })
    assert.equal((await post(`/v1/customer_merges/${String(made.body['id'])}/undo`, {})).status, 200)
    const [one, other] = [await read(web), await read(till)]
    assert.deepEqual([one['name'], one['email'], one['groups']], ['Ada L.', null, ['trade']])
    assert.deepEqual([other['email'], other['merged_into']], ['ada@shop.example', null])
    assert.equal((await get(`/v1/customers/${till}/instruments`)).data.length, 1)
    assert.equal((await get(`/v1/customers/${web}/instruments`)).data.length, 0)
    const again = await post(`/v1/customer_merges/${String(made.body['id'])}/undo`, {})
    assert.deepEqual([again.status, again.body['code']], [409, 'invalid-state'])
  })

  it('merged both ways at once are merged one way', async () => {
    const [web, till] = await pair()
    const answers = await Promise.all([merge(web, till), merge(till, web), merge(web, till), merge(till, web)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409, 409, 409])
  })

  it('cannot be merged with themselves or with a profile that is gone', async () => {
    const [web, till] = await pair()
    assert.equal((await merge(web, web)).status, 409)
    await merge(web, till)
    const third = await shop.customer()
    assert.equal((await merge(third, till)).status, 409)
    assert.equal((await merge(till, third)).status, 409)
  })
})

describe('addresses', () => {
  it('have one default, changed only as seen', async () => {
    const ada = await shop.customer()
    const at = `/v1/customers/${ada}/addresses`
    const home = await post(at, { lines: ['Home 1'], city: 'Lund', country: 'SE' })
    const work = await post(at, { lines: ['Work 2'], city: 'Malmö', country: 'SE', is_default: true })
    const { data } = await get(at)
    assert.deepEqual(
      data.map(({ city, is_default }) => [city, is_default]),
      [
        ['Malmö', true],
        ['Lund', false],
      ],
    )
    const fields = { lines: ['Home 3'], city: 'Lund', country: 'SE' }
    const path = `${at}/${String(home.body['id'])}`
    assert.equal((await shop.api.call('PUT', path, fields, { headers: { 'if-match': '"1"' } })).status, 200)
    assert.equal((await shop.api.call('PUT', path, fields, { headers: { 'if-match': '"1"' } })).status, 412)
    assert.equal((await shop.api.call('DELETE', `${at}/${String(work.body['id'])}`)).status, 204)
  })
})
