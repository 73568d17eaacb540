// Sums of the books that no JavaScript number holds are still answered, to the last digit.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
before(async () => {
  shop = await openShop()
})
after(() => shop.close())

/** Two entries of 6,000,000,000,000,000,000 + 1 minor units each: past 2^53 alone, and past 2^63 in sum. */
const EACH = 6_000_000_000_000_000_001n

test('balances and totals past 2^53 are written with all their digits', async () => {
  for (const [no, channel] of ['web', 'pos'].entries()) {
    await shop.database.db.query(
      `select ledger_post(now(), array[
         ($1, $2, 'sale_succeeded', null, null, 'fees:markup', 'EUR', $3, null, $4::bigint)::ledger_posting,
         ($1, $2, 'sale_succeeded', null, null, 'fees_accrued', 'EUR', $3, null, -$4::bigint)::ledger_posting])`,
      [shop.keys.merchant_id, `evi_01KAMR4Z8Q5T6Y7V8J9Z0P1A2${no}`, channel, EACH],
    )
  }
  const sum = 2n * EACH
  const trial = await shop.api.get('/v1/ledger/trial_balance')
  assert.equal(trial.status, 200, trial.text)
  assert.match(trial.text, new RegExp(`"account":"fees:markup".*?"debit":${sum},"credit":0,.*?"balance":${sum}[,}]`))
  assert.match(trial.text, new RegExp(`"account":"fees_accrued".*?"balance":-${sum}[,}]`))
  assert.match(
    trial.text,
    new RegExp(`"totals":\\[\\{"currency":"EUR","debit":${sum},"credit":${sum}\\}\\],"is_balanced":true`),
  )

  const accounts = await shop.api.get('/v1/ledger/accounts?account=fees:markup&by=channel')
  assert.equal(accounts.status, 200, accounts.text)
  assert.match(accounts.text, new RegExp(`"channel":"web".*?"debit":${EACH},`))
})
