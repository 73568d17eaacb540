// The connector stored_value over real books: the contract every connector keeps, and what is particular to balances.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import type { ChargeInstruction, Connector } from '../connectors/connector.ts'
import { contractSuite } from '../connectors/contract.ts'
import { createStoredValue, type StoredValueBook } from '../connectors/stored-value/index.ts'
import type { Db } from '../db/pool.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createStoredValueBook } from './book.ts'
import { bookChanges, openValue, readValue } from './store.ts'

const newId = createIds(systemClock)
const MERCHANT = 'mer_contract'
const CURRENCIES = ['EUR', 'SEK', 'JPY', 'KWD', 'HUF']
const account = { id: 'cac_books', merchant_id: MERCHANT, connector: 'stored_value', config: {} }

/** Store credit of one customer with a great balance in each currency. */
async function richCustomer(db: Db, customerId: string): Promise<Record<string, string>> {
  const at = systemClock.now()
  const ids: Record<string, string> = {}
  for (const currency of CURRENCIES) {
    const opened = { id: newId('scr'), kind: 'store_credit' as const, currency, customerId, at }
    const { id } = await openValue(db, MERCHANT, opened)
    // Twice the largest amount: one sale of it leaves enough for the rest.
    await give(db, id, currency, 999_999_999_999n)
    await give(db, id, currency, 999_999_999_999n)
    ids[currency] = id
  }
  return ids
}

async function give(db: Db, id: string, currency: string, amount: bigint): Promise<void> {
  const [outcome] = await bookChanges(db, MERCHANT, [
    {
      entry_id: newId('sve'),
      event_id: newId('evt'),
      event_type: 'store_credit.adjusted',
      account_id: id,
      type: 'adjust',
      units: amount,
      amount,
      currency,
      ref_type: 'test',
      ref_id: newId('req'),
      counter_account: 'marketing_expense',
      at: systemClock.now(),
    },
  ])
  assert.equal(outcome, 'ok')
}

contractSuite('stored_value', async () => {
  const database = await testDatabase()
  const ids = await richCustomer(database.db, 'cus_contract')
  const book = createStoredValueBook({ db: database.db, clock: systemClock, newId })
  let loses = false
  const losing: StoredValueBook = {
    ...book,
    async charge(charge) {
      const answer = await book.charge(charge)
      if (!loses) return answer
      loses = false
      throw new Error('the answer was lost')
    },
  }
  const real = createStoredValue(losing)
  // Each currency is another balance; payments name it, the suite names only the currency.
  const named = <T extends ChargeInstruction>(instruction: T): T => ({
    ...instruction,
    stored_value_id: ids[instruction.currency],
    customer_id: 'cus_contract',
  })
  const connector: Connector = {
    ...real,
    sale: (instruction) => real.sale(named(instruction)),
    authorize: (instruction) => (real.authorize as Connector['sale'])(named(instruction)),
  }
  return {
    connector,
    account,
    method: 'store_credit',
    newOperationId: () => newId('opn'),
    loseNextAnswer: async () => {
      loses = true
    },
    close: () => database.close(),
  }
})

test('twenty connections race for the last euro: one gets it, nobody else is charged', async () => {
  const database = await testDatabase()
  const at = systemClock.now()
  const { id } = await openValue(database.db, MERCHANT, {
    id: newId('scr'),
    kind: 'store_credit',
    currency: 'EUR',
    customerId: 'cus_race',
    at,
  })
  await give(database.db, id, 'EUR', 100n)
  const book = createStoredValueBook({ db: database.db, clock: systemClock, newId })
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      book.charge({
        merchant_id: MERCHANT,
        operation_id: newId('opn'),
        payment_id: newId('pay'),
        kind: n % 2 === 0 ? 'sale' : 'authorize',
        stored_value_id: id,
        customer_id: 'cus_race',
        amount: 100n,
        currency: 'EUR',
      }),
    ),
  )
  const won = answers.filter(({ outcome }) => outcome === 'succeeded')
  assert.equal(won.length, 1)
  assert.ok(answers.every(({ outcome, code }) => outcome === 'succeeded' || code === 'insufficient_balance'))
  const after = await readValue(database.db, MERCHANT, id)
  assert.equal((after?.balance ?? 0n) - (after?.held ?? 0n), 0n)
  await database.close()
})

test('twenty connections send the same operation: one effect, one answer', async () => {
  const database = await testDatabase()
  const at = systemClock.now()
  const { id } = await openValue(database.db, MERCHANT, {
    id: newId('scr'),
    kind: 'store_credit',
    currency: 'EUR',
    customerId: 'cus_repeat',
    at,
  })
  await give(database.db, id, 'EUR', 1000n)
  const book = createStoredValueBook({ db: database.db, clock: systemClock, newId })
  const charge = {
    merchant_id: MERCHANT,
    operation_id: newId('opn'),
    payment_id: newId('pay'),
    kind: 'sale' as const,
    stored_value_id: id,
    customer_id: 'cus_repeat',
    amount: 70n,
    currency: 'EUR',
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => book.charge(charge)))
  assert.equal(new Set(answers.map((answer) => `${answer.outcome} ${answer.amount} ${answer.at.getTime()}`)).size, 1)
  assert.equal((await readValue(database.db, MERCHANT, id))?.balance, 930n)
  await database.close()
})

test('store credit and points are spent by nobody but their owner, whoever names them; a gift card by its holder', async () => {
  const database = await testDatabase()
  const at = systemClock.now()
  const book = createStoredValueBook({ db: database.db, clock: systemClock, newId })
  const opened = { id: newId('scr'), kind: 'store_credit' as const, currency: 'EUR', customerId: 'cus_ada', at }
  const { id } = await openValue(database.db, MERCHANT, opened)
  await give(database.db, id, 'EUR', 1000n)
  const charge = (customer_id: string | undefined, kind: 'sale' | 'authorize' = 'sale') =>
    book.charge({
      ...{ merchant_id: MERCHANT, operation_id: newId('opn'), payment_id: newId('pay'), kind },
      ...{ stored_value_id: id, customer_id, amount: 70n, currency: 'EUR' },
    })
  for (const kind of ['sale', 'authorize'] as const)
    for (const stranger of ['cus_bob', undefined]) {
      const { outcome, code } = await charge(stranger, kind)
      assert.deepEqual([outcome, code], ['declined', 'not_the_owner'])
    }
  const { rows } = await database.db.query<{ outcome: string; code: string }>(
    `select o.outcome, o.code from stored_value_charge($1, json_populate_record(null::stored_value_order, $2)) o`,
    [
      MERCHANT,
      JSON.stringify({
        ...{
          operation_id: newId('opn'),
          kind: 'sale',
          account_id: id,
          payment_id: newId('pay'),
          customer_id: 'cus_bob',
        },
        ...{ amount: 70, currency: 'EUR', entry_id: newId('sve'), event_id: newId('evt'), at },
      }),
    ],
  )
  assert.deepEqual(rows, [{ outcome: 'declined', code: 'not_the_owner' }])
  assert.equal((await readValue(database.db, MERCHANT, id))?.balance, 1000n)
  assert.equal((await charge('cus_ada')).outcome, 'succeeded')
  await database.close()
})
