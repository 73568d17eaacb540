import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { getInstrument, listInstruments, revokeInstrument, saveInstrument } from './instruments.ts'
import { resolveCard } from './resolve-card.ts'
import { createToken } from './tokens.ts'
import { cardNumber, type VaultFixture, vaultFixture } from './vault.fixture.ts'

let fixture: VaultFixture
const firstPage = { before: null, limit: 100 }

before(async () => {
  fixture = await vaultFixture()
})
after(() => fixture.close())

async function token(n: number, cvc?: string): Promise<string> {
  const input = { number: cardNumber(n), exp_month: 12, exp_year: 2030, ...(cvc === undefined ? {} : { cvc }) }
  return (await createToken(fixture.deps, fixture.merchants[0], input)).id
}

async function save(tokenId: string, owner: { customer_id: string } | { order_id: string }) {
  const saved = await saveInstrument(fixture.deps, fixture.merchants[0], { token_id: tokenId, ...owner })
  assert.equal(saved.outcome, 'saved')
  return saved.instrument
}

test('a saved card is listed newest first, opens without CVC, and keeps opening', async () => {
  const { deps, merchants, customers } = fixture
  const first = await save(await token(1, '737'), { customer_id: customers[0] })
  const second = await save(await token(2), { customer_id: customers[0] })
  const listed = await listInstruments(deps, merchants[0], customers[0], firstPage)
  assert.deepEqual(
    listed?.map((instrument) => instrument.id),
    [second.id, first.id],
  )
  for (let charge = 0; charge < 2; charge++) {
    const found = await resolveCard(deps, merchants[0], { instrument_id: first.id })
    assert.deepEqual([found?.customer_id, found?.is_used], [customers[0], false])
    const opened = found?.open()
    assert.deepEqual([opened?.number.reveal(), opened?.cvc], [cardNumber(1), undefined])
  }
})

test('saving uses the token up and forgets its CVC; the same save again gives the same instrument', async () => {
  const { deps, merchants, customers } = fixture
  const tokenId = await token(3, '737')
  const saved = await save(tokenId, { customer_id: customers[0] })
  assert.equal(deps.vault.cvcs.take(tokenId), undefined)
  assert.equal((await save(tokenId, { customer_id: customers[0] })).id, saved.id)
  const elsewhere = await saveInstrument(deps, merchants[0], { token_id: tokenId, order_id: 'order-1' })
  assert.deepEqual(elsewhere, { outcome: 'token_used' })
})

test('20 saves of one token at once make one instrument', async () => {
  const { deps, merchants } = fixture
  const tokenId = await token(4)
  const saves = await Promise.all(Array.from({ length: 20 }, () => save(tokenId, { order_id: 'order-2' })))
  assert.equal(new Set(saves.map((instrument) => instrument.id)).size, 1)
  const found = await resolveCard(deps, merchants[0], { instrument_id: (saves[0] as { id: string }).id })
  assert.deepEqual([found?.order_id, found?.customer_id], ['order-2', undefined])
})

test('a revoked instrument is gone from every view', async () => {
  const { deps, merchants, customers } = fixture
  const { id } = await save(await token(5), { customer_id: customers[0] })
  assert.equal(await revokeInstrument(deps, merchants[0], { id, customerId: customers[0] }), true)
  assert.equal(await revokeInstrument(deps, merchants[0], { id, customerId: customers[0] }), false)
  assert.equal(await getInstrument(deps, merchants[0], id), null)
  assert.equal(await resolveCard(deps, merchants[0], { instrument_id: id }), null)
  const listed = await listInstruments(deps, merchants[0], customers[0], firstPage)
  assert.equal(
    listed?.some((instrument) => instrument.id === id),
    false,
  )
})

test('another merchant’s customer, token and instrument are as unknown as made-up ones', async () => {
  const { deps, merchants, customers } = fixture
  const tokenId = await token(6)
  const { id } = await save(await token(7), { customer_id: customers[0] })
  for (const customerId of [customers[1], deps.newId('cus'), 'nonsense']) {
    const refused = await saveInstrument(deps, merchants[0], { token_id: tokenId, customer_id: customerId })
    assert.deepEqual(refused, { outcome: 'customer_unknown' })
    assert.equal(await listInstruments(deps, merchants[0], customerId, firstPage), null)
  }
  const foreign = await saveInstrument(deps, merchants[1], { token_id: tokenId, customer_id: customers[1] })
  assert.deepEqual(foreign, { outcome: 'token_unknown' })
  assert.equal(await getInstrument(deps, merchants[1], id), null)
  assert.equal(await resolveCard(deps, merchants[1], { instrument_id: id }), null)
  assert.equal(await revokeInstrument(deps, merchants[1], { id, customerId: customers[0] }), false)
  assert.ok(await save(tokenId, { customer_id: customers[0] }), 'the refusals left the token unused')
})

test('pages of a customer’s instruments go on below the last one seen', async () => {
  const { deps, merchants, customers } = fixture
  const all = await listInstruments(deps, merchants[0], customers[0], firstPage)
  const ids = all?.map((instrument) => instrument.id) ?? []
  const rest = await listInstruments(deps, merchants[0], customers[0], { before: ids[0] ?? null, limit: 2 })
  assert.deepEqual(
    rest?.map((instrument) => instrument.id),
    ids.slice(1, 3),
  )
})

test('the payment core’s save keeps the network reference, and a repeat of it changes nothing', async () => {
  const { deps, merchants, customers, clock } = fixture
  const found = await resolveCard(deps, merchants[0], { token_id: await token(8) })
  const row = {
    instrument_id: deps.newId('ins'),
    card_id: found?.card_id,
    customer_id: customers[0],
    order_id: null,
    network_reference: 'NET-1',
    at: clock.now(),
  }
  for (const network_reference of ['NET-1', 'NET-2']) {
    await deps.db.query('select vault_save_instruments($1, $2)', [
      merchants[0],
      JSON.stringify([{ ...row, network_reference }]),
    ])
  }
  const saved = await resolveCard(deps, merchants[0], { instrument_id: row.instrument_id })
  assert.equal(saved?.network_reference, 'NET-1')
})
