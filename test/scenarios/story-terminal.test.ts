// Story 14 and what belongs to it: a card is paid on a terminal, and whatever the terminal does or loses, it is charged once, booked
// for what was really approved, and nobody else's card is charged before that is known.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openTerminalShop, SALE, TAPS, type TerminalShop, until } from './terminal-shop.ts'

let shop: TerminalShop

before(async () => {
  shop = await openTerminalShop()
})
after(() => shop.close())
afterEach(() => shop.device.set({ customer: TAPS, fault: null }))

/** What the terminal did since. */
function since(): () => string[] {
  const before = shop.truth().length
  return () => shop.truth().slice(before)
}

test('a card that is held to the terminal pays, and what it is stands in the payment', async () => {
  const truth = since()
  const paid = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.deepEqual([paid.status, paid.body.status, paid.body.amount_captured], [201, 'captured', 1099])
  const { kind, brand, last4, alias, entry, approval_code } = paid.body.tenders[0]?.instrument ?? {}
  assert.deepEqual([kind, brand, entry], ['card', 'visa', 'contactless'])
  assert.ok(alias && approval_code && /^\d{4}$/.test(last4 ?? ''))
  assert.deepEqual(truth(), ['approved 1099 0'])
  assert.deepEqual(await shop.timeline(paid.body.id), ['sale succeeded', 'terminal succeeded → succeed'])
  assert.equal((await shop.state()).state, 'idle')
})

test('story 14: the answer is lost after the approval, the process dies, and the card is charged once', async () => {
  const truth = since()
  shop.device.set({ fault: 'answer_lost' })
  const sale = { ...SALE, order_id: 'story-14', tender: shop.tender }
  const lost = await shop.api.pay(sale, { key: 'story-14-1' })
  assert.deepEqual([lost.status, lost.body.status, lost.body.attention], [202, 'processing', 'unknown_outcome'])
  await shop.restart()

  const stands = await shop.state()
  assert.deepEqual([stands.state, stands.current?.payment_id], ['unknown_outcome', lost.body.id])
  const next = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.deepEqual(
    [next.status, next.body.code, next.body.errors],
    [409, 'terminal-busy', [{ pointer: '/tender/terminal_id', detail: lost.body.id }]],
  )
  assert.deepEqual(truth(), ['approved 1099 0'], 'the next customer’s card was not asked for')

  shop.clock.advance(5_000)
  await shop.ask()
  const known = await shop.api.payment(lost.body.id)
  assert.deepEqual([known.status, known.attention, known.amount_captured], ['captured', null, 1099])
  assert.equal(known.tenders[0]?.instrument?.brand, 'visa')
  const account = known.tenders[0]?.connector_account
  assert.deepEqual(await shop.books(lost.body.id), [
    `sale_succeeded, psp_receivable:${account} +1099, sales_clearing -1099`,
  ])
  const again = await shop.api.pay(sale, { key: 'story-14-1' })
  assert.deepEqual([again.status, again.body.id, again.body.amount_captured], [201, lost.body.id, 1099])
  assert.deepEqual(truth(), ['approved 1099 0'])
  assert.equal(
    (await shop.api.pay({ ...SALE, tender: shop.tender })).body.status,
    'captured',
    'and the terminal is free',
  )
})

test('the provider heard nothing from the terminal, or broke: asked every five seconds until it is known', async () => {
  for (const fault of ['answer_rejected', 'server_error'] as const) {
    const truth = since()
    shop.device.set({ fault })
    const lost = await shop.api.pay({ ...SALE, tender: shop.tender })
    assert.equal(lost.body.attention, 'unknown_outcome')
    shop.clock.advance(5_000)
    await shop.ask()
    assert.equal((await shop.api.payment(lost.body.id)).status, 'captured')
    assert.deepEqual(truth(), ['approved 1099 0'])
  }
})

test('a terminal that is off when it is asked has not said that nothing happened', async () => {
  const truth = since()
  shop.device.set({ fault: 'answer_lost' })
  const lost = await shop.api.pay({ ...SALE, tender: shop.tender })
  shop.device.plug(false)
  shop.clock.advance(5_000)
  await shop.ask()
  const stands = await shop.api.payment(lost.body.id)
  assert.deepEqual([stands.status, stands.attention], ['processing', 'unknown_outcome'])
  shop.device.plug(true)
  shop.clock.advance(5_000)
  await shop.ask()
  assert.equal((await shop.api.payment(lost.body.id)).status, 'captured')
  assert.deepEqual(truth(), ['approved 1099 0'])
})

test('a tip is booked beside the amount, owed to the staff, and goes back only when that is said', async () => {
  shop.device.set({ customer: { ...TAPS, tip: 200 } })
  const paid = await shop.api.pay({ ...SALE, tender: { ...shop.tender, asks_tip: true } })
  const figures = ({ amount_captured, amount_tip, amount_refundable }: typeof paid.body) => [
    ...[amount_captured, amount_tip, amount_refundable],
  ]
  assert.deepEqual(figures(paid.body), [1099, 200, 1099])
  const account = `psp_receivable:${paid.body.tenders[0]?.connector_account}`
  const booked = `sale_succeeded, ${account} +1299, sales_clearing -1099, tips_payable -200`
  assert.deepEqual(await shop.books(paid.body.id), [booked])
  const part = await shop.api.refund(paid.body.id, { amount: 99 })
  assert.deepEqual(figures(part.body), [1099, 200, 1000])
  const rest = await shop.api.refund(paid.body.id, { tip: true })
  assert.deepEqual(figures(rest.body), [1099, 0, 0])
  assert.deepEqual((await shop.books(paid.body.id)).slice(3), [
    'refund_sent, refunds_in_flight -1000, sales_clearing +1000',
    `refund_succeeded, ${account} -1200, refunds_in_flight +1000, tips_payable +200`,
  ])
  assert.deepEqual(shop.truth().slice(-2), ['reversed 99 0', 'reversed 1200 0'])
})

test('a partial approval is booked for what was approved, and the rest is paid in cash', async () => {
  shop.device.set({ fault: 'partial' })
  const part = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.deepEqual([part.body.status, part.body.amount_captured], ['partially_captured', 550])
  const cash = { method: 'cash', cash: { register_id: shop.till, tendered: 1000 } }
  const rest = await shop.api.tender(part.body.id, cash)
  assert.deepEqual(
    [rest.body.status, rest.body.tenders[1]?.amount, rest.body.tenders[1]?.cash?.change],
    ['captured', 549, 450],
  )
})

test('a refund with its tip whose answer is lost is found for what went back', async () => {
  shop.device.set({ customer: { ...TAPS, tip: 200 } })
  const paid = await shop.api.pay({ ...SALE, tender: { ...shop.tender, asks_tip: true } })
  shop.device.set({ fault: 'answer_lost' })
  const lost = await shop.api.refund(paid.body.id, { tip: true })
  assert.deepEqual([lost.status, lost.body.attention], [202, 'unknown_outcome'])
  shop.clock.advance(5_000)
  await shop.ask()
  const known = await shop.api.payment(paid.body.id)
  assert.deepEqual([known.attention, known.amount_refunded, known.amount_tip], [null, 1099, 0])
})

test('what was approved without the issuer and declined later is taken back in the books, and is a task', async () => {
  shop.device.set({ fault: 'offline_declined' })
  const paid = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.equal(paid.body.status, 'captured')
  shop.clock.advance(61_000)
  await shop.ask()
  const known = await shop.api.payment(paid.body.id)
  assert.deepEqual([known.status, known.attention, known.amount_captured], ['failed', 'review', 0])
  const { body } = await shop.api.get<{ data: { kind: string; payment_id: string }[] }>('/v1/payment_tasks?state=open')
  assert.deepEqual(
    body.data.filter(({ payment_id }) => payment_id === paid.body.id).map(({ kind }) => kind),
    ['reversal'],
  )
})

test('two taps on one bill go back together, one after the other, and a refund that finds the terminal busy is refused', async () => {
  shop.device.set({ fault: 'partial' })
  const part = await shop.api.pay({ ...SALE, tender: shop.tender })
  const whole = await shop.api.tender(part.body.id, shop.tender)
  assert.deepEqual([whole.body.status, whole.body.tenders.length], ['captured', 2])
  shop.device.set({ customer: null })
  const paying = shop.api.pay({ ...SALE, tender: shop.tender })
  await until(() => shop.device.view().screen.kind === 'card')
  const busy = await shop.api.refund(part.body.id)
  assert.deepEqual([busy.status, busy.body.code], [409, 'terminal-busy'])
  shop.device.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  await paying
  const back = await shop.api.refund(part.body.id)
  assert.deepEqual([back.status, back.body.amount_refunded], [201, 1099])
  assert.deepEqual(shop.truth().slice(-2), ['reversed 549 0', 'reversed 550 0'])
})

test('an approval for more than was asked is for a person to look at, and blocks the terminal meanwhile', async () => {
  shop.device.set({ fault: 'wrong_amount' })
  const wrong = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.deepEqual([wrong.status, wrong.body.attention, wrong.body.amount_captured], [202, 'amount_mismatch', 0])
  assert.equal((await shop.state()).state, 'unknown_outcome')
  const operation = wrong.body.operations?.[0]?.id
  const path = `/v1/payments/${wrong.body.id}/operations/${operation}/resolution`
  const decided = await shop.api.command(path, { outcome: 'succeeded', note: 'the cent was given back in cash' })
  assert.deepEqual([decided.status, decided.body.attention, decided.body.amount_captured], [201, null, 1099])
  assert.equal((await shop.state()).state, 'idle')
})

test('a declined card leaves the payment open for another one', async () => {
  const declined = await shop.api.pay({ ...SALE, amount: 1124, tender: shop.tender })
  assert.deepEqual([declined.body.status, declined.body.decline?.code], ['failed', 'insufficient_funds'])
  const cash = { method: 'cash', cash: { register_id: shop.till, tendered: 2000 } }
  assert.equal((await shop.api.tender(declined.body.id, cash)).body.status, 'captured')
})

test('while a customer is asked, the till sees how far it is, and nobody else can pay there', async () => {
  const truth = since()
  shop.device.set({ customer: null })
  const paying = shop.api.pay({ ...SALE, tender: shop.tender })
  await until(async () => (await shop.state()).current !== null && shop.device.view().screen.kind === 'card')
  const { state, current } = await shop.state()
  assert.deepEqual([state, current?.kind, current?.amount, current?.can_abort], ['in_use', 'sale', 1099, true])
  assert.equal((await shop.api.pay({ ...SALE, tender: shop.tender })).body.code, 'terminal-busy')
  assert.equal((await shop.at('identify', {})).body.code, 'terminal-busy')
  assert.equal((await shop.at('display', { title: 'Hello' })).body.code, 'terminal-busy')
  const release = await shop.at('release', { reason: 'in a hurry' })
  assert.deepEqual([release.status, release.body.code], [409, 'invalid-state'])
  shop.device.touch({ type: 'card', card: 'mc', entry: 'chip' })
  await until(async () => shop.device.view().screen.kind === 'pin')
  await until(async () => (await shop.state()).current?.steps.some(({ step }) => step === 'wait_for_pin') ?? false)
  for (const key of ['1', '2', '3', '4', 'confirm'] as const) await until(() => shop.device.touch({ type: 'key', key }))
  const paid = await paying
  assert.deepEqual([paid.body.status, paid.body.tenders[0]?.instrument?.entry], ['captured', 'chip'])
  assert.deepEqual(truth(), ['approved 1099 0'])
})

test('an abort really cancels, and the payment takes another tender', async () => {
  const truth = since()
  shop.device.set({ customer: null })
  const paying = shop.api.pay({ ...SALE, tender: shop.tender })
  await until(async () => (await shop.state()).current !== null && shop.device.view().screen.kind === 'card')
  assert.equal((await shop.at('abort')).status, 200)
  const canceled = await paying
  assert.deepEqual(
    [canceled.status, canceled.body.status, canceled.body.tenders[0]?.status],
    [201, 'requires_payment', 'canceled'],
  )
  assert.deepEqual(truth(), ['canceled 1099 0'])
  shop.device.set({ customer: TAPS })
  assert.equal((await shop.api.tender(canceled.body.id, shop.tender)).body.status, 'captured')
})

test('an abort that comes too late cancels nothing: the payment’s own answer decides', async () => {
  const truth = since()
  shop.device.set({ customer: null, fault: 'approved_before_abort' })
  const paying = shop.api.pay({ ...SALE, tender: shop.tender })
  await until(async () => (await shop.state()).current !== null && shop.device.view().screen.kind === 'card')
  assert.equal((await shop.at('abort')).status, 200)
  assert.deepEqual([(await paying).body.status, truth()], ['captured', ['approved 1099 0']])
})

test('a terminal that lost its power in mid-tap blocks until a person has looked, and says so', async () => {
  const truth = since()
  shop.device.set({ fault: 'unplugged' })
  const lost = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.equal(lost.body.attention, 'unknown_outcome')
  shop.device.plug(true)
  for (let i = 0; i < 20; i++) {
    shop.clock.advance(5_000)
    await shop.ask()
  }
  assert.equal((await shop.api.payment(lost.body.id)).attention, 'unknown_outcome', 'not knowing is no proof')
  assert.equal((await shop.api.pay({ ...SALE, tender: shop.tender })).body.code, 'terminal-busy')
  const released = await shop.at('release', { reason: 'it was off when the card came; nothing on its journal' })
  assert.deepEqual([released.status, released.body['state']], [200, 'idle'])
  assert.equal((await shop.api.pay({ ...SALE, tender: shop.tender })).body.status, 'captured')
  const still = await shop.api.payment(lost.body.id)
  assert.deepEqual([still.attention, still.amount_in_flight], ['unknown_outcome', 1099])
  assert.ok((await shop.timeline(lost.body.id)).includes('operator terminal_released → none:terminal_released'))
  assert.equal((await shop.at('release', { reason: 'once more' })).body.code, 'invalid-state')
  const path = `/v1/payments/${lost.body.id}/operations/${lost.body.operations?.[0]?.id}/resolution`
  const decided = await shop.api.command(path, { outcome: 'declined', note: 'the provider has no such payment' })
  assert.deepEqual([decided.body.status, decided.body.amount_in_flight], ['failed', 0])
  assert.deepEqual(truth(), ['canceled 1099 0', 'approved 1099 0'])
})

test('a refund by reference goes through the terminal, and one to a card that is held to it needs no payment', async () => {
  const truth = since()
  const paid = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.equal((await shop.api.refund(paid.body.id, { amount: 100 })).body.amount_refunded, 100)
  const credit = await shop.api.credit({ ...SALE, amount: 500, to: { method: 'card', terminal_id: shop.terminal } })
  assert.deepEqual([credit.status, credit.body.status], [201, 'captured'])
  assert.deepEqual(truth(), ['approved 1099 0', 'reversed 100 0', 'refunded 500 0'])
})

test('a card says whose it is before paying, to those who agreed, and pays without a second tap', async () => {
  const stranger = await shop.at('identify', { amount: 1099, currency: 'EUR' })
  const { alias } = stranger.body['instrument'] as { alias: string }
  assert.deepEqual([stranger.body['outcome'], stranger.body['customer']], ['identified', null])
  assert.equal((await shop.state()).state, 'card_held')
  assert.equal((await shop.at('abort')).body['state'], 'idle')

  const customer = await shop.customer('Ada')
  const say = { purpose: 'card_recognition', is_granted: true, channel: 'pos', proof: 'asked at the till' }
  await shop.api.call('POST', `/v1/customers/${customer}/consents`, say)
  await shop.api.call('POST', `/v1/customers/${customer}/identities`, {
    ...{ type: 'card_alias', value: alias, is_verified: true, source: 'terminal' },
  })
  const known = await shop.at('identify', {})
  assert.equal((known.body['customer'] as { id: string }).id, customer)
  shop.device.set({ customer: null })
  const paid = await shop.api.pay({ ...SALE, customer_id: customer, tender: shop.tender })
  assert.deepEqual([paid.body.status, paid.body.tenders[0]?.instrument?.alias], ['captured', alias])
})

test('a customer who walks away is not identified, and the terminal is free', async () => {
  shop.device.set({ customer: { ...TAPS, cancels: true } })
  const gone = await shop.at('identify', {})
  assert.deepEqual([gone.status, gone.body['outcome'], gone.body['customer']], [200, 'canceled', null])
  assert.equal((await shop.state()).state, 'idle')
})

test('it asks, shows, prints, diagnoses and counts', async () => {
  shop.device.set({ customer: { ...TAPS, text: 'ada@example.org', yes: false, menu: 2 } })
  const answer = async (question: object) => (await shop.at('ask', question)).body['value']
  assert.equal(await answer({ kind: 'email', title: 'Where to send the receipt?' }), 'ada@example.org')
  assert.equal(await answer({ kind: 'confirm', title: 'Give 1 euro?', yes: 'Yes', no: 'No' }), false)
  assert.equal(await answer({ kind: 'choice', title: 'Give', choices: ['1', '2', '5'] }), 2)
  assert.equal((await shop.at('display', { title: 'Welcome back, Ada' })).status, 200)
  assert.equal((await shop.at('print', { lines: [{ left: 'Total', right: '10.99' }] })).status, 200)
  assert.equal((await shop.at('diagnosis')).body['status'], 'ok')
  const { body } = await shop.api.get<{ totals: { count: number }[] }>(`/v1/terminals/${shop.terminal}/totals`)
  assert.ok((body.totals[0]?.count ?? 0) > 0)
  shop.device.plug(false)
  const off = await shop.at('diagnosis')
  assert.deepEqual([off.status, off.body.code], [503, 'terminal-unavailable'])
  const noPayment = await shop.api.pay({ ...SALE, tender: shop.tender })
  assert.deepEqual([noPayment.body.status, noPayment.body.decline?.code], ['failed', 'no_effect'])
  shop.device.plug(true)
})

const bad: [what: string, body: object, pointer: string][] = [
  ['ask', { kind: 'choice', title: 'Which?' }, '/choices'],
  ['ask', { kind: 'confirm', title: 'Sure?', yes: 'Yes' }, '/no'],
  ['ask', { kind: 'text', title: 'Name', yes: 'Yes' }, '/yes'],
  ['ask', { kind: 'email', title: 'Mail', choices: ['a', 'b'] }, '/choices'],
  ['ask', { kind: 'confirm', title: 'Sure?', yes: 'Yes', no: 'No', max_length: 3 }, '/max_length'],
  ['ask', { kind: 'dance', title: 'Please' }, '/kind'],
  ['identify', { amount: 5 }, '/currency'],
  ['display', { title: 'a\nb' }, '/title'],
  ['print', { lines: [] }, '/lines'],
  ['release', { reason: '' }, '/reason'],
]
for (const [what, body, pointer] of bad) {
  test(`${what} with ${JSON.stringify(body)} is refused at ${pointer}`, async () => {
    const refused = await shop.at(what, body)
    assert.equal(refused.status, 422, refused.text)
    assert.equal((refused.body['errors'] as { pointer: string }[])[0]?.pointer, pointer)
  })
}

test('an account says how its terminals are reached, and with which key', async () => {
  const account = async (config: object, connector = 'nexo') => {
    const { status, body } = await shop.api.call('POST', '/v1/connector_accounts', {
      connector,
      name: 'T',
      config,
    })
    return [status, (body['errors'] as { pointer: string }[] | undefined)?.[0]?.pointer ?? body['code']]
  }
  assert.deepEqual(await account({}), [422, '/config/transport'])
  assert.deepEqual(await account({ transport: 'cloud_sync', endpoint: 'https://example.org', api_key: 'k' }), [
    422,
    '/config/endpoint',
  ])
  assert.deepEqual(await account({ transport: 'cloud_async', endpoint: 'https://x.adyen.com', api_key: 'k' }), [
    422,
    '/config/webhook_user',
  ])
  assert.deepEqual(await account({ transport: 'local', endpoints: 'V400m-1=https://127.0.0.1:8443/nexo' }), [
    422,
    '/config/passphrase',
  ])
  assert.deepEqual(
    await account({ transport: 'cloud_sync', endpoint: 'https://terminal-api-test.adyen.com', api_key: 'k' }),
    [201, undefined],
  )
  const stripe = (config: object) => account(config, 'stripe_terminal')
  assert.deepEqual(await stripe({}), [422, '/config/api_key'])
  assert.deepEqual(await stripe({ api_key: 'sk_live_12345678' }), [422, '/config/api_key'])
  assert.deepEqual(await stripe({ api_key: 'sk_test_12345678', url: 'http://example.org' }), [422, '/config/url'])
  assert.deepEqual(await stripe({ api_key: 'sk_test_12345678' }), [201, undefined])
})

test('a live merchant gets no virtual terminals', async () => {
  const live = await shop.neighbour({ mode: 'live' })
  const config = { transport: 'virtual' }
  const refused = await live.api.call('POST', '/v1/connector_accounts', { connector: 'nexo', name: 'T', config })
  assert.equal((refused.body['errors'] as { pointer: string }[])[0]?.pointer, '/config/transport')
})

test('terminals alone offer nothing to a web shop', async () => {
  const { api } = await shop.neighbour({ mode: 'live' })
  const config = { api_key: 'sk_live_12345678' }
  const made = await api.call('POST', '/v1/connector_accounts', {
    connector: 'stripe_terminal',
    name: 'Readers',
    config,
  })
  assert.equal(made.status, 201, made.text)
  const offered = async (channel: string) => {
    const query = `channel=${channel}&currency=EUR&amount=1099&country=NL`
    const { body } = await api.get<{ data: { code: string }[] }>(`/v1/payment_methods?${query}`)
    return body.data.some(({ code }) => code === 'card')
  }
  assert.deepEqual([await offered('pos'), await offered('web')], [true, false])
})
