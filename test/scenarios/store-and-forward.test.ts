// A terminal without a network: what it may approve by itself is decided before it is asked, counted until the issuer has spoken, and a
// decline that comes later is a task.

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import pg from 'pg'
import { addTerminal, openTerminalShop, SALE, TAPS, type TerminalShop } from './terminal-shop.ts'

interface Stored {
  offline: { count: number; amount: number; currency: string; oldest_at: string } | null
}

let shop: TerminalShop
before(async () => {
  shop = await openTerminalShop()
})
after(() => shop.close())
afterEach(async () => {
  shop.device.set({ customer: TAPS, fault: null })
  // The terminal is asked, and what it kept is known.
  shop.clock.advance(3_600_000)
  await shop.ask()
})

const stored = async () => ((await shop.state()) as unknown as Stored).offline
const offline = (amount: number, fault: 'offline_approved' | 'offline_declined' = 'offline_approved') => {
  shop.device.set({ fault })
  return shop.api.pay({ ...SALE, amount, tender: shop.tender })
}

test('a sale within the caps is paid without a network, and known by the host’s number once it has one', async () => {
  const paid = await offline(3_000)
  assert.deepEqual([paid.body.status, paid.body.amount_captured], ['captured', 3_000])
  const { oldest_at, ...open } = (await stored()) ?? {}
  assert.deepEqual(open, { count: 1, amount: 3_000, currency: 'EUR' })
  assert.ok(oldest_at)
  const [before] = await references(paid.body.id)
  assert.match(before ?? '', /^VT[^.]+ /, 'the terminal’s own part alone')

  shop.clock.advance(61_000)
  await shop.ask()
  assert.equal(await stored(), null)
  const known = await references(paid.body.id)
  assert.match(known[0] ?? '', /^VT[^.]+\.P\S+ /)
  assert.equal(known[0], known[1], 'operation and tender alike')
  const { body } = await shop.api.get<{ data: { payment_id: string }[] }>('/v1/payment_tasks?state=open')
  assert.ok(!body.data.some(({ payment_id }) => payment_id === paid.body.id))
  const back = await shop.api.refund(paid.body.id)
  assert.deepEqual([back.status, back.body.amount_refunded], [201, 3_000])
  assert.deepEqual(shop.truth().slice(-2), ['approved 3000 0', 'reversed 3000 0'])
})

test('a decline that comes later is taken back in the books, is a task, and counts no more', async () => {
  const paid = await offline(3_000, 'offline_declined')
  assert.deepEqual([paid.body.status, (await stored())?.amount], ['captured', 3_000])
  shop.clock.advance(61_000)
  await shop.ask()
  const known = await shop.api.payment(paid.body.id)
  assert.deepEqual([known.status, known.attention, known.amount_captured], ['failed', 'review', 0])
  const account = known.tenders[0]?.connector_account
  assert.deepEqual(await shop.books(paid.body.id), [
    `sale_succeeded, psp_receivable:${account} +3000, sales_clearing -3000`,
    `sale_reversed, psp_receivable:${account} -3000, sales_clearing +3000`,
  ])
  const { body } = await shop.api.get<{ data: { kind: string; payment_id: string }[] }>('/v1/payment_tasks?state=open')
  assert.deepEqual(
    body.data.filter(({ payment_id }) => payment_id === paid.body.id).map(({ kind }) => kind),
    ['reversal'],
  )
  assert.equal(await stored(), null)
})

test('a sale beyond what one may be is refused on the device', async () => {
  const refused = await offline(5_001)
  assert.deepEqual([refused.body.status, refused.body.tenders[0]?.decline?.code], ['failed', 'host_unreachable'])
  assert.equal(await stored(), null)
  assert.equal(
    (await shop.api.pay({ ...SALE, amount: 5_001, tender: shop.tender })).body.status,
    'captured',
    'on line it is paid',
  )
})

test('what a device keeps is counted with what it is asked to keep, and frees when it is known', async () => {
  assert.equal((await offline(4_000)).body.status, 'captured')
  assert.equal((await offline(2_001)).body.status, 'failed')
  assert.equal((await offline(2_000)).body.status, 'captured')
  assert.deepEqual([(await stored())?.count, (await stored())?.amount], [2, 6_000])
  shop.clock.advance(61_000)
  await shop.ask()
  assert.equal(await stored(), null)
  assert.equal((await offline(5_000)).body.status, 'captured')
})

test('another device has caps of its own, and a sale that was approved on line counts nothing', async () => {
  assert.equal((await offline(5_000)).body.status, 'captured')
  const place = { store_id: shop.keys.terminals[0]?.store_id as string, register_id: shop.till }
  const other = await addTerminal(shop.api, place, 'V400m-324688180')
  shop.virtualTerminals.terminal('V400m-324688180').set({ fault: 'offline_approved' })
  const there = await shop.api.pay({ ...SALE, amount: 5_000, tender: { method: 'card', terminal_id: other } })
  assert.equal(there.body.status, 'captured')
  assert.equal((await shop.api.pay({ ...SALE, amount: 1_000, tender: shop.tender })).body.status, 'captured')
  assert.equal((await offline(1_000)).body.status, 'captured', '5000 and 1000 are the 6000 it may keep')
})

test('what is too old bars the device until it is known', async () => {
  assert.equal((await offline(1_000)).body.status, 'captured')
  shop.device.plug(false)
  shop.clock.advance(25 * 3_600_000)
  await shop.ask()
  shop.device.plug(true)
  assert.equal((await stored())?.amount, 1_000, 'nobody could be asked')
  assert.equal((await offline(1_000)).body.status, 'failed')
  shop.clock.advance(25 * 3_600_000)
  await shop.ask()
  assert.equal(await stored(), null)
  assert.equal((await offline(1_000)).body.status, 'captured')
})

test('an account without caps lets its terminals approve nothing by themselves', async () => {
  const config = { transport: 'virtual' }
  const made = await shop.api.call<{ id: string }>('POST', '/v1/connector_accounts', {
    ...{ connector: 'nexo', name: 'Careful', config },
  })
  const terminal = await shop.api.call<{ id: string }>('POST', '/v1/terminals', {
    ...{ store_id: shop.keys.terminals[0]?.store_id, register_id: shop.till, connector_account_id: made.body.id },
    ...{ name: 'Careful', serial: 'V400m-324688181' },
  })
  shop.virtualTerminals.terminal('V400m-324688181').set({ fault: 'offline_approved' })
  const refused = await shop.api.pay({
    ...SALE,
    amount: 100,
    tender: { method: 'card', terminal_id: terminal.body.id },
  })
  assert.equal(refused.body.tenders[0]?.decline?.code, 'host_unreachable')
  const bad = { transport: 'virtual', offline_currency: 'EUR', offline_per_sale: '500', offline_per_device: '400' }
  const wrong = await shop.api.call('POST', '/v1/connector_accounts', { connector: 'nexo', name: 'T', config: bad })
  assert.equal((wrong.body['errors'] as { pointer: string }[])[0]?.pointer, '/config/offline_per_device')
})

/** Of the sale and of its tender. */
async function references(payment: string): Promise<(string | null)[]> {
  const { rows } = await shop.database.db.query<{ of_sale: string | null; of_tender: string | null }>(
    `select o.psp_reference as of_sale, t.psp_reference as of_tender from operation o
     join tender t on t.merchant_id = o.merchant_id and t.payment_id = o.payment_id and t.id = o.tender_id
     where o.payment_id = $1 and o.kind = 'sale'`,
    [payment],
  )
  return rows.flatMap(({ of_sale, of_tender }) => [of_sale, of_tender])
}

test('two sales at once share what the terminal may still lose: the second waits to see the first', async () => {
  const [one, two] = [
    await shop.api.pay({ ...SALE, tender: shop.tender }),
    await shop.api.pay({ ...SALE, tender: shop.tender }),
  ]
  const connect = async () => {
    const client = new pg.Client({ connectionString: shop.database.adminUrl })
    await client.connect()
    return client
  }
  const [a, b] = [await connect(), await connect()]
  const allow = async (db: pg.Client, { body }: typeof one): Promise<boolean> => {
    const { rows } = await db.query<{ is_allowed: boolean }>(
      `select terminal_allow_offline(o.merchant_id, o.terminal_id, o.payment_id, o.id, o.amount, 'EUR', o.amount, 2 * o.amount - 1, 86400, $2) as is_allowed
       from operation o where o.payment_id = $1`,
      [body.id, shop.clock.now()],
    )
    return rows[0]?.is_allowed as boolean
  }
  try {
    await a.query('begin')
    assert.equal(await allow(a, one), true)
    await a.query('update terminal_offline set stored_at = allowed_at where payment_id = $1', [one.body.id])
    const pid = (await b.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid
    let answered = false
    const second = allow(b, two).finally(() => {
      answered = true
    })
    // Until it waits, or has answered without waiting.
    for (let isWaiting = false; !isWaiting && !answered; ) {
      const { rows } = await a.query<{ is: boolean }>('select cardinality(pg_blocking_pids($1)) > 0 as is', [pid])
      isWaiting = rows[0]?.is === true
    }
    assert.equal(answered, false, 'it waits for the first')
    await a.query('commit')
    assert.equal(await second, false, 'both together are one cent too many')
  } finally {
    await a.query('delete from terminal_offline where payment_id = any ($1)', [[one.body.id, two.body.id]])
    await Promise.all([a.end(), b.end()])
  }
})
