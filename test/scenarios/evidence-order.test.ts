// What a provider reports, in any order. S4 to S16 are facts of Saleor's public test suite (BSD-3): amounts worked out
// from processor events of 11.00. There the events are the truth; here they are signed webhooks about an instruction whose
// own answer was `pending`, which is their REQUEST.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { CARDS, MINUTE, openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

type Kind = 'authorize' | 'sale'

/** A charge of 11.00 that the provider has accepted and not decided. */
async function requested(kind: Kind): Promise<{ payment: string; operation: string; kind: Kind }> {
  const { api } = shop
  const { body } = await api.pay({
    amount: 1100,
    currency: 'EUR',
    channel: 'web',
    capture: kind === 'sale' ? 'automatic' : 'manual',
    tender: { method: 'card', token: await api.token(CARDS.settles_later) },
  })
  return { payment: body.id, operation: body.operations?.[0]?.id as string, kind }
}

let told = 0

/** A genuine webhook of account A, `olderMs` before now by the provider's clock. */
async function tell(
  charge: { operation: string; kind: Kind },
  what: 'success' | 'failure',
  options: { olderMs?: number; id?: string; amount?: string } = {},
): Promise<void> {
  const { accounts, clock } = shop
  const { amount = '1100' } = options
  const now = clock.now()
  const at = new Date(now.getTime() - (options.olderMs ?? 0)).toISOString()
  const reference = `sim_${charge.operation}`
  const outcome =
    what === 'success'
      ? { outcome: 'succeeded', amount, psp_reference: reference, occurred_at: at }
      : {
          outcome: 'declined',
          code: 'card_declined',
          message: 'No.',
          is_retryable: false,
          psp_reference: reference,
          occurred_at: at,
        }
  const id = options.id ?? `simevt_told${++told}`
  const payload = JSON.stringify({
    id,
    type: `operation.${outcome.outcome}`,
    created_at: at,
    account: accounts.a,
    data: {
      operation_id: charge.operation,
      psp_reference: reference,
      kind: charge.kind,
      amount,
      currency: 'EUR',
      is_reversal: false,
      outcome,
    },
  })
  const answer = await deliver(id, payload, now)
  assert.equal(answer.status, 200, answer.text)
  await shop.news()
}

/** Sends account A's webhook with its right signature, over `signed` when that is not what is sent. */
function deliver(id: string, payload: string, now: Date, signed = payload) {
  const { simulator, accounts, keys } = shop
  const [secret] = JSON.parse(simulator.store.setting(`secrets:${accounts.a}`) ?? '[]') as string[]
  return shop.send({
    method: 'POST',
    path: `/hooks/${keys.merchant_id}/${accounts.a}`,
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(secret as string).sign(id, now, signed),
    },
    payload,
  })
}

async function amounts(paymentId: string) {
  const { amount_in_flight, amount_capturable, amount_captured } = await shop.api.payment(paymentId)
  return { pending: amount_in_flight, authorized: amount_capturable, charged: amount_captured }
}

const NOTHING = { pending: 0, authorized: 0, charged: 0 }
const AUTHORIZED = { ...NOTHING, authorized: 1100 }
const CHARGED = { ...NOTHING, charged: 1100 }
const OLD = { olderMs: 5 * MINUTE }

test('S2, S11 a request alone is pending', async () => {
  for (const kind of ['authorize', 'sale'] as const) {
    const charge = await requested(kind)
    assert.deepEqual(await amounts(charge.payment), { ...NOTHING, pending: 1100 })
  }
})

const FACTS: [
  name: string,
  kind: Kind,
  events: ['success' | 'failure', { olderMs?: number }][],
  end: typeof NOTHING,
][] = [
  ['S4 an authorisation requested, then granted', 'authorize', [['success', {}]], AUTHORIZED],
  ['S5 an authorisation requested, then refused', 'authorize', [['failure', {}]], NOTHING],
  [
    'S6 an authorisation granted, then taken back',
    'authorize',
    [
      ['success', {}],
      ['failure', {}],
    ],
    NOTHING,
  ],
  [
    'S7 an authorisation granted, and an older refusal comes later',
    'authorize',
    [
      ['success', {}],
      ['failure', OLD],
    ],
    AUTHORIZED,
  ],
  [
    'S7 the same two in the order of their times',
    'authorize',
    [
      ['failure', OLD],
      ['success', {}],
    ],
    AUTHORIZED,
  ],
  ['S13 a charge requested, then made', 'sale', [['success', {}]], CHARGED],
  ['S14 a charge requested, then refused', 'sale', [['failure', {}]], NOTHING],
  [
    'S15 a charge made, then taken back',
    'sale',
    [
      ['success', {}],
      ['failure', {}],
    ],
    NOTHING,
  ],
  [
    'S15 the same two when the success arrives last',
    'sale',
    [
      ['failure', {}],
      ['success', OLD],
    ],
    NOTHING,
  ],
  [
    'S16 a charge made, and an older refusal comes later',
    'sale',
    [
      ['success', {}],
      ['failure', OLD],
    ],
    CHARGED,
  ],
  [
    'S16 the same two in the order of their times',
    'sale',
    [
      ['failure', OLD],
      ['success', {}],
    ],
    CHARGED,
  ],
]

for (const [name, kind, events, end] of FACTS) {
  test(`${name}: ${JSON.stringify(end)}`, async () => {
    const charge = await requested(kind)
    for (const [what, options] of events) await tell(charge, what, options)
    assert.deepEqual(await amounts(charge.payment), end)
    // What is held or owed in the books is the same figure.
    const books = (await shop.books(charge.payment)).join('\n')
    const sum = (account: string) =>
      [...books.matchAll(new RegExp(`${account} ([+-]\\d+)`, 'g'))].reduce(
        (total, match) => total + Number(match[1]),
        0,
      )
    assert.equal(sum('auth_hold'), end.authorized)
    assert.equal(sum('psp:A'), end.charged)
  })
}

test('the same event three times has one effect and one entry', async () => {
  const charge = await requested('sale')
  for (let n = 0; n < 3; n++) await tell(charge, 'success', { id: 'simevt_thrice' })
  assert.deepEqual(await amounts(charge.payment), CHARGED)
  assert.deepEqual(await shop.books(charge.payment), ['sale_succeeded, psp:A +1100, sales_clearing -1100'])
})

test('a success told a month late is applied, and takes nothing back', async () => {
  const charge = await requested('sale')
  shop.clock.advance(30 * 24 * 60 * MINUTE)
  await tell(charge, 'success', { olderMs: 30 * 24 * 60 * MINUTE })
  assert.deepEqual(await amounts(charge.payment), CHARGED)
})

test('a genuine webhook whose body is no event is taken in and kept, never called unsigned', async () => {
  const empty = { id: 'x', type: 'operation.succeeded', account: shop.accounts.a, data: null }
  const bodies = ['', 'not JSON', '[]', '{}', '{"id":7}', JSON.stringify(empty)]
  for (const [i, body] of bodies.entries()) {
    const genuine = await deliver(`simevt_odd${i}`, body, shop.clock.now())
    assert.deepEqual([genuine.status, genuine.text], [200, '{"received":1,"result":true}'], body)
  }
  const { rows } = await shop.database.db.query<{ body: string; is_done: boolean }>(
    `select convert_from(decode(event ->> 'reason', 'base64'), 'UTF8') as body, applied_at is not null as is_done
     from inbound_event where psp_event_id like 'unreadable %'`,
  )
  assert.deepEqual(
    rows.sort((a, b) => (a.body < b.body ? -1 : 1)),
    bodies.sort().map((body) => ({ body, is_done: true })),
  )
  const forged = await deliver('simevt_forged', 'not JSON', shop.clock.now(), 'something else')
  assert.deepEqual([forged.status, JSON.parse(forged.text).code], [401, 'signature-invalid'])
})

test('another amount for what is final books nothing and leaves a task, which a person closes', async () => {
  const charge = await requested('sale')
  await tell(charge, 'success')
  await tell(charge, 'success', { amount: '2200' })
  assert.deepEqual(await amounts(charge.payment), CHARGED)
  const { status, attention } = await shop.api.payment(charge.payment)
  assert.deepEqual([status, attention], ['captured', 'amount_mismatch'])
  const { body } = await shop.api.get<{ data: { id: string; kind: string; payment_id: string }[] }>(
    '/v1/payment_tasks?state=open',
  )
  const [task] = body.data.filter(({ payment_id }) => payment_id === charge.payment)
  assert.equal(task?.kind, 'amount_mismatch')
  const closed = await shop.api.call('POST', `/v1/payment_tasks/${task?.id}/close`, {})
  assert.equal(closed.status, 200, closed.text)
  assert.equal((await shop.api.payment(charge.payment)).attention, null)
})
