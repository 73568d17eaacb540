// What the sales are compared with: the same rows, in the same tables of the same database, written straight from the
// driver by one transaction per sale. No HTTP, no validation, no provider, and rows written once in their final state, so
// the baseline does less than the server does.

import type { Db } from '../server/db/pool.ts'
import type { NewId } from '../server/lib/ids.ts'

export interface BaselineOptions {
  merchants: string[]
  concurrency: number
  seconds: number
}

/** Writes sales for `seconds`. Returns how many a second were committed. */
export async function writeOneByOne(db: Db, newId: NewId, options: BaselineOptions): Promise<number> {
  const startedAt = performance.now()
  const until = startedAt + options.seconds * 1000
  let sales = 0
  await Promise.all(
    Array.from({ length: options.concurrency }, async (_, worker) => {
      const client = await db.connect()
      const run = (name: string, text: string, values: unknown[]) => client.query({ name, text, values })
      try {
        for (let number = 0; performance.now() < until; number++) {
          const merchant = options.merchants[(worker + number) % options.merchants.length] as string
          await writeSale(run, newId, merchant)
          sales++
        }
      } finally {
        client.release()
      }
    }),
  )
  return sales / ((performance.now() - startedAt) / 1000)
}

type Run = (name: string, text: string, values: unknown[]) => Promise<unknown>

const REPLY = JSON.stringify({ filler: 'x'.repeat(1700) })
const ACCOUNT = 'cac_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'

async function writeSale(run: Run, newId: NewId, merchant: string): Promise<void> {
  const [payment, tender, operation, evidence] = [newId('pay'), newId('ten'), newId('opn'), newId('evi')]
  const entry = newId('ent')
  const key = `baseline ${payment}`
  const now = new Date()
  await run('b0', 'begin', [])
  await run('b1', 'insert into idempotency_key values ($1, $2, $3, $4, $5)', [
    merchant,
    key,
    'f'.repeat(43),
    payment,
    now,
  ])
  await run(
    'b2',
    `insert into payment (merchant_id, id, status, amount, currency, channel, capture, reference, amount_authorized, amount_captured, amount_refundable, version, created_at, updated_at)
     values ($1, $2, 'captured', 4995, 'EUR', 'web', 'automatic', $3, 4995, 4995, 4995, 2, $4, $4)`,
    [merchant, payment, `bench ${payment}`, now],
  )
  await run(
    'b3',
    `insert into tender (merchant_id, payment_id, id, seq, method, amount, connector_account_id, can, initiator, charge_operation_id, psp_reference, instrument, authorized, captured, created_at)
     values ($1, $2, $3, 1, 'card', 4995, $4, '{capture,partial_capture,multi_capture,void,refund,partial_refund}', 'customer', $5, $6,
             '{"kind":"card","brand":"visa","last4":"4242","exp_month":12,"exp_year":2030}', 4995, 4995, $7)`,
    [merchant, payment, tender, ACCOUNT, operation, `psp_${operation}`, now],
  )
  await run(
    'b4',
    `insert into operation (merchant_id, id, payment_id, tender_id, kind, state, amount, amount_effective, connector_account_id, method, psp_reference, idempotency_key, created_at, settled_at)
     values ($1, $2, $3, $4, 'sale', 'succeeded', 4995, 4995, $5, 'card', $6, $7, $8, $8)`,
    [merchant, operation, payment, tender, ACCOUNT, `psp_${operation}`, key, now],
  )
  await run(
    'b5',
    `insert into evidence (merchant_id, payment_id, id, operation_id, source, outcome, effect, amount, psp_reference, received_at)
     values ($1, $2, $3, $4, 'reply', 'succeeded', 'succeed', 4995, $5, $6)`,
    [merchant, payment, evidence, operation, `psp_${operation}`, now],
  )
  await run('b6', `insert into ledger_entry values ($1, $2, $3, 'sale_succeeded', $4, $5, $6)`, [
    merchant,
    entry,
    evidence,
    payment,
    operation,
    now,
  ])
  await run(
    'b7',
    `insert into ledger_line values
       ($1, $2, 1, $3, 'EUR', 'web', '', 4995), ($1, $2, 2, 'sales_clearing', 'EUR', 'web', '', -4995),
       ($1, $2, 3, 'fees:interchange', 'EUR', 'web', '', 10), ($1, $2, 4, 'fees:scheme', 'EUR', 'web', '', 3),
       ($1, $2, 5, 'fees:markup', 'EUR', 'web', '', 20), ($1, $2, 6, 'fees:gateway', 'EUR', 'web', '', 5),
       ($1, $2, 7, 'fees_accrued', 'EUR', 'web', '', -38)`,
    [merchant, entry, `psp_receivable:${ACCOUNT}`],
  )
  await run('b8', `insert into idempotency_reply values ($1, $2, 201, $3)`, [merchant, key, REPLY])
  // The hot rows last, so that they are locked for as short as possible.
  await run(
    'b9',
    `insert into ledger_balance as b values
       ($1, 'fees:gateway', 'EUR', 'web', '', 5, 0), ($1, 'fees:interchange', 'EUR', 'web', '', 10, 0), ($1, 'fees:markup', 'EUR', 'web', '', 20, 0),
       ($1, 'fees:scheme', 'EUR', 'web', '', 3, 0), ($1, 'fees_accrued', 'EUR', 'web', '', 0, 38), ($1, $2, 'EUR', 'web', '', 4995, 0),
       ($1, 'sales_clearing', 'EUR', 'web', '', 0, 4995)
     on conflict (merchant_id, account, currency, channel, store_id) do update set debit = b.debit + excluded.debit, credit = b.credit + excluded.credit`,
    [merchant, `psp_receivable:${ACCOUNT}`],
  )
  await run(
    'b10',
    `with c as (insert into event_counter as c values ($1, 2) on conflict (merchant_id) do update set last_seq = c.last_seq + 2 returning last_seq)
     insert into event select $1, c.last_seq - 2 + e.no, case e.no when 1 then $2 else $3 end,
       case e.no when 1 then 'payment.created' else 'payment.captured' end, 'payment', $4, e.no, '{"status":"captured","amount":4995,"currency":"EUR","channel":"web"}', $5
     from c, (values (1), (2)) e (no)`,
    [merchant, newId('evt'), newId('evt'), payment, now],
  )
  await run('b11', 'commit', [])
}
