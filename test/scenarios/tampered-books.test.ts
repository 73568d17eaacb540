// Books that somebody changed behind the program's back, one row at a time, so that every sum over a merchant may still be right.
// The auditor (`onetill verify`) must find each.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { PaymentView } from '../../server/payments/payment.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import { CARDS, openShop, type Shop } from './shop.ts'

let shop: Shop
let admin: pg.Client
let sold: PaymentView
let other: PaymentView
let disputed: PaymentView
let lost: PaymentView
before(async () => {
  shop = await openShop()
  admin = new pg.Client({ connectionString: shop.database.adminUrl })
  await admin.connect()
  sold = await pay(6500, CARDS.approved)
  other = await pay(4900, CARDS.mastercard)
  disputed = await pay(8000, CARDS.approved)
  assert.ok(shop.simulator.dispute(shop.accounts.a, disputed.operations?.[0]?.id as string, 'opened'))
  await shop.news()
  lost = await pay(1200, CARDS.lost_before)
})
after(async () => {
  await admin.end()
  await shop.close()
})

async function pay(amount: number, card: string): Promise<PaymentView> {
  const tender = { method: 'card', token: await shop.api.token(card) }
  return (await shop.api.pay({ amount, currency: 'EUR', channel: 'web', tender })).body
}

/** What the auditor finds after a change that nothing in the database could stop; the change is taken back. */
async function found(...changes: string[]): Promise<string[]> {
  await admin.query('begin')
  try {
    // Triggers and foreign keys sleep, as for whoever restores rows by hand.
    await admin.query('set local session_replication_role = replica')
    for (const change of changes) assert.notEqual((await admin.query(change)).rowCount, 0, change)
    return (await verifyBooks(admin)).filter(({ broken }) => broken > 0).map(({ holds }) => holds)
  } finally {
    await admin.query('rollback')
  }
}

const lines = (payment: PaymentView, account: string) =>
  `entry_id in (select id from ledger_entry where payment_id = '${payment.id}') and account like '${account}'`

const TAMPERED: [what: string, found: RegExp, changes: () => string[]][] = [
  [
    'a sale owed by another account',
    /^Of each payment, providers and drawers owe/,
    () => [`update ledger_line set account = 'payout_in_transit' where ${lines(sold, 'psp_receivable:%')}`],
  ],
  [
    'two payments whose entries are exchanged',
    /^Of each payment, providers and drawers owe/,
    () => [
      `update ledger_entry set payment_id = case payment_id when '${sold.id}' then '${other.id}' else '${sold.id}' end
       where payment_id in ('${sold.id}', '${other.id}')`,
    ],
  ],
  [
    'fees that became losses',
    /^Every fee of a payment is accrued/,
    () => [`update ledger_line set account = 'chargeback_loss' where ${lines(sold, 'fees_accrued')}`],
  ],
  [
    'a line under another channel',
    /^Lines of a payment are in its currency/,
    () => [`update ledger_line set channel = 'pos' where ${lines(sold, 'sales_clearing')}`],
  ],
  [
    'a dispute that was won without a booking',
    /^Of each payment, what is in dispute/,
    () => [`update dispute set status = 'won' where payment_id = '${disputed.id}'`],
  ],
  [
    'a tender that disputes keep nothing of',
    /^What a tender has in dispute/,
    () => [`update tender set disputed = 5 where payment_id = '${sold.id}'`],
  ],
  [
    'another status',
    /^Payments’ status follows/,
    () => [`update payment set status = 'failed' where id = '${sold.id}'`],
  ],
  [
    'another amount',
    /^Payments’ status follows/,
    () => [`update payment set amount = amount + 1 where id = '${sold.id}'`],
  ],
  [
    'an unknown outcome that asks for nobody',
    /^A payment asks for attention exactly when/,
    () => [`update payment set attention = null where id = '${lost.id}'`],
  ],
  [
    'an answer that is gone',
    /^Every command that was answered/,
    () => [
      `delete from idempotency_reply where key = (select idempotency_key from operation where payment_id = '${sold.id}')`,
    ],
  ],
  [
    'two events of one version',
    /^No two events tell the same version/,
    () => [`update event set object_version = 1 where object_id = '${sold.id}'`],
  ],
  [
    'an event of a payment that never was',
    /^No two events tell the same version/,
    () => [`update event set object_id = 'pay_01AAAAAAAAAAAAAAAAAAAAAAAA' where object_id = '${other.id}'`],
  ],
]

for (const [what, finding, changes] of TAMPERED) {
  test(`found: ${what}`, async () => {
    const broken = await found(...changes())
    assert.ok(
      broken.some((holds) => finding.test(holds)),
      `found only: ${broken.join('; ') || 'nothing'}`,
    )
  })
}
