// Tills over HTTP: a device is paired, people sign in at it, and do what their role allows at their own register.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApi, type Refusal } from '../../test/api.ts'
import { MINUTE, openShop, type Shop } from '../../test/scenarios/shop.ts'

const HOME = { country: 'NL', currency: 'EUR', kind: 'shop' } as const
let shop: Shop
let register: string
let otherRegister: string
before(async () => {
  shop = await openShop({
    merchant: {
      stores: [
        { ...HOME, name: 'Here', registers: 1 },
        { ...HOME, name: 'There', registers: 1 },
      ],
    },
  })
  ;[register = '', otherRegister = ''] = shop.keys.registers.map(({ id }) => id)
})
after(() => shop.close())

interface Signed {
  token: string
  staff: { id: string; initials: string }
  rights: string[]
  expires_at: string
}

let made = 0
const withKey = (key: string | undefined) => createApi(shop.send, key)

async function hire(role: string, pin: string, more: object = {}): Promise<string> {
  const made = await shop.api.call<{ id: string }>('POST', '/v1/staff', { name: 'Sanne de Vries', role, pin, ...more })
  assert.equal(made.status, 201, made.text)
  return made.body.id
}

async function codeFor(id = register): Promise<string> {
  const made = await shop.api.call<{ code: string }>('POST', `/v1/registers/${id}/pairing_codes`, {})
  assert.equal(made.status, 201, made.text)
  return made.body.code
}

async function pairAt(id = register) {
  const answer = await withKey(undefined).call<{ key: string; device: { id: string; register_id: string } }>(
    'POST',
    '/v1/till/pair',
    { code: await codeFor(id) },
  )
  assert.equal(answer.status, 201, answer.text)
  return { ...answer.body, api: withKey(answer.body.key) }
}

async function signIn(key: string, staff_id: string, pin: string) {
  const answer = await withKey(key).call<Signed>('POST', '/v1/till/sessions', { staff_id, pin })
  assert.equal(answer.status, 201, answer.text)
  return { ...answer.body, api: withKey(answer.body.token) }
}

async function article(): Promise<string> {
  const answer = await shop.api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    name: 'Mug',
    tax_category: 'standard',
    variants: [{ sku: `mug-${++made}`, prices: [{ currency: 'EUR', unit_price: '10.00' }] }],
  })
  assert.equal(answer.status, 201, answer.text)
  return answer.body.variants[0]?.id as string
}

test('a PIN comes in and is never shown, and the database holds no hash that it alone could check', async () => {
  const id = await hire('cashier', '4711')
  const shown = await shop.api.get<Record<string, unknown>>(`/v1/staff/${id}`)
  assert.equal(shown.body['initials'], 'SV')
  assert.ok(!shown.text.includes('4711') && !shown.text.includes('pin'), shown.text)
  const { rows } = await shop.database.db.query<{ pin_hash: string }>(
    'select pin_hash from staff_member where id = $1',
    [id],
  )
  assert.match(rows[0]?.pin_hash ?? '', /^scrypt1\.[\w-]{22}\.[\w-]{43}$/)
})

test('PINs that are no four to eight digits, and stores of others, are refused', async () => {
  for (const pin of ['123', '123456789', '12a4', '']) {
    const answer = await shop.api.call<Refusal>('POST', '/v1/staff', { name: 'A', role: 'cashier', pin })
    assert.deepEqual([answer.status, answer.body.code], [422, 'validation-error'], pin)
  }
  const store_ids = ['sto_00000000000000000000000000']
  const answer = await shop.api.call<Refusal>('POST', '/v1/staff', {
    name: 'A',
    role: 'cashier',
    pin: '1234',
    store_ids,
  })
  assert.deepEqual([answer.status, answer.body.code], [422, 'reference-not-found'])
})

test('a pairing code makes one device a till, however it is typed, and is used up by it', async () => {
  const code = await codeFor()
  const typed = code.toLowerCase().replace('-', ' ')
  const tries = await Promise.all(
    [code, typed, code, typed].map((text) =>
      withKey(undefined).call<{ key: string }>('POST', '/v1/till/pair', { code: text }),
    ),
  )
  assert.deepEqual(tries.map(({ status }) => status).sort(), [201, 422, 422, 422])
  const key = tries.find(({ status }) => status === 201)?.body.key
  const till = await withKey(key).get<{ register: { id: string }; store: object; staff: object[]; session: null }>(
    '/v1/till',
  )
  assert.equal(till.status, 200, till.text)
  assert.equal(till.body.register.id, register)
  assert.deepEqual(till.body.session, null)
  assert.ok(!till.text.includes('pin'))
})

test('a pairing code is over after a quarter of an hour', async () => {
  const code = await codeFor()
  shop.clock.advance(16 * MINUTE)
  const late = await withKey(undefined).call<Refusal>('POST', '/v1/till/pair', { code })
  assert.deepEqual([late.status, late.body.code], [422, 'code-invalid'])
})

test('an address that guesses pairing codes has to wait, and no more guesses than are free are looked at', async () => {
  const guesses = await Promise.all(
    Array.from({ length: 25 }, () => withKey(undefined).call<Refusal>('POST', '/v1/till/pair', { code: 'AAAA-AAAA' })),
  )
  const looked = guesses.filter(({ status }) => status === 422).length
  assert.ok(looked <= 10 && looked >= 5, `${looked} guesses were looked at`)
  assert.ok(guesses.some(({ status, headers }) => status === 429 && Number(headers['retry-after']) >= 59))
  const right = await codeFor()
  assert.equal((await withKey(undefined).call('POST', '/v1/till/pair', { code: right })).status, 429)
  shop.clock.advance(2 * MINUTE)
  assert.equal((await withKey(undefined).call('POST', '/v1/till/pair', { code: right })).status, 201)
})

test('a locked till opens nothing but itself; a session has the rights of the role', async () => {
  const { key, api } = await pairAt()
  assert.deepEqual((await api.get<Refusal>('/v1/orders')).body.code, 'scope-missing')
  const cashier = await signIn(key, await hire('cashier', '1111'), '1111')
  assert.equal((await cashier.api.get('/v1/orders')).status, 200)
  assert.equal((await cashier.api.get<Refusal>('/v1/api_keys')).body.code, 'scope-missing')
  assert.ok(cashier.rights.includes('refund') && !cashier.rights.includes('price_override'))
  const manager = await signIn(key, await hire('manager', '3333'), '3333')
  assert.ok(manager.rights.includes('price_override'))
  assert.equal((await cashier.api.get<Refusal>('/v1/orders')).status, 401, 'a till has one session at a time')
  assert.equal((await manager.api.call('DELETE', '/v1/till/sessions')).status, 204)
  assert.equal((await manager.api.get('/v1/orders')).status, 401)
})

test('wrong PINs say which try it was; after five the person waits, the right PIN too, each time twice as long', async () => {
  const { key } = await pairAt()
  const staff_id = await hire('cashier', '2468')
  const guess = (pin: string) => withKey(key).call<Refusal & Signed>('POST', '/v1/till/sessions', { staff_id, pin })
  for (let n = 1; n <= 5; n++) {
    const wrong = await guess('0000')
    assert.deepEqual([wrong.status, wrong.body.code], [422, 'pin-wrong'])
    assert.match(wrong.body.detail, new RegExp(`^Try ${n}`))
  }
  const locked = await guess('2468')
  assert.deepEqual([locked.status, locked.body.code], [429, 'pin-locked'])
  assert.ok(Number(locked.headers['retry-after']) > 50)
  shop.clock.advance(MINUTE)
  assert.equal((await guess('0000')).body.code, 'pin-wrong')
  shop.clock.advance(MINUTE)
  assert.equal((await guess('2468')).status, 429, 'the sixth wrong one locks for two minutes')
  shop.clock.advance(MINUTE)
  assert.equal((await guess('2468')).status, 201)
  assert.match((await guess('0000')).body.detail, /^Try 1 /, 'the right one begins anew')
})

test('guesses side by side cannot go past the limit', async () => {
  const staff_id = await hire('cashier', '9753')
  const tills = [await pairAt(), await pairAt()]
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      withKey(tills[i % 2]?.key).call<Refusal>('POST', '/v1/till/sessions', { staff_id, pin: String(1000 + i) }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 422).length, 5)
  assert.equal(answers.filter(({ status }) => status === 429).length, 25)
})

test('a revoked device, and somebody who is let go or moved to another store, are out at once', async () => {
  const { key, device, api } = await pairAt()
  const id = await hire('supervisor', '1357')
  const session = await signIn(key, id, '1357')
  assert.equal((await session.api.get('/v1/orders')).status, 200)
  await shop.api.call('PATCH', `/v1/staff/${id}`, { is_active: false })
  assert.equal((await session.api.get('/v1/orders')).status, 401)
  await shop.api.call('PATCH', `/v1/staff/${id}`, { is_active: true, store_ids: [shop.keys.stores[1]?.id] })
  assert.equal((await session.api.get('/v1/orders')).status, 401)
  const answer = await api.call<Refusal>('POST', '/v1/till/sessions', { staff_id: id, pin: '1357' })
  assert.equal(answer.body.code, 'reference-not-found')
  await shop.api.call('PATCH', `/v1/staff/${id}`, { store_ids: [] })
  assert.equal((await session.api.get('/v1/orders')).status, 200)
  assert.equal((await shop.api.call('DELETE', `/v1/till/devices/${device.id}`)).status, 200)
  assert.deepEqual([(await session.api.get('/v1/orders')).status, (await api.get('/v1/till')).status], [401, 401])
})

test('what is done at a till is stamped with register and person, and another register is refused', async () => {
  const { key } = await pairAt()
  const id = await hire('cashier', '8642')
  const { api } = await signIn(key, id, '8642')
  const lines = [{ variant_id: await article(), quantity: 1 }]
  const cart = await api.call<{ id: string; register_id: string; store_id: string }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'pos', lines },
  })
  assert.deepEqual([cart.status, cart.body.register_id], [201, register], cart.text)
  const placed = await api.command('/v1/orders', { cart_id: cart.body.id })
  assert.equal(placed.status, 201, placed.text)
  const { rows } = await shop.database.db.query<{ data: { by?: string } }>(
    `select data from event where object_id = $1 and type = 'order.placed'`,
    [placed.body.id],
  )
  assert.equal(rows[0]?.data.by, id)
  const foreign = await api.call<Refusal>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'pos', register_id: otherRegister },
  })
  assert.deepEqual([foreign.status, foreign.body.code], [403, 'other-till'])
  assert.equal(foreign.body.errors[0]?.pointer, '/register_id')
  const cash = { method: 'cash', cash: { register_id: otherRegister } } as const
  const paid = await api.pay({ amount: 1000, currency: 'EUR', channel: 'pos', tender: cash })
  assert.deepEqual([paid.status, paid.body.code], [403, 'other-till'])
  const terminal_id = shop.keys.terminals[1]?.id as string
  const far = await api.pay({ amount: 1000, currency: 'EUR', channel: 'pos', tender: { method: 'card', terminal_id } })
  assert.deepEqual([far.status, far.body.code], [403, 'other-till'])
  const aborted = await api.call<Refusal>('POST', `/v1/terminals/${terminal_id}/abort`, {})
  assert.deepEqual([aborted.status, aborted.body.code], [403, 'other-till'])
})

test('a discount goes as far as the role, a price of one’s own asks for the right', async () => {
  const { key } = await pairAt()
  const variant_id = await article()
  const at = (unit_price: string) => ({
    ...{ currency: 'EUR', channel: 'pos' },
    lines: [{ variant_id, quantity: 1, unit_price, reason: 'scratch' }],
  })
  const cashier = await signIn(key, await hire('cashier', '1122'), '1122')
  const made = await cashier.api.call<{ id: string; lines: { id: string }[] }>('POST', '/v1/carts', at('9.00'))
  assert.equal(made.status, 201, made.text)
  for (const price of ['8.99', '10.01', '0']) {
    const answer = await cashier.api.call<Refusal>('POST', '/v1/carts', at(price))
    assert.deepEqual([answer.status, answer.body.code], [403, 'right-missing'], price)
  }
  const line = `/v1/carts/${made.body.id}/lines/${made.body.lines[0]?.id}`
  const lower = await cashier.api.call<Refusal>('PATCH', line, { unit_price: '5.00', reason: 'scratch' })
  assert.equal(lower.body.code, 'right-missing', lower.text)
  const supervisor = await signIn(key, await hire('supervisor', '2233'), '2233')
  assert.equal((await supervisor.api.call('PATCH', line, { unit_price: '5.00', reason: 'scratch' })).status, 200)
})

test('a cashier gives up a ticket that nobody has paid, and a paid one only with the right', async () => {
  const { key } = await pairAt()
  const { api } = await signIn(key, await hire('cashier', '5566'), '5566')
  const order = async () => {
    const lines = [{ variant_id: await article(), quantity: 1 }]
    const cart = await api.call<{ id: string }>('POST', '/v1/carts', { currency: 'EUR', channel: 'pos', lines })
    return (await api.command('/v1/orders', { cart_id: cart.body.id })).body.id
  }
  const [unpaid, paid] = [await order(), await order()]
  const given = await api.command(`/v1/orders/${unpaid}/cancel`, { reason: 'changed their mind' })
  assert.ok(given.status < 300, given.text)
  const tender = { method: 'cash', cash: { register_id: register } } as const
  const sale = await api.pay({ amount: 1000, currency: 'EUR', channel: 'pos', order_id: paid, tender })
  assert.equal(sale.body.status, 'captured', sale.text)
  const refused = await api.command(`/v1/orders/${paid}/cancel`, { reason: 'changed their mind' })
  assert.deepEqual([refused.status, refused.body.code], [403, 'right-missing'])
})

test('of four who sign in at one till at once, one is signed in', async () => {
  const { key } = await pairAt()
  const staff_id = await hire('cashier', '6677')
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => withKey(key).call<Signed>('POST', '/v1/till/sessions', { staff_id, pin: '6677' })),
  )
  const tokens = answers.filter(({ status }) => status === 201).map(({ body }) => body.token)
  const seen = await Promise.all(tokens.map(async (token) => (await withKey(token).get('/v1/orders')).status))
  assert.deepEqual([tokens.length, seen.filter((status) => status === 200).length], [4, 1])
})

test('a cashier gives no gift card away, and nobody at a till resolves what a provider did', async () => {
  const { key } = await pairAt()
  const { api } = await signIn(key, await hire('manager', '3344'), '3344')
  const operation = `opn_${'0'.repeat(26)}`
  const resolved = await api.command(`/v1/payments/pay_${'0'.repeat(26)}/operations/${operation}/resolution`, {
    outcome: 'succeeded',
    note: 'I say so',
  })
  assert.equal(resolved.body.code, 'right-missing')
  const cashier = await signIn(key, await hire('cashier', '4455'), '4455')
  const issued = await cashier.api.command('/v1/gift_cards', { currency: 'EUR', amount: 1000, reason: 'goodwill' })
  assert.equal(issued.status, 403)
})

test('the demo’s tills open with one click, and its staff with the PINs that it shows; elsewhere there is no demo', async () => {
  const nobody = withKey(undefined)
  assert.equal((await nobody.get('/v1/till/demo')).status, 404)
  assert.equal((await nobody.call('POST', '/v1/till/demo', { register_id: register })).status, 404)
  const retailer = await shop.neighbour({ stores: [{ ...HOME, name: 'Demo', registers: 2 }] })
  const { merchant_id } = retailer.keys
  await shop.wired.counter.seedDemo(merchant_id)
  shop.wired.counter.door.open = { merchantId: merchant_id }
  const demo = await nobody.get<{
    registers: { register: { id: string }; staff: { id: string; pin: string; role: string }[] }[]
  }>('/v1/till/demo')
  assert.equal(demo.body.registers.length, 2, demo.text)
  const chosen = demo.body.registers[0]
  const opened = await nobody.call<{ key: string }>('POST', '/v1/till/demo', { register_id: chosen?.register.id })
  assert.equal(opened.status, 201, opened.text)
  assert.deepEqual(chosen?.staff.map(({ role }) => role).sort(), ['cashier', 'manager', 'supervisor'])
  for (const { id, pin } of chosen?.staff ?? []) await signIn(opened.body.key, id, pin)
  const foreign = { 'sec-fetch-site': 'cross-site' }
  const other = await nobody.call('POST', '/v1/till/demo', { register_id: chosen?.register.id }, { headers: foreign })
  assert.equal(other.status, 403, 'another site opens none')
})
