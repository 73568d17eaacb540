import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TEST_CARDS } from './cards.ts'
import { card, ended, START, trial } from './try.ts'

const DAY = 86_400_000

test('a sale takes the money at once, an authorisation only holds it', async () => {
  const { send, effects } = trial()
  await send('sale')
  await send('authorize')
  assert.deepEqual(effects(), ['captured 10000', 'authorized 10000'])
})

test('a declined card moves nothing', async () => {
  const { send, effects } = trial()
  for (const { number, behaviour } of TEST_CARDS) {
    if (behaviour.does === 'decline')
      assert.equal(ended(await send('sale', { card: card(number) })), behaviour.decline.code)
  }
  assert.deepEqual(effects(), [])
})

test('a number with a wrong check digit is declined, any other number is approved', async () => {
  const { send } = trial()
  assert.equal(ended(await send('sale', { card: card('4242424242424241') })), 'invalid_number')
  assert.equal(ended(await send('sale', { card: card('4929420573595709') })), 'succeeded')
})

test('a card is good to the last moment of its month', async () => {
  const { send, advance } = trial()
  const expiring = { ...card('4242424242424242'), exp_month: 1, exp_year: 2026 }
  advance(Date.parse('2026-01-31T23:59:59Z') - START)
  assert.equal(ended(await send('sale', { card: expiring })), 'succeeded')
  advance(1_000)
  assert.equal(ended(await send('sale', { card: expiring })), 'expired_card')
})

test('the same card has the same alias under every method, and the alias tells no number', async () => {
  const { send } = trial()
  const first = await send('sale')
  const second = await send('sale', { method: 'apple_pay', card: card('4242424242424242') })
  assert.ok(first.outcome.outcome === 'succeeded' && second.outcome.outcome === 'succeeded')
  assert.equal(first.outcome.instrument?.alias, second.outcome.instrument?.alias)
  assert.equal(second.outcome.instrument?.label, 'Apple Pay')
  assert.ok(!first.outcome.instrument?.alias?.includes('4242'))
})

test('a charge without the customer needs the first charge’s network reference where the bank wants authentication', async () => {
  const { send } = trial()
  const challenge = { card: card('4000002500003155'), initiator: 'merchant' as const }
  assert.equal(ended(await send('sale', challenge)), 'authentication_required')
  assert.equal(ended(await send('sale', { ...challenge, network_reference: 'simnet_1' })), 'succeeded')
})

test('captures of 30, 30 and a final 20 of 100 release the last 20, and the fourth is refused', async () => {
  const { send, effects } = trial()
  await send('authorize', { operation_id: 'opn_a', amount: 100n })
  const capture = (amount: bigint, is_final = false) =>
    send('capture', { original_operation_id: 'opn_a', amount, is_final })
  await capture(30n)
  await capture(30n)
  await capture(20n, true)
  assert.equal(ended(await capture(1n)), 'authorization_closed')
  assert.deepEqual(effects(), ['authorized 100', 'captured 30', 'captured 30', 'captured 20', 'voided 20'])
})

test('an allowance of 15 % lets 115 of 100 be captured and not 116', async () => {
  const { send } = trial()
  await send('authorize', { operation_id: 'opn_a', amount: 100n, over_capture_bp: 1500 })
  assert.equal(
    ended(await send('capture', { original_operation_id: 'opn_a', amount: 116n })),
    'amount_exceeds_authorized',
  )
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a', amount: 115n })), 'succeeded')
})

test('without multi-capture the first capture closes the authorisation and releases the rest', async () => {
  const { send, effects } = trial()
  await send('authorize', { operation_id: 'opn_a', amount: 100n, multi_capture: false })
  await send('capture', { original_operation_id: 'opn_a', amount: 40n })
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a', amount: 1n })), 'authorization_closed')
  assert.deepEqual(effects(), ['authorized 100', 'captured 40', 'voided 60'])
})

test('refunds stop at what is captured', async () => {
  const { send } = trial()
  await send('sale', { operation_id: 'opn_s', amount: 100n })
  const refund = (amount: bigint) => send('refund', { original_operation_id: 'opn_s', amount })
  assert.equal(ended(await refund(60n)), 'succeeded')
  assert.equal(ended(await refund(41n)), 'amount_exceeds_captured')
  assert.equal(ended(await refund(40n)), 'succeeded')
})

test('a follow-up in another currency, of an unknown charge or of another account’s is refused', async () => {
  const { send } = trial()
  await send('sale', { operation_id: 'opn_s' })
  assert.equal(ended(await send('refund', { original_operation_id: 'opn_s', currency: 'SEK' })), 'currency_mismatch')
  assert.equal(ended(await send('refund', { original_operation_id: 'opn_x' })), 'charge_not_found')
  assert.equal(
    ended(await send('refund', { original_operation_id: 'opn_s', account: { id: 'cac_other' } })),
    'charge_not_found',
  )
})

test('an authorisation ends after seven days: the rest is let go and a late capture is refused', async () => {
  const { send, advance, simulator, effects } = trial()
  await send('authorize', { operation_id: 'opn_a', amount: 100n })
  await send('capture', { original_operation_id: 'opn_a', amount: 30n })
  advance(7 * DAY)
  await simulator.deliverDue()
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a', amount: 70n })), 'authorization_expired')
  assert.deepEqual(effects(), ['authorized 100', 'captured 30', 'expired 70'])
})

test('a capture that comes before the timer but after the end is refused as expired', async () => {
  const { send, advance } = trial()
  await send('authorize', { operation_id: 'opn_a' })
  advance(7 * DAY)
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a' })), 'authorization_expired')
})

test('an extension on the sixth day makes the seventh day’s timer wait until the thirteenth', async () => {
  const { send, advance, simulator } = trial()
  await send('authorize', { operation_id: 'opn_a' })
  advance(6 * DAY)
  await send('extend', { original_operation_id: 'opn_a' })
  advance(DAY)
  await simulator.deliverDue()
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a', amount: 9_999n })), 'succeeded')
  advance(6 * DAY)
  assert.equal(ended(await send('capture', { original_operation_id: 'opn_a', amount: 1n })), 'authorization_expired')
})

test('a void of a charge that waits for the customer calls it off for good', async () => {
  const { send, simulator, effects } = trial()
  await send('sale', { operation_id: 'opn_s', method: 'ideal' })
  assert.equal(ended(await send('void', { original_operation_id: 'opn_s' })), 'succeeded')
  assert.equal(simulator.act('cac_try', 'opn_s', 'approve'), false)
  // It held nothing, so nothing happened to money.
  assert.deepEqual(effects(), [])
  const found = simulator.lookup('cac_try', 'opn_s')
  assert.ok(found.outcome === 'declined' && found.code === 'voided')
})

test('a terminal approves a contactless Visa unless a card or a fault is set for it, once', async () => {
  const { send, simulator } = trial()
  const atTerminal = { method: 'card', channel: 'pos', terminal_id: 'ter_1' }
  assert.equal(ended(await send('sale', atTerminal)), 'succeeded')
  simulator.setTerminal('cac_try', 'ter_1', { card: '4000000000009995', is_once: true })
  assert.equal(ended(await send('sale', atTerminal)), 'insufficient_funds')
  simulator.setTerminal('cac_try', 'ter_1', { card: '4242424242424242', fault: 'lost_after' })
  assert.equal((await send('sale', atTerminal)).transport, 'lost')
  assert.equal((await send('sale', atTerminal)).transport, 'delivered')
})

test('a terminal that waits leaves the charge pending until a card is presented', async () => {
  const { send, simulator } = trial()
  simulator.setTerminal('cac_try', 'ter_1', { waits: true, entry: 'wallet' })
  const reply = await send('sale', { operation_id: 'opn_t', method: 'card', channel: 'pos', terminal_id: 'ter_1' })
  assert.ok(reply.outcome.outcome === 'pending' && reply.outcome.next_action?.type === 'present_card')
  simulator.act('cac_try', 'opn_t', 'approve')
  const found = simulator.lookup('cac_try', 'opn_t')
  assert.ok(found.outcome === 'succeeded' && found.instrument?.kind === 'wallet')
})

test('a terminal that waits for one charge with a card of its own is as it was for the next', async () => {
  const { send, simulator } = trial()
  simulator.setTerminal('cac_try', 'ter_1', { waits: true, is_once: true })
  const atTerminal = { method: 'card', channel: 'pos', terminal_id: 'ter_1' }
  assert.equal((await send('sale', { ...atTerminal, operation_id: 'opn_w' })).outcome.outcome, 'pending')
  assert.equal((await send('sale', atTerminal)).outcome.outcome, 'succeeded')
  simulator.act('cac_try', 'opn_w', 'approve')
  assert.equal(simulator.lookup('cac_try', 'opn_w').outcome, 'succeeded')
})

test('a card that is declined is not paid out to, but one without money is', async () => {
  const { send, effects } = trial()
  assert.equal(ended(await send('credit', { card: card('4000000000000002') })), 'card_declined')
  assert.deepEqual(effects(), [])
  assert.equal(ended(await send('credit', { card: card('4000000000009995') })), 'succeeded')
})

test('fees are rounded half-up part by part: 4995 cents cost 12 + 6 + 20 + 10', async () => {
  const { send } = trial()
  const { outcome } = await send('sale', { amount: 4_995n })
  assert.ok(outcome.outcome === 'succeeded')
  // 4995 × 0.25 % = 12.4875, × 0.12 % = 5.994, × 0.40 % = 19.98, and 0.10 EUR.
  assert.deepEqual(
    outcome.fees?.map((fee) => fee.amount),
    [12n, 6n, 20n, 10n],
  )
})

test('a method it does not carry has no effect, so that another account may be tried', async () => {
  const { send } = trial()
  assert.equal(ended(await send('sale', { method: 'gift_card' })), 'no_effect')
})
